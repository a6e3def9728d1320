//! Which date and time functions exist? Ref: Trino 401 "Date and time functions and operators".
//!
//! `calendar` knows days, weeks and months; `moments` reads and writes columns of every temporal type; `units` is what
//! `date_trunc`, `date_add` and `date_diff` share; `pattern`, `mysql_pattern`, `joda_pattern`, `print`, `parse` and
//! `parse_fields` are the formatter both pattern languages compile to; `iso8601` reads ISO texts.

mod calendar;
mod date;
mod date_add;
mod date_diff;
mod date_trunc;
mod duration;
mod durations;
mod fields;
mod format;
mod iso8601;
mod iso_functions;
mod joda_pattern;
mod last_day_of_month;
mod moments;
mod mysql_pattern;
mod now;
mod parse;
mod parse_fields;
mod pattern;
mod patterns_by_row;
mod print;
mod row_units;
mod row_zones;
mod time_zone;
mod units;
mod unixtime;

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[
    &time_zone::AT_TIMEZONE,
    &time_zone::AT_TIME_ZONE_OPERATOR,
    &now::CURRENT_TIMEZONE,
    &date::DATE,
    &date_add::DATE_ADD,
    &date_diff::DATE_DIFF,
    &format::DATE_FORMAT,
    &format::DATE_PARSE,
    &date_trunc::DATE_TRUNC,
    &fields::DAY,
    &fields::DAY_OF_WEEK,
    &fields::DAY_OF_YEAR,
    &format::FORMAT_DATETIME,
    &iso_functions::FROM_ISO8601_DATE,
    &iso_functions::FROM_ISO8601_TIMESTAMP,
    &iso_functions::FROM_ISO8601_TIMESTAMP_NANOS,
    &unixtime::FROM_UNIXTIME,
    &unixtime::FROM_UNIXTIME_NANOS,
    &fields::HOUR,
    &durations::HUMAN_READABLE_SECONDS,
    &last_day_of_month::LAST_DAY_OF_MONTH,
    &fields::MILLISECOND,
    &fields::MINUTE,
    &fields::MONTH,
    &now::NOW,
    &format::PARSE_DATETIME,
    &durations::PARSE_DURATION,
    &fields::QUARTER,
    &fields::SECOND,
    &time_zone::TIMEZONE_HOUR,
    &time_zone::TIMEZONE_MINUTE,
    &iso_functions::TO_ISO8601,
    &durations::TO_MILLISECONDS,
    &unixtime::TO_UNIXTIME,
    &fields::WEEK,
    &time_zone::WITH_TIMEZONE,
    &fields::YEAR,
    &fields::YEAR_OF_WEEK,
];
