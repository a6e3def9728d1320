//! How does generated data become a Parquet file? One writer with the settings that matter spelled out.

use std::fs::File;
use std::path::Path;

use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, GzipLevel};
use parquet::file::properties::WriterProperties;

/// What can go wrong when writing data out.
#[derive(Debug, thiserror::Error)]
pub enum TestdataError {
    #[error("cannot write '{path}': {reason}")]
    Write { path: String, reason: String },
    #[error("generated columns do not form a batch: {0}")]
    Batch(#[from] arrow::error::ArrowError),
}

/// The codec of a file's pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    None,
    Snappy,
    Gzip,
}

/// Writes `batches` (at least one, all of one schema) as `path`, with row groups of at most `row_group_rows` rows.
pub fn write_parquet(path: &Path, batches: &[RecordBatch], codec: Codec, row_group_rows: usize) -> Result<(), TestdataError> {
    let fail = |reason: String| TestdataError::Write { path: path.display().to_string(), reason };
    let first = batches.first().ok_or_else(|| fail("no batch".to_string()))?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| fail(error.to_string()))?;
    }
    let compression = match codec {
        Codec::None => Compression::UNCOMPRESSED,
        Codec::Snappy => Compression::SNAPPY,
        Codec::Gzip => Compression::GZIP(GzipLevel::default()),
    };
    let properties = WriterProperties::builder().set_compression(compression).set_max_row_group_row_count(Some(row_group_rows)).build();
    let file = File::create(path).map_err(|error| fail(error.to_string()))?;
    let mut writer = ArrowWriter::try_new(file, first.schema(), Some(properties)).map_err(|error| fail(error.to_string()))?;
    for batch in batches {
        writer.write(batch).map_err(|error| fail(error.to_string()))?;
    }
    writer.close().map_err(|error| fail(error.to_string()))?;
    Ok(())
}
