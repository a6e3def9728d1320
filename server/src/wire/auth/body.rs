//! Is an S3 body that streams the one that was signed? Its digest, or the signature of each chunk, is followed as it passes by.
//!
//! The last piece is held back until everything is known to be right, so that nobody downstream sees a whole body that is not.
//!
//! Ref: Amazon S3 API reference, "Signature calculations for the authorization header: transferring payload in multiple chunks", and
//! "… including trailing headers".

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use axum::BoxError;
use axum::body::{Body, HttpBody};
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::refusal::Refusal;
use crate::wire::signature_v4::mac;

/// What was found wrong with a body after its request was let in.
#[derive(Debug, Clone, Default)]
pub struct Verdict(Arc<OnceLock<Refusal>>);

impl Verdict {
    /// The refusal; none when nothing was found so far.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.0.get()
    }

    /// Notes a refusal; the first one stays.
    pub fn refuse(&self, refusal: Refusal) {
        let _earlier_one_stays = self.0.set(refusal);
    }
}

/// A body that has to have a digest.
#[derive(Debug)]
pub struct HashedBody {
    inner: Body,
    expected: String,
    hasher: Sha256,
    held: Option<Frame<Bytes>>,
    is_over: bool,
    verdict: Verdict,
}

impl HashedBody {
    /// `body`, which has to have the SHA-256 `expected`, in hexadecimal digits; `verdict` learns when it has not.
    pub fn new(body: Body, expected: String, verdict: Verdict) -> Self {
        HashedBody { inner: body, expected, hasher: Sha256::new(), held: None, is_over: false, verdict }
    }

    /// At the end: the held piece, or the refusal.
    fn end(&mut self) -> Option<Result<Frame<Bytes>, BoxError>> {
        self.is_over = true;
        let computed = hex::encode(std::mem::take(&mut self.hasher).finalize());
        if computed == self.expected {
            return self.held.take().map(Ok);
        }
        self.verdict.refuse(Refusal::ContentSha256 { given: self.expected.clone(), computed });
        Some(Err("the body is not the one that was signed".into()))
    }
}

impl HttpBody for HashedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        loop {
            if this.is_over {
                return Poll::Ready(None);
            }
            let frame = match std::task::ready!(Pin::new(&mut this.inner).poll_frame(cx)) {
                None => return Poll::Ready(this.end()),
                Some(Err(error)) => {
                    this.is_over = true;
                    return Poll::Ready(Some(Err(error.into())));
                }
                Some(Ok(frame)) => frame,
            };
            if let Some(data) = frame.data_ref() {
                this.hasher.update(data);
            }
            if let Some(earlier) = this.held.replace(frame) {
                return Poll::Ready(Some(Ok(earlier)));
            }
        }
    }

    /// An empty body has an end to check too, so only what was read to its end is over.
    fn is_end_stream(&self) -> bool {
        self.is_over
    }

    fn size_hint(&self) -> SizeHint {
        let held = self.held.as_ref().and_then(Frame::data_ref).map_or(0, Bytes::len) as u64;
        let inner = self.inner.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower() + held);
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper + held);
        }
        hint
    }
}

/// The signatures of a body's chunks, each over the one before; in the extensions of a request with such a body.
#[derive(Debug, Clone)]
pub struct ChunkChain {
    signing_key: [u8; 32],
    timestamp: String,
    scope: String,
    /// The signature before; first the request's own.
    previous: String,
    /// Whether trailers come, and are signed.
    has_trailers: bool,
    hasher: Sha256,
    verdict: Verdict,
}

impl ChunkChain {
    /// The chain that begins with the request's signature.
    pub fn new(signing_key: [u8; 32], (timestamp, scope): (String, String), seed: String, has_trailers: bool, verdict: Verdict) -> Self {
        ChunkChain { signing_key, timestamp, scope, previous: seed, has_trailers, hasher: Sha256::new(), verdict }
    }

    /// Takes in bytes of the current chunk.
    pub fn update(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
    }

    /// Ends a chunk; whether its signature is right.
    pub fn end_chunk(&mut self, signature: &str) -> bool {
        let digest = hex::encode(std::mem::take(&mut self.hasher).finalize());
        let empty = hex::encode(Sha256::digest(b""));
        let text = format!("AWS4-HMAC-SHA256-PAYLOAD\n{}\n{}\n{}\n{empty}\n{digest}", self.timestamp, self.scope, self.previous);
        self.holds(&text, signature)
    }

