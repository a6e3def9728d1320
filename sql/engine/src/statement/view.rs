//! How are views created, dropped and shown? As Athena keeps them in Glue, so that every client reads them. Ref: Athena user guide, CREATE VIEW.

use std::sync::Arc;

use data_encoding::BASE64;
use owlake_catalog::{
    Archive, CatalogError, Column, DatabaseName, Parameters, StorageDescriptor, StorageFormat, Table, TableDefinition, TableName,
    TableUpdate,
};
use owlake_functions::types::{TrinoType, hive};
use owlake_syntax::format::format_query;
use owlake_syntax::trino::ast::{CreateView, QualifiedName};
use serde_json::json;

use super::{StatementContext, failure, target};
use crate::analyze::tables::parse_view_text;
use crate::error::EngineError;
use crate::ir;

/// Athena's name of the catalog inside a view's definition.
const CATALOG: &str = "awsdatacatalog";

/// Stores the view of an analysed query. Errors: TABLE_ALREADY_EXISTS, MISSING_COLUMN_NAME, DUPLICATE_COLUMN_NAME,
/// COLUMN_TYPE_UNKNOWN, NOT_SUPPORTED for a column type that a metastore cannot hold.
pub(crate) fn create(context: &StatementContext, view: &CreateView, columns: &[ir::OutputColumn]) -> Result<(), EngineError> {
    check_columns(columns)?;
    let (database, name) = resolve(context, &view.name)?;
    let definition = definition(context, view, columns)?;
    match context.catalog.table(&database, &name) {
        Err(CatalogError::TableNotFound { .. }) => match context.catalog.create_table(&database, &name, definition) {
            Ok(_) => Ok(()),
            Err(CatalogError::AlreadyExists { .. }) => Err(exists(&database, &name, true)),
            Err(error) => Err(failure::from_catalog(error)),
        },
        Ok(table) if table.is_view() && view.is_replace => {
            let update = TableUpdate { definition, expected_version_id: Some(table.version_id), archive: Archive::Keep };
            context.catalog.update_table(&database, &name, update).map(|_table| ()).map_err(failure::from_catalog)
        }
        Ok(table) => Err(exists(&database, &name, table.is_view())),
        Err(CatalogError::DatabaseNotFound { database }) => {
            Err(EngineError::engine("SCHEMA_NOT_FOUND", format!("line 1:1: Schema '{database}' does not exist")))
        }
        Err(error) => Err(failure::from_catalog(error)),
    }
}

/// Ref: Trino 401 `CreateViewTask`.
fn exists(database: &DatabaseName, name: &TableName, is_view: bool) -> EngineError {
    let noun = if is_view { "View" } else { "Table" };
    EngineError::engine("TABLE_ALREADY_EXISTS", format!("line 1:1: {noun} already exists: '{CATALOG}.{database}.{name}'"))
}

/// Ref: Trino 401 `StatementAnalyzer.validateColumns`.
fn check_columns(columns: &[ir::OutputColumn]) -> Result<(), EngineError> {
    let mut seen = std::collections::HashSet::new();
    for (position, column) in columns.iter().enumerate() {
        if column.name == format!("_col{position}") {
            return Err(EngineError::engine(
                "MISSING_COLUMN_NAME",
                format!("line 1:1: Column name not specified at position {}", position + 1),
            ));
        }
        if !seen.insert(column.name.to_lowercase()) {
            return Err(EngineError::engine(
                "DUPLICATE_COLUMN_NAME",
                format!("line 1:1: Column name '{}' specified more than once", column.name),
            ));
        }
        if column.data_type == TrinoType::Unknown {
            let message = format!("line 1:1: Column type is unknown: {}", column.name);
            return Err(EngineError::engine("COLUMN_TYPE_UNKNOWN", message));
        }
    }
    Ok(())
}

