//! Can a column as a file holds it be read as the table declares it? Ref: measured Athena behaviour, "Schema evolution".
//!
//! Parquet columns are found by name, whatever the case. A missing column is NULL, an extra one is not read. Widenings
//! (int → bigint, float → double, decimals) are read; what would change a value's meaning is HIVE_BAD_DATA.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use owlake_functions::types::TrinoType;
use owlake_functions::types::arrow_form::arrow_type;
use parquet::arrow::parquet_to_arrow_schema;
use parquet::file::metadata::ParquetMetaData;

use super::listing::ListedFile;
use crate::error::EngineError;

/// How a file's column becomes the declared one.
#[derive(Debug, Clone, PartialEq)]
pub enum Conversion {
    /// It has the physical form already.
    Same,
    /// Arrow's lossless cast, which statistics can be carried through.
    Cast(DataType),
    /// Our own kernel, see [`super::file_column`].
    Kernel,
}

/// How to read `file_type` as `declared`; `None` when it can't be.
pub fn conversion(file_type: &DataType, declared: &TrinoType) -> Option<Conversion> {
    use DataType as A;
    let physical = arrow_type(declared);
    if matches!(file_type, A::Null) {
        return Some(Conversion::Kernel);
    }
    if let A::Dictionary(_, value) = file_type {
        return conversion(value, declared).map(|_| Conversion::Kernel);
    }
    let cast = || Some(Conversion::Cast(physical.clone()));
    match (declared, file_type) {
        (TrinoType::Boolean, A::Boolean)
        | (TrinoType::Tinyint, A::Int8)
        | (TrinoType::Smallint, A::Int16)
        | (TrinoType::Integer, A::Int32)
        | (TrinoType::Bigint, A::Int64)
        | (TrinoType::Real, A::Float32)
        | (TrinoType::Double, A::Float64)
        | (TrinoType::Date, A::Date32) => Some(Conversion::Same),
        (TrinoType::Tinyint, A::Int16 | A::Int32 | A::UInt8 | A::UInt16)
        | (TrinoType::Smallint, A::Int32 | A::UInt16)
        | (TrinoType::Integer, A::UInt32)
        | (TrinoType::Bigint, A::UInt64) => Some(Conversion::Kernel),
        (TrinoType::Smallint, A::Int8 | A::UInt8)
        | (TrinoType::Integer, A::Int8 | A::Int16 | A::UInt8 | A::UInt16)
        | (TrinoType::Bigint, A::Int8 | A::Int16 | A::Int32 | A::UInt8 | A::UInt16 | A::UInt32)
        | (TrinoType::Double, A::Float32) => cast(),
        (TrinoType::Decimal { precision, scale }, A::Decimal128(file_precision, file_scale)) => {
            let (whole, scale) = (i16::from(*precision) - i16::from(*scale), i16::from(*scale));
            let (file_whole, file_scale) = (i16::from(*file_precision) - i16::from(*file_scale), i16::from(*file_scale));
            if *file_type == physical {
                Some(Conversion::Same)
            } else if whole >= file_whole && scale >= file_scale {
                cast()
            } else {
                Some(Conversion::Kernel)
            }
        }
        (TrinoType::Decimal { .. }, A::Decimal32(..) | A::Decimal64(..) | A::Decimal256(..)) => Some(Conversion::Kernel),
        (TrinoType::Varchar(None), A::Utf8View) => Some(Conversion::Same),
        (TrinoType::Varchar(None), A::Utf8 | A::LargeUtf8) => cast(),
        (TrinoType::Varbinary, A::BinaryView) => Some(Conversion::Same),
        (TrinoType::Varbinary, A::Binary | A::LargeBinary) => cast(),
        (
            TrinoType::Varchar(_) | TrinoType::Char(_) | TrinoType::Varbinary,
            A::Utf8 | A::LargeUtf8 | A::Utf8View | A::Binary | A::LargeBinary | A::BinaryView,
        )
        | (TrinoType::Varbinary, A::FixedSizeBinary(_)) => Some(Conversion::Kernel),
        (TrinoType::Timestamp(_), A::Timestamp(..)) => Some(if *file_type == physical { Conversion::Same } else { Conversion::Kernel }),
        (TrinoType::TimestampWithTimeZone(_), A::Timestamp(..)) => Some(Conversion::Kernel),
        (TrinoType::Array(element), A::List(item) | A::LargeList(item) | A::FixedSizeList(item, _)) => {
            nested(file_type, &physical, conversion(item.data_type(), element).is_some())
        }
        (TrinoType::Map(key, value), A::Map(entries, _)) => {
            let A::Struct(fields) = entries.data_type() else { return None };
            let [file_key, file_value] = fields.as_ref() else { return None };
            nested(
                file_type,
                &physical,
                conversion(file_key.data_type(), key).is_some() && conversion(file_value.data_type(), value).is_some(),
            )
        }
        (TrinoType::Row(fields), A::Struct(file_fields)) => {
            let is_readable = fields.iter().enumerate().all(|(position, field)| {
                row_field_index(file_fields, field.name.as_deref(), position)
                    .is_none_or(|index| conversion(file_fields[index].data_type(), &field.data_type).is_some())
            });
            nested(file_type, &physical, is_readable)
        }
        _ => None,
    }
}

fn nested(file_type: &DataType, physical: &DataType, is_readable: bool) -> Option<Conversion> {
    is_readable.then(|| if file_type == physical { Conversion::Same } else { Conversion::Kernel })
}

