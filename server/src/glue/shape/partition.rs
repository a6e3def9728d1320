//! How does a partition become Glue's `Partition`, and a `PartitionInput` a definition? Ref: Glue API, `PartitionInput`.

use super::storage_descriptor::{shown_storage, storage};
use super::{filled, milliseconds, seconds};
use owlake_catalog::model;
use owlake_catalog::{DatabaseName, PartitionDefinition, TableName};
use owlake_shapes::glue;

/// What a `PartitionInput` says.
pub fn partition_definition(input: glue::PartitionInput) -> PartitionDefinition {
    PartitionDefinition {
        values: input.values.unwrap_or_default().into_iter().collect(),
        storage: input.storage_descriptor.map(storage),
        parameters: input.parameters.unwrap_or_default(),
        last_access_time_ms: input.last_access_time.map(milliseconds),
        last_analyzed_time_ms: input.last_analyzed_time.map(milliseconds),
    }
}

/// A partition of a table as Glue shows it, with or without its columns.
pub fn partition(
    partition: &model::Partition,
    (database, table): (&DatabaseName, &TableName),
    catalog_id: &str,
    is_with_columns: bool,
) -> glue::Partition {
    let definition = &partition.definition;
    glue::Partition {
        values: Some(definition.values.iter().map(str::to_owned).collect()),
        database_name: Some(database.to_string()),
        table_name: Some(table.to_string()),
        creation_time: Some(seconds(partition.creation_time_ms)),
        last_access_time: definition.last_access_time_ms.map(seconds),
        storage_descriptor: definition.storage.as_ref().map(|storage| shown_storage(storage, is_with_columns)),
        parameters: filled(&definition.parameters),
        last_analyzed_time: definition.last_analyzed_time_ms.map(seconds),
        catalog_id: Some(catalog_id.to_owned()),
    }
}
