//! Which moment does a text mean under a compiled pattern? Ref: Joda-Time 2 `DateTimeFormatterBuilder`, `FormatUtils.createErrorMessage`, locale English.

use super::parse_fields::FieldBucket;
use super::pattern::{ERAS, Element, HALFDAYS, MONTHS, Pattern, PatternField, WEEKDAYS};
use crate::error::FunctionError;

/// The zone a text names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParsedZone {
    None,
    OffsetMillis(i64),
    Id(String),
}

/// A local time and the zone read beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedMoment {
    pub local_millis: i64,
    pub zone: ParsedZone,
}

/// Finds the longest time zone id a text starts with; answers its length in bytes.
pub type ZoneIdMatcher = dyn Fn(&str) -> Option<usize>;

/// Reads the whole of `text`; `bucket` is emptied first. Errors: INVALID_FUNCTION_ARGUMENT with Joda's texts.
pub fn parse(
    pattern: &Pattern,
    text: &str,
    match_zone_id: &ZoneIdMatcher,
    bucket: &mut FieldBucket,
) -> Result<ParsedMoment, FunctionError> {
    bucket.clear();
    let mut reader = Reader { text, position: 0, bucket, zone: ParsedZone::None, match_zone_id };
    for element in &pattern.elements {
        if let Err(position) = reader.read(element) {
            return Err(malformed(text, position));
        }
    }
    if reader.position < text.len() {
        return Err(malformed(text, reader.position));
    }
    let local_millis =
        reader.bucket.compute_millis().map_err(|error| FunctionError::argument(format!("Cannot parse \"{text}\": {error}")))?;
    Ok(ParsedMoment { local_millis, zone: reader.zone })
}

/// Joda's text for a text that does not fit, `position` in bytes.
pub fn malformed(text: &str, position: usize) -> FunctionError {
    // Joda counts UTF-16 units; the sample is cut 32 of them past the fault.
    let units_before = text.get(..position).map_or(0, |head| head.encode_utf16().count());
    let units: Vec<u16> = text.encode_utf16().collect();
    let sample = match units.get(..units_before + 32) {
        Some(head) if units.len() > units_before + 35 => format!("{}...", String::from_utf16_lossy(head)),
        _ => text.to_string(),
    };
    FunctionError::argument(if position == 0 {
        format!("Invalid format: \"{sample}\"")
    } else if position >= text.len() {
        format!("Invalid format: \"{sample}\" is too short")
    } else {
        format!("Invalid format: \"{sample}\" is malformed at \"{}\"", sample.get(position..).unwrap_or(""))
    })
}

struct Reader<'a> {
    text: &'a str,
    position: usize,
    bucket: &'a mut FieldBucket,
    zone: ParsedZone,
    match_zone_id: &'a ZoneIdMatcher,
}

