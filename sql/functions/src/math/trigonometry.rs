//! What are the sine, cosine, angle … of a number? Ref: Trino 401 "Trigonometric functions"; all in double.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray};
use arrow::compute::{binary, unary};
use arrow::datatypes::Float64Type;

use crate::error::FunctionError;
use crate::function::{Function, Nulls, Overload};

pub const ACOS: Function = Function {
    name: "acos",
    overloads: &[Overload::scalar("(double) -> double", |_, arguments| map_double(arguments, f64::acos))],
    description: "Arc cosine",
    nulls: Nulls::Propagated,
    examples: &[("acos(1)", "0.0")],
    ..Function::SCALAR
};

pub const ASIN: Function = Function {
    name: "asin",
    overloads: &[Overload::scalar("(double) -> double", |_, arguments| map_double(arguments, f64::asin))],
    description: "Arc sine",
    nulls: Nulls::Propagated,
    examples: &[("asin(0)", "0.0")],
    ..Function::SCALAR
};

pub const ATAN: Function = Function {
    name: "atan",
    overloads: &[Overload::scalar("(double) -> double", |_, arguments| map_double(arguments, f64::atan))],
    description: "Arc tangent",
    nulls: Nulls::Propagated,
    examples: &[("atan(0)", "0.0")],
    ..Function::SCALAR
};

pub const COS: Function = Function {
    name: "cos",
    overloads: &[Overload::scalar("(double) -> double", |_, arguments| map_double(arguments, f64::cos))],
    description: "Cosine",
    nulls: Nulls::Propagated,
    examples: &[("cos(0)", "1.0")],
    ..Function::SCALAR
};

pub const COSH: Function = Function {
    name: "cosh",
    overloads: &[Overload::scalar("(double) -> double", |_, arguments| map_double(arguments, f64::cosh))],
    description: "Hyperbolic cosine",
    nulls: Nulls::Propagated,
    examples: &[("cosh(0)", "1.0")],
    ..Function::SCALAR
};

pub const SIN: Function = Function {
    name: "sin",
    overloads: &[Overload::scalar("(double) -> double", |_, arguments| map_double(arguments, f64::sin))],
    description: "Sine",
    nulls: Nulls::Propagated,
    examples: &[("sin(0)", "0.0")],
    ..Function::SCALAR
};

pub const TAN: Function = Function {
    name: "tan",
    overloads: &[Overload::scalar("(double) -> double", |_, arguments| map_double(arguments, f64::tan))],
    description: "Tangent",
    nulls: Nulls::Propagated,
    examples: &[("tan(0)", "0.0")],
    ..Function::SCALAR
};

pub const TANH: Function = Function {
    name: "tanh",
    overloads: &[Overload::scalar("(double) -> double", |_, arguments| map_double(arguments, f64::tanh))],
    description: "Hyperbolic tangent",
    nulls: Nulls::Propagated,
    examples: &[("tanh(0)", "0.0")],
    ..Function::SCALAR
};

pub const DEGREES: Function = Function {
    name: "degrees",
    overloads: &[Overload::scalar("(double) -> double", |_, arguments| {
        map_double(arguments, |radians| radians * (180.0 / std::f64::consts::PI))
    })],
    description: "Converts an angle in radians to degrees",
    nulls: Nulls::Propagated,
    examples: &[("degrees(pi())", "180.0")],
    ..Function::SCALAR
};

pub const RADIANS: Function = Function {
    name: "radians",
    overloads: &[Overload::scalar("(double) -> double", |_, arguments| {
        map_double(arguments, |degrees| degrees * (std::f64::consts::PI / 180.0))
    })],
    description: "Converts an angle in degrees to radians",
    nulls: Nulls::Propagated,
    examples: &[("radians(180)", "3.141592653589793")],
    ..Function::SCALAR
};

pub const ATAN2: Function = Function {
    name: "atan2",
    overloads: &[Overload::scalar("(double, double) -> double", |_, arguments| combine_doubles(arguments, f64::atan2))],
    description: "Arc tangent of given fraction",
    nulls: Nulls::Propagated,
    examples: &[("atan2(0, 1)", "0.0")],
    ..Function::SCALAR
};

/// Maps a column of doubles.
pub fn map_double(arguments: &[ArrayRef], map: impl Fn(f64) -> f64) -> Result<ArrayRef, FunctionError> {
    Ok(Arc::new(unary::<_, _, Float64Type>(arguments[0].as_primitive::<Float64Type>(), map)))
}

/// Joins two columns of doubles.
pub fn combine_doubles(arguments: &[ArrayRef], combine: impl Fn(f64, f64) -> f64) -> Result<ArrayRef, FunctionError> {
    let (left, right) = (arguments[0].as_primitive::<Float64Type>(), arguments[1].as_primitive::<Float64Type>());
    Ok(Arc::new(binary::<_, _, _, Float64Type>(left, right, combine)?))
}
