//! Which value does a piece of text stand for? Hive's rules for booleans, numbers, dates and timestamps.
//!
//! Ref: Trino 401 hive formats, text encodings (bug for bug LazySimpleSerDe); Java's `Double.parseDouble` and `BigDecimal`.

use owlake_functions::types::civil::{MILLIS_PER_DAY, SECONDS_PER_DAY, days_from_civil};

/// Hive takes no shorter text for a timestamp.
const TIMESTAMP_BYTES_MIN: usize = 8;
/// More digits overflow a bigint, whatever they are.
const BIGINT_DIGITS_MAX: usize = 19;
/// Whole numbers up to here are exact in a double.
const EXACT_MANTISSA_MAX: u64 = 1 << 53;
const EXACT_POWERS: [f64; 23] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

/// `true` or `false` in any case; nothing else, not even with a space.
#[inline]
pub fn boolean(text: &[u8]) -> Option<bool> {
    match text.len() {
        4 if text.eq_ignore_ascii_case(b"true") => Some(true),
        5 if text.eq_ignore_ascii_case(b"false") => Some(false),
        _ => None,
    }
}

/// A whole number of 64 bits: a sign, digits, and a fraction that must be digits and is cut off.
#[inline]
pub fn integer(text: &[u8]) -> Option<i64> {
    let (is_negative, digits) = match text.first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if digits.is_empty() {
        return None;
    }
    if digits.len() < BIGINT_DIGITS_MAX {
        let mut value = 0i64;
        for (position, byte) in digits.iter().enumerate() {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return (*byte == b'.' && is_digits(&digits[position + 1..])).then_some(if is_negative { -value } else { value });
            }
            value = value * 10 + i64::from(digit);
        }
        return Some(if is_negative { -value } else { value });
    }
    long_integer(is_negative, digits)
}

fn long_integer(is_negative: bool, digits: &[u8]) -> Option<i64> {
    let whole = match memchr::memchr(b'.', digits) {
        Some(point) if is_digits(&digits[point + 1..]) => &digits[..point],
        Some(_) => return None,
        None => digits,
    };
    let mut value = 0i64;
    for byte in whole {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        // Counted downwards: the lowest value has no positive counterpart.
        value = value.checked_mul(10)?.checked_sub(i64::from(digit))?;
    }
    if is_negative { Some(value) } else { value.checked_neg() }
}

fn is_digits(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_digit)
}

/// As `Double.parseDouble`: blanks around, `NaN`, `Infinity`, a final `d` or `f`; no hexadecimal floats (Deviation: Java reads them).
#[inline]
pub fn double(text: &[u8]) -> Option<f64> {
    simple_double(text).or_else(|| java_number(text, |plain| plain.parse().ok(), f64::NAN, f64::INFINITY))
}

/// As `Float.parseFloat`, rounded once.
pub fn real(text: &[u8]) -> Option<f32> {
    java_number(text, |plain| plain.parse().ok(), f32::NAN, f32::INFINITY)
}

/// A plain decimal whose digits and power of ten are exact as doubles, so that one division rounds correctly.
#[inline]
fn simple_double(text: &[u8]) -> Option<f64> {
    let (is_negative, digits) = match text.first()? {
        b'-' => (true, &text[1..]),
        _ => (false, text),
    };
    if digits.is_empty() || digits.len() > BIGINT_DIGITS_MAX {
        return None;
    }
    let mut mantissa = 0u64;
    let mut point = None;
    for (position, byte) in digits.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            mantissa = mantissa * 10 + u64::from(digit);
        } else if *byte == b'.' && point.is_none() && digits.len() > 1 {
            point = Some(position);
        } else {
            return None;
        }
    }
    if mantissa > EXACT_MANTISSA_MAX {
        return None;
    }
    let decimals = point.map_or(0, |point| digits.len() - point - 1);
    let value = mantissa as f64 / EXACT_POWERS[decimals];
    Some(if is_negative { -value } else { value })
}

fn java_number<T: std::ops::Neg<Output = T>>(text: &[u8], parse: impl Fn(&str) -> Option<T>, nan: T, infinity: T) -> Option<T> {
    let text = java_trim(text);
    let (is_negative, unsigned) = match text.first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    match unsigned {
        b"NaN" => return Some(nan),
        b"Infinity" => return Some(if is_negative { -infinity } else { infinity }),
        _ => {}
    }
    let plain = match text.last()? {
        b'd' | b'D' | b'f' | b'F' => &text[..text.len() - 1],
        _ => text,
    };
    if !plain.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')) {
        return None;
    }
    parse(std::str::from_utf8(plain).ok()?)
}

/// Without what Java's `String.trim` takes for blanks.
pub fn java_trim(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| *byte > b' ').unwrap_or(text.len());
    let end = text.iter().rposition(|byte| *byte > b' ').map_or(start, |last| last + 1);
    &text[start..end]
}

