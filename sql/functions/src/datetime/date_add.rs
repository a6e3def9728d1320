//! What is a moment moved by a number of units? Ref: Trino 401 `date_add`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, Int64Array, PrimitiveArray};
use arrow::datatypes::{Decimal128Type, Int64Type, TimestampMillisecondType};

use super::moments::{Moments, PICOS_PER_DAY, PICOS_PER_MILLI, SubMillis, precision_of, round_millis};
use super::row_units::RowUnits;
use super::units::Unit;
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::string::text_rows::bigints;
use crate::types::zone::{self, ZoneCursors};

pub const DATE_ADD: Function = Function {
    name: "date_add",
    overloads: &[
        Overload::scalar("(varchar(x), bigint, date) -> date", add_to_moments),
        Overload::scalar("(varchar(x), bigint, timestamp(p)) -> timestamp(p)", add_to_moments),
        Overload::scalar("(varchar(x), bigint, timestamp(p) with time zone) -> timestamp(p) with time zone", add_to_moments),
        Overload::scalar("(varchar(x), bigint, time(p)) -> time(p)", add_to_times),
        Overload::scalar("(varchar(x), bigint, time(p) with time zone) -> time(p) with time zone", add_to_zoned_times),
    ],
    description: "Add the specified amount of time to the given timestamp",
    examples: &[
        ("date_add('second', 86, TIMESTAMP '2020-03-01 00:00:00')", "2020-03-01 00:01:26"),
        ("date_add('month', 1, DATE '2020-01-31')", "2020-02-29"),
    ],
    ..Function::SCALAR
};

/// Counts past 32 bits are Java's overflow.
fn check_count(count: i64) -> Result<i64, FunctionError> {
    i32::try_from(count).map(i64::from).map_err(|_| overflow())
}

fn overflow() -> FunctionError {
    FunctionError::new("GENERIC_INTERNAL_ERROR", "integer overflow")
}

fn add_to_moments(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (counts, values) = (bigints(arguments, 1), &arguments[2]);
    let moments = Moments::new(values, call.argument_type(2))?;
    let precision = precision_of(call.argument_type(2));
    let mut units = RowUnits::new(call, arguments, call.argument_type(2));
    if matches!(moments, Moments::ZonedMillis(_) | Moments::ZonedPicos(_)) {
        let mut zones = ZoneCursors::default();
        return moments.map_instants(values, SubMillis::Kept, |millis, key, row| {
            let moved = units.row(row)?.add_in_zone(millis, check_count(counts[row])?, zones.cursor(key)).ok_or_else(overflow)?;
            Ok(round_millis(moved, precision))
        });
    }
    if let Some(moved) = shifted(call, &moments, values, &mut units, precision)? {
        return Ok(moved);
    }
    moments.map_instants(values, SubMillis::Kept, |millis, _, row| {
        let moved = units.row(row)?.add(millis, check_count(counts[row])?).ok_or_else(overflow)?;
        Ok(round_millis(moved, precision))
    })
}

/// Milliseconds moved by a constant: one addition a row. `None` for other calls.
fn shifted(
    call: &Call<'_>,
    moments: &Moments<'_>,
    values: &ArrayRef,
    units: &mut RowUnits<'_>,
    precision: u8,
) -> Result<Option<ArrayRef>, FunctionError> {
    let (Moments::Millis(millis), Some(count), 3) = (moments, call.constant(1), precision) else { return Ok(None) };
    let Some(unit_millis) = units.constant()?.and_then(Unit::fixed_millis) else { return Ok(None) };
    let count = check_count(count.as_primitive::<Int64Type>().value(0))?;
    let shift = count.checked_mul(unit_millis).ok_or_else(overflow)?;
    let mut is_over = false;
    let moved: Vec<i64> = millis
        .iter()
        .map(|millis| {
            let (moved, over) = millis.overflowing_add(shift);
            is_over |= over;
            moved
        })
        .collect();
    if is_over {
        return Err(overflow());
    }
    Ok(Some(Arc::new(PrimitiveArray::<TimestampMillisecondType>::new(moved.into(), values.nulls().cloned()))))
}

/// Times go round at midnight.
fn add_picos(unit: Unit, count: i64, picos: i64, precision: u8) -> i64 {
    let size = unit.fixed_millis().unwrap_or(1) * PICOS_PER_MILLI;
    let moved = i128::from(picos) + i128::from(count) * i128::from(size);
    let picos = moved.rem_euclid(i128::from(PICOS_PER_DAY)) as i64;
    let kept = round_millis(picos / PICOS_PER_MILLI, precision) * PICOS_PER_MILLI;
    let below = if precision > 3 { picos % PICOS_PER_MILLI } else { 0 };
    (kept + below).rem_euclid(PICOS_PER_DAY)
}

fn add_to_times(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (counts, times) = (bigints(arguments, 1), arguments[2].as_primitive::<Int64Type>());
    let precision = precision_of(call.argument_type(2));
    let mut units = RowUnits::new(call, arguments, call.argument_type(2));
    let moved = (0..times.len()).map(|row| Ok(add_picos(units.row(row)?, counts[row], times.value(row), precision)));
    Ok(Arc::new(moved.collect::<Result<Vec<_>, FunctionError>>().map(Int64Array::from)?))
}

fn add_to_zoned_times(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (counts, times) = (bigints(arguments, 1), arguments[2].as_primitive::<Decimal128Type>());
    let precision = precision_of(call.argument_type(2));
    let mut units = RowUnits::new(call, arguments, call.argument_type(2));
    let moved = (0..times.len()).map(|row| {
        let (picos, offset_minutes) = zone::unpack_time(times.value(row));
        Ok(zone::pack_time(add_picos(units.row(row)?, counts[row], picos, precision), offset_minutes))
    });
    let values = moved.collect::<Result<Vec<_>, FunctionError>>()?;
    Ok(Arc::new(Decimal128Array::from(values).with_precision_and_scale(38, 0)?))
}
