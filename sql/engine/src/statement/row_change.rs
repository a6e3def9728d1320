//! What do UPDATE, DELETE and MERGE answer on a table whose rows cannot be changed? Every check before the change, then its refusal.
//!
//! Ref: Trino 401 `StatementAnalyzer.visitDelete`, `visitUpdate`, `visitMerge`; measured text of the refusal on a Hive table.

use owlake_catalog::{CatalogError, DatabaseName, TableName};
use owlake_syntax::location::Location;
use owlake_syntax::trino::ast::{QualifiedName, StatementKind};

use super::{StatementContext, failure, view};
use crate::error::EngineError;
use crate::scan::foreign;

/// The error of a row change; nothing for a statement that is none.
pub(crate) fn refusal(context: &StatementContext, statement: &StatementKind) -> Option<EngineError> {
    let (table, view_text) = match statement {
        StatementKind::Delete(delete) => (&delete.table, "Deleting from views is not supported"),
        StatementKind::Update(update) => (&update.table, "Updating views is not supported"),
        StatementKind::Merge(merge) => (&merge.target, "Merging into views is not supported"),
        _ => return None,
    };
    Some(refused(context, statement, table, view_text).unwrap_or_else(|error| error))
}

fn refused(
    context: &StatementContext,
    statement: &StatementKind,
    name: &QualifiedName,
    view_text: &str,
) -> Result<EngineError, EngineError> {
    // What is wrong with the table stands at the statement, not at the name.
    let at = Location::START;
    let catalog = match name.parts.as_slice() {
        [catalog, _, _] => catalog.value.to_lowercase(),
        _ => context.session.catalog.to_lowercase(),
    };
    let missing = |database: &DatabaseName, table: &TableName| {
        located("TABLE_NOT_FOUND", at, &format!("Table '{catalog}.{database}.{table}' does not exist"))
    };
    let (database, table) = view::database_and_table(context, name)?;
    if !context.session.is_own_catalog(&catalog) {
        return Ok(missing(&database, &table));
    }
    let table = match context.catalog.table(&database, &table) {
        Ok(table) => table,
        Err(CatalogError::DatabaseNotFound { .. } | CatalogError::TableNotFound { .. }) => return Ok(missing(&database, &table)),
        Err(error) => return Err(failure::from_catalog(error)),
    };
    if table.is_view() {
        return Ok(located("NOT_SUPPORTED", at, view_text));
    }
    if let StatementKind::Update(update) = statement {
        let is_column = |name: &str| table.columns().iter().chain(table.partition_keys()).any(|column| column.name == name);
        if let Some(assignment) = update.assignments.iter().find(|assignment| !is_column(&assignment.column.canonical())) {
            let column = assignment.column.canonical();
            let text = format!("The UPDATE SET target column {column} doesn't exist");
            return Ok(located("COLUMN_NOT_FOUND", assignment.column.location, &text));
        }
    }
    foreign::check(&table)?;
    Ok(EngineError::engine("NOT_SUPPORTED", "Modifying Hive table rows is only supported for transactional tables"))
}

fn located(name: &str, at: Location, text: &str) -> EngineError {
    EngineError::engine(name, format!("line {at}: {text}"))
}
