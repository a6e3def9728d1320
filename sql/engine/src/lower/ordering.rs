//! How are rows ordered and cut? ORDER BY, and FETCH FIRST … WITH TIES. Ref: Trino 401 "SELECT", ORDER BY and FETCH FIRST.

use std::sync::Arc;

use datafusion::logical_expr::{Expr as DfExpr, LogicalPlan, Sort, SortExpr};
use owlake_functions::types::TrinoType;

use super::lowerer::{Lowerer, column_of, name_of, project};
use super::relation::limited;
use crate::error::EngineError;
use crate::ir::{Column, Expr, Ordering, Relation};

impl Lowerer {
    /// Sort keys over columns of `input`; keys that are more than a column are computed in a projection below.
    pub(super) fn sort(&mut self, input: &Relation, order_by: &[Ordering]) -> Result<LogicalPlan, EngineError> {
        let plan = self.relation(input)?;
        self.sort_plan(plan, &input.columns(), order_by)
    }

    pub(super) fn sort_plan(&mut self, plan: LogicalPlan, columns: &[Column], order_by: &[Ordering]) -> Result<LogicalPlan, EngineError> {
        if order_by.is_empty() {
            return Ok(plan);
        }
        let exprs: Vec<&Expr> = order_by.iter().map(|key| &key.expr).collect();
        let (plan, keys) = self.with_computed(plan, columns, &exprs)?;
        let has_computed = keys.iter().zip(&exprs).any(|(key, expr)| !is_column(expr, key));
        let expr = keys
            .into_iter()
            .zip(order_by)
            .map(|(key, ordering)| SortExpr::new(key, !ordering.is_descending, ordering.nulls_first))
            .collect();
        let sorted = LogicalPlan::Sort(Sort { expr, input: Arc::new(plan), fetch: None });
        if has_computed { project(sorted, columns.iter().map(|column| column_of(column.symbol)).collect()) } else { Ok(sorted) }
    }

    /// The sort keys of a window or an aggregate, as expressions over its input.
    pub(super) fn sort_keys(&mut self, order_by: &[Ordering]) -> Result<Vec<SortExpr>, EngineError> {
        order_by
            .iter()
            .map(|ordering| {
                let key = self.sort_key(&ordering.expr)?;
                Ok(SortExpr::new(key, !ordering.is_descending, ordering.nulls_first))
            })
            .collect()
    }

    /// Rows whose rank by the ordering is within the limit, after the offset.
    pub(super) fn limit_with_ties(
        &mut self,
        input: &Relation,
        offset_rows: u64,
        limit_rows: u64,
        order_by: &[Ordering],
    ) -> Result<LogicalPlan, EngineError> {
        let columns = input.columns();
        let mut plan = self.relation(input)?;
        if offset_rows > 0 {
            plan = self.sort_plan(plan, &columns, order_by)?;
            plan = limited(plan, offset_rows, None);
        }
        let rank = self.fresh_column(TrinoType::Bigint);
        let order = self.sort_keys(order_by)?;
        let ranked = self.ranked(plan, &columns, datafusion::functions_window::rank::rank_udwf(), Vec::new(), order, &rank)?;
        let limit = super::lowerer::constant(datafusion::common::ScalarValue::UInt64(Some(limit_rows)));
        let within = super::native::binary(column_of(rank.symbol), datafusion::logical_expr::Operator::LtEq, limit);
        let kept = LogicalPlan::Filter(datafusion::logical_expr::Filter::try_new(within, Arc::new(ranked))?);
        let kept = project(kept, columns.iter().map(|column| column_of(column.symbol)).collect())?;
        self.sort_plan(kept, &columns, order_by)
    }

    /// `plan` with a column for each expression: itself where it is a column, else one computed in a projection.
    pub(super) fn with_computed(
        &mut self,
        plan: LogicalPlan,
        columns: &[Column],
        exprs: &[&Expr],
    ) -> Result<(LogicalPlan, Vec<DfExpr>), EngineError> {
        let mut computed: Vec<(Column, Expr)> = Vec::new();
        let mut references = Vec::with_capacity(exprs.len());
        for expr in exprs {
            if let crate::ir::ExprKind::Column(symbol) = expr.kind
                && columns.iter().any(|column| column.symbol == symbol)
                && super::expr::sorts_natively(&expr.data_type)
            {
                references.push(column_of(symbol));
                continue;
            }
            let column = self.fresh_column(expr.data_type.clone());
            references.push(column_of(column.symbol));
            computed.push((column, (*expr).clone()));
        }
        if computed.is_empty() {
            return Ok((plan, references));
        }
        let mut plan = plan;
        let mut expressions: Vec<DfExpr> = columns.iter().map(|column| column_of(column.symbol)).collect();
        for (column, expr) in computed {
            let (with_subqueries, expr) = self.apply_subqueries(plan, &expr)?;
            plan = with_subqueries;
            expressions.push(self.sort_key(&expr)?.alias(name_of(column.symbol)));
        }
        Ok((project(plan, expressions)?, references))
    }
}

fn is_column(expr: &Expr, lowered: &DfExpr) -> bool {
    matches!((&expr.kind, lowered), (crate::ir::ExprKind::Column(symbol), DfExpr::Column(column)) if column.name == name_of(*symbol))
}
