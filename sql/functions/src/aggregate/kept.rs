//! How does an aggregate keep a value of any type? As an array of length 1, copied out of its batch.

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array, new_null_array};
use arrow::compute::{concat, take};
use arrow::datatypes::DataType;
use std::sync::Arc;

use crate::error::FunctionError;

/// A value, null allowed.
pub type Kept = ArrayRef;

/// Copies `array[row]`, so that the batch can go.
pub fn keep(array: &ArrayRef, row: usize) -> Result<Kept, FunctionError> {
    let one = take(array, &UInt32Array::from(vec![row as u32]), None)?;
    // A view would hold on to the batch's buffers.
    Ok(match one.data_type() {
        DataType::Utf8View => Arc::new(one.as_string_view().gc()),
        DataType::BinaryView => Arc::new(one.as_binary_view().gc()),
        _ => one,
    })
}

/// One array of kept values; nothing kept is null.
pub fn gather<'a>(values: impl IntoIterator<Item = Option<&'a Kept>>, data_type: &DataType) -> Result<ArrayRef, FunctionError> {
    let null = new_null_array(data_type, 1);
    let parts: Vec<&dyn Array> = values.into_iter().map(|value| value.map_or(null.as_ref(), |value| value.as_ref())).collect();
    if parts.is_empty() { Ok(arrow::array::new_empty_array(data_type)) } else { Ok(concat(&parts)?) }
}
