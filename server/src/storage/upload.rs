//! How does an async body reach the blocking writer? Through a bounded channel into one blocking task that writes and hashes.

use std::sync::Arc;

use bytes::Bytes;
use futures::{Stream, StreamExt};
use tokio::sync::mpsc;

use super::checksum::ChecksumAlgorithm;
use super::error::{IoContext, Result, StorageError, StorageErrorKind};
use super::file_bucket::FileBucket;
use super::put::{Digests, WrittenBody};

/// Chunks of a body that may wait for the disk; a chunk is what one socket read gave.
const CHUNKS_WAITING_MAX: usize = 16;

/// Writes a body to a temporary file of `bucket` while computing its digests. The body never lies in memory as a whole.
pub async fn receive<S, E>(bucket: Arc<FileBucket>, body: S, algorithms: Vec<ChecksumAlgorithm>) -> Result<WrittenBody>
where
    S: Stream<Item = Result<Bytes, E>> + Send,
    E: std::fmt::Display,
{
    let (sender, mut receiver) = mpsc::channel::<Bytes>(CHUNKS_WAITING_MAX);
    let name = bucket.name().to_owned();
    let writing = tokio::task::spawn_blocking(move || {
        let mut writer = bucket.writer(Digests::Md5And(&algorithms))?;
        while let Some(chunk) = receiver.blocking_recv() {
            writer.write(&chunk).about(bucket.name(), "cannot write the body")?;
        }
        Ok(writer.finish())
    });
    let mut body = std::pin::pin!(body);
    let mut failure = None;
    while let Some(chunk) = body.next().await {
        match chunk {
            Ok(chunk) => {
                // The receiver only goes away with an error, which the task returns.
                if sender.send(chunk).await.is_err() {
                    break;
                }
            }
            Err(e) => {
                failure = Some(StorageError::new(StorageErrorKind::InvalidBody, &name, format!("cannot read the body: {e}")));
                break;
            }
        }
    }
    drop(sender);
    let written = join(writing.await, &name)?;
    match failure {
        Some(failure) => Err(failure),
        None => Ok(written),
    }
}

/// Runs blocking storage work off the async threads.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    join(tokio::task::spawn_blocking(work).await, "storage")
}

fn join<T>(outcome: std::result::Result<Result<T>, tokio::task::JoinError>, subject: &str) -> Result<T> {
    match outcome {
        Ok(result) => result,
        Err(e) => Err(StorageError::io(subject, "storage work was interrupted", std::io::Error::other(e))),
    }
}
