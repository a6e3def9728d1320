//! How is the text of a value put into a buffer without detours? Numbers, dates and timestamps, digit by digit.
//!
//! Each function writes to the front of `slot` and returns the bytes written. Values outside the plain forms (years
//! beyond four digits, exponents, decimals beyond 64 bits) take the writers of the type library, through `scratch`.

use owlake_functions::types::civil::civil_from_days;
use owlake_functions::types::number_text::{push_decimal, push_java_double};
use owlake_functions::types::temporal_text::{push_date, push_timestamp_picos};

/// `-9223372036854775808`.
pub const INTEGER_BYTES_MAX: usize = 20;
/// A sign, 38 digits and a point, or `0.` and 38 digits.
pub const DECIMAL_BYTES_MAX: usize = 41;
/// `-2.2250738585072014E-308`.
pub const REAL_BYTES_MAX: usize = 26;
/// A sign, a year of seven digits, month and day.
pub const DATE_BYTES_MAX: usize = 16;
/// A sign, a year of nine digits, month, day and a time with six digits of the second.
pub const TIMESTAMP_BYTES_MAX: usize = 36;

const DIGIT_PAIRS: &[u8; 200] = b"0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849\
5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

const SECONDS_PER_DAY: i64 = 86_400;

/// An integer.
#[inline]
pub fn put_i64(slot: &mut [u8], value: i64) -> usize {
    if value < 0 {
        slot[0] = b'-';
        let length = digit_count(value.unsigned_abs());
        put_digits(&mut slot[1..=length], value.unsigned_abs());
        return length + 1;
    }
    let length = digit_count(value.unsigned_abs());
    put_digits(&mut slot[..length], value.unsigned_abs());
    length
}

/// A decimal with all digits of its scale.
#[inline]
pub fn put_decimal(slot: &mut [u8], unscaled: i128, scale: u32, scratch: &mut String) -> usize {
    let Ok(value) = i64::try_from(unscaled) else {
        return put_scratch(slot, scratch, |text| push_decimal(text, unscaled, scale));
    };
    if scale == 0 {
        return put_i64(slot, value);
    }
    let (scale, sign) = (scale as usize, usize::from(value < 0));
    let digits = digit_count(value.unsigned_abs()).max(scale + 1);
    let whole = digits - scale;
    if sign == 1 {
        slot[0] = b'-';
    }
    // All digits one place too far right, then the whole ones back over the point's place.
    let body = &mut slot[sign..sign + digits + 1];
    put_digits(&mut body[1..], value.unsigned_abs());
    body.copy_within(1..=whole, 0);
    body[whole] = b'.';
    sign + digits + 1
}

/// A double as Java spells it.
#[inline]
pub fn put_double(slot: &mut [u8], value: f64, scratch: &mut String) -> usize {
    // In this range the shortest digits in plain form are Java's text too.
    if (1e-3..1e7).contains(&value.abs()) {
        let mut buffer = zmij::Buffer::new();
        let text = buffer.format_finite(value).as_bytes();
        slot[..text.len()].copy_from_slice(text);
        return text.len();
    }
    put_scratch(slot, scratch, |text| push_java_double(text, value))
}

/// A date, days since the epoch.
#[inline]
pub fn put_date(slot: &mut [u8], days: i64, scratch: &mut String) -> usize {
    if put_plain_date(slot, days) { 10 } else { put_scratch(slot, scratch, |text| push_date(text, days)) }
}

/// A timestamp of `per_second` units a second since the epoch, with `precision` digits of the second.
#[inline]
pub fn put_timestamp(slot: &mut [u8], value: i64, per_second: i64, precision: u8, scratch: &mut String) -> usize {
    let seconds = value.div_euclid(per_second);
    if !put_plain_date(slot, seconds.div_euclid(SECONDS_PER_DAY)) {
        let picos = i128::from(value) * i128::from(1_000_000_000_000 / per_second);
        return put_scratch(slot, scratch, |text| push_timestamp_picos(text, picos, precision));
    }
    let second_of_day = seconds.rem_euclid(SECONDS_PER_DAY) as u32;
    let time = &mut slot[10..19];
    time[0] = b' ';
    put_pair(&mut time[1..3], second_of_day / 3600);
    time[3] = b':';
    put_pair(&mut time[4..6], second_of_day / 60 % 60);
    time[6] = b':';
    put_pair(&mut time[7..9], second_of_day % 60);
    if precision == 0 {
        return 19;
    }
    let digits = usize::from(precision);
    // `per_second` is a power of ten with at least as many digits as are shown.
    let fraction = value.rem_euclid(per_second) / (per_second / 10i64.pow(u32::from(precision)));
    slot[19] = b'.';
    put_digits(&mut slot[20..20 + digits], fraction as u64);
    20 + digits
}

