//! In which folder do a partition's files go? Where the partition is registered, else `k=v/…` below the table, else the template.

use std::sync::Arc;

use owlake_catalog::partition::path::encode_path;
use owlake_catalog::{Column, PartitionDefinition, PartitionValues, Table, TableSnapshot};

use super::format::FileFormat;
use super::projection::Projection;
use crate::error::EngineError;
use crate::scan::location::Location;

/// The folders of one table, or of an UNLOAD's target.
#[derive(Debug)]
pub(crate) struct Folders {
    pub base: Location,
    pub keys: Vec<Column>,
    /// The table inserted into: its partitions keep their locations.
    pub existing: Option<Arc<TableSnapshot>>,
    /// For a projected table, whose partitions are nowhere registered.
    pub projection: Option<Projection>,
}

/// Where a partition is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Folder {
    pub location: Location,
    /// Whether the catalog does not know it yet.
    pub is_new: bool,
}

impl Folders {
    /// Errors: a registered location that is none.
    pub(super) fn folder(&self, values: &PartitionValues) -> Result<Folder, EngineError> {
        if self.keys.is_empty() {
            return Ok(Folder { location: self.base.clone(), is_new: false });
        }
        if let Some(projection) = &self.projection {
            return Ok(Folder { location: projection.location(&self.base, values)?, is_new: false });
        }
        let registered = self.existing.as_ref().and_then(|table| table.partitions.find(values).cloned());
        if let (Some(table), Some(partition)) = (&self.existing, &registered) {
            check_stored_alike(&table.table, &partition.definition)?;
        }
        let is_new = registered.is_none();
        let location = match registered.as_ref().and_then(|partition| partition.location()) {
            Some(location) => Location::parse(location)?,
            None => self.base.join(&encode_path(&self.keys, values)),
        };
        Ok(Folder { location, is_new })
    }
}

/// A file in the table's format has to be one of the partition's, too. Errors: NOT_FOUND, HIVE_PARTITION_SCHEMA_MISMATCH,
/// NOT_SUPPORTED for a partition of another format. Ref: Trino 401 `HiveWriterFactory.validateSchema`.
fn check_stored_alike(table: &Table, partition: &PartitionDefinition) -> Result<(), EngineError> {
    let Some(storage) = &partition.storage else { return Ok(()) };
    let shown = format!("{}.{}", table.database, table.name);
    let own = &storage.format.columns;
    let found = |column: &Column| own.iter().find(|other| other.name.eq_ignore_ascii_case(&column.name));
    if !own.is_empty() {
        let missing: Vec<&str> =
            table.columns().iter().filter(|column| found(column).is_none()).map(|column| column.name.as_str()).collect();
        if !missing.is_empty() {
            return Err(EngineError::engine("NOT_FOUND", format!("Table {shown} does not have columns [{}]", missing.join(", "))));
        }
    }
    let name = || encode_path(table.partition_keys(), &partition.values);
    for (column, other) in table.columns().iter().filter_map(|column| found(column).map(|other| (column, other))) {
        let is_same = column.type_text == other.type_text || column.hive_type().ok() == other.hive_type().ok();
        if !is_same {
            let type_text = |column: &Column| column.type_text.clone().unwrap_or_default();
            let message = format!(
                "There is a mismatch between the table and partition schemas. The column '{}' in table '{shown}' is declared as type '{}', but partition '{}' declared column '{}' as type '{}'.",
                column.name,
                type_text(column),
                name(),
                other.name,
                type_text(other)
            );
            return Err(EngineError::engine("HIVE_PARTITION_SCHEMA_MISMATCH", message));
        }
    }
    let of_table = FileFormat::of_table(&table.definition)?;
    let of_partition =
        FileFormat::of_table(&owlake_catalog::TableDefinition { storage: Some(storage.clone()), ..table.definition.clone() });
    if of_partition.is_ok_and(|format| format == of_table) {
        return Ok(());
    }
    let message =
        format!("Inserting into partition {} of table {shown}, whose format is not the table's, is not supported by owlake yet", name());
    Err(EngineError::engine("NOT_SUPPORTED", message))
}