/// Where a row's field is among a file's struct fields: by name, whatever the case; anonymous fields by position.
pub fn row_field_index(file_fields: &arrow::datatypes::Fields, name: Option<&str>, position: usize) -> Option<usize> {
    match name {
        Some(name) => file_fields
            .iter()
            .position(|field| field.name().eq_ignore_ascii_case(name) || field.name().to_lowercase() == name.to_lowercase()),
        None => (position < file_fields.len()).then_some(position),
    }
}

/// Where a declared column is in a file: the exact name, else the first that is equal but for case.
pub fn file_column_index(file_schema: &Schema, name: &str) -> Option<usize> {
    let fields = file_schema.fields();
    fields.iter().position(|field| field.name() == name).or_else(|| row_field_index(fields, Some(name), usize::MAX))
}

/// The data columns one scan reads, as the table declares them.
#[derive(Debug, Clone, Default)]
pub struct TouchedColumns {
    pub columns: Vec<(String, TrinoType)>,
}

impl TouchedColumns {
    /// Checks that every touched column of the file can be read as declared. Errors: HIVE_BAD_DATA with Athena's text.
    pub fn check(&self, metadata: &ParquetMetaData, file: &ListedFile) -> Result<(), EngineError> {
        let schema = file_schema(metadata, file)?;
        for (name, declared) in &self.columns {
            let Some(index) = file_column_index(&schema, name) else { continue };
            if conversion(schema.field(index).data_type(), declared).is_none() {
                return Err(incompatible(metadata, index, name, declared, file));
            }
        }
        Ok(())
    }

    /// The schema to read the file with: texts and bytes as views, so that they need no conversion after decoding.
    pub fn reading_schema(&self, metadata: &ParquetMetaData, file: &ListedFile) -> Result<SchemaRef, EngineError> {
        let schema = file_schema(metadata, file)?;
        let mut fields = schema.fields().to_vec();
        for (name, declared) in &self.columns {
            let Some(index) = file_column_index(&schema, name) else { continue };
            let field = &fields[index];
            let view = match (declared, field.data_type()) {
                (TrinoType::Varchar(_) | TrinoType::Char(_), DataType::Utf8 | DataType::LargeUtf8) => DataType::Utf8View,
                (TrinoType::Varbinary, DataType::Binary | DataType::LargeBinary) => DataType::BinaryView,
                (TrinoType::Varchar(_) | TrinoType::Char(_), DataType::Dictionary(_, value))
                    if matches!(**value, DataType::Utf8 | DataType::LargeUtf8) =>
                {
                    DataType::Utf8View
                }
                _ => continue,
            };
            fields[index] = Arc::new(Field::new(field.name(), view, field.is_nullable()));
        }
        Ok(Arc::new(Schema::new(fields)))
    }
}

/// The file's columns in Arrow's terms; the obsolete INT96 as microseconds, which reach every date.
fn file_schema(metadata: &ParquetMetaData, file: &ListedFile) -> Result<Schema, EngineError> {
    let descriptor = metadata.file_metadata().schema_descr();
    let schema = parquet_to_arrow_schema(descriptor, metadata.file_metadata().key_value_metadata()).map_err(|error| {
        tracing::warn!(cause = %error, file = %file.url(), "a Parquet schema could not be read");
        EngineError::engine("HIVE_BAD_DATA", format!("Not valid Parquet file: {} the schema is corrupt", file.url()))
    })?;
    let fields: Vec<Arc<Field>> =
        schema.fields().iter().enumerate().map(|(index, field)| with_int96_as_micros(descriptor, index, field)).collect();
    Ok(Schema::new(fields))
}

fn with_int96_as_micros(descriptor: &parquet::schema::types::SchemaDescriptor, index: usize, field: &Arc<Field>) -> Arc<Field> {
    let root = &descriptor.root_schema().get_fields()[index];
    if root.is_primitive() && root.get_physical_type() == parquet::basic::Type::INT96 {
        return Arc::new(Field::new(field.name(), DataType::Timestamp(TimeUnit::Microsecond, None), field.is_nullable()));
    }
    Arc::clone(field)
}

fn incompatible(metadata: &ParquetMetaData, index: usize, name: &str, declared: &TrinoType, file: &ListedFile) -> EngineError {
    let root = &metadata.file_metadata().schema_descr().root_schema().get_fields()[index];
    let file_type = if root.is_primitive() { root.get_physical_type().to_string() } else { "GROUP".to_owned() };
    EngineError::engine(
        "HIVE_BAD_DATA",
        format!(
            "Field {name}'s type {file_type} in parquet file {} is incompatible with type {declared} defined in table schema",
            file.url()
        ),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn widenings_are_read_and_other_changes_refused() {
        assert_eq!(conversion(&DataType::Int32, &TrinoType::Bigint), Some(Conversion::Cast(DataType::Int64)));
        assert_eq!(conversion(&DataType::Float32, &TrinoType::Double), Some(Conversion::Cast(DataType::Float64)));
        assert_eq!(
            conversion(&DataType::Decimal128(9, 2), &TrinoType::Decimal { precision: 18, scale: 4 }),
            Some(Conversion::Cast(DataType::Decimal128(18, 4)))
        );
        assert_eq!(conversion(&DataType::Null, &TrinoType::Double), Some(Conversion::Kernel));
        for (file_type, declared) in [
            (DataType::Int64, TrinoType::Integer),
            (DataType::Int64, TrinoType::Double),
            (DataType::Float64, TrinoType::Bigint),
            (DataType::Utf8, TrinoType::Bigint),
            (DataType::Int64, TrinoType::VARCHAR),
            (DataType::Float64, TrinoType::Real),
        ] {
            assert_eq!(conversion(&file_type, &declared), None, "{file_type} as {declared}");
        }
    }
}
