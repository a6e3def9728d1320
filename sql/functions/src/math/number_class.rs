//! Is a number finite, infinite or none, and what are the constants? Ref: Trino 401 `is_finite`, `is_infinite`, `is_nan`, `nan`, `infinity`, `pi`, `e`.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, Float64Array};
use arrow::datatypes::{Float32Type, Float64Type};

use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Nulls, Overload};

pub const IS_FINITE: Function = Function {
    name: "is_finite",
    overloads: &[Overload::scalar("(double) -> boolean", |_, arguments| test_double(arguments, f64::is_finite))],
    description: "Test if value is finite",
    nulls: Nulls::Propagated,
    examples: &[("is_finite(1)", "true")],
    ..Function::SCALAR
};

pub const IS_INFINITE: Function = Function {
    name: "is_infinite",
    overloads: &[Overload::scalar("(double) -> boolean", |_, arguments| test_double(arguments, f64::is_infinite))],
    description: "Test if value is infinite",
    nulls: Nulls::Propagated,
    examples: &[("is_infinite(infinity())", "true")],
    ..Function::SCALAR
};

pub const IS_NAN: Function = Function {
    name: "is_nan",
    overloads: &[
        Overload::scalar("(double) -> boolean", |_, arguments| test_double(arguments, f64::is_nan)),
        Overload::scalar("(real) -> boolean", |_, arguments| test_real(arguments)),
    ],
    description: "Test if value is not-a-number",
    nulls: Nulls::Propagated,
    examples: &[("is_nan(nan())", "true")],
    ..Function::SCALAR
};

pub const NAN: Function = Function {
    name: "nan",
    overloads: &[Overload::scalar("() -> double", |call, _| constant(call, f64::NAN))],
    description: "Constant representing not-a-number",
    examples: &[("nan()", "NaN")],
    ..Function::SCALAR
};

pub const INFINITY: Function = Function {
    name: "infinity",
    overloads: &[Overload::scalar("() -> double", |call, _| constant(call, f64::INFINITY))],
    description: "Infinity",
    examples: &[("infinity()", "Infinity")],
    ..Function::SCALAR
};

pub const PI: Function = Function {
    name: "pi",
    overloads: &[Overload::scalar("() -> double", |call, _| constant(call, std::f64::consts::PI))],
    description: "The constant Pi",
    examples: &[("pi()", "3.141592653589793")],
    ..Function::SCALAR
};

pub const E: Function = Function {
    name: "e",
    overloads: &[Overload::scalar("() -> double", |call, _| constant(call, std::f64::consts::E))],
    description: "Euler's number",
    examples: &[("e()", "2.718281828459045")],
    ..Function::SCALAR
};

fn test_double(arguments: &[ArrayRef], test: fn(f64) -> bool) -> Result<ArrayRef, FunctionError> {
    Ok(Arc::new(BooleanArray::from_unary(arguments[0].as_primitive::<Float64Type>(), test)))
}

fn test_real(arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    Ok(Arc::new(BooleanArray::from_unary(arguments[0].as_primitive::<Float32Type>(), f32::is_nan)))
}

fn constant(call: &Call<'_>, value: f64) -> Result<ArrayRef, FunctionError> {
    Ok(Arc::new(Float64Array::from(vec![value; call.rows()])))
}
