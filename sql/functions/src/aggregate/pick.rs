//! How does an aggregate hold on to rows of its input? It shares the batch and notes the row; only chosen rows are copied.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, UInt32Array, new_empty_array, new_null_array};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{interleave, take};
use arrow::datatypes::DataType;

use super::fold::Placed;
use crate::error::FunctionError;
use crate::types::TrinoType;
use crate::types::arrow_form::item_field;

/// Columns of equal length that picks point into.
pub struct Held {
    pub columns: Vec<ArrayRef>,
    bytes_per_row: usize,
}

/// One row of held columns.
#[derive(Clone)]
pub struct Pick {
    pub held: Arc<Held>,
    pub row: u32,
}

impl Pick {
    pub fn column(&self, position: usize) -> &ArrayRef {
        &self.held.columns[position]
    }

    /// Bytes this row costs, the pick included.
    pub fn bytes(&self) -> usize {
        std::mem::size_of::<Pick>() + self.held.bytes_per_row
    }
}

/// Shares the columns as they are.
pub fn hold(columns: &[ArrayRef]) -> Arc<Held> {
    let rows = columns.first().map_or(0, |column| column.len()).max(1);
    let bytes: usize = columns.iter().map(|column| column.to_data().get_slice_memory_size().unwrap_or(0)).sum();
    Arc::new(Held { columns: columns.to_vec(), bytes_per_row: bytes / rows })
}

/// Copies the rows, in the order given, so that the batch can go.
pub fn hold_rows(columns: &[ArrayRef], rows: Vec<u32>) -> Result<Arc<Held>, FunctionError> {
    let rows = UInt32Array::from(rows);
    let mut copied = Vec::with_capacity(columns.len());
    for column in columns {
        let values = take(column, &rows, None)?;
        // A view would hold on to the batch's buffers.
        copied.push(match values.data_type() {
            DataType::Utf8View => Arc::new(values.as_string_view().gc()) as ArrayRef,
            DataType::BinaryView => Arc::new(values.as_binary_view().gc()) as ArrayRef,
            _ => values,
        });
    }
    Ok(hold(&copied))
}

/// Holds the rows that count: the batch itself when that wastes little, else a copy of just them (then the flag is set).
pub fn hold_placed(columns: &[ArrayRef], rows: &[Placed]) -> Result<(Arc<Held>, bool), FunctionError> {
    let all = columns.first().map_or(0, |column| column.len());
    if rows.len() * 2 >= all {
        return Ok((hold(columns), false));
    }
    Ok((hold_rows(columns, rows.iter().map(|placed| placed.row as u32).collect())?, true))
}

/// One column of the picked rows as an array; no pick is null.
pub fn gather<'a>(
    picks: impl IntoIterator<Item = Option<&'a Pick>>,
    position: usize,
    data_type: &DataType,
) -> Result<ArrayRef, FunctionError> {
    let null = new_null_array(data_type, 1);
    let mut sources: Vec<&dyn Array> = vec![null.as_ref()];
    let mut source_of: HashMap<*const Held, usize> = HashMap::new();
    let mut last = (std::ptr::null::<Held>(), 0usize);
    let mut places = vec![];
    for pick in picks {
        let Some(pick) = pick else {
            places.push((0, 0));
            continue;
        };
        let key = Arc::as_ptr(&pick.held);
        if last.0 != key {
            let source = *source_of.entry(key).or_insert_with(|| {
                sources.push(pick.column(position).as_ref());
                sources.len() - 1
            });
            last = (key, source);
        }
        places.push((last.1, pick.row as usize));
    }
    if places.is_empty() { Ok(new_empty_array(data_type)) } else { Ok(interleave(&sources, &places)?) }
}

/// A list a state out of picked rows; where `is_null` says so, null.
pub fn gather_lists<'a, L>(
    lists: &'a [L],
    picks: impl Fn(&'a L) -> &'a [Pick],
    position: usize,
    element: &TrinoType,
    empty_is_null: bool,
) -> Result<ArrayRef, FunctionError> {
    let field = item_field(element);
    let values = gather(lists.iter().flat_map(|list| picks(list).iter().map(Some)), position, field.data_type())?;
    let offsets = OffsetBuffer::from_lengths(lists.iter().map(|list| picks(list).len()));
    let nulls = empty_is_null.then(|| lists.iter().map(|list| !picks(list).is_empty()).collect());
    Ok(Arc::new(ListArray::try_new(field, offsets, values, nulls)?))
}

/// The elements of row `row` of a saved list.
pub fn saved_range(list: &ListArray, row: usize) -> std::ops::Range<u32> {
    if list.is_null(row) {
        return 0..0;
    }
    let offsets = list.value_offsets();
    offsets[row] as u32..offsets[row + 1] as u32
}
