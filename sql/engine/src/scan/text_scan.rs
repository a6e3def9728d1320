//! How are the files that a SerDe decodes planned? Each by its own storage's SerDe and columns; big ones of lines in several splits.
//!
//! Ref: measured Athena behaviour, "SerDes" and "Schema evolution": columns are found by position (JSON's by name), a partition's columns
//! must be of types that can become the table's.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use datafusion::common::ScalarValue;
use datafusion::error::DataFusionError;
use owlake_catalog::{Column, Parameters, StorageFormat, TableSnapshot};
use owlake_functions::types::TrinoType;
use owlake_functions::types::arrow_form::arrow_type;

use super::counting_store::CountedFile;
use super::hidden_column::{hidden_value, partition_name};
use super::serde::{LineTable, Reading, SerDe, WantedColumn};
use super::source::ScanContext;
use super::text::source::{Decoding, TextColumn, TextFormat, TextSplit};
use super::text::split::{SkippedLines, Split, split_bytes, splits_of};
use crate::analyze::tables::trino_type;
use crate::error::EngineError;
use crate::error::from_datafusion::external;
use crate::table::{ColumnKind, TableColumn, TableHandle};

/// A table whose text files are read.
pub(super) struct TextTable<'a> {
    pub(super) context: &'a ScanContext,
    pub(super) table: &'a TableHandle,
    pub(super) snapshot: &'a TableSnapshot,
    /// The columns wanted of the files.
    pub(super) data: Vec<&'a TableColumn>,
    /// The columns that are constant within a file.
    pub(super) constants: Vec<&'a TableColumn>,
    /// The partition values, for a partitioned table.
    pub(super) partitions: Option<&'a RecordBatch>,
}

/// What was made of a storage, and which one it was.
struct KnownFormat {
    storage: Arc<StorageFormat>,
    format: Arc<TextFormat>,
}

