//! How do array kernels walk and build lists? By indices into the elements, so that any element type will do.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, UInt32Array};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::{concat, take};

use crate::error::FunctionError;
use crate::types::TrinoType;
use crate::types::arrow_form::item_field;

/// The element type of an array type; `unknown` of any other.
pub fn element_type(data_type: &TrinoType) -> &TrinoType {
    match data_type {
        TrinoType::Array(element) => element,
        _ => &TrinoType::Unknown,
    }
}

/// The elements of `row`, as indices into `values()`.
#[inline]
pub fn range(list: &ListArray, row: usize) -> Range<usize> {
    let offsets = list.value_offsets();
    offsets[row] as usize..offsets[row + 1] as usize
}

/// Lists of chosen elements.
#[derive(Debug, Default)]
pub struct Picks {
    indices: Vec<u32>,
    lengths: Vec<usize>,
    validity: Vec<bool>,
}

impl Picks {
    pub fn with_capacity(rows: usize) -> Picks {
        Picks { indices: vec![], lengths: Vec::with_capacity(rows), validity: Vec::with_capacity(rows) }
    }

    /// Adds a row of these elements.
    pub fn push(&mut self, elements: impl IntoIterator<Item = usize>) {
        let before = self.indices.len();
        self.indices.extend(elements.into_iter().map(|index| index as u32));
        self.lengths.push(self.indices.len() - before);
        self.validity.push(true);
    }

    /// Adds a null row.
    pub fn push_null(&mut self) {
        self.lengths.push(0);
        self.validity.push(false);
    }

    /// The lists, of elements of `values`.
    pub fn finish(self, element: &TrinoType, values: &ArrayRef) -> Result<ArrayRef, FunctionError> {
        let elements = take(values, &UInt32Array::from(self.indices), None)?;
        list_of(element, elements, self.lengths, self.validity)
    }
}

/// Lists over elements that lie one after the other.
pub fn list_of(element: &TrinoType, elements: ArrayRef, lengths: Vec<usize>, validity: Vec<bool>) -> Result<ArrayRef, FunctionError> {
    let nulls = validity.contains(&false).then(|| NullBuffer::from(validity));
    Ok(Arc::new(ListArray::try_new(item_field(element), OffsetBuffer::from_lengths(lengths), elements, nulls)?))
}

/// The elements of several lists in one array, and where each list's elements start in it.
pub fn pool(arguments: &[ArrayRef]) -> Result<(ArrayRef, Vec<usize>), FunctionError> {
    let lists: Vec<&ListArray> = arguments.iter().map(|argument| argument.as_list::<i32>()).collect();
    let mut starts = Vec::with_capacity(lists.len());
    let mut total = 0;
    for list in &lists {
        starts.push(total);
        total += list.values().len();
    }
    let values: Vec<&dyn Array> = lists.iter().map(|list| list.values().as_ref()).collect();
    Ok((concat(&values)?, starts))
}
