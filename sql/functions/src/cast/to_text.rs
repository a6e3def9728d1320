//! How does a value become varchar or char? Ref: Trino 401 casts to varchar; a text that does not fit its bound fails, one that was text is cut.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringViewBuilder};
use arrow::datatypes::{Float32Type, Float64Type};

use super::errors::Failures;
use crate::error::FunctionError;
use crate::types::TrinoType;
use crate::types::number_text::{push_java_double, push_java_real, push_scientific_double, push_scientific_real};
use crate::types::text::ValueWriter;

/// Casts a type that is not text itself to `varchar(length)`.
pub fn cast_to_varchar(
    values: &ArrayRef,
    from: &TrinoType,
    length: Option<u32>,
    failures: &mut Failures,
) -> Result<ArrayRef, FunctionError> {
    let writer = ValueWriter::new(from);
    let length_max = length.map_or(usize::MAX, |length| length as usize);
    let mut builder = StringViewBuilder::with_capacity(values.len());
    let mut text = String::new();
    for row in 0..values.len() {
        if values.is_null(row) {
            builder.append_null();
            continue;
        }
        text.clear();
        match from {
            TrinoType::Double => push_scientific_double(&mut text, values.as_primitive::<Float64Type>().value(row)),
            TrinoType::Real => push_scientific_real(&mut text, values.as_primitive::<Float32Type>().value(row)),
            _ => writer.write(values.as_ref(), row, &mut text),
        }
        if text.len() <= length_max {
            builder.append_value(&text);
        } else {
            failures.put(row, too_long(values, from, row, &text, length_max))?;
            builder.append_null();
        }
    }
    Ok(Arc::new(builder.finish()))
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
