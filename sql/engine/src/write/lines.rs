//! How do lines of text become a file's bytes? Collected, and gzipped on the way when the format says so.

use std::io::Write;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::delimited::DelimitedRows;
use super::job::WriteColumn;
use super::json::JsonRows;
use crate::error::EngineError;

/// One text file in the making.
pub(super) struct LineEncoder {
    rows: Rows,
    text: String,
    sink: Sink,
}

enum Rows {
    Delimited(DelimitedRows),
    Json(JsonRows),
}

enum Sink {
    Plain(Vec<u8>),
    Gzip(Box<GzEncoder<Vec<u8>>>),
}

impl LineEncoder {
    pub(super) fn delimited(columns: &Arc<[WriteColumn]>, delimiter: char, is_gzipped: bool) -> LineEncoder {
        LineEncoder { rows: Rows::Delimited(DelimitedRows::new(columns, delimiter)), text: String::new(), sink: Sink::new(is_gzipped) }
    }

    pub(super) fn json(columns: &Arc<[WriteColumn]>, is_gzipped: bool) -> LineEncoder {
        LineEncoder { rows: Rows::Json(JsonRows::new(columns)), text: String::new(), sink: Sink::new(is_gzipped) }
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        self.text.clear();
        match &self.rows {
            Rows::Delimited(rows) => rows.write(batch, &mut self.text),
            Rows::Json(rows) => rows.write(batch, &mut self.text),
        }
        match &mut self.sink {
            Sink::Plain(bytes) => bytes.extend_from_slice(self.text.as_bytes()),
            Sink::Gzip(encoder) => encoder.write_all(self.text.as_bytes()).map_err(|error| failed(&error))?,
        }
        Ok(())
    }

    pub(super) fn ready(&self) -> usize {
        match &self.sink {
            Sink::Plain(bytes) => bytes.len(),
            Sink::Gzip(encoder) => encoder.get_ref().len(),
        }
    }

    pub(super) fn take(&mut self) -> Vec<u8> {
        match &mut self.sink {
            Sink::Plain(bytes) => std::mem::take(bytes),
            Sink::Gzip(encoder) => std::mem::take(encoder.get_mut()),
        }
    }

    pub(super) fn finish(self) -> Result<Vec<u8>, EngineError> {
        match self.sink {
            Sink::Plain(bytes) => Ok(bytes),
            Sink::Gzip(encoder) => encoder.finish().map_err(|error| failed(&error)),
        }
    }
}

impl Sink {
    fn new(is_gzipped: bool) -> Sink {
        if is_gzipped { Sink::Gzip(Box::new(GzEncoder::new(Vec::new(), Compression::default()))) } else { Sink::Plain(Vec::new()) }
    }
}

fn failed(error: &std::io::Error) -> EngineError {
    tracing::error!(%error, "text cannot be compressed");
    EngineError::engine("HIVE_WRITER_DATA_ERROR", "Failed to write text data")
}
