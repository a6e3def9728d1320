//! How is one database kept? `DatabaseStore`: its own file, and its tables.
//!
//! Basis: inferred. Tables of one database are created and removed one at a time; everything else of a table is its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};

use crate::catalog::DropMode;
use crate::error::{CatalogError, EntityKind, Result};
use crate::limits::TABLES_PER_DATABASE_MAX;
use crate::model::{Database, DatabaseDefinition, PartitionDefinition, Table, TableDefinition};
use crate::names::{DatabaseName, TableName};
use crate::rules;
use crate::store::durable;
use crate::store::file_catalog::Environment;
use crate::store::layout::{
    self, DATABASE_FILE, DELETED_SUFFIX, LOG_SUFFIX, PARTITIONS_SUFFIX, TABLE_SUFFIX, TEMPORARY_SUFFIX, TablePaths, VERSIONS_SUFFIX,
};
use crate::store::partition_plan::PartitionChange;
use crate::store::stored;
use crate::store::table_store::{self, TableStore};

/// One database with its folder.
pub(super) struct DatabaseStore {
    pub(super) name: DatabaseName,
    folder: PathBuf,
    environment: Arc<Environment>,
    /// Held while the database changes, or a table comes or goes; true when the database is gone.
    is_removed: Mutex<bool>,
    database: RwLock<Result<Arc<Database>>>,
    tables: RwLock<BTreeMap<TableName, Arc<TableStore>>>,
}

impl DatabaseStore {
    /// Writes a new database: a whole folder is renamed into place.
    pub(super) fn create(catalog_folder: &Path, database: Database, environment: Arc<Environment>) -> Result<Self> {
        let stem = layout::stem(database.name.as_str());
        let folder = catalog_folder.join(&stem);
        let unfinished = catalog_folder.join(format!("{stem}{TEMPORARY_SUFFIX}"));
        durable::remove_folder(&unfinished)?;
        durable::create_folder(&unfinished)?;
        durable::write_whole(&unfinished.join(DATABASE_FILE), &stored::encode_database(&database)?)?;
        durable::rename(&unfinished, &folder)?;
        Ok(Self::new(database.name.clone(), folder, environment, Ok(Arc::new(database))))
    }

    /// Reads a database's folder and finishes what a kill interrupted in it. None when the folder is no database's.
    pub(super) fn open(folder: PathBuf, environment: Arc<Environment>) -> Result<Option<Self>> {
        let folder_name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let database = read_database(&folder, &folder_name);
        let name = match (&database, layout::name_of_stem(&folder_name)) {
            (Ok(database), _) => database.name.clone(),
            (Err(error), Some(name)) if !file_names(&folder)?.is_empty() => {
                tracing::error!(database = %name, %error, "a database cannot be read");
                DatabaseName::parse(&name)?
            }
            (Err(error), _) => {
                tracing::warn!(folder = %folder.display(), %error, "ignored a folder that is no database");
                return Ok(None);
            }
        };
        let store = Self::new(name, folder, environment, database.map(Arc::new));
        store.read_tables()?;
        Ok(Some(store))
    }

    fn new(name: DatabaseName, folder: PathBuf, environment: Arc<Environment>, database: Result<Arc<Database>>) -> Self {
        let (database, tables) = (RwLock::new(database), RwLock::default());
        DatabaseStore { name, folder, environment, is_removed: Mutex::new(false), database, tables }
    }

    pub(super) fn database(&self) -> Result<Arc<Database>> {
        self.database.read().clone()
    }

    pub(super) fn update(&self, definition: DatabaseDefinition) -> Result<()> {
        rules::check_database(&definition)?;
        let is_removed = self.is_removed.lock();
        self.must_exist(*is_removed)?;
        let current = self.database()?;
        let database = Database { name: current.name.clone(), definition, create_time_ms: current.create_time_ms };
        durable::write_whole(&self.folder.join(DATABASE_FILE), &stored::encode_database(&database)?)?;
        *self.database.write() = Ok(Arc::new(database));
        Ok(())
    }

    /// Removes the database: its whole folder is renamed away, then removed.
    pub(super) fn remove(&self, mode: DropMode) -> Result<()> {
        let mut is_removed = self.is_removed.lock();
        self.must_exist(*is_removed)?;
        let tables = self.tables.read();
        if mode == DropMode::Restrict && !tables.is_empty() {
            return Err(CatalogError::DatabaseNotEmpty { database: self.name.to_string() });
        }
        let mut writers: Vec<_> = tables.values().map(|table| table.lock_writer()).collect();
        let mut removed = self.folder.as_os_str().to_owned();
        removed.push(DELETED_SUFFIX);
        let removed = PathBuf::from(removed);
        durable::remove_folder(&removed)?;
        durable::rename(&self.folder, &removed)?;
        *is_removed = true;
        writers.iter_mut().for_each(|writer| writer.is_removed = true);
        // The database is gone for good; a folder that stays behind is removed when the catalog is opened.
        if let Err(error) = durable::remove_folder(&removed) {
            tracing::warn!(database = %self.name, %error, "could not remove all files of a removed database");
        }
        Ok(())
    }

