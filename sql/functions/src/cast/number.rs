//! How do booleans, integers, floats and decimals become each other? Ref: Trino 401 `BigintOperators`, `DoubleOperators`, `DecimalCasts`.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray};
use arrow::datatypes::*;

use super::errors::{Failures, convert, dynamic};
use crate::error::FunctionError;
use crate::types::TrinoType;
use crate::types::number_text::{push_decimal, push_java_double, push_java_real};

/// Casts between two of boolean, the integers, real, double and decimal.
pub fn cast_number(values: &ArrayRef, from: &TrinoType, to: &TrinoType, failures: &mut Failures) -> Result<ArrayRef, FunctionError> {
    match from {
        TrinoType::Boolean => cast_boolean(values, to, failures),
        TrinoType::Tinyint => cast_integer::<Int8Type>(values, "TINYINT", to, failures),
        TrinoType::Smallint => cast_integer::<Int16Type>(values, "SMALLINT", to, failures),
        TrinoType::Integer => cast_integer::<Int32Type>(values, "INTEGER", to, failures),
        TrinoType::Bigint => cast_integer::<Int64Type>(values, "BIGINT", to, failures),
        TrinoType::Real => cast_real(values, to, failures),
        TrinoType::Double => cast_double(values, to, failures),
        TrinoType::Decimal { precision, scale } => cast_decimal(values, *precision, *scale, to, failures),
        _ => Err(not_numeric(from, to)),
    }
}

fn not_numeric(from: &TrinoType, to: &TrinoType) -> FunctionError {
    FunctionError::internal(format!("no numeric cast from {from} to {to}"))
}

fn cast_boolean(values: &ArrayRef, to: &TrinoType, failures: &mut Failures) -> Result<ArrayRef, FunctionError> {
    let bytes = arrow::compute::cast(values, &DataType::Int8)?;
    cast_integer::<Int8Type>(&bytes, "BOOLEAN", to, failures)
}

fn is_not_zero<T: ArrowPrimitiveType>(values: &ArrayRef) -> ArrayRef {
    let input = values.as_primitive::<T>();
    Arc::new(BooleanArray::from_unary(input, |value| value != T::Native::default()))
}

fn cast_integer<T>(values: &ArrayRef, name: &str, to: &TrinoType, failures: &mut Failures) -> Result<ArrayRef, FunctionError>
where
    T: ArrowPrimitiveType,
    T::Native: Into<i64> + std::fmt::Display,
{
    let widens = |target: &DataType| arrow::compute::cast(values, target).map_err(FunctionError::from);
    let size = T::Native::default();
    let bytes = std::mem::size_of_val(&size);
    match to {
        TrinoType::Boolean => Ok(is_not_zero::<T>(values)),
        TrinoType::Tinyint if bytes == 1 => Ok(Arc::clone(values)),
        TrinoType::Tinyint => Ok(dynamic(convert::<T, Int8Type>(values, failures, |value| {
            i8::try_from(value.into()).map_err(|_| out_of_range("tinyint", value))
        })?)),
        TrinoType::Smallint if bytes <= 2 => widens(&DataType::Int16),
        TrinoType::Smallint => Ok(dynamic(convert::<T, Int16Type>(values, failures, |value| {
            i16::try_from(value.into()).map_err(|_| out_of_range("smallint", value))
        })?)),
        TrinoType::Integer if bytes <= 4 => widens(&DataType::Int32),
        TrinoType::Integer => Ok(dynamic(convert::<T, Int32Type>(values, failures, |value| {
            i32::try_from(value.into()).map_err(|_| out_of_range("integer", value))
        })?)),
        TrinoType::Bigint => widens(&DataType::Int64),
        TrinoType::Real => widens(&DataType::Float32),
        TrinoType::Double => widens(&DataType::Float64),
        TrinoType::Decimal { precision, scale } => {
            let factor = power_of_ten(*scale);
            let bound = power_of_ten(*precision);
            let array = convert::<T, Decimal128Type>(values, failures, |value| {
                let wide: i64 = value.into();
                i128::from(wide)
                    .checked_mul(factor)
                    .filter(|unscaled| unscaled.unsigned_abs() < bound.unsigned_abs())
                    .ok_or_else(|| FunctionError::cast(format!("Cannot cast {name} '{value}' to DECIMAL({precision}, {scale})")))
            })?;
            with_decimal_type(array, *precision, *scale)
        }
        other => Err(not_numeric(&TrinoType::Bigint, other)),
    }
}

