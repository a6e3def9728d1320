//! How is an `aws-chunked` body decoded? Chunk by chunk as it arrives; the trailers are kept for the checksum check.
//!
//! s3s decodes such bodies only together with verifying their signatures. Where any credentials are accepted the
//! signatures can't be verified, so they are skipped here; the checksums in headers and trailers still are verified. Where
//! signatures are verified, a chain checks each chunk's, and the last piece is held back until the last signature is right.
//!
//! Ref: Amazon S3 API reference, "Signature calculations for the authorization header: transferring payload in multiple chunks".

use std::fmt::Write;
use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use futures::{Stream, StreamExt};
use http::{HeaderMap, HeaderName, HeaderValue};
use parking_lot::Mutex;

use crate::wire::auth::ChunkChain;

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
    /// The signature of the current chunk.
    signature: String,
    chain: Option<ChunkChain>,
    /// The last piece, while signatures are checked.
    held: Option<Bytes>,
    /// Whether everything was read and found right.
    is_over: bool,
}

/// The decoded bytes of `body`. A total other than `decoded_expected` is an error, and so is a signature `chain` finds wrong.
pub fn decode(
    body: s3s::Body,
    decoded_expected: Option<u64>,
    trailers: Trailers,
    chain: Option<ChunkChain>,
) -> impl Stream<Item = Result<Bytes, ChunkedError>> + Send + Sync {
    let (buffer, signature) = (BytesMut::new(), String::new());
    let decoder =
        Decoder { body, buffer, chunk_left: None, decoded: 0, decoded_expected, trailers, signature, chain, held: None, is_over: false };
    futures::stream::try_unfold(decoder, |mut decoder| async move { Ok(decoder.next_piece().await?.map(|bytes| (bytes, decoder))) })
}

impl Decoder {
    /// The next bytes; with signatures to check, those before them.
    async fn next_piece(&mut self) -> Result<Option<Bytes>, ChunkedError> {
        if self.chain.is_none() {
            return self.next_bytes().await;
        }
        loop {
            if self.is_over {
                return Ok(None);
            }
            let Some(bytes) = self.next_bytes().await? else {
                self.is_over = true;
                return Ok(self.held.take());
            };
            if let Some(chain) = &mut self.chain {
                chain.update(&bytes);
            }
            if let Some(earlier) = self.held.replace(bytes) {
                return Ok(Some(earlier));
            }
        }
    }

    /// Checks the signature of the chunk that has ended.
    fn end_chunk(&mut self) -> Result<(), ChunkedError> {
        let is_right = self.chain.as_mut().is_none_or(|chain| chain.end_chunk(&self.signature));
        if is_right { Ok(()) } else { Err(ChunkedError::Malformed("a chunk's signature does not match")) }
    }

