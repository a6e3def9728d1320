//! How is an `aws-chunked` body decoded? Chunk by chunk as it arrives; the trailers are kept for the checksum check.
//!
//! s3s decodes such bodies only together with verifying their signatures. Where any credentials are accepted the
//! signatures can't be verified, so they are skipped here; the checksums in headers and trailers still are verified.
//!
//! Ref: Amazon S3 API reference, "Signature calculations for the authorization header: transferring payload in multiple chunks".

use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use futures::{Stream, StreamExt};
use http::{HeaderMap, HeaderName, HeaderValue};
use parking_lot::Mutex;

/// Longest chunk header: size, extension and signature.
const CHUNK_HEADER_BYTES_MAX: usize = 1024;

/// Longest block of trailers.
const TRAILER_BYTES_MAX: usize = 16 * 1024;

/// The trailers of a body, filled in once the body was read.
#[derive(Debug, Clone, Default)]
pub struct Trailers(Arc<Mutex<HeaderMap>>);

impl Trailers {
    /// The value of one trailer.
    pub fn value(&self, name: &str) -> Option<String> {
        self.0.lock().get(name)?.to_str().ok().map(str::to_owned)
    }
}

/// What is wrong with a body.
#[derive(Debug, thiserror::Error)]
pub enum ChunkedError {
    #[error("the chunked body is malformed: {0}")]
    Malformed(&'static str),
    #[error("the chunked body ended early")]
    Incomplete,
    #[error("the chunked body could not be read: {0}")]
    Read(s3s::StdError),
}

struct Decoder {
    body: s3s::Body,
    buffer: BytesMut,
    /// Bytes of the current chunk still to come; none between chunks.
    chunk_left: Option<u64>,
    decoded: u64,
    decoded_expected: Option<u64>,
    trailers: Trailers,
}

/// The decoded bytes of `body`. A total other than `decoded_expected` is an error.
pub fn decode(
    body: s3s::Body,
    decoded_expected: Option<u64>,
    trailers: Trailers,
) -> impl Stream<Item = Result<Bytes, ChunkedError>> + Send + Sync {
    let decoder = Decoder { body, buffer: BytesMut::new(), chunk_left: None, decoded: 0, decoded_expected, trailers };
    futures::stream::try_unfold(decoder, |mut decoder| async move { Ok(decoder.next_bytes().await?.map(|bytes| (bytes, decoder))) })
}

impl Decoder {
    async fn next_bytes(&mut self) -> Result<Option<Bytes>, ChunkedError> {
        loop {
            let Some(left) = self.chunk_left else {
                let size = self.read_chunk_header().await?;
                if size == 0 {
                    self.read_trailers().await?;
                    if self.decoded_expected.is_some_and(|expected| expected != self.decoded) {
                        return Err(ChunkedError::Incomplete);
                    }
                    return Ok(None);
                }
                self.chunk_left = Some(size);
                continue;
            };
            if left == 0 {
                if !self.read_line(2).await?.is_empty() {
                    return Err(ChunkedError::Malformed("a chunk is longer than its size"));
                }
                self.chunk_left = None;
                continue;
            }
            if self.buffer.is_empty() && !self.fill().await? {
                return Err(ChunkedError::Incomplete);
            }
            let count = usize::try_from(left).map_or(self.buffer.len(), |left| left.min(self.buffer.len()));
            if count == 0 {
                continue;
            }
            self.chunk_left = Some(left - count as u64);
            self.decoded += count as u64;
            return Ok(Some(self.buffer.split_to(count).freeze()));
        }
    }

    /// `<hex size>[;chunk-signature=<hex>]`.
    async fn read_chunk_header(&mut self) -> Result<u64, ChunkedError> {
        let line = self.read_line(CHUNK_HEADER_BYTES_MAX).await?;
        let text = std::str::from_utf8(&line).map_err(|_| ChunkedError::Malformed("a chunk header is not text"))?;
        let size = text.split(';').next().unwrap_or_default().trim();
        u64::from_str_radix(size, 16).map_err(|_| ChunkedError::Malformed("a chunk size is not a hexadecimal number"))
    }

