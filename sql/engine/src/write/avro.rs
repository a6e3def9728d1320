//! How does a batch become Avro? An object container file whose record is what Hive's AvroSerDe derives from the columns.
//!
//! Ref: Apache Avro specification 1.11, "Object Container Files", "Binary Encoding"; Apache Hive, `TypeInfoToSchema`.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMillisecondType,
};
use arrow::record_batch::RecordBatch;
use owlake_functions::types::TrinoType;
use serde_json::{Value, json};

use super::format::Compression;
use super::job::WriteColumn;
use super::packing::{failed, pack_block};
use super::varint::{bytes_of_128, push_signed};
use crate::error::EngineError;

/// Bytes of rows in a block before it is packed. Basis: Apache Avro Java's largest customary interval.
const BLOCK_BYTES: usize = 1 << 20;

/// One Avro file in the making.
pub(super) struct AvroEncoder {
    columns: Arc<[WriteColumn]>,
    compression: Compression,
    sync: [u8; 16],
    block: Vec<u8>,
    block_rows: i64,
    out: Vec<u8>,
}

impl AvroEncoder {
    /// `name` tells the file's synchronisation marker from other files'. Errors: NOT_SUPPORTED for a type that Avro does not have.
    pub(super) fn new(columns: Arc<[WriteColumn]>, compression: Compression, name: &str) -> Result<AvroEncoder, EngineError> {
        let schema = schema(&columns)?.to_string();
        let half = |side: u8| {
            let mut hasher = DefaultHasher::new();
            (name, &schema, side).hash(&mut hasher);
            hasher.finish().to_be_bytes()
        };
        let mut sync = [0; 16];
        sync[..8].copy_from_slice(&half(0));
        sync[8..].copy_from_slice(&half(1));
        let mut out = b"Obj\x01".to_vec();
        let metadata = [("avro.codec", codec_name(compression)), ("avro.schema", schema.as_str())];
        push_signed(metadata.len() as i64, &mut out);
        for (key, value) in metadata {
            push_bytes(key.as_bytes(), &mut out);
            push_bytes(value.as_bytes(), &mut out);
        }
        out.push(0);
        out.extend_from_slice(&sync);
        Ok(AvroEncoder { columns, compression, sync, block: Vec::new(), block_rows: 0, out })
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        for row in 0..batch.num_rows() {
            for (column, array) in self.columns.iter().zip(batch.columns()) {
                push_value(&column.data_type, array.as_ref(), row, &mut self.block);
            }
            self.block_rows += 1;
            if self.block.len() >= BLOCK_BYTES {
                self.end_block()?;
            }
        }
        Ok(())
    }

    fn end_block(&mut self) -> Result<(), EngineError> {
        if self.block_rows == 0 {
            return Ok(());
        }
        let mut packed = pack_block(self.compression, &self.block).map_err(|error| failed(&error))?;
        if self.compression == Compression::Snappy {
            // The checksum is of the bytes before they were packed.
            let mut crc = flate2::Crc::new();
            crc.update(&self.block);
            packed.extend_from_slice(&crc.sum().to_be_bytes());
        }
        push_signed(self.block_rows, &mut self.out);
        push_bytes(&packed, &mut self.out);
        self.out.extend_from_slice(&self.sync);
        self.block.clear();
        self.block_rows = 0;
        Ok(())
    }

    /// Bytes that are ready.
    pub(super) fn ready(&self) -> usize {
        self.out.len()
    }

    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// Ends the file.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, EngineError> {
        self.end_block()?;
        Ok(self.out)
    }
}

fn codec_name(compression: Compression) -> &'static str {
    match compression {
        Compression::None => "null",
        Compression::Snappy => "snappy",
        Compression::Bzip2 => "bzip2",
        Compression::Zstd { .. } => "zstandard",
        Compression::Deflate | Compression::Zlib | Compression::Gzip | Compression::Lz4 => "deflate",
    }
}

/// Refuses the columns that Trino's Hive connector refuses for Avro. Errors: NOT_SUPPORTED.
/// Ref: Trino 401 `HiveStorageFormat.validateAvroType`.
pub(super) fn check(name: &str, data_type: &TrinoType) -> Result<(), EngineError> {
    let refused = match data_type {
        TrinoType::Map(key, _) if !is_text_key(key) => format!("Column '{name}' has a non-varchar map key, which is not supported by Avro"),
        TrinoType::Tinyint => format!("Column '{name}' is tinyint, which is not supported by Avro. Use integer instead."),
        TrinoType::Smallint => format!("Column '{name}' is smallint, which is not supported by Avro. Use integer instead."),
        _ => return Ok(()),
    };
    Err(EngineError::engine("NOT_SUPPORTED", refused))
}

