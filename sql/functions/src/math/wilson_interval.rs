//! Between which bounds lies the probability of a success, by Wilson's score? Ref: Trino 401 `wilson_interval_lower`, `wilson_interval_upper`.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array};
use arrow::datatypes::Float64Type;

use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::string::text_rows::bigints;

pub const WILSON_INTERVAL_LOWER: Function = Function {
    name: "wilson_interval_lower",
    overloads: &[Overload::scalar("(bigint, bigint, double) -> double", |call, arguments| interval(call, arguments, -1.0))],
    description: "Binomial confidence interval lower bound using Wilson score",
    examples: &[("round(wilson_interval_lower(1250, 1310, 1.96e0), 6)", "0.941488")],
    ..Function::SCALAR
};

pub const WILSON_INTERVAL_UPPER: Function = Function {
    name: "wilson_interval_upper",
    overloads: &[Overload::scalar("(bigint, bigint, double) -> double", |call, arguments| interval(call, arguments, 1.0))],
    description: "Binomial confidence interval upper bound using Wilson score",
    examples: &[("round(wilson_interval_upper(1250, 1310, 1.96e0), 6)", "0.964252")],
    ..Function::SCALAR
};

fn interval(call: &Call<'_>, arguments: &[ArrayRef], side: f64) -> Result<ArrayRef, FunctionError> {
    let (successes, trials) = (bigints(arguments, 0), bigints(arguments, 1));
    let scores = arguments[2].as_primitive::<Float64Type>().values();
    let bounds = (0..call.rows()).map(|row| bound(successes[row], trials[row], scores[row], side));
    Ok(Arc::new(bounds.collect::<Result<Vec<f64>, _>>().map(Float64Array::from)?))
}

fn bound(successes: i64, trials: i64, score: f64, side: f64) -> Result<f64, FunctionError> {
    let checks = [
        (successes >= 0, "number of successes must not be negative"),
        (trials > 0, "number of trials must be positive"),
        (successes <= trials, "number of successes must not be larger than number of trials"),
        (score >= 0.0, "z-score must not be negative"),
    ];
    if let Some((_, message)) = checks.iter().find(|(holds, _)| !holds) {
        return Err(FunctionError::argument(*message));
    }
    let count = trials as f64;
    let share = successes as f64 / count;
    let squared = score * score;
    let spread = score * (share * (1.0 - share) / count + squared / (4.0 * count * count)).sqrt();
    Ok((share + squared / (2.0 * count) + side * spread) / (1.0 + squared / count))
}
