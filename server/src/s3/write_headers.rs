//! Which headers of a write would have to be kept, and are refused by name because nothing here keeps them?
//!
//! Deviation: `x-amz-server-side-encryption` (AES256, aws:kms) is taken and changes nothing: how the bytes lie at rest is not seen from outside.
//! Ref: Amazon S3 user guide, "Controlling ownership of objects and disabling ACLs for your bucket" (a bucket takes no ACL but the
//! owner's since April 2023), "Using server-side encryption with customer-provided keys", "Locking objects with Object Lock",
//! "Working with object metadata".

use http::{HeaderMap, StatusCode};
use s3s::{S3Error, S3ErrorCode, S3Result};

use super::error::custom;
use crate::storage::Attributes;

/// Bytes of a user's metadata, names and values. Ref: "Working with object metadata": 2 KB.
const METADATA_BYTES_MAX: usize = 2048;

/// ACLs that say what holds anyway.
const OWNER_ACLS: [&str; 2] = ["private", "bucket-owner-full-control"];

/// Ref: PutObject, `x-amz-server-side-encryption`.
const ENCRYPTIONS: [&str; 4] = ["AES256", "aws:fsx", "aws:kms", "aws:kms:dsse"];

/// Ref: PutObject, `x-amz-storage-class`.
const STORAGE_CLASSES: [&str; 13] = [
    "DEEP_ARCHIVE",
    "EXPRESS_ONEZONE",
    "FSX_ONTAP",
    "FSX_OPENZFS",
    "GLACIER",
    "GLACIER_IR",
    "INTELLIGENT_TIERING",
    "ONEZONE_IA",
    "OUTPOSTS",
    "REDUCED_REDUNDANCY",
    "SNOW",
    "STANDARD",
    "STANDARD_IA",
];

/// Errors: `InvalidEncryptionAlgorithmError`, `InvalidStorageClass`, `AccessControlListNotSupported`, `NotImplemented`, `MetadataTooLarge`.
pub fn check(headers: &HeaderMap, attributes: &Attributes) -> S3Result<()> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let has_grant = headers.keys().any(|name| name.as_str().starts_with("x-amz-grant-"));
    if has_grant || text("x-amz-acl").is_some_and(|acl| !OWNER_ACLS.contains(&acl)) {
        return Err(custom("AccessControlListNotSupported", StatusCode::BAD_REQUEST, "The bucket does not allow ACLs"));
    }
    if text("x-amz-server-side-encryption").is_some_and(|algorithm| !ENCRYPTIONS.contains(&algorithm)) {
        let text = "The encryption request that you specified is not valid. The valid value is AES256.";
        return Err(custom("InvalidEncryptionAlgorithmError", StatusCode::BAD_REQUEST, text));
    }
    if text("x-amz-storage-class").is_some_and(|class| !STORAGE_CLASSES.contains(&class)) {
        return Err(S3Error::with_message(S3ErrorCode::InvalidStorageClass, "The storage class you specified is not valid"));
    }
    for start in ["x-amz-server-side-encryption-customer-", "x-amz-object-lock-"] {
        if let Some(name) = headers.keys().find(|name| name.as_str().starts_with(start)) {
            let text = format!("A header you provided implies functionality that is not implemented: {name}");
            return Err(S3Error::with_message(S3ErrorCode::NotImplemented, text));
        }
    }
    if attributes.user.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() > METADATA_BYTES_MAX {
        let text = "Your metadata headers exceed the maximum allowed metadata size";
        return Err(custom("MetadataTooLarge", StatusCode::BAD_REQUEST, text));
    }
    Ok(())
}
