//! Which catalogs are there? The account's own, and nothing below it. Ref: Glue API, GetCatalog, GetCatalogs,
//! GetCatalogImportStatus.

use super::call::catalog_id;
use crate::app::App;
use crate::error::ApiError;
use crate::wire::{Operation, RequestContext, call};
use owlake_shapes::glue::{
    Catalog, CatalogImportStatus, GetCatalogImportStatusRequest, GetCatalogImportStatusResponse, GetCatalogRequest, GetCatalogResponse,
    GetCatalogsRequest, GetCatalogsResponse,
};
use std::sync::Arc;

pub const GET_CATALOG: Operation = Operation { name: "GetCatalog", handler: |app, context, input| call(get_catalog, app, context, input) };

pub const GET_CATALOGS: Operation =
    Operation { name: "GetCatalogs", handler: |app, context, input| call(get_catalogs, app, context, input) };

pub const GET_CATALOG_IMPORT_STATUS: Operation =
    Operation { name: "GetCatalogImportStatus", handler: |app, context, input| call(get_catalog_import_status, app, context, input) };

async fn get_catalog(_app: Arc<App>, context: RequestContext, input: GetCatalogRequest) -> Result<GetCatalogResponse, ApiError> {
    let id = catalog_id(&context, Some(input.catalog_id))?;
    Ok(GetCatalogResponse { catalog: Some(root(&context, id)) })
}

/// Ref: `IncludeRoot`: the account's own catalog is listed only when it is asked for.
async fn get_catalogs(_app: Arc<App>, context: RequestContext, input: GetCatalogsRequest) -> Result<GetCatalogsResponse, ApiError> {
    let id = catalog_id(&context, input.parent_catalog_id)?;
    let catalog_list = if input.include_root == Some(true) { vec![root(&context, id)] } else { Vec::new() };
    Ok(GetCatalogsResponse { catalog_list, next_token: None })
}

/// There never was a catalog of Athena's own to import.
async fn get_catalog_import_status(
    _app: Arc<App>,
    context: RequestContext,
    input: GetCatalogImportStatusRequest,
) -> Result<GetCatalogImportStatusResponse, ApiError> {
    catalog_id(&context, input.catalog_id)?;
    let status = CatalogImportStatus { import_completed: Some(true), ..CatalogImportStatus::default() };
    Ok(GetCatalogImportStatusResponse { import_status: Some(status) })
}

fn root(context: &RequestContext, id: String) -> Catalog {
    let resource_arn = Some(format!("arn:aws:glue:{}:{id}:catalog", context.region));
    Catalog { name: id.clone(), catalog_id: Some(id), resource_arn, ..Catalog::default() }
}
