//! How is one table kept: read from memory, written to its files? `TableStore`.
//!
//! Basis: inferred. One writer at a time; writers of partitions queue up, and whoever comes to write commits the whole
//! queue with one line in the log and one sync. Readers share a snapshot that the next change replaces.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard, RwLock};

use crate::catalog::{Archive, PartitionFailure, TableSnapshot, TableUpdate};
use crate::error::{CatalogError, Result};
use crate::limits::VERSIONS_PER_TABLE_MAX;
use crate::model::{Partition, Table, TableVersion};
use crate::names::{DatabaseName, TableName};
use crate::partition::{PartitionSet, PartitionValues};
use crate::rules;
use crate::store::durable;
use crate::store::file_catalog::Environment;
use crate::store::layout::{TABLE_SUFFIX, TablePaths};
use crate::store::partition_files::{self, LoadedPartitions, PartitionMap};
use crate::store::partition_log;
use crate::store::partition_plan::{PartitionChange, Plan};
use crate::store::stored;

/// A log shorter than this is never compacted.
const COMPACTION_BYTES_MIN: u64 = 64 * 1024;
/// A log is compacted when it is longer than the snapshot's length divided by this.
const COMPACTION_SNAPSHOT_SHARE: u64 = 4;

/// One table with its files.
pub(super) struct TableStore {
    database: DatabaseName,
    name: TableName,
    paths: TablePaths,
    environment: Arc<Environment>,
    queue: Mutex<Vec<Queued>>,
    writer: Mutex<Writer>,
    state: RwLock<State>,
}

/// What only the one who writes may touch.
#[derive(Default)]
pub(super) struct Writer {
    /// The log, open for appending; None until the first append after a load or a compaction.
    log: Option<File>,
    /// Whether the table is gone; whoever waited to write finds nothing.
    pub(super) is_removed: bool,
    /// Whether a write failed, so that only the files know the state.
    is_suspect: bool,
}

/// What readers see.
struct State {
    /// The current version, or why it can't be read.
    table: Result<Arc<Table>>,
    /// None until somebody asks.
    partitions: Option<LoadedPartitions>,
    revision: u64,
    set: Option<Arc<PartitionSet>>,
    snapshot: Option<Arc<TableSnapshot>>,
}

type Slot = Arc<Mutex<Option<Result<Vec<PartitionFailure>>>>>;

struct Queued {
    change: PartitionChange,
    slot: Slot,
}

impl TableStore {
    /// A table whose file has been read, or could not be.
    pub(super) fn new(
        database: DatabaseName,
        name: TableName,
        paths: TablePaths,
        environment: Arc<Environment>,
        table: Result<Arc<Table>>,
    ) -> Self {
        let revision = environment.next_revision();
        TableStore {
            database,
            name,
            paths,
            environment,
            queue: Mutex::default(),
            writer: Mutex::default(),
            state: RwLock::new(State { table, partitions: None, revision, set: None, snapshot: None }),
        }
    }

    /// The current version.
    pub(super) fn table(&self) -> Result<Arc<Table>> {
        self.state.read().table.clone()
    }

    /// The table with its partitions, shared until the next change.
    pub(super) fn snapshot(&self) -> Result<Arc<TableSnapshot>> {
        if let Some(snapshot) = &self.state.read().snapshot {
            return Ok(Arc::clone(snapshot));
        }
        let mut state = self.state.write();
        let table = state.table.clone()?;
        let partitions = match &state.set {
            Some(set) => Arc::clone(set),
            None => {
                let loaded = loaded(&mut state, &self.paths)?;
                Arc::new(PartitionSet::from_sorted(loaded.map.values().cloned().collect()))
            }
        };
        state.set = Some(Arc::clone(&partitions));
        let snapshot = Arc::new(TableSnapshot { table, partitions, version: state.revision });
        state.snapshot = Some(Arc::clone(&snapshot));
        Ok(snapshot)
    }

    /// One partition.
    pub(super) fn partition(&self, values: &PartitionValues) -> Result<Arc<Partition>> {
        let not_found = || CatalogError::PartitionNotFound { values: values.clone() };
        if let Some(loaded) = &self.state.read().partitions {
            return loaded.map.get(values).cloned().ok_or_else(not_found);
        }
        let mut state = self.state.write();
        loaded(&mut state, &self.paths)?.map.get(values).cloned().ok_or_else(not_found)
    }

