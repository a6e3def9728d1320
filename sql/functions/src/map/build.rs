//! Maps made: `map`, `map_from_entries`, `multimap_from_entries`, `map_concat`. Keys are distinct and not null. Ref: Trino 401 "Map functions".

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, MapArray, StructArray, UInt32Array};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::{concat, take};
use arrow::datatypes::DataType;

use crate::array::interned::{Interned, NULL, Places, intern};
use crate::array::list::{Picks, range};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::types::TrinoType;
use crate::types::arrow_form::entries_field;
use crate::types::text::ValueWriter;

pub const MAP: Function = Function {
    name: "map",
    description: "A map of the keys and values of two arrays; an empty map without arguments",
    overloads: &[
        Overload::scalar("() -> map(unknown, unknown)", |call, _| Entries::default().finish(call.return_type(), &[], None)),
        Overload::scalar("<K!: comparable, V!>(array(K), array(V)) -> map(K, V)", map),
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
    overloads: &[Overload::scalar("<K!, V!>(map(K, V)...) -> map(K, V)", map_concat)],
    examples: &[("map_concat(map(ARRAY[1, 2], ARRAY['a', 'b']), map(ARRAY[2], ARRAY['c']))", "{1=a, 2=c}")],
    ..Function::SCALAR
};

/// Entries chosen by index from arrays of keys and of values.
#[derive(Debug, Default)]
pub struct Entries {
    keys: Vec<u32>,
    values: Vec<u32>,
    lengths: Vec<usize>,
}

impl Entries {
    pub fn with_capacity(rows: usize) -> Entries {
        Entries { lengths: Vec::with_capacity(rows), ..Entries::default() }
    }

    /// Adds a row of these entries.
    pub fn push(&mut self, entries: impl IntoIterator<Item = (usize, usize)>) {
        let before = self.keys.len();
        for (key, value) in entries {
            self.keys.push(key as u32);
            self.values.push(value as u32);
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

/// The keys of one row after the other.
pub struct KeyCheck<'a> {
    key_type: &'a TrinoType,
    keys: &'a ArrayRef,
    interned: Interned,
    seen: Places,
}

impl<'a> KeyCheck<'a> {
    pub fn new(key_type: &'a TrinoType, keys: &'a ArrayRef) -> Result<KeyCheck<'a>, FunctionError> {
        let interned = intern(keys, key_type)?;
        let seen = Places::new(&interned);
        Ok(KeyCheck { key_type, keys, interned, seen })
    }

    /// Checks the keys of one row. Errors: a null, `map key cannot be null`; one that comes twice, `<duplicate> (key) are not allowed`.
    pub fn check(&mut self, range: Range<usize>, duplicate: &str) -> Result<(), FunctionError> {
        self.seen.clear();
        for index in range {
            let number = self.interned.numbers[index];
            if number == NULL {
                return Err(FunctionError::argument("map key cannot be null"));
            }
            if !self.seen.insert(number, index) {
                return Err(FunctionError::argument(format!("{duplicate} ({}) are not allowed", self.text(index))));
            }
        }
        Ok(())
    }

    /// Errors: a key with a null inside.
    pub fn check_determinate(&self, mut range: Range<usize>) -> Result<(), FunctionError> {
        let is_nested = matches!(self.key_type, TrinoType::Array(_) | TrinoType::Row(_) | TrinoType::Map(..));
        match range.find(|index| is_nested && self.keys.is_valid(*index) && has_null(self.key_type, self.keys.as_ref(), *index)) {
            Some(index) => Err(FunctionError::argument(format!("map key cannot be indeterminate: {}", self.text(index)))),
            None => Ok(()),
        }
    }

    fn text(&self, index: usize) -> String {
        let mut text = String::new();
        ValueWriter::new(self.key_type).write(self.keys.as_ref(), index, &mut text);
        text
    }
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
    let mut check = KeyCheck::new(key_type(call.return_type()), keys.values())?;
    let mut entries = Entries::with_capacity(call.rows());
    for row in 0..call.rows() {
        let (from, to) = (range(keys, row), range(values, row));
        if from.len() != to.len() {
            return Err(FunctionError::argument("Key and value arrays must be the same length"));
        }
        check.check_determinate(from.clone())?;
        check.check(from.clone(), "Duplicate map keys")?;
        entries.push(from.zip(to));
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
    let mut check = KeyCheck::new(key_type(call.return_type()), &keys)?;
    let mut entries = Entries::with_capacity(call.rows());
    for row in 0..call.rows() {
        check.check(range(list, row), "Duplicate keys")?;
        entries.push(range(list, row).map(|index| (index, index)));
    }
    entries.finish(call.return_type(), &[&keys, &values], None)
}

fn multimap_from_entries(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let list = arguments[0].as_list::<i32>();
    let (keys, values) = entry_columns(&arguments[0])?;
    let TrinoType::Map(key, value) = call.return_type() else { return Err(FunctionError::internal("a map is due")) };
    let interned = intern(&keys, key)?;
    let mut of_key = Places::new(&interned);
    let (mut chosen, mut lengths, mut groups) = (vec![], vec![], Picks::default());
    let mut rows: Vec<Vec<usize>> = vec![];
    for row in 0..call.rows() {
        of_key.clear();
        rows.clear();
        for index in range(list, row) {
            let number = interned.numbers[index];
            if number == NULL {
                return Err(FunctionError::argument("map key cannot be null"));
            }
            if of_key.insert(number, rows.len()) {
                rows.push(vec![]);
                chosen.push(index as u32);
            }
            if let Some(group) = of_key.find(number).and_then(|place| rows.get_mut(place)) {
                group.push(index);
            }
        }
        lengths.push(rows.len());
        rows.iter().for_each(|group| groups.push(group.iter().copied()));
    }
    let element = crate::array::list::element_type(value);
    map_array(key, value, take(&keys, &UInt32Array::from(chosen), None)?, groups.finish(element, &values)?, lengths, None)
}

/// The last map's entries come first, as in Trino.
fn map_concat(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    if arguments.len() < 2 {
        return Err(FunctionError::argument("There must be two or more concatenation arguments to map_concat"));
    }
    let maps: Vec<&MapArray> = arguments.iter().rev().map(|argument| argument.as_map()).collect();
    let keys = concat(&maps.iter().map(|map| map.keys().as_ref()).collect::<Vec<_>>())?;
    let values = concat(&maps.iter().map(|map| map.values().as_ref()).collect::<Vec<_>>())?;
    let interned = intern(&keys, key_type(call.return_type()))?;
    let mut seen = Places::new(&interned);
    let mut entries = Entries::with_capacity(call.rows());
    for row in 0..call.rows() {
        seen.clear();
        let mut start = 0;
        let all = maps.iter().flat_map(|map| {
            let offsets = map.value_offsets();
            let entries = start + offsets[row] as usize..start + offsets[row + 1] as usize;
            start += map.keys().len();
            entries
        });
        entries.push(all.filter(|index| seen.insert(interned.numbers[*index], 0)).map(|index| (index, index)));
    }
    entries.finish(call.return_type(), &[&keys, &values], None)
}
