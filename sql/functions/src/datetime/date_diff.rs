//! How many whole units lie between two moments? Ref: Trino 401 `date_diff`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array};

use super::moments::{Moments, PICOS_PER_DAY, PICOS_PER_MILLI};
use super::row_units::RowUnits;
use super::units::Unit;
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::types::zone::{self, ZoneCursors};

const PICOS_PER_MINUTE: i64 = 60_000 * PICOS_PER_MILLI;

pub const DATE_DIFF: Function = Function {
    name: "date_diff",
    overloads: &[
        Overload::scalar("(varchar(x), date, date) -> bigint", difference),
        Overload::scalar("(varchar(x), timestamp(p), timestamp(p)) -> bigint", difference),
        Overload::scalar("(varchar(x), timestamp(p) with time zone, timestamp(p) with time zone) -> bigint", difference),
        Overload::scalar("(varchar(x), time(p), time(p)) -> bigint", difference_of_times),
        Overload::scalar("(varchar(x), time(p) with time zone, time(p) with time zone) -> bigint", difference_of_times),
    ],
    description: "Difference of the given times in the given unit",
    examples: &[
        ("date_diff('day', DATE '2020-03-01', DATE '2020-03-02')", "1"),
        ("date_diff('hour', TIMESTAMP '2020-03-01 00:30:00', TIMESTAMP '2020-03-02 00:00:00')", "23"),
    ],
    ..Function::SCALAR
};

fn difference(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let data_type = call.argument_type(1);
    let (from, to) = (Moments::new(&arguments[1], data_type)?, Moments::new(&arguments[2], data_type)?);
    let mut units = RowUnits::new(call, arguments, data_type);
    if let (Moments::Millis(from), Moments::Millis(to), Some(unit)) = (&from, &to, units.constant()?) {
        macro_rules! each {
            ($($unit:ident),*) => {
                match unit {
                    $(Unit::$unit => from.iter().zip(to.iter()).map(|(from, to)| Unit::$unit.difference(*from, *to)).collect::<Vec<i64>>(),)*
                }
            };
        }
        let counts = each!(Millisecond, Second, Minute, Hour, Day, Week, Month, Quarter, Year);
        return Ok(Arc::new(Int64Array::from(counts)));
    }
    let mut zones = ZoneCursors::default();
    let count = |row| {
        let ((from_millis, key), (to_millis, _)) = (from.instant_millis(row), to.instant_millis(row));
        Ok(units.row(row)?.difference_in_zone(from_millis, to_millis, key, &mut zones))
    };
    Ok(Arc::new((0..arguments[1].len()).map(count).collect::<Result<Vec<i64>, FunctionError>>().map(Int64Array::from)?))
}

/// Zoned times are compared as they stand at UTC.
fn difference_of_times(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let data_type = call.argument_type(1);
    let (from, to) = (Moments::new(&arguments[1], data_type)?, Moments::new(&arguments[2], data_type)?);
    let mut units = RowUnits::new(call, arguments, data_type);
    let picos = |moments: &Moments<'_>, row: usize| match moments {
        Moments::ZonedTime(values) => {
            let (picos, offset_minutes) = zone::unpack_time(values[row]);
            (picos - i64::from(offset_minutes) * PICOS_PER_MINUTE).rem_euclid(PICOS_PER_DAY)
        }
        other => other.instant_picos(row).0 as i64,
    };
    let count = |row| {
        let size = units.row(row)?.fixed_millis().unwrap_or(1) * PICOS_PER_MILLI;
        Ok((picos(&to, row) - picos(&from, row)) / size)
    };
    Ok(Arc::new((0..arguments[1].len()).map(count).collect::<Result<Vec<i64>, FunctionError>>().map(Int64Array::from)?))
}
