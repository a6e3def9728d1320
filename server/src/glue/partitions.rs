//! Which partitions of a table meet an expression? Ref: Glue API, GetPartitions.

use super::call::{catalog_id, on_catalog, table_names};
use super::{failure, page, shape};
use crate::app::App;
use crate::error::{ApiError, ApiErrorKind};
use crate::wire::{Operation, RequestContext, call, page_token};
use owlake_catalog::partition::filter::PartitionFilter;
use owlake_catalog::{Partition, PartitionSet, PartitionValues};
use owlake_shapes::glue::{GetPartitionsRequest, GetPartitionsResponse, Segment};
use std::sync::Arc;

pub const GET_PARTITIONS: Operation =
    Operation { name: "GetPartitions", handler: |app, context, input| call(get_partitions, app, context, input) };

/// Partitions by values, from where the token points to; a page costs what it looks at, not what the table has.
async fn get_partitions(app: Arc<App>, context: RequestContext, input: GetPartitionsRequest) -> Result<GetPartitionsResponse, ApiError> {
    let catalog_id = catalog_id(&context, input.catalog_id)?;
    failure::refuse_member("TransactionId", input.transaction_id.is_some())?;
    failure::refuse_member("QueryAsOfTime", input.query_as_of_time.is_some())?;
    let (database, table) = table_names(&input.database_name, &input.table_name)?;
    let expression = input.expression.unwrap_or_default();
    let segment = input.segment.map(checked_segment).transpose()?;
    let listing = format!(
        "GetPartitions/{database}/{table}/{}/{expression}",
        segment.as_ref().map(|segment| format!("{}:{}", segment.segment_number, segment.total_segments)).unwrap_or_default()
    );
    let after: Option<Vec<String>> = page::position(&listing, input.next_token.as_deref())?;
    let length = page::length(input.max_results, page::PARTITIONS_MAX);
    let is_with_columns = input.exclude_column_schema != Some(true);
    on_catalog(&app, move |catalog| {
        let snapshot = catalog.load_table(&database, &table).map_err(failure::of_catalog)?;
        let filter = PartitionFilter::parse(&expression, snapshot.table.partition_keys()).map_err(failure::of_catalog)?;
        let after = after.map(|values| values.into_iter().collect());
        // One more than the page tells whether there is another page.
        let mut found = select(&snapshot.partitions, after, &filter, segment.as_ref(), length + 1)?;
        let has_more = found.len() > length;
        found.truncate(length);
        let next_token = match found.last() {
            Some(last) if has_more => page_token::encode(&listing, &last.values().iter().collect::<Vec<_>>()),
            _ => None,
        };
        let shown = |partition: &Arc<Partition>| shape::partition(partition, (&database, &table), &catalog_id, is_with_columns);
        Ok(GetPartitionsResponse { partitions: Some(found.iter().map(shown).collect()), next_token })
    })
    .await
}

fn select(
    partitions: &PartitionSet,
    after: Option<PartitionValues>,
    filter: &PartitionFilter,
    segment: Option<&Segment>,
    partitions_max: usize,
) -> Result<Vec<Arc<Partition>>, ApiError> {
    let start = after.map_or(0, |after| partitions.as_slice().partition_point(|partition| *partition.values() <= after));
    let mut found = Vec::new();
    for partition in partitions.as_slice().iter().skip(start) {
        if segment.is_none_or(|segment| is_in(segment, partition.values()))
            && filter.matches(partition.values()).map_err(failure::of_catalog)?
        {
            found.push(partition.clone());
            if found.len() == partitions_max {
                break;
            }
        }
    }
    Ok(found)
}

fn checked_segment(segment: Segment) -> Result<Segment, ApiError> {
    if segment.segment_number < segment.total_segments {
        return Ok(segment);
    }
    let text = format!("Segment number {} is not less than the total of {} segments", segment.segment_number, segment.total_segments);
    Err(ApiError::new(ApiErrorKind::InvalidInput, text))
}

/// Segments are disjoint and cover all partitions, whatever is added meanwhile: the values alone decide.
fn is_in(segment: &Segment, values: &PartitionValues) -> bool {
    let mut hasher = crc32fast::Hasher::new();
    for value in values.iter() {
        hasher.update(value.as_bytes());
        hasher.update(&[0]);
    }
    i64::from(hasher.finalize()) % segment.total_segments.max(1) == segment.segment_number
}
