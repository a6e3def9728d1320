//! What can be asked of a catalog? The trait `Catalog`, the port every part of owlake goes through.
//!
//! Ref: AWS Glue Data Catalog API (databases, tables, table versions, partitions).
//!
//! The methods are plain and synchronous. Reads are served from memory. Writes return once they are durable, which
//! costs an fsync, so asynchronous callers use `spawn_blocking`. All methods may be called from many threads.

use std::sync::Arc;

use crate::error::{CatalogError, Result};
use crate::model::{Database, DatabaseDefinition, Partition, PartitionDefinition, Table, TableDefinition, TableVersion};
use crate::names::{DatabaseName, TableName};
use crate::partition::filter::PartitionFilter;
use crate::partition::{PartitionSet, PartitionValues};

/// Databases, tables, table versions and partitions, with durable writes.
///
/// Every method answers `DatabaseNotFound` or `TableNotFound` when what it addresses is absent, `Corrupt` when the
/// files behind it can't be trusted, and `Io` when the file system fails; each lists only its further errors.
///
/// Ref: AWS Glue Data Catalog API.
pub trait Catalog: Send + Sync {
    /// Adds a database. Errors: `AlreadyExists`, `InvalidInput`, `LimitExceeded`.
    fn create_database(&self, database: &DatabaseName, definition: DatabaseDefinition) -> Result<()>;

    /// Replaces a database's whole definition; what the new one omits is cleared. Errors: `InvalidInput`.
    fn update_database(&self, database: &DatabaseName, definition: DatabaseDefinition) -> Result<()>;

    /// Removes a database, with all its tables when the mode is `Cascade`. Data files stay.
    /// Errors: `DatabaseNotEmpty` when the mode is `Restrict`.
    fn delete_database(&self, database: &DatabaseName, mode: DropMode) -> Result<()>;

    /// One database.
    fn database(&self, database: &DatabaseName) -> Result<Arc<Database>>;

    /// All databases, sorted by name.
    fn databases(&self) -> Result<Vec<Arc<Database>>>;

    /// Adds a table, at version 0. Errors: `AlreadyExists`, `InvalidInput`, `LimitExceeded`.
    fn create_table(&self, database: &DatabaseName, table: &TableName, definition: TableDefinition) -> Result<Arc<Table>>;

    /// Adds a table with its partitions: readers find both or neither. Errors: as `create_table`; a partition's, and then there is
    /// no table. A kill may leave the table without its partitions.
    fn create_table_with_partitions(
        &self,
        database: &DatabaseName,
        table: &TableName,
        definition: TableDefinition,
        partitions: Vec<PartitionDefinition>,
    ) -> Result<Arc<Table>> {
        let created = self.create_table(database, table, definition)?;
        let added =
            if partitions.is_empty() { Ok(()) } else { self.create_partitions(database, table, partitions).and_then(first_failure) };
        if let Err(error) = added {
            self.delete_table(database, table)?;
            return Err(error);
        }
        Ok(created)
    }

    /// Replaces a table's whole definition and raises its version by one; partitions stay. With an expected version
    /// this is an atomic compare-and-swap. Errors: `ConcurrentModification` (nothing changed), `InvalidInput`.
    fn update_table(&self, database: &DatabaseName, table: &TableName, update: TableUpdate) -> Result<Arc<Table>>;

    /// Removes a table with its partitions and versions. Data files stay.
    fn delete_table(&self, database: &DatabaseName, table: &TableName) -> Result<()>;

    /// One table, without its partitions.
    fn table(&self, database: &DatabaseName, table: &TableName) -> Result<Arc<Table>>;

    /// All tables of a database, sorted by name.
    fn tables(&self, database: &DatabaseName) -> Result<Vec<Arc<Table>>>;

    /// The names of all tables of a database, sorted; also of those whose files are corrupt.
    fn table_names(&self, database: &DatabaseName) -> Result<Vec<TableName>>;

    /// A consistent picture of one table and all its partitions; cheap, as it is shared until the next change.
    fn load_table(&self, database: &DatabaseName, table: &TableName) -> Result<Arc<TableSnapshot>>;

    /// The kept versions of a table, newest first; the first is the current one.
    fn table_versions(&self, database: &DatabaseName, table: &TableName) -> Result<Vec<TableVersion>>;

    /// One version of a table, current or archived. Errors: `VersionNotFound`.
    fn table_version(&self, database: &DatabaseName, table: &TableName, version_id: u64) -> Result<TableVersion>;

