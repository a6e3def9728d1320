//! How is an Avro file read? Its header, then block by block the wanted fields of its records.
//!
//! Columns are found by name; `avro.schema.literal` gives other names and defaults. A file is charged whole.
//! Ref: Athena user guide, "Avro SerDe"; Apache Avro specification 1.11, "Object Container Files".

use std::collections::HashMap;
use std::io::Read;
use std::sync::Arc;

use arrow::array::{ArrayRef, new_null_array};
use async_trait::async_trait;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use owlake_functions::types::arrow_form::arrow_type;
use serde_json::Value;

use super::avro_schema::{AvroField, AvroSchema};
use super::avro_value::{Failure, RecordStep, long};
use super::descriptor::{FileFormat, FileReader, LineTable, Reading, Rows, SerDe, WantedColumn};
use crate::error::EngineError;
use crate::scan::counting_store::CountedFile;
use crate::scan::text::builder::{ValueBuilder, append_text};
use crate::scan::text::chunks::{Chunks, plain_chunks};

pub const AVRO: SerDe = SerDe { class: "org.apache.hadoop.hive.serde2.avro.AvroSerDe", reading: Reading::Files(format) };

/// A block that unpacks to more is damaged.
const BLOCK_BYTES_MAX: u64 = 1 << 30;
const SYNC_BYTES: usize = 16;

#[derive(Debug)]
struct AvroFormat {
    columns: Arc<[WantedColumn]>,
    /// What the table says of its fields.
    declared: Arc<[AvroField]>,
}

fn format(table: &LineTable<'_>) -> Result<Arc<dyn FileFormat>, EngineError> {
    let declared: Arc<[AvroField]> = match table.parameters.get("avro.schema.literal") {
        None => Arc::default(),
        Some(text) => {
            let schema = AvroSchema::parse(text);
            let fields = schema.as_ref().and_then(AvroSchema::fields).cloned();
            fields.ok_or_else(|| EngineError::engine("HIVE_INVALID_METADATA", "avro.schema.literal is not a record's schema"))?
        }
    };
    Ok(Arc::new(AvroFormat { columns: table.columns.into(), declared }))
}

impl FileFormat for AvroFormat {
    fn open(&self, file: Arc<CountedFile>) -> BoxFuture<'static, Result<Box<dyn FileReader>, EngineError>> {
        let (columns, declared) = (Arc::clone(&self.columns), Arc::clone(&self.declared));
        async move { Ok(Box::new(AvroReader::open(&file, columns, &declared).await?) as Box<dyn FileReader>) }.boxed()
    }
}

struct AvroReader {
    url: String,
    columns: Arc<[WantedColumn]>,
    schema: AvroSchema,
    step: RecordStep,
    /// The values of columns that the file does not have; none for null.
    defaults: Vec<Option<Value>>,
    codec: Codec,
    sync: [u8; SYNC_BYTES],
    chunks: Chunks,
    /// Bytes read and not taken yet, from `start`.
    buffer: Vec<u8>,
    start: usize,
    block: Block,
}

/// What is left of a block.
#[derive(Default)]
struct Block {
    bytes: Vec<u8>,
    at: usize,
    rows: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Codec {
    None,
    Deflate,
    Snappy,
    Zstandard,
    Bzip2,
}

/// Basis: inferred; Trino 401 tells of a file it cannot read with the reader's own text.
fn bad(text: &str, url: &str) -> EngineError {
    EngineError::engine("HIVE_BAD_DATA", format!("Malformed Avro file. {text} [{url}]"))
}

impl AvroReader {
    async fn open(file: &Arc<CountedFile>, columns: Arc<[WantedColumn]>, declared: &[AvroField]) -> Result<AvroReader, EngineError> {
        let url = file.listed.url();
        let mut chunks = plain_chunks(file, 0..file.listed.meta.size);
        let mut buffer = Vec::new();
        let (header, used) = loop {
            let mut left = buffer.as_slice();
            match Header::read(&mut left) {
                Ok(header) => break (header, buffer.len() - left.len()),
                // Bytes may be missing only while there are more.
                Err(_) => match chunks.next().await.transpose()? {
                    Some(chunk) => buffer.extend_from_slice(&chunk),
                    None => return Err(bad("Not a data file", &url)),
                },
            }
        };
        let codec = Codec::named(&header.codec).ok_or_else(|| bad(&format!("Unrecognized codec: {}", header.codec), &url))?;
        let schema = AvroSchema::parse(&header.schema).ok_or_else(|| bad("Invalid schema", &url))?;
        let fields = schema.fields().ok_or_else(|| bad("The schema is not a record's", &url))?;
        let wanted: Vec<_> = columns.iter().map(|column| (column.name.as_str(), &column.data_type)).collect();
        let said = |name: &str| declared.iter().find(|field| field.name.eq_ignore_ascii_case(name));
        let step = RecordStep::new(&schema, fields, &wanted, &|name| said(name).map(|field| field.aliases.clone()).unwrap_or_default());
        let default = |column: &WantedColumn| said(&column.name).and_then(|field| field.default.clone()).filter(|value| !value.is_null());
        let defaults = columns.iter().map(default).collect();
        Ok(AvroReader {
            url,
            columns,
            step,
            schema,
            defaults,
            codec,
            sync: header.sync,
            chunks,
            buffer,
            start: used,
            block: Block::default(),
        })
    }