impl Reader<'_> {
    /// Reads one element; the error is the position of the fault.
    fn read(&mut self, element: &Element) -> Result<(), usize> {
        match element {
            Element::Literal(literal) => self.read_literal(literal),
            Element::Number { field, digits_max, is_signed, .. } => {
                let value = self.read_number(*digits_max, *is_signed)?;
                self.bucket.save(*field, value);
                Ok(())
            }
            Element::TwoDigitYear { field, pivot, is_lenient } => self.read_two_digit_year(*field, *pivot, *is_lenient),
            Element::Text { field, .. } => self.read_text(*field),
            Element::Fraction { digits_max, .. } => self.read_fraction(*digits_max),
            Element::ZoneOffset { .. } => self.read_offset(),
            Element::ZoneId => self.read_zone_id(),
            Element::ZoneName { .. } => self.read_zone_name(),
        }
    }

    fn rest(&self) -> &str {
        self.text.get(self.position..).unwrap_or("")
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.position + ahead).copied()
    }

    /// Literals are read without regard to case.
    fn read_literal(&mut self, literal: &str) -> Result<(), usize> {
        let mut characters = self.rest().chars();
        let mut length = 0;
        for expected in literal.chars() {
            match characters.next() {
                Some(found) if found == expected || found.to_lowercase().eq(expected.to_lowercase()) => length += found.len_utf8(),
                _ => return Err(self.position + if literal.chars().count() == 1 { 0 } else { length }),
            }
        }
        self.position += length;
        Ok(())
    }

    fn read_number(&mut self, digits_max: usize, is_signed: bool) -> Result<i64, usize> {
        let mut ahead = 0;
        let mut is_negative = false;
        if is_signed
            && matches!(self.byte(0), Some(b'-' | b'+'))
            && self.byte(1).is_some_and(|digit| digit.is_ascii_digit())
            && digits_max > 1
        {
            is_negative = self.byte(0) == Some(b'-');
            ahead = 1;
        }
        let sign_length = ahead;
        let mut value: i64 = 0;
        while ahead < digits_max + sign_length {
            match self.byte(ahead) {
                Some(digit) if digit.is_ascii_digit() => value = value.saturating_mul(10).saturating_add(i64::from(digit - b'0')),
                _ => break,
            }
            ahead += 1;
        }
        if ahead == sign_length || value > i64::from(i32::MAX) {
            return Err(self.position);
        }
        self.position += ahead;
        Ok(if is_negative { -value } else { value })
    }

    fn read_two_digit_year(&mut self, field: PatternField, pivot: i64, is_lenient: bool) -> Result<(), usize> {
        if is_lenient {
            let sign_length = usize::from(matches!(self.byte(0), Some(b'-' | b'+')));
            let digits = self.rest().bytes().skip(sign_length).take_while(u8::is_ascii_digit).count();
            if digits == 0 {
                return Err(self.position);
            }
            if sign_length == 1 || digits != 2 {
                let value = self.read_number(18, true)?;
                self.bucket.save(field, value);
                return Ok(());
            }
        }
        let (Some(tens @ b'0'..=b'9'), Some(ones @ b'0'..=b'9')) = (self.byte(0), self.byte(1)) else {
            return Err(self.position);
        };
        let two_digits = i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
        let low = pivot - 50;
        let low_two_digits = low.rem_euclid(100);
        self.bucket.save(field, two_digits + low - low_two_digits + if two_digits < low_two_digits { 100 } else { 0 });
        self.position += 2;
        Ok(())
    }

    /// Names are read long or short, as printed or in one case throughout; the longest wins.
    fn read_text(&mut self, field: PatternField) -> Result<(), usize> {
        let (names, first): (&[&str], i64) = match field {
            PatternField::MonthOfYear => (&MONTHS, 1),
            PatternField::DayOfWeek => (&WEEKDAYS, 1),
            PatternField::HalfdayOfDay => (&HALFDAYS, 0),
            _ => (&ERAS, 0),
        };
        let mut best: Option<(usize, i64)> = None;
        for (index, name) in names.iter().enumerate() {
            for candidate in [*name, name.get(..3).unwrap_or(name)] {
                let Some(head) = self.rest().get(..candidate.len()) else { continue };
                let is_one_case = head.bytes().all(|byte| byte.is_ascii_uppercase()) || head.bytes().all(|byte| byte.is_ascii_lowercase());
                let fits = head == candidate || (is_one_case && head.eq_ignore_ascii_case(candidate));
                if fits && best.is_none_or(|(length, _)| candidate.len() > length) {
                    best = Some((candidate.len(), index as i64 + first));
                }
            }
        }
        let (length, value) = best.ok_or(self.position)?;
        self.bucket.save(field, value);
        self.position += length;
        Ok(())
    }

    fn read_fraction(&mut self, digits_max: usize) -> Result<(), usize> {
        let digits = self.rest().bytes().take(digits_max).take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return Err(self.position);
        }
        // Digits past the millisecond are read and dropped.
        let millis = (0..3).fold(0, |value, ahead| {
            value * 10 + if ahead < digits { self.byte(ahead).map_or(0, |digit| i64::from(digit - b'0')) } else { 0 }
        });
        self.bucket.save(PatternField::MillisOfSecond, millis);
        self.position += digits;
        Ok(())
    }

    fn two_digits(&self, maximum: i64) -> Result<i64, usize> {
        match (self.byte(0), self.byte(1)) {
            (Some(tens @ b'0'..=b'9'), Some(ones @ b'0'..=b'9')) => {
                let value = i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
                if value > maximum { Err(self.position) } else { Ok(value) }
            }
            _ => Err(self.position),
        }
    }

    fn read_offset(&mut self) -> Result<(), usize> {
        match self.byte(0) {
            Some(b'Z' | b'z') => {
                self.position += 1;
                self.zone = ParsedZone::OffsetMillis(0);
                return Ok(());
            }
            Some(b'+' | b'-') => {}
            _ => return Err(self.position),
        }
        let sign = if self.byte(0) == Some(b'-') { -1 } else { 1 };
        self.position += 1;
        let mut seconds = self.two_digits(23)? * 3600;
        self.position += 2;
        let mut with_colon = None;
        for unit in [60, 1] {
            let has_colon = self.byte(0) == Some(b':');
            if !has_colon && !self.byte(0).is_some_and(|digit| digit.is_ascii_digit()) {
                break;
            }
            if *with_colon.get_or_insert(has_colon) != has_colon {
                break;
            }
            self.position += usize::from(has_colon);
            seconds += self.two_digits(59)? * unit;
            self.position += 2;
        }
        self.zone = ParsedZone::OffsetMillis(sign * seconds * 1000);
        Ok(())
    }

    fn read_zone_id(&mut self) -> Result<(), usize> {
        let rest = self.rest();
        let length = (self.match_zone_id)(rest).ok_or(self.position)?;
        self.zone = ParsedZone::Id(rest.get(..length).unwrap_or("").to_string());
        self.position += length;
        Ok(())
    }

    /// Joda's default names: the four zones of the United States, and UTC.
    fn read_zone_name(&mut self) -> Result<(), usize> {
        const NAMES: [(&str, &str); 11] = [
            ("UTC", "UTC"),
            ("UT", "UTC"),
            ("GMT", "UTC"),
            ("EST", "America/New_York"),
            ("EDT", "America/New_York"),
            ("CST", "America/Chicago"),
            ("CDT", "America/Chicago"),
            ("MST", "America/Denver"),
            ("MDT", "America/Denver"),
            ("PST", "America/Los_Angeles"),
            ("PDT", "America/Los_Angeles"),
        ];
        let (name, id) = NAMES.iter().find(|(name, _)| self.rest().starts_with(name)).ok_or(self.position)?;
        self.zone = ParsedZone::Id((*id).to_string());
        self.position += name.len();
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::super::calendar::{MILLIS_PER_DAY, days_from_civil};
    use super::super::{joda_pattern, mysql_pattern};
    use super::*;

    fn mysql(text: &str, format: &str) -> Result<i64, String> {
        parse(&mysql_pattern::compile(format).unwrap(), text, &|_| None, &mut FieldBucket::default())
            .map(|moment| moment.local_millis)
            .map_err(|error| error.message)
    }

    fn millis(year: i64, month: u32, day: u32, hour: i64, minute: i64, second: i64, milli: i64) -> i64 {
        days_from_civil(year, month, day) * MILLIS_PER_DAY + ((hour * 60 + minute) * 60 + second) * 1000 + milli
    }

    // Trino manual, "MySQL date functions": 12-hour clocks need %p, fractions keep three digits, two-digit years pivot.
    #[test]
    fn reads_mysql_formats() {
        assert_eq!(mysql("2013-05", "%Y-%m"), Ok(millis(2013, 5, 1, 0, 0, 0, 0)));
        assert_eq!(mysql("2013-05-17 12:35:10", "%Y-%m-%d %h:%i:%s"), Ok(millis(2013, 5, 17, 0, 35, 10, 0)));
        assert_eq!(mysql("2013-05-17 12:35:10 PM", "%Y-%m-%d %h:%i:%s %p"), Ok(millis(2013, 5, 17, 12, 35, 10, 0)));
        assert_eq!(mysql("28-JAN-16 11.45.46.421000 PM", "%d-%b-%y %l.%i.%s.%f %p"), Ok(millis(2016, 1, 28, 23, 45, 46, 421)));
        assert_eq!(mysql("31-MAY-69", "%d-%b-%y"), Ok(millis(2069, 5, 31, 0, 0, 0, 0)));
        assert_eq!(mysql("1998 53", "%x %v"), Ok(millis(1998, 12, 28, 0, 0, 0, 0)));
        assert_eq!(mysql("2013 14", "%Y %y"), Ok(millis(2014, 1, 1, 0, 0, 0, 0)));
        assert_eq!(mysql("59.123456789", "%s.%f"), Ok(59_123));
    }

    #[test]
    fn says_where_a_text_is_wrong() {
        assert_eq!(mysql("2013-x", "%Y-%m"), Err("Invalid format: \"2013-x\" is malformed at \"x\"".to_string()));
        assert_eq!(mysql("2013", "%Y-%m"), Err("Invalid format: \"2013\" is too short".to_string()));
        assert_eq!(mysql("x", "%Y"), Err("Invalid format: \"x\"".to_string()));
        assert_eq!(
            mysql("2013-13", "%Y-%m"),
            Err("Cannot parse \"2013-13\": Value 13 for monthOfYear must be in the range [1,12]".to_string())
        );
        assert_eq!(
            mysql("2013-02-30", "%Y-%m-%d"),
            Err("Cannot parse \"2013-02-30\": Value 30 for dayOfMonth must be in the range [1,28]".to_string())
        );
    }

    #[test]
    fn reads_joda_formats_with_their_zone() {
        let pattern = joda_pattern::compile("yyyy/MM/dd HH:mm Z", 2026).unwrap();
        let moment = parse(&pattern, "1960/01/22 03:04 +0230", &|_| None, &mut FieldBucket::default()).unwrap();
        assert_eq!(moment, ParsedMoment { local_millis: millis(1960, 1, 22, 3, 4, 0, 0), zone: ParsedZone::OffsetMillis(9_000_000) });
        let pattern = joda_pattern::compile("yyyyMMdd", 2026).unwrap();
        assert_eq!(
            parse(&pattern, "20010822", &|_| None, &mut FieldBucket::default()).unwrap().local_millis,
            millis(2001, 8, 22, 0, 0, 0, 0)
        );
        let pattern = joda_pattern::compile("MMM d yy", 2026).unwrap();
        assert_eq!(
            parse(&pattern, "jan 3 46", &|_| None, &mut FieldBucket::default()).unwrap().local_millis,
            millis(1946, 1, 3, 0, 0, 0, 0)
        );
    }
}
