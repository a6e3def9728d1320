//! How does a table become Glue's `Table`, and a `TableInput` a definition? Ref: Glue API, `TableInput`, `Table`.

use super::storage_descriptor::{columns, shown_columns, shown_storage, storage};
use super::{filled, milliseconds, seconds};
use owlake_catalog::model;
use owlake_catalog::{TableDefinition, TableVersion};
use owlake_shapes::glue;

/// What a `TableInput` says, but for its name.
pub fn table_definition(input: glue::TableInput) -> TableDefinition {
    TableDefinition {
        description: input.description,
        owner: input.owner,
        last_access_time_ms: input.last_access_time.map(milliseconds),
        last_analyzed_time_ms: input.last_analyzed_time.map(milliseconds),
        retention: input.retention,
        storage: input.storage_descriptor.map(storage),
        partition_keys: columns(input.partition_keys),
        view_original_text: input.view_original_text,
        view_expanded_text: input.view_expanded_text,
        table_type: input.table_type,
        parameters: input.parameters.unwrap_or_default(),
        target_table: input.target_table.map(|target| model::TableTarget {
            catalog_id: target.catalog_id,
            database_name: target.database_name,
            name: target.name,
            region: target.region,
        }),
        view_definition: input.view_definition.map(view_definition),
    }
}

/// A table as Glue shows it. The account owns everything, so it is the creator too. Basis: inferred, `CreatedBy`.
pub fn table(table: &model::Table, catalog_id: &str) -> glue::Table {
    let definition = &table.definition;
    glue::Table {
        name: table.name.to_string(),
        database_name: Some(table.database.to_string()),
        description: definition.description.clone(),
        owner: definition.owner.clone(),
        create_time: Some(seconds(table.create_time_ms)),
        update_time: Some(seconds(table.update_time_ms)),
        last_access_time: definition.last_access_time_ms.map(seconds),
        last_analyzed_time: definition.last_analyzed_time_ms.map(seconds),
        retention: Some(definition.retention.unwrap_or(0)),
        storage_descriptor: definition.storage.as_ref().map(|storage| shown_storage(storage, true)),
        partition_keys: Some(shown_columns(&definition.partition_keys)),
        view_original_text: definition.view_original_text.clone(),
        view_expanded_text: definition.view_expanded_text.clone(),
        table_type: definition.table_type.clone(),
        parameters: filled(&definition.parameters),
        created_by: Some(format!("arn:aws:iam::{catalog_id}:root")),
        is_registered_with_lake_formation: Some(false),
        target_table: definition.target_table.clone().map(|target| glue::TableIdentifier {
            catalog_id: target.catalog_id,
            database_name: target.database_name,
            name: target.name,
            region: target.region,
        }),
        catalog_id: Some(catalog_id.to_owned()),
        version_id: Some(table.version_id.to_string()),
        federated_table: None,
        view_definition: definition.view_definition.as_ref().map(shown_view_definition),
        is_multi_dialect_view: Some(definition.view_definition.is_some()),
        is_materialized_view: None,
        status: None,
    }
}

/// A version of a table as Glue shows it.
pub fn table_version(version: &TableVersion, catalog_id: &str) -> glue::TableVersion {
    glue::TableVersion { table: Some(table(&version.table, catalog_id)), version_id: Some(version.version_id.to_string()) }
}

fn view_definition(input: glue::ViewDefinitionInput) -> model::ViewDefinition {
    let representation = |representation: glue::ViewRepresentationInput| model::ViewRepresentation {
        dialect: representation.dialect,
        dialect_version: representation.dialect_version,
        view_original_text: representation.view_original_text,
        view_expanded_text: representation.view_expanded_text,
        validation_connection: representation.validation_connection,
    };
    model::ViewDefinition {
        is_protected: input.is_protected,
        definer: input.definer,
        view_version_id: input.view_version_id,
        view_version_token: input.view_version_token,
        refresh_seconds: input.refresh_seconds,
        last_refresh_type: input.last_refresh_type,
        sub_objects: input.sub_objects.unwrap_or_default(),
        sub_object_version_ids: input.sub_object_version_ids.unwrap_or_default(),
        representations: input.representations.unwrap_or_default().into_iter().map(representation).collect(),
    }
}

fn shown_view_definition(view: &model::ViewDefinition) -> glue::ViewDefinition {
    let representation = |representation: &model::ViewRepresentation| glue::ViewRepresentation {
        dialect: representation.dialect.clone(),
        dialect_version: representation.dialect_version.clone(),
        view_original_text: representation.view_original_text.clone(),
        view_expanded_text: representation.view_expanded_text.clone(),
        validation_connection: representation.validation_connection.clone(),
        is_stale: None,
    };
    glue::ViewDefinition {
        is_protected: view.is_protected,
        definer: view.definer.clone(),
        view_version_id: view.view_version_id,
        view_version_token: view.view_version_token.clone(),
        refresh_seconds: view.refresh_seconds,
        last_refresh_type: view.last_refresh_type.clone(),
        sub_objects: filled(&view.sub_objects),
        sub_object_version_ids: filled(&view.sub_object_version_ids),
        representations: filled(&view.representations.iter().map(representation).collect()),
    }
}
