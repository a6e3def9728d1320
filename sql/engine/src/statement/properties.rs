//! How do a table's properties and location change by statement? Ref: Athena user guide, ALTER TABLE SET TBLPROPERTIES, SET LOCATION.

use std::sync::Arc;

use owlake_catalog::{Archive, PartitionDefinition, PartitionUpdate, StorageDescriptor, TableDefinition, TableUpdate};
use owlake_syntax::hive::ast::{Name, PartitionSpec, Properties};

use super::{StatementContext, create_table, failure, target};
use crate::error::EngineError;

/// Adds to the properties; a key given again is overwritten.
pub(super) fn set(context: &StatementContext, name: &Name, properties: Properties) -> Result<(), EngineError> {
    update(context, name, |definition| definition.parameters.extend(properties))
}

pub(super) fn unset(context: &StatementContext, name: &Name, keys: &[String]) -> Result<(), EngineError> {
    update(context, name, |definition| definition.parameters.retain(|key, _| !keys.contains(key)))
}

/// Points the table, or one partition, elsewhere. Nothing is moved.
pub(super) fn set_location(
    context: &StatementContext,
    name: &Name,
    partition: Option<&PartitionSpec>,
    location: &str,
) -> Result<(), EngineError> {
    let location: Arc<str> = create_table::checked_location(location)?.into();
    let Some(spec) = partition else {
        return update(context, name, |definition| {
            let storage = definition.storage.take().unwrap_or_default();
            definition.storage = Some(StorageDescriptor { location: Some(location), format: storage.format });
        });
    };
    let table = target::load(context, name)?;
    let values = target::partition_values(&table, spec)?;
    let current = context.catalog.partition(&table.database, &table.name, &values).map_err(failure::from_catalog)?;
    let storage = current.definition.storage.clone().unwrap_or_default();
    let storage = StorageDescriptor { location: Some(location), format: storage.format };
    let definition = PartitionDefinition { storage: Some(storage), ..current.definition.clone() };
    context.catalog.update_partition(&table.database, &table.name, PartitionUpdate { values, definition }).map_err(failure::from_catalog)
}

fn update(context: &StatementContext, name: &Name, edit: impl FnOnce(&mut TableDefinition)) -> Result<(), EngineError> {
    let table = target::load(context, name)?;
    let mut definition = table.definition.clone();
    edit(&mut definition);
    definition.parameters.insert("transient_lastDdlTime".to_string(), target::now_seconds(context));
    let update = TableUpdate { definition, expected_version_id: Some(table.version_id), archive: Archive::Keep };
    context.catalog.update_table(&table.database, &table.name, update).map(|_table| ()).map_err(failure::from_catalog)
}