/// The unscaled value of a `BigDecimal` text rounded half up to `scale`; none when it has more than `precision` digits then.
pub fn decimal(text: &[u8], precision: u8, scale: u8) -> Option<i128> {
    let (is_negative, text) = match text.first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match text.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(at) => {
            let digits = &text[at + 1..];
            let unsigned = digits.strip_prefix(b"+").or(digits.strip_prefix(b"-")).unwrap_or(digits);
            if unsigned.is_empty() || unsigned.len() > 10 || !is_digits(unsigned) {
                return None;
            }
            (&text[..at], integer(digits)?)
        }
        None => (text, 0),
    };
    let (whole, fraction) = match memchr::memchr(b'.', mantissa) {
        Some(point) => (&mantissa[..point], &mantissa[point + 1..]),
        None => (mantissa, &mantissa[mantissa.len()..]),
    };
    if whole.is_empty() && fraction.is_empty() || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    // How many of the digits stay: those before the point moved by the exponent and the scale.
    let kept = i64::try_from(whole.len()).ok()?.checked_add(exponent)?.checked_add(i64::from(scale))?;
    let mut digits = whole.iter().chain(fraction).map(|byte| i128::from(byte - b'0'));
    let mut value = 0i128;
    for digit in digits.by_ref().take(usize::try_from(kept).unwrap_or(0)) {
        value = value.checked_mul(10)?.checked_add(digit)?;
    }
    let given = i64::try_from(whole.len() + fraction.len()).ok()?;
    if kept > given {
        for _ in given..kept {
            if value == 0 {
                break;
            }
            value = value.checked_mul(10)?;
        }
    } else if kept >= 0 && digits.next().is_some_and(|digit| digit >= 5) {
        value += 1;
    }
    (value < 10i128.pow(u32::from(precision))).then_some(if is_negative { -value } else { value })
}

/// Days of `y-M-d`; blanks around and anything after a blank are not looked at; months and days beyond their range carry over.
pub fn date(text: &[u8]) -> Option<i32> {
    let text = java_trim(text);
    let text = memchr::memchr(b' ', text).map_or(text, |blank| &text[..blank]);
    let (days, rest) = leading_date(text)?;
    rest.is_empty().then(|| i32::try_from(days).ok())?
}

/// Milliseconds of `y-M-d[ H:m:s[.f]]` or `y-M-dTH:m[:s[.f]]`, up to nine digits of fraction rounded half up.
pub fn timestamp_millis(text: &[u8]) -> Option<i64> {
    if text.len() < TIMESTAMP_BYTES_MIN {
        return None;
    }
    timestamp_of_trimmed(java_trim(text))
}

pub(super) fn timestamp_of_trimmed(text: &[u8]) -> Option<i64> {
    let (days, rest) = leading_date(text)?;
    let Some((separator, rest)) = rest.split_first() else { return days.checked_mul(MILLIS_PER_DAY) };
    let is_iso = match separator {
        b' ' => false,
        b'T' | b't' => true,
        _ => return None,
    };
    let (hours, rest) = leading_number(rest)?;
    let (minutes, rest) = leading_number(rest.strip_prefix(b":")?)?;
    let (seconds, rest) = match rest.strip_prefix(b":") {
        Some(rest) => leading_number(rest)?,
        None if is_iso => (0, rest),
        None => return None,
    };
    let nanos = match rest.split_first() {
        None => 0,
        Some((b'.', digits)) if digits.len() <= 9 && is_digits(digits) && (is_iso || !digits.is_empty()) => {
            digits.iter().chain(std::iter::repeat(&b'0')).take(9).fold(0i64, |value, digit| value * 10 + i64::from(digit - b'0'))
        }
        Some(_) => return None,
    };
    let seconds = hours.checked_mul(3_600)?.checked_add(minutes.checked_mul(60)?)?.checked_add(seconds)?;
    let seconds = days.checked_mul(SECONDS_PER_DAY)?.checked_add(seconds)?;
    seconds.checked_mul(1_000)?.checked_add((nanos + 500_000) / 1_000_000)
}

/// The days of a leading `y-M-d`, and what follows.
#[inline]
fn leading_date(text: &[u8]) -> Option<(i64, &[u8])> {
    if let Some((date, rest)) = text.split_first_chunk::<10>()
        && rest.first().is_none_or(|byte| !byte.is_ascii_digit())
        && let Some(days) = usual_date(date)
    {
        return Some((days, rest));
    }
    let (is_negative, unsigned) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, text),
    };
    let (year, rest) = leading_number(unsigned)?;
    let (month, rest) = leading_number(rest.strip_prefix(b"-")?)?;
    let (day, rest) = leading_number(rest.strip_prefix(b"-")?)?;
    let year = if is_negative { -year } else { year };
    let months = month - 1;
    let year = year + months.div_euclid(12);
    let month = u32::try_from(months.rem_euclid(12) + 1).ok()?;
    Some((days_from_civil(year, month, 1) + day - 1, rest))
}