/// `2020-01-02`; false, with nothing written, for years that have no four digits.
#[inline]
fn put_plain_date(slot: &mut [u8], days: i64) -> bool {
    // From 0000-01-01 to 9999-12-31.
    if !(-719_528..=2_932_896).contains(&days) {
        return false;
    }
    let (year, month, day) = civil_from_days(days);
    let date = &mut slot[..10];
    put_pair(&mut date[0..2], year as u32 / 100);
    put_pair(&mut date[2..4], year as u32 % 100);
    date[4] = b'-';
    put_pair(&mut date[5..7], month);
    date[7] = b'-';
    put_pair(&mut date[8..10], day);
    true
}

#[inline]
fn put_pair(slot: &mut [u8], value: u32) {
    let pair = value as usize * 2;
    slot.copy_from_slice(&DIGIT_PAIRS[pair..pair + 2]);
}

/// Fills the whole of `slot` with the last digits of a number, zeros in front.
#[inline]
fn put_digits(slot: &mut [u8], mut rest: u64) {
    let mut at = slot.len();
    while at >= 2 {
        let pair = (rest % 100) as usize * 2;
        rest /= 100;
        slot[at - 2..at].copy_from_slice(&DIGIT_PAIRS[pair..pair + 2]);
        at -= 2;
    }
    if at == 1 {
        slot[0] = b'0' + (rest % 10) as u8;
    }
}

#[inline]
fn digit_count(value: u64) -> usize {
    value.checked_ilog10().map_or(1, |log| log as usize + 1)
}

#[cold]
fn put_scratch(slot: &mut [u8], scratch: &mut String, push: impl FnOnce(&mut String)) -> usize {
    scratch.clear();
    push(scratch);
    slot[..scratch.len()].copy_from_slice(scratch.as_bytes());
    scratch.len()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use owlake_functions::types::number_text::push_i64;
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    fn both(put: impl FnOnce(&mut [u8]) -> usize, push: impl FnOnce(&mut String)) -> (String, String) {
        let mut slot = [b'#'; TIMESTAMP_BYTES_MAX + DECIMAL_BYTES_MAX];
        let length = put(&mut slot);
        let mut expected = String::new();
        push(&mut expected);
        (String::from_utf8(slot[..length].to_vec()).unwrap(), expected)
    }

    /// The writers of the type library are tested against Trino's texts; the two must not differ.
    #[test]
    fn texts_are_those_of_the_type_library() {
        let mut random = StdRng::seed_from_u64(7);
        let edges = [0, 1, -1, 9, 10, 99, 100, -100, 999_999, i64::MIN, i64::MAX, 86_399_999, -86_400_000];
        for round in 0..20_000 {
            let wide: i64 = random.random();
            let value = edges.get(round).copied().unwrap_or(wide >> random.random_range(0..63));
            let mut scratch = String::new();
            let (ours, theirs) = both(|slot| put_i64(slot, value), |text| push_i64(text, value));
            assert_eq!(ours, theirs);
            for scale in [0, 1, 2, 18, 38] {
                let unscaled = if round % 3 == 0 { i128::from(value) * i128::from(wide) } else { i128::from(value) };
                let (ours, theirs) =
                    both(|slot| put_decimal(slot, unscaled, scale, &mut scratch), |text| push_decimal(text, unscaled, scale));
                assert_eq!(ours, theirs, "{unscaled} of scale {scale}");
            }
            for double in [value as f64 / 1000.0, f64::from_bits(value as u64), f64::from(value as i32) / 7.0, value as i32 as f64] {
                let (ours, theirs) = both(|slot| put_double(slot, double, &mut scratch), |text| push_java_double(text, double));
                assert_eq!(ours, theirs);
            }
            let days = value % 4_000_000;
            let (ours, theirs) = both(|slot| put_date(slot, days, &mut scratch), |text| push_date(text, days));
            assert_eq!(ours, theirs);
            for (per_second, precision) in [(1_000, 0), (1_000, 3), (1_000_000, 4), (1_000_000, 6)] {
                let picos = i128::from(value) * i128::from(1_000_000_000_000 / per_second);
                let (ours, theirs) = both(
                    |slot| put_timestamp(slot, value, per_second, precision, &mut scratch),
                    |text| push_timestamp_picos(text, picos, precision),
                );
                assert_eq!(ours, theirs, "{value} of {per_second}");
            }
        }
    }
}
