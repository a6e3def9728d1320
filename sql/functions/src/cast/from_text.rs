//! What value has a text? Strict, as Trino reads it. Ref: Trino 401 `VarcharOperators`, `DecimalCasts`, `IpAddressOperators`, `UuidOperators`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryViewArray, BooleanBuilder, FixedSizeBinaryBuilder};
use arrow::datatypes::*;

use super::errors::{Failures, convert_text, dynamic};
use super::number::{parse_decimal, with_decimal_type};
use crate::error::FunctionError;
use crate::types::TrinoType;

/// Casts varchar to a number, boolean, uuid, ipaddress or varbinary.
pub fn cast_text(values: &ArrayRef, to: &TrinoType, failures: &mut Failures) -> Result<ArrayRef, FunctionError> {
    let refuse = failures.refusal();
    let wrong = |text: &str, target: &str| refuse(format_args!("Cannot cast '{text}' to {target}"));
    Ok(match to {
        TrinoType::Boolean => {
            let input = values.as_string_view();
            let mut builder = BooleanBuilder::with_capacity(input.len());
            for (row, text) in input.iter().enumerate() {
                match text.map(|text| (text, parse_boolean(text))) {
                    None => builder.append_null(),
                    Some((_, Some(value))) => builder.append_value(value),
                    Some((text, None)) => {
                        failures.put(row, wrong(text, "BOOLEAN"))?;
                        builder.append_null();
                    }
                }
            }
            Arc::new(builder.finish())
        }
        TrinoType::Tinyint => {
            dynamic(convert_text::<Int8Type>(values, failures, |text| whole(text).ok_or_else(|| wrong(text, "TINYINT")))?)
        }
        TrinoType::Smallint => {
            dynamic(convert_text::<Int16Type>(values, failures, |text| whole(text).ok_or_else(|| wrong(text, "SMALLINT")))?)
        }
        TrinoType::Integer => dynamic(convert_text::<Int32Type>(values, failures, |text| whole(text).ok_or_else(|| wrong(text, "INT")))?),
        TrinoType::Bigint => dynamic(convert_text::<Int64Type>(values, failures, |text| whole(text).ok_or_else(|| wrong(text, "BIGINT")))?),
        TrinoType::Real => {
            dynamic(convert_text::<Float32Type>(values, failures, |text| parse_float(text).ok_or_else(|| wrong(text, "REAL")))?)
        }
        TrinoType::Double => {
            dynamic(convert_text::<Float64Type>(values, failures, |text| parse_float(text).ok_or_else(|| wrong(text, "DOUBLE")))?)
        }
        TrinoType::Decimal { precision, scale } => {
            let array = convert_text::<Decimal128Type>(values, failures, |text| {
                let failed = |why: &str| refuse(format_args!("Cannot cast VARCHAR '{text}' to DECIMAL({precision}, {scale}). {why}"));
                let number =
                    parse_decimal(text).or_else(|| parse_decimal(&ascii_digits(text)?)).ok_or_else(|| failed("Value is not a number."))?;
                number.rescaled(*precision, *scale).ok_or_else(|| failed("Value too large."))
            })?;
            with_decimal_type(array, *precision, *scale)?
        }
        TrinoType::Uuid => fixed(values, failures, parse_uuid)?,
        TrinoType::IpAddress => fixed(values, failures, parse_ip_address)?,
        TrinoType::Varbinary => {
            let input = values.as_string_view();
            Arc::new(BinaryViewArray::from_iter(input.iter().map(|text| text.map(str::as_bytes))))
        }
        other => return Err(FunctionError::internal(format!("no cast from varchar to {other}"))),
    })
}

/// A whole number of digits of any script. Ref: Java's `Integer.parseInt`, which reads by `Character.digit`.
pub(super) fn whole<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok().or_else(|| ascii_digits(text)?.parse().ok())
}

/// The text with the decimal digits of other scripts as ASCII ones; `None` when it has none of them.
fn ascii_digits(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let as_ascii = |c: char| {
        let zero = DIGIT_ZEROS.iter().rev().find(|zero| u32::from(**zero) <= u32::from(c));
        let digit = zero.map(|zero| u32::from(c) - u32::from(*zero)).filter(|digit| *digit < 10);
        digit.and_then(|digit| char::from_digit(digit, 10)).unwrap_or(c)
    };
    Some(text.chars().map(as_ascii).collect())
}

