//! What does a failed catalog statement say? Hive's and the metastore's texts. Ref: measured Athena behaviour, "Failure model".

use owlake_catalog::{CatalogError, EntityKind};

use crate::error::{EngineError, FailurePath};

const DDL_TASK: &str = "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. ";

/// A failure inside Hive's DDL task; `detail` is the metastore-level text.
pub(super) fn ddl_task(text: &str, detail: Option<String>) -> EngineError {
    EngineError::hive(format!("{DDL_TASK}{text}"), detail)
}

/// Ref: measured, SHOW TABLES IN a missing database.
pub(super) fn database_missing(database: &str) -> EngineError {
    EngineError::hive(
        format!("FAILED: SemanticException [Error 10072]: Database does not exist: {database}"),
        Some(metastore(&format!("Database {database} not found."))),
    )
}

/// Ref: measured, DROP TABLE of a missing table.
pub(super) fn table_missing(database: &str, table: &str) -> EngineError {
    EngineError::hive(
        format!("FAILED: SemanticException [Error 10001]: Table not found {database}.{table}"),
        Some(metastore(&format!("Table {table} not found."))),
    )
}

/// A table of a catalog there is not, or of one with a connector. Ref: measured Athena behaviour, table of AthenaError types.
pub(super) fn unreachable() -> EngineError {
    let message = "Cannot find or access the specified table".to_owned();
    EngineError { name: String::new(), message, path: FailurePath::IcebergDdl, detail: None }
}

/// Ref: measured, CREATE EXTERNAL TABLE of an existing table.
pub(super) fn table_exists(table: &str) -> EngineError {
    ddl_task(&format!("AlreadyExistsException(message:Table {table} already exist)"), Some(format!("Table {table} already exists.")))
}

/// Ref: Hive source; Basis: community reports.
pub(super) fn partition_exists() -> EngineError {
    ddl_task("AlreadyExistsException(message:Partition already exists.)", Some("Partition already exists.".to_string()))
}

/// Ref: Hive source, `ErrorMsg.INVALID_PARTITION`.
pub(super) fn partition_missing(spec: &str) -> EngineError {
    EngineError::hive(
        format!("FAILED: SemanticException [Error 10006]: Partition not found ({spec})"),
        Some("Cannot find partition.".to_string()),
    )
}

/// Ref: Hive source; Basis: community reports.
pub(super) fn not_partitioned(spec: &str) -> EngineError {
    EngineError::hive(format!("FAILED: SemanticException table is not partitioned but partition spec exists: {spec}"), None)
}

/// Ref: Athena user guide, ALTER TABLE: the statement exists for Iceberg tables only.
pub(super) fn unsupported_on_hive() -> EngineError {
    EngineError::engine("NOT_SUPPORTED", "Query type not supported by DDL engine.")
}

/// Ref: Apache Hive, `ErrorMsg.ALTER_COMMAND_FOR_VIEWS`.
pub(super) fn alter_of_view() -> EngineError {
    EngineError::hive("FAILED: SemanticException [Error 10131]: To alter a view you need to use the ALTER VIEW command.", None)
}

/// Ref: measured, ALTER TABLE … RENAME TO on a Hive table.
pub(super) fn rename_refused() -> EngineError {
    ddl_task("Table cannot be renamed", Some("Table cannot be renamed".to_string()))
}

/// Any other failure of the catalog under a Hive statement.
pub(super) fn from_catalog(error: CatalogError) -> EngineError {
    match error {
        CatalogError::DatabaseNotFound { database } => database_missing(&database),
        CatalogError::TableNotFound { database, table } => table_missing(&database, &table),
        CatalogError::PartitionNotFound { values } => partition_missing(&values.to_string()),
        CatalogError::AlreadyExists { kind: EntityKind::Table, name } => table_exists(&name),
        CatalogError::AlreadyExists { kind: EntityKind::Partition, .. } => partition_exists(),
        CatalogError::AlreadyExists { kind: EntityKind::Database, name } => {
            ddl_task(&format!("Database {name} already exists"), Some(metastore("Database already exists.")))
        }
        CatalogError::DatabaseNotEmpty { database } => ddl_task(
            &format!("InvalidOperationException(message:Database {database} is not empty. One or more tables exist.)"),
            Some(format!("Database {database} is not empty.")),
        ),
        CatalogError::ConcurrentModification { .. } => {
            ddl_task("MetaException(message:Update table failed due to concurrent modifications.)", None)
        }
        CatalogError::InvalidInput { message } | CatalogError::InvalidState { message } => {
            ddl_task(&format!("MetaException(message:{message})"), Some(metastore(&message)))
        }
        other @ (CatalogError::VersionNotFound { .. } | CatalogError::LimitExceeded { .. }) => {
            ddl_task(&format!("MetaException(message:{other})"), Some(metastore(&other.to_string())))
        }
        other @ (CatalogError::Corrupt { .. } | CatalogError::Locked { .. } | CatalogError::Io { .. }) => {
            tracing::error!(error = %other, "the catalog failed under a statement");
            ddl_task("MetaException(message:The catalog cannot be read or written.)", Some(other.to_string()))
        }
    }
}

/// The metastore's text as it reaches `AthenaError.ErrorMessage`.
fn metastore(message: &str) -> String {
    format!(
        "com.facebook.presto.spi.PrestoException: {message} (Service: AmazonDataCatalog; Status Code: 400; Error Code: EntityNotFoundException)"
    )
}