    /// Writes the table and its partitions, and only then lets readers find them.
    pub(super) fn create_table(
        &self,
        name: &TableName,
        definition: TableDefinition,
        partitions: Vec<PartitionDefinition>,
    ) -> Result<Arc<Table>> {
        let definition = rules::admit_table(definition)?;
        let is_removed = self.is_removed.lock();
        self.must_exist(*is_removed)?;
        self.database()?;
        {
            let tables = self.tables.read();
            if tables.contains_key(name) {
                return Err(CatalogError::AlreadyExists { kind: EntityKind::Table, name: name.to_string() });
            }
            if tables.len() >= TABLES_PER_DATABASE_MAX {
                return Err(CatalogError::LimitExceeded { limit: "number of tables of a database", max: TABLES_PER_DATABASE_MAX as u64 });
            }
        }
        let paths = TablePaths::new(&self.folder, &layout::stem(name.as_str()));
        if fs::exists(paths.deleted()).map_err(|e| CatalogError::io("inspect", &paths.deleted(), &e))? {
            table_store::finish_removal(&paths)?;
        }
        let now_ms = self.environment.now_ms();
        let table = Arc::new(Table {
            database: self.name.clone(),
            name: name.clone(),
            definition,
            create_time_ms: now_ms,
            update_time_ms: now_ms,
            version_id: 0,
        });
        durable::write_whole(&paths.table(), &stored::encode_table(&table)?)?;
        let store = self.table_store(name.clone(), paths, Ok(Arc::clone(&table)));
        if !partitions.is_empty() {
            let failure = match store.change_partitions(PartitionChange::Create(partitions)) {
                Ok(failures) => failures.into_iter().next().map(|failure| failure.error),
                Err(error) => Some(error),
            };
            if let Some(error) = failure {
                store.remove()?;
                return Err(error);
            }
        }
        self.tables.write().insert(name.clone(), Arc::new(store));
        Ok(table)
    }

    pub(super) fn delete_table(&self, name: &TableName) -> Result<()> {
        let is_removed = self.is_removed.lock();
        self.must_exist(*is_removed)?;
        self.find_table(name)?.remove()?;
        self.tables.write().remove(name);
        Ok(())
    }

    /// One table; it may be gone by the time it is used, which it then says.
    pub(super) fn find_table(&self, name: &TableName) -> Result<Arc<TableStore>> {
        let not_found = || CatalogError::TableNotFound { database: self.name.to_string(), table: name.to_string() };
        self.tables.read().get(name).cloned().ok_or_else(not_found)
    }

    /// All tables, by name.
    pub(super) fn tables(&self) -> Vec<(TableName, Arc<TableStore>)> {
        self.tables.read().iter().map(|(name, table)| (name.clone(), Arc::clone(table))).collect()
    }

    fn must_exist(&self, is_removed: bool) -> Result<()> {
        if is_removed { Err(CatalogError::DatabaseNotFound { database: self.name.to_string() }) } else { Ok(()) }
    }

    fn insert(&self, name: TableName, paths: TablePaths, table: Result<Arc<Table>>) {
        let store = self.table_store(name.clone(), paths, table);
        self.tables.write().insert(name, Arc::new(store));
    }

    fn table_store(&self, name: TableName, paths: TablePaths, table: Result<Arc<Table>>) -> TableStore {
        TableStore::new(self.name.clone(), name, paths, Arc::clone(&self.environment), table)
    }

    fn read_tables(&self) -> Result<()> {
        let mut stems = BTreeSet::new();
        for file_name in file_names(&self.folder)? {
            if let Some(unfinished) = file_name.strip_suffix(TEMPORARY_SUFFIX).map(|_| self.folder.join(&file_name)) {
                durable::remove_file(&unfinished)?;
            } else if file_name != DATABASE_FILE {
                let suffixes = [PARTITIONS_SUFFIX, LOG_SUFFIX, VERSIONS_SUFFIX, DELETED_SUFFIX, TABLE_SUFFIX];
                stems.extend(suffixes.iter().find_map(|suffix| file_name.strip_suffix(suffix)).map(str::to_owned));
            }
        }
        for stem in stems {
            let paths = TablePaths::new(&self.folder, &stem);
            if !paths.table().exists() && paths.deleted().exists() {
                table_store::finish_removal(&paths)?;
                continue;
            }
            // A name that was cut can't be told from its stem when the file is corrupt; the stem stands in for it.
            let stem_name = TableName::parse(&layout::name_of_stem(&stem).unwrap_or_else(|| stem.clone()))?;
            let table = table_store::read_table(&paths, &self.name).and_then(|table| {
                if layout::stem(table.name.as_str()) == stem {
                    return Ok(Arc::new(table));
                }
                Err(CatalogError::corrupt(&paths.table(), format!("it describes table '{}'", table.name)))
            });
            if let Err(error) = &table {
                tracing::error!(database = %self.name, table = %stem_name, %error, "a table cannot be read");
            }
            let name = table.as_ref().map_or(stem_name, |table| table.name.clone());
            self.insert(name, paths, table);
        }
        Ok(())
    }
}

fn read_database(folder: &Path, folder_name: &str) -> Result<Database> {
    let path = folder.join(DATABASE_FILE);
    let bytes = fs::read(&path).map_err(|e| CatalogError::corrupt(&path, e.to_string()))?;
    let database = stored::decode_database(&path, &bytes)?;
    if layout::stem(database.name.as_str()) != folder_name {
        return Err(CatalogError::corrupt(&path, format!("it describes database '{}'", database.name)));
    }
    Ok(database)
}

fn file_names(folder: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(folder).map_err(|e| CatalogError::io("list", folder, &e))?;
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(|e| CatalogError::io("list", folder, &e))?.file_name();
        names.extend(name.into_string());
    }
    Ok(names)
}
