//! Arrays made: `repeat`, `sequence`. Ref: Trino 401 "Array functions"; Athena allows longer sequences than Trino.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, Int64Array, TimestampMillisecondArray};
use arrow::datatypes::{Date32Type, Int32Type, Int64Type, TimestampMillisecondType};

use super::list::{Picks, element_type, list_of};
use crate::call::Call;
use crate::cast::cast_array;
use crate::error::FunctionError;
use crate::function::{Function, Nulls, Overload};
use crate::types::TrinoType;
use crate::types::civil::{MILLIS_PER_DAY, add_months};

pub const REPEAT: Function = Function {
    name: "repeat",
    description: "An array of so many equal elements",
    nulls: Nulls::Seen,
    overloads: &[Overload::scalar("<T>(T, bigint) -> array(T)", repeat)],
    examples: &[("repeat('a', 3)", "[a, a, a]")],
    ..Function::SCALAR
};

pub const SEQUENCE: Function = Function {
    name: "sequence",
    description: "Numbers, dates or timestamps from one to another by a step",
    overloads: &[
        Overload::scalar("(bigint, bigint) -> array(bigint)", sequence_numbers),
        Overload::scalar("(bigint, bigint, bigint) -> array(bigint)", sequence_numbers),
        Overload::scalar("(date, date) -> array(date)", sequence_dates),
        Overload::scalar("(date, date, interval day to second) -> array(date)", sequence_dates),
        Overload::scalar("(date, date, interval year to month) -> array(date)", sequence_dates),
        Overload::scalar("(timestamp(p), timestamp(p), interval day to second) -> array(timestamp(p))", sequence_timestamps),
        Overload::scalar("(timestamp(p), timestamp(p), interval year to month) -> array(timestamp(p))", sequence_timestamps),
    ],
    examples: &[
        ("sequence(1, 5)", "[1, 2, 3, 4, 5]"),
        ("sequence(DATE '2020-01-31', DATE '2020-03-31', INTERVAL '1' MONTH)", "[2020-01-31, 2020-02-29, 2020-03-31]"),
    ],
    ..Function::SCALAR
};

/// Most elements of `repeat`. Ref: Trino 401 `RepeatFunction`.
const REPEAT_MAX: i64 = 10_000;
/// Most elements of `sequence` in Athena.
const SEQUENCE_MAX: i64 = 50_000;

fn repeat(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let counts = arguments[1].as_primitive::<Int64Type>();
    let mut picks = Picks::with_capacity(call.rows());
    for row in 0..call.rows() {
        if counts.is_null(row) {
            picks.push_null();
            continue;
        }
        let count = counts.value(row);
        if count < 0 {
            return Err(FunctionError::argument("count argument of repeat function must be greater than or equal to 0"));
        }
        if count > REPEAT_MAX {
            return Err(FunctionError::argument(format!("count argument of repeat function must be less than or equal to {REPEAT_MAX}")));
        }
        picks.push(std::iter::repeat_n(row, count as usize));
    }
    picks.finish(element_type(call.return_type()), &arguments[0])
}

/// The values of one sequence of numbers.
fn steps(start: i64, stop: i64, step: i64, out: &mut Vec<i64>) -> Result<usize, FunctionError> {
    check_direction(step, start, stop)?;
    let count = (i128::from(stop) - i128::from(start)) / i128::from(step) + 1;
    if count > i128::from(SEQUENCE_MAX) {
        return Err(too_long());
    }
    out.extend((0..count).map(|position| (i128::from(start) + position * i128::from(step)) as i64));
    Ok(count as usize)
}

fn check_direction(step: i64, start: i64, stop: i64) -> Result<(), FunctionError> {
    if step == 0 {
        return Err(FunctionError::argument("step must not be zero"));
    }
    if (step > 0 && stop < start) || (step < 0 && stop > start) {
        return Err(FunctionError::argument(
            "sequence stop value should be greater than or equal to start value if step is greater than zero otherwise stop should be less than or equal to start",
        ));
    }
    Ok(())
}

fn too_long() -> FunctionError {
    FunctionError::argument(format!("result of sequence function must not have more than {SEQUENCE_MAX} entries"))
}

