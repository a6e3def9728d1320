//! What identifies a partition within its table? `PartitionValues`, one text a partition key.
//!
//! Ref: AWS Glue API, `ValueStringList`; Hive's `hive.exec.default.partition.name`.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// The value that stands for SQL NULL. Ref: Hive, `hive.exec.default.partition.name`.
pub const HIVE_DEFAULT_PARTITION: &str = "__HIVE_DEFAULT_PARTITION__";

/// The values of a partition, one a partition key, raw and not percent-encoded; ordered as texts, key by key.
/// Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartitionValues(Arc<[Arc<str>]>);

impl PartitionValues {
    /// The values, in the order of the partition keys.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(|value| &**value)
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none, as of no partition that is stored.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of one key; None stands for SQL NULL, or a key beyond the last.
    pub fn value(&self, key_index: usize) -> Option<&str> {
        self.0.get(key_index).map(|value| &**value).filter(|value| *value != HIVE_DEFAULT_PARTITION)
    }

    /// The values as stored, with NULL as `__HIVE_DEFAULT_PARTITION__`.
    pub fn as_slice(&self) -> &[Arc<str>] {
        &self.0
    }
}

impl Default for PartitionValues {
    fn default() -> Self {
        PartitionValues(Arc::from(Vec::new()))
    }
}

impl<S: Into<Arc<str>>> FromIterator<S> for PartitionValues {
    fn from_iter<I: IntoIterator<Item = S>>(values: I) -> Self {
        PartitionValues(values.into_iter().map(Into::into).collect())
    }
}

impl Borrow<[Arc<str>]> for PartitionValues {
    fn borrow(&self) -> &[Arc<str>] {
        &self.0
    }
}

impl fmt::Display for PartitionValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]", self.0.join(", "))
    }
}

impl fmt::Debug for PartitionValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter()).finish()
    }
}
