//! When did the hour, week, quarter … of a moment start? Ref: Trino 401 `date_trunc`.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Decimal128Array, Int64Array};
use arrow::datatypes::{Decimal128Type, Int64Type};

use super::moments::{Moments, PICOS_PER_MILLI, SubMillis};
use super::row_units::RowUnits;
use super::units::Unit;
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::types::zone::{self, ZoneCursors};

pub const DATE_TRUNC: Function = Function {
    name: "date_trunc",
    overloads: &[
        Overload::scalar("(varchar(x), date) -> date", truncate_moments),
        Overload::scalar("(varchar(x), timestamp(p)) -> timestamp(p)", truncate_moments),
        Overload::scalar("(varchar(x), timestamp(p) with time zone) -> timestamp(p) with time zone", truncate_moments),
        Overload::scalar("(varchar(x), time(p)) -> time(p)", truncate_times),
        Overload::scalar("(varchar(x), time(p) with time zone) -> time(p) with time zone", truncate_zoned_times),
    ],
    description: "Truncate to the specified precision",
    examples: &[
        ("date_trunc('month', DATE '2022-10-20')", "2022-10-01"),
        ("date_trunc('hour', TIMESTAMP '2022-10-20 05:10:00')", "2022-10-20 05:00:00"),
    ],
    ..Function::SCALAR
};

fn truncate_moments(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let moments = Moments::new(&arguments[1], call.argument_type(1))?;
    let mut units = RowUnits::new(call, arguments, call.argument_type(1));
    if matches!(moments, Moments::ZonedMillis(_) | Moments::ZonedPicos(_)) {
        let mut zones = ZoneCursors::default();
        return moments.map_instants(&arguments[1], SubMillis::Dropped, |millis, key, row| {
            Ok(units.row(row)?.truncate_in_zone(millis, zones.cursor(key)))
        });
    }
    let Some(unit) = units.constant()? else {
        return moments.map_instants(&arguments[1], SubMillis::Dropped, |millis, _, row| Ok(units.row(row)?.truncate(millis)));
    };
    // A loop a unit, so that each divides by a constant.
    macro_rules! each {
        ($($unit:ident),*) => {
            match unit {
                $(Unit::$unit => moments.map_instants(&arguments[1], SubMillis::Dropped, |millis, _, _| Ok(Unit::$unit.truncate(millis))),)*
            }
        };
    }
    each!(Millisecond, Second, Minute, Hour, Day, Week, Month, Quarter, Year)
}

fn truncate_picos(unit: Unit, picos: i64) -> i64 {
    let size = unit.fixed_millis().unwrap_or(1) * PICOS_PER_MILLI;
    picos / size * size
}

fn truncate_times(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let mut units = RowUnits::new(call, arguments, call.argument_type(1));
    let times = arguments[1].as_primitive::<Int64Type>();
    let truncated = (0..times.len()).map(|row| Ok(truncate_picos(units.row(row)?, times.value(row))));
    Ok(Arc::new(truncated.collect::<Result<Vec<_>, FunctionError>>().map(Int64Array::from)?))
}

fn truncate_zoned_times(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let mut units = RowUnits::new(call, arguments, call.argument_type(1));
    let times = arguments[1].as_primitive::<Decimal128Type>();
    let truncated = (0..times.len()).map(|row| {
        let (picos, offset_minutes) = zone::unpack_time(times.value(row));
        Ok(zone::pack_time(truncate_picos(units.row(row)?, picos), offset_minutes))
    });
    let values = truncated.collect::<Result<Vec<_>, FunctionError>>()?;
    Ok(Arc::new(Decimal128Array::from(values).with_precision_and_scale(38, 0)?))
}