    /// The kept versions, newest first.
    pub(super) fn versions(&self) -> Result<Vec<TableVersion>> {
        let _writer = self.writer.lock();
        let table = self.table()?;
        let mut versions = vec![TableVersion { version_id: table.version_id, table: Arc::clone(&table) }];
        for version_id in self.archived_version_ids(&table)?.into_iter().rev() {
            versions.push(self.archived_version(version_id)?);
        }
        Ok(versions)
    }

    /// One version.
    pub(super) fn version(&self, version_id: u64) -> Result<TableVersion> {
        let _writer = self.writer.lock();
        let table = self.table()?;
        if version_id == table.version_id {
            return Ok(TableVersion { version_id, table });
        }
        if version_id > table.version_id {
            return Err(CatalogError::VersionNotFound { version_id });
        }
        self.archived_version(version_id)
    }

    /// Removes an archived version.
    pub(super) fn delete_version(&self, version_id: u64) -> Result<()> {
        let writer = self.ready_writer()?;
        let table = self.table()?;
        if version_id == table.version_id {
            return Err(CatalogError::invalid_input(format!("version {version_id} of table '{}' is the current one", self.name)));
        }
        let is_removed = version_id < table.version_id && durable::remove_file(&self.paths.version(version_id))?;
        drop(writer);
        if is_removed { Ok(()) } else { Err(CatalogError::VersionNotFound { version_id }) }
    }

    /// Replaces the definition.
    pub(super) fn update(&self, update: TableUpdate) -> Result<Arc<Table>> {
        let definition = rules::admit_table(update.definition)?;
        let mut writer = self.ready_writer()?;
        let current = self.table()?;
        if let Some(expected_version_id) = update.expected_version_id
            && expected_version_id != current.version_id
        {
            let table = self.name.to_string();
            return Err(CatalogError::ConcurrentModification { table, expected_version_id, actual_version_id: current.version_id });
        }
        if definition.partition_keys.len() != current.partition_keys().len() && !self.snapshot()?.partitions.is_empty() {
            let message = format!("the number of partition keys of table '{}' cannot change while it has partitions", self.name);
            return Err(CatalogError::InvalidInput { message });
        }
        let table = Arc::new(Table {
            definition,
            update_time_ms: self.environment.now_ms(),
            version_id: current.version_id + 1,
            database: current.database.clone(),
            name: current.name.clone(),
            create_time_ms: current.create_time_ms,
        });
        match update.archive {
            Archive::Keep => self.archive(&current)?,
            Archive::Skip => {}
        }
        if let Err(error) = durable::write_whole(&self.paths.table(), &stored::encode_table(&table)?) {
            writer.is_suspect = true;
            return Err(error);
        }
        let mut state = self.state.write();
        state.table = Ok(Arc::clone(&table));
        state.revision = self.environment.next_revision();
        state.snapshot = None;
        Ok(table)
    }

    /// Removes the table and all its files.
    pub(super) fn remove(&self) -> Result<()> {
        let mut writer = self.writer.lock();
        let table_path = self.paths.table();
        match fs::exists(&table_path) {
            Ok(true) => durable::rename(&table_path, &self.paths.deleted())?,
            // The table's file is lost and only what belonged to it is left.
            Ok(false) => durable::write_whole(&self.paths.deleted(), b"")?,
            Err(e) => return Err(CatalogError::io("inspect", &table_path, &e)),
        }
        writer.is_removed = true;
        // The table is gone for good; files that stay behind are removed when the catalog is opened, or the name reused.
        if let Err(error) = finish_removal(&self.paths) {
            tracing::warn!(table = %self.name, %error, "could not remove all files of a removed table");
        }
        Ok(())
    }

