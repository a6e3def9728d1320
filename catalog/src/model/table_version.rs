//! What is a version of a table? `TableVersion`, the table as it was.
//!
//! Ref: AWS Glue API, `TableVersion`.

use std::sync::Arc;

use crate::model::Table;

/// A table as it was, or is, at one `VersionId`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableVersion {
    /// The version; the same as the table's.
    pub version_id: u64,
    /// The table at that version.
    pub table: Arc<Table>,
}
