//! How are a batch's text results gathered without an allocation a row? Ref: Arrow string view layout.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray, StringViewBuilder};
use arrow::datatypes::Int64Type;

use crate::call::Call;
use crate::error::FunctionError;
use crate::types::TrinoType;

/// A text argument of a kernel.
pub fn texts(arguments: &[ArrayRef], position: usize) -> &StringViewArray {
    arguments[position].as_string_view()
}

/// A text argument; a char value has the trailing spaces its physical form lacks.
pub fn padded_texts(call: &Call<'_>, arguments: &[ArrayRef], position: usize) -> StringViewArray {
    let values = texts(arguments, position);
    let TrinoType::Char(length) = call.argument_type(position) else { return values.clone() };
    let mut builder = StringViewBuilder::with_capacity(values.len());
    let mut buffer = String::new();
    for value in values {
        buffer.clear();
        push_padded(&mut buffer, value.unwrap_or(""), *length as usize);
        builder.append_option(value.map(|_| buffer.as_str()));
    }
    builder.finish()
}

/// A `bigint` argument of a kernel.
pub fn bigints(arguments: &[ArrayRef], position: usize) -> &[i64] {
    arguments[position].as_primitive::<Int64Type>().values()
}

/// Gathers one text a row: `write` appends row `i` to an empty buffer.
pub fn write_texts(rows: usize, mut write: impl FnMut(usize, &mut String) -> Result<(), FunctionError>) -> Result<ArrayRef, FunctionError> {
    let mut builder = StringViewBuilder::with_capacity(rows);
    let mut buffer = String::new();
    for row in 0..rows {
        buffer.clear();
        write(row, &mut buffer)?;
        builder.append_value(&buffer);
    }
    Ok(Arc::new(builder.finish()))
}

/// Gathers one piece of an argument a row; none is null.
pub fn pick_texts<'a>(
    rows: usize,
    mut pick: impl FnMut(usize) -> Result<Option<&'a str>, FunctionError>,
) -> Result<ArrayRef, FunctionError> {
    let mut builder = StringViewBuilder::with_capacity(rows);
    for row in 0..rows {
        builder.append_option(pick(row)?);
    }
    Ok(Arc::new(builder.finish()))
}

/// Byte offset of code point `index` of a text, if it has as many; the text's length is the offset of its end.
pub fn offset_of_code_point(text: &str, index: usize) -> Option<usize> {
    if text.is_ascii() {
        return (index <= text.len()).then_some(index);
    }
    text.char_indices().map(|(offset, _)| offset).chain(std::iter::once(text.len())).nth(index)
}

/// Code points of a text.
pub fn count_code_points(text: &str) -> usize {
    // Counts the bytes that start a character; the compiler vectorises it.
    text.bytes().filter(|byte| (*byte as i8) >= -0x40).count()
}

/// Appends a char(n) value with the trailing spaces its physical form lacks.
pub fn push_padded(buffer: &mut String, text: &str, length: usize) {
    buffer.push_str(text);
    buffer.extend(std::iter::repeat_n(' ', length.saturating_sub(count_code_points(text))));
}