/// Keys are Avro's strings, Hive's `string`.
fn is_text_key(key: &TrinoType) -> bool {
    matches!(key, TrinoType::Varchar(None))
}

/// The schema of the rows: every field may be null. Errors: NOT_SUPPORTED for a name or a type that Avro does not have.
pub(super) fn schema(columns: &[WriteColumn]) -> Result<Value, EngineError> {
    let mut records = 0;
    let fields = columns.iter().map(|column| {
        let refused = |text: String| EngineError::engine("NOT_SUPPORTED", text);
        let field_type = nullable(&column.data_type, &mut records).map_err(|odd| match odd {
            Odd::Type(TrinoType::Map(..)) => {
                refused(format!("Column '{}' has a non-varchar map key, which is not supported by Avro", column.name))
            }
            Odd::Type(odd) => refused(format!("Column '{}' of type {odd} cannot be written to Avro files", column.name)),
            Odd::Name(name) => refused(format!("Field name '{name}' cannot be written to Avro files")),
        })?;
        if !is_name(&column.name) {
            return Err(refused(format!("Column name '{}' cannot be written to Avro files", column.name)));
        }
        Ok(json!({ "name": column.name, "type": field_type, "default": null }))
    });
    Ok(json!({ "type": "record", "name": "baseRecord", "fields": fields.collect::<Result<Vec<_>, EngineError>>()? }))
}

/// What Avro does not have.
enum Odd {
    Type(TrinoType),
    Name(String),
}

/// Ref: Apache Avro specification, "Names".
fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

fn nullable(data_type: &TrinoType, records: &mut usize) -> Result<Value, Odd> {
    Ok(json!(["null", avro_type(data_type, records)?]))
}

