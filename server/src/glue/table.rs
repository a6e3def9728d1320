//! How are tables created, read, replaced and removed? Ref: Glue API, CreateTable, GetTable, UpdateTable, DeleteTable,
//! BatchDeleteTable.

use super::call::{catalog_id, database_name, on_catalog, table_name, table_names};
use super::{failure, shape};
use crate::app::App;
use crate::error::{ApiError, ApiErrorKind};
use crate::wire::{Operation, RequestContext, call};
use owlake_catalog::{Archive, CatalogError, TableUpdate};
use owlake_shapes::glue::{
    BatchDeleteTableRequest, BatchDeleteTableResponse, CreateTableRequest, CreateTableResponse, DeleteTableRequest, DeleteTableResponse,
    GetTableRequest, GetTableResponse, TableError, UpdateTableRequest, UpdateTableResponse,
};
use std::sync::Arc;

pub const CREATE_TABLE: Operation =
    Operation { name: "CreateTable", handler: |app, context, input| call(create_table, app, context, input) };

pub const GET_TABLE: Operation = Operation { name: "GetTable", handler: |app, context, input| call(get_table, app, context, input) };

pub const UPDATE_TABLE: Operation =
    Operation { name: "UpdateTable", handler: |app, context, input| call(update_table, app, context, input) };

pub const DELETE_TABLE: Operation =
    Operation { name: "DeleteTable", handler: |app, context, input| call(delete_table, app, context, input) };

pub const BATCH_DELETE_TABLE: Operation =
    Operation { name: "BatchDeleteTable", handler: |app, context, input| call(batch_delete_table, app, context, input) };

async fn create_table(app: Arc<App>, context: RequestContext, input: CreateTableRequest) -> Result<CreateTableResponse, ApiError> {
    catalog_id(&context, input.catalog_id)?;
    failure::refuse_member("TransactionId", input.transaction_id.is_some())?;
    failure::refuse_member("OpenTableFormatInput", input.open_table_format_input.is_some())?;
    failure::refuse_member("PartitionIndexes", input.partition_indexes.is_some_and(|indexes| !indexes.is_empty()))?;
    let table_input = input.table_input.ok_or_else(|| missing("TableInput"))?;
    let (database, table) = table_names(&input.database_name, &table_input.name)?;
    let definition = shape::table_definition(table_input);
    on_catalog(&app, move |catalog| catalog.create_table(&database, &table, definition).map_err(failure::of_catalog)).await?;
    Ok(CreateTableResponse {})
}

async fn get_table(app: Arc<App>, context: RequestContext, input: GetTableRequest) -> Result<GetTableResponse, ApiError> {
    let catalog_id = catalog_id(&context, input.catalog_id)?;
    failure::refuse_member("TransactionId", input.transaction_id.is_some())?;
    failure::refuse_member("QueryAsOfTime", input.query_as_of_time.is_some())?;
    let (database, table) = table_names(&input.database_name, &input.name)?;
    let table = on_catalog(&app, move |catalog| {
        catalog.database(&database).map_err(failure::of_catalog)?;
        catalog.table(&database, &table).map_err(failure::of_catalog)
    })
    .await?;
    Ok(GetTableResponse { table: Some(shape::table(&table, &catalog_id)) })
}

/// Replaces the table's whole definition; with a `VersionId` only if it is still the current one.
async fn update_table(app: Arc<App>, context: RequestContext, input: UpdateTableRequest) -> Result<UpdateTableResponse, ApiError> {
    catalog_id(&context, input.catalog_id)?;
    failure::refuse_member("TransactionId", input.transaction_id.is_some())?;
    failure::refuse_member("UpdateOpenTableFormatInput", input.update_open_table_format_input.is_some())?;
    failure::refuse_member("ViewUpdateAction", input.view_update_action.is_some())?;
    failure::refuse_member("Force", input.force == Some(true))?;
    let table_input = input.table_input.ok_or_else(|| missing("TableInput"))?;
    let (database, table) = table_names(&input.database_name, &table_input.name)?;
    let update = TableUpdate {
        definition: shape::table_definition(table_input),
        expected_version_id: input.version_id.as_deref().map(version_id).transpose()?,
        archive: if input.skip_archive == Some(true) { Archive::Skip } else { Archive::Keep },
    };
    on_catalog(&app, move |catalog| catalog.update_table(&database, &table, update).map_err(failure::of_catalog)).await?;
    Ok(UpdateTableResponse {})
}

async fn delete_table(app: Arc<App>, context: RequestContext, input: DeleteTableRequest) -> Result<DeleteTableResponse, ApiError> {
    catalog_id(&context, input.catalog_id)?;
    failure::refuse_member("TransactionId", input.transaction_id.is_some())?;
    let (database, table) = table_names(&input.database_name, &input.name)?;
    on_catalog(&app, move |catalog| catalog.delete_table(&database, &table).map_err(failure::of_catalog)).await?;
    Ok(DeleteTableResponse {})
}

async fn batch_delete_table(
    app: Arc<App>,
    context: RequestContext,
    input: BatchDeleteTableRequest,
) -> Result<BatchDeleteTableResponse, ApiError> {
    catalog_id(&context, input.catalog_id)?;
    failure::refuse_member("TransactionId", input.transaction_id.is_some())?;
    let database = database_name(&input.database_name)?;
    let errors = on_catalog(&app, move |catalog| {
        catalog.database(&database).map_err(failure::of_catalog)?;
        let mut errors = Vec::new();
        for name in input.tables_to_delete {
            let result = table_name(&name).and_then(|table| {
                catalog.delete_table(&database, &table).map_err(|error| match error {
                    // Only here the text ends without a period.
                    CatalogError::TableNotFound { table, .. } => {
                        ApiError::new(ApiErrorKind::EntityNotFound, format!("Table {table} not found"))
                    }
                    error => failure::of_catalog(error),
                })
            });
            if let Err(error) = result {
                errors.push(TableError { table_name: Some(name), error_detail: Some(failure::detail(error)) });
            }
        }
        Ok(errors)
    })
    .await?;
    Ok(BatchDeleteTableResponse { errors: Some(errors) })
}

/// A `VersionId`, which Glue describes as the text of an integer.
pub fn version_id(text: &str) -> Result<u64, ApiError> {
    text.parse().map_err(|_| ApiError::new(ApiErrorKind::InvalidInput, format!("Version id '{text}' is not a number")))
}

fn missing(member: &str) -> ApiError {
    ApiError::new(ApiErrorKind::InvalidInput, format!("{member} must be provided"))
}