/// Where each script's digits begin, those past U+FFFF apart: Java reads `char` by `char`. Ref: Unicode category Nd.
const DIGIT_ZEROS: &[u16] = &[
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040,
    0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50,
    0xABF0, 0xFF10,
];

fn fixed(
    values: &ArrayRef,
    failures: &mut Failures,
    parse: impl Fn(&str) -> Result<[u8; 16], FunctionError>,
) -> Result<ArrayRef, FunctionError> {
    let input = values.as_string_view();
    let mut builder = FixedSizeBinaryBuilder::with_capacity(input.len(), 16);
    for (row, text) in input.iter().enumerate() {
        match text.map(&parse) {
            None => builder.append_null(),
            Some(Ok(bytes)) => builder.append_value(bytes)?,
            Some(Err(error)) => {
                failures.put(row, error)?;
                builder.append_null();
            }
        }
    }
    Ok(Arc::new(builder.finish()))
}

/// `t`, `true`, `1`, `f`, `false`, `0`, in any case.
pub fn parse_boolean(text: &str) -> Option<bool> {
    match text.as_bytes() {
        b"1" | b"t" | b"T" => Some(true),
        b"0" | b"f" | b"F" => Some(false),
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// Reads a float as Java's `Double.parseDouble`: blanks around, `NaN`, `Infinity`, a trailing `d` or `f`, hexadecimal `0x1.8p1`.
pub fn parse_float<F: std::str::FromStr>(text: &str) -> Option<F> {
    let trimmed = text.trim_matches(|c: char| c <= ' ');
    if matches!(trimmed.trim_start_matches(['+', '-']).as_bytes(), [b'0', b'x' | b'X', ..]) {
        return parse_hexadecimal_float(trimmed, size_of::<F>() == 4).and_then(|value| format!("{value:e}").parse().ok());
    }
    match trimmed.as_bytes().last()? {
        b'0'..=b'9' | b'.' => trimmed.parse().ok(),
        b'd' | b'D' | b'f' | b'F' => {
            let number = &trimmed[..trimmed.len() - 1];
            number.ends_with(|c: char| c.is_ascii_digit() || c == '.').then(|| number.parse().ok()).flatten()
        }
        _ => match trimmed.trim_start_matches(['+', '-']) {
            "NaN" | "Infinity" if trimmed.len() <= 9 => {
                let is_nan = trimmed.ends_with("NaN");
                if is_nan { "NaN".parse().ok() } else { trimmed.parse().ok() }
            }
            _ => None,
        },
    }
}

/// `[+-]0x<digits>[.<digits>]p[+-]<exponent>[d|f]`, rounded once, half to even. Ref: Java `Double.valueOf`, `HexFloatPattern`.
fn parse_hexadecimal_float(text: &str, is_single: bool) -> Option<f64> {
    let (is_negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let rest = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X"))?;
    let (digits, exponent) = rest.split_once(['p', 'P'])?;
    let exponent: i32 = exponent.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(exponent).parse().ok()?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    // The first sixty bits and whether anything follows them: enough to round by.
    let (mut bits, mut power) = (0u64, i64::from(exponent) - 4 * fraction.len() as i64);
    for digit in whole.chars().chain(fraction.chars()) {
        let digit = u64::from(digit.to_digit(16)?);
        if bits >> 60 == 0 {
            bits = bits << 4 | digit;
        } else {
            bits |= u64::from(digit != 0);
            power += 4;
        }
    }
    let (precision, exponent_min, exponent_max) = if is_single { (24, -126, 127) } else { (53, -1022, 1023) };
    let size = 64 - i64::from(bits.leading_zeros());
    if bits == 0 || power + size - 1 < exponent_min - 54 {
        return Some(if is_negative { -0.0 } else { 0.0 });
    }
    if power + size - 1 > exponent_max {
        return Some(if is_negative { f64::NEG_INFINITY } else { f64::INFINITY });
    }
    let kept = precision.min(precision - (exponent_min - (power + size - 1)));
    let dropped = (size - kept).max(0);
    // Of sixty-five bits and more nothing is left: less than half a unit.
    let rounded = match u32::try_from(dropped).ok().filter(|dropped| *dropped < 64) {
        Some(0) => bits,
        Some(dropped) => {
            let (quotient, rest, half) = (bits >> dropped, bits & ((1 << dropped) - 1), 1u64 << (dropped - 1));
            quotient + u64::from(rest > half || (rest == half && quotient & 1 == 1))
        }
        None => 0,
    };
    // In two steps, as the power alone may leave the normal doubles.
    let power = (power + dropped) as i32;
    let value = rounded as f64 * 2f64.powi(power / 2) * 2f64.powi(power - power / 2);
    Some(if is_negative { -value } else { value })
}

/// Reads the 36 characters of a UUID, in any case.
pub fn parse_uuid(text: &str) -> Result<[u8; 16], FunctionError> {
    match uuid::Uuid::try_parse(text) {
        Ok(uuid) if text.len() == 36 => Ok(uuid.into_bytes()),
        _ if is_short_uuid(text) => Err(FunctionError::cast(format!("Invalid UUID string length: {}", text.len()))),
        _ => Err(FunctionError::cast(format!("Cannot cast value to UUID: {text}"))),
    }
}

/// Five runs of digits, which Java's `UUID.fromString` takes although some are short.
fn is_short_uuid(text: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && part.len() <= 16 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.len() <= 36 && text.split('-').count() == 5 && text.split('-').all(is_part)
}

/// Reads an IPv4 or IPv6 address into the 16 bytes of the latter.
pub fn parse_ip_address(text: &str) -> Result<[u8; 16], FunctionError> {
    match text.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => Ok(address.to_ipv6_mapped().octets()),
        Ok(IpAddr::V6(address)) => Ok(address.octets()),
        Err(_) => Err(FunctionError::cast(format!("Cannot cast value to IPADDRESS: {text}"))),
    }
}

/// Casts varbinary to uuid (16 bytes) or ipaddress (4 or 16).
pub fn cast_binary(values: &ArrayRef, to: &TrinoType, failures: &mut Failures) -> Result<ArrayRef, FunctionError> {
    let input = values.as_binary_view();
    let mut builder = FixedSizeBinaryBuilder::with_capacity(input.len(), 16);
    for (row, bytes) in input.iter().enumerate() {
        let Some(bytes) = bytes else {
            builder.append_null();
            continue;
        };
        let is_address = matches!(to, TrinoType::IpAddress);
        let found: Option<[u8; 16]> = match bytes.len() {
            4 if is_address => <[u8; 4]>::try_from(bytes).ok().map(|octets| Ipv4Addr::from(octets).to_ipv6_mapped().octets()),
            _ => <[u8; 16]>::try_from(bytes).ok().map(|octets| Ipv6Addr::from(octets).octets()),
        };
        match found {
            Some(octets) => builder.append_value(octets)?,
            None => {
                let kind = if is_address { "IP address" } else { "UUID" };
                failures.put(row, FunctionError::cast(format!("Invalid {kind} binary length: {}", bytes.len())))?;
                builder.append_null();
            }
        }
    }
    Ok(Arc::new(builder.finish()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::parse_float;

    // Java 17 `Double.parseDouble` and `Float.parseFloat`.
    #[test]
    fn hexadecimal_floats_are_those_of_java() {
        for (text, expected) in [
            ("0x1.8p1", Some(3.0)),
            (" -0X.8P-1d ", Some(-0.25)),
            ("0x1p-1074", Some(4.9e-324)),
            ("0x1p-1075", Some(0.0)),
            ("0x1.8p-1075", Some(4.9e-324)),
            ("0x1.fffffffffffff8p1023", Some(f64::INFINITY)),
            ("0x1.fffffffffffffp1023", Some(f64::MAX)),
            ("0x1.00000000000008p0", Some(1.0)),
            ("0x1.000000000000080000000000000001p0", Some(1.000_000_000_000_000_2)),
            ("0x0p9999999", Some(0.0)),
            ("0x1p1024", Some(f64::INFINITY)),
            ("0x1", None),
            ("0x.p1", None),
            ("0xgp1", None),
        ] {
            assert_eq!(parse_float::<f64>(text), expected, "{text}");
        }
        assert_eq!(parse_float::<f32>("0x1.000001p0"), Some(1.0));
        assert_eq!(parse_float::<f32>("0x1.000003p0"), Some(1.000_000_2));
        assert_eq!(parse_float::<f32>("0x1p-149"), Some(1e-45));
    }
}
