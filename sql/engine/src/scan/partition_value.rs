//! What typed value does a partition's text stand for? Ref: Trino 401 `HiveUtil.parsePartitionValue`.

use arrow::array::{
    ArrayRef, BinaryViewBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, Float32Builder, Float64Builder, Int8Builder,
    Int16Builder, Int32Builder, Int64Builder, StringViewBuilder, TimestampMillisecondBuilder,
};
use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime};
use owlake_functions::types::TrinoType;

use crate::error::EngineError;

/// The column of one partition key: a value a partition, in the physical form of `data_type`; `None` is NULL.
/// Errors: HIVE_INVALID_PARTITION_VALUE for a text that is no value of the type, NOT_SUPPORTED for a type no key may have.
pub fn partition_column<'a>(
    key: &str,
    data_type: &TrinoType,
    values: impl ExactSizeIterator<Item = Option<&'a str>>,
) -> Result<ArrayRef, EngineError> {
    macro_rules! build {
        ($builder:expr, $parse:expr) => {{
            let mut builder = $builder;
            for value in values {
                match value {
                    None => builder.append_null(),
                    Some(text) => match $parse(text) {
                        Some(parsed) => builder.append_value(parsed),
                        None => return Err(invalid_value(key, data_type, text)),
                    },
                }
            }
            Ok(Arc::new(builder.finish()) as ArrayRef)
        }};
    }
    match data_type {
        TrinoType::Boolean => build!(BooleanBuilder::new(), parse_boolean),
        TrinoType::Tinyint => build!(Int8Builder::new(), |text: &str| text.parse::<i8>().ok()),
        TrinoType::Smallint => build!(Int16Builder::new(), |text: &str| text.parse::<i16>().ok()),
        TrinoType::Integer => build!(Int32Builder::new(), |text: &str| text.parse::<i32>().ok()),
        TrinoType::Bigint => build!(Int64Builder::new(), |text: &str| text.parse::<i64>().ok()),
        TrinoType::Real => build!(Float32Builder::new(), |text: &str| text.trim().parse::<f32>().ok()),
        TrinoType::Double => build!(Float64Builder::new(), |text: &str| text.trim().parse::<f64>().ok()),
        TrinoType::Decimal { precision, scale } => {
            let builder = Decimal128Builder::new()
                .with_precision_and_scale(*precision, i8::try_from(*scale).unwrap_or(i8::MAX))
                .map_err(|_| EngineError::internal("A partition key has an invalid decimal type"))?;
            build!(builder, |text: &str| parse_decimal(text, *precision, *scale))
        }
        TrinoType::Varchar(None) => build!(StringViewBuilder::new(), Some),
        TrinoType::Varchar(Some(length)) => {
            build!(StringViewBuilder::new(), |text: &'a str| (text.chars().count() <= *length as usize).then_some(text))
        }
        TrinoType::Char(length) => {
            build!(StringViewBuilder::new(), |text: &'a str| (text.chars().count() <= *length as usize)
                .then_some(text.trim_end_matches(' ')))
        }
        TrinoType::Varbinary => build!(BinaryViewBuilder::new(), |text: &'a str| Some(text.as_bytes())),
        TrinoType::Date => build!(Date32Builder::new(), parse_date),
        TrinoType::Timestamp(0..=3) => build!(TimestampMillisecondBuilder::new(), parse_timestamp_millis),
        other => Err(EngineError::engine("NOT_SUPPORTED", format!("Unsupported column type {other} for partition column: {key}"))),
    }
}

fn invalid_value(key: &str, data_type: &TrinoType, text: &str) -> EngineError {
    EngineError::engine("HIVE_INVALID_PARTITION_VALUE", format!("Invalid partition value '{text}' for {data_type} partition key: {key}"))
}

fn parse_boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

fn parse_date(text: &str) -> Option<i32> {
    let date = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok()?;
    i32::try_from(date.signed_duration_since(NaiveDate::default()).num_days()).ok()
}

fn parse_timestamp_millis(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(moment) = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f") {
        return Some(moment.and_utc().timestamp_millis());
    }
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(date.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis())
}

/// A plain decimal text without exponent; more digits after the point than the scale are an error.
fn parse_decimal(text: &str, precision: u8, scale: u8) -> Option<i128> {
    let text = text.trim();
    let (is_negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.len() > scale as usize {
        return None;
    }
    let mut value: i128 = 0;
    let padding = std::iter::repeat_n(b'0', scale as usize - fraction.len());
    for digit in whole.bytes().chain(fraction.bytes()).chain(padding) {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(i128::from(digit - b'0'))?;
    }
    if value >= 10i128.checked_pow(u32::from(precision))? {
        return None;
    }
    Some(if is_negative { -value } else { value })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::{Date32Type, Decimal128Type, Int64Type, TimestampMillisecondType};

    #[test]
    fn texts_become_values_of_the_declared_type() {
        let texts = [Some("7"), None, Some("-12")];
        let column = partition_column("k", &TrinoType::Bigint, texts.into_iter()).unwrap();
        let column = column.as_primitive::<Int64Type>();
        assert_eq!((column.value(0), column.is_null(1), column.value(2)), (7, true, -12));
        let date = partition_column("k", &TrinoType::Date, [Some("1970-01-11")].into_iter()).unwrap();
        assert_eq!(date.as_primitive::<Date32Type>().value(0), 10);
        let decimal = partition_column("k", &TrinoType::Decimal { precision: 5, scale: 2 }, [Some("-1.5")].into_iter()).unwrap();
        assert_eq!(decimal.as_primitive::<Decimal128Type>().value(0), -150);
        let moment = partition_column("k", &TrinoType::Timestamp(3), [Some("1970-01-01 00:00:01.25")].into_iter()).unwrap();
        assert_eq!(moment.as_primitive::<TimestampMillisecondType>().value(0), 1250);
    }

    #[test]
    fn a_text_that_is_no_value_is_named() {
        let error = partition_column("dt", &TrinoType::Date, [Some("x")].into_iter()).unwrap_err();
        assert_eq!(error.to_string(), "HIVE_INVALID_PARTITION_VALUE: Invalid partition value 'x' for date partition key: dt");
        for (data_type, text) in [
            (TrinoType::Integer, "99999999999"),
            (TrinoType::Decimal { precision: 3, scale: 1 }, "123.4"),
            (TrinoType::Decimal { precision: 3, scale: 1 }, "."),
            (TrinoType::Boolean, "1"),
            (TrinoType::Varchar(Some(2)), "abc"),
        ] {
            assert!(partition_column("k", &data_type, [Some(text)].into_iter()).is_err(), "{text}");
        }
    }
}
