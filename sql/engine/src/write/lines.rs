//! How do lines of text become a file's bytes? Collected, and packed on the way when the format says so.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;

use super::delimited::{DelimitedRows, Delimiters};
use super::format::Compression;
use super::job::WriteColumn;
use super::json::JsonRows;
use super::packing::Packer;
use crate::error::EngineError;

/// One text file in the making.
pub(super) struct LineEncoder {
    rows: Rows,
    text: String,
    packer: Packer,
}

enum Rows {
    Delimited(DelimitedRows),
    Json(JsonRows),
}

impl LineEncoder {
    /// Errors: a compression level that there is not.
    pub(super) fn delimited(
        columns: &Arc<[WriteColumn]>,
        delimiters: Delimiters,
        compression: Compression,
    ) -> Result<LineEncoder, EngineError> {
        LineEncoder::new(Rows::Delimited(DelimitedRows::new(columns, delimiters)), compression)
    }

    /// Errors: a compression level that there is not.
    pub(super) fn json(columns: &Arc<[WriteColumn]>, compression: Compression) -> Result<LineEncoder, EngineError> {
        LineEncoder::new(Rows::Json(JsonRows::new(columns)), compression)
    }

    fn new(rows: Rows, compression: Compression) -> Result<LineEncoder, EngineError> {
        Ok(LineEncoder { rows, text: String::new(), packer: Packer::new(compression)? })
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        self.text.clear();
        match &self.rows {
            Rows::Delimited(rows) => rows.write(batch, &mut self.text),
            Rows::Json(rows) => rows.write(batch, &mut self.text),
        }
        self.packer.write(self.text.as_bytes())
    }

    /// Bytes that are ready.
    pub(super) fn ready(&self) -> usize {
        self.packer.ready()
    }

    pub(super) fn take(&mut self) -> Vec<u8> {
        self.packer.take()
    }

    /// Ends the file.
    pub(super) fn finish(self) -> Result<Vec<u8>, EngineError> {
        self.packer.finish()
    }
}
