//! How does an async body reach the disk? In blocks, of which one is received while those before it are written and hashed, each on its
//! own thread and only while there is something to do: a slow body holds no thread, a large one no memory.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt};
use md5::{Digest, Md5};
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::checksum::ChecksumAlgorithm;
use super::error::{IoContext, Result, StorageError, StorageErrorKind};
use super::file_bucket::FileBucket;
use super::put::{Digests, ObjectWriter, WrittenBody};

/// Bytes of a block: what one read of a connection gives at most, little enough to be in the processor's cache still when it is written and
/// hashed. No power of two: the kernel then looks for pages in large groups, which took 2.3 s instead of 1.1 s of kernel time for 10^9
/// bytes where such groups had to be touched first (plain writes of 256 and of 408 KiB, medians of 6 turns).
const BLOCK_BYTES: usize = 408 << 10;
/// A chunk this long is a block as it is.
const CHUNK_KEPT_BYTES: usize = 2 * BLOCK_BYTES;
/// Blocks of a body that wait for, or are in, one stage.
const STAGE_BLOCKS_MAX: u32 = 3;

/// Writes a body to a temporary file of `bucket` while computing its digests. The body never lies in memory as a whole.
///
/// MD5 is slower than the disk, so it has a stage of its own; the checksums are computed where the block is written.
pub async fn receive<S, E>(bucket: Arc<FileBucket>, body: S, algorithms: Vec<ChecksumAlgorithm>) -> Result<WrittenBody>
where
    S: Stream<Item = Result<Bytes, E>> + Send,
    E: std::fmt::Display,
{
    let name = bucket.name().to_owned();
    let body =
        body.map(|chunk| chunk.map_err(|e| StorageError::new(StorageErrorKind::InvalidBody, &name, format!("cannot read the body: {e}"))));
    let mut blocks = Blocks { body: std::pin::pin!(body), rest: Bytes::new(), spent: VecDeque::new() };
    let first = blocks.next().await?.unwrap_or_default();
    if first.len() < BLOCK_BYTES {
        return blocking(move || {
            let mut writer = bucket.writer(Digests::Md5And(&algorithms))?;
            writer.write(&first).about(bucket.name(), "cannot write the body")?;
            Ok(writer.finish())
        })
        .await;
    }
    let writer = blocking(move || bucket.writer(Digests::Only(&algorithms))).await?;
    let about = name.clone();
    let writing = Stage::new(writer, move |writer: &mut ObjectWriter, block| writer.write(block).about(&about, "cannot write the body"));
    let hashing = Stage::new(Md5::new(), |md5: &mut Md5, block| {
        md5.update(block);
        Ok(())
    });
    let mut next = Some(first);
    while let Some(block) = next {
        hashing.push(block.clone()).await;
        // What has failed says so when it ends.
        if !writing.push(block.clone()).await {
            break;
        }
        blocks.give_back(block);
        next = blocks.next().await?;
    }
    let mut written = writing.end(&name).await?.finish();
    written.md5 = Some(hex::encode(hashing.end(&name).await?.finalize()));
    Ok(written)
}

/// A body cut into blocks; memory that was written and hashed is filled again.
struct Blocks<S> {
    body: S,
    /// What was received and is in no block yet.
    rest: Bytes,
    /// Blocks given out, oldest first.
    spent: VecDeque<Bytes>,
}

