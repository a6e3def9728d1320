//! How is a catalog kept in a folder of files? `FileCatalog`, the store a server runs on.
//!
//! Basis: inferred. The folder is locked by one server at a time; its layout is told in the module above.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};

use crate::catalog::{Catalog, DropMode, PartitionFailure, PartitionUpdate, TableSnapshot, TableUpdate};
use crate::clock::Clock;
use crate::error::{CatalogError, EntityKind, Result};
use crate::limits::DATABASES_MAX;
use crate::model::{Database, DatabaseDefinition, Partition, PartitionDefinition, Table, TableDefinition, TableVersion};
use crate::names::{DatabaseName, TableName};
use crate::partition::PartitionValues;
use crate::rules;
use crate::store::database_store::DatabaseStore;
use crate::store::durable;
use crate::store::layout::{DELETED_SUFFIX, LOCK_FILE, TEMPORARY_SUFFIX};
use crate::store::partition_plan::PartitionChange;
use crate::store::table_store::TableStore;

/// A catalog in a folder of files. Durable: what a method acknowledged is there after a kill at any instant.
pub struct FileCatalog {
    folder: PathBuf,
    environment: Arc<Environment>,
    /// Held while a database comes or goes.
    ddl: Mutex<()>,
    databases: RwLock<BTreeMap<DatabaseName, Arc<DatabaseStore>>>,
    /// Locked for as long as the catalog is open.
    _lock: File,
}

/// What all parts of one catalog share.
pub(super) struct Environment {
    clock: Arc<dyn Clock>,
    revision: AtomicU64,
}

