//! How do storage descriptors and columns become Glue's shapes and back? Ref: Glue API, `StorageDescriptor`.

use super::filled;
use owlake_catalog::model;
use owlake_catalog::{Column, SerDeInfo, StorageDescriptor, StorageFormat};
use owlake_shapes::glue;
use std::sync::Arc;

/// What a `StorageDescriptor` of a request says.
pub fn storage(input: glue::StorageDescriptor) -> StorageDescriptor {
    StorageDescriptor {
        location: input.location.map(Into::into),
        format: Arc::new(StorageFormat {
            columns: columns(input.columns),
            additional_locations: input.additional_locations.unwrap_or_default(),
            input_format: input.input_format,
            output_format: input.output_format,
            compressed: input.compressed,
            number_of_buckets: input.number_of_buckets,
            serde_info: input.serde_info.map(|serde_info| SerDeInfo {
                name: serde_info.name,
                serialization_library: serde_info.serialization_library,
                parameters: serde_info.parameters.unwrap_or_default(),
            }),
            bucket_columns: input.bucket_columns.unwrap_or_default(),
            sort_columns: input
                .sort_columns
                .unwrap_or_default()
                .into_iter()
                .map(|order| model::SortColumn { column: order.column, sort_order: order.sort_order })
                .collect(),
            parameters: input.parameters.unwrap_or_default(),
            skewed_info: input.skewed_info.map(|skewed| model::SkewedInfo {
                column_names: skewed.skewed_column_names.unwrap_or_default(),
                column_values: skewed.skewed_column_values.unwrap_or_default(),
                column_value_location_maps: skewed.skewed_column_value_location_maps.unwrap_or_default(),
            }),
            stored_as_sub_directories: input.stored_as_sub_directories,
            schema_reference: input.schema_reference.map(|reference| {
                let schema = reference.schema_id.unwrap_or_default();
                model::SchemaReference {
                    schema_arn: schema.schema_arn,
                    schema_name: schema.schema_name,
                    registry_name: schema.registry_name,
                    schema_version_id: reference.schema_version_id,
                    schema_version_number: reference.schema_version_number,
                }
            }),
        }),
    }
}

/// The columns of a request.
pub fn columns(input: Option<Vec<glue::Column>>) -> Vec<Column> {
    let column = |column: glue::Column| Column {
        name: column.name,
        type_text: column.r#type,
        comment: column.comment,
        parameters: column.parameters.unwrap_or_default(),
    };
    input.unwrap_or_default().into_iter().map(column).collect()
}

/// A storage descriptor as Glue shows it, with the values Glue fills in where a client left them out.
pub fn shown_storage(storage: &StorageDescriptor, is_with_columns: bool) -> glue::StorageDescriptor {
    let format = &storage.format;
    glue::StorageDescriptor {
        columns: is_with_columns.then(|| shown_columns(&format.columns)),
        location: storage.location.as_deref().map(str::to_owned),
        additional_locations: filled(&format.additional_locations),
        input_format: format.input_format.clone(),
        output_format: format.output_format.clone(),
        compressed: Some(format.compressed.unwrap_or(false)),
        number_of_buckets: Some(format.number_of_buckets.unwrap_or(0)),
        serde_info: format.serde_info.as_ref().map(|serde_info| glue::SerDeInfo {
            name: serde_info.name.clone(),
            serialization_library: serde_info.serialization_library.clone(),
            parameters: filled(&serde_info.parameters),
        }),
        bucket_columns: filled(&format.bucket_columns),
        sort_columns: filled(&format.sort_columns)
            .map(|orders| orders.into_iter().map(|order| glue::Order { column: order.column, sort_order: order.sort_order }).collect()),
        parameters: filled(&format.parameters),
        skewed_info: format.skewed_info.as_ref().map(|skewed| glue::SkewedInfo {
            skewed_column_names: filled(&skewed.column_names),
            skewed_column_values: filled(&skewed.column_values),
            skewed_column_value_location_maps: filled(&skewed.column_value_location_maps),
        }),
        stored_as_sub_directories: Some(format.stored_as_sub_directories.unwrap_or(false)),
        schema_reference: format.schema_reference.as_ref().map(|reference| {
            let schema = glue::SchemaId {
                schema_arn: reference.schema_arn.clone(),
                schema_name: reference.schema_name.clone(),
                registry_name: reference.registry_name.clone(),
            };
            glue::SchemaReference {
                schema_id: filled(&schema),
                schema_version_id: reference.schema_version_id.clone(),
                schema_version_number: reference.schema_version_number,
            }
        }),
    }
}

/// Columns as Glue shows them.
pub fn shown_columns(columns: &[Column]) -> Vec<glue::Column> {
    let column = |column: &Column| glue::Column {
        name: column.name.clone(),
        r#type: column.type_text.clone(),
        comment: column.comment.clone(),
        parameters: filled(&column.parameters),
    };
    columns.iter().map(column).collect()
}
