//! How are arrays, maps and rows cast? Element by element. Ref: Trino 401 `ArrayToArrayCast`, `MapToMapCast`, `RowToRowCast`.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray};
use arrow::datatypes::DataType;
use arrow::row::{RowConverter, SortField};

use super::dispatch::cast_values;
use super::errors::Failures;
use crate::error::FunctionError;
use crate::registry::SessionInfo;
use crate::types::arrow_form::{arrow_type, entries_field, item_field, row_fields};
use crate::types::{RowField, TrinoType};

/// Casts `array(from)` to `array(to)`.
pub fn cast_list(
    values: &ArrayRef,
    from: &TrinoType,
    to: &TrinoType,
    session: &SessionInfo,
    failures: &mut Failures,
) -> Result<ArrayRef, FunctionError> {
    let list = live_list(values)?;
    let mut inner = failures.child(list.values().len());
    let elements = cast_values(list.values(), from, to, session, &mut inner)?;
    let offsets = list.value_offsets();
    fail_parents(&inner, offsets, failures)?;
    let nulls = failures.nulls(list.nulls());
    Ok(Arc::new(ListArray::try_new(item_field(to), list.offsets().clone(), elements, nulls)?))
}

/// The list with nothing under its nulls and outside its offsets, so that a cast sees only values that count.
fn live_list(values: &ArrayRef) -> Result<ListArray, FunctionError> {
    let list = values.as_list::<i32>();
    let offsets = list.value_offsets();
    let is_compact = offsets.first() == Some(&0)
        && offsets.last().is_some_and(|last| *last as usize == list.values().len())
        && list.nulls().is_none_or(|nulls| (0..list.len()).all(|row| nulls.is_valid(row) || offsets[row] == offsets[row + 1]));
    if is_compact {
        return Ok(list.clone());
    }
    let indices: arrow::array::UInt32Array = (0..list.len() as u32).map(Some).collect();
    let rebuilt = arrow::compute::take(
        values,
        &arrow::array::UInt32Array::from_iter(indices.iter().map(|row| row.filter(|row| list.is_valid(*row as usize)))),
        None,
    )?;
    Ok(rebuilt.as_list::<i32>().clone())
}

fn fail_parents(inner: &Failures, offsets: &[i32], failures: &mut Failures) -> Result<(), FunctionError> {
    if inner.is_safe() {
        for row in 0..offsets.len() - 1 {
            if inner.has_failed(offsets[row] as usize..offsets[row + 1] as usize) {
                failures.put(row, FunctionError::cast("element"))?;
            }
        }
    }
    Ok(())
}

/// Casts a map; keys that become equal fail.
pub fn cast_map(
    values: &ArrayRef,
    from: (&TrinoType, &TrinoType),
    to: (&TrinoType, &TrinoType),
    session: &SessionInfo,
    failures: &mut Failures,
) -> Result<ArrayRef, FunctionError> {
    let map = values.as_map();
    let offsets = map.value_offsets();
    let mut inner = failures.child(map.keys().len());
    let keys = cast_values(map.keys(), from.0, to.0, session, &mut inner)?;
    let cast = cast_values(map.values(), from.1, to.1, session, &mut inner)?;
    fail_parents(&inner, offsets, failures)?;
    if from.0 != to.0 && keys.data_type() != map.keys().data_type() {
        check_keys(&keys, offsets, map.nulls(), failures)?;
    }
    let keys = without_nulls(keys)?;
    let field = entries_field(to.0, to.1);
    let DataType::Struct(fields) = field.data_type().clone() else { return Err(FunctionError::internal("map entries are not a struct")) };
    let entries = StructArray::try_new(fields, vec![keys, cast], None)?;
    let nulls = failures.nulls(map.nulls());
    Ok(Arc::new(MapArray::try_new(field, map.offsets().clone(), entries, nulls, false)?))
}

/// A key a failed row left null gets some value: the row is null as a whole.
fn without_nulls(keys: ArrayRef) -> Result<ArrayRef, FunctionError> {
    if keys.null_count() == 0 {
        return Ok(keys);
    }
    let data = keys.to_data().into_builder().nulls(None).build()?;
    Ok(arrow::array::make_array(data))
}

fn check_keys(
    keys: &ArrayRef,
    offsets: &[i32],
    nulls: Option<&arrow::buffer::NullBuffer>,
    failures: &mut Failures,
) -> Result<(), FunctionError> {
    let converter = RowConverter::new(vec![SortField::new(keys.data_type().clone())])?;
    let rows = converter.convert_columns(std::slice::from_ref(keys))?;
    for row in 0..offsets.len() - 1 {
        if nulls.is_some_and(|nulls| nulls.is_null(row)) {
            continue;
        }
        let mut seen = HashSet::new();
        for index in offsets[row] as usize..offsets[row + 1] as usize {
            if keys.is_null(index) {
                failures.put(row, FunctionError::cast("map key is null"))?;
            } else if !seen.insert(rows.row(index)) {
                failures.put(row, FunctionError::cast("duplicate keys"))?;
            }
        }
    }
    Ok(())
}

/// Casts a row, field by field; the names are the target's.
pub fn cast_row(
    values: &ArrayRef,
    from: &[RowField],
    to: &[RowField],
    session: &SessionInfo,
    failures: &mut Failures,
) -> Result<ArrayRef, FunctionError> {
    let input = values.as_struct();
    let mut columns = Vec::with_capacity(to.len());
    for ((column, from), to) in input.columns().iter().zip(from).zip(to) {
        let column = match input.nulls() {
            Some(nulls) if nulls.null_count() > 0 => {
                arrow::compute::nullif(column, &arrow::array::BooleanArray::new(!nulls.inner(), None))?
            }
            _ => Arc::clone(column),
        };
        columns.push(cast_values(&column, &from.data_type, &to.data_type, session, failures)?);
    }
    let nulls = failures.nulls(input.nulls());
    if columns.is_empty() {
        return Ok(Arc::new(StructArray::new_empty_fields(input.len(), nulls)));
    }
    debug_assert!(columns.iter().zip(to).all(|(column, field)| column.data_type() == &arrow_type(&field.data_type)));
    Ok(Arc::new(StructArray::try_new(row_fields(to), columns, nulls)?))
}