    /// Waits until nobody writes, and keeps others from writing.
    pub(super) fn lock_writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock()
    }

    /// Changes partitions and returns when that is durable, together with what others asked for meanwhile.
    pub(super) fn change_partitions(&self, change: PartitionChange) -> Result<Vec<PartitionFailure>> {
        let slot = Slot::default();
        self.queue.lock().push(Queued { change, slot: Arc::clone(&slot) });
        let mut writer = self.writer.lock();
        let done = slot.lock().take();
        if let Some(result) = done {
            return result;
        }
        let batch = std::mem::take(&mut *self.queue.lock());
        self.commit(&mut writer, batch);
        let done = slot.lock().take();
        done.unwrap_or_else(|| Err(CatalogError::InvalidState { message: "the partition change was not carried out".to_owned() }))
    }

    fn commit(&self, writer: &mut Writer, batch: Vec<Queued>) {
        let (slots, changes): (Vec<Slot>, Vec<PartitionChange>) = batch.into_iter().map(|queued| (queued.slot, queued.change)).unzip();
        match self.commit_changes(writer, changes) {
            Ok(results) => {
                for (slot, failures) in slots.iter().zip(results) {
                    *slot.lock() = Some(Ok(failures));
                }
                self.compact_when_grown(writer);
            }
            Err(error) => slots.iter().for_each(|slot| *slot.lock() = Some(Err(error.clone()))),
        }
    }

    fn commit_changes(&self, writer: &mut Writer, changes: Vec<PartitionChange>) -> Result<Vec<Vec<PartitionFailure>>> {
        self.make_ready(writer)?;
        let table = self.table()?;
        let mut results = Vec::with_capacity(changes.len());
        let (pending, generation, log_bytes) = {
            let mut state = self.state.write();
            let loaded = loaded(&mut state, &self.paths)?;
            let mut plan = Plan::new(table.partition_keys(), loaded, self.environment.now_ms());
            for change in changes {
                results.push(plan.change(change));
            }
            let pending: BTreeMap<_, _> = plan.pending.into_iter().collect();
            (pending, loaded.generation, loaded.log_bytes)
        };
        if pending.is_empty() {
            return Ok(results);
        }
        let line = partition_log::encode_entry(&partition_files::log_entry(&pending))?;
        let log_bytes = match self.append(writer, generation, log_bytes, &line) {
            Ok(log_bytes) => log_bytes,
            Err(error) => {
                writer.is_suspect = true;
                writer.log = None;
                return Err(error);
            }
        };
        let mut state = self.state.write();
        if let Some(loaded) = &mut state.partitions {
            loaded.log_bytes = log_bytes;
            apply(&mut loaded.map, pending);
        }
        state.revision = self.environment.next_revision();
        state.set = None;
        state.snapshot = None;
        Ok(results)
    }

    fn append(&self, writer: &mut Writer, generation: u64, log_bytes: u64, line: &[u8]) -> Result<u64> {
        let path = self.paths.log();
        let mut log_bytes = log_bytes;
        if log_bytes == 0 {
            let header = partition_log::encode_header(generation)?;
            durable::write_whole(&path, &header)?;
            log_bytes = header.len() as u64;
            writer.log = None;
        }
        let log = match &mut writer.log {
            Some(log) => log,
            closed => closed.insert(durable::open_for_append(&path, log_bytes)?),
        };
        durable::append(log, &path, line)?;
        Ok(log_bytes + line.len() as u64)
    }

    /// Writes a snapshot when the log has grown; a failure costs nothing but the space.
    fn compact_when_grown(&self, writer: &mut Writer) {
        let (bytes, generation) = {
            let state = self.state.read();
            let Some(loaded) = &state.partitions else { return };
            if loaded.log_bytes <= COMPACTION_BYTES_MIN.max(loaded.snapshot_bytes / COMPACTION_SNAPSHOT_SHARE) {
                return;
            }
            let generation = loaded.generation + 1;
            (partition_files::encode_snapshot(generation, &loaded.map), generation)
        };
        let written = bytes.and_then(|bytes| durable::write_whole(&self.paths.partitions(), &bytes).map(|()| bytes.len() as u64));
        match written {
            Ok(snapshot_bytes) => {
                writer.log = None;
                if let Some(loaded) = &mut self.state.write().partitions {
                    loaded.generation = generation;
                    loaded.snapshot_bytes = snapshot_bytes;
                    loaded.log_bytes = 0;
                }
                // The log is of an older generation now: it is ignored, and replaced by the next append.
                if let Err(error) = durable::remove_file(&self.paths.log()) {
                    tracing::warn!(table = %self.name, %error, "could not remove a compacted partition log");
                }
            }
            Err(error) => {
                writer.is_suspect = true;
                tracing::warn!(table = %self.name, %error, "could not compact a partition log");
            }
        }
    }

    fn ready_writer(&self) -> Result<MutexGuard<'_, Writer>> {
        let mut writer = self.writer.lock();
        self.make_ready(&mut writer)?;
        Ok(writer)
    }

    /// Refuses a removed table; after a failed write, takes the state from the files.
    fn make_ready(&self, writer: &mut Writer) -> Result<()> {
        if writer.is_removed {
            return Err(CatalogError::TableNotFound { database: self.database.to_string(), table: self.name.to_string() });
        }
        if !writer.is_suspect {
            return Ok(());
        }
        writer.log = None;
        durable::sync_table(&self.paths)?;
        let table = read_table(&self.paths, &self.database)?;
        let partitions = partition_files::load(&self.paths, &table)?;
        let mut state = self.state.write();
        *state = State {
            table: Ok(Arc::new(table)),
            partitions: Some(partitions),
            revision: self.environment.next_revision(),
            set: None,
            snapshot: None,
        };
        writer.is_suspect = false;
        Ok(())
    }

    fn archive(&self, current: &Table) -> Result<()> {
        let versions_max = VERSIONS_PER_TABLE_MAX as u64;
        if current.version_id >= versions_max && self.archived_version_ids(current)?.len() >= VERSIONS_PER_TABLE_MAX {
            return Err(CatalogError::LimitExceeded { limit: "number of versions of a table", max: versions_max });
        }
        durable::create_folder(&self.paths.versions())?;
        durable::write_whole(&self.paths.version(current.version_id), &stored::encode_table(current)?)
    }

    fn archived_version(&self, version_id: u64) -> Result<TableVersion> {
        let path = self.paths.version(version_id);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == ErrorKind::NotFound => return Err(CatalogError::VersionNotFound { version_id }),
            Err(e) => return Err(CatalogError::io("read", &path, &e)),
        };
        Ok(TableVersion { version_id, table: Arc::new(stored::decode_table(&path, &bytes, &self.database)?) })
    }

    /// Ascending. A file of the current version or a later one is left over from an update that was never finished.
    fn archived_version_ids(&self, current: &Table) -> Result<Vec<u64>> {
        let folder = self.paths.versions();
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(CatalogError::io("list", &folder, &e)),
        };
        let mut version_ids = Vec::new();
        for entry in entries {
            let file_name = entry.map_err(|e| CatalogError::io("list", &folder, &e))?.file_name();
            let version_id = file_name.to_str().and_then(|name| name.strip_suffix(TABLE_SUFFIX)).and_then(|stem| stem.parse::<u64>().ok());
            version_ids.extend(version_id.filter(|version_id| *version_id < current.version_id));
        }
        version_ids.sort_unstable();
        Ok(version_ids)
    }
}

