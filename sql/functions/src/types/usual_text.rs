//! Which day and second does the usual spelling `2020-01-02` and `12:34:56` mean? Read at once; every other spelling is for the full readers.

use super::civil::{days_from_civil, days_in_month};

/// Days since 1970-01-01 of `YYYY-MM-DD`; `None` when it is spelled otherwise or is no date.
#[inline]
pub fn usual_date(text: &[u8; 10]) -> Option<i64> {
    let [y1, y2, y3, y4, dash1, m1, m2, dash2, d1, d2] = *text;
    if dash1 != b'-' || dash2 != b'-' || !are_digits(&[y1, y2, y3, y4, m1, m2, d1, d2]) {
        return None;
    }
    let (year, month, day) = (two(y1, y2) * 100 + two(y3, y4), two(m1, m2), two(d1, d2));
    let is_date = (1..=12).contains(&month) && day >= 1 && day <= days_in_month(i64::from(year), month);
    is_date.then(|| days_from_civil(i64::from(year), month, day))
}

/// Seconds of the day of `hh:mm:ss`; `None` when it is spelled otherwise or is no time.
#[inline]
pub fn usual_time(text: &[u8; 8]) -> Option<i64> {
    let [h1, h2, colon1, m1, m2, colon2, s1, s2] = *text;
    if colon1 != b':' || colon2 != b':' || !are_digits(&[h1, h2, m1, m2, s1, s2]) {
        return None;
    }
    let (hour, minute, second) = (two(h1, h2), two(m1, m2), two(s1, s2));
    (hour < 24 && minute < 60 && second < 60).then(|| i64::from(hour * 3600 + minute * 60 + second))
}

/// Milliseconds of a fraction of one to three digits.
#[inline]
pub fn usual_fraction_millis(text: &[u8]) -> Option<i64> {
    let unit = match text.len() {
        1 => 100,
        2 => 10,
        3 => 1,
        _ => return None,
    };
    let mut millis = 0;
    for byte in text {
        if !byte.is_ascii_digit() {
            return None;
        }
        millis = millis * 10 + i64::from(byte - b'0');
    }
    Some(millis * unit)
}

#[inline]
fn are_digits(bytes: &[u8]) -> bool {
    let mut is_other = false;
    for byte in bytes {
        is_other |= byte.wrapping_sub(b'0') > 9;
    }
    !is_other
}

/// The number two digits are.
#[inline]
fn two(tens: u8, ones: u8) -> u32 {
    u32::from(tens - b'0') * 10 + u32::from(ones - b'0')
}
