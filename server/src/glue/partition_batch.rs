//! How are partitions created, read, replaced and removed in batches? Each item succeeds or fails for itself. Ref: Glue API,
//! BatchCreatePartition, BatchGetPartition, BatchUpdatePartition, BatchDeletePartition.

use super::call::{catalog_id, on_catalog, table_names};
use super::{failure, shape};
use crate::app::App;
use crate::error::{ApiError, ApiErrorKind};
use crate::wire::{Operation, RequestContext, call};
use owlake_catalog::{CatalogError, PartitionFailure, PartitionUpdate, PartitionValues};
use owlake_shapes::glue::{
    BatchCreatePartitionRequest, BatchCreatePartitionResponse, BatchDeletePartitionRequest, BatchDeletePartitionResponse,
    BatchGetPartitionRequest, BatchGetPartitionResponse, BatchUpdatePartitionFailureEntry, BatchUpdatePartitionRequest,
    BatchUpdatePartitionResponse, PartitionError,
};
use std::sync::Arc;

pub const BATCH_CREATE_PARTITION: Operation =
    Operation { name: "BatchCreatePartition", handler: |app, context, input| call(batch_create_partition, app, context, input) };

pub const BATCH_GET_PARTITION: Operation =
    Operation { name: "BatchGetPartition", handler: |app, context, input| call(batch_get_partition, app, context, input) };

pub const BATCH_UPDATE_PARTITION: Operation =
    Operation { name: "BatchUpdatePartition", handler: |app, context, input| call(batch_update_partition, app, context, input) };

pub const BATCH_DELETE_PARTITION: Operation =
    Operation { name: "BatchDeletePartition", handler: |app, context, input| call(batch_delete_partition, app, context, input) };

async fn batch_create_partition(
    app: Arc<App>,
    context: RequestContext,
    input: BatchCreatePartitionRequest,
) -> Result<BatchCreatePartitionResponse, ApiError> {
    catalog_id(&context, input.catalog_id)?;
    let (database, table) = table_names(&input.database_name, &input.table_name)?;
    let partitions = input.partition_input_list.into_iter().map(shape::partition_definition).collect();
    let failures =
        on_catalog(&app, move |catalog| catalog.create_partitions(&database, &table, partitions).map_err(failure::of_catalog)).await?;
    Ok(BatchCreatePartitionResponse { errors: Some(failures.into_iter().map(partition_error).collect()) })
}

/// Partitions that do not exist are left out; `UnprocessedKeys` is for throttling, which does not happen here.
async fn batch_get_partition(
    app: Arc<App>,
    context: RequestContext,
    input: BatchGetPartitionRequest,
) -> Result<BatchGetPartitionResponse, ApiError> {
    let catalog_id = catalog_id(&context, input.catalog_id)?;
    let (database, table) = table_names(&input.database_name, &input.table_name)?;
    let partitions = on_catalog(&app, move |catalog| {
        catalog.table(&database, &table).map_err(failure::of_catalog)?;
        let mut partitions = Vec::with_capacity(input.partitions_to_get.len());
        for wanted in input.partitions_to_get {
            match catalog.partition(&database, &table, &wanted.values.into_iter().collect::<PartitionValues>()) {
                Ok(partition) => partitions.push(shape::partition(&partition, (&database, &table), &catalog_id, true)),
                Err(CatalogError::PartitionNotFound { .. }) => {}
                Err(error) => return Err(failure::of_catalog(error)),
            }
        }
        Ok(partitions)
    })
    .await?;
    Ok(BatchGetPartitionResponse { partitions: Some(partitions), unprocessed_keys: Some(Vec::new()) })
}

async fn batch_update_partition(
    app: Arc<App>,
    context: RequestContext,
    input: BatchUpdatePartitionRequest,
) -> Result<BatchUpdatePartitionResponse, ApiError> {
    catalog_id(&context, input.catalog_id)?;
    let (database, table) = table_names(&input.database_name, &input.table_name)?;
    let update = |entry: owlake_shapes::glue::BatchUpdatePartitionRequestEntry| PartitionUpdate {
        values: entry.partition_value_list.into_iter().collect(),
        definition: shape::partition_definition(entry.partition_input),
    };
    let updates = input.entries.into_iter().map(update).collect();
    let failures =
        on_catalog(&app, move |catalog| catalog.update_partitions(&database, &table, updates).map_err(failure::of_catalog)).await?;
    Ok(BatchUpdatePartitionResponse { errors: Some(failures.into_iter().map(update_failure).collect()) })
}

async fn batch_delete_partition(
    app: Arc<App>,
    context: RequestContext,
    input: BatchDeletePartitionRequest,
) -> Result<BatchDeletePartitionResponse, ApiError> {
    catalog_id(&context, input.catalog_id)?;
    let (database, table) = table_names(&input.database_name, &input.table_name)?;
    let partitions = input.partitions_to_delete.into_iter().map(|partition| partition.values.into_iter().collect()).collect();
    let failures =
        on_catalog(&app, move |catalog| catalog.delete_partitions(&database, &table, partitions).map_err(failure::of_catalog)).await?;
    Ok(BatchDeletePartitionResponse { errors: Some(failures.into_iter().map(partition_error).collect()) })
}

fn partition_error(failed: PartitionFailure) -> PartitionError {
    PartitionError {
        partition_values: Some(failed.values.iter().map(str::to_owned).collect()),
        error_detail: Some(failure::detail(failure::of_catalog(failed.error))),
    }
}

fn update_failure(failed: PartitionFailure) -> BatchUpdatePartitionFailureEntry {
    let error = match failed.error {
        // Only here the text names the values.
        CatalogError::PartitionNotFound { values } => ApiError::new(ApiErrorKind::EntityNotFound, format!("Partition {values} not found")),
        error => failure::of_catalog(error),
    };
    BatchUpdatePartitionFailureEntry {
        partition_value_list: Some(failed.values.iter().map(str::to_owned).collect()),
        error_detail: Some(failure::detail(error)),
    }
}
