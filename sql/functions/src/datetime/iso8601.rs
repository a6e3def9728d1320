//! Which moment does an ISO 8601 text mean? Ref: Joda-Time 2 `ISODateTimeFormat.dateTimeParser` and `dateElementParser`; Java `DateTimeFormatter.ISO_DATE_TIME`.

use super::calendar::{self, MILLIS_PER_DAY, MILLIS_PER_HOUR, MILLIS_PER_MINUTE, MILLIS_PER_SECOND};
use super::parse::{ParsedMoment, ParsedZone, malformed};
use super::parse_fields::FieldBucket;
use super::pattern::PatternField;
use crate::error::FunctionError;
use crate::types::usual_text::{usual_date, usual_fraction_millis, usual_time};

/// Reads `2001-08-22`, `2001-234`, `2001-W34-3` or a head of them; answers days since 1970-01-01.
pub fn parse_date(text: &str) -> Result<i64, FunctionError> {
    let mut cursor = Cursor { text, position: 0 };
    let days = cursor.date_element().map_err(|position| malformed(text, position))??;
    if cursor.position < text.len() {
        return Err(malformed(text, cursor.position));
    }
    Ok(days)
}

/// Reads a date, a time after `T`, or both, and an offset. Without an offset the zone is [`ParsedZone::None`].
pub fn parse_date_time(text: &str) -> Result<ParsedMoment, FunctionError> {
    if let Some(moment) = usual_date_time(text.as_bytes()) {
        return Ok(moment);
    }
    let mut cursor = Cursor { text, position: 0 };
    let moment = cursor.date_time().map_err(|position| malformed(text, position))??;
    if cursor.position < text.len() {
        return Err(malformed(text, cursor.position));
    }
    Ok(moment)
}

/// `YYYY-MM-DDThh:mm:ss[.f[f[f]]][Z|±hh:mm]`: what most texts are. `None` leaves it to the full reader.
fn usual_date_time(text: &[u8]) -> Option<ParsedMoment> {
    let (date, rest) = text.split_first_chunk::<10>()?;
    let (time, mut rest) = rest.strip_prefix(b"T")?.split_first_chunk::<8>()?;
    let mut millis = usual_date(date)? * MILLIS_PER_DAY + usual_time(time)? * MILLIS_PER_SECOND;
    if let [b'.', digits @ ..] = rest {
        let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (fraction, zone) = digits.split_at(count);
        millis += usual_fraction_millis(fraction)?;
        rest = zone;
    }
    let zone = match rest {
        [] => ParsedZone::None,
        b"Z" => ParsedZone::OffsetMillis(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            // As a time of the day, which has the same bounds.
            let offset = usual_time(&[*h1, *h2, b':', *m1, *m2, b':', b'0', b'0'])? * MILLIS_PER_SECOND;
            ParsedZone::OffsetMillis(if *sign == b'-' { -offset } else { offset })
        }
        _ => return None,
    };
    Some(ParsedMoment { local_millis: millis, zone })
}

/// A local time to the nanosecond and its zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NanosMoment {
    pub epoch_day: i64,
    pub nanos_of_day: i64,
    pub zone: ParsedZone,
}

/// Reads Java's `ISO_DATE_TIME`: `2001-08-22T03:04[:05[.123456789]][+01:00[[Europe/Paris]]]`.
/// Errors: INVALID_FUNCTION_ARGUMENT `Text '…' could not be parsed at index n`.
pub fn parse_date_time_nanos(text: &str) -> Result<NanosMoment, FunctionError> {
    let mut cursor = Cursor { text, position: 0 };
    let read = cursor.java_date_time();
    let fault = match &read {
        Some(_) if cursor.position == text.len() => None,
        Some(_) => Some(", unparsed text found"),
        None => Some(""),
    };
    match (read, fault) {
        (Some(moment), None) => Ok(moment),
        (_, fault) => {
            let fault = fault.unwrap_or_default();
            Err(FunctionError::argument(format!("Text '{text}' could not be parsed{fault} at index {}", cursor.position)))
        }
    }
}

struct Cursor<'a> {
    text: &'a str,
    position: usize,
}

/// Outer error: the position of a fault in form. Inner: a field out of range.
type Read<T> = Result<Result<T, FunctionError>, usize>;

