//! How do bytes stream into one object that appears at once? A buffer, then a multipart upload; nothing until the end.

use crate::results::location::BINARY;
use object_store::path::Path;
use object_store::{Attribute, Attributes, Error, ObjectStore, ObjectStoreExt, PutMultipartOptions, PutOptions, WriteMultipart};
use std::sync::Arc;

/// Bytes held before an upload in parts begins, and the size of a part; S3 wants at least 5 MiB.
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
    buffer: Vec<u8>,
    upload: Option<WriteMultipart>,
    bytes_written: u64,
}

impl Sink {
    /// A sink for the object at `key`.
    pub fn new(store: Arc<dyn ObjectStore>, key: Path, content_type: &'static str) -> Self {
        Sink { store, key, content_type, buffer: Vec::new(), upload: None, bytes_written: 0 }
    }

    /// Takes bytes; waits when too many parts are on their way.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.bytes_written += bytes.len() as u64;
        if let Some(upload) = &mut self.upload {
            upload.wait_for_capacity(PARTS_PARALLEL_MAX).await?;
            upload.write(bytes);
            return Ok(());
        }
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PART_BYTES {
            let options = PutMultipartOptions { attributes: attributes(BINARY), ..PutMultipartOptions::default() };
            let multipart = self.store.put_multipart_opts(&self.key, options).await?;
            let mut upload = WriteMultipart::new_with_chunk_size(multipart, PART_BYTES);
            upload.put(std::mem::take(&mut self.buffer).into());
            self.upload = Some(upload);
        }
        Ok(())
    }

    /// Makes the object appear. Returns its size in bytes.
    pub async fn finish(self) -> Result<u64, Error> {
        match self.upload {
            Some(upload) => {
                upload.finish().await?;
            }
            None => put(&self.store, &self.key, self.content_type, self.buffer).await?,
        }
        Ok(self.bytes_written)
    }

    /// Gives up; nothing stays.
    pub async fn abort(self) {
        if let Some(upload) = self.upload
            && let Err(error) = upload.abort().await
        {
            tracing::warn!(%error, key = %self.key, "an upload cannot be given up");
        }
    }
}

/// Writes a whole object.
pub async fn put(store: &Arc<dyn ObjectStore>, key: &Path, content_type: &'static str, body: Vec<u8>) -> Result<(), Error> {
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
