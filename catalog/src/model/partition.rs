//! What is a partition? `PartitionDefinition` as its creator gives it, `Partition` as the catalog holds it.
//!
//! Ref: AWS Glue API, `PartitionInput` and `Partition`.

use crate::model::{Parameters, StorageDescriptor};
use crate::partition::PartitionValues;

/// A partition in the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// What its creator said of it.
    pub definition: PartitionDefinition,
    /// When it was created, in milliseconds since 1970-01-01T00:00:00Z.
    pub creation_time_ms: i64,
}

/// What the creator of a partition says of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PartitionDefinition {
    /// One value a partition key, in the keys' order; raw text, not percent-encoded.
    pub values: PartitionValues,
    /// Where and how its data is stored; a partition has its own location, SerDe and columns.
    pub storage: Option<StorageDescriptor>,
    /// Free parameters.
    pub parameters: Parameters,
    /// Milliseconds since 1970-01-01T00:00:00Z, as a client reported it.
    pub last_access_time_ms: Option<i64>,
    /// Milliseconds since 1970-01-01T00:00:00Z, as a client reported it.
    pub last_analyzed_time_ms: Option<i64>,
}

impl Partition {
    /// One value a partition key.
    pub fn values(&self) -> &PartitionValues {
        &self.definition.values
    }

    /// Where its data is.
    pub fn location(&self) -> Option<&str> {
        self.definition.storage.as_ref().and_then(|storage| storage.location.as_deref())
    }
}
