//! What is a moment in another zone, and which offset has it in its own? Ref: Trino 401 `at_timezone`, `with_timezone`, `timezone_hour`, `timezone_minute`; `x AT TIME ZONE z` is `at_timezone(x, z)`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, Int64Array};
use arrow::datatypes::Decimal128Type;

use super::moments::{Moments, PICOS_PER_DAY, PICOS_PER_MILLI, precision_of, zoned_array};
use super::row_zones::RowZones;
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Nulls, Overload};
use crate::string::text_rows::bigints;
use crate::types::zone::{self, ZoneCursor, ZoneCursors, ZoneKey};

const PICOS_PER_MINUTE: i64 = 60_000 * PICOS_PER_MILLI;

pub const AT_TIMEZONE: Function = Function {
    name: "at_timezone",
    overloads: &[
        Overload::scalar("(timestamp(p) with time zone, varchar(x)) -> timestamp(p) with time zone", at_zone),
        Overload::scalar("(timestamp(p) with time zone, interval day to second) -> timestamp(p) with time zone", at_offset),
    ],
    description: "Converts a timestamp to another time zone",
    examples: &[("at_timezone(TIMESTAMP '2020-05-01 12:34:56 UTC', 'America/Los_Angeles')", "2020-05-01 05:34:56 America/Los_Angeles")],
    ..Function::SCALAR
};

/// What the analyzer calls for `x AT TIME ZONE z`.
pub const AT_TIME_ZONE_OPERATOR: Function = Function {
    name: "$at_timezone",
    overloads: &[
        Overload::scalar("(timestamp(p) with time zone, varchar(x)) -> timestamp(p) with time zone", at_zone),
        Overload::scalar("(timestamp(p) with time zone, interval day to second) -> timestamp(p) with time zone", at_offset),
        Overload::scalar("(time(p) with time zone, varchar(x)) -> time(p) with time zone", time_at_zone),
        Overload::scalar("(time(p) with time zone, interval day to second) -> time(p) with time zone", time_at_offset),
    ],
    description: "Converts a timestamp or a time to another time zone",
    ..Function::SCALAR
};

pub const WITH_TIMEZONE: Function = Function {
    name: "with_timezone",
    overloads: &[Overload::scalar("(timestamp(p), varchar(x)) -> timestamp(p) with time zone", with_timezone)],
    description: "Returns the timestamp, read as the wall clock of a time zone",
    examples: &[("with_timezone(TIMESTAMP '2020-05-01 12:34:56', 'Asia/Tokyo')", "2020-05-01 12:34:56 Asia/Tokyo")],
    ..Function::SCALAR
};

pub const TIMEZONE_HOUR: Function = Function {
    name: "timezone_hour",
    overloads: &[
        Overload::scalar("(timestamp(p) with time zone) -> bigint", |call, arguments| offset_part(call, arguments, |minutes| minutes / 60)),
        Overload::scalar("(time(p) with time zone) -> bigint", |call, arguments| offset_part(call, arguments, |minutes| minutes / 60)),
    ],
    description: "Time zone hour of the given timestamp",
    nulls: Nulls::Propagated,
    examples: &[("timezone_hour(TIMESTAMP '2020-05-10 12:34:56 +08:35')", "8")],
    ..Function::SCALAR
};

pub const TIMEZONE_MINUTE: Function = Function {
    name: "timezone_minute",
    overloads: &[
        Overload::scalar("(timestamp(p) with time zone) -> bigint", |call, arguments| offset_part(call, arguments, |minutes| minutes % 60)),
        Overload::scalar("(time(p) with time zone) -> bigint", |call, arguments| offset_part(call, arguments, |minutes| minutes % 60)),
    ],
    description: "Time zone minute of the given timestamp",
    nulls: Nulls::Propagated,
    examples: &[("timezone_minute(TIMESTAMP '2020-05-10 12:34:56 -08:35')", "-35")],
    ..Function::SCALAR
};

/// Changes each instant's zone and nothing else.
fn rezone(
    call: &Call<'_>,
    arguments: &[ArrayRef],
    mut key_of: impl FnMut(usize) -> Result<ZoneKey, FunctionError>,
) -> Result<ArrayRef, FunctionError> {
    let moments = Moments::new(&arguments[0], call.argument_type(0))?;
    let rezoned = (0..call.rows()).map(|row| Ok((moments.instant_picos(row).0, key_of(row)?)));
    let rezoned = rezoned.collect::<Result<Vec<_>, FunctionError>>()?;
    zoned_array(precision_of(call.argument_type(0)), rezoned.into_iter())
}

