//! How does ISO 8601 spell a moment, and which moment does it spell? Ref: Trino 401 `to_iso8601`, `from_iso8601_date`, `from_iso8601_timestamp`, `from_iso8601_timestamp_nanos`.

use arrow::array::ArrayRef;

use super::format::resolve_zone;
use super::iso8601::{parse_date, parse_date_time, parse_date_time_nanos};
use super::moments::{Moments, date_array, precision_of, zoned_array, zoned_millis_array};
use super::parse::{ParsedMoment, ParsedZone};
use super::print::push_offset;
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::string::text_rows::{texts, write_texts};
use crate::types::temporal_text::{push_date_unsigned, push_timestamp_picos};
use crate::types::zone::{self, ZoneCursors};

pub const TO_ISO8601: Function = Function {
    name: "to_iso8601",
    overloads: &[
        Overload::scalar("(date) -> varchar(16)", date_to_iso8601),
        Overload::scalar("(timestamp(p)) -> varchar(22 + p + min(p, 1))", to_iso8601),
        Overload::scalar("(timestamp(p) with time zone) -> varchar(28 + p + min(p, 1))", to_iso8601),
    ],
    description: "Formats a date or timestamp as an ISO 8601 string",
    examples: &[("to_iso8601(TIMESTAMP '2020-05-01 12:34:56.123 +05:45')", "2020-05-01T12:34:56.123+05:45")],
    ..Function::SCALAR
};

pub const FROM_ISO8601_DATE: Function = Function {
    name: "from_iso8601_date",
    overloads: &[Overload::scalar("(varchar(x)) -> date", from_iso8601_date)],
    description: "Parses an ISO 8601 date: calendar, week or ordinal",
    examples: &[("from_iso8601_date('2020-W10')", "2020-03-02"), ("from_iso8601_date('2020-123')", "2020-05-02")],
    ..Function::SCALAR
};

pub const FROM_ISO8601_TIMESTAMP: Function = Function {
    name: "from_iso8601_timestamp",
    overloads: &[Overload::scalar("(varchar(x)) -> timestamp(3) with time zone", from_iso8601_timestamp)],
    description: "Parses an ISO 8601 date and time",
    examples: &[("from_iso8601_timestamp('2020-05-11T11:15:05+03:00')", "2020-05-11 11:15:05.000 +03:00")],
    ..Function::SCALAR
};

pub const FROM_ISO8601_TIMESTAMP_NANOS: Function = Function {
    name: "from_iso8601_timestamp_nanos",
    overloads: &[Overload::scalar("(varchar(x)) -> timestamp(9) with time zone", from_iso8601_timestamp_nanos)],
    description: "Parses an ISO 8601 date and time, to the nanosecond",
    examples: &[("from_iso8601_timestamp_nanos('2020-05-11T11:15:05.123456789Z')", "2020-05-11 11:15:05.123456789 UTC")],
    ..Function::SCALAR
};

fn date_to_iso8601(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let moments = Moments::new(&arguments[0], call.argument_type(0))?;
    write_texts(call.rows(), |row, buffer| {
        push_date_unsigned(buffer, moments.instant_millis(row).0.div_euclid(super::calendar::MILLIS_PER_DAY));
        Ok(())
    })
}

fn to_iso8601(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let moments = Moments::new(&arguments[0], call.argument_type(0))?;
    let precision = precision_of(call.argument_type(0));
    let is_zoned = matches!(moments, Moments::ZonedMillis(_) | Moments::ZonedPicos(_));
    let mut zones = ZoneCursors::default();
    write_texts(call.rows(), |row, buffer| {
        let (picos, key) = moments.instant_picos(row);
        let offset_seconds = zones.cursor(key).offset_at(picos.div_euclid(1_000_000_000_000) as i64);
        push_timestamp_picos(buffer, picos + i128::from(offset_seconds) * 1_000_000_000_000, precision);
        if let Some(blank) = buffer.find(' ') {
            buffer.replace_range(blank..=blank, "T");
        }
        if is_zoned && key == zone::UTC {
            buffer.push('Z');
        } else if is_zoned {
            push_offset(buffer, offset_seconds, true);
        }
        Ok(())
    })
}

fn from_iso8601_date(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = texts(arguments, 0);
    let days = (0..call.rows()).map(|row| {
        let text = values.value(row);
        i32::try_from(parse_date(text)?).map_err(|_| FunctionError::argument(format!("Invalid format: \"{text}\"")))
    });
    Ok(date_array(days.collect::<Result<Vec<_>, _>>()?, &arguments[0]))
}

fn from_iso8601_timestamp(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = texts(arguments, 0);
    let session_key = zone::load_key(&call.session().zone)?;
    let mut zones = ZoneCursors::default();
    let mut instants = Vec::with_capacity(call.rows());
    for row in 0..call.rows() {
        let text = values.value(row);
        instants.push(resolve_zone(&parse_date_time(text)?, text, session_key, &mut zones)?);
    }
    zoned_millis_array(instants.into_iter())
}

fn from_iso8601_timestamp_nanos(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = texts(arguments, 0);
    let session_key = zone::load_key(&call.session().zone)?;
    let mut zones = ZoneCursors::default();
    let instants = (0..call.rows()).map(|row| {
        let text = values.value(row);
        let moment = parse_date_time_nanos(text)?;
        let local_seconds = moment.epoch_day * 86_400 + moment.nanos_of_day / 1_000_000_000;
        let nanos_of_second = moment.nanos_of_day % 1_000_000_000;
        let parsed = ParsedMoment { local_millis: local_seconds * 1000, zone: moment.zone };
        let (utc_millis, key) = match &parsed.zone {
            // Java moves a skipped local time on instead of refusing it.
            ParsedZone::None | ParsedZone::Id(_) => {
                let key = if let ParsedZone::Id(id) = &parsed.zone { zone::load_key(id)? } else { session_key };
                (zones.cursor(key).utc_millis(parsed.local_millis), key)
            }
            ParsedZone::OffsetMillis(_) => resolve_zone(&parsed, text, session_key, &mut zones)?,
        };
        Ok((i128::from(utc_millis) * 1_000_000_000 + i128::from(nanos_of_second) * 1000, key))
    });
    zoned_array(9, instants.collect::<Result<Vec<_>, FunctionError>>()?.into_iter())
}
