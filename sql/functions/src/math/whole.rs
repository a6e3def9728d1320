//! Which whole number is next above, or below, a number? Ref: Trino 401 `ceiling`, `floor`. Whole numbers are themselves.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray};
use arrow::compute::unary;
use arrow::datatypes::{Float32Type, Float64Type};

use super::decimal_rows::{decimal_of, map_decimals, ten_to};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Nulls, Overload};

pub const CEILING: Function = Function {
    name: "ceiling",
    aliases: &["ceil"],
    overloads: &[
        Overload::scalar("(tinyint) -> tinyint", itself),
        Overload::scalar("(smallint) -> smallint", itself),
        Overload::scalar("(integer) -> integer", itself),
        Overload::scalar("(bigint) -> bigint", itself),
        Overload::scalar("(double) -> double", |_, arguments| map_doubles(arguments, f64::ceil)),
        Overload::scalar("(real) -> real", |_, arguments| map_reals(arguments, f32::ceil)),
        Overload::scalar("(decimal(p,s)) -> decimal(p - s + min(s, 1), 0)", |call, arguments| {
            divide_decimals(call, arguments, |value, unit| value.div_euclid(unit) + i128::from(value.rem_euclid(unit) > 0))
        }),
    ],
    description: "Round up to nearest integer",
    nulls: Nulls::Propagated,
    examples: &[("ceiling(1.2e0)", "2.0"), ("ceil(DECIMAL '-1.2')", "-1")],
    ..Function::SCALAR
};

pub const FLOOR: Function = Function {
    name: "floor",
    overloads: &[
        Overload::scalar("(tinyint) -> tinyint", itself),
        Overload::scalar("(smallint) -> smallint", itself),
        Overload::scalar("(integer) -> integer", itself),
        Overload::scalar("(bigint) -> bigint", itself),
        Overload::scalar("(double) -> double", |_, arguments| map_doubles(arguments, f64::floor)),
        Overload::scalar("(real) -> real", |_, arguments| map_reals(arguments, f32::floor)),
        Overload::scalar("(decimal(p,s)) -> decimal(p - s + min(s, 1), 0)", |call, arguments| {
            divide_decimals(call, arguments, i128::div_euclid)
        }),
    ],
    description: "Round down to nearest integer",
    nulls: Nulls::Propagated,
    examples: &[("floor(1.8e0)", "1.0"), ("floor(DECIMAL '-1.2')", "-2")],
    ..Function::SCALAR
};

/// A whole number, as it is.
pub fn itself(_call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    Ok(Arc::clone(&arguments[0]))
}

/// Maps a column of doubles.
pub fn map_doubles(arguments: &[ArrayRef], map: impl Fn(f64) -> f64) -> Result<ArrayRef, FunctionError> {
    Ok(Arc::new(unary::<_, _, Float64Type>(arguments[0].as_primitive::<Float64Type>(), map)))
}

/// Maps a column of reals.
pub fn map_reals(arguments: &[ArrayRef], map: impl Fn(f32) -> f32) -> Result<ArrayRef, FunctionError> {
    Ok(Arc::new(unary::<_, _, Float32Type>(arguments[0].as_primitive::<Float32Type>(), map)))
}

/// Drops the fraction of decimals by a rule over the unscaled value and the unit it counts in.
pub fn divide_decimals(call: &Call<'_>, arguments: &[ArrayRef], rule: impl Fn(i128, i128) -> i128) -> Result<ArrayRef, FunctionError> {
    let (_, scale) = decimal_of(call.argument_type(0)).unwrap_or((38, 0));
    let unit = ten_to(scale);
    map_decimals(call, arguments, |value, _| Ok(rule(value, unit)))
}
