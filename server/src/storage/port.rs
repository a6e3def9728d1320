//! How does the storage serve the engine's port? By handing out each bucket's object store.

use std::sync::Arc;

use object_store::ObjectStore;
use owlake_engine::storage::{BucketError, BucketResolver};

use super::error::StorageErrorKind;
use super::resolver::Storage;

impl BucketResolver for Storage {
    fn object_store(&self, bucket: &str) -> Result<Arc<dyn ObjectStore>, BucketError> {
        Self::object_store(self, bucket).map_err(|error| match error.kind {
            StorageErrorKind::NoSuchBucket | StorageErrorKind::InvalidBucketName => BucketError::NoSuchBucket { bucket: bucket.to_owned() },
            _ => BucketError::Unreachable { bucket: bucket.to_owned(), reason: error.to_string() },
        })
    }
}
