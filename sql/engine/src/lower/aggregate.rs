//! Which plan groups and aggregates? Keys and arguments are computed in a projection below, results renamed in one above.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::{AggregateFunction, AggregateFunctionParams};
use datafusion::logical_expr::{Aggregate, Cast, Expr as DfExpr, GroupingSet, LogicalPlan, Operator as DfOperator};
use owlake_functions::types::TrinoType;
use owlake_functions::types::arrow_form::arrow_type;

use super::lowerer::{Lowerer, column_of, constant, name_of, named, null_of, project};
use super::native::binary;
use crate::error::EngineError;
use crate::ir::{AggregateCall, Column, Expr, ExprKind, GroupingSets, Relation};

impl Lowerer {
    pub(super) fn aggregate(
        &mut self,
        input: &Relation,
        groups: &GroupingSets,
        aggregates: &[AggregateCall],
    ) -> Result<LogicalPlan, EngineError> {
        let (aggregates, reductions) = self.split_reductions(aggregates)?;
        let aggregates = aggregates.as_slice();
        let plan = self.relation(input)?;
        let mut below = Below { plan, expressions: Vec::new() };
        for (column, key) in &groups.keys {
            let (plan, key) = self.apply_subqueries(std::mem::take(&mut below.plan), key)?;
            below.plan = plan;
            let key = named(self.expr(&key)?, column.symbol);
            if !below.expressions.contains(&key) {
                below.expressions.push(key);
            }
        }
        let mut calls = Vec::with_capacity(aggregates.len());
        for aggregate in aggregates {
            calls.push(self.aggregate_call(&mut below, aggregate)?);
        }
        if below.expressions.is_empty() {
            let marker = self.fresh_column(TrinoType::Boolean);
            below.expressions.push(named(constant(ScalarValue::Boolean(Some(true))), marker.symbol));
        }
        let plan = project(below.plan, below.expressions)?;
        let shape = GroupShape::new(groups);
        let mut distinct_calls: Vec<DfExpr> = Vec::new();
        for call in &calls {
            if !distinct_calls.contains(call) {
                distinct_calls.push(call.clone());
            }
        }
        let aggregate = LogicalPlan::Aggregate(Aggregate::try_new(Arc::new(plan), shape.group_expr(groups), distinct_calls)?);
        let mut above = shape.keys(groups)?;
        above.extend(shape.grouping_id(groups)?);
        for (call, aggregate) in calls.iter().zip(aggregates) {
            let value = DfExpr::Column(datafusion::common::Column::from_name(call.schema_name().to_string()));
            above.push(value.alias(name_of(aggregate.output.symbol)));
        }
        if above.is_empty() {
            return Ok(aggregate);
        }
        let plan = project(aggregate, above)?;
        self.reduced(plan, &reductions)
    }

    /// The call over columns of the projection below.
    fn aggregate_call(&mut self, below: &mut Below, call: &AggregateCall) -> Result<DfExpr, EngineError> {
        let mut args = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            args.push(self.computed(below, argument)?);
        }
        if args.is_empty() {
            // DataFusion's aggregates need an argument: count(*) counts a constant.
            args.push(constant(ScalarValue::Int64(Some(1))));
        }
        let filter = match &call.filter {
            Some(filter) => Some(Box::new(self.computed(below, filter)?)),
            None => None,
        };
        let mut order_by = Vec::with_capacity(call.order_by.len());
        for ordering in &call.order_by {
            let key = self.computed(below, &ordering.expr)?;
            order_by.push(datafusion::logical_expr::SortExpr::new(key, !ordering.is_descending, ordering.nulls_first));
        }
        let func = call.function.aggregate_udf(&self.session)?;
        let params = AggregateFunctionParams { args, distinct: call.is_distinct, filter, order_by, null_treatment: None };
        Ok(DfExpr::AggregateFunction(AggregateFunction { func, params }))
    }

    /// A reference to the expression's value: constants stay, everything else is a column of the projection below.
    fn computed(&mut self, below: &mut Below, expr: &Expr) -> Result<DfExpr, EngineError> {
        match &expr.kind {
            ExprKind::Literal(value) => Ok(constant(value.clone())),
            ExprKind::Lambda { .. } => self.expr(expr),
            ExprKind::Column(symbol) => self.compute(below, expr, Column { symbol: *symbol, data_type: expr.data_type.clone() }),
            _ => {
                let column = self.fresh_column(expr.data_type.clone());
                self.compute(below, expr, column)
            }
        }
    }

    fn compute(&mut self, below: &mut Below, expr: &Expr, column: Column) -> Result<DfExpr, EngineError> {
        let (plan, expr) = self.apply_subqueries(std::mem::take(&mut below.plan), expr)?;
        below.plan = plan;
        let bare = |expr: &DfExpr| match expr {
            DfExpr::Alias(alias) => (*alias.expr).clone(),
            other => other.clone(),
        };
        let lowered = named(self.expr(&expr)?, column.symbol);
        // Equal arguments are computed once.
        if matches!(lowered, DfExpr::Alias(_))
            && column.symbol.0 >= super::lowerer::FIRST_FRESH_SYMBOL
            && let Some(existing) = below.expressions.iter().find(|existing| bare(existing) == bare(&lowered))
        {
            return Ok(DfExpr::Column(datafusion::common::Column::from_name(existing.schema_name().to_string())));
        }
        if !below.expressions.contains(&lowered) {
            below.expressions.push(lowered);
        }
        Ok(column_of(column.symbol))
    }
}

