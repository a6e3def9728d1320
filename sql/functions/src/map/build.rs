//! Maps made: `map`, `map_from_entries`, `multimap_from_entries`, `map_concat`. Keys are distinct and not null. Ref: Trino 401 "Map functions".

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, MapArray, StructArray, UInt32Array};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::{concat, take};
use arrow::datatypes::DataType;
use arrow::row::Rows;

use crate::array::list::{Picks, range};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::identity;
use crate::types::TrinoType;
use crate::types::arrow_form::entries_field;
use crate::types::text::ValueWriter;

pub const MAP: Function = Function {
    name: "map",
    description: "A map of the keys and values of two arrays; an empty map without arguments",
    overloads: &[
        Overload::scalar("() -> map(unknown, unknown)", |call, _| Entries::default().finish(call.return_type(), &[], None)),
        Overload::scalar("<K: comparable, V>(array(K), array(V)) -> map(K, V)", map),
    ],
    examples: &[("map(ARRAY['a', 'b'], ARRAY[1, 2])", "{a=1, b=2}")],
    ..Function::SCALAR
};

pub const MAP_FROM_ENTRIES: Function = Function {
    name: "map_from_entries",
    description: "A map of an array of key and value rows",
    overloads: &[Overload::scalar("<K: comparable, V>(array(row(K, V))) -> map(K, V)", from_entries)],
    examples: &[("map_from_entries(ARRAY[(1, 'x'), (2, 'y')])", "{1=x, 2=y}")],
    ..Function::SCALAR
};

pub const MULTIMAP_FROM_ENTRIES: Function = Function {
    name: "multimap_from_entries",
    description: "A map of every key of an array of rows to the array of its values",
    overloads: &[Overload::scalar("<K: comparable, V>(array(row(K, V))) -> map(K, array(V))", multimap_from_entries)],
    examples: &[("multimap_from_entries(ARRAY[(1, 'x'), (2, 'y'), (1, 'z')])", "{1=[x, z], 2=[y]}")],
    ..Function::SCALAR
};

pub const MAP_CONCAT: Function = Function {
    name: "map_concat",
    description: "The entries of all maps; the last of equal keys counts",
    overloads: &[Overload::scalar("<K: comparable, V>(map(K, V), map(K, V)...) -> map(K, V)", map_concat)],
    examples: &[("map_concat(map(ARRAY[1, 2], ARRAY['a', 'b']), map(ARRAY[2], ARRAY['c']))", "{1=a, 2=c}")],
    ..Function::SCALAR
};

/// Entries chosen by index from arrays of keys and of values.
#[derive(Debug, Default)]
pub struct Entries {
    keys: Vec<u32>,
    values: Vec<Option<u32>>,
    lengths: Vec<usize>,
}

impl Entries {
    pub fn with_capacity(rows: usize) -> Entries {
        Entries { lengths: Vec::with_capacity(rows), ..Entries::default() }
    }

    /// Adds a row of these entries.
    pub fn push(&mut self, entries: impl IntoIterator<Item = (usize, Option<usize>)>) {
        let before = self.keys.len();
        for (key, value) in entries {
            self.keys.push(key as u32);
            self.values.push(value.map(|value| value as u32));
        }
        self.lengths.push(self.keys.len() - before);
    }

    /// The maps; `arrays` are the keys and the values, absent when there are no entries at all.
    pub fn finish(self, map_type: &TrinoType, arrays: &[&ArrayRef], nulls: Option<NullBuffer>) -> Result<ArrayRef, FunctionError> {
        let rows = if arrays.is_empty() { 1 } else { self.lengths.len() };
        let lengths = if arrays.is_empty() { vec![0; rows] } else { self.lengths };
        let TrinoType::Map(key, value) = map_type else { return Err(FunctionError::internal("a map is due")) };
        let (keys, values) = match arrays {
            [keys, values] => (take(keys, &UInt32Array::from(self.keys), None)?, take(values, &UInt32Array::from(self.values), None)?),
            _ => (
                arrow::array::new_empty_array(&crate::types::arrow_form::arrow_type(key)),
                arrow::array::new_empty_array(&crate::types::arrow_form::arrow_type(value)),
            ),
        };
        map_array(key, value, keys, values, lengths, nulls)
    }
}

