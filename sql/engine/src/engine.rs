//! How is a statement run? The one way in: parse, prepare, run. Ref: architecture, "The way of one query".

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::record_batch::RecordBatch;
use futures::stream::BoxStream;
use owlake_catalog::Catalog;
use owlake_functions::types::TrinoType;
use owlake_syntax::Parsed;
use tokio_util::sync::CancellationToken;

use crate::error::EngineError;
use crate::session::Session;
use crate::storage::BucketResolver;

/// Settings of the whole process's engine.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// Bytes all queries together may hold before they spill or fail.
    pub memory_bytes_max: usize,
    /// Partitions (threads) a query uses; the number of cores as a rule.
    pub target_partitions: usize,
    /// Folder for spill files.
    pub spill_dir: std::path::PathBuf,
}

/// The query engine: one a process, shared by every request. Cheap to clone behind `Arc`.
pub struct Engine {
    pub catalog: Arc<dyn Catalog>,
    pub buckets: Arc<dyn BucketResolver>,
    pub config: EngineConfig,
}

/// A statement analysed, lowered and optimised, ready to run once.
pub struct Prepared {
    /// Columns of the result, in order; empty for statements without any.
    pub columns: Vec<ResultColumn>,
    pub output: OutputKind,
}

/// A column of a result: the name as the client sees it and the type it prints by.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultColumn {
    pub name: String,
    pub data_type: ResultType,
}

/// The type of a result column: Trino's, or the bare `string` that Hive's utility statements declare.
#[derive(Debug, Clone, PartialEq)]
pub enum ResultType {
    Trino(TrinoType),
    HiveString,
}

/// How the result is delivered. Ref: measured Athena behaviour, "Result objects".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputKind {
    /// Rows, written as `<id>.csv`.
    Rows,
    /// Lines, written as `<id>.txt`.
    Text,
    /// Nothing to show: an empty `<id>.txt`.
    Nothing,
}

/// What a running statement gives.
pub enum Output {
    /// Batches in physical form; the columns follow `Prepared::columns`.
    Rows(BoxStream<'static, Result<RecordBatch, EngineError>>),
    /// One line a row, without line ends; UTILITY rows are tab-joined already.
    Text(Vec<String>),
    Nothing,
}

/// What a query has read so far; shared with whoever wants to watch. Counts only what the reader asked for.
#[derive(Debug, Default)]
pub struct Meter {
    bytes_scanned: AtomicU64,
    rows_read: AtomicU64,
}

impl Meter {
    pub fn add_bytes_scanned(&self, bytes: u64) {
        self.bytes_scanned.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Stored bytes read so far: the metered quantity.
    pub fn bytes_scanned(&self) -> u64 {
        self.bytes_scanned.load(Ordering::Relaxed)
    }

    pub fn add_rows_read(&self, rows: u64) {
        self.rows_read.fetch_add(rows, Ordering::Relaxed);
    }

    pub fn rows_read(&self) -> u64 {
        self.rows_read.load(Ordering::Relaxed)
    }
}

impl Engine {
    pub fn new(catalog: Arc<dyn Catalog>, buckets: Arc<dyn BucketResolver>, config: EngineConfig) -> Result<Self, EngineError> {
        Ok(Engine { catalog, buckets, config })
    }

    /// Parses and routes a statement, and makes the checks Athena makes before it accepts one. Fast, no I/O but catalog
    /// memory. Errors: `FailurePath::Refused` with the AthenaErrorCode as name.
    pub fn parse(&self, text: &str) -> Result<Parsed, EngineError> {
        owlake_syntax::parse(text).map_err(|error| EngineError::refused("MALFORMED_QUERY", error.message))
    }

    /// Analyses, lowers and optimises. CPU-bound and possibly deep: runs itself on a big stack.
    pub async fn prepare(&self, _session: Session, _parsed: Parsed, _meter: Arc<Meter>) -> Result<Prepared, EngineError> {
        Err(EngineError::internal("not built yet"))
    }

    /// Runs a prepared statement. The stream stops within a batch once `cancel` fires.
    pub async fn run(&self, _prepared: Prepared, _cancel: CancellationToken) -> Result<Output, EngineError> {
        Err(EngineError::internal("not built yet"))
    }
}
