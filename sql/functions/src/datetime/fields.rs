//! What is the year, week, hour … of a date, time, timestamp or interval? Ref: Trino 401 "Extraction function"; `extract(field FROM x)` is the function of the field's name.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array};

use super::calendar::{self, MILLIS_PER_DAY, MILLIS_PER_HOUR, MILLIS_PER_MINUTE, MILLIS_PER_SECOND, civil_from_days};
use super::moments::Moments;
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Nulls, Overload};
use crate::types::TrinoType;

/// A field of dates: every overload is computed by one kernel. A function cannot build a constant slice of overloads.
macro_rules! date_field {
    ($name:literal, $aliases:expr, $kernel:expr, $description:literal, $example:expr $(, $more:literal)*) => {
        Function {
            name: $name,
            aliases: $aliases,
            overloads: &[
                Overload::scalar("(date) -> bigint", $kernel),
                $(Overload::scalar($more, $kernel),)*
                Overload::scalar("(timestamp(p)) -> bigint", $kernel),
                Overload::scalar("(timestamp(p) with time zone) -> bigint", $kernel),
            ],
            description: $description,
            nulls: Nulls::Propagated,
            examples: &[$example],
            ..Function::SCALAR
        }
    };
}

/// A field of times.
macro_rules! time_field {
    ($name:literal, $kernel:expr, $description:literal, $example:expr) => {
        Function {
            name: $name,
            overloads: &[
                Overload::scalar("(interval day to second) -> bigint", $kernel),
                Overload::scalar("(timestamp(p)) -> bigint", $kernel),
                Overload::scalar("(timestamp(p) with time zone) -> bigint", $kernel),
                Overload::scalar("(time(p)) -> bigint", $kernel),
                Overload::scalar("(time(p) with time zone) -> bigint", $kernel),
            ],
            description: $description,
            nulls: Nulls::Propagated,
            examples: &[$example],
            ..Function::SCALAR
        }
    };
}

pub const YEAR: Function = date_field!(
    "year",
    &[],
    year,
    "Year of the given timestamp",
    ("year(DATE '2020-05-10')", "2020"),
    "(interval year to month) -> bigint"
);
pub const QUARTER: Function =
    date_field!("quarter", &[], quarter, "Quarter of the year of the given timestamp", ("quarter(DATE '2020-05-10')", "2"));
pub const MONTH: Function = date_field!(
    "month",
    &[],
    month,
    "Month of the year of the given timestamp",
    ("month(DATE '2020-05-10')", "5"),
    "(interval year to month) -> bigint"
);
pub const WEEK: Function =
    date_field!("week", &["week_of_year"], week, "Week of the year of the given timestamp", ("week(DATE '2020-05-10')", "19"));
pub const DAY: Function = date_field!(
    "day",
    &["day_of_month"],
    day,
    "Day of the month of the given timestamp",
    ("day(DATE '2020-05-10')", "10"),
    "(interval day to second) -> bigint"
);
pub const DAY_OF_WEEK: Function =
    date_field!("day_of_week", &["dow"], day_of_week, "Day of the week of the given timestamp", ("day_of_week(DATE '2020-05-10')", "7"));
pub const DAY_OF_YEAR: Function =
    date_field!("day_of_year", &["doy"], day_of_year, "Day of the year of the given timestamp", ("day_of_year(DATE '2020-05-10')", "131"));
pub const YEAR_OF_WEEK: Function =
    date_field!("year_of_week", &["yow"], year_of_week, "Year of the ISO week of the given timestamp", ("yow(DATE '2005-01-02')", "2004"));

pub const HOUR: Function =
    time_field!("hour", hour, "Hour of the day of the given timestamp", ("hour(TIMESTAMP '2020-05-10 12:34:56.123')", "12"));
pub const MINUTE: Function = time_field!("minute", minute, "Minute of the hour of the given timestamp", ("minute(TIME '12:34:56')", "34"));
pub const SECOND: Function =
    time_field!("second", second, "Second of the minute of the given timestamp", ("second(TIME '12:34:56.9')", "56"));
pub const MILLISECOND: Function = time_field!(
    "millisecond",
    millisecond,
    "Millisecond of the second of the given timestamp",
    ("millisecond(TIME '12:34:56.1239')", "123")
);

fn gather(call: &Call<'_>, arguments: &[ArrayRef], field: impl Fn(i64) -> i64) -> Result<ArrayRef, FunctionError> {
    let values = Moments::new(&arguments[0], call.argument_type(0))?.map_local_millis(field);
    Ok(Arc::new(Int64Array::new(values.into(), arguments[0].nulls().cloned())))
}

fn gather_days(call: &Call<'_>, arguments: &[ArrayRef], field: impl Fn(i64) -> i64) -> Result<ArrayRef, FunctionError> {
    let values = Moments::new(&arguments[0], call.argument_type(0))?.map_local_days(field);
    Ok(Arc::new(Int64Array::new(values.into(), arguments[0].nulls().cloned())))
}

fn year(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    if call.argument_type(0) == &TrinoType::IntervalYearToMonth {
        return gather(call, arguments, |months| months / 12);
    }
    gather_days(call, arguments, |days| civil_from_days(days).year)
}

fn quarter(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    gather_days(call, arguments, |days| i64::from((civil_from_days(days).month - 1) / 3 + 1))
}

fn month(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    if call.argument_type(0) == &TrinoType::IntervalYearToMonth {
        return gather(call, arguments, |months| months % 12);
    }
    gather_days(call, arguments, |days| i64::from(civil_from_days(days).month))
}

fn week(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    gather_days(call, arguments, calendar::week_of_year)
}

fn day(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    if call.argument_type(0) == &TrinoType::IntervalDayToSecond {
        return gather(call, arguments, |millis| millis / MILLIS_PER_DAY);
    }
    gather_days(call, arguments, |days| i64::from(civil_from_days(days).day))
}

fn day_of_week(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    gather_days(call, arguments, calendar::day_of_week)
}

fn day_of_year(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    gather_days(call, arguments, calendar::day_of_year)
}

fn year_of_week(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    gather_days(call, arguments, calendar::week_year)
}

/// A clock counts from the day's start; an interval keeps its sign.
fn clock<const RANGE_MILLIS: i64, const UNIT_MILLIS: i64>(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    if call.argument_type(0) == &TrinoType::IntervalDayToSecond {
        return gather(call, arguments, |millis| millis % RANGE_MILLIS / UNIT_MILLIS);
    }
    gather(call, arguments, |millis| millis.rem_euclid(RANGE_MILLIS) / UNIT_MILLIS)
}

fn hour(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    clock::<MILLIS_PER_DAY, MILLIS_PER_HOUR>(call, arguments)
}

fn minute(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    clock::<MILLIS_PER_HOUR, MILLIS_PER_MINUTE>(call, arguments)
}

fn second(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    clock::<MILLIS_PER_MINUTE, MILLIS_PER_SECOND>(call, arguments)
}

fn millisecond(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    clock::<MILLIS_PER_SECOND, 1>(call, arguments)
}
