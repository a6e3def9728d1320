//! How does a value become varchar or char? Ref: Trino 401 casts to varchar; a text that does not fit its bound fails, one that was text is cut.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringViewBuilder};
use arrow::datatypes::{ArrowPrimitiveType, Date32Type, Float32Type, Float64Type, Int32Type, Int64Type, TimestampMillisecondType};

use super::errors::Failures;
use crate::error::FunctionError;
use crate::types::TrinoType;
use crate::types::number_text::{digits_of, push_i64, push_java_double, push_java_real, push_scientific_double, push_scientific_real};
use crate::types::temporal_text::{push_date_unsigned, push_timestamp_millis};
use crate::types::text::ValueWriter;

/// Appends the text of a row's value.
type RowText<'a> = Box<dyn Fn(usize, &mut String) + 'a>;

/// Casts a type that is not text itself to `varchar(length)`.
pub fn cast_to_varchar(
    values: &ArrayRef,
    from: &TrinoType,
    length: Option<u32>,
    failures: &mut Failures,
) -> Result<ArrayRef, FunctionError> {
    let length_max = length.map_or(usize::MAX, |length| length as usize);
    if length_max >= INTEGER_LENGTH_MAX {
        match from {
            TrinoType::Bigint => return Ok(integer_texts::<Int64Type>(values)),
            TrinoType::Integer => return Ok(integer_texts::<Int32Type>(values)),
            _ => {}
        }
    }
    let writer = ValueWriter::new(from);
    let value_text: RowText<'_> = match from {
        TrinoType::Double => {
            let column = values.as_primitive::<Float64Type>();
            Box::new(|row, text| push_scientific_double(text, column.value(row)))
        }
        TrinoType::Real => {
            let column = values.as_primitive::<Float32Type>();
            Box::new(|row, text| push_scientific_real(text, column.value(row)))
        }
        // The types most often printed: without finding the column's form anew each row.
        TrinoType::Bigint => {
            let column = values.as_primitive::<Int64Type>();
            Box::new(|row, text| push_i64(text, column.value(row)))
        }
        TrinoType::Integer => {
            let column = values.as_primitive::<Int32Type>();
            Box::new(|row, text| push_i64(text, i64::from(column.value(row))))
        }
        TrinoType::Date => {
            let column = values.as_primitive::<Date32Type>();
            Box::new(|row, text| push_date_unsigned(text, i64::from(column.value(row))))
        }
        TrinoType::Timestamp(precision @ 0..=3) => {
            let column = values.as_primitive::<TimestampMillisecondType>();
            Box::new(|row, text| push_timestamp_millis(text, column.value(row), *precision))
        }
        _ => Box::new(|row, text| writer.write(values.as_ref(), row, text)),
    };
    let nulls = values.nulls().filter(|nulls| nulls.null_count() > 0);
    let mut builder = StringViewBuilder::with_capacity(values.len());
    let mut text = String::new();
    for row in 0..values.len() {
        if nulls.is_some_and(|nulls| nulls.is_null(row)) {
            builder.append_null();
            continue;
        }
        text.clear();
        value_text(row, &mut text);
        if text.len() <= length_max {
            builder.append_value(&text);
        } else {
            failures.put(row, too_long(values, from, row, &text, length_max))?;
            builder.append_null();
        }
    }
    Ok(Arc::new(builder.finish()))
}

/// Digits and sign of the longest integer.
const INTEGER_LENGTH_MAX: usize = 20;

/// The type most often printed: straight into the views, without a text in between.
fn integer_texts<T>(values: &ArrayRef) -> ArrayRef
where
    T: ArrowPrimitiveType,
    T::Native: Into<i64>,
{
    let column = values.as_primitive::<T>();
    let mut builder = StringViewBuilder::with_capacity(column.len());
    let mut digits = [0; INTEGER_LENGTH_MAX];
    match column.nulls().filter(|nulls| nulls.null_count() > 0) {
        None => column.values().iter().for_each(|value| builder.append_value(digits_of((*value).into(), &mut digits))),
        Some(_) => column.iter().for_each(|value| match value {
            Some(value) => builder.append_value(digits_of(value.into(), &mut digits)),
            None => builder.append_null(),
        }),
    }
    Arc::new(builder.finish())
}

fn too_long(values: &ArrayRef, from: &TrinoType, row: usize, text: &str, length: usize) -> FunctionError {
    let mut value = String::new();
    match from {
        TrinoType::Double => push_java_double(&mut value, values.as_primitive::<Float64Type>().value(row)),
        TrinoType::Real => push_java_real(&mut value, values.as_primitive::<Float32Type>().value(row)),
        _ => return FunctionError::cast(format!("Value {text} cannot be represented as varchar({length})")),
    }
    FunctionError::cast(format!("Value {value} ({text}) cannot be represented as varchar({length})"))
}

/// Casts varchar to `varchar(length)`: longer texts are cut. Shares the buffers.
pub fn cut_to_varchar(values: &ArrayRef, length: Option<u32>) -> ArrayRef {
    let Some(length) = length.map(|length| length as usize) else { return Arc::clone(values) };
    let input = values.as_string_view();
    // Views hold the byte length; no code point is shorter than a byte.
    if input.views().iter().all(|view| (*view as u32) as usize <= length) {
        return Arc::clone(values);
    }
    rebuild(values, |text| prefix(text, length))
}

/// Casts varchar or char to `char(length)`: cut, and held without trailing spaces.
pub fn cut_to_char(values: &ArrayRef, length: u32) -> ArrayRef {
    rebuild(values, |text| prefix(text, length as usize).trim_end_matches(' '))
}

/// Casts `char(from_length)` to `varchar(length)`: padded first, then cut.
pub fn pad_to_varchar(values: &ArrayRef, from_length: u32, length: Option<u32>) -> ArrayRef {
    let input = values.as_string_view();
    let padded_length = from_length.min(length.unwrap_or(u32::MAX)) as usize;
    let mut builder = StringViewBuilder::with_capacity(input.len());
    let mut padded = String::new();
    for text in input.iter() {
        match text {
            None => builder.append_null(),
            Some(text) => {
                let text = prefix(text, padded_length);
                padded.clear();
                padded.push_str(text);
                let count = text.chars().count();
                padded.extend(std::iter::repeat_n(' ', padded_length.saturating_sub(count)));
                builder.append_value(&padded);
            }
        }
    }
    Arc::new(builder.finish())
}

fn rebuild(values: &ArrayRef, part: impl Fn(&str) -> &str) -> ArrayRef {
    let input = values.as_string_view();
    let mut builder = StringViewBuilder::with_capacity(input.len());
    for text in input.iter() {
        builder.append_option(text.map(&part));
    }
    Arc::new(builder.finish())
}

/// The first `length` code points.
pub fn prefix(text: &str, length: usize) -> &str {
    if text.len() <= length {
        return text;
    }
    text.char_indices().nth(length).map_or(text, |(end, _)| &text[..end])
}
