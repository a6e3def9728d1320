//! What does owlake know about databases, tables and partitions, and how is it kept? The catalog crate: the port
//! `Catalog`, its model, and the file-backed store.
//!
//! Ref: AWS Glue Data Catalog API. Nothing here knows HTTP, AWS JSON or query text; `sqlparser` reads the partition
//! filter only.

pub mod catalog;
pub mod clock;
pub mod error;
pub mod hive_type;
pub mod limits;
pub mod model;
pub mod names;
pub mod partition;
mod rules;
pub mod store;

pub use catalog::{Archive, Catalog, DropMode, PartitionFailure, PartitionUpdate, TableSnapshot, TableUpdate};
pub use clock::Clock;
pub use error::{CatalogError, EntityKind, Result};
pub use hive_type::HiveType;
pub use model::{
    Column, Database, DatabaseDefinition, Parameters, Partition, PartitionDefinition, SerDeInfo, StorageDescriptor, StorageFormat, Table,
    TableDefinition, TableVersion,
};
pub use names::{DatabaseName, TableName};
pub use partition::{PartitionSet, PartitionValues};
pub use store::{Addition, FileCatalog, MemoryCatalog};
