//! What does the catalog hold? The model: one file a noun, in domain shape.
//!
//! Ref: AWS Glue API, the shapes of the same names. What a user defines (`…Definition`) is kept apart from what the
//! catalog adds to it (names, times, versions).

mod column;
mod database;
mod partition;
mod storage_descriptor;
mod table;
mod table_version;

use std::collections::BTreeMap;

pub use column::Column;
pub use database::{Database, DatabaseDefinition, DatabaseTarget, FederatedDatabase, PrincipalPermissions};
pub use partition::{Partition, PartitionDefinition};
pub use storage_descriptor::{SchemaReference, SerDeInfo, SkewedInfo, SortColumn, StorageDescriptor, StorageFormat};
pub use table::{Table, TableDefinition, TableTarget, ViewDefinition, ViewRepresentation};
pub use table_version::TableVersion;

/// Free key-value pairs of a database, table, column, partition or SerDe; keys are case-sensitive.
pub type Parameters = BTreeMap<String, String>;
