//! Which partitions does MSCK REPAIR TABLE find? The `k=v` folders under the table that the catalog lacks. Ref: Athena user guide, MSCK REPAIR TABLE.

use std::collections::BTreeSet;

use futures::TryStreamExt;
use object_store::path::Path;
use owlake_catalog::partition::path::decode_segment;
use owlake_catalog::{PartitionValues, TableSnapshot};
use owlake_syntax::hive::ast::Name;

use super::{StatementContext, failure, partitions, target};
use crate::error::EngineError;
use crate::storage::BucketError;

/// Partitions added in one catalog write. Ref: Glue, BatchCreatePartition takes 100; ours are local, so larger.
const BATCH_PARTITIONS: usize = 10_000;

/// Adds what is found and prints it; nothing is ever removed.
pub(super) async fn run(context: &StatementContext, name: &Name) -> Result<Vec<String>, EngineError> {
    let snapshot = target::load_with_partitions(context, name)?;
    let table = &snapshot.table;
    if table.partition_keys().is_empty() {
        return Err(failure::ddl_task(&format!("Table {}.{} is not a partitioned table", table.database, table.name), None));
    }
    let found = folders(context, &snapshot).await?;
    let missing: Vec<PartitionValues> = found.into_iter().filter(|values| snapshot.partitions.find(values).is_none()).collect();
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    for batch in missing.chunks(BATCH_PARTITIONS) {
        let definitions = batch.iter().map(|values| partitions::definition(table, values.clone(), None)).collect();
        let (catalog, database, table_name) = (context.catalog.clone(), table.database.clone(), table.name.clone());
        let written = tokio::task::spawn_blocking(move || catalog.create_partitions(&database, &table_name, definitions)).await;
        let failures = written
            .map_err(|error| EngineError::internal(format!("a catalog write ended abnormally: {error}")))?
            .map_err(failure::from_catalog)?;
        // Somebody else may have added the same partition meanwhile: it is there, which is what was asked for.
        if let Some(failed) =
            failures.into_iter().find(|failed| !matches!(failed.error, owlake_catalog::CatalogError::AlreadyExists { .. }))
        {
            return Err(failure::from_catalog(failed.error));
        }
    }
    let shown = |values: &PartitionValues| {
        format!("{}:{}", table.name, owlake_catalog::partition::path::encode_path(table.partition_keys(), values))
    };
    let mut lines =
        vec![format!("Partitions not in metastore:{}", missing.iter().map(|values| format!("\t{}", shown(values))).collect::<String>())];
    lines.extend(missing.iter().map(|values| format!("Repair: Added partition to metastore {}", shown(values))));
    Ok(lines)
}

/// The values of every folder `k1=v1/k2=v2/…` with an object in it, all keys present, in order and in lower case.
async fn folders(context: &StatementContext, snapshot: &TableSnapshot) -> Result<BTreeSet<PartitionValues>, EngineError> {
    let table = &snapshot.table;
    let location = table.location().unwrap_or_default();
    let rest = location
        .strip_prefix("s3://")
        .ok_or_else(|| failure::ddl_task(&format!("MetaException(message:Table location '{location}' is not in S3)"), None))?;
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let store = context.buckets.object_store(bucket).map_err(bucket_failure)?;
    let root = Path::from(prefix.trim_matches('/'));
    let depth = table.partition_keys().len();
    let mut level = vec![(root, Vec::<String>::new())];
    for key_index in 0..depth {
        let key = &table.partition_keys()[key_index].name;
        let mut next = Vec::new();
        for (folder, values) in level {
            let listed = store.list_with_delimiter(Some(&folder)).await.map_err(|error| listing_failure(&error))?;
            for child in listed.common_prefixes {
                let segment = child.filename().unwrap_or_default().to_string();
                let Some((found_key, value)) = decode_segment(&segment) else { continue };
                // Keys in upper case are not seen, and a value with a colon is passed over in silence, as in Athena.
                if found_key != *key || value.contains(':') {
                    continue;
                }
                let mut values = values.clone();
                values.push(value);
                next.push((child, values));
            }
        }
        level = next;
    }
    let mut found = BTreeSet::new();
    for (folder, values) in level {
        if store.list(Some(&folder)).try_next().await.map_err(|error| listing_failure(&error))?.is_some() {
            found.insert(values.into_iter().collect());
        }
    }
    Ok(found)
}

fn bucket_failure(error: BucketError) -> EngineError {
    failure::ddl_task(
        &format!(
            "MetaException(message:Got exception: com.amazonaws.services.s3.model.AmazonS3Exception {error} (Service: Amazon S3; Status Code: 404; Error Code: NoSuchBucket))"
        ),
        None,
    )
}

fn listing_failure(error: &object_store::Error) -> EngineError {
    tracing::error!(error = %error, "listing a table's folders failed");
    failure::ddl_task("MetaException(message:Got exception: the table's location cannot be listed)", None)
}
