//! What is the absolute value of a number? Ref: Trino 401 `abs`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray};
use arrow::compute::unary;
use arrow::datatypes::{ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};

use super::decimal_rows::map_decimals;
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Nulls, Overload};

pub const ABS: Function = Function {
    name: "abs",
    overloads: &[
        Overload::scalar("(tinyint) -> tinyint", |call, arguments| abs_integer::<Int8Type>(call, arguments, i8::checked_abs)),
        Overload::scalar("(smallint) -> smallint", |call, arguments| abs_integer::<Int16Type>(call, arguments, i16::checked_abs)),
        Overload::scalar("(integer) -> integer", |call, arguments| abs_integer::<Int32Type>(call, arguments, i32::checked_abs)),
        Overload::scalar("(bigint) -> bigint", |call, arguments| abs_integer::<Int64Type>(call, arguments, i64::checked_abs)),
        Overload::scalar("(double) -> double", abs_double),
        Overload::scalar("(decimal(p,s)) -> decimal(p,s)", |call, arguments| map_decimals(call, arguments, |value, _| Ok(value.abs()))),
        Overload::scalar("(real) -> real", abs_real),
    ],
    description: "Absolute value",
    nulls: Nulls::Propagated,
    examples: &[("abs(-123)", "123"), ("abs(-1.5e0)", "1.5")],
    ..Function::SCALAR
};

/// Errors: NUMERIC_VALUE_OUT_OF_RANGE for the smallest value of the type.
fn abs_integer<T>(call: &Call<'_>, arguments: &[ArrayRef], abs: fn(T::Native) -> Option<T::Native>) -> Result<ArrayRef, FunctionError>
where
    T: ArrowPrimitiveType,
    T::Native: std::fmt::Display,
{
    let values = arguments[0].as_primitive::<T>();
    let mut result = Vec::with_capacity(values.len());
    for (row, value) in values.values().iter().enumerate() {
        match abs(*value) {
            Some(size) => result.push(size),
            None if values.is_null(row) => result.push(*value),
            None => return Err(FunctionError::out_of_range(format!("Value {value} is out of range for abs({})", call.argument_type(0)))),
        }
    }
    Ok(Arc::new(PrimitiveArray::<T>::new(result.into(), values.nulls().cloned())))
}

fn abs_double(_call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    Ok(Arc::new(unary::<_, _, Float64Type>(arguments[0].as_primitive::<Float64Type>(), f64::abs)))
}

fn abs_real(_call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    Ok(Arc::new(unary::<_, _, Float32Type>(arguments[0].as_primitive::<Float32Type>(), f32::abs)))
}