impl Cursor<'_> {
    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.position + ahead).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let fits = self.byte(0) == Some(byte);
        self.position += usize::from(fits);
        fits
    }

    fn number(&mut self, digits_max: usize) -> Result<i64, usize> {
        let digits = (0..digits_max).take_while(|ahead| self.byte(*ahead).is_some_and(|byte| byte.is_ascii_digit())).count();
        let value = self.text.get(self.position..self.position + digits).and_then(|text| text.parse().ok()).ok_or(self.position)?;
        self.position += digits;
        Ok(value)
    }

    fn year(&mut self) -> Result<i64, usize> {
        let sign_length = usize::from(matches!(self.byte(0), Some(b'+' | b'-')) && self.byte(1).is_some_and(|byte| byte.is_ascii_digit()));
        let is_negative = sign_length == 1 && self.byte(0) == Some(b'-');
        self.position += sign_length;
        self.number(9).map(|year| if is_negative { -year } else { year })
    }

    /// The three forms share their head; the one that reads furthest wins.
    fn date_element(&mut self) -> Read<i64> {
        let year = self.year()?;
        let mut bucket = FieldBucket::default();
        if self.byte(0) == Some(b'-') && self.byte(1) == Some(b'W') && self.byte(2).is_some_and(|byte| byte.is_ascii_digit()) {
            self.position += 2;
            bucket.save(PatternField::WeekYear, year);
            bucket.save(PatternField::WeekOfWeekYear, self.number(2)?);
            if self.byte(0) == Some(b'-') && self.byte(1).is_some_and(|byte| byte.is_ascii_digit()) {
                self.position += 1;
                bucket.save(PatternField::DayOfWeek, self.number(1)?);
            }
        } else if self.byte(0) == Some(b'-') && self.byte(1).is_some_and(|byte| byte.is_ascii_digit()) {
            self.position += 1;
            bucket.save(PatternField::Year, year);
            let is_ordinal = (0..3).all(|ahead| self.byte(ahead).is_some_and(|byte| byte.is_ascii_digit()));
            if is_ordinal {
                bucket.save(PatternField::DayOfYear, self.number(3)?);
            } else {
                bucket.save(PatternField::MonthOfYear, self.number(2)?);
                if self.byte(0) == Some(b'-') && self.byte(1).is_some_and(|byte| byte.is_ascii_digit()) {
                    self.position += 1;
                    bucket.save(PatternField::DayOfMonth, self.number(2)?);
                }
            }
        } else {
            bucket.save(PatternField::Year, year);
        }
        Ok(self.compute(&mut bucket).map(|millis| millis.div_euclid(MILLIS_PER_DAY)))
    }

    fn compute(&self, bucket: &mut FieldBucket) -> Result<i64, FunctionError> {
        bucket.compute_millis().map_err(|error| FunctionError::argument(format!("Cannot parse \"{}\": {error}", self.text)))
    }

    fn date_time(&mut self) -> Read<ParsedMoment> {
        let mut local_millis = 0;
        if self.byte(0) != Some(b'T') {
            match self.date_element()? {
                Ok(days) => local_millis = days * MILLIS_PER_DAY,
                Err(error) => return Ok(Err(error)),
            }
        }
        let mut zone = ParsedZone::None;
        if self.eat(b'T') {
            if self.byte(0).is_some_and(|byte| byte.is_ascii_digit()) {
                match self.time_element()? {
                    Ok(millis) => local_millis += millis,
                    Err(error) => return Ok(Err(error)),
                }
            }
            zone = self.offset()?;
        }
        Ok(Ok(ParsedMoment { local_millis, zone }))
    }

    /// `HH[:mm[:ss]]`, the last of them with a fraction.
    fn time_element(&mut self) -> Read<i64> {
        let mut bucket = FieldBucket::default();
        bucket.save(PatternField::HourOfDay, self.number(2)?);
        let mut unit_millis = MILLIS_PER_HOUR;
        for (field, unit) in [(PatternField::MinuteOfHour, MILLIS_PER_MINUTE), (PatternField::SecondOfMinute, MILLIS_PER_SECOND)] {
            if self.byte(0) != Some(b':') || !self.byte(1).is_some_and(|byte| byte.is_ascii_digit()) {
                break;
            }
            self.position += 1;
            bucket.save(field, self.number(2)?);
            unit_millis = unit;
        }
        let mut fraction_millis = 0;
        if matches!(self.byte(0), Some(b'.' | b',')) && self.byte(1).is_some_and(|byte| byte.is_ascii_digit()) {
            self.position += 1;
            let mut scale = unit_millis * 10;
            let mut tenths = 0;
            // Joda reads nine digits at most.
            for _ in 0..9 {
                match self.byte(0) {
                    Some(digit) if digit.is_ascii_digit() => {
                        scale /= 10;
                        tenths += i64::from(digit - b'0') * scale;
                        self.position += 1;
                    }
                    _ => break,
                }
            }
            fraction_millis = tenths / 10;
        }
        Ok(self.compute(&mut bucket).map(|millis| millis + fraction_millis))
    }

    fn offset(&mut self) -> Result<ParsedZone, usize> {
        if self.eat(b'Z') {
            return Ok(ParsedZone::OffsetMillis(0));
        }
        let sign = match self.byte(0) {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return Ok(ParsedZone::None),
        };
        self.position += 1;
        let mut seconds = self.two_digits(23)? * 3600;
        for unit in [60, 1] {
            let has_colon = self.byte(0) == Some(b':');
            if !has_colon && !self.byte(0).is_some_and(|byte| byte.is_ascii_digit()) {
                break;
            }
            self.position += usize::from(has_colon);
            seconds += self.two_digits(59)? * unit;
        }
        Ok(ParsedZone::OffsetMillis(sign * seconds * 1000))
    }

    fn two_digits(&mut self, maximum: i64) -> Result<i64, usize> {
        let start = self.position;
        match self.number(2) {
            Ok(value) if self.position == start + 2 && value <= maximum => Ok(value),
            _ => Err(start),
        }
    }

    fn java_date_time(&mut self) -> Option<NanosMoment> {
        let start = self.position;
        // Past this the milliseconds leave 64 bits.
        let year = self.year().ok().filter(|year| year.abs() < 292_000_000)?;
        if self.position - start < 4 {
            return None;
        }
        let month = self.eat(b'-').then(|| self.two_digits(12).ok()).flatten().filter(|month| *month >= 1)? as u32;
        let day = self.eat(b'-').then(|| self.two_digits(31).ok()).flatten().filter(|day| *day >= 1)? as u32;
        if day > calendar::days_in_month(year, month) || !(self.eat(b'T') || self.eat(b't')) {
            return None;
        }
        let hour = self.two_digits(23).ok()?;
        let minute = self.eat(b':').then(|| self.two_digits(59).ok()).flatten()?;
        let mut nanos_of_day = (hour * 3600 + minute * 60) * 1_000_000_000;
        if self.eat(b':') {
            nanos_of_day += self.two_digits(59).ok()? * 1_000_000_000;
            if self.eat(b'.') {
                let from = self.position;
                let fraction = self.number(9).unwrap_or(0);
                nanos_of_day += fraction * 10_i64.pow(9 - (self.position - from) as u32);
            }
        }
        let mut zone = match self.byte(0) {
            Some(b'z') => {
                self.position += 1;
                ParsedZone::OffsetMillis(0)
            }
            _ => self.offset().ok()?,
        };
        if self.byte(0) == Some(b'[') {
            let id = self.text.get(self.position + 1..).and_then(|rest| rest.split_once(']')).map(|(id, _)| id.to_string())?;
            self.position += id.len() + 2;
            zone = ParsedZone::Id(id);
        }
        Some(NanosMoment { epoch_day: calendar::days_from_civil(year, month, day), nanos_of_day, zone })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::datetime::calendar::days_from_civil;

    // ISO 8601 by example, as in Trino's manual: week dates, ordinal dates, offsets.
    #[test]
    fn reads_dates_of_all_three_forms() {
        let day = days_from_civil(2001, 8, 22);
        for text in ["2001-08-22", "2001-234", "2001-W34-3"] {
            assert_eq!(parse_date(text), Ok(day), "{text}");
        }
        assert_eq!(parse_date("2020-W10"), Ok(days_from_civil(2020, 3, 2)));
        assert!(parse_date("2001-08-22x").is_err());
        assert!(parse_date("2001-02-30").is_err());
    }

    #[test]
    fn reads_times_and_offsets() {
        let midnight = days_from_civil(2001, 8, 22) * MILLIS_PER_DAY;
        let moment = parse_date_time("2001-08-22T12:34:56.123-11:00").unwrap();
        assert_eq!(moment.local_millis - midnight, 45_296_123);
        assert_eq!(moment.zone, ParsedZone::OffsetMillis(-11 * MILLIS_PER_HOUR));
        assert_eq!(parse_date_time("2001-08-22T12.5").unwrap().local_millis - midnight, 45_000_000);
        assert_eq!(parse_date_time("2001-08-22").unwrap(), ParsedMoment { local_millis: midnight, zone: ParsedZone::None });
        assert!(parse_date_time("2001-08-22T25:00").is_err());
    }

    #[test]
    fn reads_nanoseconds_and_named_zones() {
        let moment = parse_date_time_nanos("2001-08-22T12:34:56.123456789+02:00[Europe/Paris]").unwrap();
        assert_eq!(moment.nanos_of_day % 1_000_000_000, 123_456_789);
        assert_eq!(moment.zone, ParsedZone::Id("Europe/Paris".to_string()));
        assert!(parse_date_time_nanos("2001-08-22").is_err());
    }
}