fn out_of_range(target: &str, value: impl std::fmt::Display) -> FunctionError {
    FunctionError::out_of_range(format!("Out of range for {target}: {value}"))
}

fn cast_real(values: &ArrayRef, to: &TrinoType, failures: &mut Failures) -> Result<ArrayRef, FunctionError> {
    match to {
        TrinoType::Real => Ok(Arc::clone(values)),
        TrinoType::Double => Ok(arrow::compute::cast(values, &DataType::Float64)?),
        TrinoType::Boolean => Ok(is_not_zero::<Float32Type>(values)),
        TrinoType::Decimal { precision, scale } => {
            let array = convert::<Float32Type, Decimal128Type>(values, failures, |value| {
                let mut text = String::new();
                push_java_real(&mut text, value);
                decimal_of_text(&text, *precision, *scale)
                    .ok_or_else(|| FunctionError::cast(format!("Cannot cast REAL '{text}' to DECIMAL({precision}, {scale})")))
            })?;
            with_decimal_type(array, *precision, *scale)
        }
        _ => cast_float(values, "real", to, failures),
    }
}

fn cast_double(values: &ArrayRef, to: &TrinoType, failures: &mut Failures) -> Result<ArrayRef, FunctionError> {
    match to {
        TrinoType::Double => Ok(Arc::clone(values)),
        TrinoType::Real => Ok(arrow::compute::cast(values, &DataType::Float32)?),
        TrinoType::Boolean => Ok(is_not_zero::<Float64Type>(values)),
        TrinoType::Decimal { precision, scale } => {
            let array = convert::<Float64Type, Decimal128Type>(values, failures, |value| {
                let mut text = String::new();
                push_java_double(&mut text, value);
                decimal_of_text(&text, *precision, *scale)
                    .ok_or_else(|| FunctionError::cast(format!("Cannot cast DOUBLE '{text}' to DECIMAL({precision}, {scale})")))
            })?;
            with_decimal_type(array, *precision, *scale)
        }
        _ => cast_float(values, "double", to, failures),
    }
}

/// Half up away from zero, as Trino's `round`; a float out of an integer's range fails.
fn cast_float(values: &ArrayRef, name: &str, to: &TrinoType, failures: &mut Failures) -> Result<ArrayRef, FunctionError> {
    let doubles = if name == "real" { arrow::compute::cast(values, &DataType::Float64)? } else { Arc::clone(values) };
    // A real is named as Java spells reals.
    let is_real = name == "real";
    let float_out_of_range = |target: &str, value: f64| {
        let mut text = String::new();
        if is_real {
            push_java_real(&mut text, value as f32)
        } else {
            push_java_double(&mut text, value)
        }
        out_of_range(target, text)
    };
    let rounded = |value: f64, target: &str, low: f64, high: f64| {
        if value.is_nan() {
            return Err(FunctionError::cast(format!("Cannot cast {name} NaN to {target}")));
        }
        let rounded = value.round();
        if rounded >= low && rounded <= high { Ok(rounded) } else { Err(float_out_of_range(target, value)) }
    };
    match to {
        TrinoType::Tinyint => {
            Ok(dynamic(convert::<Float64Type, Int8Type>(&doubles, failures, |value| Ok(rounded(value, "tinyint", -128.0, 127.0)? as i8))?))
        }
        TrinoType::Smallint => Ok(dynamic(convert::<Float64Type, Int16Type>(&doubles, failures, |value| {
            Ok(rounded(value, "smallint", -32_768.0, 32_767.0)? as i16)
        })?)),
        TrinoType::Integer => Ok(dynamic(convert::<Float64Type, Int32Type>(&doubles, failures, |value| {
            Ok(rounded(value, "integer", -2_147_483_648.0, 2_147_483_647.0)? as i32)
        })?)),
        // Java's `Math.round` of a float: what is out of range is the nearest bigint.
        TrinoType::Bigint if is_real => Ok(dynamic(convert::<Float64Type, Int64Type>(&doubles, failures, |value| {
            if value.is_nan() { Err(FunctionError::cast("Cannot cast real NaN to bigint")) } else { Ok(value.round() as i64) }
        })?)),
        TrinoType::Bigint => Ok(dynamic(convert::<Float64Type, Int64Type>(&doubles, failures, |value| {
            let rounded = value.round();
            // 2^63 is not a bigint, -2^63 is.
            if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&rounded) {
                Ok(rounded as i64)
            } else {
                let mut text = String::new();
                push_java_double(&mut text, value);
                Err(FunctionError::cast(format!("Unable to cast {text} to bigint")))
            }
        })?)),
        other => Err(not_numeric(&TrinoType::Double, other)),
    }
}