/// The values of a sequence by months; `shift` moves the start by so many.
fn month_steps(start: i64, stop: i64, months: i64, out: &mut Vec<i64>, shift: impl Fn(i64, i64) -> i64) -> Result<usize, FunctionError> {
    check_direction(months, start, stop)?;
    let before = out.len();
    for position in 0.. {
        let value = shift(start, months * position);
        if (months > 0 && value > stop) || (months < 0 && value < stop) {
            break;
        }
        if position >= SEQUENCE_MAX {
            return Err(too_long());
        }
        out.push(value);
    }
    Ok(out.len() - before)
}

fn sequence_numbers(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (starts, stops) = (arguments[0].as_primitive::<Int64Type>(), arguments[1].as_primitive::<Int64Type>());
    let (mut values, mut lengths) = (vec![], vec![]);
    for row in 0..call.rows() {
        let (start, stop) = (starts.value(row), stops.value(row));
        let step = arguments.get(2).map_or(if stop >= start { 1 } else { -1 }, |steps| steps.as_primitive::<Int64Type>().value(row));
        lengths.push(steps(start, stop, step, &mut values)?);
    }
    finish(call, Arc::new(Int64Array::from(values)), lengths)
}

fn sequence_dates(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (starts, stops) = (arguments[0].as_primitive::<Date32Type>(), arguments[1].as_primitive::<Date32Type>());
    let (mut values, mut lengths) = (vec![], vec![]);
    for row in 0..call.rows() {
        let (start, stop) = (i64::from(starts.value(row)), i64::from(stops.value(row)));
        lengths.push(match (call.argument_type(2), arguments.get(2)) {
            (TrinoType::IntervalYearToMonth, Some(months)) => {
                month_steps(start, stop, i64::from(months.as_primitive::<Int32Type>().value(row)), &mut values, add_months)?
            }
            (TrinoType::IntervalDayToSecond, Some(intervals)) => {
                let millis = intervals.as_primitive::<Int64Type>().value(row);
                if millis % MILLIS_PER_DAY != 0 {
                    return Err(FunctionError::argument("sequence step must be a day interval if start and end values are dates"));
                }
                steps(start, stop, millis / MILLIS_PER_DAY, &mut values)?
            }
            _ => steps(start, stop, if stop >= start { 1 } else { -1 }, &mut values)?,
        });
    }
    finish(call, Arc::new(values.into_iter().map(|days| Some(days as i32)).collect::<Date32Array>()), lengths)
}

fn sequence_timestamps(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    // Steps are whole milliseconds; finer digits of the start stay as they are in Trino only for them.
    let (data_type, millis_type) = (call.argument_type(0), TrinoType::Timestamp(3));
    let (starts, stops) = (
        cast_array(&arguments[0], data_type, &millis_type, call.session())?,
        cast_array(&arguments[1], data_type, &millis_type, call.session())?,
    );
    let (starts, stops) = (starts.as_primitive::<TimestampMillisecondType>(), stops.as_primitive::<TimestampMillisecondType>());
    let (mut values, mut lengths) = (vec![], vec![]);
    for row in 0..call.rows() {
        let (start, stop) = (starts.value(row), stops.value(row));
        lengths.push(match call.argument_type(2) {
            TrinoType::IntervalYearToMonth => {
                month_steps(start, stop, i64::from(arguments[2].as_primitive::<Int32Type>().value(row)), &mut values, |start, months| {
                    add_months(start.div_euclid(MILLIS_PER_DAY), months) * MILLIS_PER_DAY + start.rem_euclid(MILLIS_PER_DAY)
                })?
            }
            _ => steps(start, stop, arguments[2].as_primitive::<Int64Type>().value(row), &mut values)?,
        });
    }
    let values: ArrayRef = Arc::new(TimestampMillisecondArray::from(values));
    finish(call, cast_array(&values, &millis_type, data_type, call.session())?, lengths)
}

fn finish(call: &Call<'_>, values: ArrayRef, lengths: Vec<usize>) -> Result<ArrayRef, FunctionError> {
    let validity = vec![true; lengths.len()];
    list_of(element_type(call.return_type()), values, lengths, validity)
}
