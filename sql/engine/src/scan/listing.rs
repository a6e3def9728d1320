//! Which objects hold a partition's rows? Ref: measured Athena behaviour, "Objects under a location".
//!
//! Listings are never cached: an object written between two queries must be seen by the second.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};
use object_store::{ObjectMeta, ObjectStore};

use super::location::Location;
use crate::error::EngineError;
use crate::storage::BucketResolver;

/// How many locations of one table are listed at the same time.
const CONCURRENT_LISTINGS_MAX: usize = 32;

/// One object of a table, and where it comes from.
#[derive(Debug, Clone)]
pub struct ListedFile {
    pub store: Arc<dyn ObjectStore>,
    pub bucket: Arc<str>,
    pub meta: ObjectMeta,
    /// Which of the listed locations it lies under.
    pub location_index: usize,
}

impl ListedFile {
    /// `s3://bucket/key`, as `"$path"` and error texts show it.
    pub fn url(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.meta.location)
    }
}

/// Lists every data object under the locations, in the order of the locations and of the keys. Ignored: keys with a segment below
/// the location that starts with `_` or `.`, empty objects, folder markers. A prefix without objects gives none.
/// Errors: a bucket that does not exist or cannot be reached.
pub async fn list_files(buckets: &Arc<dyn BucketResolver>, locations: &[Location]) -> Result<Vec<ListedFile>, EngineError> {
    let numbered: Vec<(usize, Location)> = locations.iter().cloned().enumerate().collect();
    let listings: Vec<Vec<ListedFile>> = futures::stream::iter(numbered)
        .map(|(location_index, location)| list_location(Arc::clone(buckets), location, location_index))
        .buffered(CONCURRENT_LISTINGS_MAX)
        .try_collect()
        .await?;
    Ok(listings.into_iter().flatten().collect())
}

async fn list_location(
    buckets: Arc<dyn BucketResolver>,
    location: Location,
    location_index: usize,
) -> Result<Vec<ListedFile>, EngineError> {
    let store = buckets.object_store(&location.bucket)?;
    let prefix = location.store_prefix();
    let bucket: Arc<str> = location.bucket.as_str().into();
    let mut files = Vec::new();
    let mut objects = store.list(prefix.as_ref());
    while let Some(meta) = objects.try_next().await.map_err(|error| listing_failure(&error, &location))? {
        if meta.size > 0 && !is_hidden(meta.location.as_ref(), &location.prefix) {
            files.push(ListedFile { store: Arc::clone(&store), bucket: Arc::clone(&bucket), meta, location_index });
        }
    }
    files.sort_unstable_by(|a, b| a.meta.location.cmp(&b.meta.location));
    Ok(files)
}

/// Has the key, below the prefix, a segment that Hive ignores?
fn is_hidden(key: &str, prefix: &str) -> bool {
    let below = key.strip_prefix(prefix).unwrap_or(key);
    key.ends_with('/') || below.split('/').any(|segment| segment.starts_with('_') || segment.starts_with('.'))
}

fn listing_failure(error: &object_store::Error, location: &Location) -> EngineError {
    tracing::warn!(cause = %error, bucket = %location.bucket, prefix = %location.prefix, "a location could not be listed");
    EngineError::engine("HIVE_FILESYSTEM_ERROR", format!("Failed to list objects under s3://{}/{}", location.bucket, location.prefix))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn hidden_segments_count_below_the_location_only() {
        assert!(is_hidden("t/_SUCCESS", "t"));
        assert!(is_hidden("t/.hive/a.parquet", "t"));
        assert!(is_hidden("t/a/_temporary/0/b", "t"));
        assert!(!is_hidden("t/a_b/c.d", "t"));
        assert!(!is_hidden("_t/a", "_t"));
    }
}
