//! How is a catalog kept when nothing has to last? `MemoryCatalog`, for tests and throw-away sessions.
//!
//! Basis: inferred. It keeps the contract of `Catalog` in the plainest way there is, and so is what the file-backed store
//! is compared with.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::catalog::{Archive, Catalog, DropMode, PartitionFailure, PartitionUpdate, TableSnapshot, TableUpdate};
use crate::clock::Clock;
use crate::error::{CatalogError, EntityKind, Result};
use crate::limits::{DATABASES_MAX, PARTITIONS_PER_TABLE_MAX, TABLES_PER_DATABASE_MAX};
use crate::model::{Database, DatabaseDefinition, Partition, PartitionDefinition, Table, TableDefinition, TableVersion};
use crate::names::{DatabaseName, TableName};
use crate::partition::{PartitionSet, PartitionValues};
use crate::rules;

/// A catalog in memory.
pub struct MemoryCatalog {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    revision: u64,
    databases: BTreeMap<DatabaseName, DatabaseState>,
}

struct DatabaseState {
    database: Arc<Database>,
    tables: BTreeMap<TableName, TableState>,
}

struct TableState {
    table: Arc<Table>,
    archived: BTreeMap<u64, Arc<Table>>,
    partitions: BTreeMap<PartitionValues, Arc<Partition>>,
    revision: u64,
    snapshot: Option<Arc<TableSnapshot>>,
}

impl MemoryCatalog {
    /// A catalog without databases.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        MemoryCatalog { clock, state: Mutex::default() }
    }

    fn read_table<T>(&self, database: &DatabaseName, table: &TableName, read: impl FnOnce(&mut TableState) -> Result<T>) -> Result<T> {
        read(self.state.lock().database(database)?.table(table)?)
    }

    fn change_table<T>(&self, database: &DatabaseName, table: &TableName, change: impl FnOnce(&mut TableState) -> Result<T>) -> Result<T> {
        let mut state = self.state.lock();
        state.revision += 1;
        let revision = state.revision;
        let table = state.database(database)?.table(table)?;
        let result = change(table)?;
        table.revision = revision;
        table.snapshot = None;
        Ok(result)
    }
}

impl State {
    fn database(&mut self, name: &DatabaseName) -> Result<&mut DatabaseState> {
        self.databases.get_mut(name).ok_or_else(|| CatalogError::DatabaseNotFound { database: name.to_string() })
    }
}

impl DatabaseState {
    fn table(&mut self, name: &TableName) -> Result<&mut TableState> {
        let database = &self.database.name;
        self.tables.get_mut(name).ok_or_else(|| CatalogError::TableNotFound { database: database.to_string(), table: name.to_string() })
    }
}

impl Catalog for MemoryCatalog {
    fn create_database(&self, database: &DatabaseName, definition: DatabaseDefinition) -> Result<()> {
        rules::check_database(&definition)?;
        let mut state = self.state.lock();
        if state.databases.contains_key(database) {
            return Err(CatalogError::AlreadyExists { kind: EntityKind::Database, name: database.to_string() });
        }
        if state.databases.len() >= DATABASES_MAX {
            return Err(CatalogError::LimitExceeded { limit: "number of databases", max: DATABASES_MAX as u64 });
        }
        let created = Database { name: database.clone(), definition, create_time_ms: self.clock.now_ms() };
        state.databases.insert(database.clone(), DatabaseState { database: Arc::new(created), tables: BTreeMap::new() });
        Ok(())
    }

    fn update_database(&self, database: &DatabaseName, definition: DatabaseDefinition) -> Result<()> {
        let mut state = self.state.lock();
        let stored = state.database(database)?;
        rules::check_database(&definition)?;
        stored.database = Arc::new(Database { name: database.clone(), definition, create_time_ms: stored.database.create_time_ms });
        Ok(())
    }

    fn delete_database(&self, database: &DatabaseName, mode: DropMode) -> Result<()> {
        let mut state = self.state.lock();
        if mode == DropMode::Restrict && !state.database(database)?.tables.is_empty() {
            return Err(CatalogError::DatabaseNotEmpty { database: database.to_string() });
        }
        state.database(database)?;
        state.databases.remove(database);
        Ok(())
    }

