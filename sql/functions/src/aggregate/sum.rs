//! `sum` and `avg`. Ref: Trino 401 "General aggregate functions".

use std::sync::Arc;

use datafusion::logical_expr::AggregateUDF;

use super::totals::*;
use super::udaf::AggregateUdf;
use crate::call::Binding;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::types::TrinoType;

pub const SUM: Function = Function {
    name: "sum",
    description: "Sum of the values; null without any",
    overloads: &[
        Overload::aggregate("(double) -> double", sum),
        Overload::aggregate("(real) -> real", sum),
        Overload::aggregate("(bigint) -> bigint", sum),
        Overload::aggregate("(interval day to second) -> interval day to second", sum),
        Overload::aggregate("(interval year to month) -> interval year to month", sum),
        Overload::aggregate("(decimal(p,s)) -> decimal(38,s)", sum),
    ],
    examples: &[("(SELECT sum(x) FROM (VALUES 1, 2, 3) t(x))", "6")],
    ..Function::AGGREGATE
};

pub const AVG: Function = Function {
    name: "avg",
    description: "Arithmetic mean of the values; null without any",
    overloads: &[
        Overload::aggregate("(bigint) -> double", avg),
        Overload::aggregate("(double) -> double", avg),
        Overload::aggregate("(real) -> real", avg),
        Overload::aggregate("(interval day to second) -> interval day to second", avg),
        Overload::aggregate("(interval year to month) -> interval year to month", avg),
        Overload::aggregate("(decimal(p,s)) -> decimal(p,s)", avg),
    ],
    examples: &[("(SELECT avg(x) FROM (VALUES 1, 2) t(x))", "1.5")],
    ..Function::AGGREGATE
};

fn sum(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    Ok(match binding.argument_types.first() {
        Some(TrinoType::Bigint) => AggregateUdf::build(binding, Totals::<SumBigint>::new(binding)),
        Some(TrinoType::Double) => AggregateUdf::build(binding, Totals::<SumDouble>::new(binding)),
        Some(TrinoType::Real) => AggregateUdf::build(binding, Totals::<SumReal>::new(binding)),
        Some(TrinoType::Decimal { .. }) => AggregateUdf::build(binding, Totals::<SumDecimal>::new(binding)),
        Some(TrinoType::IntervalYearToMonth) => AggregateUdf::build(binding, Totals::<SumYearToMonth>::new(binding)),
        _ => AggregateUdf::build(binding, Totals::<SumDayToSecond>::new(binding)),
    })
}

fn avg(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    Ok(match binding.argument_types.first() {
        Some(TrinoType::Bigint) => AggregateUdf::build(binding, Totals::<MeanBigint>::new(binding)),
        Some(TrinoType::Double) => AggregateUdf::build(binding, Totals::<MeanDouble>::new(binding)),
        Some(TrinoType::Real) => AggregateUdf::build(binding, Totals::<MeanReal>::new(binding)),
        Some(TrinoType::Decimal { .. }) => AggregateUdf::build(binding, Totals::<MeanDecimal>::new(binding)),
        Some(TrinoType::IntervalYearToMonth) => AggregateUdf::build(binding, Totals::<MeanYearToMonth>::new(binding)),
        _ => AggregateUdf::build(binding, Totals::<MeanDayToSecond>::new(binding)),
    })
}
