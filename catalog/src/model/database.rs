//! What is a database? `DatabaseDefinition` as its creator gives it, `Database` as the catalog holds it.
//!
//! Ref: AWS Glue API, `DatabaseInput` and `Database`.

use crate::model::Parameters;
use crate::names::DatabaseName;

/// A database in the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Its name.
    pub name: DatabaseName,
    /// What its creator said of it.
    pub definition: DatabaseDefinition,
    /// When it was created, in milliseconds since 1970-01-01T00:00:00Z.
    pub create_time_ms: i64,
}

/// What the creator of a database says of it; absent and empty are the same.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DatabaseDefinition {
    /// A description, possibly of several lines.
    pub description: Option<String>,
    /// Where tables without a location of their own go.
    pub location_uri: Option<String>,
    /// Free parameters.
    pub parameters: Parameters,
    /// Lake Formation permissions; kept for the client, without effect.
    pub create_table_default_permissions: Vec<PrincipalPermissions>,
    /// The database a resource link points to; kept for the client.
    pub target_database: Option<DatabaseTarget>,
    /// The federated database it stands for; kept for the client.
    pub federated_database: Option<FederatedDatabase>,
}

/// Permissions of one principal. Ref: AWS Glue API, `PrincipalPermissions`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PrincipalPermissions {
    /// The principal's identifier.
    pub principal: Option<String>,
    /// The names of the permissions.
    pub permissions: Vec<String>,
}

/// The target of a database resource link. Ref: AWS Glue API, `DatabaseIdentifier`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DatabaseTarget {
    /// The account.
    pub catalog_id: Option<String>,
    /// The database.
    pub database_name: Option<String>,
    /// The region.
    pub region: Option<String>,
}

/// A database outside the catalog. Ref: AWS Glue API, `FederatedDatabase`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FederatedDatabase {
    /// Its identifier at the source.
    pub identifier: Option<String>,
    /// The connection to the source.
    pub connection_name: Option<String>,
    /// The kind of connection.
    pub connection_type: Option<String>,
}
