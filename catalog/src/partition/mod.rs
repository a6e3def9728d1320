//! How are a table's partitions addressed, ordered and selected? Keys, paths, the sorted set, and the filter.
//!
//! Ref: AWS Glue API, partitions; Hive's `k=v` folder layout.

pub mod filter;
mod index;
mod key;
pub mod path;

pub use index::PartitionSet;
pub use key::{HIVE_DEFAULT_PARTITION, PartitionValues};
