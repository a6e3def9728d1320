//! Which tables do tests and the conformance fixtures see? A lookup over tables and views held in memory.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::error::EngineError;
use crate::table::TableHandle;

use super::tables::{FoundTable, QualifiedTableName, TableProviderLookup, ViewDefinition};

/// Tables and views by name; catalogs and schemas exist as soon as something is in them.
#[derive(Debug, Default)]
pub struct MemoryTables {
    tables: HashMap<QualifiedTableName, FoundTable>,
    schemas: BTreeSet<(String, String)>,
}

impl MemoryTables {
    pub fn add_schema(&mut self, catalog: &str, schema: &str) {
        self.schemas.insert((catalog.to_lowercase(), schema.to_lowercase()));
    }

    pub fn add_table(&mut self, catalog: &str, table: TableHandle) {
        let name =
            QualifiedTableName { catalog: catalog.to_lowercase(), schema: table.database.to_lowercase(), table: table.name.to_lowercase() };
        self.add(name, FoundTable::Table(Arc::new(table)));
    }

    pub fn add_view(&mut self, name: QualifiedTableName, view: ViewDefinition) {
        self.add(name, FoundTable::View(Arc::new(view)));
    }

    fn add(&mut self, name: QualifiedTableName, found: FoundTable) {
        self.add_schema(&name.catalog, &name.schema);
        self.tables.insert(name, found);
    }
}

impl TableProviderLookup for MemoryTables {
    fn find_table(&self, name: &QualifiedTableName) -> Result<FoundTable, EngineError> {
        if let Some(found) = self.tables.get(name) {
            return Ok(found.clone());
        }
        Ok(if !self.schemas.iter().any(|(catalog, _)| *catalog == name.catalog) {
            FoundTable::CatalogMissing
        } else if !self.schemas.contains(&(name.catalog.clone(), name.schema.clone())) {
            FoundTable::SchemaMissing
        } else {
            FoundTable::TableMissing
        })
    }
}