    /// `name:value` lines up to an empty line or the end.
    async fn read_trailers(&mut self) -> Result<(), ChunkedError> {
        let mut bytes_left = TRAILER_BYTES_MAX;
        loop {
            let line = match self.read_line(bytes_left).await {
                Err(ChunkedError::Incomplete) if self.buffer.is_empty() => return Ok(()),
                Err(ChunkedError::Incomplete) => self.buffer.split().freeze(),
                other => other?,
            };
            if line.is_empty() {
                return Ok(());
            }
            bytes_left = bytes_left.saturating_sub(line.len());
            let text = std::str::from_utf8(&line).map_err(|_| ChunkedError::Malformed("a trailer is not text"))?;
            let (name, value) = text.split_once(':').ok_or(ChunkedError::Malformed("a trailer has no colon"))?;
            let name = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| ChunkedError::Malformed("a trailer's name"))?;
            let value = HeaderValue::from_str(value.trim()).map_err(|_| ChunkedError::Malformed("a trailer's value"))?;
            self.trailers.0.lock().insert(name, value);
        }
    }

    /// The next line without its end.
    async fn read_line(&mut self, bytes_max: usize) -> Result<Bytes, ChunkedError> {
        let mut searched = 0;
        loop {
            if let Some(at) = self.buffer.get(searched..).and_then(|tail| tail.iter().position(|b| *b == b'\n')) {
                let mut line = self.buffer.split_to(searched + at).freeze();
                self.buffer.advance(1);
                if line.last() == Some(&b'\r') {
                    line.truncate(line.len() - 1);
                }
                return Ok(line);
            }
            searched = self.buffer.len();
            if searched > bytes_max {
                return Err(ChunkedError::Malformed("a line is too long"));
            }
            if !self.fill().await? {
                return Err(ChunkedError::Incomplete);
            }
        }
    }

    /// Reads more of the body; false at its end.
    async fn fill(&mut self) -> Result<bool, ChunkedError> {
        match self.body.next().await {
            Some(Ok(bytes)) => {
                self.buffer.extend_from_slice(&bytes);
                Ok(true)
            }
            Some(Err(e)) => Err(ChunkedError::Read(e)),
            None => Ok(false),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use futures::TryStreamExt;

    use super::*;

    async fn decoded(wire: &str, expected: Option<u64>, step: usize) -> (Result<Vec<u8>, ChunkedError>, Trailers) {
        let pieces: Vec<Result<Bytes, std::io::Error>> = wire.as_bytes().chunks(step).map(|c| Ok(Bytes::copy_from_slice(c))).collect();
        let body = s3s::Body::from(s3s::dto::StreamingBlob::wrap(futures::stream::iter(pieces)));
        let trailers = Trailers::default();
        let bytes = decode(body, expected, trailers.clone()).try_collect::<Vec<_>>().await;
        (bytes.map(|chunks| chunks.concat()), trailers)
    }

    #[tokio::test]
    async fn signed_and_unsigned_chunks_decode_however_they_arrive() {
        let signed =
            format!("5;chunk-signature={0}\r\nhello\r\n6;chunk-signature={0}\r\n world\r\n0;chunk-signature={0}\r\n\r\n", "a".repeat(64));
        let unsigned = "b\r\nhello world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n";
        for step in [1, 2, 3, 7, 4096] {
            assert_eq!(decoded(&signed, Some(11), step).await.0.unwrap(), b"hello world");
            let (bytes, trailers) = decoded(unsigned, Some(11), step).await;
            assert_eq!(bytes.unwrap(), b"hello world");
            assert_eq!(trailers.value("x-amz-checksum-crc32").as_deref(), Some("DUoRhQ=="));
        }
    }

    #[tokio::test]
    async fn broken_bodies_are_refused() {
        assert!(matches!(decoded("5\r\nhel", None, 4096).await.0, Err(ChunkedError::Incomplete)));
        assert!(matches!(decoded("zz\r\nhello\r\n0\r\n\r\n", None, 4096).await.0, Err(ChunkedError::Malformed(_))));
        assert!(matches!(decoded("2\r\nhello\r\n0\r\n\r\n", None, 4096).await.0, Err(ChunkedError::Malformed(_))));
        assert!(matches!(decoded("5\r\nhello\r\n0\r\n\r\n", Some(6), 4096).await.0, Err(ChunkedError::Incomplete)));
        assert!(matches!(decoded(&"1".repeat(5000), None, 100).await.0, Err(ChunkedError::Malformed(_))));
    }
}
