//! Which partitions has a table, in order? `PartitionSet`, sorted by values, read by rows or by keys.
//!
//! Basis: inferred; Glue leaves the order of partitions open, owlake sorts by values.

use std::sync::Arc;

use crate::model::Partition;
use crate::partition::PartitionValues;

/// All partitions of a table, sorted by values, each values list once. Immutable.
#[derive(Debug, Default)]
pub struct PartitionSet {
    partitions: Vec<Arc<Partition>>,
}

impl PartitionSet {
    /// A set of partitions that come sorted by values, without duplicates.
    pub(crate) fn from_sorted(partitions: Vec<Arc<Partition>>) -> Self {
        PartitionSet { partitions }
    }

    /// How many partitions there are.
    pub fn len(&self) -> usize {
        self.partitions.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.partitions.is_empty()
    }

    /// The partitions, sorted by values.
    pub fn as_slice(&self) -> &[Arc<Partition>] {
        &self.partitions
    }

    /// The partitions, sorted by values.
    pub fn iter(&self) -> std::slice::Iter<'_, Arc<Partition>> {
        self.partitions.iter()
    }

    /// The partition with exactly these values.
    pub fn find(&self, values: &PartitionValues) -> Option<&Arc<Partition>> {
        self.partitions.binary_search_by(|partition| partition.values().cmp(values)).ok().map(|i| &self.partitions[i])
    }

    /// The column of one key: its value in each partition, in the partitions' order; None stands for SQL NULL.
    /// Made for building an Arrow array that partition predicates run over.
    pub fn values(&self, key_index: usize) -> impl ExactSizeIterator<Item = Option<&str>> {
        self.partitions.iter().map(move |partition| partition.values().value(key_index))
    }
}
