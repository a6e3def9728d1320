//! How is a body received and its digests checked? Every digest the client sent, in a header or a trailer, must match.
//!
//! Ref: Amazon S3 user guide, "Checking object integrity for data uploads"; without any the object gets a CRC64NVME.

use std::sync::Arc;

use data_encoding::{BASE64, HEXLOWER};
use http::{Extensions, HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use md5::{Digest, Md5};
use s3s::dto::StreamingBlob;
use s3s::{S3Error, S3ErrorCode, S3Result};

use super::aws_chunked::Trailers;
use super::error::{custom, invalid_argument, of_storage};
use crate::storage::checksum::{Checksum, ChecksumAlgorithm, Hasher};
use crate::storage::put::WrittenBody;
use crate::storage::{FileBucket, StorageError, StorageErrorKind, upload};

/// The checks a request asks for.
#[derive(Debug)]
pub struct BodyChecks {
    /// Checksum algorithm of the object, and the value sent in a header.
    checksum: Option<(ChecksumAlgorithm, Option<String>)>,
    /// Whether the value is announced to come in a trailer.
    is_in_trailer: bool,
    /// MD5 in hex.
    md5: Option<String>,
    /// SHA-256 of the payload in base64.
    content_sha256: Option<String>,
    content_length: Option<u64>,
    trailers: Option<Trailers>,
}

impl BodyChecks {
    /// Reads the checks from a request's headers. Two checksum headers, or a malformed checksum or digest, are refused.
    pub fn of(headers: &HeaderMap, extensions: &Extensions) -> S3Result<Self> {
        let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
        let trailers = extensions.get::<Trailers>().cloned();
        let mut sent = ChecksumAlgorithm::ALL.into_iter().filter_map(|a| Some((a, Some(text(&header_name(a))?.to_owned()))));
        let first = sent.next();
        if sent.next().is_some() {
            return Err(S3Error::with_message(
                S3ErrorCode::InvalidRequest,
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
            ));
        }
        if let Some((algorithm, Some(value))) = &first
            && !algorithm.is_digest(value)
        {
            let text = format!("Value for {} header is invalid.", header_name(*algorithm));
            return Err(S3Error::with_message(S3ErrorCode::InvalidRequest, text));
        }
        let in_trailer = || text("x-amz-trailer").and_then(algorithm_of_trailer);
        let named = || text("x-amz-sdk-checksum-algorithm").and_then(ChecksumAlgorithm::from_name);
        let is_in_trailer = first.is_none() && in_trailer().is_some();
        let checksum = first.or_else(|| in_trailer().or_else(named).map(|a| (a, None)));
        let md5 = match text("content-md5") {
            Some(value) => Some(hex_of_md5(value)?),
            None => None,
        };
        let content_sha256 = text("x-amz-content-sha256").and_then(|v| HEXLOWER.decode(v.as_bytes()).ok()).map(|d| BASE64.encode(&d));
        let content_length = text("content-length").and_then(|v| v.parse().ok());
        Ok(Self { checksum, is_in_trailer, md5, content_sha256, content_length, trailers })
    }

    /// Checks a document that was read whole.
    fn check_document(&self, document: &[u8]) -> S3Result<()> {
        let refused = |kind| of_storage(StorageError::new(kind, "document", "the body was refused"));
        let digest = |algorithm| {
            let mut hasher = Hasher::new(algorithm);
            hasher.update(document);
            hasher.finish().value
        };
        if self.md5.as_ref().is_some_and(|md5| *md5 != hex::encode(Md5::digest(document))) {
            return Err(refused(StorageErrorKind::BadDigest));
        }
        if self.content_sha256.as_ref().is_some_and(|sent| *sent != digest(ChecksumAlgorithm::Sha256)) {
            return Err(refused(StorageErrorKind::ContentSha256Mismatch));
        }
        match &self.checksum {
            Some((algorithm, Some(sent))) if *sent != digest(*algorithm) => Err(refused(StorageErrorKind::BadDigest)),
            _ => Ok(()),
        }
    }

    /// Writes the body to a temporary file and checks it. The checksum is that of `required`, else the one the client
    /// chose, else a CRC64NVME.
    pub async fn receive(
        self,
        bucket: Arc<FileBucket>,
        body: Option<StreamingBlob>,
        required: Option<ChecksumAlgorithm>,
    ) -> S3Result<(WrittenBody, Checksum)> {
        let sent = self.checksum.as_ref().map(|c| c.0);
        if let (Some(required), Some(sent)) = (required, sent)
            && required != sent
        {
            return Err(S3Error::with_message(
                S3ErrorCode::InvalidRequest,
                format!(
                    "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
                    required.name().to_lowercase(),
                    sent.name().to_lowercase()
                ),
            ));
        }
        let algorithm = required.or(sent).unwrap_or(ChecksumAlgorithm::Crc64nvme);
        let mut algorithms = vec![algorithm];
        if self.content_sha256.is_some() && algorithm != ChecksumAlgorithm::Sha256 {
            algorithms.push(ChecksumAlgorithm::Sha256);
        }
        let name = bucket.name().to_owned();
        let body = body.unwrap_or_else(|| StreamingBlob::from(s3s::Body::empty()));
        let mut written = upload::receive(bucket, body, algorithms).await.map_err(of_storage)?;
        let refused = |kind| of_storage(StorageError::new(kind, &name, "the body was refused"));
        if self.content_length.is_some_and(|length| length != written.size) {
            return Err(refused(StorageErrorKind::IncompleteBody));
        }
        if self.md5.is_some() && self.md5 != written.md5 {
            return Err(refused(StorageErrorKind::BadDigest));
        }
        let of = |algorithm| written.checksums.iter().find(|c| c.algorithm == algorithm).map(|c| c.value.as_str());
        if self.content_sha256.is_some() && self.content_sha256.as_deref() != of(ChecksumAlgorithm::Sha256) {
            return Err(refused(StorageErrorKind::ContentSha256Mismatch));
        }
        let expected = match self.checksum {
            Some((_, Some(value))) => Some(value),
            Some((algorithm, None)) => self.trailers.and_then(|t| t.value(&header_name(algorithm))),
            None => None,
        };
        if self.is_in_trailer && expected.is_none() {
            let text = "The request contained trailing data that was not well-formed or did not conform to our published schema.";
            return Err(custom("MalformedTrailerError", StatusCode::BAD_REQUEST, text));
        }
        if expected.is_some() && expected.as_deref() != of(algorithm) {
            return Err(refused(StorageErrorKind::BadDigest));
        }
        let checksum = written.checksums.swap_remove(0);
        written.checksums.truncate(0);
        written.checksums.push(checksum.clone());
        Ok((written, checksum))
    }
}

/// A request with a document for its body, which is read whole and checked against the digests in its headers.
///
/// Errors: `BadDigest`, `XAmzContentSHA256Mismatch`, `IncompleteBody`, `MaxMessageLengthExceeded`.
pub async fn checked_document(request: Request<s3s::Body>, bytes_max: usize) -> S3Result<Request<s3s::Body>> {
    let checks = BodyChecks::of(request.headers(), request.extensions())?;
    if checks.md5.is_none() && checks.content_sha256.is_none() && !matches!(checks.checksum, Some((_, Some(_)))) {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let document = Limited::new(body, bytes_max).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() {
            return S3Error::with_message(S3ErrorCode::MaxMessageLengthExceeded, "Your request was too large.");
        }
        of_storage(StorageError::new(StorageErrorKind::InvalidBody, "document", "the body cannot be read"))
    })?;
    let document = document.to_bytes();
    checks.check_document(&document)?;
    Ok(Request::from_parts(parts, s3s::Body::from(document)))
}

fn header_name(algorithm: ChecksumAlgorithm) -> String {
    format!("x-amz-checksum-{}", algorithm.name().to_ascii_lowercase())
}

fn algorithm_of_trailer(trailer: &str) -> Option<ChecksumAlgorithm> {
    trailer.split(',').find_map(|name| ChecksumAlgorithm::from_name(name.trim().strip_prefix("x-amz-checksum-")?))
}

fn hex_of_md5(value: &str) -> S3Result<String> {
    match BASE64.decode(value.as_bytes()) {
        Ok(digest) if digest.len() == 16 => Ok(hex::encode(digest)),
        _ => Err(S3Error::with_message(S3ErrorCode::InvalidDigest, "The Content-MD5 you specified was invalid.")),
    }
}

/// Ends a request whose part number is no part number.
pub fn part_number(number: i32) -> S3Result<u32> {
    u32::try_from(number)
        .ok()
        .filter(|n| (1..=crate::storage::multipart::PART_NUMBER_MAX).contains(n))
        .ok_or_else(|| invalid_argument("Part number must be an integer between 1 and 10000, inclusive"))
}