    /// Checks the trailers, `name:value` lines, all but the one with their signature; whether it is right.
    pub fn end_trailers(&mut self, lines: &str, signature: Option<&str>) -> bool {
        if !self.has_trailers {
            return true;
        }
        let digest = hex::encode(Sha256::digest(lines.as_bytes()));
        let text = format!("AWS4-HMAC-SHA256-TRAILER\n{}\n{}\n{}\n{digest}", self.timestamp, self.scope, self.previous);
        self.holds(&text, signature.unwrap_or_default())
    }

    fn holds(&mut self, text: &str, signature: &str) -> bool {
        let expected = mac(&self.signing_key, text.as_bytes());
        let provided = hex::decode(signature).unwrap_or_default();
        let is_right: bool = expected.as_slice().ct_eq(&provided).into();
        if !is_right {
            self.verdict.refuse(Refusal::Chunk { string_to_sign: text.to_owned(), signature: signature.to_owned() });
        }
        self.previous = hex::encode(expected);
        is_right
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::wire::signature_v4::{Scope, signing_key};
    use http_body_util::BodyExt;

    const SCOPE: Scope<'static> = Scope { timestamp: "20130524T000000Z", region: "us-east-1", service: "s3" };

    fn chain(seed: &str, has_trailers: bool) -> (ChunkChain, Verdict) {
        let key = signing_key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", SCOPE);
        let verdict = Verdict::default();
        let place = (SCOPE.timestamp.to_owned(), SCOPE.credential());
        (ChunkChain::new(key, place, seed.to_owned(), has_trailers, verdict.clone()), verdict)
    }

    /// 66,560 letters `a` in a chunk of 64 KB, one of 1 KB and the empty one.
    fn letters(chain: &mut ChunkChain, signatures: [&str; 3]) -> [bool; 3] {
        [65_536, 1024, 0]
            .into_iter()
            .zip(signatures)
            .map(|(length, signature)| {
                chain.update(&vec![b'a'; length]);
                chain.end_chunk(signature)
            })
            .collect::<Vec<_>>()
            .try_into()
            .unwrap()
    }

    // basis: documented, Amazon S3 API reference, "Signature calculations … transferring payload in multiple chunks", its example.
    #[test]
    fn amazons_example_of_signed_chunks_holds() {
        let seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
        let signatures = [
            "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
            "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
            "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
        ];
        let (mut right, verdict) = chain(seed, false);
        assert_eq!(letters(&mut right, signatures), [true; 3]);
        assert!(verdict.refusal().is_none());
        let (mut swapped, verdict) = chain(seed, false);
        assert_eq!(letters(&mut swapped, [signatures[1], signatures[0], signatures[2]]), [false, false, true]);
        assert!(matches!(verdict.refusal(), Some(Refusal::Chunk { .. })));
        let (mut other_seed, _) = chain(&seed.replace('4', "5"), false);
        assert!(!letters(&mut other_seed, signatures)[0]);
    }

    // basis: documented, the same with trailing headers.
    #[test]
    fn amazons_example_of_signed_trailers_holds() {
        let seed = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
        let signatures = [
            "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
            "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
            "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
        ];
        let trailer = "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435";
        let (mut right, verdict) = chain(seed, true);
        assert_eq!(letters(&mut right, signatures), [true; 3]);
        assert!(right.end_trailers("x-amz-checksum-crc32c:sOO8/Q==\n", Some(trailer)));
        assert!(verdict.refusal().is_none());
        let (mut changed, _) = chain(seed, true);
        letters(&mut changed, signatures);
        assert!(!changed.end_trailers("x-amz-checksum-crc32c:sOO8/g==\n", Some(trailer)));
        assert!(!changed.end_trailers("", None));
    }

    #[tokio::test]
    async fn a_body_ends_only_when_it_is_the_signed_one() {
        let digest = hex::encode(Sha256::digest(b"hello world"));
        for (text, is_right) in [("hello world", true), ("hello worle", false), ("", false)] {
            let verdict = Verdict::default();
            let pieces: Vec<Result<Bytes, std::io::Error>> =
                text.as_bytes().chunks(3).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
            let mut body = HashedBody::new(Body::from_stream(futures::stream::iter(pieces)), digest.clone(), verdict.clone());
            let mut passed = Vec::new();
            let mut is_whole = true;
            while let Some(frame) = body.frame().await {
                match frame {
                    Ok(frame) => passed.extend_from_slice(frame.data_ref().unwrap()),
                    Err(_) => is_whole = false,
                }
            }
            assert_eq!(is_whole, is_right, "{text}");
            assert_eq!(verdict.refusal().is_none(), is_right);
            assert!(is_right || passed.len() < text.len().max(1), "the last piece of a wrong body is held back");
        }
    }
}
