//! Arrays made: `repeat`, `sequence`. Ref: Trino 401 "Array functions"; Athena allows longer sequences than Trino.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, Date32Array, Int64Array, PrimitiveArray};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType};

use super::list::{Picks, element_type, list_of, range};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Nulls, Overload};
use crate::types::TrinoType;
use crate::types::arrow_form::arrow_type;
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

/// Most elements of `repeat`, and most bytes. Ref: Trino 401 `RepeatFunction`.
const REPEAT_MAX: i64 = 10_000;
const REPEAT_BYTES_MAX: usize = 1 << 20;
/// Most elements of `sequence` in Athena.
const SEQUENCE_MAX: i64 = 50_000;

fn repeat(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (elements, counts) = (&arguments[0], arguments[1].as_primitive::<Int64Type>());
    let element = element_type(call.return_type());
    let mut picks = Picks::with_capacity(call.rows());
    for row in 0..call.rows() {
        if counts.is_null(row) {
            picks.push_null();
            continue;
        }
        let count = counts.value(row);
        if count > REPEAT_MAX {
            return Err(FunctionError::argument(format!("count argument of repeat function must be less than or equal to {REPEAT_MAX}")));
        }
        if count < 0 {
            return Err(FunctionError::argument("count argument of repeat function must be greater than or equal to 0"));
        }
        if elements.is_valid(row) && !is_short(element) && bytes_of(element, elements.as_ref(), row) * count as usize > REPEAT_BYTES_MAX {
            return Err(FunctionError::argument(format!("result of repeat function must not take more than {REPEAT_BYTES_MAX} bytes")));
        }
        picks.push(std::iter::repeat_n(row, count as usize));
    }
    picks.finish(element, elements)
}

/// Is the type one of at most eight bytes, for which `repeat` only counts?
fn is_short(data_type: &TrinoType) -> bool {
    match data_type {
        TrinoType::Decimal { precision, .. } => *precision <= 18,
        TrinoType::Timestamp(precision) => *precision <= 6,
        TrinoType::TimestampWithTimeZone(precision) => *precision <= 3,
        TrinoType::TimeWithTimeZone(precision) => *precision <= 9,
        _ => arrow_type(data_type).primitive_width().is_some() || matches!(data_type, TrinoType::Boolean | TrinoType::Unknown),
    }
}

/// The bytes a value takes in one of Trino's blocks: its own, one for the null flag, four for an offset.
fn bytes_of(data_type: &TrinoType, values: &dyn Array, index: usize) -> usize {
    let nullable = |data_type: &TrinoType, values: &dyn Array, index: usize| {
        if values.is_null(index) { 1 } else { bytes_of(data_type, values, index) }
    };
    match data_type {
        TrinoType::Array(element) => {
            let list = values.as_list::<i32>();
            5 + range(list, index).map(|index| nullable(element, list.values().as_ref(), index)).sum::<usize>()
        }
        TrinoType::Map(key, value) => {
            let map = values.as_map();
            let entries = map.value_offsets()[index] as usize..map.value_offsets()[index + 1] as usize;
            5 + entries
                .map(|index| nullable(key, map.keys().as_ref(), index) + nullable(value, map.values().as_ref(), index))
                .sum::<usize>()
        }
        TrinoType::Row(fields) => {
            let columns = values.as_struct().columns();
            5 + fields.iter().zip(columns).map(|(field, column)| nullable(&field.data_type, column.as_ref(), index)).sum::<usize>()
        }
        _ => match values.data_type() {
            DataType::Utf8View => 5 + values.as_string_view().value(index).len(),
            DataType::BinaryView => 5 + values.as_binary_view().value(index).len(),
            DataType::Decimal128(..) if is_short(data_type) => 9,
            other => 1 + other.primitive_width().unwrap_or(if matches!(other, DataType::Boolean) { 1 } else { 16 }),
        },
    }
}

/// Gives the values of one sequence, and how many there are.
fn steps(start: i128, stop: i128, step: i128, mut put: impl FnMut(i128)) -> Result<usize, FunctionError> {
    check_direction(start, stop, step)?;
    let count = (stop - start) / step + 1;
    if count > i128::from(SEQUENCE_MAX) {
        return Err(too_long());
    }
    (0..count).for_each(|position| put(start + position * step));
    Ok(count as usize)
}

