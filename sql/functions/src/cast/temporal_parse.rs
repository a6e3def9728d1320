//! Which date, time or timestamp does a text mean? Shared by literals and casts. Ref: Trino 401 `DateTimes`, `DateTimeUtils.parseDate`.

use crate::types::civil::{PICOS_PER_DAY, PICOS_PER_SECOND, SECONDS_PER_DAY, days_from_civil, days_in_month};
use crate::types::usual_text::{usual_date, usual_fraction_millis, usual_time};
use crate::types::zone::{self, ZoneKey};

/// A timestamp as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenTimestamp {
    /// Wall-clock picoseconds since 1970-01-01.
    pub local_picos: i128,
    /// Digits of the fraction: the precision of a literal. May pass 12; then `local_picos` lacks the rest.
    pub digits: usize,
    /// The zone, as written and found, when there is one.
    pub zone: Option<ZoneKey>,
}

/// A time as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenTime {
    /// Picoseconds of the day.
    pub picos: i64,
    /// Digits of the fraction, as in [`WrittenTimestamp`].
    pub digits: usize,
    pub offset_minutes: Option<i32>,
}

/// `[+-]YYYY-M-D` with blanks around. None when it is not a date or out of the range of a 32 bit day number.
pub fn parse_date(text: &str) -> Option<i32> {
    if let Ok(usual) = <&[u8; 10]>::try_from(text.as_bytes())
        && let Some(days) = usual_date(usual)
    {
        return i32::try_from(days).ok();
    }
    let mut scanner = Scanner { rest: text.trim_matches(|c: char| c.is_whitespace()) };
    let days = scanner.date(1)?;
    if scanner.rest.is_empty() { i32::try_from(days).ok() } else { None }
}

/// `YYYY-M-D[ H:M[:S[.fraction]]][ zone]`. None when it is not a timestamp or the zone is unknown.
pub fn parse_timestamp(text: &str) -> Option<WrittenTimestamp> {
    let mut scanner = Scanner { rest: text.trim_matches(|c: char| c.is_whitespace()) };
    let days = scanner.date(4)?;
    let mut found = WrittenTimestamp { local_picos: i128::from(days) * i128::from(PICOS_PER_DAY), digits: 0, zone: None };
    if scanner.rest.is_empty() {
        return Some(found);
    }
    scanner.eats(b' ').then_some(())?;
    let before = scanner.rest;
    if let Some((picos, digits)) = scanner.time() {
        found.local_picos += i128::from(picos);
        found.digits = digits;
    } else {
        scanner.rest = before;
    }
    let zone = scanner.rest.trim_start();
    if !zone.is_empty() {
        found.zone = Some(zone::find_key(zone)?);
    }
    Some(found)
}

/// Wall-clock milliseconds of `YYYY-MM-DD hh:mm:ss[.f[f[f]]]`; `None` for every other text, timestamp or not.
pub fn parse_usual_millis(text: &str) -> Option<i64> {
    let (date, rest) = text.as_bytes().split_first_chunk::<10>()?;
    let (time, rest) = rest.strip_prefix(b" ")?.split_first_chunk::<8>()?;
    let seconds = usual_date(date)? * SECONDS_PER_DAY + usual_time(time)?;
    let fraction_millis = match rest {
        [] => 0,
        [b'.', digits @ ..] => usual_fraction_millis(digits)?,
        _ => return None,
    };
    Some(seconds * 1000 + fraction_millis)
}

/// `H:M[:S[.fraction]][ ][+-HH:MM]`.
pub fn parse_time(text: &str) -> Option<WrittenTime> {
    let mut scanner = Scanner { rest: text.trim_matches(|c: char| c.is_whitespace()) };
    let (picos, digits) = scanner.time()?;
    let zone = scanner.rest.trim_start();
    let offset_minutes = match zone {
        "" => None,
        _ => Some(zone::parse_offset_minutes(zone).filter(|minutes| minutes.abs() <= 14 * 60)?),
    };
    Some(WrittenTime { picos, digits, offset_minutes })
}

