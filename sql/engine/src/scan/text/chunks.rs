//! How do a file's bytes arrive? In chunks, some ahead, unpacked where the file is compressed, each charged when it is asked for.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use tokio::sync::mpsc;

use super::compression::Codec;
use crate::error::EngineError;
use crate::scan::counting_store::CountedFile;

/// What one read asks for.
const CHUNK_BYTES: u64 = 2 * 1024 * 1024;
/// Chunks under way at the same time.
const CHUNKS_AHEAD: usize = 2;
/// Chunks that wait between reading, unpacking and decoding.
const CHUNKS_WAITING_MAX: usize = 4;

/// The plain bytes of a file or of a range of it.
pub type Chunks = BoxStream<'static, Result<Bytes, EngineError>>;

/// The bytes of `range`, charged.
pub fn plain_chunks(file: &Arc<CountedFile>, range: Range<u64>) -> Chunks {
    let file = Arc::clone(file);
    let starts = (range.start..range.end).step_by(CHUNK_BYTES as usize);
    let ranges = starts.map(move |start| start..(start + CHUNK_BYTES).min(range.end));
    let chunks = futures::stream::iter(ranges).map(move |range| {
        let file = Arc::clone(&file);
        async move { file.chunk(range).await }
    });
    chunks.buffered(CHUNKS_AHEAD).boxed()
}

/// The unpacked bytes of a whole file; charged are the packed ones. Errors: HIVE_CURSOR_ERROR for a damaged file.
pub fn unpacked_chunks(file: &Arc<CountedFile>, codec: Codec) -> Chunks {
    let file = Arc::clone(file);
    let start = async move {
        let (packed_send, packed) = mpsc::channel::<io::Result<Bytes>>(CHUNKS_WAITING_MAX);
        let (plain_send, plain) = mpsc::channel::<io::Result<Bytes>>(CHUNKS_WAITING_MAX);
        let mut chunks = plain_chunks(&file, 0..file.listed.meta.size);
        // Both ends stop by themselves as soon as the other side of their channel is dropped.
        tokio::spawn(async move {
            while let Some(chunk) = chunks.next().await {
                let is_error = chunk.is_err();
                if packed_send.send(chunk.map_err(io::Error::other)).await.is_err() || is_error {
                    break;
                }
            }
        });
        tokio::task::spawn_blocking(move || codec.unpack(packed, &plain_send));
        let url = file.listed.url();
        let received = futures::stream::unfold(plain, |mut plain| async move { plain.recv().await.map(|chunk| (chunk, plain)) });
        Ok::<_, EngineError>(received.map_err(move |error| damaged(&error, &url)))
    };
    futures::stream::once(start).try_flatten().boxed()
}

/// Ref: Athena user guide "Troubleshooting": a truncated file is `HIVE_CURSOR_ERROR: Unexpected end of input stream`.
fn damaged(error: &io::Error, url: &str) -> EngineError {
    if let Some(cause) = error.get_ref().and_then(|cause| cause.downcast_ref::<EngineError>()) {
        return cause.clone();
    }
    tracing::warn!(cause = %error, file = url, "a compressed file could not be unpacked");
    match error.kind() {
        io::ErrorKind::UnexpectedEof => EngineError::engine("HIVE_CURSOR_ERROR", "Unexpected end of input stream"),
        _ => EngineError::engine("HIVE_CURSOR_ERROR", format!("Failed to read file: {url}")),
    }
}
