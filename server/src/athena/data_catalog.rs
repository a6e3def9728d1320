//! How are data catalogs kept? The Glue catalog always, and those users register: create, get, list, update, delete.
//!
//! Ref: Athena API reference, DataCatalog operations and their parameters by type.

use crate::app::App;
use crate::athena::query_execution::{malformed, page_size};
use crate::athena::tag;
use crate::error::{ApiError, ApiErrorKind};
use crate::query::data_catalogs::{DataCatalog as Kept, no_such_catalog};
use crate::wire::{Operation, RequestContext, blocking, call, page_token};
use owlake_shapes::athena::{
    CreateDataCatalogInput, CreateDataCatalogOutput, DataCatalog, DataCatalogSummary, DeleteDataCatalogInput, DeleteDataCatalogOutput,
    GetDataCatalogInput, GetDataCatalogOutput, ListDataCatalogsInput, ListDataCatalogsOutput, UpdateDataCatalogInput,
    UpdateDataCatalogOutput,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Ref: service model, ListDataCatalogs MaxResults.
const LIST_MAX: usize = 50;
const CREATED: &str = "CREATE_COMPLETE";
const DELETED: &str = "DELETE_COMPLETE";

pub const CREATE_DATA_CATALOG: Operation =
    Operation { name: "CreateDataCatalog", handler: |app, context, input| call(create_data_catalog, app, context, input) };
pub const GET_DATA_CATALOG: Operation =
    Operation { name: "GetDataCatalog", handler: |app, context, input| call(get_data_catalog, app, context, input) };
pub const LIST_DATA_CATALOGS: Operation =
    Operation { name: "ListDataCatalogs", handler: |app, context, input| call(list_data_catalogs, app, context, input) };
pub const UPDATE_DATA_CATALOG: Operation =
    Operation { name: "UpdateDataCatalog", handler: |app, context, input| call(update_data_catalog, app, context, input) };
pub const DELETE_DATA_CATALOG: Operation =
    Operation { name: "DeleteDataCatalog", handler: |app, context, input| call(delete_data_catalog, app, context, input) };

async fn create_data_catalog(
    app: Arc<App>,
    context: RequestContext,
    input: CreateDataCatalogInput,
) -> Result<CreateDataCatalogOutput, ApiError> {
    let parameters = input.parameters.unwrap_or_default();
    check_parameters(&input.r#type, &parameters, &context.account_id)?;
    let catalog = Kept { name: input.name, kind: input.r#type, description: input.description, parameters, tags: tag::tags(input.tags)? };
    let answer = shown(&catalog, CREATED);
    blocking(move || app.data_catalogs.create(catalog)).await?;
    Ok(CreateDataCatalogOutput { data_catalog: Some(answer) })
}

async fn get_data_catalog(app: Arc<App>, context: RequestContext, input: GetDataCatalogInput) -> Result<GetDataCatalogOutput, ApiError> {
    let catalog = app.data_catalogs.data_catalog(&input.name, &context.account_id)?;
    Ok(GetDataCatalogOutput { data_catalog: Some(shown(&catalog, CREATED)) })
}

async fn list_data_catalogs(
    app: Arc<App>,
    context: RequestContext,
    input: ListDataCatalogsInput,
) -> Result<ListDataCatalogsOutput, ApiError> {
    let catalogs: Vec<(String, Kept)> =
        app.data_catalogs.list(&context.account_id).into_iter().map(|catalog| (catalog.name.to_lowercase(), catalog)).collect();
    let token = input.next_token.as_deref();
    let size = page_size(input.max_results, LIST_MAX);
    let (page, next_token) =
        page_token::page("ListDataCatalogs", &catalogs, |(name, _)| name, token, size).map_err(|_| malformed(token.unwrap_or_default()))?;
    let page = page
        .iter()
        .map(|(_, catalog)| DataCatalogSummary {
            catalog_name: Some(catalog.name.clone()),
            r#type: Some(catalog.kind.clone()),
            status: Some(CREATED.to_owned()),
            ..DataCatalogSummary::default()
        })
        .collect();
    Ok(ListDataCatalogsOutput { data_catalogs_summary: Some(page), next_token })
}

async fn update_data_catalog(
    app: Arc<App>,
    context: RequestContext,
    input: UpdateDataCatalogInput,
) -> Result<UpdateDataCatalogOutput, ApiError> {
    blocking(move || {
        app.data_catalogs.update(&input.name, |catalog| {
            // A new type needs its own parameters; the same type may keep those there are.
            let parameters = match input.parameters {
                Some(parameters) => parameters,
                None if catalog.kind == input.r#type => catalog.parameters.clone(),
                None => BTreeMap::new(),
            };
            check_parameters(&input.r#type, &parameters, &context.account_id)?;
            catalog.kind = input.r#type;
            catalog.parameters = parameters;
            if input.description.is_some() {
                catalog.description = input.description;
            }
            Ok(())
        })
    })
    .await?;
    Ok(UpdateDataCatalogOutput::default())
}

async fn delete_data_catalog(
    app: Arc<App>,
    _context: RequestContext,
    input: DeleteDataCatalogInput,
) -> Result<DeleteDataCatalogOutput, ApiError> {
    let catalog = blocking(move || app.data_catalogs.delete(&input.name)).await?;
    Ok(DeleteDataCatalogOutput { data_catalog: Some(shown(&catalog, DELETED)) })
}

fn shown(catalog: &Kept, status: &str) -> DataCatalog {
    DataCatalog {
        name: catalog.name.clone(),
        description: catalog.description.clone(),
        r#type: catalog.kind.clone(),
        parameters: Some(catalog.parameters.clone()).filter(|parameters| !parameters.is_empty()),
        status: Some(status.to_owned()),
        ..DataCatalog::default()
    }
}

/// Whether the parameters are those of the type. Ref: API reference, DataCatalog, Parameters. Basis of the texts: inferred.
fn check_parameters(kind: &str, parameters: &BTreeMap<String, String>, account_id: &str) -> Result<(), ApiError> {
    let has = |key: &str| parameters.get(key).is_some_and(|value| !value.is_empty());
    let wanted = match kind {
        "GLUE" => match parameters.get("catalog-id") {
            Some(id) if id == account_id => return only(parameters, &["catalog-id"]),
            Some(id) if id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit()) => {
                return Err(ApiError::invalid_input(format!("the Glue catalog of another account ('{id}') is not served")));
            }
            _ => "catalog-id, an account of twelve digits",
        },
        "LAMBDA" => match (has("function"), has("metadata-function"), has("record-function")) {
            (true, false, false) => return only(parameters, &["function"]),
            (false, true, true) => return only(parameters, &["metadata-function", "record-function"]),
            _ => "either function, or metadata-function and record-function",
        },
        "HIVE" if has("metadata-function") => return only(parameters, &["metadata-function", "sdk-version"]),
        "HIVE" => "metadata-function",
        // The connection's type, or its ARN and further properties of it.
        _ if has("connection-arn") || has("connection-type") => return Ok(()),
        _ => "connection-arn or connection-type",
    };
    Err(ApiError::invalid_input(format!("the parameters of a data catalog of type {kind} are {wanted}")))
}

fn only(parameters: &BTreeMap<String, String>, known: &[&str]) -> Result<(), ApiError> {
    match parameters.keys().find(|key| !known.contains(&key.as_str())) {
        Some(other) => Err(ApiError::invalid_input(format!("the data catalog parameter '{other}' is not known"))),
        None => Ok(()),
    }
}

/// Refuses catalogs whose databases are not this account's; names fold case.
///
/// Errors: no such catalog, or one whose connector would have to be asked (basis of the text: inferred).
pub fn check_catalog(app: &App, name: &str, context: &RequestContext) -> Result<(), ApiError> {
    let catalog = app.data_catalogs.data_catalog(name, &context.account_id).map_err(|_| no_such_catalog(name))?;
    if catalog.is_glue() {
        return Ok(());
    }
    let text = format!(
        "the connector of the data catalog '{}' of type {} cannot be asked: federated catalogs are not served",
        catalog.name, catalog.kind
    );
    Err(ApiError::new(ApiErrorKind::Metadata, text))
}