    async fn next_bytes(&mut self) -> Result<Option<Bytes>, ChunkedError> {
        loop {
            let Some(left) = self.chunk_left else {
                let size = self.read_chunk_header().await?;
                if size == 0 {
                    self.end_chunk()?;
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
                self.end_chunk()?;
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
        let (size, extension) = text.split_once(';').unwrap_or((text, ""));
        self.signature = extension.trim().strip_prefix("chunk-signature=").unwrap_or_default().to_owned();
        let size = size.trim();
        u64::from_str_radix(size, 16).map_err(|_| ChunkedError::Malformed("a chunk size is not a hexadecimal number"))
    }

    /// `name:value` lines up to an empty line or the end.
    async fn read_trailers(&mut self) -> Result<(), ChunkedError> {
        let mut bytes_left = TRAILER_BYTES_MAX;
        // What the signature of the trailers is over, and the signature.
        let (mut signed, mut signature) = (String::new(), None);
        loop {
            let line = match self.read_line(bytes_left).await {
                Err(ChunkedError::Incomplete) if self.buffer.is_empty() => Bytes::new(),
                Err(ChunkedError::Incomplete) => self.buffer.split().freeze(),
                other => other?,
            };
            if line.is_empty() {
                // A client may end the trailers' lines and then the body's, so an empty line between them is not the end.
                if self.chain.is_some() && signature.is_none() && !signed.is_empty() && !self.is_at_end().await? {
                    continue;
                }
                let is_right = self.chain.as_mut().is_none_or(|chain| chain.end_trailers(&signed, signature.as_deref()));
                return if is_right { Ok(()) } else { Err(ChunkedError::Malformed("the trailers' signature does not match")) };
            }
            bytes_left = bytes_left.saturating_sub(line.len());
            let text = std::str::from_utf8(&line).map_err(|_| ChunkedError::Malformed("a trailer is not text"))?;
            let (name, value) = text.split_once(':').ok_or(ChunkedError::Malformed("a trailer has no colon"))?;
            if name.trim().eq_ignore_ascii_case("x-amz-trailer-signature") {
                signature = Some(value.trim().to_owned());
                continue;
            }
            // Writing into a String does not fail.
            let _ = writeln!(signed, "{}:{}", name.trim().to_ascii_lowercase(), value.trim());
            let name = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| ChunkedError::Malformed("a trailer's name"))?;
            let value = HeaderValue::from_str(value.trim()).map_err(|_| ChunkedError::Malformed("a trailer's value"))?;
            self.trailers.0.lock().insert(name, value);
        }
    }

    /// Whether the body has ended.
    async fn is_at_end(&mut self) -> Result<bool, ChunkedError> {
        Ok(self.buffer.is_empty() && !self.fill().await?)
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
    use crate::wire::auth::body::Verdict;
    use crate::wire::signature_v4::{Scope, signing_key};

    async fn decoded(wire: &str, expected: Option<u64>, step: usize) -> (Result<Vec<u8>, ChunkedError>, Trailers) {
        let pieces: Vec<Result<Bytes, std::io::Error>> = wire.as_bytes().chunks(step).map(|c| Ok(Bytes::copy_from_slice(c))).collect();
        let body = s3s::Body::from(s3s::dto::StreamingBlob::wrap(futures::stream::iter(pieces)));
        let trailers = Trailers::default();
        let bytes = decode(body, expected, trailers.clone(), None).try_collect::<Vec<_>>().await;
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

    // basis: documented, Amazon S3 API reference, the examples of "transferring payload in multiple chunks" and "… including trailing headers".
    #[tokio::test]
    async fn signatures_of_chunks_and_trailers_are_checked() {
        let scope = Scope { timestamp: "20130524T000000Z", region: "us-east-1", service: "s3" };
        let key = signing_key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", scope);
        let read = async |wire: String, has_trailers: bool, seed: &str| {
            let verdict = Verdict::default();
            let place = (scope.timestamp.to_owned(), scope.credential());
            let chain = ChunkChain::new(key, place, seed.to_owned(), has_trailers, verdict.clone());
            let pieces: Vec<Result<Bytes, std::io::Error>> = wire.as_bytes().chunks(1000).map(|c| Ok(Bytes::copy_from_slice(c))).collect();
            let body = s3s::Body::from(s3s::dto::StreamingBlob::wrap(futures::stream::iter(pieces)));
            let bytes = decode(body, Some(66_560), Trailers::default(), Some(chain)).try_collect::<Vec<_>>().await;
            assert_eq!(bytes.is_ok(), verdict.refusal().is_none());
            bytes.map(|chunks| chunks.concat())
        };
        let chunks = |signatures: [&str; 3], end: &str| {
            let [first, second, last] = signatures;
            let (long, short) = ("a".repeat(65_536), "a".repeat(1024));
            format!(
                "10000;chunk-signature={first}\r\n{long}\r\n400;chunk-signature={second}\r\n{short}\r\n0;chunk-signature={last}\r\n{end}"
            )
        };
        let plain = chunks(
            [
                "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
                "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
                "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
            ],
            "\r\n",
        );
        let seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
        assert_eq!(read(plain.clone(), false, seed).await.unwrap(), [b'a'; 66_560]);
        assert!(read(plain.replacen("aaa", "aba", 1), false, seed).await.is_err());
        assert!(read(plain.replace(";chunk-signature=b6c6", ";chunk-signature=c6c6"), false, seed).await.is_err());
        assert!(read(plain.replace(";chunk-signature=0055", ";nothing=0055"), false, seed).await.is_err());

        let seed = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
        let signatures = [
            "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
            "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
            "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
        ];
        let signature = "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n";
        for end in ["x-amz-checksum-crc32c:sOO8/Q==\n\r\n", "x-amz-checksum-crc32c:sOO8/Q==\r\n"] {
            let signed = chunks(signatures, &format!("{end}{signature}\r\n"));
            assert_eq!(read(signed.clone(), true, seed).await.unwrap().len(), 66_560);
            assert!(read(signed.replace("sOO8/Q", "sOO8/g"), true, seed).await.is_err());
            assert!(read(chunks(signatures, end), true, seed).await.is_err(), "without the trailers' signature");
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
