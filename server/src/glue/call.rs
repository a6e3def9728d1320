//! How does a handler reach the catalog? Off the request runtime, under the account it names.

use crate::app::App;
use crate::error::{ApiError, ApiErrorKind};
use crate::glue::failure;
use crate::wire::RequestContext;
use owlake_catalog::{Catalog, DatabaseName, TableName};
use std::sync::Arc;

/// Runs `function` where it may block: writes wait for the disk, and a first read of a table loads its partitions.
pub async fn on_catalog<T, F>(app: &Arc<App>, function: F) -> Result<T, ApiError>
where
    T: Send + 'static,
    F: FnOnce(&dyn Catalog) -> Result<T, ApiError> + Send + 'static,
{
    let catalog = app.catalog.clone();
    tokio::task::spawn_blocking(move || function(catalog.as_ref())).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a catalog call did not come to its end");
        Err(ApiError::new(ApiErrorKind::InternalService, "Internal server error"))
    })
}

/// The catalog id to echo: any account's twelve digits mean this catalog; the caller's account when none is given.
/// Errors: `EntityNotFoundException` for any other id. Basis: inferred.
pub fn catalog_id(context: &RequestContext, given: Option<String>) -> Result<String, ApiError> {
    match given {
        None => Ok(context.account_id.clone()),
        Some(id) if id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit()) => Ok(id),
        Some(id) => Err(ApiError::new(ApiErrorKind::EntityNotFound, format!("Catalog {id} not found."))),
    }
}

/// The names of a database and a table, folded.
pub fn table_names(database: &str, table: &str) -> Result<(DatabaseName, TableName), ApiError> {
    Ok((database_name(database)?, table_name(table)?))
}

/// The name of a database, folded.
pub fn database_name(name: &str) -> Result<DatabaseName, ApiError> {
    DatabaseName::parse(name).map_err(failure::of_catalog)
}

/// The name of a table, folded.
pub fn table_name(name: &str) -> Result<TableName, ApiError> {
    TableName::parse(name).map_err(failure::of_catalog)
}