/// Maps over keys and values that lie one after the other.
pub fn map_array(
    key: &TrinoType,
    value: &TrinoType,
    keys: ArrayRef,
    values: ArrayRef,
    lengths: Vec<usize>,
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef, FunctionError> {
    let field = entries_field(key, value);
    let DataType::Struct(fields) = field.data_type().clone() else { return Err(FunctionError::internal("map entries are not a struct")) };
    let entries = StructArray::try_new(fields, vec![keys, values], None)?;
    Ok(Arc::new(MapArray::try_new(field, OffsetBuffer::from_lengths(lengths), entries, nulls, false)?))
}

/// Checks the keys of one row. Errors: null, `map key cannot be null`; with a null inside, indeterminate; one that comes twice, `duplicate(key)`.
pub fn check_keys(
    key_type: &TrinoType,
    keys: &ArrayRef,
    encoded: &Rows,
    mut range: Range<usize>,
    duplicate: impl Fn(&str) -> String,
) -> Result<(), FunctionError> {
    let text = |index: usize| {
        let mut text = String::new();
        ValueWriter::new(key_type).write(keys.as_ref(), index, &mut text);
        text
    };
    let mut seen = std::collections::HashSet::with_capacity(range.len());
    range.try_for_each(|index| {
        if keys.is_null(index) {
            return Err(FunctionError::argument("map key cannot be null"));
        }
        if has_null(key_type, keys.as_ref(), index) {
            return Err(FunctionError::argument(format!("map key cannot be indeterminate: {}", text(index))));
        }
        if seen.insert(encoded.row(index)) { Ok(()) } else { Err(FunctionError::argument(duplicate(&text(index)))) }
    })
}

/// Is there a null inside the value?
fn has_null(data_type: &TrinoType, values: &dyn Array, index: usize) -> bool {
    match data_type {
        TrinoType::Array(element) => {
            let list = values.as_list::<i32>();
            range(list, index).any(|index| list.values().is_null(index) || has_null(element, list.values().as_ref(), index))
        }
        TrinoType::Row(fields) => fields
            .iter()
            .zip(values.as_struct().columns())
            .any(|(field, column)| column.is_null(index) || has_null(&field.data_type, column.as_ref(), index)),
        TrinoType::Map(_, value) => {
            let map = values.as_map();
            let offsets = map.value_offsets();
            (offsets[index] as usize..offsets[index + 1] as usize)
                .any(|index| map.values().is_null(index) || has_null(value, map.values().as_ref(), index))
        }
        _ => false,
    }
}

fn key_type(map_type: &TrinoType) -> &TrinoType {
    match map_type {
        TrinoType::Map(key, _) => key,
        _ => &TrinoType::Unknown,
    }
}

fn map(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (keys, values) = (arguments[0].as_list::<i32>(), arguments[1].as_list::<i32>());
    let key = key_type(call.return_type());
    let encoded = identity::encode(keys.values(), key)?;
    let mut entries = Entries::with_capacity(call.rows());
    for row in 0..call.rows() {
        let (from, to) = (range(keys, row), range(values, row));
        if from.len() != to.len() {
            return Err(FunctionError::argument("Key and value arrays must be the same length"));
        }
        check_keys(key, keys.values(), &encoded, from.clone(), |key| format!("Duplicate map keys ({key}) are not allowed"))?;
        entries.push(from.zip(to.map(Some)));
    }
    entries.finish(call.return_type(), &[keys.values(), values.values()], None)
}

/// The rows of an array of entries, with their keys and values. Errors: a null entry.
fn entry_columns(argument: &ArrayRef) -> Result<(ArrayRef, ArrayRef), FunctionError> {
    let list = argument.as_list::<i32>();
    let rows = list.values().as_struct();
    if (0..list.len()).any(|row| range(list, row).any(|index| rows.is_null(index))) {
        return Err(FunctionError::argument("map entry cannot be null"));
    }
    Ok((Arc::clone(rows.column(0)), Arc::clone(rows.column(1))))
}

fn from_entries(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let list = arguments[0].as_list::<i32>();
    let (keys, values) = entry_columns(&arguments[0])?;
    let key = key_type(call.return_type());
    let encoded = identity::encode(&keys, key)?;
    let mut entries = Entries::with_capacity(call.rows());
    for row in 0..call.rows() {
        check_keys(key, &keys, &encoded, range(list, row), |key| format!("Duplicate keys ({key}) are not allowed"))?;
        entries.push(range(list, row).map(|index| (index, Some(index))));
    }
    entries.finish(call.return_type(), &[&keys, &values], None)
}

fn multimap_from_entries(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let list = arguments[0].as_list::<i32>();
    let (keys, values) = entry_columns(&arguments[0])?;
    let TrinoType::Map(key, value) = call.return_type() else { return Err(FunctionError::internal("a map is due")) };
    let encoded = identity::encode(&keys, key)?;
    let (mut chosen, mut lengths, mut groups) = (vec![], vec![], Picks::default());
    for row in 0..call.rows() {
        let mut of_key: HashMap<_, usize> = HashMap::new();
        let mut rows: Vec<(usize, Vec<usize>)> = vec![];
        for index in range(list, row) {
            if keys.is_null(index) {
                return Err(FunctionError::argument("map key cannot be null"));
            }
            let slot = *of_key.entry(encoded.row(index)).or_insert_with(|| {
                rows.push((index, vec![]));
                rows.len() - 1
            });
            rows[slot].1.push(index);
        }
        lengths.push(rows.len());
        for (index, group) in rows {
            chosen.push(index as u32);
            groups.push(group);
        }
    }
    let element = crate::array::list::element_type(value);
    map_array(key, value, take(&keys, &UInt32Array::from(chosen), None)?, groups.finish(element, &values)?, lengths, None)
}

fn map_concat(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let maps: Vec<&MapArray> = arguments.iter().map(|argument| argument.as_map()).collect();
    let keys = concat(&maps.iter().map(|map| map.keys().as_ref()).collect::<Vec<_>>())?;
    let values = concat(&maps.iter().map(|map| map.values().as_ref()).collect::<Vec<_>>())?;
    let encoded = identity::encode(&keys, key_type(call.return_type()))?;
    let mut entries = Entries::with_capacity(call.rows());
    for row in 0..call.rows() {
        let mut of_key: HashMap<_, usize> = HashMap::new();
        let mut rows: Vec<(usize, Option<usize>)> = vec![];
        let mut start = 0;
        for map in &maps {
            let offsets = map.value_offsets();
            for index in start + offsets[row] as usize..start + offsets[row + 1] as usize {
                match of_key.entry(encoded.row(index)) {
                    std::collections::hash_map::Entry::Occupied(slot) => rows[*slot.get()].1 = Some(index),
                    std::collections::hash_map::Entry::Vacant(slot) => {
                        slot.insert(rows.len());
                        rows.push((index, Some(index)));
                    }
                }
            }
            start += map.keys().len();
        }
        entries.push(rows);
    }
    entries.finish(call.return_type(), &[&keys, &values], None)
}