impl<S: Stream<Item = Result<Bytes>> + Unpin> Blocks<S> {
    /// The next block; only the last one may be shorter than [`BLOCK_BYTES`]. None at the end.
    async fn next(&mut self) -> Result<Option<Bytes>> {
        let mut block: Option<BytesMut> = None;
        loop {
            if self.rest.is_empty() {
                match self.body.next().await {
                    Some(chunk) => self.rest = chunk?,
                    None => return Ok(block.map(BytesMut::freeze)),
                }
                continue;
            }
            // What was read from a file has its own memory; what came from a connection is copied, so that the connection's buffer, which
            // is in the processor's cache, is filled again.
            if block.is_none() && self.rest.len() >= CHUNK_KEPT_BYTES {
                return Ok(Some(std::mem::take(&mut self.rest)));
            }
            // By then both stages are done with the oldest one.
            let is_spent = self.spent.len() > STAGE_BLOCKS_MAX as usize;
            let filled =
                block.get_or_insert_with(|| is_spent.then(|| self.spent.pop_front()).flatten().and_then(reused).unwrap_or_default());
            let count = self.rest.len().min(BLOCK_BYTES - filled.len());
            if !filled.is_empty() {
                // A body of one chunk takes no more memory than it has bytes.
                filled.reserve(BLOCK_BYTES - filled.len());
            }
            filled.extend_from_slice(&self.rest.split_to(count));
            if filled.len() == BLOCK_BYTES {
                return Ok(block.map(BytesMut::freeze));
            }
        }
    }

    /// Takes a block back, to be filled again once its stages are done with it.
    fn give_back(&mut self, block: Bytes) {
        if self.spent.len() <= STAGE_BLOCKS_MAX as usize {
            self.spent.push_back(block);
        }
    }
}

/// The memory of a block that nobody reads any more.
fn reused(block: Bytes) -> Option<BytesMut> {
    let mut block = block.try_into_mut().ok().filter(|block| block.capacity() <= 2 * BLOCK_BYTES)?;
    block.clear();
    Some(block)
}

type Work<T> = dyn Fn(&mut T, &[u8]) -> Result<()> + Send + Sync;

/// Work that is done on block after block, in order, by at most one thread at a time.
struct Stage<T> {
    inner: Arc<Mutex<StageInner<T>>>,
    work: Arc<Work<T>>,
    places: Arc<Semaphore>,
}

struct StageInner<T> {
    /// None while a block is worked on, and after a failure.
    state: Option<T>,
    waiting: VecDeque<(Bytes, OwnedSemaphorePermit)>,
    is_running: bool,
    failure: Option<StorageError>,
}

impl<T: Send + 'static> Stage<T> {
    fn new(state: T, work: impl Fn(&mut T, &[u8]) -> Result<()> + Send + Sync + 'static) -> Self {
        let inner = StageInner { state: Some(state), waiting: VecDeque::new(), is_running: false, failure: None };
        let places = Arc::new(Semaphore::new(STAGE_BLOCKS_MAX as usize));
        Self { inner: Arc::new(Mutex::new(inner)), work: Arc::new(work), places }
    }

    /// Hands a block over once there is a place for it; false when the stage has failed.
    async fn push(&self, block: Bytes) -> bool {
        // The semaphore is never closed.
        let Ok(place) = self.places.clone().acquire_owned().await else { return false };
        let mut inner = self.inner.lock();
        if !inner.is_running && inner.state.is_none() {
            return false;
        }
        inner.waiting.push_back((block, place));
        if !inner.is_running {
            inner.is_running = true;
            let (inner, work) = (Arc::clone(&self.inner), Arc::clone(&self.work));
            tokio::task::spawn_blocking(move || run(&inner, &*work));
        }
        true
    }

    /// What became of the state once every block is done.
    async fn end(self, subject: &str) -> Result<T> {
        let _all = self.places.acquire_many(STAGE_BLOCKS_MAX).await;
        let mut inner = self.inner.lock();
        match (inner.state.take(), inner.failure.take()) {
            (Some(state), None) => Ok(state),
            (_, Some(failure)) => Err(failure),
            (None, None) => Err(StorageError::io(subject, "storage work was interrupted", std::io::ErrorKind::Interrupted.into())),
        }
    }
}

