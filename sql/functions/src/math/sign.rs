//! Is a number positive, zero or negative? Ref: Trino 401 `sign`.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray};
use arrow::compute::unary;
use arrow::datatypes::{Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};

use super::decimal_rows::map_decimals;
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Nulls, Overload};

pub const SIGN: Function = Function {
    name: "sign",
    overloads: &[
        Overload::scalar("(decimal(p,s)) -> decimal(1,0)", |call, arguments| map_decimals(call, arguments, |value, _| Ok(value.signum()))),
        Overload::scalar("(bigint) -> bigint", sign_bigint),
        Overload::scalar("(integer) -> integer", sign_integer),
        Overload::scalar("(smallint) -> smallint", sign_smallint),
        Overload::scalar("(tinyint) -> tinyint", sign_tinyint),
        Overload::scalar("(double) -> double", sign_double),
        Overload::scalar("(real) -> real", sign_real),
    ],
    description: "Signum",
    nulls: Nulls::Propagated,
    examples: &[("sign(-42)", "-1"), ("sign(0e0)", "0.0")],
    ..Function::SCALAR
};

fn sign_bigint(_call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    Ok(Arc::new(unary::<_, _, Int64Type>(arguments[0].as_primitive::<Int64Type>(), i64::signum)))
}

fn sign_integer(_call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    Ok(Arc::new(unary::<_, _, Int32Type>(arguments[0].as_primitive::<Int32Type>(), i32::signum)))
}

fn sign_smallint(_call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    Ok(Arc::new(unary::<_, _, Int16Type>(arguments[0].as_primitive::<Int16Type>(), i16::signum)))
}

fn sign_tinyint(_call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    Ok(Arc::new(unary::<_, _, Int8Type>(arguments[0].as_primitive::<Int8Type>(), i8::signum)))
}

/// Zeros keep their sign, NaN stays NaN: unlike Rust's `signum`, which gives ±1 for ±0.
fn sign_double(_call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    Ok(Arc::new(unary::<_, _, Float64Type>(
        arguments[0].as_primitive::<Float64Type>(),
        |value| if value == 0.0 { value } else { value.signum() },
    )))
}

fn sign_real(_call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    Ok(Arc::new(unary::<_, _, Float32Type>(
        arguments[0].as_primitive::<Float32Type>(),
        |value| if value == 0.0 { value } else { value.signum() },
    )))
}
