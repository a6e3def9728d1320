//! `format_number`: a number with a unit symbol, `1.23K`. Ref: Trino 401 `FormatNumberFunction`.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, StringViewBuilder};
use arrow::datatypes::{Float64Type, Int64Type};

use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::types::TrinoType;

pub const FUNCTION: Function = Function {
    name: "format_number",
    description: "A number with a unit symbol",
    overloads: &[Overload::scalar("(bigint) -> varchar", format_number), Overload::scalar("(double) -> varchar", format_number)],
    examples: &[("format_number(123456)", "123K"), ("format_number(1000000)", "1M")],
    ..Function::SCALAR
};

const UNITS: [&str; 6] = ["", "K", "M", "B", "T", "Q"];

fn formatted(value: f64) -> String {
    let (mut size, mut unit) = (value, 0);
    while size.abs() >= 1000.0 && unit + 1 < UNITS.len() {
        size /= 1000.0;
        unit += 1;
    }
    // Negative numbers always keep two digits: the engine compares with the sign on.
    let digits = if size < 10.0 {
        2
    } else if size < 100.0 {
        1
    } else {
        0
    };
    let mut text = format!("{size:.digits$}");
    if text.contains('.') {
        text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
    }
    text.push_str(UNITS[unit]);
    text
}

fn format_number(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let mut builder = StringViewBuilder::with_capacity(call.rows());
    for row in 0..call.rows() {
        let value = match call.argument_type(0) {
            TrinoType::Bigint => arguments[0].as_primitive::<Int64Type>().value(row) as f64,
            // Cut to a whole number of 64 bits, as Java's conversion to long does.
            _ => arguments[0].as_primitive::<Float64Type>().value(row) as i64 as f64,
        };
        builder.append_value(formatted(value));
    }
    Ok(Arc::new(builder.finish()))
}
