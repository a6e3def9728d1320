//! How can a catalog operation fail? The closed list `CatalogError`.
//!
//! Ref: AWS Glue API, errors of the table, database and partition operations.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::partition::PartitionValues;

/// What catalog operations return.
pub type Result<T> = std::result::Result<T, CatalogError>;

/// A failed catalog operation: a closed kind with its subject.
///
/// The texts are owlake's own, but for `InvalidInput` and `InvalidState`, whose message is Glue's text where Glue has
/// one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogError {
    /// The database does not exist. The user's fault.
    #[error("database '{database}' not found")]
    DatabaseNotFound {
        /// The folded name.
        database: String,
    },
    /// The table does not exist. The user's fault.
    #[error("table '{database}.{table}' not found")]
    TableNotFound {
        /// The folded name of the database.
        database: String,
        /// The folded name of the table.
        table: String,
    },
    /// The partition does not exist. The user's fault.
    #[error("partition {values} not found")]
    PartitionNotFound {
        /// The values asked for.
        values: PartitionValues,
    },
    /// The table has no such version. The user's fault.
    #[error("version {version_id} not found")]
    VersionNotFound {
        /// The version asked for.
        version_id: u64,
    },
    /// Something of this name exists. The user's fault.
    #[error("{kind} '{name}' already exists")]
    AlreadyExists {
        /// What exists.
        kind: EntityKind,
        /// Its name, or a partition's values.
        name: String,
    },
    /// The database still has tables. The user's fault.
    #[error("database '{database}' is not empty")]
    DatabaseNotEmpty {
        /// The folded name.
        database: String,
    },
    /// Somebody else changed the table since it was read. Nobody's fault: read again and retry.
    #[error("table '{table}' is at version {actual_version_id}, not at {expected_version_id}")]
    ConcurrentModification {
        /// The folded name of the table.
        table: String,
        /// The version the writer had read.
        expected_version_id: u64,
        /// The version the table has.
        actual_version_id: u64,
    },
    /// The request breaks a rule. The user's fault.
    #[error("{message}")]
    InvalidInput {
        /// What is wrong.
        message: String,
    },
    /// What is stored does not allow the operation. The data's fault.
    #[error("{message}")]
    InvalidState {
        /// What is wrong.
        message: String,
    },
    /// A named limit of `limits` would be exceeded.
    #[error("{limit} exceeded: at most {max}")]
    LimitExceeded {
        /// The limit, in words.
        limit: &'static str,
        /// Its value.
        max: u64,
    },
    /// A catalog file can't be trusted; it is left as it is. The data's fault.
    #[error("catalog file '{}' is corrupt: {reason}", file.display())]
    Corrupt {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Another server has the data folder open.
    #[error("data folder '{}' is in use by another server", folder.display())]
    Locked {
        /// The catalog's folder.
        folder: PathBuf,
    },
    /// The file system failed. The fault lies outside.
    #[error("cannot {action} '{}': {reason}", file.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file or folder.
        file: PathBuf,
        /// The operating system's reason.
        reason: String,
    },
}

impl CatalogError {
    /// An `InvalidInput` with this message.
    pub fn invalid_input(message: impl Into<String>) -> Self {
        CatalogError::InvalidInput { message: message.into() }
    }

    pub(crate) fn io(action: &'static str, file: &Path, error: &std::io::Error) -> Self {
        CatalogError::Io { action, file: file.to_owned(), reason: error.to_string() }
    }

    pub(crate) fn corrupt(file: &Path, reason: impl Into<String>) -> Self {
        CatalogError::Corrupt { file: file.to_owned(), reason: reason.into() }
    }
}

/// What an `AlreadyExists` is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntityKind {
    /// A database.
    Database,
    /// A table.
    Table,
    /// A partition.
    Partition,
}

impl fmt::Display for EntityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EntityKind::Database => "database",
            EntityKind::Table => "table",
            EntityKind::Partition => "partition",
        })
    }
}