/// The projection below an aggregation, as it grows.
struct Below {
    plan: LogicalPlan,
    expressions: Vec<DfExpr>,
}

/// How DataFusion lays out the keys of an aggregation: in the order they first appear in the sets.
struct GroupShape {
    /// Key indices in DataFusion's order.
    order: Vec<usize>,
    is_plain: bool,
}

impl GroupShape {
    fn new(groups: &GroupingSets) -> Self {
        let mut order = Vec::new();
        for key in groups.sets.iter().flatten() {
            if !order.contains(key) {
                order.push(*key);
            }
        }
        GroupShape { order, is_plain: groups.sets.len() <= 1 }
    }

    fn group_expr(&self, groups: &GroupingSets) -> Vec<DfExpr> {
        let key = |index: &usize| column_of(groups.keys[*index].0.symbol);
        if self.is_plain {
            return self.order.iter().map(key).collect();
        }
        let sets = groups.sets.iter().map(|set| set.iter().map(key).collect()).collect();
        vec![DfExpr::GroupingSet(GroupingSet::GroupingSets(sets))]
    }

    fn keys(&self, groups: &GroupingSets) -> Result<Vec<DfExpr>, EngineError> {
        let mut keys = Vec::with_capacity(groups.keys.len());
        for (index, (column, _)) in groups.keys.iter().enumerate() {
            let value = if self.order.contains(&index) { column_of(column.symbol) } else { null_of(&arrow_type(&column.data_type))? };
            keys.push(named(value, column.symbol));
        }
        Ok(keys)
    }

    /// The mask the IR asks for, out of DataFusion's, whose bits follow its own order of keys.
    fn grouping_id(&self, groups: &GroupingSets) -> Result<Option<DfExpr>, EngineError> {
        let Some(column) = &groups.grouping_id else { return Ok(None) };
        let bits = groups.keys.len();
        let bigint = |value: i64| constant(ScalarValue::Int64(Some(value)));
        let absent: i64 = (0..bits).filter(|key| !self.order.contains(key)).map(|key| 1i64 << (bits - 1 - key)).sum();
        if self.is_plain {
            return Ok(Some(named(bigint(absent), column.symbol)));
        }
        let internal = DfExpr::Column(datafusion::common::Column::from_name(Aggregate::INTERNAL_GROUPING_ID));
        let internal = DfExpr::Cast(Cast::new(Box::new(internal), arrow::datatypes::DataType::Int64));
        let mut mask = bigint(absent);
        let positions: HashMap<usize, usize> = self.order.iter().enumerate().map(|(position, key)| (*key, position)).collect();
        for (key, position) in positions {
            let theirs = bigint((self.order.len() - 1 - position) as i64);
            let bit = binary(binary(internal.clone(), DfOperator::BitwiseShiftRight, theirs), DfOperator::BitwiseAnd, bigint(1));
            let ours = binary(bit, DfOperator::BitwiseShiftLeft, bigint((bits - 1 - key) as i64));
            mask = binary(mask, DfOperator::BitwiseOr, ours);
        }
        Ok(Some(named(mask, column.symbol)))
    }
}
