//! Which plan joins two relations? Equalities become hash keys by DataFusion's own rule; the rest stays a filter.

use std::sync::Arc;

use datafusion::common::{JoinType, NullEquality, ScalarValue};
use datafusion::logical_expr::{Expr as DfExpr, Join, JoinConstraint, LogicalPlan};

use super::lowerer::{Lowerer, constant};
use crate::error::EngineError;
use crate::ir::{Expr, JoinKind, Relation};

impl Lowerer {
    pub(super) fn join(
        &mut self,
        kind: JoinKind,
        left: &Relation,
        right: &Relation,
        condition: Option<&Expr>,
    ) -> Result<LogicalPlan, EngineError> {
        let mut left_plan = self.relation(left)?;
        let mut right_plan = self.relation(right)?;
        let Some(condition) = condition else { return joined(left_plan, right_plan, join_type(kind), None) };
        if !super::expr::has_subquery(condition) {
            let condition = self.expr(condition)?;
            return joined(left_plan, right_plan, join_type(kind), Some(condition));
        }
        if kind == JoinKind::Inner {
            let crossed = joined(left_plan, right_plan, JoinType::Inner, None)?;
            return self.filter(crossed, condition);
        }
        // Subqueries of an outer join's condition are computed beside the side whose columns they look at.
        let (left_columns, right_columns) = (left.columns(), right.columns());
        let condition = self.apply_join_subqueries(&mut left_plan, &left_columns, &mut right_plan, &right_columns, condition)?;
        let condition = self.expr(&condition)?;
        joined(left_plan, right_plan, join_type(kind), Some(condition))
    }
}

pub(super) fn join_type(kind: JoinKind) -> JoinType {
    match kind {
        JoinKind::Inner => JoinType::Inner,
        JoinKind::Left => JoinType::Left,
        JoinKind::Right => JoinType::Right,
        JoinKind::Full => JoinType::Full,
    }
}

/// A join on a condition; none is TRUE.
pub(super) fn joined(
    left: LogicalPlan,
    right: LogicalPlan,
    join_type: JoinType,
    condition: Option<DfExpr>,
) -> Result<LogicalPlan, EngineError> {
    let condition = match (condition, join_type) {
        (None, JoinType::Inner) => None,
        (None, _) => Some(constant(ScalarValue::Boolean(Some(true)))),
        (condition, _) => condition,
    };
    joined_on(left, right, join_type, Vec::new(), condition, NullEquality::NullEqualsNothing)
}

/// A join on keys and a further condition.
pub(super) fn joined_on(
    left: LogicalPlan,
    right: LogicalPlan,
    join_type: JoinType,
    on: Vec<(DfExpr, DfExpr)>,
    condition: Option<DfExpr>,
    nulls: NullEquality,
) -> Result<LogicalPlan, EngineError> {
    let join = Join::try_new(Arc::new(left), Arc::new(right), on, condition, join_type, JoinConstraint::On, nulls, false)?;
    Ok(LogicalPlan::Join(join))
}