    fn database(&self, database: &DatabaseName) -> Result<Arc<Database>> {
        Ok(Arc::clone(&self.state.lock().database(database)?.database))
    }

    fn databases(&self) -> Result<Vec<Arc<Database>>> {
        Ok(self.state.lock().databases.values().map(|stored| Arc::clone(&stored.database)).collect())
    }

    fn create_table(&self, database: &DatabaseName, table: &TableName, definition: TableDefinition) -> Result<Arc<Table>> {
        let mut state = self.state.lock();
        state.revision += 1;
        let revision = state.revision;
        let stored = state.database(database)?;
        let definition = rules::admit_table(definition)?;
        if stored.tables.contains_key(table) {
            return Err(CatalogError::AlreadyExists { kind: EntityKind::Table, name: table.to_string() });
        }
        if stored.tables.len() >= TABLES_PER_DATABASE_MAX {
            return Err(CatalogError::LimitExceeded { limit: "number of tables of a database", max: TABLES_PER_DATABASE_MAX as u64 });
        }
        let now_ms = self.clock.now_ms();
        let (database, name) = (database.clone(), table.clone());
        let created = Arc::new(Table { database, name, definition, create_time_ms: now_ms, update_time_ms: now_ms, version_id: 0 });
        let (archived, partitions) = (BTreeMap::new(), BTreeMap::new());
        let entry = TableState { table: Arc::clone(&created), archived, partitions, revision, snapshot: None };
        stored.tables.insert(table.clone(), entry);
        Ok(created)
    }

    fn update_table(&self, database: &DatabaseName, table: &TableName, update: TableUpdate) -> Result<Arc<Table>> {
        let now_ms = self.clock.now_ms();
        self.change_table(database, table, |stored| {
            let definition = rules::admit_table(update.definition)?;
            let current = Arc::clone(&stored.table);
            if let Some(expected_version_id) = update.expected_version_id
                && expected_version_id != current.version_id
            {
                let table = table.to_string();
                return Err(CatalogError::ConcurrentModification { table, expected_version_id, actual_version_id: current.version_id });
            }
            if definition.partition_keys.len() != current.partition_keys().len() && !stored.partitions.is_empty() {
                let message = format!("the number of partition keys of table '{table}' cannot change while it has partitions");
                return Err(CatalogError::InvalidInput { message });
            }
            let updated = Arc::new(Table { definition, update_time_ms: now_ms, version_id: current.version_id + 1, ..(*current).clone() });
            if update.archive == Archive::Keep {
                stored.archived.insert(current.version_id, current);
            }
            stored.table = Arc::clone(&updated);
            Ok(updated)
        })
    }

    fn delete_table(&self, database: &DatabaseName, table: &TableName) -> Result<()> {
        let mut state = self.state.lock();
        let stored = state.database(database)?;
        stored.table(table)?;
        stored.tables.remove(table);
        Ok(())
    }

    fn table(&self, database: &DatabaseName, table: &TableName) -> Result<Arc<Table>> {
        self.read_table(database, table, |stored| Ok(Arc::clone(&stored.table)))
    }

    fn tables(&self, database: &DatabaseName) -> Result<Vec<Arc<Table>>> {
        Ok(self.state.lock().database(database)?.tables.values().map(|stored| Arc::clone(&stored.table)).collect())
    }

    fn table_names(&self, database: &DatabaseName) -> Result<Vec<TableName>> {
        Ok(self.state.lock().database(database)?.tables.keys().cloned().collect())
    }

    fn load_table(&self, database: &DatabaseName, table: &TableName) -> Result<Arc<TableSnapshot>> {
        self.read_table(database, table, |stored| {
            if let Some(snapshot) = &stored.snapshot {
                return Ok(Arc::clone(snapshot));
            }
            let snapshot = Arc::new(TableSnapshot {
                table: Arc::clone(&stored.table),
                partitions: Arc::new(PartitionSet::from_sorted(stored.partitions.values().cloned().collect())),
                version: stored.revision,
            });
            stored.snapshot = Some(Arc::clone(&snapshot));
            Ok(snapshot)
        })
    }

    fn table_versions(&self, database: &DatabaseName, table: &TableName) -> Result<Vec<TableVersion>> {
        self.read_table(database, table, |stored| {
            let newest_first = std::iter::once(&stored.table).chain(stored.archived.values().rev());
            Ok(newest_first.map(|table| TableVersion { version_id: table.version_id, table: Arc::clone(table) }).collect())
        })
    }

