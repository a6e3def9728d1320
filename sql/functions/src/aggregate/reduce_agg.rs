//! `reduce_agg`: values reduced by a lambda. Ref: Trino 401 "Lambda aggregate functions" (`ReduceAggregationFunction`).

use std::sync::Arc;

use datafusion::logical_expr::AggregateUDF;

use crate::call::Binding;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

/// DataFusion's aggregates take no lambdas: the engine collects the values and calls `reduce`. The function that combines
/// states is never called.
pub const REDUCE_AGG: Function = Function {
    name: "reduce_agg",
    description: "The values reduced to one: initial state, step, combination of two states",
    overloads: &[Overload::aggregate("<T!, S!>(T, S, function(S, T, S), function(S, S, S)) -> S", reduce_agg)],
    examples: &[("(SELECT reduce_agg(x, 0, (a, b) -> a + b, (a, b) -> a + b) FROM (VALUES 1, 2) t(x))", "3")],
    ..Function::AGGREGATE
};

fn reduce_agg(_binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    Err(FunctionError::not_supported("reduce_agg is not supported in this place"))
}
