//! What do the SHOW statements list? One text a row. Ref: Athena user guide, SHOW …; measured row formats.

use owlake_catalog::partition::path::encode_path;
use owlake_catalog::{Table, TableName};
use owlake_syntax::hive::ast::{Name, PartitionSpec};
use regex::Regex;

use super::{StatementContext, describe, failure, partitions, target};
use crate::error::EngineError;

/// Database names, sorted. The pattern is a Java regex over the whole name; `*` alone means all. Ref: measured.
pub(super) fn databases(context: &StatementContext, pattern: Option<&str>) -> Result<Vec<String>, EngineError> {
    let matcher = match pattern {
        None | Some("*") => None,
        Some(pattern) => Some(whole(pattern).ok_or_else(|| bad_pattern(pattern))?),
    };
    let names = context.catalog.databases().map_err(failure::from_catalog)?;
    Ok(names
        .iter()
        .map(|database| database.name.to_string())
        .filter(|name| matcher.as_ref().is_none_or(|matcher| matcher.is_match(name)))
        .collect())
}

/// Ref: measured, SHOW DATABASES LIKE with a broken regex.
fn bad_pattern(pattern: &str) -> EngineError {
    let character = pattern.chars().next().unwrap_or('*');
    failure::ddl_task(
        &format!(
            "MetaException(message:Unable to get databases: java.util.regex.PatternSyntaxException: Dangling meta character '{character}' near index 0"
        ),
        None,
    )
}

fn whole(pattern: &str) -> Option<Regex> {
    Regex::new(&format!("^(?:{pattern})$")).ok()
}

/// Names of tables and views, sorted. In the pattern `*` stands for any text and `|` separates choices. Ref: Athena user guide, SHOW TABLES.
pub(super) fn tables(context: &StatementContext, database: Option<&str>, pattern: Option<&str>) -> Result<Vec<String>, EngineError> {
    let database = target::database(context, database)?;
    let matcher = glob(pattern);
    let names = context.catalog.table_names(&database).map_err(failure::from_catalog)?;
    Ok(names.iter().map(TableName::to_string).filter(|name| matcher.as_ref().is_none_or(|matcher| matcher.is_match(name))).collect())
}

/// As [`tables`], views only.
pub(super) fn views(context: &StatementContext, database: Option<&str>, pattern: Option<&str>) -> Result<Vec<String>, EngineError> {
    let database = target::database(context, database)?;
    let matcher = glob(pattern);
    let tables = context.catalog.tables(&database).map_err(failure::from_catalog)?;
    let views = tables.iter().filter(|table| table.is_view()).map(|table| table.name.to_string());
    Ok(views.filter(|name| matcher.as_ref().is_none_or(|matcher| matcher.is_match(name))).collect())
}

/// A regex is taken as one, with a lone `*` read as `.*`; what does not compile matches its own text.
fn glob(pattern: Option<&str>) -> Option<Regex> {
    let pattern = pattern?;
    let mut text = String::with_capacity(pattern.len() + 8);
    let mut previous = None;
    for character in pattern.chars() {
        if character == '*' && !matches!(previous, Some('.' | ']' | ')')) {
            text.push('.');
        }
        text.push(character);
        previous = Some(character);
    }
    let compiled = Regex::new(&format!("(?i)^(?:{text})$")).ok();
    compiled.or_else(|| Regex::new(&format!("^{}$", regex::escape(pattern))).ok())
}

/// Column names, partition keys last; padded to 20 on a table, `name⇥type` on a view. Ref: measured.
pub(super) fn columns(context: &StatementContext, name: &Name) -> Result<Vec<String>, EngineError> {
    let table = target::load(context, name)?;
    if table.is_view() {
        return Ok(describe::view_lines(&table));
    }
    Ok(table.columns().iter().chain(table.partition_keys()).map(|column| describe::padded(&column.name)).collect())
}

/// `k=v/k2=v2` a partition, values as in a folder name. Ref: Athena user guide, SHOW PARTITIONS.
pub(super) fn partitions(context: &StatementContext, name: &Name, spec: Option<&PartitionSpec>) -> Result<Vec<String>, EngineError> {
    let snapshot = target::load_with_partitions(context, name)?;
    let table = &snapshot.table;
    if table.partition_keys().is_empty() {
        return Err(failure::ddl_task(&format!("Table {}.{} is not a partitioned table", table.database, table.name), None));
    }
    let path = |values: &owlake_catalog::PartitionValues| encode_path(table.partition_keys(), values);
    match spec {
        None => Ok(snapshot.partitions.iter().map(|partition| path(partition.values())).collect()),
        Some(spec) => Ok(partitions::matching(&snapshot, spec)?.iter().map(path).collect()),
    }
}

/// `key⇥value`, sorted by key; a newline in a value starts a new row. Ref: measured.
pub(super) fn table_properties(context: &StatementContext, name: &Name, property: Option<&str>) -> Result<Vec<String>, EngineError> {
    let table = target::load(context, name).map_err(|error| without_table(error, name))?;
    let lines = |key: &str, value: &str| format!("{key}\t{value}").split('\n').map(str::to_string).collect::<Vec<_>>();
    match property {
        None => Ok(table.definition.parameters.iter().flat_map(|(key, value)| lines(key, value)).collect()),
        Some(key) => Ok(match table.definition.parameters.get(key) {
            Some(value) => lines(key, value),
            None => vec![missing_property(&table, key)],
        }),
    }
}

/// This statement alone says of a missing table that it is the user's fault. Ref: measured, category 2 and type 1301.
fn without_table(error: EngineError, name: &Name) -> EngineError {
    if !error.message.contains("Table not found") {
        return error;
    }
    EngineError { message: format!("FAILED: SemanticException Table not found {}", name.table), ..error }
}

/// Ref: Apache Hive, `ShowTblPropertiesOperation`.
fn missing_property(table: &Table, key: &str) -> String {
    format!("Table {}.{} does not have property: {key}", table.database, table.name)
}