struct Scanner<'a> {
    rest: &'a str,
}

impl Scanner<'_> {
    fn date(&mut self, year_digits_min: usize) -> Option<i64> {
        let is_negative = match self.rest.as_bytes().first()? {
            b'-' => self.eats(b'-'),
            _ => {
                self.eats(b'+');
                false
            }
        };
        let (year, _) = self.number(year_digits_min, 9)?;
        let year = if is_negative { -year } else { year };
        self.eats(b'-').then_some(())?;
        let (month, _) = self.number(1, 2)?;
        self.eats(b'-').then_some(())?;
        let (day, _) = self.number(1, 2)?;
        let (month, day) = (month as u32, day as u32);
        if !(1..=12).contains(&month) || day == 0 || day > days_in_month(year, month) {
            return None;
        }
        Some(days_from_civil(year, month, day))
    }

    /// Picoseconds of the day and the digits of the fraction.
    fn time(&mut self) -> Option<(i64, usize)> {
        let (hour, _) = self.number(1, 2)?;
        self.eats(b':').then_some(())?;
        let (minute, _) = self.number(1, 2)?;
        let (mut second, mut fraction, mut digits) = (0, 0, 0);
        if self.eats(b':') {
            second = self.number(1, 2)?.0;
            if self.eats(b'.') {
                let end = self.rest.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(self.rest.len());
                let (written, rest) = self.rest.split_at(end);
                self.rest = rest;
                digits = written.len();
                let kept = &written[..digits.min(12)];
                fraction = if kept.is_empty() { return None } else { kept.parse::<i64>().ok()? * 10i64.pow(12 - kept.len() as u32) };
            }
        }
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        Some(((hour * 3600 + minute * 60 + second) * PICOS_PER_SECOND + fraction, digits))
    }

    fn number(&mut self, digits_min: usize, digits_max: usize) -> Option<(i64, usize)> {
        let end = self.rest.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(self.rest.len());
        if end < digits_min || end > digits_max {
            return None;
        }
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        digits.parse().ok().map(|number| (number, end))
    }

    fn eats(&mut self, byte: u8) -> bool {
        let fits = self.rest.as_bytes().first() == Some(&byte);
        if fits {
            self.rest = &self.rest[1..];
        }
        fits
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_strict() {
        assert_eq!(parse_date("2001-1-22"), Some(11_344));
        assert_eq!(parse_date(" \t 2001-1-22 \t "), Some(11_344));
        for wrong in ["2013-02-002", "2013-02-29", "2013 -02-02", "2013- 2-02", "+ 2013-02-02", "5881580-07-12", "2013-02-02x", ""] {
            assert_eq!(parse_date(wrong), None, "{wrong}");
        }
        assert_eq!(parse_date("5881580-07-11"), Some(i32::MAX));
    }

    #[test]
    fn timestamps_keep_digits_and_zone() {
        let found = parse_timestamp("2020-05-10 12:34:56.1111 +01:23").unwrap();
        assert_eq!((found.digits, found.zone), (4, zone::key_of_offset(83)));
        assert_eq!(found.local_picos, (18_392 * 86_400 + 45_296) * 1_000_000_000_000 + 111_100_000_000);
        assert_eq!(parse_timestamp("2001-1-22 +07:09").unwrap().zone, zone::key_of_offset(429));
        assert_eq!(parse_timestamp("2020-05-10 03:04").unwrap().digits, 0);
        for wrong in
            ["2020-05-10T12:34:56", "2020-05-10 xxx", "2022-00-01 00:00:00", "ABC", "2020-05-10 12:34:56.1 xxx", "2020-05-10 25:00:00"]
        {
            assert_eq!(parse_timestamp(wrong), None, "{wrong}");
        }
        assert_eq!(parse_time("12:34:56.123+08:35").unwrap().offset_minutes, Some(515));
        assert_eq!(parse_time("12:00:00-14:01"), None);
    }
}
