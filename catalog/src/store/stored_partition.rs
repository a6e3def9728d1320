//! How does a partition look in the snapshot and in the log? One JSON object, its storage format by number.
//!
//! Basis: inferred. Partitions of a table mostly share one storage format, so each format is written once and numbered;
//! 100,000 partitions of 20 columns would be 150 MB otherwise.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::{Parameters, Partition, PartitionDefinition, StorageDescriptor, StorageFormat};
use crate::store::stored_shape::{Shape, StoredStorageFormat};

/// A partition in the snapshot or in the log; its keys are in alphabetical order.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredPartition {
    creation_time_ms: i64,
    /// The number of the storage format in its list; None for a partition without storage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    format: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_access_time_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_analyzed_time_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    #[serde(default, skip_serializing_if = "Parameters::is_empty")]
    parameters: Parameters,
    values: Vec<String>,
}

impl StoredPartition {
    /// The partition; None when its format's number is not in the list.
    pub(super) fn load(self, formats: &[Arc<StorageFormat>]) -> Option<Partition> {
        let storage = match self.format {
            Some(number) => Some(StorageDescriptor { location: self.location.map(Into::into), format: Arc::clone(formats.get(number)?) }),
            None => None,
        };
        Some(Partition {
            definition: PartitionDefinition {
                values: self.values.into_iter().collect(),
                storage,
                parameters: self.parameters,
                last_access_time_ms: self.last_access_time_ms,
                last_analyzed_time_ms: self.last_analyzed_time_ms,
            },
            creation_time_ms: self.creation_time_ms,
        })
    }
}

/// Numbers the storage formats of partitions as they are written.
#[derive(Default)]
pub(super) struct FormatNumbering {
    numbers: HashMap<Arc<StorageFormat>, usize>,
    formats: Vec<Arc<StorageFormat>>,
    /// The format met last, with its number: mostly the next one too, and compared by address.
    last: Option<(*const StorageFormat, usize)>,
}

impl FormatNumbering {
    /// The stored form of a partition.
    pub(super) fn store(&mut self, partition: &Partition) -> StoredPartition {
        let definition = &partition.definition;
        StoredPartition {
            creation_time_ms: partition.creation_time_ms,
            format: definition.storage.as_ref().map(|storage| self.number(&storage.format)),
            last_access_time_ms: definition.last_access_time_ms,
            last_analyzed_time_ms: definition.last_analyzed_time_ms,
            location: definition.storage.as_ref().and_then(|storage| storage.location.as_deref()).map(str::to_owned),
            parameters: definition.parameters.clone(),
            values: definition.values.iter().map(str::to_owned).collect(),
        }
    }

    /// The formats met, in the order of their numbers.
    pub(super) fn stored_formats(&self) -> Vec<StoredStorageFormat> {
        self.formats.iter().map(Shape::store).collect()
    }

    fn number(&mut self, format: &Arc<StorageFormat>) -> usize {
        if let Some((address, number)) = self.last
            && address == Arc::as_ptr(format)
        {
            return number;
        }
        let number = match self.numbers.get(format) {
            Some(number) => *number,
            None => {
                self.numbers.insert(Arc::clone(format), self.formats.len());
                self.formats.push(Arc::clone(format));
                self.formats.len() - 1
            }
        };
        // All partitions that are being written are alive meanwhile, so an address means one format.
        self.last = Some((Arc::as_ptr(format), number));
        number
    }
}

/// Makes equal storage formats one object, so that a hundred thousand partitions hold one list of columns.
#[derive(Default)]
pub(super) struct FormatPool(HashSet<Arc<StorageFormat>>);

impl FormatPool {
    /// The pool's object for a format, which is this one when it is new.
    pub(super) fn share(&mut self, format: Arc<StorageFormat>) -> Arc<StorageFormat> {
        if let Some(known) = self.0.get(&format) {
            return Arc::clone(known);
        }
        self.0.insert(Arc::clone(&format));
        format
    }
}