    /// The next block; false at the file's end.
    async fn next_block(&mut self) -> Result<bool, EngineError> {
        loop {
            let mut left = &self.buffer[self.start..];
            match self.codec.read_block(&mut left, &self.sync) {
                Ok((rows, bytes)) => {
                    self.start = self.buffer.len() - left.len();
                    self.block = Block { bytes, at: 0, rows };
                    return Ok(true);
                }
                Err(BlockFailure::Damaged) => return Err(bad("Corrupt block", &self.url)),
                Err(BlockFailure::Short) => {
                    self.buffer.drain(..self.start);
                    self.start = 0;
                    match self.chunks.next().await.transpose()? {
                        Some(chunk) => self.buffer.extend_from_slice(&chunk),
                        None if self.buffer.is_empty() => return Ok(false),
                        None => return Err(bad("Unexpected end of file", &self.url)),
                    }
                }
            }
        }
    }

    fn rows(&mut self, count: usize) -> Result<Vec<ArrayRef>, EngineError> {
        let mut builders = self.columns.iter().map(|column| ValueBuilder::new(&column.data_type)).collect::<Result<Vec<_>, _>>()?;
        let mut left = &self.block.bytes[self.block.at..];
        for _ in 0..count {
            self.step.read(&self.schema, &mut left, &mut builders).map_err(|failure| match failure {
                Failure::Malformed => bad("Corrupt data", &self.url),
                Failure::Mismatch(text) => bad(&text, &self.url),
            })?;
        }
        self.block.at = self.block.bytes.len() - left.len();
        let missing = self.step.missing();
        let columns = self.columns.iter().zip(&mut builders).zip(&self.defaults).enumerate();
        let columns = columns.map(|(place, ((column, values), default))| match default {
            _ if !missing.contains(&place) => values.finish(),
            None => Ok(new_null_array(&arrow_type(&column.data_type), count)),
            Some(default) => {
                (0..count).for_each(|_| append_default(values, default));
                values.finish()
            }
        });
        columns.collect()
    }
}

#[async_trait]
impl FileReader for AvroReader {
    async fn next(&mut self, rows_max: usize) -> Result<Option<Rows>, EngineError> {
        while self.block.rows == 0 {
            if !self.next_block().await? {
                return Ok(None);
            }
        }
        let count = self.block.rows.min(rows_max);
        let columns = if self.columns.is_empty() { Vec::new() } else { self.rows(count)? };
        self.block.rows -= count;
        Ok(Some(Rows { count, columns }))
    }
}

/// A default of a type without parts; others are null.
fn append_default(values: &mut ValueBuilder, default: &Value) {
    match (values, default) {
        (ValueBuilder::Boolean(values), Value::Bool(value)) => values.append_value(*value),
        (ValueBuilder::Integer(values), value) => values.append_option(value.as_i64().and_then(|value| value.try_into().ok())),
        (ValueBuilder::Bigint(values), value) => values.append_option(value.as_i64()),
        (ValueBuilder::Real(values), value) => values.append_option(value.as_f64().map(|value| value as f32)),
        (ValueBuilder::Double(values), value) => values.append_option(value.as_f64()),
        (ValueBuilder::Varchar { values, chars_max, trims }, Value::String(text)) => append_text(values, text, *chars_max, *trims),
        (values, _) => values.append_null(),
    }
}

struct Header {
    schema: String,
    codec: String,
    sync: [u8; SYNC_BYTES],
}

impl Header {
    /// Errors also while bytes are missing.
    fn read(bytes: &mut &[u8]) -> Result<Header, Failure> {
        let rest = bytes.strip_prefix(b"Obj\x01".as_slice()).ok_or(Failure::Malformed)?;
        *bytes = rest;
        let mut metadata: HashMap<String, Vec<u8>> = HashMap::new();
        loop {
            let mut count = long(bytes)?;
            if count == 0 {
                break;
            }
            if count < 0 {
                long(bytes)?;
                count = count.checked_neg().ok_or(Failure::Malformed)?;
            }
            for _ in 0..count {
                let key = text(bytes)?;
                metadata.insert(String::from_utf8_lossy(key).into_owned(), text(bytes)?.to_vec());
            }
        }
        let (sync, rest) = bytes.split_first_chunk::<SYNC_BYTES>().ok_or(Failure::Malformed)?;
        *bytes = rest;
        let value = |key: &str| metadata.get(key).map(|value| String::from_utf8_lossy(value).into_owned());
        Ok(Header {
            schema: value("avro.schema").ok_or(Failure::Malformed)?,
            codec: value("avro.codec").unwrap_or_else(|| "null".to_owned()),
            sync: *sync,
        })
    }
}

fn text<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], Failure> {
    let length = usize::try_from(long(bytes)?).map_err(|_| Failure::Malformed)?;
    let (head, rest) = bytes.split_at_checked(length).ok_or(Failure::Malformed)?;
    *bytes = rest;
    Ok(head)
}

