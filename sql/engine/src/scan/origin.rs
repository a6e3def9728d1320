//! Which table do the files of a scan belong to, and what was left out before any was opened? For who explains a plan.

use std::sync::Arc;

use datafusion::common::ScalarValue;

use crate::table::TableHandle;

/// Carried by every file of a scan, as an extension of DataFusion's `PartitionedFile`.
#[derive(Debug)]
pub struct ScanOrigin {
    pub table: Arc<TableHandle>,
    /// How many of how many partitions were left out; `None` for a table without.
    pub pruned_partitions: Option<(usize, usize)>,
    /// The partition keys the query has conditions on, each with the values that are left.
    pub key_values: Vec<(String, Vec<ScalarValue>)>,
}