fn at_zone(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let mut zones = RowZones::new(call, arguments, 1);
    rezone(call, arguments, |row| zones.row(row))
}

fn at_offset(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let intervals = bigints(arguments, 1);
    rezone(call, arguments, |row| {
        let minutes = offset_minutes(intervals[row])?;
        zone::key_of_offset(minutes).ok_or_else(|| FunctionError::argument(format!("Invalid offset minutes {minutes}")))
    })
}

fn offset_minutes(interval_millis: i64) -> Result<i32, FunctionError> {
    if interval_millis % 60_000 != 0 {
        return Err(FunctionError::argument("Invalid time zone offset interval: interval contains seconds"));
    }
    let minutes = interval_millis / 60_000;
    i32::try_from(minutes)
        .ok()
        .filter(|minutes| zone::key_of_offset(*minutes).is_some())
        .ok_or_else(|| FunctionError::argument(format!("Invalid offset minutes {minutes}")))
}

/// Moves each time to another offset; it goes round at midnight.
fn move_times(
    call: &Call<'_>,
    arguments: &[ArrayRef],
    mut offset_of: impl FnMut(usize) -> Result<i32, FunctionError>,
) -> Result<ArrayRef, FunctionError> {
    let times = arguments[0].as_primitive::<Decimal128Type>();
    let moved = (0..call.rows()).map(|row| {
        let (picos, from) = zone::unpack_time(times.value(row));
        let to = offset_of(row)?;
        Ok(zone::pack_time((picos + i64::from(to - from) * PICOS_PER_MINUTE).rem_euclid(PICOS_PER_DAY), to))
    });
    let values = moved.collect::<Result<Vec<_>, FunctionError>>()?;
    Ok(Arc::new(Decimal128Array::from(values).with_precision_and_scale(38, 0)?))
}

/// A named zone has the offset of the query's start.
fn time_at_zone(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let mut zones = RowZones::new(call, arguments, 1);
    let mut cursors = ZoneCursors::default();
    let start_seconds = call.session().start_micros.div_euclid(1_000_000);
    move_times(call, arguments, |row| Ok(cursors.cursor(zones.row(row)?).offset_at(start_seconds) / 60))
}

fn time_at_offset(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let intervals = bigints(arguments, 1);
    move_times(call, arguments, |row| offset_minutes(intervals[row]))
}

fn with_timezone(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let moments = Moments::new(&arguments[0], call.argument_type(0))?;
    let mut zones = RowZones::new(call, arguments, 1);
    let mut cursors = ZoneCursors::default();
    let zoned = (0..call.rows()).map(|row| {
        let key = zones.row(row)?;
        let picos = moments.instant_picos(row).0;
        let offset_seconds = cursors.cursor(key).offset_at_local(moments.instant_millis(row).0.div_euclid(1000));
        Ok((picos - i128::from(offset_seconds) * 1000 * i128::from(PICOS_PER_MILLI), key))
    });
    let zoned = zoned.collect::<Result<Vec<_>, FunctionError>>()?;
    zoned_array(precision_of(call.argument_type(0)), zoned.into_iter())
}

fn offset_part(call: &Call<'_>, arguments: &[ArrayRef], part: impl Fn(i32) -> i32) -> Result<ArrayRef, FunctionError> {
    let moments = Moments::new(&arguments[0], call.argument_type(0))?;
    let mut last: Option<(ZoneKey, ZoneCursor)> = None;
    let minutes = |row| match moments {
        Moments::ZonedTime(values) => zone::unpack_time(values[row]).1,
        _ => {
            let (millis, key) = moments.instant_millis(row);
            if !matches!(&last, Some((last, _)) if *last == key) {
                last = Some((key, ZoneCursor::new(key)));
            }
            last.as_mut().map_or(0, |(_, cursor)| cursor.offset_at(millis.div_euclid(1000))) / 60
        }
    };
    let values: Vec<i64> = (0..call.rows()).map(minutes).map(|minutes| i64::from(part(minutes))).collect();
    Ok(Arc::new(Int64Array::new(values.into(), arguments[0].nulls().cloned())))
}