/// The decimal of a float's text as Java spells it, rounded half up; none when it does not fit.
fn decimal_of_text(text: &str, precision: u8, scale: u8) -> Option<i128> {
    parse_decimal(text).and_then(|number| number.rescaled(precision, scale))
}

fn cast_decimal(values: &ArrayRef, precision: u8, scale: u8, to: &TrinoType, failures: &mut Failures) -> Result<ArrayRef, FunctionError> {
    let text = |value: i128| {
        let mut text = String::new();
        push_decimal(&mut text, value, u32::from(scale));
        text
    };
    let factor = power_of_ten(scale);
    let to_integer = |value: i128, target: &str, low: i64, high: i64| {
        let rounded = divide_half_up(value, factor);
        if (i128::from(low)..=i128::from(high)).contains(&rounded) {
            Ok(rounded as i64)
        } else {
            // The small types go through bigint, and name the whole number.
            let shown = if matches!(target, "TINYINT" | "SMALLINT") { rounded.to_string() } else { text(value) };
            Err(FunctionError::cast(format!("Cannot cast '{shown}' to {target}")))
        }
    };
    match to {
        TrinoType::Boolean => Ok(is_not_zero::<Decimal128Type>(values)),
        TrinoType::Tinyint => Ok(dynamic(convert::<Decimal128Type, Int8Type>(values, failures, |value| {
            Ok(to_integer(value, "TINYINT", i8::MIN.into(), i8::MAX.into())? as i8)
        })?)),
        TrinoType::Smallint => Ok(dynamic(convert::<Decimal128Type, Int16Type>(values, failures, |value| {
            Ok(to_integer(value, "SMALLINT", i16::MIN.into(), i16::MAX.into())? as i16)
        })?)),
        TrinoType::Integer => Ok(dynamic(convert::<Decimal128Type, Int32Type>(values, failures, |value| {
            Ok(to_integer(value, "INTEGER", i32::MIN.into(), i32::MAX.into())? as i32)
        })?)),
        TrinoType::Bigint => {
            Ok(dynamic(convert::<Decimal128Type, Int64Type>(values, failures, |value| to_integer(value, "BIGINT", i64::MIN, i64::MAX))?))
        }
        TrinoType::Double => {
            Ok(dynamic(convert::<Decimal128Type, Float64Type>(values, failures, |value| Ok(decimal_to_double(value, scale)))?))
        }
        TrinoType::Real => Ok(dynamic(convert::<Decimal128Type, Float32Type>(values, failures, |value| {
            Ok(text(value).parse::<f32>().unwrap_or(f32::NAN))
        })?)),
        TrinoType::Decimal { precision: to_precision, scale: to_scale } => {
            if (precision, scale) == (*to_precision, *to_scale) {
                return Ok(Arc::clone(values));
            }
            let array = convert::<Decimal128Type, Decimal128Type>(values, failures, |value| {
                rescale(value, scale, *to_precision, *to_scale).ok_or_else(|| {
                    FunctionError::cast(format!(
                        "Cannot cast DECIMAL({precision}, {scale}) '{}' to DECIMAL({to_precision}, {to_scale})",
                        text(value)
                    ))
                })
            })?;
            with_decimal_type(array, *to_precision, *to_scale)
        }
        other => Err(not_numeric(&TrinoType::Decimal { precision, scale }, other)),
    }
}

/// 10 to the power of `exponent`, which is at most 38.
#[inline]
pub fn power_of_ten(exponent: u8) -> i128 {
    10i128.pow(u32::from(exponent.min(38)))
}

/// Sets precision and scale; they were checked against the values.
pub fn with_decimal_type(array: arrow::array::Decimal128Array, precision: u8, scale: u8) -> Result<ArrayRef, FunctionError> {
    Ok(Arc::new(array.with_precision_and_scale(precision, scale as i8)?))
}

