//! How is `reduce_agg` computed? DataFusion's aggregates take no lambdas: the values are collected, then reduced in a projection above.

use std::sync::Arc;

use datafusion::logical_expr::{Expr as DfExpr, LogicalPlan};
use owlake_functions::error::FunctionError;
use owlake_functions::registry::{Argument, BoundFunction, resolve_function};
use owlake_functions::types::TrinoType;

use super::lowerer::{Lowerer, name_of, project};
use super::rewrite::visit;
use crate::error::EngineError;
use crate::ir::{AggregateCall, Column, Expr, ExprKind, WindowCall};

const NAME: &str = "reduce_agg";

/// A `reduce_agg` whose values are in a column by now.
pub(super) struct Reduction {
    output: Column,
    values: Column,
    initial: Expr,
    /// The column the initial state was taken to, unless it is constant.
    initial_column: Option<Column>,
    step: Expr,
}

/// What the calls of one `reduce_agg` are: that which collects the values, and that which picks the initial state.
struct Split {
    collect: BoundFunction,
    pick: BoundFunction,
    value: Expr,
    filter: Expr,
    reduction: Reduction,
}

impl Lowerer {
    /// The aggregates to compute, and the reductions to do over their results.
    pub(super) fn split_reductions(&mut self, calls: &[AggregateCall]) -> Result<(Vec<AggregateCall>, Vec<Reduction>), EngineError> {
        let (mut plain, mut reductions) = (Vec::with_capacity(calls.len()), Vec::new());
        for call in calls {
            if call.function.name != NAME {
                plain.push(call.clone());
                continue;
            }
            let split = self.split(&call.output, &call.arguments, call.filter.as_ref())?;
            if let Some(output) = &split.reduction.initial_column {
                plain.push(AggregateCall {
                    output: output.clone(),
                    function: Arc::new(split.pick),
                    arguments: vec![split.reduction.initial.clone()],
                    is_distinct: false,
                    filter: Some(split.filter.clone()),
                    order_by: Vec::new(),
                });
            }
            plain.push(AggregateCall {
                output: split.reduction.values.clone(),
                function: Arc::new(split.collect),
                arguments: vec![split.value],
                filter: Some(split.filter),
                ..call.clone()
            });
            reductions.push(split.reduction);
        }
        Ok((plain, reductions))
    }

    /// The same over window frames.
    pub(super) fn split_window_reductions(&mut self, calls: &[WindowCall]) -> Result<(Vec<WindowCall>, Vec<Reduction>), EngineError> {
        let (mut plain, mut reductions) = (Vec::with_capacity(calls.len()), Vec::new());
        for call in calls {
            if call.function.name != NAME {
                plain.push(call.clone());
                continue;
            }
            let split = self.split(&call.output, &call.arguments, call.filter.as_ref())?;
            if let Some(output) = &split.reduction.initial_column {
                plain.push(WindowCall {
                    output: output.clone(),
                    function: Arc::new(split.pick),
                    arguments: vec![split.reduction.initial.clone()],
                    filter: Some(split.filter.clone()),
                    is_distinct: false,
                    ..call.clone()
                });
            }
            plain.push(WindowCall {
                output: split.reduction.values.clone(),
                function: Arc::new(split.collect),
                arguments: vec![split.value],
                filter: Some(split.filter),
                ..call.clone()
            });
            reductions.push(split.reduction);
        }
        Ok((plain, reductions))
    }

    fn split(&mut self, output: &Column, arguments: &[Expr], filter: Option<&Expr>) -> Result<Split, EngineError> {
        let [value, initial, step, combine] = arguments else {
            return Err(EngineError::internal("reduce_agg takes four arguments"));
        };
        if !is_state_type(&output.data_type) {
            let message = format!("State type not enabled for {NAME}: {}", output.data_type);
            return Err(EngineError::engine("NOT_SUPPORTED", message));
        }
        if captures(step) || captures(combine) {
            return Err(EngineError::engine("NOT_SUPPORTED", "A lambda of reduce_agg that refers to columns is not supported"));
        }
        let mut no_lambda = |_: usize, _: &[TrinoType]| Err(FunctionError::internal("no lambda was passed"));
        let collect = resolve_function("array_agg", &[Argument::Value(value.data_type.clone())], &mut no_lambda)?;
        let pick = resolve_function("arbitrary", &[Argument::Value(initial.data_type.clone())], &mut no_lambda)?;
        // A row without a value or a state is passed over.
        let mut terms: Vec<Expr> = filter.into_iter().cloned().collect();
        terms.extend([value, initial].into_iter().map(is_not_null));
        let is_constant = matches!(&initial.kind, ExprKind::Literal(literal) if !literal.is_null());
        let reduction = Reduction {
            output: output.clone(),
            values: self.fresh_column(collect.return_type.clone()),
            initial: initial.clone(),
            initial_column: (!is_constant).then(|| self.fresh_column(initial.data_type.clone())),
            step: step.clone(),
        };
        let filter = Expr { kind: ExprKind::And(terms), data_type: TrinoType::Boolean };
        Ok(Split { collect, pick, value: value.clone(), filter, reduction })
    }

