//! How does a pattern print a moment, and what moment does it read? Ref: Trino 401 `date_format`, `date_parse`, `format_datetime`, `parse_datetime`.

use std::borrow::Cow;

use arrow::array::ArrayRef;
use chrono::{DateTime, TimeZone};
use chrono_tz::{OffsetName, TZ_VARIANTS, Tz};

use super::moments::{Moments, timestamp_millis_array, zoned_millis_array};
use super::parse::{ParsedMoment, ParsedZone, parse};
use super::parse_fields::FieldBucket;
use super::pattern::Pattern;
use super::patterns_by_row::{PatternLanguage, RowPatterns};
use super::print::{LocalMoment, print};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::string::text_rows::{texts, write_texts};
use crate::types::zone::{self, ZoneCursors, ZoneKey};

pub const DATE_FORMAT: Function = Function {
    name: "date_format",
    overloads: &[
        Overload::scalar("(timestamp(p), varchar(x)) -> varchar", date_format),
        Overload::scalar("(timestamp(p) with time zone, varchar(x)) -> varchar", date_format),
    ],
    description: "Formats the given timestamp by the given format, in MySQL's codes",
    examples: &[("date_format(TIMESTAMP '2022-10-20 05:10:00', '%m-%d-%Y %H')", "10-20-2022 05")],
    ..Function::SCALAR
};

pub const DATE_PARSE: Function = Function {
    name: "date_parse",
    overloads: &[Overload::scalar("(varchar(x), varchar(y)) -> timestamp(3)", date_parse)],
    description: "Parses the specified date/time by the given format, in MySQL's codes",
    examples: &[("date_parse('2022/10/20/05', '%Y/%m/%d/%H')", "2022-10-20 05:00:00.000")],
    ..Function::SCALAR
};

pub const FORMAT_DATETIME: Function = Function {
    name: "format_datetime",
    overloads: &[
        Overload::scalar("(timestamp(p), varchar(x)) -> varchar", format_datetime),
        Overload::scalar("(timestamp(p) with time zone, varchar(x)) -> varchar", format_datetime),
    ],
    description: "Formats the given time by the given format, in Joda's letters",
    examples: &[("format_datetime(TIMESTAMP '2001-08-22 03:04:05.321', 'YYYY/MM/dd HH:mm')", "2001/08/22 03:04")],
    ..Function::SCALAR
};

pub const PARSE_DATETIME: Function = Function {
    name: "parse_datetime",
    overloads: &[Overload::scalar("(varchar(x), varchar(y)) -> timestamp(3) with time zone", parse_datetime)],
    description: "Parses the specified date/time by the given format, in Joda's letters",
    examples: &[("parse_datetime('1960/01/22 03:04 +0230', 'yyyy/MM/dd HH:mm Z')", "1960-01-22 03:04:00.000 +02:30")],
    ..Function::SCALAR
};

fn date_format(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    print_rows(call, arguments, PatternLanguage::MySql)
}

fn format_datetime(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    print_rows(call, arguments, PatternLanguage::Joda)
}

fn print_rows(call: &Call<'_>, arguments: &[ArrayRef], language: PatternLanguage) -> Result<ArrayRef, FunctionError> {
    let moments = Moments::new(&arguments[0], call.argument_type(0))?;
    let is_zoned = matches!(moments, Moments::ZonedMillis(_) | Moments::ZonedPicos(_));
    let mut patterns = RowPatterns::new(call, arguments, 1, language);
    let mut zones = ZoneCursors::default();
    write_texts(call.rows(), |row, buffer| {
        let pattern = patterns.row(row)?;
        let (millis, key) = moments.rounded_millis(row);
        let offset_seconds = zones.cursor(key).offset_at(millis.div_euclid(1000));
        let names_zone = pattern.names_zone;
        if names_zone && !is_zoned {
            return Err(FunctionError::argument(
                "format_datetime for TIMESTAMP type, cannot use 'Z' nor 'z' in format, as this type does not contain TZ information",
            ));
        }
        let short_name = if names_zone { short_name(key, millis, offset_seconds) } else { Cow::Borrowed("") };
        let moment = LocalMoment {
            local_millis: millis + i64::from(offset_seconds) * 1000,
            offset_seconds,
            zone_id: zone::name(key),
            zone_short_name: &short_name,
        };
        print(pattern, &moment, buffer);
        Ok(())
    })
}

