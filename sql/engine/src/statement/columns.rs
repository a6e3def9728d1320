//! How do a table's columns change by statement? Ref: Athena user guide, ALTER TABLE ADD/REPLACE COLUMNS, CHANGE COLUMN.

use std::sync::Arc;

use owlake_catalog::{Archive, Column, PartitionDefinition, PartitionUpdate, StorageDescriptor, StorageFormat, Table, TableUpdate};
use owlake_syntax::hive::ast::{ColumnDefinition, ColumnPosition, Name, PartitionSpec};

use super::{StatementContext, create_table, failure, target};
use crate::error::EngineError;

pub(super) fn add(
    context: &StatementContext,
    name: &Name,
    partition: Option<&PartitionSpec>,
    added: Vec<ColumnDefinition>,
) -> Result<(), EngineError> {
    update(context, name, partition, |columns| {
        columns.extend(added.into_iter().map(create_table::column));
        Ok(())
    })
}

pub(super) fn replace(
    context: &StatementContext,
    name: &Name,
    partition: Option<&PartitionSpec>,
    new: Vec<ColumnDefinition>,
) -> Result<(), EngineError> {
    update(context, name, partition, |columns| {
        *columns = new.into_iter().map(create_table::column).collect();
        Ok(())
    })
}

pub(super) fn change(
    context: &StatementContext,
    name: &Name,
    from: &str,
    to: ColumnDefinition,
    position: Option<ColumnPosition>,
) -> Result<(), EngineError> {
    update(context, name, None, |columns| {
        let at = columns.iter().position(|column| column.name == from).ok_or_else(|| unknown_column(from))?;
        let old = columns.remove(at);
        let mut changed = create_table::column(to);
        changed.comment = changed.comment.or(old.comment);
        let target = match &position {
            None => at,
            Some(ColumnPosition::First) => 0,
            Some(ColumnPosition::After(other)) => {
                columns.iter().position(|column| column.name == *other).ok_or_else(|| unknown_column(other))? + 1
            }
        };
        columns.insert(target, changed);
        Ok(())
    })
}

/// Ref: Apache Hive, `ErrorMsg.INVALID_COLUMN`.
fn unknown_column(name: &str) -> EngineError {
    EngineError::hive(format!("FAILED: SemanticException [Error 10002]: Invalid column reference {name}"), None)
}

/// Changes the columns of the table, or of one of its partitions, by compare-and-swap.
fn update(
    context: &StatementContext,
    name: &Name,
    partition: Option<&PartitionSpec>,
    edit: impl FnOnce(&mut Vec<Column>) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    let table = target::load(context, name)?;
    match partition {
        None => update_table(context, &table, edit),
        Some(spec) => update_partition(context, &table, spec, edit),
    }
}

fn update_table(
    context: &StatementContext,
    table: &Table,
    edit: impl FnOnce(&mut Vec<Column>) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    let mut definition = table.definition.clone();
    let storage = edited(definition.storage.as_ref(), edit)?;
    create_table::check_columns(&storage.format.columns, &definition.partition_keys)?;
    definition.storage = Some(storage);
    definition.parameters.insert("transient_lastDdlTime".to_string(), target::now_seconds(context));
    let update = TableUpdate { definition, expected_version_id: Some(table.version_id), archive: Archive::Keep };
    context.catalog.update_table(&table.database, &table.name, update).map(|_table| ()).map_err(failure::from_catalog)
}

fn update_partition(
    context: &StatementContext,
    table: &Table,
    spec: &PartitionSpec,
    edit: impl FnOnce(&mut Vec<Column>) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    let values = target::partition_values(table, spec)?;
    let current = context.catalog.partition(&table.database, &table.name, &values).map_err(failure::from_catalog)?;
    let storage = edited(current.definition.storage.as_ref(), edit)?;
    create_table::check_columns(&storage.format.columns, table.partition_keys())?;
    let definition = PartitionDefinition { storage: Some(storage), ..current.definition.clone() };
    context.catalog.update_partition(&table.database, &table.name, PartitionUpdate { values, definition }).map_err(failure::from_catalog)
}

fn edited(
    storage: Option<&StorageDescriptor>,
    edit: impl FnOnce(&mut Vec<Column>) -> Result<(), EngineError>,
) -> Result<StorageDescriptor, EngineError> {
    let storage = storage.cloned().unwrap_or_default();
    let mut format: StorageFormat = (*storage.format).clone();
    edit(&mut format.columns)?;
    Ok(StorageDescriptor { location: storage.location, format: Arc::new(format) })
}
