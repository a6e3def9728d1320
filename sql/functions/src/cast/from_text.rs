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
        TrinoType::Tinyint => dynamic(convert_text::<Int8Type>(values, failures, |text| text.parse().map_err(|_| wrong(text, "TINYINT")))?),
        TrinoType::Smallint => {
            dynamic(convert_text::<Int16Type>(values, failures, |text| text.parse().map_err(|_| wrong(text, "SMALLINT")))?)
        }
        TrinoType::Integer => dynamic(convert_text::<Int32Type>(values, failures, |text| text.parse().map_err(|_| wrong(text, "INT")))?),
        TrinoType::Bigint => dynamic(convert_text::<Int64Type>(values, failures, |text| text.parse().map_err(|_| wrong(text, "BIGINT")))?),
        TrinoType::Real => {
            dynamic(convert_text::<Float32Type>(values, failures, |text| parse_float(text).ok_or_else(|| wrong(text, "REAL")))?)
        }
        TrinoType::Double => {
            dynamic(convert_text::<Float64Type>(values, failures, |text| parse_float(text).ok_or_else(|| wrong(text, "DOUBLE")))?)
        }
        TrinoType::Decimal { precision, scale } => {
            let array = convert_text::<Decimal128Type>(values, failures, |text| {
                let failed = |why: &str| refuse(format_args!("Cannot cast VARCHAR '{text}' to DECIMAL({precision}, {scale}). {why}"));
                let number = parse_decimal(text.trim()).ok_or_else(|| failed("Value is not a number."))?;
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

/// Reads a float as Java's `Double.parseDouble`: blanks around, `NaN`, `Infinity`, a trailing `d` or `f`.
pub fn parse_float<F: std::str::FromStr>(text: &str) -> Option<F> {
    let trimmed = text.trim_matches(|c: char| c <= ' ');
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

/// Reads the 36 characters of a UUID, in any case.
pub fn parse_uuid(text: &str) -> Result<[u8; 16], FunctionError> {
    if text.len() != 36 {
        return Err(FunctionError::cast(format!("Invalid UUID string length: {}", text.len())));
    }
    match uuid::Uuid::try_parse(text) {
        Ok(uuid) => Ok(uuid.into_bytes()),
        Err(_) => Err(FunctionError::cast(format!("Cannot cast value to UUID: {text}"))),
    }
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
                let kind = if is_address { "InetAddress" } else { "UUID" };
                failures.put(row, FunctionError::cast(format!("Invalid {kind} binary length: {}", bytes.len())))?;
                builder.append_null();
            }
        }
    }
    Ok(Arc::new(builder.finish()))
}
