//! What is the catalog to know once the files of a statement are there? A table or partitions, as a note that outlives a kill.
//!
//! Basis: inferred. The one who writes the files keeps the note until the entry is made, and has it settled after a kill.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::catalog::Catalog;
use crate::error::{CatalogError, Result};
use crate::model::{PartitionDefinition, StorageDescriptor, TableDefinition};
use crate::names::{DatabaseName, TableName};
use crate::store::stored::{FORMAT_VERSION, check_format_version};
use crate::store::stored_shape::{Shape, StoredStorageFormat, StoredTableDefinition};

/// A new table with its partitions, or new partitions of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Addition {
    /// The table's database.
    pub database: DatabaseName,
    /// The table.
    pub table: TableName,
    /// The table to make; `None` for one that exists.
    pub definition: Option<TableDefinition>,
    /// The partitions to add. Of each the values, the location and the storage format are kept.
    pub partitions: Vec<PartitionDefinition>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredAddition {
    format_version: u64,
    database: String,
    table: String,
    definition: Option<StoredTableDefinition>,
    partitions: Vec<StoredAddedPartition>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredAddedPartition {
    values: Vec<String>,
    location: Option<String>,
    format: Option<StoredStorageFormat>,
}

impl Addition {
    /// The note. Errors: `InvalidState` for a definition that JSON cannot hold.
    pub fn encode(&self) -> Result<String> {
        let partition = |partition: &PartitionDefinition| StoredAddedPartition {
            values: partition.values.iter().map(str::to_owned).collect(),
            location: partition.storage.as_ref().and_then(|storage| storage.location.as_deref()).map(str::to_owned),
            format: partition.storage.as_ref().map(|storage| StoredStorageFormat::store(&storage.format)),
        };
        let stored = StoredAddition {
            format_version: FORMAT_VERSION,
            database: self.database.to_string(),
            table: self.table.to_string(),
            definition: self.definition.as_ref().map(StoredTableDefinition::store),
            partitions: self.partitions.iter().map(partition).collect(),
        };
        serde_json::to_string(&stored)
            .map_err(|e| CatalogError::InvalidState { message: format!("an addition cannot be written as JSON: {e}") })
    }

    /// The addition of a note. Errors: `Corrupt`.
    pub fn decode(note: &str) -> Result<Addition> {
        let file = Path::new("note");
        let stored: StoredAddition = serde_json::from_str(note).map_err(|e| CatalogError::corrupt(file, e.to_string()))?;
        check_format_version(file, stored.format_version)?;
        let partition = |stored: StoredAddedPartition| {
            let location = stored.location.map(Into::into);
            let storage = stored.format.map(|format| StorageDescriptor { location, format: format.load() });
            PartitionDefinition { values: stored.values.into_iter().collect(), storage, ..PartitionDefinition::default() }
        };
        Ok(Addition {
            database: DatabaseName::parse(&stored.database)?,
            table: TableName::parse(&stored.table)?,
            definition: stored.definition.map(Shape::load),
            partitions: stored.partitions.into_iter().map(partition).collect(),
        })
    }

    /// Makes the entry; a partition that came up meanwhile keeps its own. Errors: `AlreadyExists` for the table.
    pub fn enter(&self, catalog: &dyn Catalog) -> Result<()> {
        match &self.definition {
            Some(definition) => catalog
                .create_table_with_partitions(&self.database, &self.table, definition.clone(), self.partitions.clone())
                .map(|_table| ()),
            None => self.enter_partitions(catalog),
        }
    }

    /// Makes the entry as far as it is not made; whether it is there now. It is not when the table is another one by now, or gone.
    pub fn settle(&self, catalog: &dyn Catalog) -> Result<bool> {
        let current = match catalog.table(&self.database, &self.table) {
            Ok(table) => Some(table),
            Err(CatalogError::TableNotFound { .. }) => None,
            Err(CatalogError::DatabaseNotFound { .. }) => return Ok(false),
            Err(error) => return Err(error),
        };
        match (current, &self.definition) {
            (None, Some(_)) => self.enter(catalog).map(|()| true),
            (None, None) => Ok(false),
            (Some(table), Some(definition)) => {
                if location(&table.definition) != location(definition) {
                    return Ok(false);
                }
                self.enter_partitions(catalog).map(|()| true)
            }
            (Some(_), None) => self.enter_partitions(catalog).map(|()| true),
        }
    }

    fn enter_partitions(&self, catalog: &dyn Catalog) -> Result<()> {
        if self.partitions.is_empty() {
            return Ok(());
        }
        let failures = catalog.create_partitions(&self.database, &self.table, self.partitions.clone())?;
        match failures.into_iter().find(|failure| !matches!(failure.error, CatalogError::AlreadyExists { .. })) {
            Some(failure) => Err(failure.error),
            None => Ok(()),
        }
    }
}

fn location(definition: &TableDefinition) -> Option<&str> {
    definition.storage.as_ref().and_then(|storage| storage.location.as_deref())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{Column, DatabaseDefinition, StorageFormat};
    use crate::store::MemoryCatalog;

    fn addition(definition: Option<TableDefinition>) -> Addition {
        let storage = StorageDescriptor { location: Some("s3://b/t/k=1".into()), format: Arc::new(StorageFormat::default()) };
        let partition =
            PartitionDefinition { values: ["1"].into_iter().collect(), storage: Some(storage), ..PartitionDefinition::default() };
        let (database, table) = (DatabaseName::parse("d").unwrap(), TableName::parse("t").unwrap());
        Addition { database, table, definition, partitions: vec![partition] }
    }

    fn table(location: &str) -> TableDefinition {
        TableDefinition {
            storage: Some(StorageDescriptor { location: Some(location.into()), format: Arc::new(StorageFormat::default()) }),
            partition_keys: vec![Column::new("k", "string")],
            ..TableDefinition::default()
        }
    }

    /// Basis: inferred; the entry is made once, however often it is settled.
    #[test]
    fn an_addition_is_settled_once_and_not_over_another_table() {
        let catalog = MemoryCatalog::new(Arc::new(|| 0));
        let new = addition(Some(table("s3://b/t")));
        assert_eq!(Addition::decode(&new.encode().unwrap()).unwrap(), new);
        assert!(!new.settle(&catalog).unwrap(), "there is no database");
        catalog.create_database(&new.database, DatabaseDefinition::default()).unwrap();
        assert!(!addition(None).settle(&catalog).unwrap(), "there is no table");
        for _ in 0..2 {
            assert!(new.settle(&catalog).unwrap());
            assert_eq!(catalog.load_table(&new.database, &new.table).unwrap().partitions.as_slice().len(), 1);
        }
        assert!(addition(None).settle(&catalog).unwrap());
        assert!(!addition(Some(table("s3://b/other"))).settle(&catalog).unwrap());
        assert!(matches!(new.enter(&catalog), Err(CatalogError::AlreadyExists { .. })));
    }
}