    /// Removes an archived version. Errors: `VersionNotFound`; `InvalidInput` for the current version.
    fn delete_table_version(&self, database: &DatabaseName, table: &TableName, version_id: u64) -> Result<()>;

    /// Adds partitions, each for itself: one that exists already or is invalid is reported, the others are added,
    /// all in one durable write. The failures come in the order given; none means every partition was added.
    fn create_partitions(
        &self,
        database: &DatabaseName,
        table: &TableName,
        partitions: Vec<PartitionDefinition>,
    ) -> Result<Vec<PartitionFailure>>;

    /// Replaces partitions, each for itself as in `create_partitions`; the values may change (a rename), in which
    /// case the new values must be free. The creation time is kept.
    fn update_partitions(&self, database: &DatabaseName, table: &TableName, updates: Vec<PartitionUpdate>)
    -> Result<Vec<PartitionFailure>>;

    /// Removes partitions, each for itself as in `create_partitions`. Data files stay.
    fn delete_partitions(
        &self,
        database: &DatabaseName,
        table: &TableName,
        partitions: Vec<PartitionValues>,
    ) -> Result<Vec<PartitionFailure>>;

    /// One partition by its exact values. Errors: `PartitionNotFound`.
    fn partition(&self, database: &DatabaseName, table: &TableName, values: &PartitionValues) -> Result<Arc<Partition>>;

    /// Adds one partition. Errors: `AlreadyExists`, `InvalidInput`, `LimitExceeded`.
    fn create_partition(&self, database: &DatabaseName, table: &TableName, partition: PartitionDefinition) -> Result<()> {
        first_failure(self.create_partitions(database, table, vec![partition])?)
    }

    /// Replaces one partition. Errors: `PartitionNotFound`, `AlreadyExists`, `InvalidInput`.
    fn update_partition(&self, database: &DatabaseName, table: &TableName, update: PartitionUpdate) -> Result<()> {
        first_failure(self.update_partitions(database, table, vec![update])?)
    }

    /// Removes one partition. Errors: `PartitionNotFound`.
    fn delete_partition(&self, database: &DatabaseName, table: &TableName, values: PartitionValues) -> Result<()> {
        first_failure(self.delete_partitions(database, table, vec![values])?)
    }

    /// The partitions a Glue partition expression selects, sorted by values; a blank expression selects all.
    /// Errors: `InvalidInput` for an expression Glue refuses, `InvalidState` for a stored value that is not of its
    /// key's type.
    fn filter_partitions(&self, database: &DatabaseName, table: &TableName, expression: &str) -> Result<Vec<Arc<Partition>>> {
        let snapshot = self.load_table(database, table)?;
        let filter = PartitionFilter::parse(expression, &snapshot.table.definition.partition_keys)?;
        filter.select(&snapshot.partitions)
    }
}

/// One consistent state of a table and its partitions.
#[derive(Debug)]
pub struct TableSnapshot {
    /// The table.
    pub table: Arc<Table>,
    /// All its partitions; empty when the table has no partition keys.
    pub partitions: Arc<PartitionSet>,
    /// A revision that is unique in the process over all tables and rises with every change of any table or its
    /// partitions; usable as a cache key. It is not Glue's `VersionId`.
    pub version: u64,
}

/// A change of a table's definition.
#[derive(Debug, Clone)]
pub struct TableUpdate {
    /// The new definition, whole.
    pub definition: TableDefinition,
    /// The `VersionId` the table must still have, or nothing to overwrite whatever is there.
    pub expected_version_id: Option<u64>,
    /// Whether the replaced definition stays readable as a table version.
    pub archive: Archive,
}

/// Whether a replaced table definition stays readable as a table version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Archive {
    /// It stays (Glue's default).
    Keep,
    /// It is dropped (Glue's `SkipArchive`).
    Skip,
}

/// What happens to a database's tables when it is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DropMode {
    /// A database with tables stays, with an error.
    Restrict,
    /// The tables go too.
    Cascade,
}

/// A change of one partition.
#[derive(Debug, Clone)]
pub struct PartitionUpdate {
    /// The values that find the partition.
    pub values: PartitionValues,
    /// The new definition, whole; its values may differ from the old ones.
    pub definition: PartitionDefinition,
}

/// Why one partition of a batch was not written.
#[derive(Debug, Clone)]
pub struct PartitionFailure {
    /// The values as given; of an update, those that were to find the partition.
    pub values: PartitionValues,
    /// The reason.
    pub error: CatalogError,
}

fn first_failure(failures: Vec<PartitionFailure>) -> Result<()> {
    match failures.into_iter().next() {
        Some(failure) => Err(failure.error),
        None => Ok(()),
    }
}