impl Environment {
    pub(super) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    pub(super) fn next_revision(&self) -> u64 {
        self.revision.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl FileCatalog {
    /// Opens the catalog in a folder, which is made when it is absent, and finishes what a kill interrupted.
    ///
    /// Reads the databases and tables; a table's partitions are read when they are first asked for. A file that can't be
    /// trusted makes its table or database answer `Corrupt`; all others work. Errors: `Locked`, `Io`.
    pub fn open(folder: &Path, clock: Arc<dyn Clock>) -> Result<Self> {
        fs::create_dir_all(folder).map_err(|e| CatalogError::io("create", folder, &e))?;
        let lock = lock(folder)?;
        let environment = Arc::new(Environment { clock, revision: AtomicU64::new(0) });
        let mut databases = BTreeMap::new();
        for entry in fs::read_dir(folder).map_err(|e| CatalogError::io("list", folder, &e))? {
            let path = entry.map_err(|e| CatalogError::io("list", folder, &e))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if !path.is_dir() || name.starts_with('.') {
                continue;
            }
            if name.ends_with(DELETED_SUFFIX) || name.ends_with(TEMPORARY_SUFFIX) {
                durable::remove_folder(&path)?;
            } else if let Some(database) = DatabaseStore::open(path, Arc::clone(&environment))? {
                databases.insert(database.name.clone(), Arc::new(database));
            }
        }
        Ok(FileCatalog { folder: folder.to_owned(), environment, ddl: Mutex::new(()), databases: RwLock::new(databases), _lock: lock })
    }

    fn find_database(&self, name: &DatabaseName) -> Result<Arc<DatabaseStore>> {
        let not_found = || CatalogError::DatabaseNotFound { database: name.to_string() };
        self.databases.read().get(name).cloned().ok_or_else(not_found)
    }

    fn find_table(&self, database: &DatabaseName, table: &TableName) -> Result<Arc<TableStore>> {
        let database = self.find_database(database)?;
        database.database()?;
        database.find_table(table)
    }
}

impl Catalog for FileCatalog {
    fn create_database(&self, database: &DatabaseName, definition: DatabaseDefinition) -> Result<()> {
        rules::check_database(&definition)?;
        let _ddl = self.ddl.lock();
        let count = self.databases.read().len();
        if self.find_database(database).is_ok() {
            return Err(CatalogError::AlreadyExists { kind: EntityKind::Database, name: database.to_string() });
        }
        if count >= DATABASES_MAX {
            return Err(CatalogError::LimitExceeded { limit: "number of databases", max: DATABASES_MAX as u64 });
        }
        let created = Database { name: database.clone(), definition, create_time_ms: self.environment.now_ms() };
        let store = DatabaseStore::create(&self.folder, created, Arc::clone(&self.environment))?;
        self.databases.write().insert(database.clone(), Arc::new(store));
        Ok(())
    }

    fn update_database(&self, database: &DatabaseName, definition: DatabaseDefinition) -> Result<()> {
        self.find_database(database)?.update(definition)
    }

    fn delete_database(&self, database: &DatabaseName, mode: DropMode) -> Result<()> {
        let _ddl = self.ddl.lock();
        self.find_database(database)?.remove(mode)?;
        self.databases.write().remove(database);
        Ok(())
    }

    fn database(&self, database: &DatabaseName) -> Result<Arc<Database>> {
        self.find_database(database)?.database()
    }

    fn databases(&self) -> Result<Vec<Arc<Database>>> {
        self.databases.read().values().map(|database| database.database()).collect()
    }

    fn create_table(&self, database: &DatabaseName, table: &TableName, definition: TableDefinition) -> Result<Arc<Table>> {
        self.find_database(database)?.create_table(table, definition, Vec::new())
    }

    fn create_table_with_partitions(
        &self,
        database: &DatabaseName,
        table: &TableName,
        definition: TableDefinition,
        partitions: Vec<PartitionDefinition>,
    ) -> Result<Arc<Table>> {
        self.find_database(database)?.create_table(table, definition, partitions)
    }

    fn update_table(&self, database: &DatabaseName, table: &TableName, update: TableUpdate) -> Result<Arc<Table>> {
        self.find_table(database, table)?.update(update)
    }

    fn delete_table(&self, database: &DatabaseName, table: &TableName) -> Result<()> {
        self.find_database(database)?.delete_table(table)
    }

    fn table(&self, database: &DatabaseName, table: &TableName) -> Result<Arc<Table>> {
        self.find_table(database, table)?.table()
    }

    fn tables(&self, database: &DatabaseName) -> Result<Vec<Arc<Table>>> {
        let database = self.find_database(database)?;
        database.database()?;
        database.tables().into_iter().map(|(_, table)| table.table()).collect()
    }

    fn table_names(&self, database: &DatabaseName) -> Result<Vec<TableName>> {
        let database = self.find_database(database)?;
        database.database()?;
        Ok(database.tables().into_iter().map(|(name, _)| name).collect())
    }

    fn load_table(&self, database: &DatabaseName, table: &TableName) -> Result<Arc<TableSnapshot>> {
        self.find_table(database, table)?.snapshot()
    }

    fn table_versions(&self, database: &DatabaseName, table: &TableName) -> Result<Vec<TableVersion>> {
        self.find_table(database, table)?.versions()
    }

    fn table_version(&self, database: &DatabaseName, table: &TableName, version_id: u64) -> Result<TableVersion> {
        self.find_table(database, table)?.version(version_id)
    }

    fn delete_table_version(&self, database: &DatabaseName, table: &TableName, version_id: u64) -> Result<()> {
        self.find_table(database, table)?.delete_version(version_id)
    }

    fn create_partitions(
        &self,
        database: &DatabaseName,
        table: &TableName,
        partitions: Vec<PartitionDefinition>,
    ) -> Result<Vec<PartitionFailure>> {
        self.find_table(database, table)?.change_partitions(PartitionChange::Create(partitions))
    }

    fn update_partitions(
        &self,
        database: &DatabaseName,
        table: &TableName,
        updates: Vec<PartitionUpdate>,
    ) -> Result<Vec<PartitionFailure>> {
        self.find_table(database, table)?.change_partitions(PartitionChange::Update(updates))
    }

    fn delete_partitions(
        &self,
        database: &DatabaseName,
        table: &TableName,
        partitions: Vec<PartitionValues>,
    ) -> Result<Vec<PartitionFailure>> {
        self.find_table(database, table)?.change_partitions(PartitionChange::Delete(partitions))
    }

    fn partition(&self, database: &DatabaseName, table: &TableName, values: &PartitionValues) -> Result<Arc<Partition>> {
        self.find_table(database, table)?.partition(values)
    }
}

fn lock(folder: &Path) -> Result<File> {
    let path = folder.join(LOCK_FILE);
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(|e| CatalogError::io("open", &path, &e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(CatalogError::Locked { folder: folder.to_owned() }),
        Err(TryLockError::Error(e)) => Err(CatalogError::io("lock", &path, &e)),
    }
}
