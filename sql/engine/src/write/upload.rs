//! How do bytes stay hidden until the commit? As uploads that are not completed: no listing shows them, and a crash leaves nothing.
//!
//! A local bucket keeps an unfinished upload in its folder for temporary files, and shows all uploads of one [`Publication`] together;
//! an S3-compatible store keeps it as a multipart upload and shows one after the other.
//! Ref: Amazon S3 API reference, CompleteMultipartUpload.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{Extensions, MultipartUpload, ObjectStore, ObjectStoreExt, PutMultipartOptions};
use tokio::task::JoinSet;

use crate::error::EngineError;
use crate::storage::{BucketResolver, Entry, Publication};

/// Parts of one file on their way at once.
const PARTS_PARALLEL_MAX: usize = 2;
/// Files completed at once.
const COMMITS_PARALLEL_MAX: usize = 8;

/// A file being written; given up when dropped.
pub(super) struct Upload {
    store: Arc<dyn ObjectStore>,
    bucket: Arc<str>,
    key: Path,
    /// Gone once the upload is completed.
    upload: Option<Box<dyn MultipartUpload>>,
    parts: JoinSet<object_store::Result<()>>,
    bytes: u64,
}

/// A file whose upload is completed.
#[derive(Debug, Clone)]
pub(super) struct WrittenFile {
    pub url: String,
    pub bytes: u64,
    store: Arc<dyn ObjectStore>,
    key: Path,
}

impl Upload {
    /// Errors: HIVE_WRITER_OPEN_ERROR.
    pub(super) async fn open(
        store: Arc<dyn ObjectStore>,
        bucket: Arc<str>,
        key: Path,
        publication: &Publication,
    ) -> Result<Upload, EngineError> {
        let mut extensions = Extensions::new();
        extensions.insert(publication.clone());
        let options = PutMultipartOptions { extensions, ..PutMultipartOptions::default() };
        let opened = store.put_multipart_opts(&key, options).await;
        let upload = opened.map_err(|error| failed("HIVE_WRITER_OPEN_ERROR", "Error creating a file", &key, &error))?;
        Ok(Upload { store, bucket, key, upload: Some(upload), parts: JoinSet::new(), bytes: 0 })
    }

    /// Hands bytes over; returns when the store keeps up. Errors: HIVE_WRITER_DATA_ERROR.
    pub(super) async fn put(&mut self, bytes: Vec<u8>) -> Result<(), EngineError> {
        while self.parts.len() >= PARTS_PARALLEL_MAX {
            self.part_done().await?;
        }
        let Some(upload) = self.upload.as_mut() else { return Err(EngineError::internal("a file was written after its end")) };
        self.bytes += bytes.len() as u64;
        self.parts.spawn(upload.put_part(bytes.into()));
        Ok(())
    }

    /// Waits until every byte is with the store. The file stays hidden.
    pub(super) async fn seal(&mut self) -> Result<(), EngineError> {
        while !self.parts.is_empty() {
            self.part_done().await?;
        }
        Ok(())
    }

    async fn part_done(&mut self) -> Result<(), EngineError> {
        match self.parts.join_next().await {
            None | Some(Ok(Ok(()))) => Ok(()),
            Some(Ok(Err(error))) => Err(failed("HIVE_WRITER_DATA_ERROR", "Error writing a file", &self.key, &error)),
            Some(Err(error)) => Err(EngineError::internal(format!("a part was not written: {error}"))),
        }
    }

    async fn complete(mut self) -> Result<WrittenFile, EngineError> {
        let Some(mut upload) = self.upload.take() else { return Err(EngineError::internal("a file was committed twice")) };
        upload.complete().await.map_err(|error| failed("HIVE_WRITER_CLOSE_ERROR", "Error committing a file", &self.key, &error))?;
        let url = format!("s3://{}/{}", self.bucket, self.key);
        Ok(WrittenFile { url, bytes: self.bytes, store: Arc::clone(&self.store), key: self.key.clone() })
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(mut upload) = self.upload.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(async move {
                if let Err(error) = upload.abort().await {
                    tracing::warn!(%error, "an upload cannot be given up");
                }
            });
        }
    }
}

/// Shows all files and makes the catalog's entry by `enter`. Errors: then there is no file, and no entry.
pub(super) async fn commit(
    uploads: Vec<Upload>,
    publication: Publication,
    buckets: Arc<dyn BucketResolver>,
    entry: Entry,
    mut enter: impl FnMut() -> Result<(), EngineError> + Send + 'static,
) -> Result<Vec<WrittenFile>, EngineError> {
    let files = complete(uploads).await?;
    let published = tokio::task::spawn_blocking(move || buckets.publish(&publication, &entry, &mut enter)).await;
    match published.unwrap_or_else(|error| Err(EngineError::internal(format!("a commit ended abnormally: {error}")))) {
        Ok(()) => Ok(files),
        Err(error) => {
            withdraw(&files).await;
            Err(error)
        }
    }
}

async fn complete(uploads: Vec<Upload>) -> Result<Vec<WrittenFile>, EngineError> {
    let mut shown: Vec<Result<WrittenFile, EngineError>> =
        futures::stream::iter(uploads.into_iter().map(Upload::complete)).buffered(COMMITS_PARALLEL_MAX).collect().await;
    match shown.iter().position(Result::is_err) {
        None => shown.into_iter().collect(),
        Some(failed) => {
            let failure = shown.swap_remove(failed);
            let visible: Vec<WrittenFile> = shown.into_iter().flatten().collect();
            withdraw(&visible).await;
            failure.map(|file| vec![file])
        }
    }
}

/// Removes files that an external store shows already, though the statement failed.
async fn withdraw(files: &[WrittenFile]) {
    for file in files {
        if let Err(error) = file.store.delete(&file.key).await {
            tracing::warn!(%error, url = file.url, "a file of a failed statement cannot be removed");
        }
    }
}

/// Whether a folder has any object in it.
pub(super) async fn has_objects(store: &Arc<dyn ObjectStore>, prefix: Option<&Path>) -> Result<bool, EngineError> {
    match store.list(prefix).try_next().await {
        Ok(found) => Ok(found.is_some()),
        Err(error) => {
            tracing::warn!(%error, "a target folder cannot be listed");
            Err(EngineError::engine("HIVE_FILESYSTEM_ERROR", "Failed to list the target directory"))
        }
    }
}

fn failed(name: &str, text: &str, key: &Path, error: &object_store::Error) -> EngineError {
    tracing::warn!(cause = %error, %key, text);
    EngineError::engine(name, format!("{text}: {key}"))
}
