//! How does Athena show databases? GetDatabase and ListDatabases, from the catalog.
//!
//! Ref: Athena API reference.

use crate::app::App;
use crate::athena::data_catalog::check_catalog;
use crate::athena::query_execution::{malformed, page_size};
use crate::error::{ApiError, ApiErrorKind};
use crate::wire::{Operation, RequestContext, call, page_token};
use owlake_catalog::{CatalogError, DatabaseName};
use owlake_shapes::athena::{Database, GetDatabaseInput, GetDatabaseOutput, ListDatabasesInput, ListDatabasesOutput};
use std::sync::Arc;

/// Ref: service model, MaxResults of the metadata operations.
pub const LIST_MAX: usize = 50;

pub const GET_DATABASE: Operation =
    Operation { name: "GetDatabase", handler: |app, context, input| call(get_database, app, context, input) };
pub const LIST_DATABASES: Operation =
    Operation { name: "ListDatabases", handler: |app, context, input| call(list_databases, app, context, input) };

async fn get_database(app: Arc<App>, context: RequestContext, input: GetDatabaseInput) -> Result<GetDatabaseOutput, ApiError> {
    check_catalog(&app, &input.catalog_name, &context)?;
    let fail = |error| metadata_error(&error, &context.request_id);
    let name = DatabaseName::parse(&input.database_name).map_err(fail)?;
    let database = app.catalog.database(&name).map_err(fail)?;
    Ok(GetDatabaseOutput { database: Some(shown(&database)) })
}

async fn list_databases(app: Arc<App>, context: RequestContext, input: ListDatabasesInput) -> Result<ListDatabasesOutput, ApiError> {
    check_catalog(&app, &input.catalog_name, &context)?;
    let databases = app.catalog.databases().map_err(|error| metadata_error(&error, &context.request_id))?;
    let token = input.next_token.as_deref();
    let size = page_size(input.max_results, LIST_MAX);
    let (page, next_token) = page_token::page("ListDatabases", &databases, |database| database.name.as_str(), token, size)
        .map_err(|_| malformed(token.unwrap_or_default()))?;
    let only_names = input.attributes_to_get.is_some_and(|attributes| attributes.iter().any(|attribute| attribute == "NAME"));
    let page = page
        .iter()
        .map(|database| if only_names { Database { name: database.name.to_string(), ..Database::default() } } else { shown(database) });
    Ok(ListDatabasesOutput { database_list: Some(page.collect()), next_token })
}

fn shown(database: &owlake_catalog::Database) -> Database {
    Database {
        name: database.name.to_string(),
        description: database.definition.description.clone(),
        parameters: Some(database.definition.parameters.clone()).filter(|parameters| !parameters.is_empty()),
    }
}

/// `MetadataException` with the catalog's own error in its text.
///
/// Ref: measured Athena behaviour, "Metadata ops"; the frame is that of Athena's other catalog errors.
pub fn metadata_error(error: &CatalogError, request_id: &str) -> ApiError {
    let (code, text) = match error {
        CatalogError::DatabaseNotFound { database } => ("EntityNotFoundException", format!("Database {database} not found.")),
        CatalogError::TableNotFound { table, .. } => ("EntityNotFoundException", format!("Table {table} not found.")),
        CatalogError::InvalidInput { message } => ("InvalidInputException", message.clone()),
        other => {
            tracing::error!(error = %other, request_id, "the catalog cannot answer");
            return ApiError::new(ApiErrorKind::InternalServer, "Internal server error");
        }
    };
    let text =
        format!("{code}: {text} (Service: AmazonDataCatalog; Status Code: 400; Error Code: {code}; Request ID: {request_id}; Proxy: null)");
    ApiError::new(ApiErrorKind::Metadata, text)
}
