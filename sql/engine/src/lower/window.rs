//! Which plan computes window functions? Ref: Trino 401 "Window functions".

use std::sync::Arc;

use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::{NullTreatment, WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::{
    Expr as DfExpr, LogicalPlan, LogicalPlanBuilder, SortExpr, WindowFrame, WindowFrameBound, WindowFrameUnits, WindowFunctionDefinition, WindowUDF,
};
use owlake_functions::registry::FunctionKind;

use super::lowerer::{Lowerer, column_of, constant, name_of, project};
use crate::error::EngineError;
use crate::ir::{Column, Expr, ExprKind, Frame, FrameBound, FrameUnit, Relation, WindowCall};

impl Lowerer {
    pub(super) fn window(&mut self, input: &Relation, calls: &[WindowCall]) -> Result<LogicalPlan, EngineError> {
        let (calls, reductions) = self.split_window_reductions(calls)?;
        let calls = calls.as_slice();
        let columns = input.columns();
        let mut plan = self.relation(input)?;
        let mut functions: Vec<DfExpr> = Vec::with_capacity(calls.len());
        for call in calls {
            let (with_arguments, function) = self.window_call(plan, &columns, call)?;
            plan = with_arguments;
            functions.push(function);
        }
        let mut distinct_functions: Vec<DfExpr> = Vec::new();
        for function in &functions {
            if !distinct_functions.contains(function) {
                distinct_functions.push(function.clone());
            }
        }
        let windowed = LogicalPlanBuilder::window_plan(plan, distinct_functions)?;
        let mut expressions: Vec<DfExpr> = columns.iter().map(|column| column_of(column.symbol)).collect();
        for (function, call) in functions.iter().zip(calls) {
            let value = DfExpr::Column(datafusion::common::Column::from_name(function.schema_name().to_string()));
            expressions.push(value.alias(name_of(call.output.symbol)));
        }
        let plan = project(windowed, expressions)?;
        self.reduced(plan, &reductions)
    }

    fn window_call(&mut self, plan: LogicalPlan, columns: &[Column], call: &WindowCall) -> Result<(LogicalPlan, DfExpr), EngineError> {
        let mut plan = plan;
        let mut lower_all = |lowerer: &mut Lowerer, exprs: Vec<&Expr>| -> Result<Vec<DfExpr>, EngineError> {
            let mut lowered = Vec::with_capacity(exprs.len());
            for expr in exprs {
                let (with_subqueries, expr) = lowerer.apply_subqueries(std::mem::take(&mut plan), expr)?;
                plan = with_subqueries;
                lowered.push(lowerer.expr(&expr)?);
            }
            Ok(lowered)
        };
        let mut args = lower_all(self, call.arguments.iter().collect())?;
        let partition_by = lower_all(self, call.partition_by.iter().collect())?;
        let filter = lower_all(self, call.filter.iter().collect())?.pop().map(Box::new);
        let order_by = self.sort_keys(&call.order_by)?;
        let fun = match call.function.kind {
            FunctionKind::Aggregate => {
                if args.is_empty() {
                    args.push(constant(ScalarValue::Int64(Some(1))));
                }
                WindowFunctionDefinition::AggregateUDF(call.function.aggregate_udf(&self.session)?)
            }
            FunctionKind::Window | FunctionKind::Scalar => WindowFunctionDefinition::WindowUDF(call.function.window_udf(&self.session)?),
        };
        let window_frame = frame(&call.frame, !call.order_by.is_empty())?;
        let null_treatment = call.ignore_nulls.then_some(NullTreatment::IgnoreNulls);
        let params = WindowFunctionParams { args, partition_by, order_by, window_frame, filter, null_treatment, distinct: call.is_distinct };
        let _ = columns;
        Ok((plan, DfExpr::WindowFunction(Box::new(WindowFunction { fun, params }))))
    }

    /// Appends a ranking function of DataFusion's own, under a symbol.
    pub(super) fn ranked(
        &mut self,
        plan: LogicalPlan,
        columns: &[Column],
        function: Arc<WindowUDF>,
        partition_by: Vec<DfExpr>,
        order_by: Vec<SortExpr>,
        output: &Column,
    ) -> Result<LogicalPlan, EngineError> {
        let window_frame = WindowFrame::new(if order_by.is_empty() { None } else { Some(false) });
        let params = WindowFunctionParams { args: Vec::new(), partition_by, order_by, window_frame, filter: None, null_treatment: None, distinct: false };
        let call = DfExpr::WindowFunction(Box::new(WindowFunction { fun: WindowFunctionDefinition::WindowUDF(function), params }));
        let name = call.schema_name().to_string();
        let windowed = LogicalPlanBuilder::window_plan(plan, vec![call])?;
        let mut expressions: Vec<DfExpr> = columns.iter().map(|column| column_of(column.symbol)).collect();
        expressions.push(DfExpr::Column(datafusion::common::Column::from_name(name)).alias(name_of(output.symbol)));
        project(windowed, expressions)
    }
}

fn frame(frame: &Frame, is_ordered: bool) -> Result<WindowFrame, EngineError> {
    if !is_ordered && frame.unit == FrameUnit::Range {
        // Without an order all rows of a partition are peers.
        return Ok(WindowFrame::new(None));
    }
    let units = match frame.unit {
        FrameUnit::Rows => WindowFrameUnits::Rows,
        FrameUnit::Range => WindowFrameUnits::Range,
        FrameUnit::Groups => WindowFrameUnits::Groups,
    };
    Ok(WindowFrame::new_bounds(units, bound(&frame.start, frame.unit)?, bound(&frame.end, frame.unit)?))
}

fn bound(bound: &FrameBound, unit: FrameUnit) -> Result<WindowFrameBound, EngineError> {
    Ok(match bound {
        FrameBound::UnboundedPreceding => WindowFrameBound::Preceding(ScalarValue::UInt64(None)),
        FrameBound::Preceding(offset) => WindowFrameBound::Preceding(offset_of(offset, unit)?),
        FrameBound::CurrentRow => WindowFrameBound::CurrentRow,
        FrameBound::Following(offset) => WindowFrameBound::Following(offset_of(offset, unit)?),
        FrameBound::UnboundedFollowing => WindowFrameBound::Following(ScalarValue::UInt64(None)),
    })
}

/// The offset as a constant: a count of rows or groups, or a distance in the order's type. Errors: INVALID_WINDOW_FRAME for null and negative
/// ones, NOT_SUPPORTED for offsets that are not constant.
fn offset_of(offset: &Expr, unit: FrameUnit) -> Result<ScalarValue, EngineError> {
    let value = match &offset.kind {
        ExprKind::Literal(value) => value,
        ExprKind::Cast { input, .. } if matches!(input.kind, ExprKind::Literal(_)) => match &input.kind {
            ExprKind::Literal(value) => value,
            _ => return Err(EngineError::internal("a literal is none")),
        },
        _ => return Err(EngineError::engine("NOT_SUPPORTED", "A window frame offset that is not a constant is not supported")),
    };
    let invalid = || EngineError::engine("INVALID_WINDOW_FRAME", "Window frame offset value must not be negative or null");
    if value.is_null() {
        return Err(invalid());
    }
    if unit == FrameUnit::Range {
        return Ok(value.clone());
    }
    match value.cast_to(&arrow::datatypes::DataType::Int64)? {
        ScalarValue::Int64(Some(count)) => Ok(ScalarValue::UInt64(Some(u64::try_from(count).map_err(|_| invalid())?))),
        _ => Err(invalid()),
    }
}
