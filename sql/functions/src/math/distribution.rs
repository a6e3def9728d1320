//! What is the probability of a value, and the value of a probability? Ref: Trino 401 `normal_cdf`, `inverse_normal_cdf`, `beta_cdf`, `inverse_beta_cdf`.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array};
use arrow::datatypes::Float64Type;

use super::special::{erf, erf_inverse, regularized_beta, regularized_beta_inverse};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const NORMAL_CDF: Function = Function {
    name: "normal_cdf",
    overloads: &[Overload::scalar("(double, double, double) -> double", |call, arguments| gather(call, arguments, normal_cdf))],
    description: "Normal cdf given a mean, standard deviation, and value",
    examples: &[("normal_cdf(0, 1, 0)", "0.5")],
    ..Function::SCALAR
};

pub const INVERSE_NORMAL_CDF: Function = Function {
    name: "inverse_normal_cdf",
    overloads: &[Overload::scalar("(double, double, double) -> double", |call, arguments| gather(call, arguments, inverse_normal_cdf))],
    description: "Inverse of normal cdf given a mean, std, and probability",
    examples: &[("inverse_normal_cdf(5, 1, 0.5)", "5.0")],
    ..Function::SCALAR
};

pub const BETA_CDF: Function = Function {
    name: "beta_cdf",
    overloads: &[Overload::scalar("(double, double, double) -> double", |call, arguments| gather(call, arguments, beta_cdf))],
    description: "Beta cdf given the a, b parameters and value",
    examples: &[("round(beta_cdf(2, 3, 0.5), 6)", "0.6875")],
    ..Function::SCALAR
};

pub const INVERSE_BETA_CDF: Function = Function {
    name: "inverse_beta_cdf",
    overloads: &[Overload::scalar("(double, double, double) -> double", |call, arguments| gather(call, arguments, inverse_beta_cdf))],
    description: "Inverse of Beta cdf given a, b parameters and probability",
    examples: &[("inverse_beta_cdf(3, 3.6, 0)", "0.0")],
    ..Function::SCALAR
};

fn gather(
    call: &Call<'_>,
    arguments: &[ArrayRef],
    function: fn(f64, f64, f64) -> Result<f64, FunctionError>,
) -> Result<ArrayRef, FunctionError> {
    let doubles = |position: usize| arguments[position].as_primitive::<Float64Type>().values();
    let (a, b, c) = (doubles(0), doubles(1), doubles(2));
    let values = (0..call.rows()).map(|row| function(a[row], b[row], c[row]));
    Ok(Arc::new(values.collect::<Result<Vec<f64>, _>>().map(Float64Array::from)?))
}

fn check(holds: bool, message: &str) -> Result<(), FunctionError> {
    if holds { Ok(()) } else { Err(FunctionError::argument(message)) }
}

fn normal_cdf(mean: f64, deviation: f64, value: f64) -> Result<f64, FunctionError> {
    check(deviation > 0.0, "standardDeviation must be > 0")?;
    Ok(0.5 * (1.0 + erf((value - mean) / (deviation * std::f64::consts::SQRT_2))))
}

fn inverse_normal_cdf(mean: f64, deviation: f64, probability: f64) -> Result<f64, FunctionError> {
    check(probability > 0.0 && probability < 1.0, "p must be 0 > p > 1")?;
    check(deviation > 0.0, "sd must be > 0")?;
    Ok(mean + deviation * std::f64::consts::SQRT_2 * erf_inverse(2.0 * probability - 1.0))
}

fn beta_cdf(a: f64, b: f64, value: f64) -> Result<f64, FunctionError> {
    check((0.0..=1.0).contains(&value), "value must be 0 >= v >= 1")?;
    check(a > 0.0 && b > 0.0, "a, b must be > 0")?;
    Ok(regularized_beta(value, a, b))
}

fn inverse_beta_cdf(a: f64, b: f64, probability: f64) -> Result<f64, FunctionError> {
    check((0.0..=1.0).contains(&probability), "p must be 0 >= p >= 1")?;
    check(a > 0.0 && b > 0.0, "a, b must be > 0")?;
    Ok(regularized_beta_inverse(probability, a, b))
}