/// Division rounding half away from zero.
#[inline]
pub fn divide_half_up(value: i128, divisor: i128) -> i128 {
    let (quotient, remainder) = (value / divisor, value % divisor);
    if remainder.unsigned_abs() >= divisor.unsigned_abs() - remainder.unsigned_abs() {
        quotient + if (value < 0) == (divisor < 0) { 1 } else { -1 }
    } else {
        quotient
    }
}

/// The unscaled value at another scale, rounded half up; none when it needs more digits than `to_precision`.
#[inline]
pub fn rescale(value: i128, scale: u8, to_precision: u8, to_scale: u8) -> Option<i128> {
    let rescaled = if to_scale >= scale {
        value.checked_mul(power_of_ten(to_scale - scale))?
    } else {
        divide_half_up(value, power_of_ten(scale - to_scale))
    };
    (rescaled.unsigned_abs() < power_of_ten(to_precision).unsigned_abs()).then_some(rescaled)
}

/// The nearest double of a decimal.
#[inline]
pub fn decimal_to_double(value: i128, scale: u8) -> f64 {
    const EXACT_MAX: u128 = 1 << 53;
    if value.unsigned_abs() <= EXACT_MAX && scale <= 22 {
        // Both operands are exact, so the quotient is the nearest double.
        return value as f64 / 10f64.powi(i32::from(scale));
    }
    let mut text = String::new();
    push_decimal(&mut text, value, u32::from(scale));
    text.parse().unwrap_or(f64::NAN)
}

/// A decimal number as written: `digits` times ten to the `exponent`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenDecimal {
    pub is_negative: bool,
    /// ASCII digits without leading zeros.
    pub digits: String,
    pub exponent: i64,
}

impl WrittenDecimal {
    /// The unscaled value of `decimal(precision, scale)`, rounded half up; none when it does not fit.
    pub fn rescaled(&self, precision: u8, scale: u8) -> Option<i128> {
        let shift = self.exponent + i64::from(scale);
        let length = self.digits.len() as i64;
        if self.digits.is_empty() || length + shift < 0 {
            return Some(0);
        }
        if length + shift > i64::from(precision) + 1 {
            return None;
        }
        let size = if shift >= 0 {
            self.digits.parse::<u128>().ok()?.checked_mul(10u128.pow(u32::try_from(shift).ok()?))?
        } else {
            let (kept, dropped) = self.digits.split_at((length + shift) as usize);
            let kept: u128 = if kept.is_empty() { 0 } else { kept.parse().ok()? };
            kept + u128::from(dropped.as_bytes().first().is_some_and(|digit| *digit >= b'5'))
        };
        let unscaled = i128::try_from(size).ok()?;
        (unscaled < power_of_ten(precision)).then_some(if self.is_negative { -unscaled } else { unscaled })
    }
}

/// Reads `[+-]digits[.digits][e[+-]digits]` as Java's `BigDecimal` does.
pub fn parse_decimal(text: &str) -> Option<WrittenDecimal> {
    let (is_negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], rest[at + 1..].parse::<i32>().ok()?),
        None => (rest, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if (whole.is_empty() && fraction.is_empty()) || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let all = format!("{whole}{fraction}");
    Some(WrittenDecimal {
        is_negative,
        digits: all.trim_start_matches('0').to_string(),
        exponent: i64::from(exponent) - fraction.len() as i64,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_half_away_from_zero() {
        for (value, divisor, expected) in
            [(25, 10, 3), (-25, 10, -3), (24, 10, 2), (-24, 10, -2), (5, 10, 1), (0, 10, 0), (7, 2, 4), (-7, 2, -4)]
        {
            assert_eq!(divide_half_up(value, divisor), expected, "{value}/{divisor}");
        }
        assert_eq!(rescale(12_345, 2, 4, 1), Some(1235));
        assert_eq!(rescale(12_345, 2, 3, 1), None);
    }

    #[test]
    fn written_decimals_fit_or_not() {
        assert_eq!(parse_decimal("-1.05e2").unwrap().rescaled(5, 1), Some(-1050));
        assert_eq!(parse_decimal("234.0").unwrap().rescaled(2, 0), None);
        assert_eq!(parse_decimal("0.05").unwrap().rescaled(2, 1), Some(1));
        assert_eq!(parse_decimal("1e-60").unwrap().rescaled(38, 38), Some(0));
        assert_eq!(parse_decimal(".").map(|_| ()), None);
        assert_eq!(decimal_to_double(-12_345_678_901_234_567_890, 10), -1_234_567_890.123_456_7);
    }
}
