//! How are databases created, dropped and altered? Ref: Athena user guide, CREATE DATABASE, DROP DATABASE, ALTER DATABASE SET DBPROPERTIES.

use owlake_catalog::{CatalogError, DatabaseDefinition, DropMode};
use owlake_syntax::hive::ast::Properties;

use super::{StatementContext, failure, target};
use crate::error::EngineError;

pub(super) fn create(
    context: &StatementContext,
    name: &str,
    if_not_exists: bool,
    comment: Option<String>,
    location: Option<String>,
    properties: Properties,
) -> Result<(), EngineError> {
    let database = target::database(context, Some(name))?;
    let definition = DatabaseDefinition {
        description: comment,
        location_uri: location,
        parameters: properties.into_iter().collect(),
        ..DatabaseDefinition::default()
    };
    match context.catalog.create_database(&database, definition) {
        Err(CatalogError::AlreadyExists { .. }) if if_not_exists => Ok(()),
        result => result.map_err(failure::from_catalog),
    }
}

pub(super) fn drop(context: &StatementContext, name: &str, if_exists: bool, is_cascade: bool) -> Result<(), EngineError> {
    let database = target::database(context, Some(name))?;
    let mode = if is_cascade { DropMode::Cascade } else { DropMode::Restrict };
    match context.catalog.delete_database(&database, mode) {
        Err(CatalogError::DatabaseNotFound { .. }) if if_exists => Ok(()),
        result => result.map_err(failure::from_catalog),
    }
}

/// Adds to the properties; a key given again is overwritten.
pub(super) fn set_properties(context: &StatementContext, name: &str, properties: Properties) -> Result<(), EngineError> {
    let database = target::database(context, Some(name))?;
    let current = context.catalog.database(&database).map_err(failure::from_catalog)?;
    let mut definition = current.definition.clone();
    definition.parameters.extend(properties);
    context.catalog.update_database(&database, definition).map_err(failure::from_catalog)
}