/// `yyyy-MM-dd` with month and day in range.
#[inline]
fn usual_date(text: &[u8; 10]) -> Option<i64> {
    let digit = |at: usize| -> u32 { u32::from(text[at].wrapping_sub(b'0')) };
    let is_all_digits = [0, 1, 2, 3, 5, 6, 8, 9].iter().all(|at| digit(*at) <= 9);
    if !is_all_digits || text[4] != b'-' || text[7] != b'-' {
        return None;
    }
    let year = digit(0) * 1_000 + digit(1) * 100 + digit(2) * 10 + digit(3);
    let (month, day) = (digit(5) * 10 + digit(6), digit(8) * 10 + digit(9));
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then(|| days_from_civil(i64::from(year), month, day))
}

/// Up to ten leading digits as a number; none without any, or with more.
#[inline]
fn leading_number(text: &[u8]) -> Option<(i64, &[u8])> {
    let mut value = 0i64;
    let mut length = 0;
    while let Some(digit) = text.get(length).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit <= 9) {
        value = value * 10 + i64::from(digit);
        length += 1;
        if length > 10 {
            return None;
        }
    }
    (length > 0).then(|| (value, &text[length..]))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_cut_at_the_point_and_must_fit() {
        // Ref: Hive `LazyLong.parseLong`, Trino `LongEncoding`.
        for (text, value) in [
            ("0", Some(0)),
            ("-7", Some(-7)),
            ("+7", Some(7)),
            ("007", Some(7)),
            ("12.99", Some(12)),
            ("-12.", Some(-12)),
            (".5", Some(0)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("00000000000000000000000000000012.5", Some(12)),
            ("9223372036854775808", None),
            ("12.x", None),
            ("1e3", None),
            (" 1", None),
            ("1 ", None),
            ("-", None),
            ("", None),
            ("0x10", None),
        ] {
            assert_eq!(integer(text.as_bytes()), value, "{text:?}");
        }
    }

    #[test]
    fn doubles_read_as_java_does() {
        for (text, value) in [
            ("1.5", Some(1.5)),
            ("-0.1", Some(-0.1)),
            ("0.3", Some(0.3)),
            ("123456789012345678", Some(123456789012345678.0)),
            ("1e308", Some(1e308)),
            (" 2.5 ", Some(2.5)),
            ("2.5f", Some(2.5)),
            (".5", Some(0.5)),
            ("5.", Some(5.0)),
            ("+1", Some(1.0)),
            ("-Infinity", Some(f64::NEG_INFINITY)),
            ("inf", None),
            ("nan", None),
            (".", None),
            ("", None),
            ("1,5", None),
            ("1.2.3", None),
        ] {
            assert_eq!(double(text.as_bytes()), value, "{text:?}");
        }
        assert!(double(b"NaN").unwrap().is_nan());
        assert!(double(b"-0").unwrap().is_sign_negative());
        // What is exact must agree with the correctly rounded value.
        for text in ["17.85", "0.1", "3.30", "9007199254740991", "1234.56789", "0.000001"] {
            assert_eq!(double(text.as_bytes()), text.parse().ok(), "{text}");
        }
    }

    #[test]
    fn decimals_round_half_up_to_the_scale() {
        for (text, value) in [
            ("1.005", Some(101)),
            ("-1.005", Some(-101)),
            ("1.004", Some(100)),
            ("12", Some(1200)),
            ("1e2", Some(10_000)),
            ("125E-3", Some(13)),
            ("0.004", Some(0)),
            (".5", Some(50)),
            ("999.994", Some(99_999)),
            ("999.995", None),
            ("1000", None),
            ("0e99", Some(0)),
            ("", None),
            (".", None),
            ("1e", None),
            ("a", None),
        ] {
            assert_eq!(decimal(text.as_bytes(), 5, 2), value, "{text:?}");
        }
    }

    #[test]
    fn dates_and_timestamps_are_lenient() {
        // Ref: Trino `HiveFormatUtils`: java.time patterns in lenient mode.
        assert_eq!(date(b"1970-01-11"), Some(10));
        assert_eq!(date(b" 1970-1-2 03:04:05"), Some(1));
        assert_eq!(date(b"1970-02-30"), Some(60));
        assert_eq!(date(b"1970-13-01"), Some(365));
        assert_eq!(date(b"20200101"), None);
        assert_eq!(date(b"01/02/2020"), None);
        assert_eq!(timestamp_millis(b"1970-01-01 00:00:01.25"), Some(1_250));
        assert_eq!(timestamp_millis(b"1970-01-01T00:01"), Some(60_000));
        assert_eq!(timestamp_millis(b"1970-01-02"), Some(86_400_000));
        assert_eq!(timestamp_millis(b"1970-01-01 0:0:0.0005"), Some(1));
        assert_eq!(timestamp_millis(b"1969-12-31 23:59:59.9994"), Some(-1));
        assert_eq!(timestamp_millis(b"1-1-1"), None);
        assert_eq!(timestamp_millis(b"1970-01-01 00:00"), None);
        assert_eq!(timestamp_millis(b"1970-01-01 00:00:00."), None);
        assert_eq!(timestamp_millis(b"1579059880000"), None);
    }
}
