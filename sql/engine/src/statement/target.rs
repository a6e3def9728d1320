//! Which database and table does a catalog statement mean? Names resolved against the query's context. Ref: Athena user guide, "Names".

use std::sync::Arc;

use owlake_catalog::{CatalogError, DatabaseName, PartitionValues, Table, TableName, TableSnapshot};
use owlake_syntax::hive::ast::{Name, PartitionSpec};

use super::{StatementContext, failure};
use crate::error::EngineError;
use crate::scan::foreign;

/// Athena's database when the context names none.
const DEFAULT_DATABASE: &str = "default";

/// The database a statement works in. A context's name may come in backticks, as awswrangler sends it.
pub(super) fn database(context: &StatementContext, written: Option<&str>) -> Result<DatabaseName, EngineError> {
    let text = written.or(context.session.database.as_deref()).unwrap_or(DEFAULT_DATABASE);
    DatabaseName::parse(text.trim_matches('`')).map_err(failure::from_catalog)
}

/// Database and table of a name. Errors: those of another catalog cannot be reached.
pub(super) fn resolve(context: &StatementContext, name: &Name) -> Result<(DatabaseName, TableName), EngineError> {
    if name.catalog.as_deref().is_some_and(|catalog| !context.session.is_own_catalog(catalog)) {
        return Err(failure::unreachable());
    }
    let table = TableName::parse(&name.table).map_err(failure::from_catalog)?;
    Ok((database(context, name.database.as_deref())?, table))
}

/// The view, or the table of plain files, as it is now. Errors: NOT_SUPPORTED for a table of a table format, whose statements differ.
pub(super) fn load(context: &StatementContext, name: &Name) -> Result<Arc<Table>, EngineError> {
    let table = entry(context, name)?;
    foreign::check(&table)?;
    Ok(table)
}

/// The entry of the catalog, whatever it is.
pub(super) fn entry(context: &StatementContext, name: &Name) -> Result<Arc<Table>, EngineError> {
    let (database, table) = resolve(context, name)?;
    context.catalog.table(&database, &table).map_err(failure::from_catalog)
}

/// The table with its partitions. Errors: as [`load`].
pub(super) fn load_with_partitions(context: &StatementContext, name: &Name) -> Result<Arc<TableSnapshot>, EngineError> {
    let (database, table) = resolve(context, name)?;
    let snapshot = context.catalog.load_table(&database, &table).map_err(failure::from_catalog)?;
    foreign::check(&snapshot.table)?;
    Ok(snapshot)
}

/// Whether the name is a view's; false when there is no such table.
pub(super) fn is_view(context: &StatementContext, name: &Name) -> bool {
    entry(context, name).is_ok_and(|table| table.is_view())
}

/// DESCRIBE and SHOW COLUMNS are refused before they are accepted when their table is missing. Ref: measured.
pub(super) fn check_exists(context: &StatementContext, name: &Name) -> Result<(), EngineError> {
    if let Some(catalog) = &name.catalog
        && !context.session.is_own_catalog(catalog)
    {
        return Err(EngineError::refused("DATACATALOG_NOT_FOUND", format!("Catalog '{catalog}' does not exist")));
    }
    let (database, table) = resolve(context, name)?;
    match context.catalog.table(&database, &table) {
        Ok(_) => Ok(()),
        Err(CatalogError::DatabaseNotFound { .. } | CatalogError::TableNotFound { .. }) => Err(EngineError::refused(
            "INVALID_INPUT",
            format!(
                "Entity Not Found (Service: AmazonDataCatalog; Status Code: 400; Error Code: EntityNotFoundException; Request ID: {}; Proxy: null)",
                context.session.query_id
            ),
        )),
        Err(error) => Err(failure::from_catalog(error)),
    }
}

/// The values of a full partition specification, in the order of the table's keys.
pub(super) fn partition_values(table: &Table, spec: &PartitionSpec) -> Result<PartitionValues, EngineError> {
    if table.partition_keys().is_empty() {
        return Err(failure::not_partitioned(&spec_text(spec)));
    }
    let is_full = spec.len() == table.partition_keys().len();
    let values: Option<Vec<String>> =
        table.partition_keys().iter().map(|key| spec.iter().find(|(name, _)| *name == key.name).map(|(_, value)| value.clone())).collect();
    match values {
        Some(values) if is_full => Ok(values.into_iter().collect()),
        Some(_) | None => Err(EngineError::hive(
            format!(
                "FAILED: SemanticException partition spec {{{}}} doesn't contain all ({}) partition columns",
                spec_text(spec),
                table.partition_keys().len()
            ),
            None,
        )),
    }
}

/// `k=v, k2=v2`, as Hive's messages print a specification.
pub(super) fn spec_text(spec: &PartitionSpec) -> String {
    spec.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(", ")
}

/// Seconds since the epoch of the statement's start: `transient_lastDdlTime`.
pub(super) fn now_seconds(context: &StatementContext) -> String {
    (context.session.info.start_micros / 1_000_000).to_string()
}
