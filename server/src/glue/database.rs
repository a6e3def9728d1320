//! How are databases created, read, replaced and removed? Ref: Glue API, CreateDatabase, GetDatabase, GetDatabases,
//! UpdateDatabase, DeleteDatabase.

use super::call::{catalog_id, database_name, on_catalog};
use super::{failure, page, shape};
use crate::app::App;
use crate::error::{ApiError, ApiErrorKind};
use crate::wire::{Operation, RequestContext, call, page_token};
use owlake_catalog::DropMode;
use owlake_shapes::glue::{
    CreateDatabaseRequest, CreateDatabaseResponse, Database, DeleteDatabaseRequest, DeleteDatabaseResponse, GetDatabaseRequest,
    GetDatabaseResponse, GetDatabasesRequest, GetDatabasesResponse, UpdateDatabaseRequest, UpdateDatabaseResponse,
};
use std::sync::Arc;

pub const CREATE_DATABASE: Operation =
    Operation { name: "CreateDatabase", handler: |app, context, input| call(create_database, app, context, input) };

pub const GET_DATABASE: Operation =
    Operation { name: "GetDatabase", handler: |app, context, input| call(get_database, app, context, input) };

pub const GET_DATABASES: Operation =
    Operation { name: "GetDatabases", handler: |app, context, input| call(get_databases, app, context, input) };

pub const UPDATE_DATABASE: Operation =
    Operation { name: "UpdateDatabase", handler: |app, context, input| call(update_database, app, context, input) };

pub const DELETE_DATABASE: Operation =
    Operation { name: "DeleteDatabase", handler: |app, context, input| call(delete_database, app, context, input) };

async fn create_database(app: Arc<App>, context: RequestContext, input: CreateDatabaseRequest) -> Result<CreateDatabaseResponse, ApiError> {
    catalog_id(&context, input.catalog_id)?;
    failure::refuse_member("Tags", input.tags.is_some_and(|tags| !tags.is_empty()))?;
    let name = database_name(&input.database_input.name)?;
    let definition = shape::database_definition(input.database_input);
    on_catalog(&app, move |catalog| catalog.create_database(&name, definition).map_err(failure::of_catalog)).await?;
    Ok(CreateDatabaseResponse {})
}

async fn get_database(app: Arc<App>, context: RequestContext, input: GetDatabaseRequest) -> Result<GetDatabaseResponse, ApiError> {
    let catalog_id = catalog_id(&context, input.catalog_id)?;
    let name = database_name(&input.name)?;
    let database = on_catalog(&app, move |catalog| catalog.database(&name).map_err(failure::of_catalog)).await?;
    Ok(GetDatabaseResponse { database: Some(shape::database(&database, &catalog_id)) })
}

/// Ref: `ResourceShareType`: FOREIGN lists what other accounts share, which is nothing here; FEDERATED what stands for
/// databases elsewhere; ALL and none everything.
async fn get_databases(app: Arc<App>, context: RequestContext, input: GetDatabasesRequest) -> Result<GetDatabasesResponse, ApiError> {
    let catalog_id = catalog_id(&context, input.catalog_id)?;
    let mut databases = on_catalog(&app, |catalog| catalog.databases().map_err(failure::of_catalog)).await?;
    match input.resource_share_type.as_deref() {
        Some("FOREIGN") => databases.clear(),
        Some("FEDERATED") => databases.retain(|database| database.definition.federated_database.is_some()),
        _ => {}
    }
    let (token, length) = (input.next_token.as_deref().filter(|token| !token.is_empty()), page::length(input.max_results, page::ITEMS_MAX));
    let (databases, next_token) =
        page_token::page("GetDatabases", &databases, |database| database.name.as_str(), token, length).map_err(|_| page::bad_token())?;
    let attributes = input.attributes_to_get.unwrap_or_default();
    let database_list = databases.iter().map(|database| only(&attributes, shape::database(database, &catalog_id))).collect();
    Ok(GetDatabasesResponse { database_list, next_token })
}

/// Ref: `AttributesToGet` of GetDatabases: NAME, TARGET_DATABASE; none means all.
fn only(attributes: &[String], database: Database) -> Database {
    if attributes.is_empty() {
        return database;
    }
    let target_database = database.target_database.filter(|_| attributes.iter().any(|attribute| attribute == "TARGET_DATABASE"));
    Database { name: database.name, catalog_id: database.catalog_id, target_database, ..Database::default() }
}

async fn update_database(app: Arc<App>, context: RequestContext, input: UpdateDatabaseRequest) -> Result<UpdateDatabaseResponse, ApiError> {
    catalog_id(&context, input.catalog_id)?;
    let name = database_name(&input.name)?;
    let new_name = database_name(&input.database_input.name)?;
    let definition = shape::database_definition(input.database_input);
    on_catalog(&app, move |catalog| {
        catalog.database(&name).map_err(failure::of_catalog)?;
        if new_name != name {
            return Err(ApiError::new(ApiErrorKind::InvalidInput, "Database cannot be renamed"));
        }
        catalog.update_database(&name, definition).map_err(failure::of_catalog)
    })
    .await?;
    Ok(UpdateDatabaseResponse {})
}

/// The tables go too, at once; Glue removes them a little later.
async fn delete_database(app: Arc<App>, context: RequestContext, input: DeleteDatabaseRequest) -> Result<DeleteDatabaseResponse, ApiError> {
    catalog_id(&context, input.catalog_id)?;
    let name = database_name(&input.name)?;
    on_catalog(&app, move |catalog| catalog.delete_database(&name, DropMode::Cascade).map_err(failure::of_catalog)).await?;
    Ok(DeleteDatabaseResponse {})
}
