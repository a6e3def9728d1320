//! Which plan computes window functions? Ref: Trino 401 "Window functions".

use std::sync::Arc;

use arrow::datatypes::Schema;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::execution::context::ExecutionProps;
use datafusion::logical_expr::expr::{NullTreatment, WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{
    Expr as DfExpr, LogicalPlan, LogicalPlanBuilder, SortExpr, WindowFrame, WindowFrameBound, WindowFrameUnits, WindowFunctionDefinition,
    WindowUDF,
};
use datafusion::physical_expr::create_physical_expr;
use owlake_functions::registry::FunctionKind;
use owlake_functions::types::TrinoType;
use owlake_functions::types::arrow_form::arrow_type;
use owlake_functions::types::coercion::common_supertype;

use super::lowerer::{Lowerer, column_of, constant, name_of, project};
use crate::error::EngineError;
use crate::ir::{Column, Expr, Frame, FrameBound, FrameUnit, Ordering, Relation, WindowCall};

/// The largest count of rows or groups a frame reaches; far past any partition, and safe to add to an index.
const ROWS_COUNTED_MAX: u64 = i64::MAX as u64;
const MILLIS_A_DAY: i64 = 86_400_000;

impl Lowerer {
    pub(super) fn window(&mut self, input: &Relation, calls: &[WindowCall]) -> Result<LogicalPlan, EngineError> {
        let (calls, reductions) = self.split_window_reductions(calls)?;
        let calls = calls.as_slice();
        let columns = input.columns();
        let mut plan = self.relation(input)?;
        let mut functions: Vec<DfExpr> = Vec::with_capacity(calls.len());
        for call in calls {
            let (with_arguments, function) = self.window_call(plan, call)?;
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

    fn window_call(&mut self, plan: LogicalPlan, call: &WindowCall) -> Result<(LogicalPlan, DfExpr), EngineError> {
        let mut plan = plan;
        let mut without_subqueries = |lowerer: &mut Lowerer, exprs: Vec<&Expr>| -> Result<Vec<Expr>, EngineError> {
            let mut rewritten = Vec::with_capacity(exprs.len());
            for expr in exprs {
                let (with_subqueries, expr) = lowerer.apply_subqueries(std::mem::take(&mut plan), expr)?;
                plan = with_subqueries;
                rewritten.push(expr);
            }
            Ok(rewritten)
        };
        let arguments = without_subqueries(self, call.arguments.iter().collect())?;
        let partition_by = without_subqueries(self, call.partition_by.iter().collect())?;
        let filter = without_subqueries(self, call.filter.iter().collect())?;
        let keys = without_subqueries(self, call.order_by.iter().map(|key| &key.expr).collect())?;
        let order_by: Vec<Ordering> = keys.into_iter().zip(&call.order_by).map(|(expr, key)| Ordering { expr, ..key.clone() }).collect();

        let has_own_frames = super::row_frame::varies(&call.frame) || !has_native_distance(&call.frame, &order_by);
        let varying = has_own_frames.then(|| {
            let mut frame = call.frame.clone();
            for bound in [&mut frame.start, &mut frame.end] {
                if let FrameBound::Preceding(offset) | FrameBound::Following(offset) = bound
                    && let Some(rewritten) = without_subqueries(self, vec![offset])?.pop()
                {
                    *offset = rewritten;
                }
            }
            Ok::<Frame, EngineError>(frame)
        });

        let mut args = self.exprs(&arguments)?;
        let partition_by = self.exprs(&partition_by)?;
        let mut filter = self.exprs(&filter)?.pop().map(Box::new);
        if let Some(frame) = varying {
            let parts = super::row_frame::LoweredParts { arguments: args, partition_by, filter };
            let function = self.row_framed(call, &frame?, &order_by, parts)?;
            return Ok((plan, function));
        }
        let (window_frame, order_by) = match self.frame(&call.frame, &order_by)? {
            Some(framed) => framed,
            None if call.frame.unit == FrameUnit::Range => {
                // Only rows whose key is null have a frame: their peers.
                let parts = super::row_frame::LoweredParts { arguments: args, partition_by, filter };
                let function = self.row_framed(call, &call.frame, &order_by, parts)?;
                return Ok((plan, function));
            }
            None => {
                // No row is ever in the frame: an aggregate sees no rows, a value function a null.
                match (call.function.kind, args.first_mut()) {
                    (FunctionKind::Aggregate, _) => filter = Some(Box::new(constant(ScalarValue::Boolean(Some(false))))),
                    (_, Some(value)) => *value = super::lowerer::null_of(&arrow_type(&call.function.return_type))?,
                    (_, None) => {}
                }
                (WindowFrame::new(None), self.sort_keys(&order_by)?)
            }
        };
        let fun = match call.function.kind {
            FunctionKind::Aggregate => {
                if args.is_empty() {
                    args.push(constant(ScalarValue::Int64(Some(1))));
                }
                WindowFunctionDefinition::AggregateUDF(call.function.aggregate_udf(&self.session)?)
            }
            FunctionKind::Window | FunctionKind::Scalar => WindowFunctionDefinition::WindowUDF(call.function.window_udf(&self.session)?),
        };
        let null_treatment = call.ignore_nulls.then_some(NullTreatment::IgnoreNulls);
        let params =
            WindowFunctionParams { args, partition_by, order_by, window_frame, filter, null_treatment, distinct: call.is_distinct };
        Ok((plan, DfExpr::WindowFunction(Box::new(WindowFunction { fun, params }))))
    }

    /// The frame and the sort keys it works on; `None` when no row is ever in it, as in `2 FOLLOWING AND 1 FOLLOWING`.
    fn frame(&mut self, frame: &Frame, order_by: &[Ordering]) -> Result<Option<(WindowFrame, Vec<SortExpr>)>, EngineError> {
        if order_by.is_empty() && frame.unit == FrameUnit::Range {
            // Without an order all rows of a partition are peers.
            return Ok(Some((WindowFrame::new(None), Vec::new())));
        }
        let units = match frame.unit {
            FrameUnit::Rows => WindowFrameUnits::Rows,
            FrameUnit::Range => WindowFrameUnits::Range,
            FrameUnit::Groups => WindowFrameUnits::Groups,
        };
        let offsets: Vec<&Expr> = [&frame.start, &frame.end].into_iter().filter_map(offset_expr).collect();
        let (key_type, order_by) = match (frame.unit, order_by) {
            (FrameUnit::Range, [key]) if !offsets.is_empty() => {
                let key_type = distance_type(&key.expr.data_type, &offsets)?;
                let lowered = self.expr(&key.expr)?;
                let lowered = self.cast_lowered(lowered, &key.expr.data_type, &key_type, false)?;
                (Some(key_type), vec![SortExpr::new(lowered, !key.is_descending, key.nulls_first)])
            }
            _ => (None, self.sort_keys(order_by)?),
        };
        let start = self.bound(&frame.start, key_type.as_ref())?;
        let end = self.bound(&frame.end, key_type.as_ref())?;
        let is_never = match (&start, &end) {
            (WindowFrameBound::Preceding(from), WindowFrameBound::Preceding(to)) if !from.is_null() && !to.is_null() => from < to,
            (WindowFrameBound::Following(from), WindowFrameBound::Following(to)) if !from.is_null() && !to.is_null() => from > to,
            _ => false,
        };
        Ok((!is_never).then(|| (WindowFrame::new_bounds(units, start, end), order_by)))
    }

    fn bound(&mut self, bound: &FrameBound, key_type: Option<&TrinoType>) -> Result<WindowFrameBound, EngineError> {
        Ok(match bound {
            FrameBound::UnboundedPreceding => WindowFrameBound::Preceding(ScalarValue::UInt64(None)),
            FrameBound::Preceding(offset) => WindowFrameBound::Preceding(self.offset(offset, key_type)?),
            FrameBound::CurrentRow => WindowFrameBound::CurrentRow,
            FrameBound::Following(offset) => WindowFrameBound::Following(self.offset(offset, key_type)?),
            FrameBound::UnboundedFollowing => WindowFrameBound::Following(ScalarValue::UInt64(None)),
        })
    }

    /// The offset as a constant: a count of rows or groups, or with a key type a distance of the key.
    /// Errors: INVALID_WINDOW_FRAME for null and negative ones, NOT_SUPPORTED for offsets that are not constant.
    fn offset(&mut self, offset: &Expr, key_type: Option<&TrinoType>) -> Result<ScalarValue, EngineError> {
        if super::expr::has_subquery(offset) || !super::rewrite::references(offset).is_empty() {
            return Err(EngineError::engine("NOT_SUPPORTED", "A window frame offset that is not a constant is not supported"));
        }
        let lowered = self.expr(offset)?;
        let invalid = || EngineError::engine("INVALID_WINDOW_FRAME", "Window frame offset value must not be negative or null");
        let not_negative = |value: ScalarValue| -> Result<ScalarValue, EngineError> {
            let is_negative = value.is_null() || value < ScalarValue::new_zero(&value.data_type())?;
            if is_negative { Err(invalid()) } else { Ok(value) }
        };
        match (key_type, &offset.data_type) {
            (None, _) => {
                let digits = TrinoType::Decimal { precision: 38, scale: 0 };
                let widened = self.cast_lowered(lowered, &offset.data_type, &digits, false)?;
                match not_negative(evaluate(&widened)?)? {
                    // A count past what can be counted reaches the partition's end just the same.
                    ScalarValue::Decimal128(Some(count), _, _) => {
                        Ok(ScalarValue::UInt64(Some(u64::try_from(count).unwrap_or(u64::MAX).min(ROWS_COUNTED_MAX))))
                    }
                    _ => Err(invalid()),
                }
            }
            (Some(key_type), TrinoType::IntervalYearToMonth) if *key_type != TrinoType::IntervalYearToMonth => {
                match not_negative(evaluate(&lowered)?)? {
                    ScalarValue::Int32(Some(months)) => Ok(ScalarValue::IntervalYearMonth(Some(months))),
                    _ => Err(invalid()),
                }
            }
            (Some(key_type), TrinoType::IntervalDayToSecond) if *key_type != TrinoType::IntervalDayToSecond => {
                match not_negative(evaluate(&lowered)?)? {
                    ScalarValue::Int64(Some(millis)) => {
                        let (days, millis) = (millis.div_euclid(MILLIS_A_DAY), millis.rem_euclid(MILLIS_A_DAY));
                        let days = i32::try_from(days).map_err(|_| invalid())?;
                        Ok(ScalarValue::new_interval_mdn(0, days, millis * 1_000_000))
                    }
                    _ => Err(invalid()),
                }
            }
            (Some(key_type), offset_type) => {
                let distance = self.cast_lowered(lowered, offset_type, key_type, false)?;
                not_negative(evaluate(&distance)?)
            }
        }
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
        let params = WindowFunctionParams {
            args: Vec::new(),
            partition_by,
            order_by,
            window_frame,
            filter: None,
            null_treatment: None,
            distinct: false,
        };
        let call = DfExpr::WindowFunction(Box::new(WindowFunction { fun: WindowFunctionDefinition::WindowUDF(function), params }));
        let name = call.schema_name().to_string();
        let windowed = LogicalPlanBuilder::window_plan(plan, vec![call])?;
        let mut expressions: Vec<DfExpr> = columns.iter().map(|column| column_of(column.symbol)).collect();
        expressions.push(DfExpr::Column(datafusion::common::Column::from_name(name)).alias(name_of(output.symbol)));
        project(windowed, expressions)
    }
}

fn offset_expr(bound: &FrameBound) -> Option<&Expr> {
    match bound {
        FrameBound::Preceding(offset) | FrameBound::Following(offset) => Some(offset),
        FrameBound::UnboundedPreceding | FrameBound::CurrentRow | FrameBound::UnboundedFollowing => None,
    }
}

/// Can one pair of constant distances stand for the frame's offsets? Not where the key's packed form can't be added to, nor where months and
/// milliseconds bound the frame on one side of its row: which of them is further depends on the row.
fn has_native_distance(frame: &Frame, order_by: &[Ordering]) -> bool {
    let offsets: Vec<&Expr> = [&frame.start, &frame.end].into_iter().filter_map(offset_expr).collect();
    let (FrameUnit::Range, [key], false) = (frame.unit, order_by, offsets.is_empty()) else { return true };
    let is_one_sided = matches!(
        (&frame.start, &frame.end),
        (FrameBound::Preceding(_), FrameBound::Preceding(_)) | (FrameBound::Following(_), FrameBound::Following(_))
    );
    let is_mixed = offsets.windows(2).any(|pair| pair[0].data_type != pair[1].data_type);
    let is_interval = matches!(offsets[0].data_type, TrinoType::IntervalYearToMonth | TrinoType::IntervalDayToSecond);
    !(is_one_sided && is_mixed && is_interval) && distance_type(&key.expr.data_type, &offsets).is_ok()
}

/// The type in which a sort key and its offsets are added. Errors: NOT_SUPPORTED for keys whose packed form can't be added to.
fn distance_type(key: &TrinoType, offsets: &[&Expr]) -> Result<TrinoType, EngineError> {
    let is_interval = |data_type: &TrinoType| matches!(data_type, TrinoType::IntervalYearToMonth | TrinoType::IntervalDayToSecond);
    match key {
        TrinoType::Date | TrinoType::Timestamp(0..=6) | TrinoType::IntervalYearToMonth | TrinoType::IntervalDayToSecond => Ok(key.clone()),
        _ if key.is_numeric() && !offsets.iter().any(|offset| is_interval(&offset.data_type)) => {
            let mut common = key.clone();
            for offset in offsets {
                common = common_supertype(&common, &offset.data_type)
                    .ok_or_else(|| EngineError::internal("a frame offset of another kind of type"))?;
            }
            // Sums and differences of decimals of full precision keep their type.
            Ok(match common {
                TrinoType::Decimal { scale, .. } => TrinoType::Decimal { precision: 38, scale },
                other => other,
            })
        }
        other => Err(EngineError::engine("NOT_SUPPORTED", format!("A window frame over RANGE of {other} is not supported"))),
    }
}

/// The value of an expression without columns.
fn evaluate(expr: &DfExpr) -> Result<ScalarValue, EngineError> {
    let row = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), Vec::new(), &RecordBatchOptions::new().with_row_count(Some(1)));
    let row = row.map_err(DataFusionError::from)?;
    let physical = create_physical_expr(expr, &DFSchema::empty(), &ExecutionProps::new(), &PhysicalPlanningContext::default())?;
    let values = physical.evaluate(&row)?.into_array(1)?;
    Ok(ScalarValue::try_from_array(&values, 0)?)
}
