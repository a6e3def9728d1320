//! What does a query know of a table it reads? A snapshot of the catalog's entry with Trino types.

use std::sync::Arc;

use owlake_catalog::TableSnapshot;
use owlake_functions::types::TrinoType;

/// A table as one query sees it: fixed at analysis, whatever happens to the catalog meanwhile.
#[derive(Debug)]
pub struct TableHandle {
    pub database: String,
    pub name: String,
    /// Data columns, then partition columns, then hidden columns.
    pub columns: Vec<TableColumn>,
    pub source: TableSource,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TableColumn {
    pub name: String,
    pub data_type: TrinoType,
    pub kind: ColumnKind,
    pub comment: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// In the files; the index counts the table's data columns.
    Data(usize),
    /// A partition key; the index counts the keys.
    Partition(usize),
    /// `$path`, `$file_size`, …: can be named, never in `*`.
    Hidden(HiddenColumn),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HiddenColumn {
    Path,
    FileSize,
    FileModifiedTime,
    Bucket,
    Partition,
}

/// Where the rows come from.
#[derive(Debug, Clone)]
pub enum TableSource {
    /// Files of a Hive-layout table.
    Hive(Arc<TableSnapshot>),
    /// `"t$partitions"`.
    Partitions(Arc<TableSnapshot>),
    /// `information_schema.<name>`.
    InformationSchema(InformationTable),
    /// Rows held in memory: the conformance fixtures and tests. One batch list, columns in physical form.
    Memory(Arc<Vec<arrow::record_batch::RecordBatch>>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InformationTable {
    Tables,
    Columns,
    Schemata,
    Views,
}
