//! Which mathematical functions exist? Ref: Trino 401 "Mathematical functions and operators".

mod abs;
mod base;
mod cosine_similarity;
mod decimal_rows;
mod distribution;
mod exponential;
mod modulus;
mod number_class;
mod random;
mod round;
mod sign;
mod special;
mod trigonometry;
mod truncate;
mod whole;
mod width_bucket;
mod wilson_interval;

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[
    &abs::ABS,
    &trigonometry::ACOS,
    &trigonometry::ASIN,
    &trigonometry::ATAN,
    &trigonometry::ATAN2,
    &distribution::BETA_CDF,
    &exponential::CBRT,
    &whole::CEILING,
    &trigonometry::COS,
    &trigonometry::COSH,
    &cosine_similarity::COSINE_SIMILARITY,
    &trigonometry::DEGREES,
    &number_class::E,
    &exponential::EXP,
    &whole::FLOOR,
    &base::FROM_BASE,
    &number_class::INFINITY,
    &distribution::INVERSE_BETA_CDF,
    &distribution::INVERSE_NORMAL_CDF,
    &number_class::IS_FINITE,
    &number_class::IS_INFINITE,
    &number_class::IS_NAN,
    &exponential::LN,
    &exponential::LOG,
    &exponential::LOG10,
    &exponential::LOG2,
    &modulus::MOD,
    &number_class::NAN,
    &distribution::NORMAL_CDF,
    &number_class::PI,
    &exponential::POWER,
    &trigonometry::RADIANS,
    &random::RANDOM,
    &round::ROUND,
    &sign::SIGN,
    &trigonometry::SIN,
    &exponential::SQRT,
    &trigonometry::TAN,
    &trigonometry::TANH,
    &base::TO_BASE,
    &truncate::TRUNCATE,
    &width_bucket::WIDTH_BUCKET,
    &wilson_interval::WILSON_INTERVAL_LOWER,
    &wilson_interval::WILSON_INTERVAL_UPPER,
];