/// Works on what waits. The state stays away when the work fails or panics, and with it every later block.
fn run<T>(inner: &Mutex<StageInner<T>>, work: &Work<T>) {
    loop {
        let mut held = inner.lock();
        let next = held.waiting.pop_front().and_then(|next| Some((next, held.state.take()?)));
        let Some(((block, place), mut state)) = next else {
            held.waiting.clear();
            held.is_running = false;
            return;
        };
        drop(held);
        let mut resting = Resting { inner, is_due: true };
        let outcome = work(&mut state, &block);
        resting.is_due = false;
        // A block may be filled again as soon as there is a place.
        drop(block);
        let mut held = inner.lock();
        match outcome {
            Ok(()) => held.state = Some(state),
            Err(failure) => held.failure = Some(failure),
        }
        drop(held);
        drop(place);
    }
}

/// Says that nobody runs, when the work panics.
struct Resting<'a, T> {
    inner: &'a Mutex<StageInner<T>>,
    is_due: bool,
}

impl<T> Drop for Resting<'_, T> {
    fn drop(&mut self) {
        if self.is_due {
            let mut inner = self.inner.lock();
            inner.waiting.clear();
            inner.is_running = false;
        }
    }
}

/// Runs blocking storage work off the async threads.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(e) => Err(StorageError::io("storage", "storage work was interrupted", std::io::Error::other(e))),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use std::io;

    use super::*;

    fn bucket() -> (tempfile::TempDir, Arc<FileBucket>) {
        let folder = tempfile::tempdir().unwrap();
        let bucket = FileBucket::open("lake", folder.path(), false).unwrap();
        (folder, Arc::new(bucket))
    }

    #[tokio::test]
    async fn bodies_of_every_cut_are_written_and_hashed_in_order() {
        let (_folder, bucket) = bucket();
        let data: Vec<u8> = (0..5 * BLOCK_BYTES + 3).map(|i| (i * 31 % 251) as u8).collect();
        for size in [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, data.len()] {
            for cut in [1000, 65_536, 3 * BLOCK_BYTES] {
                let sent = data[..size].to_vec();
                let chunks: Vec<io::Result<Bytes>> = sent.chunks(cut).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
                let body = futures::stream::iter(chunks);
                let written = receive(Arc::clone(&bucket), body, vec![ChecksumAlgorithm::Crc32]).await.unwrap();
                assert_eq!((written.size, written.md5), (size as u64, Some(hex::encode(Md5::digest(&sent)))), "{size} by {cut}");
                assert_eq!(std::fs::read(&written.temp).unwrap(), sent);
                let mut hasher = super::super::checksum::Hasher::new(ChecksumAlgorithm::Crc32);
                hasher.update(&sent);
                assert_eq!(written.checksums, [hasher.finish()]);
            }
        }
    }

    #[tokio::test]
    async fn a_body_that_breaks_leaves_nothing() {
        let (folder, bucket) = bucket();
        let block = Bytes::from(vec![0; BLOCK_BYTES]);
        let chunks = [Ok(block.clone()), Ok(block), Err(io::Error::other("cut"))];
        let failure = receive(bucket, futures::stream::iter(chunks), Vec::new()).await.unwrap_err();
        assert_eq!(failure.kind, StorageErrorKind::InvalidBody);
        // The block that was being written is finished first.
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while std::fs::read_dir(folder.path().join(".owlake/tmp")).unwrap().count() > 0 {
            assert!(std::time::Instant::now() < deadline);
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    #[tokio::test]
    async fn a_stage_that_fails_takes_no_more_and_says_why() {
        let stage = Stage::new(0, |seen: &mut u32, _| {
            *seen += 1;
            if *seen == 2 { Err(StorageError::io("disk", "is full", io::ErrorKind::StorageFull.into())) } else { Ok(()) }
        });
        let mut taken = 0;
        while stage.push(Bytes::from_static(b"x")).await {
            taken += 1;
            assert!(taken < 100);
        }
        assert_eq!(stage.end("lake").await.unwrap_err().subject, "disk");
        let broken = Stage::new((), |(): &mut (), _| panic!("broken"));
        while broken.push(Bytes::from_static(b"x")).await {}
        assert_eq!(broken.end("lake").await.unwrap_err().subject, "lake");
    }
}
