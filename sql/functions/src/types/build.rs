//! Which type has a name and parameters? Ref: Trino 401 parametric types and the bounds each checks.

use std::sync::Arc;

use super::{RowField, TrinoType};
use crate::error::FunctionError;

/// What stands in a type's parentheses.
#[derive(Debug, Clone, PartialEq)]
pub enum Parameter {
    Number(i64),
    Type(TrinoType),
}

const PRECISION_DEFAULT: i64 = 3;
const VARCHAR_UNBOUNDED: i64 = 2_147_483_647;

/// Builds the type called `name` (any case). Errors: TYPE_NOT_FOUND `Unknown type: x`; INVALID_FUNCTION_ARGUMENT with
/// Trino's text where a bound is passed.
pub fn named(name: &str, parameters: Vec<Parameter>) -> Result<TrinoType, FunctionError> {
    let lowered = name.to_ascii_lowercase();
    let simple = match lowered.as_str() {
        "unknown" => Some(TrinoType::Unknown),
        "boolean" => Some(TrinoType::Boolean),
        "tinyint" => Some(TrinoType::Tinyint),
        "smallint" => Some(TrinoType::Smallint),
        "integer" | "int" => Some(TrinoType::Integer),
        "bigint" => Some(TrinoType::Bigint),
        "real" => Some(TrinoType::Real),
        "double" => Some(TrinoType::Double),
        "varbinary" => Some(TrinoType::Varbinary),
        "date" => Some(TrinoType::Date),
        "json" => Some(TrinoType::Json),
        "uuid" => Some(TrinoType::Uuid),
        "ipaddress" => Some(TrinoType::IpAddress),
        "hyperloglog" => Some(TrinoType::HyperLogLog),
        "p4hyperloglog" => Some(TrinoType::P4HyperLogLog),
        "tdigest" => Some(TrinoType::Tdigest),
        "setdigest" => Some(TrinoType::SetDigest),
        "color" => Some(TrinoType::Color),
        "geometry" => Some(TrinoType::Geometry),
        "sphericalgeography" => Some(TrinoType::SphericalGeography),
        "bingtile" => Some(TrinoType::BingTile),
        "jsonpath" => Some(TrinoType::JsonPath),
        "json2016" => Some(TrinoType::Json2016),
        "interval day to second" => Some(TrinoType::IntervalDayToSecond),
        "interval year to month" => Some(TrinoType::IntervalYearToMonth),
        _ => None,
    };
    if let (Some(simple), true) = (simple, parameters.is_empty()) {
        return Ok(simple);
    }
    match (lowered.as_str(), parameters.as_slice()) {
        ("decimal" | "dec", []) => decimal(38, 0),
        ("decimal" | "dec", [Parameter::Number(precision)]) => decimal(*precision, 0),
        ("decimal" | "dec", [Parameter::Number(precision), Parameter::Number(scale)]) => decimal(*precision, *scale),
        ("varchar", []) => Ok(TrinoType::VARCHAR),
        ("varchar", [Parameter::Number(length)]) => varchar(*length),
        ("char", []) => char(1),
        ("char", [Parameter::Number(length)]) => char(*length),
        ("time", []) => time(PRECISION_DEFAULT, false),
        ("time", [Parameter::Number(precision)]) => time(*precision, false),
        ("time with time zone", []) => time(PRECISION_DEFAULT, true),
        ("time with time zone", [Parameter::Number(precision)]) => time(*precision, true),
        ("timestamp", []) => timestamp(PRECISION_DEFAULT, false),
        ("timestamp", [Parameter::Number(precision)]) => timestamp(*precision, false),
        ("timestamp with time zone", []) => timestamp(PRECISION_DEFAULT, true),
        ("timestamp with time zone", [Parameter::Number(precision)]) => timestamp(*precision, true),
        ("array", [Parameter::Type(element)]) => Ok(TrinoType::array(element.clone())),
        ("map", [Parameter::Type(key), Parameter::Type(value)]) => {
            if key.is_comparable() {
                Ok(TrinoType::map(key.clone(), value.clone()))
            } else {
                Err(FunctionError::argument(format!("key type must be comparable: {key}")))
            }
        }
        ("qdigest", [Parameter::Type(element)]) => Ok(TrinoType::Qdigest(Arc::new(element.clone()))),
        ("row", fields) if !fields.is_empty() => {
            let fields = fields.iter().map(|field| match field {
                Parameter::Type(data_type) => Some(RowField { name: None, data_type: data_type.clone() }),
                Parameter::Number(_) => None,
            });
            fields.collect::<Option<Vec<_>>>().map(|fields| TrinoType::Row(fields.into())).ok_or_else(|| unknown(name, &parameters))
        }
        _ => Err(unknown(name, &parameters)),
    }
}

