//! Which plan computes a window function whose frame's offsets differ from row to row? See [`crate::plan::row_frame`]. Ref: Trino 401 `QueryPlanner.planFrameBound`.

use arrow::compute::SortOptions;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::{NullTreatment, WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::{Case, Expr as DfExpr, WindowFrame, WindowFunctionDefinition};
use owlake_functions::registry::{FunctionKind, Operator, resolve_operator};
use owlake_functions::types::TrinoType;
use owlake_functions::types::arrow_form::arrow_type;

use super::lowerer::{Lowerer, constant};
use crate::error::EngineError;
use crate::ir::{Expr, Frame, FrameBound, FrameUnit, Ordering, WindowCall};
use crate::plan::row_frame::{Framed, RowFrame, Side, row_frame};

/// A call's parts that are lowered already.
pub(super) struct LoweredParts {
    pub arguments: Vec<DfExpr>,
    pub partition_by: Vec<DfExpr>,
    pub filter: Option<Box<DfExpr>>,
}

/// Does the frame read columns?
pub(super) fn varies(frame: &Frame) -> bool {
    let reads = |bound: &FrameBound| match bound {
        FrameBound::Preceding(offset) | FrameBound::Following(offset) => {
            super::expr::has_subquery(offset) || !super::rewrite::references(offset).is_empty()
        }
        FrameBound::UnboundedPreceding | FrameBound::CurrentRow | FrameBound::UnboundedFollowing => false,
    };
    reads(&frame.start) || reads(&frame.end)
}

impl Lowerer {
    /// The call over each row's own frame; the frame's offsets hold no subqueries any more.
    pub(super) fn row_framed(
        &mut self,
        call: &WindowCall,
        frame: &Frame,
        order_by: &[Ordering],
        parts: LoweredParts,
    ) -> Result<DfExpr, EngineError> {
        let LoweredParts { arguments: mut args, partition_by, filter } = parts;
        let reads_frame = matches!(call.function.name, "first_value" | "last_value" | "nth_value");
        let null_treatment = call.ignore_nulls.then_some(NullTreatment::IgnoreNulls);
        let sort_keys = self.sort_keys(order_by)?;
        let window_frame = WindowFrame::new((!sort_keys.is_empty()).then_some(false));
        let framed = match call.function.kind {
            FunctionKind::Aggregate => {
                Framed::Aggregate { function: call.function.aggregate_udf(&self.session)?, is_distinct: call.is_distinct }
            }
            FunctionKind::Window | FunctionKind::Scalar => {
                let function = call.function.window_udf(&self.session)?;
                if !reads_frame {
                    // A rank does not depend on the frame.
                    let fun = WindowFunctionDefinition::WindowUDF(function);
                    let params = WindowFunctionParams {
                        args,
                        partition_by,
                        order_by: sort_keys,
                        window_frame,
                        filter,
                        null_treatment,
                        distinct: false,
                    };
                    return Ok(DfExpr::WindowFunction(Box::new(WindowFunction { fun, params })));
                }
                Framed::Window(function)
            }
        };
        if args.is_empty() {
            args.push(constant(ScalarValue::Int64(Some(1))));
        }
        let argument_count = args.len();
        let has_filter = filter.is_some();
        args.extend(filter.map(|filter| *filter));
        args.extend(sort_keys.iter().map(|key| key.expr.clone()));
        let keys = order_by.iter().map(|key| SortOptions { descending: key.is_descending, nulls_first: key.nulls_first }).collect();
        let start = self.push_side(&frame.start, frame.unit, order_by, &mut args)?;
        let end = self.push_side(&frame.end, frame.unit, order_by, &mut args)?;
        let layout = RowFrame { unit: frame.unit, start, end, argument_count, has_filter, keys };
        let fun = WindowFunctionDefinition::WindowUDF(row_frame(framed, layout, arrow_type(&call.function.return_type)));
        let params =
            WindowFunctionParams { args, partition_by, order_by: sort_keys, window_frame, filter: None, null_treatment, distinct: false };
        Ok(DfExpr::WindowFunction(Box::new(WindowFunction { fun, params })))
    }

    /// Appends the columns of one end: the offset, and for RANGE the bound's value and the key in its type.
    fn push_side(
        &mut self,
        bound: &FrameBound,
        unit: FrameUnit,
        order_by: &[Ordering],
        args: &mut Vec<DfExpr>,
    ) -> Result<Side, EngineError> {
        let (offset, side) = match bound {
            FrameBound::UnboundedPreceding | FrameBound::UnboundedFollowing => return Ok(Side::Unbounded),
            FrameBound::CurrentRow => return Ok(Side::CurrentRow),
            FrameBound::Preceding(offset) => (offset, Side::Preceding),
            FrameBound::Following(offset) => (offset, Side::Following),
        };
        let lowered = self.expr(offset)?;
        if unit != FrameUnit::Range {
            args.push(self.cast_lowered(lowered, &offset.data_type, &TrinoType::Bigint, false)?);
            return Ok(side);
        }
        let [key] = order_by else { return Err(EngineError::internal("a frame of RANGE over several keys")) };
        let operator = if (side == Side::Preceding) != key.is_descending { Operator::Subtract } else { Operator::Add };
        let function = resolve_operator(operator, &[key.expr.data_type.clone(), offset.data_type.clone()])?;
        let lowered_key = self.expr(&key.expr)?;
        let mut operands = Vec::with_capacity(2);
        for (operand, given, wanted) in [(&lowered_key, &key.expr, 0), (&lowered, offset as &Expr, 1)] {
            let wanted = function.argument_types.get(wanted).unwrap_or(&given.data_type);
            operands.push(self.cast_lowered(operand.clone(), &given.data_type, wanted, false)?);
        }
        let value = self.call_lowered(&function, operands)?;
        // A negative offset is refused as such, whatever adding it would do.
        let zero = constant(ScalarValue::new_zero(&arrow_type(&offset.data_type))?);
        let is_fit = self.comparison_of(Operator::GreaterThanOrEqual, lowered.clone(), zero, &offset.data_type)?;
        let none = super::lowerer::null_of(&arrow_type(&function.return_type))?;
        let value = DfExpr::Case(Case::new(None, vec![(Box::new(is_fit), Box::new(value))], Some(Box::new(none))));
        let key = self.cast_lowered(lowered_key, &key.expr.data_type, &function.return_type, false)?;
        args.extend([lowered, value, key]);
        Ok(side)
    }
}
