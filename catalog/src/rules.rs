//! Which definitions does the catalog accept? The rules every write passes, whatever the store, and the folding of names.
//!
//! Ref: AWS Glue API, constraints of `DatabaseInput`, `TableInput`, `PartitionInput` and what they hold. Requests from the
//! wire have been checked against the same constraints; statements have not.

use std::sync::Arc;

use crate::error::{CatalogError, Result};
use crate::limits::{
    COLUMN_TYPE_CHARS_MAX, COMMENT_CHARS_MAX, DESCRIPTION_CHARS_MAX, LOCATION_CHARS_MAX, NAME_CHARS_MAX, PARAMETER_KEY_CHARS_MAX,
    PARAMETER_VALUE_CHARS_MAX, PARTITION_VALUE_CHARS_MAX,
};
use crate::model::{Column, DatabaseDefinition, Parameters, PartitionDefinition, StorageDescriptor, TableDefinition};
use crate::names::is_single_line_char;

/// The text Glue answers when values and keys differ in number. Basis: inferred.
const VALUE_COUNT_TEXT: &str = "The number of partition keys do not match the number of partition values";

/// Checks a database's definition. Errors: `InvalidInput`.
pub(crate) fn check_database(definition: &DatabaseDefinition) -> Result<()> {
    check_length("database description", definition.description.as_deref(), DESCRIPTION_CHARS_MAX)?;
    check_length("database location", definition.location_uri.as_deref(), LOCATION_CHARS_MAX)?;
    check_parameters(&definition.parameters)
}

/// Checks a table's definition and folds its column names. Errors: `InvalidInput`.
pub(crate) fn admit_table(mut definition: TableDefinition) -> Result<TableDefinition> {
    check_length("table description", definition.description.as_deref(), DESCRIPTION_CHARS_MAX)?;
    check_parameters(&definition.parameters)?;
    definition.storage = definition.storage.map(admit_storage).transpose()?;
    definition.partition_keys.iter_mut().for_each(fold_column);
    definition.partition_keys.iter().try_for_each(check_column)?;
    Ok(definition)
}

/// Checks a partition's definition against its table's partition keys and folds its column names.
/// Errors: `InvalidInput`.
pub(crate) fn admit_partition(mut definition: PartitionDefinition, keys: &[Column]) -> Result<PartitionDefinition> {
    if keys.is_empty() || definition.values.len() != keys.len() {
        return Err(CatalogError::invalid_input(VALUE_COUNT_TEXT));
    }
    for (key, value) in keys.iter().zip(definition.values.iter()) {
        if value.is_empty() {
            return Err(CatalogError::invalid_input(format!("value of partition key '{}' is empty", key.name)));
        }
        check_length("partition value", Some(value), PARTITION_VALUE_CHARS_MAX)?;
    }
    check_parameters(&definition.parameters)?;
    definition.storage = definition.storage.map(admit_storage).transpose()?;
    Ok(definition)
}

fn admit_storage(storage: StorageDescriptor) -> Result<StorageDescriptor> {
    let StorageDescriptor { location, mut format } = storage;
    check_length("location", location.as_deref(), LOCATION_CHARS_MAX)?;
    if format.columns.iter().any(|column| column.name.chars().any(char::is_uppercase)) {
        Arc::make_mut(&mut format).columns.iter_mut().for_each(fold_column);
    }
    format.columns.iter().try_for_each(check_column)?;
    check_parameters(&format.parameters)?;
    if let Some(serde_info) = &format.serde_info {
        check_parameters(&serde_info.parameters)?;
    }
    Ok(StorageDescriptor { location, format })
}

fn fold_column(column: &mut Column) {
    column.name = column.name.to_lowercase();
}

fn check_column(column: &Column) -> Result<()> {
    if column.name.is_empty() {
        return Err(CatalogError::invalid_input("column name is empty"));
    }
    check_length("column name", Some(&column.name), NAME_CHARS_MAX)?;
    check_length("column type", column.type_text.as_deref(), COLUMN_TYPE_CHARS_MAX)?;
    check_length("column comment", column.comment.as_deref(), COMMENT_CHARS_MAX)?;
    let texts = [Some(&column.name), column.type_text.as_ref(), column.comment.as_ref()];
    if !texts.into_iter().flatten().flat_map(|text| text.chars()).all(is_single_line_char) {
        return Err(CatalogError::invalid_input(format!("column '{}' is not described on a single line", column.name)));
    }
    check_parameters(&column.parameters)
}

fn check_parameters(parameters: &Parameters) -> Result<()> {
    for (key, value) in parameters {
        if key.is_empty() {
            return Err(CatalogError::invalid_input("parameter key is empty"));
        }
        check_length("parameter key", Some(key), PARAMETER_KEY_CHARS_MAX)?;
        check_length("parameter value", Some(value), PARAMETER_VALUE_CHARS_MAX)?;
    }
    Ok(())
}

fn check_length(noun: &str, text: Option<&str>, chars_max: usize) -> Result<()> {
    let Some(text) = text.filter(|text| text.len() > chars_max) else { return Ok(()) };
    let chars = text.chars().count();
    if chars > chars_max {
        return Err(CatalogError::invalid_input(format!("{noun} has {chars} characters, at most {chars_max} are allowed")));
    }
    Ok(())
}
