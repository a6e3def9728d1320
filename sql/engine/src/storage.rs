//! Where do the bytes of a bucket come from? The port to the one resolver that engine, writers and S3 endpoint share.

use std::sync::Arc;

use object_store::ObjectStore;

/// Resolves bucket names to stores. Implemented by the server's storage; never reads the environment.
pub trait BucketResolver: Send + Sync + std::fmt::Debug {
    /// The store of `bucket`; keys are the object names. Errors: the bucket does not exist or cannot be reached.
    fn object_store(&self, bucket: &str) -> Result<Arc<dyn ObjectStore>, BucketError>;
}

/// Why a bucket could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BucketError {
    #[error("The specified bucket does not exist: {bucket}")]
    NoSuchBucket { bucket: String },
    #[error("bucket '{bucket}' cannot be reached: {reason}")]
    Unreachable { bucket: String, reason: String },
}
