//! Which functions read and tell durations? Ref: Trino 401 `parse_duration`, `human_readable_seconds`, `to_milliseconds`.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array};
use arrow::datatypes::Float64Type;

use super::duration::{human_readable_seconds, parse_duration_millis};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Nulls, Overload};
use crate::string::text_rows::{texts, write_texts};

pub const PARSE_DURATION: Function = Function {
    name: "parse_duration",
    overloads: &[Overload::scalar("(varchar(x)) -> interval day to second", parse_duration)],
    description: "Convert duration string to an interval",
    examples: &[("parse_duration('3.81 d')", "3 19:26:24.000")],
    ..Function::SCALAR
};

pub const HUMAN_READABLE_SECONDS: Function = Function {
    name: "human_readable_seconds",
    overloads: &[Overload::scalar("(double) -> varchar", human_readable)],
    description: "Formats a number of seconds as weeks, days, hours, minutes and seconds",
    examples: &[("human_readable_seconds(3762)", "1 hour, 2 minutes, 42 seconds")],
    ..Function::SCALAR
};

pub const TO_MILLISECONDS: Function = Function {
    name: "to_milliseconds",
    overloads: &[Overload::scalar("(interval day to second) -> bigint", to_milliseconds)],
    description: "Returns the day-to-second interval as milliseconds",
    nulls: Nulls::Propagated,
    examples: &[("to_milliseconds(INTERVAL '1' SECOND)", "1000")],
    ..Function::SCALAR
};

fn parse_duration(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = texts(arguments, 0);
    let millis = (0..call.rows()).map(|row| parse_duration_millis(values.value(row)));
    Ok(Arc::new(millis.collect::<Result<Vec<i64>, _>>().map(Int64Array::from)?))
}

fn human_readable(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let seconds = arguments[0].as_primitive::<Float64Type>().values();
    write_texts(call.rows(), |row, buffer| {
        buffer.push_str(&human_readable_seconds(seconds[row])?);
        Ok(())
    })
}

/// An interval is held as its milliseconds.
fn to_milliseconds(_call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    Ok(Arc::clone(&arguments[0]))
}
