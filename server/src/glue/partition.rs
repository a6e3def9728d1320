//! How are single partitions created, read, replaced and removed? Ref: Glue API, CreatePartition, GetPartition,
//! UpdatePartition, DeletePartition.

use super::call::{catalog_id, on_catalog, table_names};
use super::{failure, shape};
use crate::app::App;
use crate::error::{ApiError, ApiErrorKind};
use crate::wire::{Operation, RequestContext, call};
use owlake_catalog::{CatalogError, PartitionUpdate, PartitionValues};
use owlake_shapes::glue::{
    CreatePartitionRequest, CreatePartitionResponse, DeletePartitionRequest, DeletePartitionResponse, GetPartitionRequest,
    GetPartitionResponse, UpdatePartitionRequest, UpdatePartitionResponse,
};
use std::sync::Arc;

pub const CREATE_PARTITION: Operation =
    Operation { name: "CreatePartition", handler: |app, context, input| call(create_partition, app, context, input) };

pub const GET_PARTITION: Operation =
    Operation { name: "GetPartition", handler: |app, context, input| call(get_partition, app, context, input) };

pub const UPDATE_PARTITION: Operation =
    Operation { name: "UpdatePartition", handler: |app, context, input| call(update_partition, app, context, input) };

pub const DELETE_PARTITION: Operation =
    Operation { name: "DeletePartition", handler: |app, context, input| call(delete_partition, app, context, input) };

async fn create_partition(
    app: Arc<App>,
    context: RequestContext,
    input: CreatePartitionRequest,
) -> Result<CreatePartitionResponse, ApiError> {
    catalog_id(&context, input.catalog_id)?;
    let (database, table) = table_names(&input.database_name, &input.table_name)?;
    let definition = shape::partition_definition(input.partition_input);
    on_catalog(&app, move |catalog| catalog.create_partition(&database, &table, definition).map_err(failure::of_catalog)).await?;
    Ok(CreatePartitionResponse {})
}

async fn get_partition(app: Arc<App>, context: RequestContext, input: GetPartitionRequest) -> Result<GetPartitionResponse, ApiError> {
    let catalog_id = catalog_id(&context, input.catalog_id)?;
    let (database, table) = table_names(&input.database_name, &input.table_name)?;
    let values: PartitionValues = input.partition_values.into_iter().collect();
    let partition = on_catalog(&app, move |catalog| {
        let partition = catalog.partition(&database, &table, &values).map_err(failure::of_catalog)?;
        Ok(shape::partition(&partition, (&database, &table), &catalog_id, true))
    })
    .await?;
    Ok(GetPartitionResponse { partition: Some(partition) })
}

/// Replaces the partition; its values may change, which renames it.
async fn update_partition(
    app: Arc<App>,
    context: RequestContext,
    input: UpdatePartitionRequest,
) -> Result<UpdatePartitionResponse, ApiError> {
    catalog_id(&context, input.catalog_id)?;
    let (database, table) = table_names(&input.database_name, &input.table_name)?;
    let values = input.partition_value_list.into_iter().collect();
    let update = PartitionUpdate { values, definition: shape::partition_definition(input.partition_input) };
    on_catalog(&app, move |catalog| {
        catalog.update_partition(&database, &table, update).map_err(|error| match error {
            // Only here the text differs from that of the other operations.
            CatalogError::PartitionNotFound { .. } => ApiError::new(ApiErrorKind::EntityNotFound, "Partition not found."),
            error => failure::of_catalog(error),
        })
    })
    .await?;
    Ok(UpdatePartitionResponse {})
}

async fn delete_partition(
    app: Arc<App>,
    context: RequestContext,
    input: DeletePartitionRequest,
) -> Result<DeletePartitionResponse, ApiError> {
    catalog_id(&context, input.catalog_id)?;
    let (database, table) = table_names(&input.database_name, &input.table_name)?;
    let values = input.partition_values.into_iter().collect();
    on_catalog(&app, move |catalog| catalog.delete_partition(&database, &table, values).map_err(failure::of_catalog)).await?;
    Ok(DeletePartitionResponse {})
}