fn unknown(name: &str, parameters: &[Parameter]) -> FunctionError {
    let printed: Vec<String> = parameters
        .iter()
        .map(|parameter| match parameter {
            Parameter::Number(number) => number.to_string(),
            Parameter::Type(data_type) => data_type.to_string(),
        })
        .collect();
    let name = name.to_ascii_lowercase();
    FunctionError::new(
        "TYPE_NOT_FOUND",
        if printed.is_empty() { format!("Unknown type: {name}") } else { format!("Unknown type: {name}({})", printed.join(",")) },
    )
}

/// `decimal(precision,scale)`.
pub fn decimal(precision: i64, scale: i64) -> Result<TrinoType, FunctionError> {
    if !(1..=38).contains(&precision) {
        return Err(FunctionError::argument(format!("DECIMAL precision must be in range [1, 38]: {precision}")));
    }
    if !(0..=precision).contains(&scale) {
        return Err(FunctionError::argument(format!("DECIMAL scale must be in range [0, precision ({precision})]: {scale}")));
    }
    Ok(TrinoType::Decimal { precision: precision as u8, scale: scale as u8 })
}

/// `varchar(length)`; 2147483647 is unbounded.
pub fn varchar(length: i64) -> Result<TrinoType, FunctionError> {
    match u32::try_from(length) {
        Ok(_) if length == VARCHAR_UNBOUNDED => Ok(TrinoType::VARCHAR),
        Ok(short) if length < VARCHAR_UNBOUNDED => Ok(TrinoType::Varchar(Some(short))),
        _ => Err(FunctionError::argument(format!("Invalid VARCHAR length {length}"))),
    }
}

/// `char(length)`.
pub fn char(length: i64) -> Result<TrinoType, FunctionError> {
    match u32::try_from(length) {
        Ok(length @ 0..=65_536) => Ok(TrinoType::Char(length)),
        _ => Err(FunctionError::argument(format!("CHAR length must be in range [0, 65536], got {length}"))),
    }
}

/// `time(precision)`, with or without a zone.
pub fn time(precision: i64, has_zone: bool) -> Result<TrinoType, FunctionError> {
    let name = if has_zone { "TIME WITH TIME ZONE" } else { "TIME" };
    checked_precision(precision, name)
        .map(|precision| if has_zone { TrinoType::TimeWithTimeZone(precision) } else { TrinoType::Time(precision) })
}

/// `timestamp(precision)`, with or without a zone.
pub fn timestamp(precision: i64, has_zone: bool) -> Result<TrinoType, FunctionError> {
    let name = if has_zone { "TIMESTAMP WITH TIME ZONE" } else { "TIMESTAMP" };
    checked_precision(precision, name)
        .map(|precision| if has_zone { TrinoType::TimestampWithTimeZone(precision) } else { TrinoType::Timestamp(precision) })
}

fn checked_precision(precision: i64, name: &str) -> Result<u8, FunctionError> {
    match u8::try_from(precision) {
        Ok(precision @ 0..=12) => Ok(precision),
        _ => Err(FunctionError::argument(format!("{name} precision must be in range [0, 12]: {precision}"))),
    }
}
