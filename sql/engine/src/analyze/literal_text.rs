//! What time does a literal's text tell? Dates, times, timestamps and intervals. Ref: Trino 401 `DateTimes`, `DateTimeUtils.parseDayTimeInterval`.

use datafusion::common::ScalarValue;
use owlake_functions::cast::temporal_parse::{parse_time, parse_timestamp};
use owlake_functions::types::TrinoType;
use owlake_functions::types::zone::{self, ZoneCursor, ZoneKey};
use owlake_syntax::trino::ast::IntervalUnit;

use crate::session::Session;

const PICOS_PER_SECOND: i128 = 1_000_000_000_000;
const PICOS_PER_MILLI: i128 = 1_000_000_000;
const PICOS_PER_MICRO: i128 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;
const FRACTION_DIGITS_MAX: u8 = 12;
const MILLIS_PER_SECOND: i64 = 1_000;
/// Milliseconds that fit a packed timestamp with time zone.
const PACKED_MILLIS_MAX: i128 = 1 << 51;

/// Why a text is no time or timestamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is not written as one, or lies outside of its range.
    Malformed,
    /// Its fraction has this many digits, more than any type of the given name has.
    Precision(&'static str, usize),
}

fn precision_of(digits: usize, type_name: &'static str) -> Result<u8, Refusal> {
    u8::try_from(digits).ok().filter(|digits| *digits <= FRACTION_DIGITS_MAX).ok_or(Refusal::Precision(type_name, digits))
}

/// `12:34:56.789`, with `+02:00` behind it a `time with time zone`.
pub(crate) fn time(text: &str) -> Result<(ScalarValue, TrinoType), Refusal> {
    let written = parse_time(text).ok_or(Refusal::Malformed)?;
    Ok(match written.offset_minutes {
        Some(offset) => {
            let precision = precision_of(written.digits, "TIME WITH TIME ZONE")?;
            let packed = zone::pack_time(written.picos, offset);
            (ScalarValue::Decimal128(Some(packed), 38, 0), TrinoType::TimeWithTimeZone(precision))
        }
        None => (ScalarValue::Int64(Some(written.picos)), TrinoType::Time(precision_of(written.digits, "TIME")?)),
    })
}

/// `2020-01-02 12:34:56.789`, with a zone's name or offset behind it a `timestamp with time zone`.
pub(crate) fn timestamp(text: &str) -> Result<(ScalarValue, TrinoType), Refusal> {
    let written = parse_timestamp(text).ok_or(Refusal::Malformed)?;
    let Some(key) = written.zone else {
        let precision = precision_of(written.digits, "TIMESTAMP")?;
        return Ok((timestamp_scalar(written.local_picos, precision), TrinoType::Timestamp(precision)));
    };
    let precision = precision_of(written.digits, "TIMESTAMP WITH TIME ZONE")?;
    let local_seconds = i64::try_from(written.local_picos.div_euclid(PICOS_PER_SECOND)).map_err(|_| Refusal::Malformed)?;
    let mut cursor = ZoneCursor::new(key);
    let offset = cursor.offset_at_local(local_seconds);
    if cursor.offset_at(local_seconds - i64::from(offset)) != offset {
        // The clock never showed it: it was put forward over that hour.
        return Err(Refusal::Malformed);
    }
    let epoch_picos = written.local_picos - i128::from(offset) * PICOS_PER_SECOND;
    if !(-PACKED_MILLIS_MAX..PACKED_MILLIS_MAX).contains(&epoch_picos.div_euclid(PICOS_PER_MILLI)) {
        return Err(Refusal::Malformed);
    }
    Ok((zoned_scalar(epoch_picos, key, precision), TrinoType::TimestampWithTimeZone(precision)))
}

/// The physical form of a `timestamp(precision)`.
pub(crate) fn timestamp_scalar(epoch_picos: i128, precision: u8) -> ScalarValue {
    match precision {
        0..=3 => ScalarValue::TimestampMillisecond(i64::try_from(epoch_picos.div_euclid(PICOS_PER_MILLI)).ok(), None),
        4..=6 => ScalarValue::TimestampMicrosecond(i64::try_from(epoch_picos.div_euclid(PICOS_PER_MICRO)).ok(), None),
        _ => ScalarValue::Decimal128(Some(epoch_picos), 38, 0),
    }
}

/// The physical form of a `timestamp(precision) with time zone`.
pub(crate) fn zoned_scalar(epoch_picos: i128, key: ZoneKey, precision: u8) -> ScalarValue {
    match precision {
        0..=3 => {
            let millis = i64::try_from(epoch_picos.div_euclid(PICOS_PER_MILLI)).unwrap_or(i64::MAX >> 12);
            ScalarValue::Int64(Some(zone::pack_millis(millis, key)))
        }
        _ => ScalarValue::Decimal128(Some(zone::pack_picos(epoch_picos, key)), 38, 0),
    }
}