/// Reads a table's file. Errors: `Corrupt`, `Io`.
pub(super) fn read_table(paths: &TablePaths, database: &DatabaseName) -> Result<Table> {
    let path = paths.table();
    let bytes = fs::read(&path).map_err(|e| CatalogError::io("read", &path, &e))?;
    stored::decode_table(&path, &bytes, database)
}

/// Removes what is left of a removed table, its mark last.
pub(super) fn finish_removal(paths: &TablePaths) -> Result<()> {
    durable::remove_file(&paths.partitions())?;
    durable::remove_file(&paths.log())?;
    durable::remove_folder(&paths.versions())?;
    durable::remove_file(&paths.deleted())?;
    Ok(())
}

fn loaded<'a>(state: &'a mut State, paths: &TablePaths) -> Result<&'a mut LoadedPartitions> {
    let table = state.table.clone()?;
    match &mut state.partitions {
        Some(loaded) => Ok(loaded),
        unread => Ok(unread.insert(partition_files::load(paths, &table)?)),
    }
}

fn apply(map: &mut PartitionMap, pending: BTreeMap<PartitionValues, Option<Arc<Partition>>>) {
    for (values, partition) in pending {
        match partition {
            Some(partition) => map.insert(values, partition),
            None => map.remove(&values),
        };
    }
}