fn avro_type(data_type: &TrinoType, records: &mut usize) -> Result<Value, Odd> {
    Ok(match data_type {
        TrinoType::Boolean => json!("boolean"),
        TrinoType::Tinyint | TrinoType::Smallint | TrinoType::Integer => json!("int"),
        TrinoType::Bigint => json!("long"),
        TrinoType::Real => json!("float"),
        TrinoType::Double => json!("double"),
        TrinoType::Varchar(None) => json!("string"),
        TrinoType::Varchar(Some(length)) => json!({ "type": "string", "logicalType": "varchar", "maxLength": length }),
        TrinoType::Char(length) => json!({ "type": "string", "logicalType": "char", "maxLength": length }),
        TrinoType::Varbinary => json!("bytes"),
        TrinoType::Date => json!({ "type": "int", "logicalType": "date" }),
        TrinoType::Timestamp(0..=3) => json!({ "type": "long", "logicalType": "timestamp-millis" }),
        TrinoType::Decimal { precision, scale } => {
            json!({ "type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale })
        }
        TrinoType::Array(element) => json!({ "type": "array", "items": nullable(element, records)? }),
        TrinoType::Map(key, value) if is_text_key(key) => json!({ "type": "map", "values": nullable(value, records)? }),
        TrinoType::Row(fields) => {
            let name = format!("record_{records}");
            *records += 1;
            let mut written = Vec::with_capacity(fields.len());
            for (position, field) in fields.iter().enumerate() {
                let name = field.name.as_deref().map_or_else(|| format!("field{position}"), str::to_lowercase);
                if !is_name(&name) {
                    return Err(Odd::Name(name));
                }
                written.push(json!({ "name": name, "type": nullable(&field.data_type, records)?, "default": null }));
            }
            json!({ "type": "record", "name": name, "fields": written })
        }
        other => return Err(Odd::Type(other.clone())),
    })
}

/// The branch of the union, then the value.
fn push_value(data_type: &TrinoType, array: &dyn Array, row: usize, out: &mut Vec<u8>) {
    if array.is_null(row) {
        push_signed(0, out);
        return;
    }
    push_signed(1, out);
    match data_type {
        TrinoType::Boolean => out.push(u8::from(array.as_boolean().value(row))),
        TrinoType::Tinyint => push_signed(array.as_primitive::<Int8Type>().value(row).into(), out),
        TrinoType::Smallint => push_signed(array.as_primitive::<Int16Type>().value(row).into(), out),
        TrinoType::Integer => push_signed(array.as_primitive::<Int32Type>().value(row).into(), out),
        TrinoType::Date => push_signed(array.as_primitive::<Date32Type>().value(row).into(), out),
        TrinoType::Bigint => push_signed(array.as_primitive::<Int64Type>().value(row), out),
        TrinoType::Timestamp(_) => push_signed(array.as_primitive::<TimestampMillisecondType>().value(row), out),
        TrinoType::Real => out.extend_from_slice(&array.as_primitive::<Float32Type>().value(row).to_le_bytes()),
        TrinoType::Double => out.extend_from_slice(&array.as_primitive::<Float64Type>().value(row).to_le_bytes()),
        TrinoType::Decimal { .. } => {
            let (bytes, length) = bytes_of_128(array.as_primitive::<Decimal128Type>().value(row));
            push_bytes(&bytes[16 - length..], out);
        }
        TrinoType::Varbinary => push_bytes(array.as_binary_view().value(row), out),
        TrinoType::Array(element) => {
            let values = array.as_list::<i32>().value(row);
            push_items(values.len(), out, |index, out| push_value(element, values.as_ref(), index, out));
        }
        TrinoType::Map(_, value) => {
            let entries = array.as_map().value(row);
            let keys = entries.column(0).as_string_view();
            push_items(entries.len(), out, |index, out| {
                push_bytes(keys.value(index).as_bytes(), out);
                push_value(value, entries.column(1).as_ref(), index, out);
            });
        }
        TrinoType::Row(fields) => {
            for (field, column) in fields.iter().zip(array.as_struct().columns()) {
                push_value(&field.data_type, column.as_ref(), row, out);
            }
        }
        // Texts; other types were refused with the schema.
        _ => push_bytes(array.as_string_view().value(row).as_bytes(), out),
    }
}

/// One block of items and the empty block at the end.
fn push_items(count: usize, out: &mut Vec<u8>, mut push: impl FnMut(usize, &mut Vec<u8>)) {
    if count > 0 {
        push_signed(count as i64, out);
        (0..count).for_each(|index| push(index, out));
    }
    out.push(0);
}

fn push_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    push_signed(bytes.len() as i64, out);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use arrow::array::{ArrayRef, Decimal128Array, Int64Array, StringViewArray};

    use super::*;

    fn column(name: &str, data_type: TrinoType) -> WriteColumn {
        WriteColumn { name: name.to_owned(), data_type, fit: None }
    }

    #[test]
    fn a_block_holds_rows_by_the_specification() {
        // Ref: Apache Avro specification: zigzag longs, length before bytes, the union's branch before the value, big-endian decimals.
        let columns =
            [column("n", TrinoType::Bigint), column("s", TrinoType::VARCHAR), column("d", TrinoType::Decimal { precision: 5, scale: 2 })];
        let arrays: Vec<(&str, ArrayRef)> = vec![
            ("n", Arc::new(Int64Array::from(vec![Some(-64), None]))),
            ("s", Arc::new(StringViewArray::from(vec!["é", ""]))),
            ("d", Arc::new(Decimal128Array::from(vec![-129, 127]).with_precision_and_scale(5, 2).unwrap())),
        ];
        let batch = RecordBatch::try_from_iter_with_nullable(arrays.into_iter().map(|(name, array)| (name, array, true))).unwrap();
        let mut encoder = AvroEncoder::new(columns.into(), Compression::None, "file").unwrap();
        let header = encoder.take();
        assert!(header.starts_with(b"Obj\x01"));
        encoder.write(&batch).unwrap();
        let bytes = encoder.finish().unwrap();
        let rows = [
            [2, 0x7f].as_slice(), // branch 1, -64
            &[2, 4, 0xc3, 0xa9],  // branch 1, two bytes
            &[2, 4, 0xff, 0x7f],  // branch 1, two bytes of -129
            &[0],                 // null
            &[2, 0],              // empty text
            &[2, 2, 0x7f],        // one byte of 127
        ]
        .concat();
        assert_eq!(bytes[..2], [4, (rows.len() * 2) as u8], "two rows, and how many bytes");
        assert_eq!(bytes[2..2 + rows.len()], rows);
        assert_eq!(bytes[2 + rows.len()..], header[header.len() - 16..], "the marker of the header");
    }

    #[test]
    fn what_avro_does_not_have_is_refused() {
        // Ref: Trino 401 `HiveStorageFormat.validateAvroType`; Apache Avro specification, "Names".
        let refused = |name: &str, data_type: TrinoType| schema(&[column(name, data_type)]).unwrap_err().to_string();
        let map = TrinoType::Map(TrinoType::Integer.into(), TrinoType::Integer.into());
        assert_eq!(refused("m", map.clone()), "NOT_SUPPORTED: Column 'm' has a non-varchar map key, which is not supported by Avro");
        assert_eq!(
            refused("a", TrinoType::array(map)),
            "NOT_SUPPORTED: Column 'a' has a non-varchar map key, which is not supported by Avro"
        );
        assert_eq!(refused("two words", TrinoType::Integer), "NOT_SUPPORTED: Column name 'two words' cannot be written to Avro files");
        assert_eq!(
            check("t", &TrinoType::Tinyint).unwrap_err().to_string(),
            "NOT_SUPPORTED: Column 't' is tinyint, which is not supported by Avro. Use integer instead."
        );
        assert!(check("i", &TrinoType::Integer).is_ok());
    }
}
