//! What does a Parquet file say of itself? Its footer, read once and kept for as long as the object stays the same.
//!
//! Ref: Parquet format "File format": the last eight bytes are the metadata's length and `PAR1`.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use object_store::ObjectStoreExt;
use parking_lot::Mutex;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};

use super::listing::ListedFile;
use crate::error::EngineError;

const MAGIC: &[u8; 4] = b"PAR1";
/// Length and magic at a file's end.
const TAIL_BYTES: u64 = 8;
/// The shortest valid file: magic, an empty footer, tail.
const FILE_BYTES_MIN: u64 = 12;
/// What the first read takes from the end, hoping it holds the whole footer.
const FIRST_READ_BYTES: u64 = 64 * 1024;
/// Bytes of decoded footers held in memory.
const CACHE_BYTES_MAX: usize = 256 * 1024 * 1024;

/// A file's metadata, and the stored bytes it takes in the file (the tail included): what a reader is charged for it.
#[derive(Debug, Clone)]
pub struct Footer {
    pub metadata: Arc<ParquetMetaData>,
    pub stored_bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct FooterKey {
    bucket: Arc<str>,
    object: String,
    size: u64,
    modified_nanos: i64,
    e_tag: Option<String>,
}

/// Decoded footers, oldest out first. An object that was replaced has another size, time or ETag and so another key.
#[derive(Debug, Default)]
pub struct FooterCache {
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    footers: HashMap<FooterKey, Footer>,
    order: VecDeque<FooterKey>,
    bytes: usize,
}

impl FooterCache {
    /// The footer of `file`. Errors: HIVE_BAD_DATA for what is not a Parquet file, HIVE_CURSOR_ERROR for an object that is gone.
    pub async fn footer(&self, file: &ListedFile) -> Result<Footer, EngineError> {
        let key = FooterKey {
            bucket: Arc::clone(&file.bucket),
            object: file.meta.location.to_string(),
            size: file.meta.size,
            modified_nanos: file.meta.last_modified.timestamp_nanos_opt().unwrap_or_default(),
            e_tag: file.meta.e_tag.clone(),
        };
        if let Some(footer) = self.held.lock().footers.get(&key) {
            return Ok(footer.clone());
        }
        let footer = read_footer(file).await?;
        self.held.lock().insert(key, footer.clone());
        Ok(footer)
    }
}

impl Held {
    fn insert(&mut self, key: FooterKey, footer: Footer) {
        let bytes = footer.metadata.memory_size();
        if bytes > CACHE_BYTES_MAX || self.footers.contains_key(&key) {
            return;
        }
        while self.bytes + bytes > CACHE_BYTES_MAX {
            let Some(oldest) = self.order.pop_front() else { break };
            if let Some(dropped) = self.footers.remove(&oldest) {
                self.bytes -= dropped.metadata.memory_size();
            }
        }
        self.bytes += bytes;
        self.order.push_back(key.clone());
        self.footers.insert(key, footer);
    }
}

async fn read_footer(file: &ListedFile) -> Result<Footer, EngineError> {
    let size = file.meta.size;
    let mut start = size.saturating_sub(FIRST_READ_BYTES);
    let mut tail = read_range(file, start, size).await?;
    if size < FILE_BYTES_MIN || !tail.ends_with(MAGIC) {
        return Err(not_parquet(file, &tail));
    }
    let length_at = tail.len() - TAIL_BYTES as usize;
    let length = u64::from(u32::from_le_bytes([tail[length_at], tail[length_at + 1], tail[length_at + 2], tail[length_at + 3]]));
    let stored_bytes = length + TAIL_BYTES;
    if stored_bytes + MAGIC.len() as u64 > size {
        return Err(corrupt(file));
    }
    if size - stored_bytes < start {
        start = size - stored_bytes;
        tail = read_range(file, start, size).await?;
    }
    let metadata_at = (size - stored_bytes - start) as usize;
    let encoded = &tail[metadata_at..metadata_at + length as usize];
    let metadata = ParquetMetaDataReader::decode_metadata(encoded).map_err(|error| {
        tracing::warn!(cause = %error, file = %file.url(), "a Parquet footer could not be decoded");
        corrupt(file)
    })?;
    Ok(Footer { metadata: Arc::new(metadata), stored_bytes })
}

async fn read_range(file: &ListedFile, start: u64, end: u64) -> Result<Bytes, EngineError> {
    let bytes = file.store.get_range(&file.meta.location, start..end).await;
    let bytes = bytes.map_err(|error| EngineError::from(datafusion::error::DataFusionError::ObjectStore(Box::new(error))))?;
    if bytes.len() as u64 == end - start {
        Ok(bytes)
    } else {
        Err(EngineError::engine("HIVE_FILESYSTEM_ERROR", format!("Incorrect fileSize {} for file {}", file.meta.size, file.url())))
    }
}

/// Ref: Trino 401 `MetadataReader`.
fn not_parquet(file: &ListedFile, tail: &[u8]) -> EngineError {
    let magic = String::from_utf8_lossy(&tail[tail.len().saturating_sub(MAGIC.len())..]).into_owned();
    EngineError::engine("HIVE_BAD_DATA", format!("Not valid Parquet file: {} expected magic number: PAR1 got: {magic}", file.url()))
}

fn corrupt(file: &ListedFile) -> EngineError {
    EngineError::engine("HIVE_BAD_DATA", format!("Not valid Parquet file: {} the footer is corrupt", file.url()))
}
