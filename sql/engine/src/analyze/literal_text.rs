//! What time does a literal's text tell? Dates, times, timestamps and intervals. Ref: Trino 401 `DateTimes`, `DateTimeUtils.parseDayTimeInterval`.

use datafusion::common::ScalarValue;
use owlake_functions::types::TrinoType;
use owlake_functions::types::civil::{days_from_civil, days_in_month};
use owlake_functions::types::zone::{self, ZoneCursor, ZoneKey};
use owlake_syntax::trino::ast::IntervalUnit;

use crate::session::Session;

const PICOS_PER_SECOND: i128 = 1_000_000_000_000;
const PICOS_PER_MILLI: i128 = 1_000_000_000;
const PICOS_PER_MICRO: i128 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;
const FRACTION_DIGITS_MAX: usize = 12;
const MILLIS_PER_SECOND: i64 = 1_000;
/// The widest year a date's text may have, by digits.
const YEAR_DIGITS_MAX: usize = 9;

/// `2020-01-02` as days since the epoch.
pub(crate) fn date(text: &str) -> Option<i32> {
    let days = civil_days(text.trim())?;
    i32::try_from(days).ok()
}

fn civil_days(text: &str) -> Option<i64> {
    let (is_negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() < 4 || year.len() > YEAR_DIGITS_MAX {
        return None;
    }
    let year = digits(year)? * if is_negative { -1 } else { 1 };
    let month = u32::try_from(digits_of(month, 1..=2)?).ok()?;
    let day = u32::try_from(digits_of(day, 1..=2)?).ok()?;
    if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    Some(days_from_civil(year, month, day))
}

/// Seconds of the day, picoseconds of the second, digits of the fraction.
fn time_of_day(text: &str) -> Option<(i64, i128, u8)> {
    let mut parts = text.split(':');
    let (hour, minute) = (digits_of(parts.next()?, 1..=2)?, digits_of(parts.next()?, 1..=2)?);
    let (second, fraction) = match parts.next() {
        Some(second) => second.split_once('.').map_or((second, None), |(second, fraction)| (second, Some(fraction))),
        None => ("0", None),
    };
    if parts.next().is_some() {
        return None;
    }
    let second = digits_of(second, 1..=2)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (picos, precision) = match fraction {
        Some(fraction) => {
            if fraction.is_empty() || fraction.len() > FRACTION_DIGITS_MAX {
                return None;
            }
            let scale = 10_i128.pow(u32::try_from(FRACTION_DIGITS_MAX - fraction.len()).ok()?);
            (i128::from(digits(fraction)?) * scale, u8::try_from(fraction.len()).ok()?)
        }
        None => (0, 0),
    };
    Some((hour * 3600 + minute * 60 + second, picos, precision))
}

fn digits(text: &str) -> Option<i64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

fn digits_of(text: &str, length: std::ops::RangeInclusive<usize>) -> Option<i64> {
    length.contains(&text.len()).then(|| digits(text)).flatten()
}

/// `12:34:56.789`, with `+02:00` behind it a `time with time zone`.
pub(crate) fn time(text: &str) -> Option<(ScalarValue, TrinoType)> {
    let text = text.trim();
    let zone_start = text.find(['+', '-']);
    let (clock, offset) = match zone_start {
        Some(start) => (text[..start].trim_end(), Some(zone::parse_offset_minutes(text[start..].trim())?)),
        None => (text, None),
    };
    let (seconds, picos, precision) = time_of_day(clock)?;
    let picos_of_day = i64::try_from(i128::from(seconds) * PICOS_PER_SECOND + picos).ok()?;
    Some(match offset {
        Some(offset) => {
            let packed = zone::pack_time(picos_of_day, offset);
            (ScalarValue::Decimal128(Some(packed), 38, 0), TrinoType::TimeWithTimeZone(precision))
        }
        None => (ScalarValue::Int64(Some(picos_of_day)), TrinoType::Time(precision)),
    })
}

/// `2020-01-02 12:34:56.789`, with a zone's name or offset behind it a `timestamp with time zone`.
pub(crate) fn timestamp(text: &str) -> Option<(ScalarValue, TrinoType)> {
    let text = text.trim();
    let date_end = text.char_indices().skip(1).find(|(_, c)| *c == ' ' || *c == 'T').map_or(text.len(), |(index, _)| index);
    let days = civil_days(&text[..date_end])?;
    let rest = text.get(date_end + 1..).unwrap_or_default().trim_start();
    let clock_end = rest.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.').unwrap_or(rest.len());
    let (clock, zone_text) = rest.split_at(clock_end);
    let (seconds, picos, precision) = if clock.is_empty() { (0, 0, 0) } else { time_of_day(clock)? };
    let local_seconds = days * SECONDS_PER_DAY + seconds;
    let zone_text = zone_text.trim();
    if zone_text.is_empty() {
        let epoch_picos = i128::from(local_seconds) * PICOS_PER_SECOND + picos;
        return Some((timestamp_scalar(epoch_picos, precision), TrinoType::Timestamp(precision)));
    }
    let key = zone::find_key(zone_text)?;
    let offset = ZoneCursor::new(key).offset_at_local(local_seconds);
    let epoch_picos = i128::from(local_seconds - i64::from(offset)) * PICOS_PER_SECOND + picos;
    Some((zoned_scalar(epoch_picos, key, precision), TrinoType::TimestampWithTimeZone(precision)))
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
    fn dates_need_their_dashes() {
        assert_eq!(date("1970-01-02"), Some(1));
        assert_eq!(date("20220101"), None);
        assert_eq!(date("2022-02-29"), None);
        assert_eq!(date("2022-01-01 UTC"), None);
    }
}
