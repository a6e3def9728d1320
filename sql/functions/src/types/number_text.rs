//! How are numbers spelled? Ref: Java `Double.toString`, `BigDecimal.toPlainString`; Trino 401 casts of double and real to varchar.

use std::fmt::Write;

use serde_json::ser::{CompactFormatter, Formatter};

use super::java_digits::java_digits;

/// Appends an integer.
#[inline]
pub fn push_integer(out: &mut String, value: i128) {
    if let Ok(small) = i64::try_from(value) {
        push_i64(out, small);
    } else {
        // Writing into a String does not fail.
        let _ = write!(out, "{value}");
    }
}

const DIGIT_PAIRS: &[u8; 200] = b"0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849\
5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

/// Appends a number below 100 as two digits.
#[inline]
fn push_two(out: &mut String, value: u64) {
    out.push(char::from(b'0' + (value / 10) as u8));
    out.push(char::from(b'0' + (value % 10) as u8));
}

/// Appends an integer that fits 64 bits.
#[inline]
pub fn push_i64(out: &mut String, value: i64) {
    out.push_str(digits_of(value, &mut [0; 20]));
}

/// The text of `value`, held at the end of `digits`.
#[inline]
pub fn digits_of(value: i64, digits: &mut [u8; 20]) -> &str {
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    while rest >= 100 {
        let pair = (rest % 100) as usize * 2;
        rest /= 100;
        at -= 2;
        digits[at..at + 2].copy_from_slice(&DIGIT_PAIRS[pair..pair + 2]);
    }
    if rest >= 10 {
        let pair = rest as usize * 2;
        at -= 2;
        digits[at..at + 2].copy_from_slice(&DIGIT_PAIRS[pair..pair + 2]);
    } else {
        at -= 1;
        digits[at] = b'0' + rest as u8;
    }
    if value < 0 {
        at -= 1;
        digits[at] = b'-';
    }
    std::str::from_utf8(&digits[at..]).unwrap_or("0")
}

