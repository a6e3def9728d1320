//! How are partitions added, dropped and renamed by statement? Ref: Athena user guide, ALTER TABLE ADD/DROP/RENAME PARTITION.

use std::sync::Arc;

use owlake_catalog::partition::path::encode_path;
use owlake_catalog::{CatalogError, PartitionDefinition, PartitionUpdate, PartitionValues, StorageDescriptor, Table};
use owlake_syntax::hive::ast::{Name, PartitionSpec};

use super::{StatementContext, create_table, failure, target};
use crate::error::EngineError;

/// Adds partitions. One that exists fails the statement unless IF NOT EXISTS; then nothing is added at all.
pub(super) fn add(
    context: &StatementContext,
    name: &Name,
    if_not_exists: bool,
    partitions: Vec<(PartitionSpec, Option<String>)>,
) -> Result<(), EngineError> {
    let snapshot = target::load_with_partitions(context, name)?;
    let table = &snapshot.table;
    let mut definitions = Vec::with_capacity(partitions.len());
    for (spec, location) in partitions {
        let values = target::partition_values(table, &spec)?;
        if snapshot.partitions.find(&values).is_some() {
            if if_not_exists {
                continue;
            }
            return Err(failure::partition_exists());
        }
        let location = location.map(|location| create_table::checked_location(&location)).transpose()?;
        definitions.push(definition(table, values, location));
    }
    let failures = context.catalog.create_partitions(&table.database, &table.name, definitions).map_err(failure::from_catalog)?;
    match failures.into_iter().find(|failed| !(if_not_exists && matches!(failed.error, CatalogError::AlreadyExists { .. }))) {
        Some(failed) => Err(failure::from_catalog(failed.error)),
        None => Ok(()),
    }
}

/// A partition that shares its table's format; without a location it lies at `k=v/…` under the table.
pub(super) fn definition(table: &Table, values: PartitionValues, location: Option<String>) -> PartitionDefinition {
    let location = location.or_else(|| {
        let root = table.location()?.trim_end_matches('/');
        Some(format!("{root}/{}", encode_path(table.partition_keys(), &values)))
    });
    let storage = table
        .definition
        .storage
        .as_ref()
        .map(|storage| StorageDescriptor { location: location.map(Arc::from), format: Arc::clone(&storage.format) });
    PartitionDefinition { values, storage, ..PartitionDefinition::default() }
}

/// Drops every partition that a specification matches; a partial one matches several.
pub(super) fn drop(context: &StatementContext, name: &Name, if_exists: bool, specs: &[PartitionSpec]) -> Result<(), EngineError> {
    let snapshot = target::load_with_partitions(context, name)?;
    let mut dropped: Vec<PartitionValues> = Vec::new();
    for spec in specs {
        let found = matching(&snapshot, spec)?;
        if found.is_empty() && !if_exists {
            return Err(failure::partition_missing(&target::spec_text(spec)));
        }
        dropped.extend(found);
    }
    dropped.sort();
    dropped.dedup();
    let table = &snapshot.table;
    let failures = context.catalog.delete_partitions(&table.database, &table.name, dropped).map_err(failure::from_catalog)?;
    // A partition that went away meanwhile is gone, which is what was asked for.
    match failures.into_iter().find(|failed| !matches!(failed.error, CatalogError::PartitionNotFound { .. })) {
        Some(failed) => Err(failure::from_catalog(failed.error)),
        None => Ok(()),
    }
}

/// The values of the partitions that agree with every key of `spec`.
pub(super) fn matching(snapshot: &owlake_catalog::TableSnapshot, spec: &PartitionSpec) -> Result<Vec<PartitionValues>, EngineError> {
    let keys = snapshot.table.partition_keys();
    if keys.is_empty() {
        return Err(failure::not_partitioned(&target::spec_text(spec)));
    }
    let mut wanted = Vec::with_capacity(spec.len());
    for (key, value) in spec {
        let index = keys
            .iter()
            .position(|column| column.name == *key)
            .ok_or_else(|| EngineError::hive(format!("FAILED: SemanticException [Error 10096]: Unknown partition column {key}"), None))?;
        wanted.push((index, value.as_str()));
    }
    let agrees = |values: &PartitionValues| {
        wanted.iter().all(|(index, value)| values.as_slice().get(*index).is_some_and(|stored| &**stored == *value))
    };
    Ok(snapshot.partitions.iter().map(|partition| partition.values()).filter(|values| agrees(values)).cloned().collect())
}

/// Gives a partition other values; its data stays where it is.
pub(super) fn rename(context: &StatementContext, name: &Name, from: &PartitionSpec, to: &PartitionSpec) -> Result<(), EngineError> {
    let table = target::load(context, name)?;
    let old_values = target::partition_values(&table, from)?;
    let current = context.catalog.partition(&table.database, &table.name, &old_values).map_err(failure::from_catalog)?;
    let definition = PartitionDefinition { values: target::partition_values(&table, to)?, ..current.definition.clone() };
    context
        .catalog
        .update_partition(&table.database, &table.name, PartitionUpdate { values: old_values, definition })
        .map_err(failure::from_catalog)
}