/// Picoseconds since the epoch of a date or timestamp constant; without a zone it is read in the session's.
pub(crate) fn epoch_picos(value: &ScalarValue, data_type: &TrinoType, session: &Session) -> Option<i128> {
    let local = match (data_type, value) {
        (TrinoType::Date, ScalarValue::Date32(Some(days))) => i128::from(*days) * i128::from(SECONDS_PER_DAY) * PICOS_PER_SECOND,
        (TrinoType::Timestamp(_), ScalarValue::TimestampMillisecond(Some(millis), _)) => i128::from(*millis) * PICOS_PER_MILLI,
        (TrinoType::Timestamp(_), ScalarValue::TimestampMicrosecond(Some(micros), _)) => i128::from(*micros) * PICOS_PER_MICRO,
        (TrinoType::Timestamp(_), ScalarValue::Decimal128(Some(picos), ..)) => *picos,
        (TrinoType::TimestampWithTimeZone(_), ScalarValue::Int64(Some(packed))) => {
            return Some(i128::from(zone::unpack_millis(*packed).0) * PICOS_PER_MILLI);
        }
        (TrinoType::TimestampWithTimeZone(_), ScalarValue::Decimal128(Some(packed), ..)) => return Some(zone::unpack_picos(*packed).0),
        _ => return None,
    };
    let local_seconds = i64::try_from(local.div_euclid(PICOS_PER_SECOND)).ok()?;
    let offset = ZoneCursor::new(zone::find_key(&session.info.zone)?).offset_at_local(local_seconds);
    Some(local - i128::from(offset) * PICOS_PER_SECOND)
}

/// `1-6`, `1` YEAR, `6` MONTH as months.
pub(crate) fn months(text: &str, from: IntervalUnit, to: Option<IntervalUnit>) -> Option<i64> {
    let (is_negative, text) = signed(text);
    let months = match (from, to.filter(|to| *to != from)) {
        (IntervalUnit::Year, None) => digits(text)?.checked_mul(12)?,
        (IntervalUnit::Month, None) => digits(text)?,
        (IntervalUnit::Year, Some(IntervalUnit::Month)) => match text.split_once('-') {
            Some((years, months)) => digits(years)?.checked_mul(12)?.checked_add(digits(months)?)?,
            None => digits(text)?.checked_mul(12)?,
        },
        _ => return None,
    };
    Some(if is_negative { -months } else { months })
}

/// `2 10:20:30.5` DAY TO SECOND and its parts as milliseconds.
pub(crate) fn interval_millis(text: &str, from: IntervalUnit, to: Option<IntervalUnit>) -> Option<i64> {
    const UNITS: [IntervalUnit; 4] = [IntervalUnit::Day, IntervalUnit::Hour, IntervalUnit::Minute, IntervalUnit::Second];
    const SECONDS: [i64; 4] = [86_400, 3_600, 60, 1];
    let (is_negative, text) = signed(text);
    let first = UNITS.iter().position(|unit| *unit == from)?;
    let last = UNITS.iter().position(|unit| *unit == to.unwrap_or(from))?;
    if last < first {
        return None;
    }
    let mut rest = text;
    let mut total: i64 = 0;
    for (unit, seconds) in SECONDS.iter().enumerate().take(last + 1).skip(first) {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let number = digits(&rest[..end])?;
        rest = &rest[end..];
        total = total.checked_add(number.checked_mul(*seconds)?.checked_mul(MILLIS_PER_SECOND)?)?;
        if unit == UNITS.len() - 1
            && let Some(fraction) = rest.strip_prefix('.')
        {
            let kept: String = fraction.chars().take(3).collect();
            digits(fraction)?;
            total = total.checked_add(digits(&format!("{kept:0<3}"))?)?;
            rest = "";
        }
        if rest.is_empty() {
            break;
        }
        // A shorter text stops early; a longer one needs the separator of the next unit.
        if unit == last {
            return None;
        }
        rest = rest.strip_prefix(if unit == 0 { ' ' } else { ':' })?;
    }
    Some(if is_negative { -total } else { total })
}

fn digits(text: &str) -> Option<i64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

fn signed(text: &str) -> (bool, &str) {
    let text = text.trim();
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_read_by_their_units() {
        assert_eq!(interval_millis("2", IntervalUnit::Day, None), Some(172_800_000));
        assert_eq!(interval_millis("12 10:45:32.123", IntervalUnit::Day, Some(IntervalUnit::Second)), Some(1_075_532_123));
        assert_eq!(interval_millis("12.1", IntervalUnit::Day, Some(IntervalUnit::Second)), None);
        assert_eq!(interval_millis("a", IntervalUnit::Day, Some(IntervalUnit::Second)), None);
        assert_eq!(interval_millis("12", IntervalUnit::Second, Some(IntervalUnit::Minute)), None);
        assert_eq!(months("124-30", IntervalUnit::Year, Some(IntervalUnit::Month)), Some(1518));
        assert_eq!(months("12", IntervalUnit::Year, Some(IntervalUnit::Day)), None);
    }

    #[test]
    fn too_many_digits_are_told_apart_from_no_time() {
        assert_eq!(time("12:34:56.1234567891234"), Err(Refusal::Precision("TIME", 13)));
        assert_eq!(time("12:34:56.1234567891234+08:35"), Err(Refusal::Precision("TIME WITH TIME ZONE", 13)));
        assert_eq!(time("25:00:00"), Err(Refusal::Malformed));
        assert_eq!(time("12:00:00+15:00"), Err(Refusal::Malformed));
        assert_eq!(timestamp("2020-05-01 12:34:56.1234567890123"), Err(Refusal::Precision("TIMESTAMP", 13)));
        assert_eq!(timestamp("123001-01-02 03:04:05.321 Europe/Berlin"), Err(Refusal::Malformed));
        assert_eq!(timestamp("123001-01-02 03:04:05.321").map(|(_, data_type)| data_type), Ok(TrinoType::Timestamp(3)));
    }
}