/// Appends `value` with leading zeros up to `width` digits.
#[inline]
pub fn push_padded(out: &mut String, value: u64, width: usize) {
    match (width, value) {
        (2, 0..=99) => return push_two(out, value),
        (4, 0..=9999) => {
            push_two(out, value / 100);
            return push_two(out, value % 100);
        }
        _ => {}
    }
    let mut digits = [b'0'; 20];
    let mut at = digits.len();
    let mut rest = value;
    while rest > 0 {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let from = at.min(digits.len().saturating_sub(width));
    out.push_str(std::str::from_utf8(&digits[from..]).unwrap_or("0"));
}

/// Appends a decimal of `scale` digits after the point: all of them, no exponent.
pub fn push_decimal(out: &mut String, unscaled: i128, scale: u32) {
    if scale == 0 {
        return push_integer(out, unscaled);
    }
    if unscaled < 0 {
        out.push('-');
    }
    let size = unscaled.unsigned_abs();
    let base = 10u128.pow(scale.min(38));
    let (whole, fraction) = (size / base, size % base);
    match u64::try_from(whole) {
        Ok(whole) => push_padded(out, whole, 1),
        Err(_) => {
            let _ = write!(out, "{whole}");
        }
    }
    out.push('.');
    match u64::try_from(fraction) {
        Ok(fraction) if scale <= 19 => push_padded(out, fraction, scale as usize),
        _ => {
            let _ = write!(out, "{fraction:0width$}", width = scale as usize);
        }
    }
}

/// Powers of two down to this negative exponent have all their digits printed either way.
const EXACT_POWER: i32 = 10;

/// A float of either width, as far as its digits go.
trait Float: Copy {
    /// Bits of the significand.
    const SIGNIFICANT_BITS: i32;
    fn wide(self) -> f64;
    /// Significand and exponent of two, and whether it is a power of two, where Java may print other digits than the shortest: of
    /// powers of two, subnormal numbers and those past 63 bits.
    fn java_parts(self) -> Option<(u64, i32, bool)>;
    /// Writes the shortest decimal that reads back as the number: `1.5`, `1e20`, `0.001`.
    fn write_shortest(self, out: &mut &mut [u8]) -> std::io::Result<()>;
}

impl Float for f64 {
    const SIGNIFICANT_BITS: i32 = 53;
    fn wide(self) -> f64 {
        self
    }
    fn java_parts(self) -> Option<(u64, i32, bool)> {
        let (fraction, exponent) = (self.to_bits() & ((1 << 52) - 1), (self.to_bits() >> 52) as i32);
        match (exponent, fraction) {
            (0, 1..) => Some((fraction, -1074, fraction.is_power_of_two())),
            (1086.., _) => Some((fraction | (1 << 52), exponent - 1075, fraction == 0)),
            (_, 1..) | (0, 0) => None,
            (exponent, 0) if (1023 - EXACT_POWER..1023 + 53).contains(&exponent) => None,
            (exponent, 0) => Some((1 << 52, exponent - 1075, true)),
        }
    }
    fn write_shortest(self, out: &mut &mut [u8]) -> std::io::Result<()> {
        // JSON's printer is several times faster than `{:e}` and gives the same digits.
        CompactFormatter.write_f64(out, self)
    }
}

impl Float for f32 {
    const SIGNIFICANT_BITS: i32 = 24;
    fn wide(self) -> f64 {
        f64::from(self)
    }
    fn java_parts(self) -> Option<(u64, i32, bool)> {
        let (fraction, exponent) = (u64::from(self.to_bits() & ((1 << 23) - 1)), (self.to_bits() >> 23) as i32);
        match (exponent, fraction) {
            (0, 1..) => Some((fraction, -149, fraction.is_power_of_two())),
            (190.., _) => Some((fraction | (1 << 23), exponent - 150, fraction == 0)),
            (_, 1..) | (0, 0) => None,
            (exponent, 0) if (127 - EXACT_POWER..127 + 24).contains(&exponent) => None,
            (exponent, 0) => Some((1 << 23, exponent - 150, true)),
        }
    }
    fn write_shortest(self, out: &mut &mut [u8]) -> std::io::Result<()> {
        CompactFormatter.write_f32(out, self)
    }
}

/// Significant digits and the exponent of the first, of a finite number that is not negative: 1250 is (`125`, 3).
///
/// The shortest digits that read back as the number; but Java (before 19) gives more of a whole number past its significand's
/// bits, all that are not surely noise, and of powers of two, subnormal and very large numbers. Ref: `FloatingDecimal.dtoa`,
/// `insignificantDigitsForPow2`.
fn digits<F: Float>(buffer: &mut String, size: F) -> (&str, i32) {
    let wide = size.wide();
    let exponent_bits = if wide >= 1.0 { (wide.to_bits() >> 52) as i32 - 1023 } else { 0 };
    if exponent_bits > F::SIGNIFICANT_BITS && exponent_bits <= 62 && wide.fract() == 0.0 {
        return whole_digits(buffer, wide as u64, exponent_bits - F::SIGNIFICANT_BITS - 1);
    }
    if let Some((significand, exponent, is_power)) = size.java_parts() {
        let exponent = java_digits(buffer, significand, exponent, is_power);
        return (buffer.as_str(), exponent);
    }
    // The longest text is shorter than the room for it.
    const ROOM_BYTES: usize = 40;
    let mut text = [0u8; ROOM_BYTES];
    let mut rest = text.as_mut_slice();
    let _ = size.write_shortest(&mut rest);
    let length = ROOM_BYTES - rest.len();
    let (mut exponent, mut whole, mut leading_zeros, mut has_point) = (0i32, 0i32, 0i32, false);
    for (at, byte) in text[..length].iter().enumerate() {
        match byte {
            b'0' if buffer.is_empty() => {
                leading_zeros += i32::from(has_point);
            }
            b'0'..=b'9' => {
                buffer.push(char::from(*byte));
                whole += i32::from(!has_point);
            }
            b'.' => has_point = true,
            _ => {
                exponent = std::str::from_utf8(&text[at + 1..length]).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
                break;
            }
        }
    }
    exponent += if whole > 0 { whole - 1 } else { -leading_zeros - 1 };
    buffer.truncate(buffer.trim_end_matches('0').len());
    if buffer.is_empty() {
        buffer.push('0');
        return (buffer.as_str(), 0);
    }
    (buffer.as_str(), exponent)
}

/// The digits of a whole number whose last `noise_bits` bits mean nothing.
fn whole_digits(buffer: &mut String, mut value: u64, noise_bits: i32) -> (&str, i32) {
    let dropped = if noise_bits > 1 { (1u64 << noise_bits).ilog10() } else { 0 };
    if dropped > 0 {
        let unit = 10u64.pow(dropped);
        value = value / unit + u64::from(value % unit >= unit / 2);
    }
    push_padded(buffer, value, 1);
    let exponent = buffer.len() as i32 - 1 + dropped as i32;
    buffer.truncate(buffer.trim_end_matches('0').len().max(1));
    (buffer.as_str(), exponent)
}

/// Appends `value` as Java's `Double.toString` does: `1.5`, `1.0E20`, `NaN`, `-Infinity`.
pub fn push_java_double(out: &mut String, value: f64) {
    if !push_special(out, value) {
        push_java(out, &mut String::with_capacity(24), value.abs());
    }
}

/// Appends `value` as Java's `Float.toString` does.
pub fn push_java_real(out: &mut String, value: f32) {
    if !push_special(out, f64::from(value)) {
        push_java(out, &mut String::with_capacity(24), value.abs());
    }
}

/// Appends `value` as `CAST(double AS varchar)` does: `1.0E0`, `1.23456789E7`, zero as `0E0`.
pub fn push_scientific_double(out: &mut String, value: f64) {
    if !push_special(out, value) {
        if value == 0.0 { out.push_str("0E0") } else { push_scientific(out, &mut String::with_capacity(24), value.abs()) }
    }
}

/// Appends `value` as `CAST(real AS varchar)` does: seven digits at most.
pub fn push_scientific_real(out: &mut String, value: f32) {
    if push_special(out, f64::from(value)) {
        return;
    }
    // Java writes the shortest text of the real first, and rounds that.
    let mut shortest = String::with_capacity(16);
    push_java_real(&mut shortest, value.abs());
    let size: f64 = shortest.parse().unwrap_or_else(|_| f64::from(value.abs()));
    if value == 0.0 {
        return out.push_str("0E0");
    }
    let rounded = format!("{size:.6e}");
    let (mantissa, exponent) = rounded.split_once('e').unwrap_or((&rounded, "0"));
    let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    let kept = digits.trim_end_matches('0');
    push_mantissa(out, if kept.is_empty() { "0" } else { kept }, exponent.parse().unwrap_or(0));
}

/// Writes what is not finite, and the sign of what is; true when nothing is left to write.
fn push_special(out: &mut String, value: f64) -> bool {
    if value.is_nan() {
        out.push_str("NaN");
        return true;
    }
    if value.is_sign_negative() {
        out.push('-');
    }
    if value.is_infinite() {
        out.push_str("Infinity");
    }
    value.is_infinite()
}

fn push_java<F: Float>(out: &mut String, buffer: &mut String, size: F) {
    let (digits, exponent) = digits(buffer, size);
    match exponent {
        0..7 => {
            let whole = exponent as usize + 1;
            if digits.len() <= whole {
                out.push_str(digits);
                out.extend(std::iter::repeat_n('0', whole - digits.len()));
                out.push_str(".0");
            } else {
                out.push_str(&digits[..whole]);
                out.push('.');
                out.push_str(&digits[whole..]);
            }
        }
        -3..0 => {
            out.push_str("0.");
            out.extend(std::iter::repeat_n('0', (-exponent - 1) as usize));
            out.push_str(digits);
        }
        _ => push_mantissa(out, digits, exponent),
    }
}

fn push_scientific<F: Float>(out: &mut String, buffer: &mut String, size: F) {
    let (digits, exponent) = digits(buffer, size);
    push_mantissa(out, digits, exponent);
}

fn push_mantissa(out: &mut String, digits: &str, exponent: i32) {
    out.push_str(&digits[..1]);
    out.push('.');
    out.push_str(if digits.len() > 1 { &digits[1..] } else { "0" });
    out.push('E');
    push_i64(out, i64::from(exponent));
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn printed(push: impl Fn(&mut String)) -> String {
        let mut out = String::new();
        push(&mut out);
        out
    }

    #[test]
    fn doubles_are_spelled_as_in_java() {
        for (value, expected) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.5, "1.5"),
            (100.0, "100.0"),
            (9_999_999.0, "9999999.0"),
            (1e7, "1.0E7"),
            (1e20, "1.0E20"),
            (0.001, "0.001"),
            (1e-7, "1.0E-7"),
            (0.30000000000000004, "0.30000000000000004"),
            (1_486_275.22, "1486275.22"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(printed(|out| push_java_double(out, value)), expected);
        }
        // OpenJDK 17: Double.toString(123456789123456784d), Float.toString(1234567936f), Float.toString(98765430784f).
        assert_eq!(printed(|out| push_java_double(out, 123_456_789_123_456_784.0)), "1.23456789123456784E17");
        assert_eq!(printed(|out| push_java_real(out, 1_234_567_936.0)), "1.23456794E9");
        assert_eq!(printed(|out| push_java_real(out, 98_765_430_784.0)), "9.8765431E10");
        assert_eq!(printed(|out| push_scientific_double(out, 12_345_678.9)), "1.23456789E7");
        assert_eq!(printed(|out| push_scientific_double(out, -0.0)), "-0E0");
        assert_eq!(printed(|out| push_scientific_double(out, 1.0)), "1.0E0");
        assert_eq!(printed(|out| push_scientific_real(out, 12_345_678.9)), "1.234568E7");
        assert_eq!(printed(|out| push_scientific_real(out, 754.1985)), "7.541985E2");
        assert_eq!(printed(|out| push_scientific_real(out, -1.5)), "-1.5E0");
    }

    #[test]
    fn decimals_and_integers() {
        assert_eq!(printed(|out| push_decimal(out, -5, 2)), "-0.05");
        assert_eq!(printed(|out| push_decimal(out, 12345, 0)), "12345");
        assert_eq!(printed(|out| push_decimal(out, 10i128.pow(37), 37)), "1.0000000000000000000000000000000000000");
        assert_eq!(printed(|out| push_i64(out, i64::MIN)), "-9223372036854775808");
        assert_eq!(printed(|out| push_i64(out, 100)), "100");
        assert_eq!(printed(|out| push_padded(out, 7, 3)), "007");
    }
}
