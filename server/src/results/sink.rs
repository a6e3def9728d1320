//! How do bytes stream into one object that appears at once? Held, then uploaded in parts; nothing until the end.

use bytes::Bytes;
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, Error, MultipartUpload, ObjectStore, ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload,
};
use std::sync::Arc;
use tokio::task::JoinSet;

use crate::results::location::BINARY;

/// Bytes held before an upload in parts begins, and the least size of a part; S3 wants at least 5 MiB.
///
/// Deviation: Athena changes to parts, and with it to another content type, somewhere between 99 MB and 143 MB.
const PART_BYTES: usize = 8 << 20;
/// Parts on their way at once.
const PARTS_PARALLEL_MAX: usize = 4;

/// One object being written.
pub struct Sink {
    store: Arc<dyn ObjectStore>,
    key: Path,
    content_type: &'static str,
    /// Not yet on its way.
    held: Vec<Bytes>,
    held_bytes: usize,
    upload: Option<Upload>,
    bytes_written: u64,
}

struct Upload {
    multipart: Box<dyn MultipartUpload>,
    parts: JoinSet<Result<(), Error>>,
}

impl Sink {
    /// A sink for the object at `key`.
    pub fn new(store: Arc<dyn ObjectStore>, key: Path, content_type: &'static str) -> Self {
        Sink { store, key, content_type, held: Vec::new(), held_bytes: 0, upload: None, bytes_written: 0 }
    }

    /// Takes bytes, without copying them; waits when too many parts are on their way.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), Error> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.bytes_written += bytes.len() as u64;
        self.held_bytes += bytes.len();
        self.held.push(bytes);
        if self.held_bytes >= PART_BYTES { self.send_held().await } else { Ok(()) }
    }

    async fn send_held(&mut self) -> Result<(), Error> {
        let payload = self.take_held();
        let upload = match &mut self.upload {
            Some(upload) => upload,
            None => {
                let options = PutMultipartOptions { attributes: attributes(BINARY), ..PutMultipartOptions::default() };
                let multipart = self.store.put_multipart_opts(&self.key, options).await?;
                self.upload.insert(Upload { multipart, parts: JoinSet::new() })
            }
        };
        while upload.parts.len() >= PARTS_PARALLEL_MAX {
            upload.next_part_done().await?;
        }
        let part = upload.multipart.put_part(payload);
        upload.parts.spawn(part);
        Ok(())
    }

    fn take_held(&mut self) -> PutPayload {
        self.held_bytes = 0;
        PutPayload::from_iter(self.held.drain(..))
    }

    /// Makes the object appear. Returns its size in bytes.
    pub async fn finish(mut self) -> Result<u64, Error> {
        if self.upload.is_some() && self.held_bytes > 0 {
            self.send_held().await?;
        }
        match self.upload.take() {
            Some(mut upload) => {
                while !upload.parts.is_empty() {
                    upload.next_part_done().await?;
                }
                upload.multipart.complete().await?;
            }
            None => {
                let payload = self.take_held();
                put(&self.store, &self.key, self.content_type, payload).await?;
            }
        }
        Ok(self.bytes_written)
    }

    /// Gives up; nothing stays.
    pub async fn abort(self) {
        if let Some(mut upload) = self.upload {
            upload.parts.shutdown().await;
            if let Err(error) = upload.multipart.abort().await {
                tracing::warn!(%error, key = %self.key, "an upload cannot be given up");
            }
        }
    }
}

impl Upload {
    async fn next_part_done(&mut self) -> Result<(), Error> {
        match self.parts.join_next().await {
            Some(Ok(outcome)) => outcome,
            Some(Err(error)) => Err(Error::JoinError { source: error }),
            None => Ok(()),
        }
    }
}

/// Writes a whole object.
pub async fn put(store: &Arc<dyn ObjectStore>, key: &Path, content_type: &'static str, body: impl Into<PutPayload>) -> Result<(), Error> {
    let options = PutOptions { attributes: attributes(content_type), ..PutOptions::default() };
    store.put_opts(key, body.into(), options).await.map(|_| ())
}

/// Removes an object; one that is not there is no error.
pub async fn remove(store: &Arc<dyn ObjectStore>, key: &Path) {
    match store.delete(key).await {
        Ok(()) | Err(Error::NotFound { .. }) => {}
        Err(error) => tracing::warn!(%error, %key, "a result object cannot be removed"),
    }
}

fn attributes(content_type: &'static str) -> Attributes {
    Attributes::from_iter([(Attribute::ContentType, content_type)])
}
