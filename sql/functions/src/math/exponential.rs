//! What are the powers, roots and logarithms of a number? Ref: Trino 401 `exp`, `ln`, `log`, `log2`, `log10`, `power`, `sqrt`, `cbrt`; all in double.

use super::trigonometry::{combine_doubles, map_double};
use crate::function::{Function, Nulls, Overload};

pub const CBRT: Function = Function {
    name: "cbrt",
    overloads: &[Overload::scalar("(double) -> double", |_, arguments| map_double(arguments, f64::cbrt))],
    description: "Cube root",
    nulls: Nulls::Propagated,
    examples: &[("cbrt(27)", "3.0")],
    ..Function::SCALAR
};

pub const EXP: Function = Function {
    name: "exp",
    overloads: &[Overload::scalar("(double) -> double", |_, arguments| map_double(arguments, f64::exp))],
    description: "Euler's number raised to the given power",
    nulls: Nulls::Propagated,
    examples: &[("exp(0)", "1.0")],
    ..Function::SCALAR
};

pub const LN: Function = Function {
    name: "ln",
    overloads: &[Overload::scalar("(double) -> double", |_, arguments| map_double(arguments, f64::ln))],
    description: "Natural logarithm",
    nulls: Nulls::Propagated,
    examples: &[("ln(1)", "0.0")],
    ..Function::SCALAR
};

pub const LOG2: Function = Function {
    name: "log2",
    overloads: &[Overload::scalar("(double) -> double", |_, arguments| {
        map_double(arguments, |number| number.ln() / std::f64::consts::LN_2)
    })],
    description: "Logarithm to base 2",
    nulls: Nulls::Propagated,
    examples: &[("log2(8)", "3.0")],
    ..Function::SCALAR
};

pub const LOG10: Function = Function {
    name: "log10",
    overloads: &[Overload::scalar("(double) -> double", |_, arguments| map_double(arguments, f64::log10))],
    description: "Logarithm to base 10",
    nulls: Nulls::Propagated,
    examples: &[("log10(1000)", "3.0")],
    ..Function::SCALAR
};

pub const SQRT: Function = Function {
    name: "sqrt",
    overloads: &[Overload::scalar("(double) -> double", |_, arguments| map_double(arguments, f64::sqrt))],
    description: "Square root",
    nulls: Nulls::Propagated,
    examples: &[("sqrt(16)", "4.0")],
    ..Function::SCALAR
};

pub const LOG: Function = Function {
    name: "log",
    overloads: &[Overload::scalar("(double, double) -> double", |_, arguments| {
        combine_doubles(arguments, |base, number| number.ln() / base.ln())
    })],
    description: "Logarithm to given base",
    nulls: Nulls::Propagated,
    examples: &[("log(2, 8)", "3.0")],
    ..Function::SCALAR
};

pub const POWER: Function = Function {
    name: "power",
    aliases: &["pow"],
    overloads: &[Overload::scalar("(double, double) -> double", |_, arguments| combine_doubles(arguments, power))],
    description: "Value raised to the power of exponent",
    nulls: Nulls::Propagated,
    examples: &[("power(2, 10)", "1024.0")],
    ..Function::SCALAR
};

/// Java's `Math.pow`: unlike C's it is NaN for a NaN exponent, and for 1 or -1 to an infinite one.
fn power(base: f64, exponent: f64) -> f64 {
    if exponent.is_nan() || (base.abs() == 1.0 && exponent.is_infinite()) { f64::NAN } else { base.powf(exponent) }
}
