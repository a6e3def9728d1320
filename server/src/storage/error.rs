//! Which closed kinds of failure does storage have? The S3 error codes and object_store's errors are both made from these.

use std::borrow::Cow;
use std::io;

/// What went wrong. Ref: Amazon S3 API reference, "List of error codes"; one kind per code that storage can cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StorageErrorKind {
    /// The bucket is neither a folder nor configured.
    NoSuchBucket,
    /// No object has this key.
    NoSuchKey,
    /// No multipart upload has this id.
    NoSuchUpload,
    /// A write or read condition (`If-Match`, `If-None-Match: *`, …) did not hold.
    PreconditionFailed,
    /// A read condition says the caller's copy is current.
    NotModified,
    /// The range lies outside the object.
    InvalidRange,
    /// The name is taken by an existing bucket.
    BucketAlreadyExists,
    /// The bucket still holds objects.
    BucketNotEmpty,
    /// The name breaks the bucket naming rules.
    InvalidBucketName,
    /// A part of the completion list is missing or has another ETag or checksum.
    InvalidPart,
    /// The parts of the completion list are not in ascending order.
    InvalidPartOrder,
    /// A part other than the last is below the least size.
    EntityTooSmall,
    /// The key is longer than 1,024 bytes.
    KeyTooLong,
    /// The key is empty.
    InvalidKey,
    /// A digest sent by the client differs from that of the received bytes.
    BadDigest,
    /// `x-amz-content-sha256` differs from the received bytes' SHA-256.
    ContentSha256Mismatch,
    /// The body ended before the announced length.
    IncompleteBody,
    /// The client's body could not be read or decoded.
    InvalidBody,
    /// A well-formed request that this kind of bucket can't serve.
    Unsupported,
    /// The operating system refused; the source says why.
    Io,
}

/// One storage failure: kind, the bucket, key or id it is about, a sentence, and the system's error if there is one.
#[derive(Debug, thiserror::Error)]
#[error("{text}: '{subject}'{}", source.as_ref().map(|e| format!(": {e}")).unwrap_or_default())]
pub struct StorageError {
    /// The closed kind.
    pub kind: StorageErrorKind,
    /// The bucket, key, upload id or path concerned.
    pub subject: String,
    /// Lower-case sentence without full stop.
    pub text: Cow<'static, str>,
    /// The operating system's error.
    #[source]
    pub source: Option<io::Error>,
}

/// Result of every storage function.
pub type Result<T, E = StorageError> = std::result::Result<T, E>;

impl StorageError {
    /// An error of `kind` about `subject`.
    pub fn new(kind: StorageErrorKind, subject: impl Into<String>, text: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, subject: subject.into(), text: text.into(), source: None }
    }

    /// An I/O failure while doing `text` on `subject`.
    pub fn io(subject: impl Into<String>, text: &'static str, source: io::Error) -> Self {
        Self { kind: StorageErrorKind::Io, subject: subject.into(), text: Cow::Borrowed(text), source: Some(source) }
    }

    pub(crate) fn no_such_key(key: &str) -> Self {
        Self::new(StorageErrorKind::NoSuchKey, key, "the specified key does not exist")
    }

    pub(crate) fn no_such_bucket(bucket: &str) -> Self {
        Self::new(StorageErrorKind::NoSuchBucket, bucket, "the specified bucket does not exist")
    }

    pub(crate) fn precondition_failed(key: &str) -> Self {
        Self::new(StorageErrorKind::PreconditionFailed, key, "at least one of the pre-conditions you specified did not hold")
    }
}

/// Adds subject and sentence to an I/O result.
pub(crate) trait IoContext<T> {
    /// Turns the error into [`StorageErrorKind::Io`] about `subject`.
    fn about(self, subject: &str, text: &'static str) -> Result<T>;
}

impl<T> IoContext<T> for io::Result<T> {
    fn about(self, subject: &str, text: &'static str) -> Result<T> {
        self.map_err(|e| StorageError::io(subject, text, e))
    }
}
