//! How does the storage serve the engine's port? By handing out each bucket's object store, and by showing files together.

use std::sync::Arc;

use object_store::ObjectStore;
use owlake_engine::error::EngineError;
use owlake_engine::storage::{BucketError, BucketResolver, Entry, Publication};

use super::error::{StorageError, StorageErrorKind};
use super::object_store::FileObjectStore;
use super::resolver::Storage;
use super::visibility::View;

impl BucketResolver for Storage {
    fn object_store(&self, bucket: &str) -> Result<Arc<dyn ObjectStore>, BucketError> {
        Self::object_store(self, bucket).map_err(|error| bucket_error(bucket, &error))
    }

    fn at_this_instant(self: Arc<Self>) -> Option<Arc<dyn BucketResolver>> {
        let view = Arc::new(self.visibility.query_view());
        Some(Arc::new(Instant { storage: self, view }))
    }

    fn publish(
        &self,
        publication: &Publication,
        entry: &Entry,
        enter: &mut dyn FnMut() -> Result<(), EngineError>,
    ) -> Result<(), EngineError> {
        self.publish_members(publication, entry, enter)
    }
}

/// The buckets as one query sees them.
#[derive(Debug)]
struct Instant {
    storage: Arc<Storage>,
    view: Arc<View>,
}

impl BucketResolver for Instant {
    fn object_store(&self, bucket: &str) -> Result<Arc<dyn ObjectStore>, BucketError> {
        match self.storage.bucket(bucket) {
            Ok(files) => Ok(Arc::new(FileObjectStore::as_of(files, Arc::clone(&self.view)))),
            // Kept in an external store, which shows what there is.
            Err(error) if error.kind == StorageErrorKind::Unsupported => BucketResolver::object_store(self.storage.as_ref(), bucket),
            Err(error) => Err(bucket_error(bucket, &error)),
        }
    }

    fn publish(
        &self,
        publication: &Publication,
        entry: &Entry,
        enter: &mut dyn FnMut() -> Result<(), EngineError>,
    ) -> Result<(), EngineError> {
        self.storage.publish_members(publication, entry, enter)
    }
}

fn bucket_error(bucket: &str, error: &StorageError) -> BucketError {
    match error.kind {
        StorageErrorKind::NoSuchBucket | StorageErrorKind::InvalidBucketName => BucketError::NoSuchBucket { bucket: bucket.to_owned() },
        _ => BucketError::Unreachable { bucket: bucket.to_owned(), reason: error.to_string() },
    }
}
