//! How are a table's partitions read from and written to files? The sorted snapshot, and the log that continues it.
//!
//! Basis: inferred. The snapshot is NDJSON: a header with its generation and counts, the storage formats, the partitions
//! by values. The log names the generation it continues: one of an older generation is in the snapshot already and is
//! ignored, one of a newer generation means that the snapshot is lost.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::{CatalogError, Result};
use crate::model::{Partition, StorageFormat, Table};
use crate::partition::PartitionValues;
use crate::store::layout::TablePaths;
use crate::store::partition_log::{self, LogEntry};
use crate::store::stored::{FORMAT_VERSION, check_format_version};
use crate::store::stored_partition::{FormatNumbering, FormatPool, StoredPartition};
use crate::store::stored_shape::{Shape, StoredStorageFormat};

/// The partitions of a table by values.
pub(super) type PartitionMap = BTreeMap<PartitionValues, Arc<Partition>>;

/// Partitions in memory, and the state of the files that hold them.
#[derive(Default)]
pub(super) struct LoadedPartitions {
    pub(super) map: PartitionMap,
    pub(super) pool: FormatPool,
    /// The snapshot's generation; 0 when there is none.
    pub(super) generation: u64,
    /// The snapshot's length; 0 when there is none.
    pub(super) snapshot_bytes: u64,
    /// The length of the log's good part; 0 when there is no log of this generation.
    pub(super) log_bytes: u64,
}

/// The first line of a snapshot; its keys are in alphabetical order.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SnapshotHeader {
    format_version: u64,
    formats: usize,
    generation: u64,
    partitions: usize,
}

/// Reads a table's partitions; no files mean no partitions. Errors: `Corrupt`, `Io`.
pub(super) fn load(paths: &TablePaths, table: &Table) -> Result<LoadedPartitions> {
    let mut loaded = LoadedPartitions::default();
    if let Some(storage) = &table.definition.storage {
        loaded.pool.share(Arc::clone(&storage.format));
    }
    let snapshot_path = paths.partitions();
    if let Some(bytes) = read_if_exists(&snapshot_path)? {
        read_snapshot(&snapshot_path, &bytes, &mut loaded)?;
    }
    let log_path = paths.log();
    if let Some(bytes) = read_if_exists(&log_path)? {
        let content = partition_log::decode(&log_path, &bytes)?;
        if content.generation > loaded.generation {
            let reason = format!("it continues generation {} of '{}', which is lost", content.generation, snapshot_path.display());
            return Err(CatalogError::corrupt(&log_path, reason));
        }
        if content.generation == loaded.generation {
            loaded.log_bytes = content.good_bytes;
            for entry in content.entries {
                apply(&log_path, entry, &mut loaded)?;
            }
        }
    }
    check_value_counts(&snapshot_path, &loaded.map, table.partition_keys().len())?;
    Ok(loaded)
}

/// The log entry that says what became of these partitions; None stands for removed.
pub(super) fn log_entry(changes: &BTreeMap<PartitionValues, Option<Arc<Partition>>>) -> LogEntry {
    let mut numbering = FormatNumbering::default();
    let mut entry = LogEntry::default();
    for (values, partition) in changes {
        match partition {
            Some(partition) => entry.put.push(numbering.store(partition)),
            None => entry.remove.push(values.iter().map(str::to_owned).collect()),
        }
    }
    entry.formats = numbering.stored_formats();
    entry
}

/// The bytes of a snapshot of all partitions.
pub(super) fn encode_snapshot(generation: u64, map: &PartitionMap) -> Result<Vec<u8>> {
    let unwritable = |e: serde_json::Error| CatalogError::InvalidState { message: format!("partitions cannot be written as JSON: {e}") };
    let mut numbering = FormatNumbering::default();
    let mut lines = Vec::with_capacity(map.len() * 128);
    for partition in map.values() {
        serde_json::to_writer(&mut lines, &numbering.store(partition)).map_err(unwritable)?;
        lines.push(b'\n');
    }
    let formats = numbering.stored_formats();
    let header = SnapshotHeader { format_version: FORMAT_VERSION, formats: formats.len(), generation, partitions: map.len() };
    let mut bytes = serde_json::to_vec(&header).map_err(unwritable)?;
    bytes.push(b'\n');
    for format in &formats {
        let mut value = serde_json::to_value(format).map_err(unwritable)?;
        value.sort_all_objects();
        serde_json::to_writer(&mut bytes, &value).map_err(unwritable)?;
        bytes.push(b'\n');
    }
    bytes.append(&mut lines);
    Ok(bytes)
}

fn read_snapshot(file: &Path, bytes: &[u8], loaded: &mut LoadedPartitions) -> Result<()> {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let mut next = |what: &str| lines.next().ok_or_else(|| CatalogError::corrupt(file, format!("{what} is missing")));
    let header: SnapshotHeader = parse(file, next("the header")?)?;
    check_format_version(file, header.format_version)?;
    let mut formats = Vec::new();
    for _ in 0..header.formats {
        let stored: StoredStorageFormat = parse(file, next("a storage format")?)?;
        formats.push(loaded.pool.share(stored.load()));
    }
    let mut partitions = Vec::new();
    for _ in 0..header.partitions {
        let stored: StoredPartition = parse(file, next("a partition")?)?;
        partitions.push(restore(file, stored, &formats)?);
    }
    if lines.any(|line| !line.is_empty()) {
        return Err(CatalogError::corrupt(file, format!("it holds more than the {} partitions its header counts", header.partitions)));
    }
    if !partitions.is_sorted_by(|a, b| a.values() < b.values()) {
        return Err(CatalogError::corrupt(file, "its partitions are not sorted, or not distinct"));
    }
    loaded.map = partitions.into_iter().map(|partition| (partition.values().clone(), partition)).collect();
    loaded.generation = header.generation;
    loaded.snapshot_bytes = bytes.len() as u64;
    Ok(())
}

fn apply(file: &Path, entry: LogEntry, loaded: &mut LoadedPartitions) -> Result<()> {
    let formats: Vec<Arc<StorageFormat>> = entry.formats.into_iter().map(|format| loaded.pool.share(format.load())).collect();
    for stored in entry.put {
        let partition = restore(file, stored, &formats)?;
        loaded.map.insert(partition.values().clone(), partition);
    }
    for values in entry.remove {
        loaded.map.remove(&values.into_iter().collect::<PartitionValues>());
    }
    Ok(())
}

fn restore(file: &Path, stored: StoredPartition, formats: &[Arc<StorageFormat>]) -> Result<Arc<Partition>> {
    stored.load(formats).map(Arc::new).ok_or_else(|| CatalogError::corrupt(file, "a partition's storage format is missing"))
}

/// Checked at the end only: a log may hold partitions that were gone before the table's partition keys changed.
fn check_value_counts(file: &Path, map: &PartitionMap, key_count: usize) -> Result<()> {
    match map.keys().find(|values| values.len() != key_count) {
        Some(values) => {
            let reason = format!("partition {values} has {} values, the table has {key_count} partition keys", values.len());
            Err(CatalogError::corrupt(file, reason))
        }
        None => Ok(()),
    }
}

fn parse<'a, T: Deserialize<'a>>(file: &Path, line: &'a [u8]) -> Result<T> {
    serde_json::from_slice(line).map_err(|e| CatalogError::corrupt(file, e.to_string()))
}

fn read_if_exists(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(CatalogError::io("read", path, &e)),
    }
}