/// `PST`, or the zone's name where it has no abbreviation.
/// Deviation: long names (`Pacific Standard Time`) are printed short.
fn short_name(key: ZoneKey, utc_millis: i64, offset_seconds: i32) -> Cow<'static, str> {
    let name = zone::name(key);
    let abbreviation = name
        .parse::<Tz>()
        .ok()
        .zip(DateTime::from_timestamp_millis(utc_millis))
        .and_then(|(zone, instant)| zone.offset_from_utc_datetime(&instant.naive_utc()).abbreviation().map(str::to_string));
    match abbreviation {
        Some(abbreviation) if abbreviation.starts_with(|first: char| first.is_ascii_alphabetic()) => Cow::Owned(abbreviation),
        Some(_) if offset_seconds != 0 => {
            let mut text = String::new();
            super::print::push_offset(&mut text, offset_seconds, true);
            Cow::Owned(text)
        }
        _ => Cow::Borrowed(name),
    }
}

fn date_parse(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = texts(arguments, 0);
    let mut patterns = RowPatterns::new(call, arguments, 1, PatternLanguage::MySql);
    let mut bucket = FieldBucket::default();
    let millis = (0..call.rows()).map(|row| Ok(parse(patterns.row(row)?, values.value(row), &longest_zone_id, &mut bucket)?.local_millis));
    Ok(timestamp_millis_array(millis.collect::<Result<Vec<_>, FunctionError>>()?))
}

fn parse_datetime(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = texts(arguments, 0);
    let session_key = zone::load_key(&call.session().zone)?;
    let mut patterns = RowPatterns::new(call, arguments, 1, PatternLanguage::Joda);
    let mut zones = ZoneCursors::default();
    let mut bucket = FieldBucket::default();
    let instants = (0..call.rows()).map(|row| {
        let (text, pattern) = (values.value(row), patterns.row(row)?);
        check_parses(pattern)?;
        resolve_zone(&parse(pattern, text, &longest_zone_id, &mut bucket)?, text, session_key, &mut zones)
    });
    // Trino takes every failure of parsing for a wrong argument.
    zoned_millis_array(instants.collect::<Result<Vec<_>, FunctionError>>()?.into_iter())
        .map_err(|error| FunctionError::argument(error.message))
}

fn check_parses(pattern: &Pattern) -> Result<(), FunctionError> {
    if pattern.can_parse() { Ok(()) } else { Err(FunctionError::argument("Parsing not supported")) }
}

/// The instant of a local time: in the zone read beside it, else in the session's.
/// Errors: INVALID_FUNCTION_ARGUMENT for a local time the zone skips.
pub fn resolve_zone(
    moment: &ParsedMoment,
    text: &str,
    session_key: ZoneKey,
    zones: &mut ZoneCursors,
) -> Result<(i64, ZoneKey), FunctionError> {
    let key = match &moment.zone {
        ParsedZone::OffsetMillis(offset_millis) => {
            let minutes = (offset_millis / 60_000) as i32;
            let key = zone::key_of_offset(minutes).ok_or_else(|| {
                let (sign, size) = (if minutes < 0 { '-' } else { '+' }, minutes.abs());
                FunctionError::not_supported(format!("Time zone not supported: {sign}{:02}:{:02}", size / 60, size % 60))
            })?;
            return Ok((moment.local_millis - offset_millis, key));
        }
        ParsedZone::Id(id) => zone::load_key(id)?,
        ParsedZone::None => session_key,
    };
    let cursor = zones.cursor(key);
    let utc_millis = cursor.utc_millis(moment.local_millis);
    if cursor.local_millis(utc_millis) != moment.local_millis {
        return Err(FunctionError::argument(format!(
            "Cannot parse \"{text}\": Illegal instant due to time zone offset transition ({})",
            zone::name(key)
        )));
    }
    Ok((utc_millis, key))
}

/// The longest zone name a text starts with.
pub fn longest_zone_id(text: &str) -> Option<usize> {
    let named = TZ_VARIANTS.iter().map(|zone| zone.name()).chain(["UTC"]).filter(|name| text.starts_with(name)).map(str::len).max();
    // A fixed offset's id is `+05:45`.
    named.or_else(|| text.get(..6).filter(|head| head.contains(':') && zone::parse_offset_minutes(head).is_some()).map(str::len))
}
