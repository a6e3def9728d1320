//! What are columns and their parts called in a Parquet file, and of which Arrow types are they? Hive's names for lists, maps and fields.
//!
//! Ref: Apache Parquet format, "Lists", "Maps"; Trino 401 `ParquetSchemaConverter`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray};
use arrow::datatypes::{DataType, Field, Fields};
use arrow::error::ArrowError;
use owlake_functions::types::TrinoType;
use owlake_functions::types::arrow_form::arrow_type;

/// The Arrow type that stands for a type in a file: `element`, `key_value` and the row's own field names.
pub(super) fn file_type(data_type: &TrinoType) -> DataType {
    match data_type {
        TrinoType::Array(element) => DataType::List(element_field(element)),
        TrinoType::Map(key, value) => DataType::Map(key_value_field(key, value), false),
        TrinoType::Row(fields) => DataType::Struct(row_fields(fields)),
        other => arrow_type(other),
    }
}

fn element_field(element: &TrinoType) -> Arc<Field> {
    Arc::new(Field::new("element", file_type(element), true))
}

fn key_value_field(key: &TrinoType, value: &TrinoType) -> Arc<Field> {
    let fields = Fields::from(vec![Field::new("key", file_type(key), false), Field::new("value", file_type(value), true)]);
    Arc::new(Field::new("key_value", DataType::Struct(fields), false))
}

fn row_fields(fields: &[owlake_functions::types::RowField]) -> Fields {
    let named = fields.iter().enumerate().map(|(position, field)| {
        let name = field.name.as_deref().map_or_else(|| format!("field{position}"), str::to_lowercase);
        Field::new(name, file_type(&field.data_type), true)
    });
    named.collect()
}

/// The array under the names of its file type; values are shared.
pub(super) fn file_array(array: &ArrayRef, data_type: &TrinoType) -> Result<ArrayRef, ArrowError> {
    Ok(match data_type {
        TrinoType::Array(element) => {
            let list = array.as_list::<i32>();
            let values = file_array(list.values(), element)?;
            Arc::new(ListArray::try_new(element_field(element), list.offsets().clone(), values, list.nulls().cloned())?)
        }
        TrinoType::Map(key, value) => {
            let map = array.as_map();
            let field = key_value_field(key, value);
            let DataType::Struct(fields) = field.data_type() else { return Ok(Arc::clone(array)) };
            let columns = vec![file_array(map.keys(), key)?, file_array(map.values(), value)?];
            let entries = StructArray::try_new(fields.clone(), columns, None)?;
            Arc::new(MapArray::try_new(Arc::clone(&field), map.offsets().clone(), entries, map.nulls().cloned(), false)?)
        }
        TrinoType::Row(fields) => {
            let row = array.as_struct();
            let columns = row.columns().iter().zip(fields.iter()).map(|(column, field)| file_array(column, &field.data_type));
            Arc::new(StructArray::try_new(row_fields(fields), columns.collect::<Result<_, _>>()?, row.nulls().cloned())?)
        }
        _ => Arc::clone(array),
    })
}