fn definition(context: &StatementContext, view: &CreateView, columns: &[ir::OutputColumn]) -> Result<TableDefinition, EngineError> {
    let hive_column = |column: &ir::OutputColumn| {
        let type_text = hive::print(&column.data_type)
            .ok_or_else(|| EngineError::engine("NOT_SUPPORTED", format!("Unsupported Hive type: {}", column.data_type)))?;
        Ok(Column::new(column.name.to_lowercase(), type_text))
    };
    let stored_columns = columns.iter().map(hive_column).collect::<Result<Vec<_>, EngineError>>()?;
    let described: Vec<_> =
        columns.iter().map(|column| json!({ "name": column.name.to_lowercase(), "type": column.data_type.signature_text() })).collect();
    let schema = target::database(context, None)?;
    let text = json!({
        "originalSql": format_query(&view.query),
        "catalog": CATALOG,
        "schema": schema.as_str(),
        "columns": described,
        "owner": &*context.session.info.user,
        "runAsInvoker": false,
    });
    let comment = view.comment.clone().unwrap_or_else(|| "Presto View".to_owned());
    let parameters: Parameters = [("presto_view".to_owned(), "true".to_owned()), ("comment".to_owned(), comment)].into_iter().collect();
    let format = StorageFormat { columns: stored_columns, ..StorageFormat::default() };
    Ok(TableDefinition {
        table_type: Some("VIRTUAL_VIEW".to_owned()),
        view_original_text: Some(format!("/* Presto View: {} */", BASE64.encode(text.to_string().as_bytes()))),
        view_expanded_text: Some("/* Presto View */".to_owned()),
        storage: Some(StorageDescriptor { location: None, format: Arc::new(format) }),
        parameters,
        ..TableDefinition::default()
    })
}

/// Removes a view. Errors: TABLE_NOT_FOUND when there is none and no IF EXISTS, or when the name is a table's.
pub(crate) fn drop(context: &StatementContext, name: &QualifiedName, if_exists: bool) -> Result<(), EngineError> {
    let (database, view) = resolve(context, name)?;
    let shown = format!("{CATALOG}.{database}.{view}");
    match context.catalog.table(&database, &view) {
        Ok(table) if table.is_view() => context.catalog.delete_table(&database, &view).map_err(failure::from_catalog),
        Ok(_) => Err(EngineError::engine(
            "TABLE_NOT_FOUND",
            format!("line 1:1: View '{shown}' does not exist, but a table with that name exists. Did you mean DROP TABLE {shown}?"),
        )),
        Err(CatalogError::TableNotFound { .. } | CatalogError::DatabaseNotFound { .. }) if if_exists => Ok(()),
        Err(CatalogError::TableNotFound { .. } | CatalogError::DatabaseNotFound { .. }) => {
            Err(EngineError::engine("TABLE_NOT_FOUND", format!("line 1:1: View '{shown}' does not exist")))
        }
        Err(error) => Err(failure::from_catalog(error)),
    }
}

/// `CREATE VIEW db.v AS` and the stored query, one line a row. Ref: measured.
pub(crate) fn show_create(context: &StatementContext, name: &QualifiedName) -> Result<Vec<String>, EngineError> {
    let (database, view) = resolve(context, name)?;
    let missing = || EngineError::hive(format!("View not found or not a valid presto view: {database}.{view}"), None);
    let table: Arc<Table> = context.catalog.table(&database, &view).map_err(|_| missing())?;
    let definition = table.definition.view_original_text.as_deref().and_then(parse_view_text).ok_or_else(missing)?;
    let mut lines = vec![format!("CREATE VIEW {database}.{view} AS")];
    lines.extend(definition.sql.trim_end().lines().map(str::to_owned));
    Ok(lines)
}

/// Database and table of a name of the query grammar. Errors: CATALOG_NOT_FOUND; names no table can have.
pub(super) fn resolve(context: &StatementContext, name: &QualifiedName) -> Result<(DatabaseName, TableName), EngineError> {
    if let [catalog, _, _] = name.parts.as_slice()
        && !context.session.is_own_catalog(&catalog.value)
    {
        return Err(EngineError::engine("CATALOG_NOT_FOUND", format!("line 1:1: Catalog '{}' does not exist", catalog.value)));
    }
    database_and_table(context, name)
}

/// Database and table of a name, whatever its catalog. Errors: names no table can have.
pub(super) fn database_and_table(context: &StatementContext, name: &QualifiedName) -> Result<(DatabaseName, TableName), EngineError> {
    let mut parts = name.parts.iter().rev().map(|part| part.value.as_str());
    let table = parts.next().unwrap_or_default();
    let database = target::database(context, parts.next())?;
    Ok((database, TableName::parse(table).map_err(failure::from_catalog)?))
}
