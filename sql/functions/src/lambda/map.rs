//! Lambdas over the entries of a map: `map_filter`, `transform_keys`, `transform_values`, `map_zip_with`. Ref: Trino 401 "Map functions".

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, MapArray, UInt32Array};
use arrow::compute::{concat, take};

use crate::array::interned::{Places, intern};
use crate::call::{Call, Operand};
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::map::build::{Entries, KeyCheck, map_array};
use crate::types::TrinoType;

pub const MAP_FILTER: Function = Function {
    name: "map_filter",
    description: "The entries for which a lambda is true",
    overloads: &[Overload::lambda("<K!, V!>(map(K, V), function(K, V, boolean)) -> map(K, V)", map_filter)],
    examples: &[("map_filter(map(ARRAY[1, 2], ARRAY['a', 'b']), (k, v) -> k > 1)", "{2=b}")],
    ..Function::SCALAR
};

pub const TRANSFORM_KEYS: Function = Function {
    name: "transform_keys",
    description: "The map with a lambda applied to every key",
    overloads: &[Overload::lambda("<K1!, K2!: comparable, V!>(map(K1, V), function(K1, V, K2)) -> map(K2, V)", transform_keys)],
    examples: &[("transform_keys(map(ARRAY[1, 2], ARRAY['a', 'b']), (k, v) -> k + 1)", "{2=a, 3=b}")],
    ..Function::SCALAR
};

pub const TRANSFORM_VALUES: Function = Function {
    name: "transform_values",
    description: "The map with a lambda applied to every value",
    overloads: &[Overload::lambda("<K!, V1!, V2!>(map(K, V1), function(K, V1, V2)) -> map(K, V2)", transform_values)],
    examples: &[("transform_values(map(ARRAY[1, 2], ARRAY[3, 4]), (k, v) -> k + v)", "{1=4, 2=6}")],
    ..Function::SCALAR
};

pub const MAP_ZIP_WITH: Function = Function {
    name: "map_zip_with",
    description: "A lambda applied to the values of two maps under the same key",
    overloads: &[Overload::lambda("<K!, V1!, V2!, V3!>(map(K, V1), map(K, V2), function(K, V1, V2, V3)) -> map(K, V3)", map_zip_with)],
    examples: &[("map_zip_with(map(ARRAY[1], ARRAY[2]), map(ARRAY[1], ARRAY[3]), (k, a, b) -> a * b)", "{1=6}")],
    ..Function::SCALAR
};

/// The entries of the maps that are not null: keys, values, the row of each, and how many a row has.
struct Flat {
    keys: ArrayRef,
    values: ArrayRef,
    rows: UInt32Array,
    lengths: Vec<usize>,
}

fn entries(map: &MapArray, row: usize) -> std::ops::Range<usize> {
    let offsets = map.value_offsets();
    if map.is_valid(row) { offsets[row] as usize..offsets[row + 1] as usize } else { 0..0 }
}

fn flatten(map: &MapArray) -> Result<Flat, FunctionError> {
    let lengths: Vec<usize> = (0..map.len()).map(|row| entries(map, row).len()).collect();
    let total = lengths.iter().sum();
    let mut rows = Vec::with_capacity(total);
    lengths.iter().enumerate().for_each(|(row, length)| rows.extend(std::iter::repeat_n(row as u32, *length)));
    let (first, last) = (map.value_offsets()[0] as usize, map.value_offsets()[map.len()] as usize);
    let (keys, values) = if last - first == total {
        (map.keys().slice(first, total), map.values().slice(first, total))
    } else {
        // Something lies under a null: the lambda must not see it.
        let kept = UInt32Array::from_iter_values((0..map.len()).flat_map(|row| entries(map, row)).map(|index| index as u32));
        (take(map.keys(), &kept, None)?, take(map.values(), &kept, None)?)
    };
    Ok(Flat { keys, values, rows: UInt32Array::from(rows), lengths })
}

fn parts(map_type: &TrinoType) -> Result<(&TrinoType, &TrinoType), FunctionError> {
    match map_type {
        TrinoType::Map(key, value) => Ok((key, value)),
        _ => Err(FunctionError::internal("a map is due")),
    }
}