enum BlockFailure {
    /// Some bytes are not there yet.
    Short,
    Damaged,
}

impl Codec {
    fn named(name: &str) -> Option<Codec> {
        Some(match name {
            "null" => Codec::None,
            "deflate" => Codec::Deflate,
            "snappy" => Codec::Snappy,
            "zstandard" => Codec::Zstandard,
            "bzip2" => Codec::Bzip2,
            _ => return None,
        })
    }

    /// How many rows there are, and their bytes.
    fn read_block(self, bytes: &mut &[u8], sync: &[u8; SYNC_BYTES]) -> Result<(usize, Vec<u8>), BlockFailure> {
        let mut left = *bytes;
        let rows = long(&mut left).map_err(|_| BlockFailure::Short)?;
        let size = long(&mut left).map_err(|_| BlockFailure::Short)?;
        let (rows, size) = (usize::try_from(rows), usize::try_from(size));
        let (Ok(rows), Ok(size)) = (rows, size) else { return Err(BlockFailure::Damaged) };
        let (packed, rest) = left.split_at_checked(size).ok_or(BlockFailure::Short)?;
        let (found, rest) = rest.split_first_chunk::<SYNC_BYTES>().ok_or(BlockFailure::Short)?;
        if found != sync {
            return Err(BlockFailure::Damaged);
        }
        let plain = self.unpack(packed).ok_or(BlockFailure::Damaged)?;
        *bytes = rest;
        Ok((rows, plain))
    }

    fn unpack(self, packed: &[u8]) -> Option<Vec<u8>> {
        let mut plain = Vec::new();
        match self {
            Codec::None => plain.extend_from_slice(packed),
            Codec::Deflate => {
                flate2::read::DeflateDecoder::new(packed).take(BLOCK_BYTES_MAX).read_to_end(&mut plain).ok()?;
            }
            Codec::Bzip2 => {
                bzip2::read::MultiBzDecoder::new(packed).take(BLOCK_BYTES_MAX).read_to_end(&mut plain).ok()?;
            }
            Codec::Zstandard => {
                zstd::stream::read::Decoder::new(packed).ok()?.take(BLOCK_BYTES_MAX).read_to_end(&mut plain).ok()?;
            }
            Codec::Snappy => {
                // The checksum of the plain bytes stands behind.
                let (packed, checksum) = packed.split_last_chunk::<4>()?;
                if snap::raw::decompress_len(packed).ok()? as u64 > BLOCK_BYTES_MAX {
                    return None;
                }
                plain = snap::raw::Decoder::new().decompress_vec(packed).ok()?;
                let mut crc = flate2::Crc::new();
                crc.update(&plain);
                if crc.sum() != u32::from_be_bytes(*checksum) {
                    return None;
                }
            }
        }
        Some(plain)
    }
}
