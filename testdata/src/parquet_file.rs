//! How does generated data become a Parquet file? One writer with the settings that matter spelled out.

use std::fs::File;
use std::path::Path;

use arrow::datatypes::SchemaRef;
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

/// A Parquet file that is being written, batch by batch.
pub struct ParquetWriter {
    path: String,
    writer: ArrowWriter<File>,
}

impl ParquetWriter {
    /// Creates `path` and the folders above it; row groups hold at most `row_group_rows` rows.
    pub fn create(path: &Path, schema: SchemaRef, codec: Codec, row_group_rows: usize) -> Result<Self, TestdataError> {
        let shown = path.display().to_string();
        let fail = |reason: String| TestdataError::Write { path: shown.clone(), reason };
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
        let writer = ArrowWriter::try_new(file, schema, Some(properties)).map_err(|error| fail(error.to_string()))?;
        Ok(ParquetWriter { path: shown, writer })
    }

    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), TestdataError> {
        self.writer.write(batch).map_err(|error| TestdataError::Write { path: self.path.clone(), reason: error.to_string() })
    }

    /// Writes the footer.
    pub fn close(self) -> Result<(), TestdataError> {
        let ParquetWriter { path, writer } = self;
        writer.close().map(|_metadata| ()).map_err(|error| TestdataError::Write { path, reason: error.to_string() })
    }
}

/// Writes `batches` (at least one, all of one schema) as `path`, with row groups of at most `row_group_rows` rows.
pub fn write_parquet(path: &Path, batches: &[RecordBatch], codec: Codec, row_group_rows: usize) -> Result<(), TestdataError> {
    let first = batches.first().ok_or_else(|| TestdataError::Write { path: path.display().to_string(), reason: "no batch".to_string() })?;
    let mut writer = ParquetWriter::create(path, first.schema(), codec, row_group_rows)?;
    for batch in batches {
        writer.write(batch)?;
    }
    writer.close()
}
