//! Which indexes has a table's partitions? None: owlake finds partitions without. Ref: Glue API, GetPartitionIndexes.

use super::call::{catalog_id, on_catalog, table_names};
use super::failure;
use crate::app::App;
use crate::error::ApiError;
use crate::wire::{Operation, RequestContext, call};
use owlake_shapes::glue::{GetPartitionIndexesRequest, GetPartitionIndexesResponse};
use std::sync::Arc;

pub const GET_PARTITION_INDEXES: Operation =
    Operation { name: "GetPartitionIndexes", handler: |app, context, input| call(get_partition_indexes, app, context, input) };

/// Indexes can't be created yet, so the list is empty.
async fn get_partition_indexes(
    app: Arc<App>,
    context: RequestContext,
    input: GetPartitionIndexesRequest,
) -> Result<GetPartitionIndexesResponse, ApiError> {
    catalog_id(&context, input.catalog_id)?;
    let (database, table) = table_names(&input.database_name, &input.table_name)?;
    on_catalog(&app, move |catalog| catalog.table(&database, &table).map_err(failure::of_catalog)).await?;
    Ok(GetPartitionIndexesResponse { partition_index_descriptor_list: Some(Vec::new()), next_token: None })
}
