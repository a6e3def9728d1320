//! What is a table? `TableDefinition` as its creator gives it, `Table` as the catalog holds it.
//!
//! Ref: AWS Glue API, `TableInput` and `Table`.

use crate::model::{Column, Parameters, StorageDescriptor};
use crate::names::{DatabaseName, TableName};

/// A table in the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The database it is in.
    pub database: DatabaseName,
    /// Its name.
    pub name: TableName,
    /// What its creator said of it.
    pub definition: TableDefinition,
    /// When it was created, in milliseconds since 1970-01-01T00:00:00Z.
    pub create_time_ms: i64,
    /// When its definition last changed, in milliseconds since 1970-01-01T00:00:00Z.
    pub update_time_ms: i64,
    /// Glue's `VersionId`: 0 when created, one more with every update.
    pub version_id: u64,
}

/// What the creator of a table says of it; absent and empty are the same for lists and maps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableDefinition {
    /// A description, possibly of several lines.
    pub description: Option<String>,
    /// The owner's name.
    pub owner: Option<String>,
    /// Milliseconds since 1970-01-01T00:00:00Z, as a client reported it.
    pub last_access_time_ms: Option<i64>,
    /// Milliseconds since 1970-01-01T00:00:00Z, as a client reported it.
    pub last_analyzed_time_ms: Option<i64>,
    /// Days; kept for the client.
    pub retention: Option<i64>,
    /// Where and how the data is stored.
    pub storage: Option<StorageDescriptor>,
    /// The partition keys, in order; empty for an unpartitioned table.
    pub partition_keys: Vec<Column>,
    /// A view's text.
    pub view_original_text: Option<String>,
    /// A view's expanded text.
    pub view_expanded_text: Option<String>,
    /// `EXTERNAL_TABLE`, `VIRTUAL_VIEW` and others; Glue doesn't check it.
    pub table_type: Option<String>,
    /// Free parameters, such as `classification` or `projection.enabled`.
    pub parameters: Parameters,
    /// The table a resource link points to; kept for the client.
    pub target_table: Option<TableTarget>,
    /// A view in several dialects; kept for the client.
    pub view_definition: Option<ViewDefinition>,
}

impl Table {
    /// The columns without the partition keys; none for a table without storage.
    pub fn columns(&self) -> &[Column] {
        self.definition.columns()
    }

    /// The partition keys, in order.
    pub fn partition_keys(&self) -> &[Column] {
        &self.definition.partition_keys
    }

    /// Where the data is.
    pub fn location(&self) -> Option<&str> {
        self.definition.storage.as_ref().and_then(|storage| storage.location.as_deref())
    }

    /// Whether the table is a view, by its table type.
    pub fn is_view(&self) -> bool {
        self.definition.table_type.as_deref().is_some_and(|table_type| table_type.eq_ignore_ascii_case("VIRTUAL_VIEW"))
    }
}

impl TableDefinition {
    /// The columns without the partition keys; none for a table without storage.
    pub fn columns(&self) -> &[Column] {
        self.storage.as_ref().map(|storage| storage.format.columns.as_slice()).unwrap_or_default()
    }
}

/// The target of a table resource link. Ref: AWS Glue API, `TableIdentifier`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableTarget {
    /// The account.
    pub catalog_id: Option<String>,
    /// The database.
    pub database_name: Option<String>,
    /// The table.
    pub name: Option<String>,
    /// The region.
    pub region: Option<String>,
}

/// A view in several dialects. Ref: AWS Glue API, `ViewDefinition`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ViewDefinition {
    /// Whether pushing predicates below the view is forbidden.
    pub is_protected: Option<bool>,
    /// The definer's ARN.
    pub definer: Option<String>,
    /// The view's own version, as its creator counts.
    pub view_version_id: Option<i64>,
    /// The view's own version, as a token.
    pub view_version_token: Option<String>,
    /// Seconds between refreshes of a materialised view.
    pub refresh_seconds: Option<i64>,
    /// `FULL` or `INCREMENTAL`.
    pub last_refresh_type: Option<String>,
    /// The ARNs of the base tables.
    pub sub_objects: Vec<String>,
    /// The versions of the base tables.
    pub sub_object_version_ids: Vec<i64>,
    /// One text a dialect.
    pub representations: Vec<ViewRepresentation>,
}

/// A view's text in one dialect. Ref: AWS Glue API, `ViewRepresentation`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ViewRepresentation {
    /// `ATHENA`, `REDSHIFT` or `SPARK`.
    pub dialect: Option<String>,
    /// The dialect's version.
    pub dialect_version: Option<String>,
    /// The text.
    pub view_original_text: Option<String>,
    /// The expanded text.
    pub view_expanded_text: Option<String>,
    /// The connection that validates it.
    pub validation_connection: Option<String>,
}
