//! How are a batch's binary arguments read and results gathered?

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryViewArray, BinaryViewBuilder};
use arrow::datatypes::DataType;

use crate::error::FunctionError;

/// A `varbinary` argument.
pub fn bytes(arguments: &[ArrayRef], position: usize) -> &BinaryViewArray {
    arguments[position].as_binary_view()
}

/// The bytes of a `varchar` or `varbinary` argument.
pub fn text_or_bytes<'a>(arguments: &'a [ArrayRef], position: usize) -> impl Fn(usize) -> &'a [u8] {
    let array = &arguments[position];
    let is_text = array.data_type() == &DataType::Utf8View;
    move |row| if is_text { array.as_string_view().value(row).as_bytes() } else { array.as_binary_view().value(row) }
}

/// Gathers one value a row: `write` appends row `i` to an empty buffer.
pub fn write_bytes(
    rows: usize,
    mut write: impl FnMut(usize, &mut Vec<u8>) -> Result<(), FunctionError>,
) -> Result<ArrayRef, FunctionError> {
    let mut builder = BinaryViewBuilder::with_capacity(rows);
    let mut buffer = Vec::new();
    for row in 0..rows {
        buffer.clear();
        write(row, &mut buffer)?;
        builder.append_value(&buffer);
    }
    Ok(Arc::new(builder.finish()))
}
