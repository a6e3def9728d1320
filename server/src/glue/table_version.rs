//! How are a table's versions read and removed? Ref: Glue API, GetTableVersion, GetTableVersions, DeleteTableVersion,
//! BatchDeleteTableVersion.

use super::call::{catalog_id, on_catalog, table_names};
use super::table::version_id;
use super::{failure, page, shape};
use crate::app::App;
use crate::error::ApiError;
use crate::wire::{Operation, RequestContext, call, page_token};
use owlake_shapes::glue::{
    BatchDeleteTableVersionRequest, BatchDeleteTableVersionResponse, DeleteTableVersionRequest, DeleteTableVersionResponse,
    GetTableVersionRequest, GetTableVersionResponse, GetTableVersionsRequest, GetTableVersionsResponse, TableVersionError,
};
use std::sync::Arc;

pub const GET_TABLE_VERSION: Operation =
    Operation { name: "GetTableVersion", handler: |app, context, input| call(get_table_version, app, context, input) };

pub const GET_TABLE_VERSIONS: Operation =
    Operation { name: "GetTableVersions", handler: |app, context, input| call(get_table_versions, app, context, input) };

pub const DELETE_TABLE_VERSION: Operation =
    Operation { name: "DeleteTableVersion", handler: |app, context, input| call(delete_table_version, app, context, input) };

pub const BATCH_DELETE_TABLE_VERSION: Operation =
    Operation { name: "BatchDeleteTableVersion", handler: |app, context, input| call(batch_delete_table_version, app, context, input) };

/// One version; the current one when none is named.
async fn get_table_version(
    app: Arc<App>,
    context: RequestContext,
    input: GetTableVersionRequest,
) -> Result<GetTableVersionResponse, ApiError> {
    let catalog_id = catalog_id(&context, input.catalog_id)?;
    let (database, table) = table_names(&input.database_name, &input.table_name)?;
    let wanted = input.version_id.as_deref().map(version_id).transpose()?;
    let version = on_catalog(&app, move |catalog| {
        let current = catalog.table(&database, &table).map_err(failure::of_catalog)?;
        catalog.table_version(&database, &table, wanted.unwrap_or(current.version_id)).map_err(failure::of_catalog)
    })
    .await?;
    Ok(GetTableVersionResponse { table_version: Some(shape::table_version(&version, &catalog_id)) })
}

/// Newest first, the current one included.
async fn get_table_versions(
    app: Arc<App>,
    context: RequestContext,
    input: GetTableVersionsRequest,
) -> Result<GetTableVersionsResponse, ApiError> {
    let catalog_id = catalog_id(&context, input.catalog_id)?;
    let (database, table) = table_names(&input.database_name, &input.table_name)?;
    let listing = format!("GetTableVersions/{database}/{table}");
    let versions = on_catalog(&app, move |catalog| catalog.table_versions(&database, &table).map_err(failure::of_catalog)).await?;
    let last: Option<u64> = page::position(&listing, input.next_token.as_deref())?;
    let start = last.map_or(0, |last| versions.partition_point(|version| version.version_id >= last));
    let length = page::length(input.max_results, page::ITEMS_MAX);
    let shown: Vec<_> = versions.iter().skip(start).take(length).collect();
    let next_token = match shown.last() {
        Some(last) if start + shown.len() < versions.len() => page_token::encode(&listing, &last.version_id),
        _ => None,
    };
    let table_versions = shown.into_iter().map(|version| shape::table_version(version, &catalog_id)).collect();
    Ok(GetTableVersionsResponse { table_versions: Some(table_versions), next_token })
}

async fn delete_table_version(
    app: Arc<App>,
    context: RequestContext,
    input: DeleteTableVersionRequest,
) -> Result<DeleteTableVersionResponse, ApiError> {
    catalog_id(&context, input.catalog_id)?;
    let (database, table) = table_names(&input.database_name, &input.table_name)?;
    let wanted = version_id(&input.version_id)?;
    on_catalog(&app, move |catalog| catalog.delete_table_version(&database, &table, wanted).map_err(failure::of_catalog)).await?;
    Ok(DeleteTableVersionResponse {})
}

async fn batch_delete_table_version(
    app: Arc<App>,
    context: RequestContext,
    input: BatchDeleteTableVersionRequest,
) -> Result<BatchDeleteTableVersionResponse, ApiError> {
    catalog_id(&context, input.catalog_id)?;
    let (database, table) = table_names(&input.database_name, &input.table_name)?;
    let errors = on_catalog(&app, move |catalog| {
        catalog.table(&database, &table).map_err(failure::of_catalog)?;
        let mut errors = Vec::new();
        for text in input.version_ids {
            let result =
                version_id(&text).and_then(|wanted| catalog.delete_table_version(&database, &table, wanted).map_err(failure::of_catalog));
            if let Err(error) = result {
                errors.push(TableVersionError {
                    table_name: Some(table.to_string()),
                    version_id: Some(text),
                    error_detail: Some(failure::detail(error)),
                });
            }
        }
        Ok(errors)
    })
    .await?;
    Ok(BatchDeleteTableVersionResponse { errors: Some(errors) })
}
