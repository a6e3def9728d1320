//! Which of a range's buckets, or of given bins, holds a number? Ref: Trino 401 `width_bucket`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use arrow::datatypes::Float64Type;

use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::string::text_rows::bigints;
use crate::types::number_text::push_java_double;

pub const WIDTH_BUCKET: Function = Function {
    name: "width_bucket",
    overloads: &[
        Overload::scalar("(double, double, double, bigint) -> bigint", bucket_of_range),
        Overload::scalar("(double, array(double)) -> bigint", bucket_of_bins),
    ],
    description: "The bucket number of a value given a range and the number of buckets, or an array of bins",
    examples: &[("width_bucket(3.14e0, 0, 4, 3)", "3"), ("width_bucket(3.14e0, ARRAY[0.0e0, 2.0e0, 4.0e0])", "2")],
    ..Function::SCALAR
};

fn bucket_of_range(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let doubles = |position: usize| arguments[position].as_primitive::<Float64Type>().values();
    let (operands, firsts, seconds, counts) = (doubles(0), doubles(1), doubles(2), bigints(arguments, 3));
    let buckets = (0..call.rows()).map(|row| bucket(operands[row], firsts[row], seconds[row], counts[row]));
    Ok(Arc::new(buckets.collect::<Result<Vec<i64>, _>>().map(Int64Array::from)?))
}

fn bucket(operand: f64, first: f64, second: f64, count: i64) -> Result<i64, FunctionError> {
    let checks = [
        (count > 0, "bucketCount must be greater than 0"),
        (!operand.is_nan(), "operand must not be NaN"),
        (first.is_finite(), "first bound must be finite"),
        (second.is_finite(), "second bound must be finite"),
        (first != second, "bounds cannot equal each other"),
    ];
    if let Some((_, message)) = checks.iter().find(|(holds, _)| !holds) {
        return Err(FunctionError::argument(*message));
    }
    let (lower, upper) = (first.min(second), first.max(second));
    let bucket = if operand < lower {
        0
    } else if operand >= upper {
        count
            .checked_add(1)
            .ok_or_else(|| FunctionError::out_of_range(format!("Bucket for value {} is out of range", java_text(operand))))?
    } else {
        (count as f64 * (operand - lower) / (upper - lower) + 1.0) as i64
    };
    Ok(if first > second { count - bucket + 1 } else { bucket })
}

fn java_text(value: f64) -> String {
    let mut text = String::new();
    push_java_double(&mut text, value);
    text
}

fn bucket_of_bins(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let operands = arguments[0].as_primitive::<Float64Type>().values();
    let lists = arguments[1].as_list::<i32>();
    let bins = lists.values().as_primitive::<Float64Type>();
    let offsets = lists.value_offsets();
    let buckets = (0..call.rows()).map(|row| {
        let (first, count) = (offsets[row] as usize, (offsets[row + 1] - offsets[row]) as usize);
        search(operands[row], count, |index| if bins.is_null(first + index) { 0.0 } else { bins.value(first + index) })
    });
    Ok(Arc::new(buckets.collect::<Result<Vec<i64>, _>>().map(Int64Array::from)?))
}

/// Only the bins a binary search meets are checked.
fn search(operand: f64, count: usize, bin: impl Fn(usize) -> f64) -> Result<i64, FunctionError> {
    if count == 0 {
        return Err(FunctionError::argument("Bins cannot be an empty array"));
    }
    if operand.is_nan() {
        return Err(FunctionError::argument("Operand cannot be NaN"));
    }
    let (mut lower, mut upper) = (0, count);
    while lower < upper {
        if bin(lower) > bin(upper - 1) {
            return Err(FunctionError::argument("Bin values are not sorted in ascending order"));
        }
        let middle = (lower + upper) / 2;
        let value = bin(middle);
        if !value.is_finite() {
            return Err(FunctionError::argument(format!("Bin value must be finite, got {}", java_text(value))));
        }
        if operand < value {
            upper = middle;
        } else {
            lower = middle + 1;
        }
    }
    Ok(lower as i64)
}
