//! What stands at an index of an array or under a key of a map? Ref: Trino 401 `ArraySubscriptOperator`, `MapSubscriptOperator`.

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::Int64Type;

use super::compare::is_identical_at;
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Nulls, Overload};
use crate::types::TrinoType;
use crate::types::text::ValueWriter;

pub const FUNCTION: Function = Function {
    name: "$subscript",
    nulls: Nulls::Propagated,
    overloads: &[
        Overload::scalar("<T>(array(T), bigint) -> T", array_subscript),
        Overload::scalar("<K: comparable, V>(map(K, V), K) -> V", map_subscript),
    ],
    ..Function::SCALAR
};

fn array_subscript(_call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (list, indices) = (arguments[0].as_list::<i32>(), arguments[1].as_primitive::<Int64Type>());
    let offsets = list.value_offsets();
    let mut places = Vec::with_capacity(list.len());
    for row in 0..list.len() {
        if list.is_null(row) || indices.is_null(row) {
            places.push(None);
            continue;
        }
        let (index, length) = (indices.value(row), i64::from(offsets[row + 1] - offsets[row]));
        if index == 0 {
            return Err(FunctionError::argument("SQL array indices start at 1"));
        }
        if index < 0 {
            return Err(FunctionError::argument(format!("Array subscript is negative: {index}")));
        }
        if index > length {
            return Err(FunctionError::argument(format!("Array subscript must be less than or equal to array length: {index} > {length}")));
        }
        places.push(Some(offsets[row] as u32 + (index - 1) as u32));
    }
    Ok(take(list.values(), &UInt32Array::from(places), None)?)
}

fn map_subscript(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let key_type = call.argument_type(1);
    let places = map_places(key_type, &arguments[0], &arguments[1]);
    if let Some(row) = places.iter().position(|place| *place == Place::Missing) {
        let mut key = String::new();
        ValueWriter::new(key_type).write(arguments[1].as_ref(), row, &mut key);
        return Err(FunctionError::argument(format!("Key not present in map: {key}")));
    }
    take_places(&arguments[0], &places)
}

/// Where a key is among a map's entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The map or the key is null.
    Null,
    Missing,
    /// Index into the map array's entries.
    At(u32),
}

/// Finds every row's key in the row's map.
pub fn map_places(key_type: &TrinoType, maps: &ArrayRef, keys: &ArrayRef) -> Vec<Place> {
    let map = maps.as_map();
    let offsets = map.value_offsets();
    let texts = keys.as_string_view_opt().zip(map.keys().as_string_view_opt());
    (0..map.len())
        .map(|row| {
            if map.is_null(row) || keys.is_null(row) {
                return Place::Null;
            }
            let mut entries = offsets[row] as usize..offsets[row + 1] as usize;
            let found = match (&texts, key_type) {
                (Some((wanted, held)), TrinoType::Varchar(_)) => {
                    let wanted = wanted.value(row);
                    entries.find(|entry| held.value(*entry) == wanted)
                }
                _ => entries.find(|entry| is_identical_at(key_type, map.keys().as_ref(), *entry, keys.as_ref(), row)),
            };
            found.map_or(Place::Missing, |entry| Place::At(entry as u32))
        })
        .collect()
}

/// The values at the places; null where there is none.
pub fn take_places(maps: &ArrayRef, places: &[Place]) -> Result<ArrayRef, FunctionError> {
    let indices = places.iter().map(|place| if let Place::At(entry) = place { Some(*entry) } else { None });
    Ok(take(maps.as_map().values(), &indices.collect::<UInt32Array>(), None)?)
}
