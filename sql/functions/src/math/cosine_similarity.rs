//! How alike are two sparse vectors? Ref: Trino 401 `cosine_similarity`. Null where a coordinate is.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, MapArray};
use arrow::datatypes::Float64Type;

use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const COSINE_SIMILARITY: Function = Function {
    name: "cosine_similarity",
    overloads: &[Overload::scalar("(map(varchar, double), map(varchar, double)) -> double", cosine_similarity)],
    description: "Cosine similarity between the given sparse vectors",
    examples: &[("cosine_similarity(map(ARRAY['a'], ARRAY[1.0e0]), map(ARRAY['a'], ARRAY[2.0e0]))", "1.0")],
    ..Function::SCALAR
};

fn cosine_similarity(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (left, right) = (arguments[0].as_map(), arguments[1].as_map());
    Ok(Arc::new((0..call.rows()).map(|row| similarity(left, right, row)).collect::<Float64Array>()))
}

fn coordinates(map: &MapArray, row: usize) -> impl Iterator<Item = (&str, Option<f64>)> {
    let (keys, values) = (map.keys().as_string_view(), map.values().as_primitive::<Float64Type>());
    let offsets = map.value_offsets();
    (offsets[row] as usize..offsets[row + 1] as usize)
        .map(move |index| (keys.value(index), values.is_valid(index).then(|| values.value(index))))
}

fn norm(map: &MapArray, row: usize) -> Option<f64> {
    coordinates(map, row).try_fold(0.0, |sum, (_, value)| value.map(|value| sum + value * value)).map(f64::sqrt)
}

fn similarity(left: &MapArray, right: &MapArray, row: usize) -> Option<f64> {
    let (left_norm, right_norm) = (norm(left, row)?, norm(right, row)?);
    let known: HashMap<&str, f64> = coordinates(left, row).filter_map(|(key, value)| Some((key, value?))).collect();
    let product: f64 =
        coordinates(right, row).filter_map(|(key, value)| Some(known.get(key)? * value?)).fold(0.0, |sum, product| sum + product);
    Some(product / (left_norm * right_norm))
}
