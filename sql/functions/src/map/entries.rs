//! Parts of a map: `cardinality`, `map_keys`, `map_values`, `map_entries`. Ref: Trino 401 "Map functions".

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, ListArray, MapArray, StructArray};

use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Nulls, Overload};
use crate::types::TrinoType;
use crate::types::arrow_form::{item_field, row_fields};

const PART: Function = Function { nulls: Nulls::Propagated, ..Function::SCALAR };

pub const CARDINALITY: Function = Function {
    name: "cardinality",
    description: "Number of entries",
    overloads: &[Overload::scalar("<K, V>(map(K, V)) -> bigint", cardinality)],
    examples: &[("cardinality(map(ARRAY[1], ARRAY[2]))", "1")],
    ..PART
};

pub const MAP_KEYS: Function = Function {
    name: "map_keys",
    description: "The keys",
    overloads: &[Overload::scalar("<K, V>(map(K, V)) -> array(K)", |call, arguments| part(call, arguments, MapArray::keys))],
    examples: &[("map_keys(map(ARRAY[1], ARRAY['a']))", "[1]")],
    ..PART
};

pub const MAP_VALUES: Function = Function {
    name: "map_values",
    description: "The values",
    overloads: &[Overload::scalar("<K, V>(map(K, V)) -> array(V)", |call, arguments| part(call, arguments, MapArray::values))],
    examples: &[("map_values(map(ARRAY[1], ARRAY['a']))", "[a]")],
    ..PART
};

pub const MAP_ENTRIES: Function = Function {
    name: "map_entries",
    description: "The entries, as rows of key and value",
    overloads: &[Overload::scalar("<K, V>(map(K, V)) -> array(row(K, V))", map_entries)],
    examples: &[("map_entries(map(ARRAY[1], ARRAY['a']))", "[{1, a}]")],
    ..PART
};

fn cardinality(_call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let map = arguments[0].as_map();
    let offsets = map.value_offsets();
    Ok(Arc::new((0..map.len()).map(|row| map.is_valid(row).then(|| i64::from(offsets[row + 1] - offsets[row]))).collect::<Int64Array>()))
}

fn part(call: &Call<'_>, arguments: &[ArrayRef], part: fn(&MapArray) -> &ArrayRef) -> Result<ArrayRef, FunctionError> {
    let map = arguments[0].as_map();
    let TrinoType::Array(element) = call.return_type() else { return Err(FunctionError::internal("an array is due")) };
    Ok(Arc::new(ListArray::try_new(item_field(element), map.offsets().clone(), Arc::clone(part(map)), map.nulls().cloned())?))
}

fn map_entries(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let map = arguments[0].as_map();
    let element = crate::array::list::element_type(call.return_type());
    let TrinoType::Row(fields) = element else { return Err(FunctionError::internal("rows are due")) };
    let rows = StructArray::try_new(row_fields(fields), vec![Arc::clone(map.keys()), Arc::clone(map.values())], None)?;
    Ok(Arc::new(ListArray::try_new(item_field(element), map.offsets().clone(), Arc::new(rows), map.nulls().cloned())?))
}
