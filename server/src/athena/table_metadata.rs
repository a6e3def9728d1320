//! How does Athena show tables? GetTableMetadata and ListTableMetadata, from the catalog, with storage as parameters.
//!
//! Ref: Athena API reference, TableMetadata; measured Athena behaviour, "Metadata ops".

use crate::app::App;
use crate::athena::data_catalog::check_catalog;
use crate::athena::database::{LIST_MAX, metadata_error};
use crate::athena::query_execution::{malformed, page_size};
use crate::athena::timestamp::seconds;
use crate::error::ApiError;
use crate::wire::{Operation, RequestContext, call, page_token};
use owlake_catalog::{DatabaseName, Table, TableName};
use owlake_shapes::athena::{
    Column, GetTableMetadataInput, GetTableMetadataOutput, ListTableMetadataInput, ListTableMetadataOutput, TableMetadata,
};
use regex::Regex;
use std::collections::BTreeMap;
use std::sync::Arc;

pub const GET_TABLE_METADATA: Operation =
    Operation { name: "GetTableMetadata", handler: |app, context, input| call(get_table_metadata, app, context, input) };
pub const LIST_TABLE_METADATA: Operation =
    Operation { name: "ListTableMetadata", handler: |app, context, input| call(list_table_metadata, app, context, input) };

async fn get_table_metadata(
    app: Arc<App>,
    context: RequestContext,
    input: GetTableMetadataInput,
) -> Result<GetTableMetadataOutput, ApiError> {
    check_catalog(&app, &input.catalog_name, &context)?;
    let fail = |error| metadata_error(&error, &context.request_id);
    let database = DatabaseName::parse(&input.database_name).map_err(fail)?;
    let name = TableName::parse(&input.table_name).map_err(fail)?;
    let table = app.catalog.table(&database, &name).map_err(fail)?;
    Ok(GetTableMetadataOutput { table_metadata: Some(shown(&table)) })
}

async fn list_table_metadata(
    app: Arc<App>,
    context: RequestContext,
    input: ListTableMetadataInput,
) -> Result<ListTableMetadataOutput, ApiError> {
    check_catalog(&app, &input.catalog_name, &context)?;
    let fail = |error| metadata_error(&error, &context.request_id);
    let database = DatabaseName::parse(&input.database_name).map_err(fail)?;
    let mut tables = app.catalog.tables(&database).map_err(fail)?;
    if let Some(expression) = &input.expression {
        let pattern = whole_name(expression)?;
        tables.retain(|table| pattern.is_match(table.name.as_str()));
    }
    let listing = format!("ListTableMetadata/{database}/{}", input.expression.unwrap_or_default());
    let token = input.next_token.as_deref();
    let size = page_size(input.max_results, LIST_MAX);
    let (page, next_token) =
        page_token::page(&listing, &tables, |table| table.name.as_str(), token, size).map_err(|_| malformed(token.unwrap_or_default()))?;
    let attributes = input.attributes_to_get.unwrap_or_default();
    let page = page.iter().map(|table| if attributes.is_empty() { shown(table) } else { shown_in_part(table, &attributes) });
    Ok(ListTableMetadataOutput { table_metadata_list: Some(page.collect()), next_token })
}

/// The name always, since the shape requires it, and the type where it is asked for.
fn shown_in_part(table: &Table, attributes: &[String]) -> TableMetadata {
    TableMetadata {
        name: table.name.to_string(),
        table_type: table.definition.table_type.clone().filter(|_| attributes.iter().any(|attribute| attribute == "TABLE_TYPE")),
        ..TableMetadata::default()
    }
}

/// The expression as a pattern of the whole name. Basis: inferred, as for Glue's GetTables.
fn whole_name(expression: &str) -> Result<Regex, ApiError> {
    Regex::new(&format!(r"\A(?:{expression})\z"))
        .map_err(|_| ApiError::invalid_input(format!("the expression '{expression}' is no regular expression")))
}

fn shown(table: &Table) -> TableMetadata {
    TableMetadata {
        name: table.name.to_string(),
        create_time: Some(seconds(table.create_time_ms)),
        last_access_time: table.definition.last_access_time_ms.map(seconds),
        table_type: table.definition.table_type.clone(),
        columns: Some(columns(table.columns())),
        partition_keys: Some(columns(table.partition_keys())),
        parameters: Some(parameters(table)),
    }
}

fn columns(columns: &[owlake_catalog::Column]) -> Vec<Column> {
    columns
        .iter()
        .map(|column| Column { name: column.name.clone(), r#type: column.type_text.clone(), comment: column.comment.clone() })
        .collect()
}

/// The table's parameters and, flattened, its storage.
fn parameters(table: &Table) -> BTreeMap<String, String> {
    let mut parameters = table.definition.parameters.clone();
    let mut put = |key: &str, value: Option<&str>| {
        if let Some(value) = value {
            parameters.insert(key.to_owned(), value.to_owned());
        }
    };
    if let Some(storage) = &table.definition.storage {
        put("location", storage.location.as_deref());
        put("inputformat", storage.format.input_format.as_deref());
        put("outputformat", storage.format.output_format.as_deref());
        if let Some(serde) = &storage.format.serde_info {
            put("serde.serialization.lib", serde.serialization_library.as_deref());
            for (key, value) in &serde.parameters {
                put(&format!("serde.param.{key}"), Some(value));
            }
        }
    }
    parameters
}
