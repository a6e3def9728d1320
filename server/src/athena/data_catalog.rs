//! Which data catalogs are there? `AwsDataCatalog`, which is owlake's own; others are not served.
//!
//! Ref: Athena API reference, ListDataCatalogs, GetDataCatalog.

use crate::app::App;
use crate::error::{ApiError, AthenaErrorCode};
use crate::query::submit::DEFAULT_CATALOG;
use crate::wire::{Operation, RequestContext, call};
use owlake_shapes::athena::{
    DataCatalog, DataCatalogSummary, GetDataCatalogInput, GetDataCatalogOutput, ListDataCatalogsInput, ListDataCatalogsOutput,
};
use std::collections::BTreeMap;
use std::sync::Arc;

const KIND: &str = "GLUE";
const STATUS: &str = "CREATE_COMPLETE";

pub const GET_DATA_CATALOG: Operation =
    Operation { name: "GetDataCatalog", handler: |app, context, input| call(get_data_catalog, app, context, input) };
pub const LIST_DATA_CATALOGS: Operation =
    Operation { name: "ListDataCatalogs", handler: |app, context, input| call(list_data_catalogs, app, context, input) };

async fn get_data_catalog(_app: Arc<App>, context: RequestContext, input: GetDataCatalogInput) -> Result<GetDataCatalogOutput, ApiError> {
    check_catalog(&input.name)?;
    let catalog = DataCatalog {
        name: DEFAULT_CATALOG.to_owned(),
        r#type: KIND.to_owned(),
        parameters: Some(BTreeMap::from([("catalog-id".to_owned(), context.account_id)])),
        status: Some(STATUS.to_owned()),
        ..DataCatalog::default()
    };
    Ok(GetDataCatalogOutput { data_catalog: Some(catalog) })
}

async fn list_data_catalogs(
    _app: Arc<App>,
    _context: RequestContext,
    _input: ListDataCatalogsInput,
) -> Result<ListDataCatalogsOutput, ApiError> {
    let catalog = DataCatalogSummary {
        catalog_name: Some(DEFAULT_CATALOG.to_owned()),
        r#type: Some(KIND.to_owned()),
        status: Some(STATUS.to_owned()),
        ..DataCatalogSummary::default()
    };
    Ok(ListDataCatalogsOutput { data_catalogs_summary: Some(vec![catalog]), next_token: None })
}

/// Refuses every catalog but the one there is; names fold case.
pub fn check_catalog(name: &str) -> Result<(), ApiError> {
    if name.eq_ignore_ascii_case(DEFAULT_CATALOG) {
        Ok(())
    } else {
        Err(ApiError::invalid_request(AthenaErrorCode::DatacatalogNotFound, format!("Catalog '{name}' does not exist")))
    }
}
