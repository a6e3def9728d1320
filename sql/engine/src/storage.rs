//! Where do the bytes of a bucket come from, and how do a statement's files appear? The port to the one resolver that engine, writers
//! and S3 endpoint share.

use std::any::Any;
use std::sync::Arc;

use object_store::ObjectStore;
use parking_lot::Mutex;

use crate::error::EngineError;

/// Resolves bucket names to stores. Implemented by the server's storage; never reads the environment.
pub trait BucketResolver: Send + Sync + std::fmt::Debug {
    /// The store of `bucket`; keys are the object names. Errors: the bucket does not exist or cannot be reached.
    fn object_store(&self, bucket: &str) -> Result<Arc<dyn ObjectStore>, BucketError>;

    /// The same buckets with listings that all show this one instant, as far as statements' files go; `None` where a listing shows
    /// what there is when it gets there.
    fn at_this_instant(self: Arc<Self>) -> Option<Arc<dyn BucketResolver>> {
        None
    }

    /// Shows the publication's files and makes the catalog's entry: both or neither, also after a crash. Blocks on the disk.
    /// Errors: those of `enter`; HIVE_WRITER_CLOSE_ERROR. Then no file is left, but in external stores.
    fn publish(
        &self,
        _publication: &Publication,
        _entry: &Entry,
        enter: &mut dyn FnMut() -> Result<(), EngineError>,
    ) -> Result<(), EngineError> {
        enter()
    }
}

/// The files of one statement. A store finds it among the extensions of an upload's options; one that can show several objects at
/// once enlists the upload, when it is completed, instead of showing its object.
#[derive(Clone, Default)]
pub struct Publication(Arc<Mutex<Vec<Box<dyn Any + Send>>>>);

impl Publication {
    /// Adds a file whose bytes are all there. What it is only its store knows.
    pub fn enlist(&self, member: Box<dyn Any + Send>) {
        self.0.lock().push(member);
    }

    /// All files enlisted so far, which the publication forgets.
    pub fn take(&self) -> Vec<Box<dyn Any + Send>> {
        std::mem::take(&mut *self.0.lock())
    }
}

impl std::fmt::Debug for Publication {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Publication").field("files", &self.0.lock().len()).finish()
    }
}

/// What the catalog is to know of the files, as a note that outlives a crash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Nothing: files of partitions, or of a table, that it knows.
    None,
    /// Partitions of a known table. They are entered before their files are shown, so that no query has some of the files only.
    Partitions(String),
    /// A table, which is entered when its files are there.
    Table(String),
}

/// Why a bucket could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BucketError {
    #[error("The specified bucket does not exist: {bucket}")]
    NoSuchBucket { bucket: String },
    #[error("bucket '{bucket}' cannot be reached: {reason}")]
    Unreachable { bucket: String, reason: String },
}