    fn table_version(&self, database: &DatabaseName, table: &TableName, version_id: u64) -> Result<TableVersion> {
        let mut versions = self.table_versions(database, table)?.into_iter();
        versions.find(|version| version.version_id == version_id).ok_or(CatalogError::VersionNotFound { version_id })
    }

    fn delete_table_version(&self, database: &DatabaseName, table: &TableName, version_id: u64) -> Result<()> {
        self.read_table(database, table, |stored| {
            if version_id == stored.table.version_id {
                return Err(CatalogError::invalid_input(format!("version {version_id} of table '{table}' is the current one")));
            }
            stored.archived.remove(&version_id).map(|_| ()).ok_or(CatalogError::VersionNotFound { version_id })
        })
    }

    fn create_partitions(
        &self,
        database: &DatabaseName,
        table: &TableName,
        partitions: Vec<PartitionDefinition>,
    ) -> Result<Vec<PartitionFailure>> {
        let now_ms = self.clock.now_ms();
        self.change_table(database, table, |stored| {
            Ok(partitions
                .into_iter()
                .filter_map(|definition| failure(definition.values.clone(), stored.create_partition(definition, now_ms)))
                .collect())
        })
    }

    fn update_partitions(
        &self,
        database: &DatabaseName,
        table: &TableName,
        updates: Vec<PartitionUpdate>,
    ) -> Result<Vec<PartitionFailure>> {
        self.change_table(database, table, |stored| {
            Ok(updates.into_iter().filter_map(|update| failure(update.values.clone(), stored.update_partition(update))).collect())
        })
    }

    fn delete_partitions(
        &self,
        database: &DatabaseName,
        table: &TableName,
        partitions: Vec<PartitionValues>,
    ) -> Result<Vec<PartitionFailure>> {
        self.change_table(database, table, |stored| {
            let mut delete = |values: PartitionValues| match stored.partitions.remove(&values) {
                Some(_) => None,
                None => failure(values.clone(), Err(CatalogError::PartitionNotFound { values })),
            };
            Ok(partitions.into_iter().filter_map(&mut delete).collect())
        })
    }

    fn partition(&self, database: &DatabaseName, table: &TableName, values: &PartitionValues) -> Result<Arc<Partition>> {
        self.read_table(database, table, |stored| {
            stored.partitions.get(values).cloned().ok_or_else(|| CatalogError::PartitionNotFound { values: values.clone() })
        })
    }
}

impl TableState {
    fn create_partition(&mut self, definition: PartitionDefinition, now_ms: i64) -> Result<()> {
        let definition = rules::admit_partition(definition, self.table.partition_keys())?;
        self.must_be_free(&definition.values)?;
        if self.partitions.len() >= PARTITIONS_PER_TABLE_MAX {
            return Err(CatalogError::LimitExceeded { limit: "number of partitions of a table", max: PARTITIONS_PER_TABLE_MAX as u64 });
        }
        self.partitions.insert(definition.values.clone(), Arc::new(Partition { definition, creation_time_ms: now_ms }));
        Ok(())
    }

    fn update_partition(&mut self, update: PartitionUpdate) -> Result<()> {
        let Some(old) = self.partitions.get(&update.values).cloned() else {
            return Err(CatalogError::PartitionNotFound { values: update.values });
        };
        let definition = rules::admit_partition(update.definition, self.table.partition_keys())?;
        if definition.values != update.values {
            self.must_be_free(&definition.values)?;
            self.partitions.remove(&update.values);
        }
        let creation_time_ms = old.creation_time_ms;
        self.partitions.insert(definition.values.clone(), Arc::new(Partition { definition, creation_time_ms }));
        Ok(())
    }

    fn must_be_free(&self, values: &PartitionValues) -> Result<()> {
        if self.partitions.contains_key(values) {
            return Err(CatalogError::AlreadyExists { kind: EntityKind::Partition, name: values.to_string() });
        }
        Ok(())
    }
}

fn failure(values: PartitionValues, result: Result<()>) -> Option<PartitionFailure> {
    result.err().map(|error| PartitionFailure { values, error })
}
