//! Which S3 error is a storage failure? Codes and texts of the Amazon S3 API reference, "List of error codes".

use http::StatusCode;
use s3s::{S3Error, S3ErrorCode};

use crate::storage::{StorageError, StorageErrorKind};

/// The S3 error for a storage error. Failures of the operating system are logged and answered without their text.
pub fn of_storage(error: StorageError) -> S3Error {
    let (code, text) = match error.kind {
        StorageErrorKind::NoSuchBucket => (S3ErrorCode::NoSuchBucket, "The specified bucket does not exist"),
        StorageErrorKind::NoSuchKey => (S3ErrorCode::NoSuchKey, "The specified key does not exist."),
        StorageErrorKind::NoSuchUpload => (
            S3ErrorCode::NoSuchUpload,
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
        ),
        StorageErrorKind::PreconditionFailed => {
            (S3ErrorCode::PreconditionFailed, "At least one of the pre-conditions you specified did not hold")
        }
        StorageErrorKind::NotModified => (S3ErrorCode::NotModified, "Not Modified"),
        StorageErrorKind::InvalidRange => (S3ErrorCode::InvalidRange, "The requested range is not satisfiable"),
        StorageErrorKind::BucketAlreadyExists => {
            (S3ErrorCode::BucketAlreadyOwnedByYou, "Your previous request to create the named bucket succeeded and you already own it.")
        }
        StorageErrorKind::BucketNotEmpty => (S3ErrorCode::BucketNotEmpty, "The bucket you tried to delete is not empty"),
        StorageErrorKind::InvalidBucketName => (S3ErrorCode::InvalidBucketName, "The specified bucket is not valid."),
        StorageErrorKind::InvalidPart => (
            S3ErrorCode::InvalidPart,
            "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
        ),
        StorageErrorKind::InvalidPartOrder => {
            (S3ErrorCode::InvalidPartOrder, "The list of parts was not in ascending order. Parts must be ordered by part number.")
        }
        StorageErrorKind::EntityTooSmall => (S3ErrorCode::EntityTooSmall, "Your proposed upload is smaller than the minimum allowed size"),
        StorageErrorKind::KeyTooLong => (S3ErrorCode::KeyTooLongError, "Your key is too long"),
        StorageErrorKind::InvalidKey => (S3ErrorCode::InvalidRequest, "The object key is empty"),
        StorageErrorKind::BadDigest => {
            (S3ErrorCode::BadDigest, "The checksum or Content-MD5 you specified did not match what we received.")
        }
        StorageErrorKind::ContentSha256Mismatch => {
            return custom(
                "XAmzContentSHA256Mismatch",
                StatusCode::BAD_REQUEST,
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
            );
        }
        StorageErrorKind::IncompleteBody => {
            (S3ErrorCode::IncompleteBody, "You did not provide the number of bytes specified by the Content-Length HTTP header")
        }
        StorageErrorKind::InvalidBody => (S3ErrorCode::IncompleteBody, "The request body could not be read."),
        StorageErrorKind::Unsupported => return S3Error::with_message(S3ErrorCode::NotImplemented, error.to_string()),
        StorageErrorKind::Io => {
            tracing::error!(%error, "storage failed");
            (S3ErrorCode::InternalError, "We encountered an internal error. Please try again.")
        }
    };
    S3Error::with_message(code, text)
}

/// An error whose code s3s has no name for.
pub fn custom(code: &'static str, status: StatusCode, text: &'static str) -> S3Error {
    let mut error = S3Error::with_message(S3ErrorCode::Custom(code.into()), text);
    error.set_status_code(status);
    error
}

/// `InvalidArgument` with a text of ours.
pub fn invalid_argument(text: impl Into<std::borrow::Cow<'static, str>>) -> S3Error {
    S3Error::with_message(S3ErrorCode::InvalidArgument, text)
}