    /// Puts the results beside the plan's columns, and takes the columns away they were made of.
    pub(super) fn reduced(&mut self, plan: LogicalPlan, reductions: &[Reduction]) -> Result<LogicalPlan, EngineError> {
        if reductions.is_empty() {
            return Ok(plan);
        }
        let used: Vec<String> = reductions
            .iter()
            .flat_map(|reduction| std::iter::once(&reduction.values).chain(&reduction.initial_column))
            .map(|column| name_of(column.symbol))
            .collect();
        let mut expressions: Vec<DfExpr> = plan
            .schema()
            .fields()
            .iter()
            .filter(|field| !used.contains(field.name()))
            .map(|field| DfExpr::Column(datafusion::common::Column::from_name(field.name())))
            .collect();
        for reduction in reductions {
            let call = self.reduce_call(reduction)?;
            expressions.push(self.expr(&call)?.alias(name_of(reduction.output.symbol)));
        }
        project(plan, expressions)
    }

    /// `reduce(values, initial, step, state -> state)`.
    fn reduce_call(&mut self, reduction: &Reduction) -> Result<Expr, EngineError> {
        let state = reduction.output.data_type.clone();
        let column = |column: &Column| Expr { kind: ExprKind::Column(column.symbol), data_type: column.data_type.clone() };
        let parameter = self.fresh_column(state.clone());
        let body = Expr { kind: ExprKind::LambdaVariable(parameter.symbol), data_type: state.clone() };
        let identity = Expr {
            kind: ExprKind::Lambda { parameters: vec![parameter], body: Box::new(body) },
            data_type: TrinoType::Function(vec![state.clone()].into(), Arc::new(state.clone())),
        };
        let types = [
            Argument::Value(reduction.values.data_type.clone()),
            Argument::Value(state.clone()),
            Argument::Lambda { parameters: 2 },
            Argument::Lambda { parameters: 1 },
        ];
        let function = resolve_function("reduce", &types, &mut |_, _| Ok(state.clone()))?;
        let initial = reduction.initial_column.as_ref().map_or_else(|| reduction.initial.clone(), column);
        let arguments = vec![column(&reduction.values), initial, reduction.step.clone(), identity];
        Ok(Expr { kind: ExprKind::Call { function: Arc::new(function), arguments }, data_type: state })
    }
}

/// Trino's states are numbers of at most 64 bits, or booleans.
fn is_state_type(data_type: &TrinoType) -> bool {
    matches!(
        data_type,
        TrinoType::Boolean
            | TrinoType::Real
            | TrinoType::Double
            | TrinoType::Decimal { precision: 0..=18, .. }
            | TrinoType::Date
            | TrinoType::Time(_)
            | TrinoType::Timestamp(0..=6)
            | TrinoType::IntervalYearToMonth
            | TrinoType::IntervalDayToSecond
    ) || data_type.is_integral()
}

fn is_not_null(expr: &Expr) -> Expr {
    let boolean = |kind| Expr { kind, data_type: TrinoType::Boolean };
    boolean(ExprKind::Not(Box::new(boolean(ExprKind::IsNull(Box::new(expr.clone()))))))
}

/// Does a lambda refer to anything but its parameters?
fn captures(expr: &Expr) -> bool {
    let mut is_capturing = false;
    visit(expr, &mut |node| is_capturing |= matches!(node.kind, ExprKind::Column(_) | ExprKind::Subquery(_)));
    is_capturing
}
