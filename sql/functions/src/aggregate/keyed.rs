//! How does an aggregate keep one entry a key? Keys in the order they came, found by the bytes of their normal form.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use arrow::array::{ArrayRef, MapArray, StructArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::DataType;
use arrow::row::Rows;

use super::pick::{Held, Pick, gather, hold, hold_rows};
use crate::error::FunctionError;
use crate::types::TrinoType;
use crate::types::arrow_form::{arrow_type, entries_field};

/// The entries of one group. The picks' column 0 is the key.
pub struct Keyed<T> {
    index: HashMap<Box<[u8]>, u32>,
    pub picks: Vec<Pick>,
    pub extras: Vec<T>,
    /// Has any row come, be it without entries?
    pub is_seen: bool,
}

impl<T> Default for Keyed<T> {
    fn default() -> Self {
        Keyed { index: HashMap::new(), picks: vec![], extras: vec![], is_seen: false }
    }
}

impl<T> Keyed<T> {
    /// Bytes of the keys and picks.
    pub fn bytes(&self) -> usize {
        self.picks.iter().map(Pick::bytes).sum::<usize>()
            + self.index.keys().map(|key| key.len() + 24).sum::<usize>()
            + self.extras.len() * std::mem::size_of::<T>()
    }
}

/// Puts entries of one batch in; copies the rows of new keys once, at the end.
pub struct Entries<'a> {
    columns: &'a [ArrayRef],
    encoded: &'a Rows,
    whole: Arc<Held>,
    fresh: Vec<(usize, usize, u32)>,
}

impl<'a> Entries<'a> {
    /// `columns[0]` holds the keys, `encoded` their normal forms.
    pub fn new(columns: &'a [ArrayRef], encoded: &'a Rows) -> Entries<'a> {
        Entries { columns, encoded, whole: hold(columns), fresh: vec![] }
    }

    /// The entry of `row`'s key in its group; a new one starts with `extra`.
    pub fn entry<'s, T>(&mut self, states: &'s mut [Keyed<T>], group: usize, row: usize, extra: impl FnOnce() -> T) -> &'s mut T {
        let state = &mut states[group];
        let key = self.encoded.row(row);
        let position = match state.index.get(key.as_ref()) {
            Some(position) => *position as usize,
            None => {
                let position = state.picks.len();
                match state.index.entry(key.as_ref().into()) {
                    Entry::Vacant(vacant) => vacant.insert(position as u32),
                    Entry::Occupied(occupied) => occupied.into_mut(),
                };
                state.picks.push(Pick { held: Arc::clone(&self.whole), row: row as u32 });
                state.extras.push(extra());
                self.fresh.push((group, position, row as u32));
                position
            }
        };
        &mut state.extras[position]
    }

    /// Lets the batch go.
    pub fn settle<T>(self, states: &mut [Keyed<T>]) -> Result<(), FunctionError> {
        if self.fresh.is_empty() {
            return Ok(());
        }
        let copied = hold_rows(self.columns, self.fresh.iter().map(|(_, _, row)| *row).collect())?;
        for (place, (group, position, _)) in self.fresh.into_iter().enumerate() {
            states[group].picks[position] = Pick { held: Arc::clone(&copied), row: place as u32 };
        }
        Ok(())
    }
}

/// Maps a state, out of the keys and the values given; null for groups without rows.
pub fn maps<T>(states: &[Keyed<T>], key: &TrinoType, value: &TrinoType, values: ArrayRef) -> Result<ArrayRef, FunctionError> {
    let keys = gather(states.iter().flat_map(|state| state.picks.iter().map(Some)), 0, &arrow_type(key))?;
    let field = entries_field(key, value);
    let DataType::Struct(fields) = field.data_type().clone() else {
        return Err(FunctionError::internal("the entries of a map are a struct"));
    };
    let entries = StructArray::try_new(fields, vec![keys, values], None)?;
    let offsets = OffsetBuffer::from_lengths(states.iter().map(|state| state.picks.len()));
    let nulls: NullBuffer = states.iter().map(|state| state.is_seen).collect();
    Ok(Arc::new(MapArray::try_new(field, offsets, entries, Some(nulls), false)?))
}
