//! Which columns can be written? Named, distinct, of types that Hive has.
//!
//! Ref: Trino 401 `StatementAnalyzer.validateColumns`, `HiveMetadata`, `HiveTypeTranslator`; measured texts.

use std::collections::HashSet;

use owlake_catalog::Column;
use owlake_functions::types::{TrinoType, hive};
use owlake_syntax::location::Location;

use crate::analyze::failure::fail_at;
use crate::error::EngineError;
use crate::ir;

/// The columns' names, from the query or the list of names written beside it.
/// Errors: MISSING_COLUMN_NAME, DUPLICATE_COLUMN_NAME, COLUMN_TYPE_UNKNOWN, MISMATCHED_COLUMN_ALIASES.
pub(crate) fn named_columns(
    query: &ir::Query,
    aliases: Option<&[owlake_syntax::trino::ast::Identifier]>,
    at: Location,
) -> Result<Vec<(String, TrinoType)>, EngineError> {
    let mut seen = HashSet::new();
    if let Some(aliases) = aliases {
        let place = aliases.first().map_or(at, |alias| alias.location);
        if aliases.len() != query.columns.len() {
            let message = format!("Column alias list has {} entries but relation has {} columns", aliases.len(), query.columns.len());
            return Err(fail_at(place, "MISMATCHED_COLUMN_ALIASES", message));
        }
        if let Some(twice) = aliases.iter().find(|alias| !seen.insert(alias.value.to_lowercase())) {
            return Err(fail_at(
                twice.location,
                "DUPLICATE_COLUMN_NAME",
                format!("Column name '{}' specified more than once", twice.value),
            ));
        }
    }
    seen.clear();
    let mut columns = Vec::with_capacity(query.columns.len());
    for (position, column) in query.columns.iter().enumerate() {
        let name = match aliases.and_then(|aliases| aliases.get(position)) {
            Some(alias) => alias.value.to_lowercase(),
            // What the analyzer calls a column without a name.
            None if column.name == format!("_col{position}") => {
                return Err(fail_at(at, "MISSING_COLUMN_NAME", format!("Column name not specified at position {}", position + 1)));
            }
            None => column.name.to_lowercase(),
        };
        if !seen.insert(name.clone()) {
            return Err(fail_at(at, "DUPLICATE_COLUMN_NAME", format!("Column name '{}' specified more than once", column.name)));
        }
        if column.data_type == TrinoType::Unknown {
            let text = match aliases {
                Some(_) => format!("Column type is unknown at position {}", position + 1),
                None => format!("Column type is unknown: {}", column.name),
            };
            return Err(fail_at(at, "COLUMN_TYPE_UNKNOWN", text));
        }
        columns.push((name, column.data_type.clone()));
    }
    Ok(columns)
}

/// The catalog's columns. Errors: NOT_SUPPORTED for a type that Hive does not have, or a timestamp with other than three digits.
pub(crate) fn hive_columns(columns: &[(String, TrinoType)]) -> Result<Vec<Column>, EngineError> {
    columns.iter().map(|(name, data_type)| hive_column(name, data_type)).collect()
}

fn hive_column(name: &str, data_type: &TrinoType) -> Result<Column, EngineError> {
    if let Some(timestamp) = odd_timestamp(data_type) {
        let message =
            format!("Incorrect timestamp precision for {timestamp}; the configured precision is MILLISECONDS; column name: {name}");
        return Err(EngineError::engine("NOT_SUPPORTED", message));
    }
    if has_anonymous_field(data_type) {
        let message = format!("Anonymous row type is not supported in Hive. Please give each field a name: {data_type}");
        return Err(EngineError::engine("NOT_SUPPORTED", message));
    }
    let text = hive::print(data_type)
        .ok_or_else(|| EngineError::engine("NOT_SUPPORTED", format!("Unsupported Hive type: {}", odd_type(data_type))))?;
    Ok(Column::new(name, text))
}

/// The innermost type that Hive does not have.
fn odd_type(data_type: &TrinoType) -> &TrinoType {
    let part = match data_type {
        TrinoType::Array(element) => Some(element.as_ref()),
        TrinoType::Map(key, value) => [key, value].into_iter().map(AsRef::as_ref).find(|part| hive::print(part).is_none()),
        TrinoType::Row(fields) => fields.iter().map(|field| &field.data_type).find(|part| hive::print(part).is_none()),
        _ => None,
    };
    part.map_or(data_type, odd_type)
}

fn odd_timestamp(data_type: &TrinoType) -> Option<&TrinoType> {
    match data_type {
        TrinoType::Timestamp(precision) if *precision != 3 => Some(data_type),
        TrinoType::Array(element) => odd_timestamp(element),
        TrinoType::Map(key, value) => odd_timestamp(key).or_else(|| odd_timestamp(value)),
        TrinoType::Row(fields) => fields.iter().find_map(|field| odd_timestamp(&field.data_type)),
        _ => None,
    }
}

fn has_anonymous_field(data_type: &TrinoType) -> bool {
    match data_type {
        TrinoType::Array(element) => has_anonymous_field(element),
        TrinoType::Map(key, value) => has_anonymous_field(key) || has_anonymous_field(value),
        TrinoType::Row(fields) => fields.iter().any(|field| field.name.is_none() || has_anonymous_field(&field.data_type)),
        _ => false,
    }
}