impl TextTable<'_> {
    /// The splits of `files`, each given with its partition. Errors: a property or a type the SerDe cannot read,
    /// HIVE_PARTITION_SCHEMA_MISMATCH.
    pub(super) fn splits(&self, files: &[(Arc<CountedFile>, Option<usize>)]) -> Result<Vec<TextSplit>, DataFusionError> {
        let total_bytes = files.iter().map(|(file, _)| file.listed.meta.size).sum();
        let bytes = split_bytes(total_bytes, self.context.target_partitions);
        let mut known: Vec<KnownFormat> = Vec::new();
        let mut splits = Vec::new();
        for (file, partition) in files {
            let storage = self.storage(*partition).ok_or_else(|| external(EngineError::internal("a text file without a storage")))?;
            let format = match known.iter().find(|known| Arc::ptr_eq(&known.storage, storage)) {
                Some(known) => Arc::clone(&known.format),
                None => {
                    let format = Arc::new(self.format(storage, *partition).map_err(external)?);
                    known.push(KnownFormat { storage: Arc::clone(storage), format: Arc::clone(&format) });
                    format
                }
            };
            let constants: Arc<[ScalarValue]> = self.constants(file, *partition)?.into();
            let own_splits = match format.decoding {
                Decoding::Lines(_) if is_unreadable(file.listed.meta.location.as_ref()) => {
                    let message = format!("Files of this compression are not supported by owlake: {}", file.listed.url());
                    return Err(external(EngineError::engine("NOT_SUPPORTED", message)));
                }
                Decoding::Lines(_) => splits_of(file, self.skipped(*partition).map_err(external)?, bytes),
                // An empty object has no rows, whatever its format.
                Decoding::Files(_) if file.listed.meta.size == 0 => Vec::new(),
                Decoding::Files(_) => vec![Split::whole(file)],
            };
            for split in own_splits {
                splits.push(TextSplit { split, format: Arc::clone(&format), constants: Arc::clone(&constants) });
            }
        }
        Ok(splits)
    }

    fn storage(&self, partition: Option<usize>) -> Option<&Arc<StorageFormat>> {
        let own = partition.and_then(|row| self.snapshot.partitions.as_slice()[row].definition.storage.as_ref());
        own.or(self.snapshot.table.definition.storage.as_ref()).map(|storage| &storage.format)
    }

    fn format(&self, storage: &StorageFormat, partition: Option<usize>) -> Result<TextFormat, EngineError> {
        let table_columns = self.snapshot.table.columns();
        let own_columns = if storage.columns.is_empty() { table_columns } else { &storage.columns };
        if partition.is_some() {
            self.check_columns(own_columns, table_columns, partition)?;
        }
        let mut wanted = Vec::new();
        let mut columns = Vec::with_capacity(self.data.len());
        for column in &self.data {
            let ColumnKind::Data(index) = column.kind else { return Err(EngineError::internal("a column of no file is read from one")) };
            let physical = arrow_type(&column.data_type);
            let Some(own) = own_columns.get(index) else {
                columns.push(TextColumn::Missing(physical));
                continue;
            };
            let data_type = declared_type(own).unwrap_or_else(|| column.data_type.clone());
            let own_physical = arrow_type(&data_type);
            columns.push(TextColumn::Decoded { cast: (own_physical != physical).then_some(physical) });
            wanted.push(WantedColumn { name: column.name.clone(), index, data_type });
        }
        let serde = SerDe::of(storage).map_err(|named| EngineError::internal(format!("the SerDe {named} is none of lines")))?;
        let none = Parameters::new();
        let parameters = storage.serde_info.as_ref().map_or(&none, |serde| &serde.parameters);
        let told = LineTable { parameters, column_count: own_columns.len(), columns: &wanted };
        let decoding = match serde.reading {
            Reading::Lines(format) => Decoding::Lines(format(&told)?),
            Reading::Files(format) => Decoding::Files(format(&told)?),
            Reading::Parquet | Reading::Unsupported => return Err(EngineError::internal("a SerDe that decodes nothing")),
        };
        Ok(TextFormat { decoding, columns })
    }

    /// Ref: Trino 401 `BackgroundHiveSplitLoader`: every partition's column must be of a type that can become the table's.
    fn check_columns(&self, own: &[Column], table: &[Column], partition: Option<usize>) -> Result<(), EngineError> {
        for (own, column) in own.iter().zip(table) {
            let is_same = own.type_text == column.type_text || own.hive_type().ok() == column.hive_type().ok();
            if is_same || is_coercible(declared_type(own).as_ref(), declared_type(column).as_ref()) {
                continue;
            }
            let type_text = |column: &Column| column.type_text.clone().unwrap_or_default();
            let partition = partition.map(|row| partition_name(self.snapshot, row)).unwrap_or_default();
            return Err(EngineError::engine(
                "HIVE_PARTITION_SCHEMA_MISMATCH",
                format!(
                    "There is a mismatch between the table and partition schemas. The types are incompatible and cannot be coerced. The column '{}' in table '{}.{}' is declared as type '{}', but partition '{partition}' declared column '{}' as type '{}'.",
                    column.name,
                    self.table.database,
                    self.table.name,
                    type_text(column),
                    own.name,
                    type_text(own)
                ),
            ));
        }
        Ok(())
    }

    fn constants(&self, file: &CountedFile, partition: Option<usize>) -> Result<Vec<ScalarValue>, DataFusionError> {
        let mut values = Vec::with_capacity(self.constants.len());
        for column in &self.constants {
            values.push(match (column.kind, self.partitions, partition) {
                (ColumnKind::Partition(key), Some(batch), Some(row)) => ScalarValue::try_from_array(batch.column(key), row)?,
                (ColumnKind::Hidden(hidden), _, row) => hidden_value(hidden, &file.listed, self.snapshot, row).map_err(external)?,
                _ => return Err(external(EngineError::internal("a partition column without a partition"))),
            });
        }
        Ok(values)
    }

    /// Errors: HIVE_INVALID_METADATA for a property that is no number of lines.
    fn skipped(&self, partition: Option<usize>) -> Result<SkippedLines, EngineError> {
        let own = partition.map(|row| &self.snapshot.partitions.as_slice()[row].definition.parameters);
        let table = &self.snapshot.table.definition.parameters;
        let count = |name: &str| {
            let Some(text) = own.and_then(|own| own.get(name)).or(table.get(name)) else { return Ok(0) };
            text.trim()
                .parse::<usize>()
                .map_err(|_| EngineError::engine("HIVE_INVALID_METADATA", format!("Invalid value for {name} property: {text}")))
        };
        Ok(SkippedLines { header: count("skip.header.line.count")?, footer: count("skip.footer.line.count")? })
    }
}

/// Whether a file's bytes are packed as its name says and cannot be unpacked here: its lines would be no lines.
/// Ref: Athena user guide, "Use compression in Athena": LZO is read; zip and tar are not.
fn is_unreadable(key: &str) -> bool {
    [".lzo", ".lzo_deflate", ".zip", ".tar", ".tgz", ".7z", ".xz", ".br"].iter().any(|ending| key.ends_with(ending))
}

fn declared_type(column: &Column) -> Option<TrinoType> {
    column.hive_type().ok().and_then(|hive_type| trino_type(&hive_type))
}

/// Can values read as `own` become the table's? Ref: measured Athena behaviour, "Schema evolution".
fn is_coercible(own: Option<&TrinoType>, table: Option<&TrinoType>) -> bool {
    let (Some(own), Some(table)) = (own, table) else { return false };
    let width = |data_type: &TrinoType| match data_type {
        TrinoType::Tinyint => Some(8),
        TrinoType::Smallint => Some(16),
        TrinoType::Integer => Some(32),
        TrinoType::Bigint => Some(64),
        _ => None,
    };
    match (own, table) {
        (TrinoType::Real, TrinoType::Double) | (TrinoType::Varchar(_), TrinoType::Varchar(_)) => true,
        (own, TrinoType::Varchar(_)) => width(own).is_some(),
        (own, table) => matches!((width(own), width(table)), (Some(own), Some(table)) if own < table),
    }
}