fn check_direction(start: i128, stop: i128, step: i128) -> Result<(), FunctionError> {
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

/// Gives the values of a sequence by months, of days each of `units`.
fn month_steps(start: i128, stop: i128, months: i32, units: i128, mut put: impl FnMut(i128)) -> Result<usize, FunctionError> {
    check_direction(start, stop, i128::from(months))?;
    let (start_day, time) = (start.div_euclid(units) as i64, start.rem_euclid(units));
    let mut count = 0;
    loop {
        let value = i128::from(add_months(start_day, i64::from(months) * count)) * units + time;
        if (months > 0 && value > stop) || (months < 0 && value < stop) {
            return Ok(count as usize);
        }
        if count >= SEQUENCE_MAX {
            return Err(too_long());
        }
        put(value);
        count += 1;
    }
}

fn sequence_numbers(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (starts, stops) = (arguments[0].as_primitive::<Int64Type>(), arguments[1].as_primitive::<Int64Type>());
    let (mut values, mut lengths) = (vec![], vec![]);
    for row in 0..call.rows() {
        let (start, stop) = (starts.value(row), stops.value(row));
        let step = arguments.get(2).map_or(if stop >= start { 1 } else { -1 }, |steps| steps.as_primitive::<Int64Type>().value(row));
        lengths.push(steps(start.into(), stop.into(), step.into(), |value| values.push(value as i64))?);
    }
    finish(call, Arc::new(Int64Array::from(values)), lengths)
}

fn sequence_dates(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (starts, stops) = (arguments[0].as_primitive::<Date32Type>(), arguments[1].as_primitive::<Date32Type>());
    let (mut values, mut lengths) = (vec![], vec![]);
    for row in 0..call.rows() {
        let (start, stop) = (i128::from(starts.value(row)), i128::from(stops.value(row)));
        let put = |days: i128| values.push(days as i32);
        lengths.push(match (call.argument_type(2), arguments.get(2)) {
            (TrinoType::IntervalYearToMonth, Some(months)) => {
                month_steps(start, stop, months.as_primitive::<Int32Type>().value(row), 1, put)?
            }
            (TrinoType::IntervalDayToSecond, Some(intervals)) => {
                let millis = intervals.as_primitive::<Int64Type>().value(row);
                if millis % MILLIS_PER_DAY != 0 {
                    return Err(FunctionError::argument("sequence step must be a day interval if start and end values are dates"));
                }
                steps(start, stop, i128::from(millis / MILLIS_PER_DAY), put)?
            }
            _ => steps(start, stop, if stop >= start { 1 } else { -1 }, put)?,
        });
    }
    finish(call, Arc::new(Date32Array::from(values)), lengths)
}

/// Of timestamps as milliseconds, microseconds or picoseconds, whichever their physical form counts.
fn sequence_timestamps(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let element = element_type(call.return_type());
    Ok(match element {
        TrinoType::Timestamp(0..=3) => {
            let (values, lengths) = timestamps::<TimestampMillisecondType>(call, arguments, 1, |value| value as i64)?;
            finish(call, Arc::new(values), lengths)?
        }
        TrinoType::Timestamp(4..=6) => {
            let (values, lengths) = timestamps::<TimestampMicrosecondType>(call, arguments, 1_000, |value| value as i64)?;
            finish(call, Arc::new(values), lengths)?
        }
        _ => {
            let (values, lengths) = timestamps::<Decimal128Type>(call, arguments, 1_000_000_000, |value| value)?;
            finish(call, Arc::new(values.with_precision_and_scale(38, 0)?), lengths)?
        }
    })
}

/// The values and lengths of sequences of timestamps that count `per_milli` to the millisecond.
fn timestamps<T: ArrowPrimitiveType>(
    call: &Call<'_>,
    arguments: &[ArrayRef],
    per_milli: i128,
    narrow: fn(i128) -> T::Native,
) -> Result<(PrimitiveArray<T>, Vec<usize>), FunctionError>
where
    T::Native: Into<i128>,
{
    let (starts, stops) = (arguments[0].as_primitive::<T>(), arguments[1].as_primitive::<T>());
    let (mut values, mut lengths) = (vec![], vec![]);
    for row in 0..call.rows() {
        let (start, stop): (i128, i128) = (starts.value(row).into(), stops.value(row).into());
        let put = |value: i128| values.push(narrow(value));
        lengths.push(match call.argument_type(2) {
            TrinoType::IntervalYearToMonth => {
                let months = arguments[2].as_primitive::<Int32Type>().value(row);
                month_steps(start, stop, months, i128::from(MILLIS_PER_DAY) * per_milli, put)?
            }
            _ => steps(start, stop, i128::from(arguments[2].as_primitive::<Int64Type>().value(row)) * per_milli, put)?,
        });
    }
    Ok((PrimitiveArray::new(values.into(), None), lengths))
}

fn finish(call: &Call<'_>, values: ArrayRef, lengths: Vec<usize>) -> Result<ArrayRef, FunctionError> {
    let validity = vec![true; lengths.len()];
    list_of(element_type(call.return_type()), values, lengths, validity)
}