fn map_filter(call: &Call<'_>, operands: &[Operand<'_>]) -> Result<ArrayRef, FunctionError> {
    let map = operands[0].value()?.as_map();
    let flat = flatten(map)?;
    let kept = operands[1].lambda()?.evaluate(&flat.rows, &[Arc::clone(&flat.keys), Arc::clone(&flat.values)])?;
    let kept = kept.as_boolean();
    let mut chosen = Entries::with_capacity(call.rows());
    let mut start = 0;
    for length in flat.lengths {
        chosen.push((start..start + length).filter(|index| kept.is_valid(*index) && kept.value(*index)).map(|index| (index, index)));
        start += length;
    }
    chosen.finish(call.return_type(), &[&flat.keys, &flat.values], map.nulls().cloned())
}

fn transform_values(call: &Call<'_>, operands: &[Operand<'_>]) -> Result<ArrayRef, FunctionError> {
    let map = operands[0].value()?.as_map();
    let flat = flatten(map)?;
    let values = operands[1].lambda()?.evaluate(&flat.rows, &[Arc::clone(&flat.keys), flat.values])?;
    let (key, value) = parts(call.return_type())?;
    map_array(key, value, flat.keys, values, flat.lengths, map.nulls().cloned())
}

fn transform_keys(call: &Call<'_>, operands: &[Operand<'_>]) -> Result<ArrayRef, FunctionError> {
    let map = operands[0].value()?.as_map();
    let flat = flatten(map)?;
    let keys = operands[1].lambda()?.evaluate(&flat.rows, &[flat.keys, Arc::clone(&flat.values)])?;
    let (key, value) = parts(call.return_type())?;
    let mut check = KeyCheck::new(key, &keys)?;
    let mut start = 0;
    for length in &flat.lengths {
        check.check(start..start + length, "Duplicate keys")?;
        start += length;
    }
    map_array(key, value, Arc::clone(&keys), flat.values, flat.lengths, map.nulls().cloned())
}

fn map_zip_with(call: &Call<'_>, operands: &[Operand<'_>]) -> Result<ArrayRef, FunctionError> {
    let (left, right) = (operands[0].value()?.as_map(), operands[1].value()?.as_map());
    let (key, value) = parts(call.return_type())?;
    let keys = concat(&[left.keys().as_ref(), right.keys().as_ref()])?;
    let interned = intern(&keys, key)?;
    let mut others = Places::new(&interned);
    let right_start = left.keys().len();
    let (mut key_places, mut left_places, mut right_places, mut rows, mut lengths, mut validity) =
        (vec![], vec![], vec![], vec![], vec![], vec![]);
    for row in 0..call.rows() {
        let is_valid = left.is_valid(row) && right.is_valid(row);
        validity.push(is_valid);
        let before = key_places.len();
        if is_valid {
            others.clear();
            for index in entries(right, row) {
                others.insert(interned.numbers[right_start + index], index);
            }
            for index in entries(left, row) {
                key_places.push(index as u32);
                left_places.push(Some(index as u32));
                right_places.push(others.remove(interned.numbers[index]).map(|index| index as u32));
            }
            for index in entries(right, row).filter(|index| others.find(interned.numbers[right_start + index]).is_some()) {
                key_places.push((right_start + index) as u32);
                left_places.push(None);
                right_places.push(Some(index as u32));
            }
        }
        lengths.push(key_places.len() - before);
        rows.extend(std::iter::repeat_n(row as u32, key_places.len() - before));
    }
    let keys = take(&keys, &UInt32Array::from(key_places), None)?;
    let parameters = [
        Arc::clone(&keys),
        take(left.values(), &UInt32Array::from(left_places), None)?,
        take(right.values(), &UInt32Array::from(right_places), None)?,
    ];
    let values = operands[2].lambda()?.evaluate(&UInt32Array::from(rows), &parameters)?;
    map_array(key, value, keys, values, lengths, Some(validity.into()))
}
