//! How does a batch become Parquet? Through Arrow's writer, with Hive's names for lists, maps and fields, and no Arrow schema inside.
//!
//! Deviation: Athena writes timestamps as INT96; here they are TIMESTAMP(MILLIS), which every reader takes and which has statistics.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray};
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use owlake_functions::types::TrinoType;
use owlake_functions::types::arrow_form::arrow_type;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::format::Compression;
use super::job::WriteColumn;
use crate::error::EngineError;

/// Rows a row group holds at most. Basis: parquet-rs' own default.
const ROW_GROUP_ROWS_MAX: usize = 1 << 20;
/// Encoded bytes a row group holds at most. Ref: Athena user guide, "Optimize data": Parquet block size 128 MB.
const ROW_GROUP_BYTES_MAX: usize = 128 << 20;

/// One Parquet file in the making; its bytes are taken away as they come.
pub(super) struct ParquetEncoder {
    writer: ArrowWriter<Vec<u8>>,
    schema: SchemaRef,
    columns: Arc<[WriteColumn]>,
}

impl ParquetEncoder {
    /// Errors: what the writer refuses, which no column that passed the type check should meet.
    pub(super) fn new(columns: Arc<[WriteColumn]>, compression: Compression) -> Result<ParquetEncoder, EngineError> {
        let fields = columns.iter().map(|column| Field::new(&column.name, file_type(&column.data_type), true));
        let schema: SchemaRef = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let properties = WriterProperties::builder()
            .set_compression(compression.codec())
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS_MAX))
            .set_max_row_group_bytes(Some(ROW_GROUP_BYTES_MAX))
            .set_created_by(concat!("owlake version ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let options =
            ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true).with_schema_root("hive_schema".to_owned());
        let writer = ArrowWriter::try_new_with_options(Vec::new(), Arc::clone(&schema), options).map_err(failed)?;
        Ok(ParquetEncoder { writer, schema, columns })
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        let columns = self.columns.iter().zip(batch.columns()).map(|(column, array)| file_array(array, &column.data_type));
        let columns = columns.collect::<Result<Vec<_>, _>>().map_err(|error| failed(error.into()))?;
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(|error| failed(error.into()))?;
        self.writer.write(&batch).map_err(failed)
    }

    /// Ends the row group, so that its bytes can be taken.
    pub(super) fn flush(&mut self) -> Result<(), EngineError> {
        self.writer.flush().map_err(failed)
    }

    /// Bytes that are ready.
    pub(super) fn ready(&self) -> usize {
        self.writer.inner().len()
    }

    /// Bytes held for the row group that is open.
    pub(super) fn held(&self) -> usize {
        self.writer.memory_size()
    }

    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(self.writer.inner_mut())
    }

    /// Ends the file.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, EngineError> {
        self.writer.finish().map_err(failed)?;
        Ok(self.take())
    }
}

fn failed(error: ParquetError) -> EngineError {
    tracing::error!(%error, "Parquet cannot be written");
    EngineError::engine("HIVE_WRITER_DATA_ERROR", "Failed to write Parquet data")
}

/// The Arrow type that stands for a type in a file: `element`, `key_value` and the row's own field names.
fn file_type(data_type: &TrinoType) -> DataType {
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
fn file_array(array: &ArrayRef, data_type: &TrinoType) -> Result<ArrayRef, ArrowError> {
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
