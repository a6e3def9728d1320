//! What is a number rounded to a whole, or to a place? Half away from zero. Ref: Trino 401 `round`.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, PrimitiveArray};
use arrow::datatypes::{ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};

use super::decimal_rows::{decimal_of, divide_half_up, map_decimals, ten_to};
use super::whole::{divide_decimals, itself, map_doubles, map_reals};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const ROUND: Function = Function {
    name: "round",
    overloads: &[
        Overload::scalar("(tinyint) -> tinyint", itself),
        Overload::scalar("(smallint) -> smallint", itself),
        Overload::scalar("(integer) -> integer", itself),
        Overload::scalar("(bigint) -> bigint", itself),
        Overload::scalar("(tinyint, integer) -> tinyint", round_integers::<Int8Type>),
        Overload::scalar("(smallint, integer) -> smallint", round_integers::<Int16Type>),
        Overload::scalar("(integer, integer) -> integer", round_integers::<Int32Type>),
        Overload::scalar("(bigint, integer) -> bigint", round_integers::<Int64Type>),
        Overload::scalar("(double) -> double", |_, arguments| map_doubles(arguments, |value| round_double(value, 0))),
        Overload::scalar("(real) -> real", |_, arguments| map_reals(arguments, |value| round_real(value, 0))),
        Overload::scalar("(double, integer) -> double", round_doubles),
        Overload::scalar("(real, integer) -> real", round_reals),
        Overload::scalar("(decimal(p,s)) -> decimal(min(38, p - s + min(1, s)), 0)", |call, arguments| {
            divide_decimals(call, arguments, divide_half_up)
        }),
        Overload::scalar("(decimal(p,s), integer) -> decimal(min(38, p + 1), s)", round_decimals),
    ],
    description: "Round to given number of decimal places",
    examples: &[("round(2.5e0)", "3.0"), ("round(DECIMAL '-3.449', 1)", "-3.400"), ("round(149, -2)", "100")],
    ..Function::SCALAR
};

fn places(arguments: &[ArrayRef]) -> &[i32] {
    arguments[1].as_primitive::<Int32Type>().values()
}

/// Errors: NUMERIC_VALUE_OUT_OF_RANGE where the rounded number, or the power of ten, leaves its type.
fn round_integers<T>(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError>
where
    T: ArrowPrimitiveType,
    T::Native: Into<i64> + TryFrom<i64>,
{
    let rounded = arguments[0].as_primitive::<T>().values().iter().zip(places(arguments)).map(|(value, places)| {
        let value: i64 = (*value).into();
        let rounded = round_integer(value, *places)?;
        T::Native::try_from(rounded).map_err(|_| FunctionError::out_of_range(format!("Out of range for {}: {rounded}", call.return_type())))
    });
    let values = rounded.collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(PrimitiveArray::<T>::new(values.into(), None)))
}

fn round_integer(value: i64, places: i32) -> Result<i64, FunctionError> {
    if places >= 0 {
        return Ok(value);
    }
    let overflow = || FunctionError::out_of_range(format!("numerical overflow: {value}"));
    let unit = 10i64.checked_pow(places.unsigned_abs()).ok_or_else(overflow)?;
    let rounded = divide_half_up(i128::from(value), i128::from(unit)) * i128::from(unit);
    i64::try_from(rounded).map_err(|_| overflow())
}

/// Guava's `DoubleMath.roundToBigInteger` of the shifted number, shifted back: half up, of the size.
fn round_double(value: f64, places: i32) -> f64 {
    round_at(value, 10f64.powi(places))
}

/// Rounded to a multiple of `1 / factor`.
#[inline]
fn round_at(value: f64, factor: f64) -> f64 {
    let shifted = value.abs() * factor;
    if value.is_infinite() {
        return value;
    }
    // Past 63 bits there is no fraction to round; NaN stays. Without SSE 4.1, which the baseline lacks, `floor` is a call.
    let whole = if shifted < i64::MAX as f64 { shifted as i64 as f64 } else { shifted };
    let rounded = if shifted - whole >= 0.5 { whole + 1.0 } else { whole };
    (rounded / factor).copysign(value)
}

fn round_doubles(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    if let Some(places) = call.constant(1) {
        let factor = 10f64.powi(places.as_primitive::<Int32Type>().value(0));
        let values = arguments[0].as_primitive::<Float64Type>().values();
        if values.iter().any(|value| value.is_finite() && (value * factor).is_infinite()) {
            return Err(FunctionError::new("GENERIC_INTERNAL_ERROR", "input is infinite or NaN"));
        }
        return map_doubles(arguments, |value| round_at(value, factor));
    }
    let values = arguments[0].as_primitive::<Float64Type>().values();
    let rounded: Vec<f64> = values.iter().zip(places(arguments)).map(|(value, places)| round_double(*value, *places)).collect();
    Ok(Arc::new(PrimitiveArray::<Float64Type>::new(rounded.into(), None)))
}

/// As a double; but zero has no sign.
#[inline]
fn round_real(value: f32, places: i32) -> f32 {
    if value == 0.0 { 0.0 } else { round_double(f64::from(value), places) as f32 }
}

fn round_reals(_call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = arguments[0].as_primitive::<Float32Type>().values();
    let rounded: Vec<f32> = values.iter().zip(places(arguments)).map(|(value, places)| round_real(*value, *places)).collect();
    Ok(Arc::new(PrimitiveArray::<Float32Type>::new(rounded.into(), None)))
}

fn round_decimals(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (precision, scale) = decimal_of(call.argument_type(0)).unwrap_or((38, 0));
    let places = places(arguments);
    map_decimals(call, arguments, |value, row| {
        let dropped = i64::from(scale) - i64::from(places[row]);
        match u32::try_from(dropped) {
            Err(_) | Ok(0) => Ok(value),
            // All digits and one place more: less than half a unit.
            Ok(dropped) if dropped > precision => Ok(0),
            Ok(dropped) => {
                let unit = ten_to(dropped);
                divide_half_up(value, unit)
                    .checked_mul(unit)
                    .ok_or_else(|| FunctionError::out_of_range(format!("decimal overflow: {value}")))
            }
        }
    })
}
