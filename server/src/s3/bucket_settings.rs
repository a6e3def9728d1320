//! Which settings does a bucket have? Tags. All others answer as for a bucket that never had them; setting them is refused by name.
//!
//! Ref: Amazon S3 API reference, GetBucket*; the codes are those of a bucket without the setting, which is what
//! infrastructure tools read after creating a bucket.

use http::StatusCode;
use s3s::dto::*;
use s3s::{S3Error, S3ErrorCode, S3Request, S3Response, S3Result};

use super::backend::Backend;
use super::bucket::tags_of;
use super::error::{custom, of_storage};
use super::fields::{owner, owner_id, tag_set, tags_of_set};
use crate::storage::attributes::Tags;
use crate::storage::upload;

/// Tags a bucket may have. Ref: Amazon S3 user guide, "Using cost allocation S3 bucket tags".
const BUCKET_TAGS_MAX: usize = 50;

/// The tags; `NoSuchTagSet` if there are none.
pub async fn get_bucket_tagging(backend: &Backend, req: S3Request<GetBucketTaggingInput>) -> S3Result<S3Response<GetBucketTaggingOutput>> {
    let tags = tags_of(backend, req.input.bucket).await?;
    if tags.is_empty() {
        return Err(S3Error::with_message(S3ErrorCode::NoSuchTagSet, "The TagSet does not exist"));
    }
    Ok(S3Response::new(GetBucketTaggingOutput { tag_set: tag_set(tags) }))
}

/// Replaces the tags.
pub async fn put_bucket_tagging(backend: &Backend, req: S3Request<PutBucketTaggingInput>) -> S3Result<S3Response<PutBucketTaggingOutput>> {
    let tags = tags_of_set(req.input.tagging.tag_set, Some(BUCKET_TAGS_MAX))?;
    let name = req.input.bucket;
    backend.run(move |storage| storage.set_bucket_tags(&name, tags)).await?;
    Ok(S3Response::with_status(PutBucketTaggingOutput::default(), StatusCode::NO_CONTENT))
}

/// Removes the tags.
pub async fn delete_bucket_tagging(
    backend: &Backend,
    req: S3Request<DeleteBucketTaggingInput>,
) -> S3Result<S3Response<DeleteBucketTaggingOutput>> {
    let name = req.input.bucket;
    backend.run(move |storage| storage.set_bucket_tags(&name, Tags::new())).await?;
    Ok(S3Response::with_status(DeleteBucketTaggingOutput::default(), StatusCode::NO_CONTENT))
}

/// The owner may do everything.
pub async fn get_bucket_acl(backend: &Backend, req: S3Request<GetBucketAclInput>) -> S3Result<S3Response<GetBucketAclOutput>> {
    backend.bucket(&req.input.bucket).await?;
    let output = GetBucketAclOutput { grants: Some(full_control(backend)), owner: Some(owner(&backend.account)) };
    Ok(S3Response::new(output))
}

/// The owner may do everything.
pub async fn get_object_acl(backend: &Backend, req: S3Request<GetObjectAclInput>) -> S3Result<S3Response<GetObjectAclOutput>> {
    let bucket = backend.bucket(&req.input.bucket).await?;
    let key = req.input.key;
    upload::blocking(move || bucket.info(&key)).await.map_err(of_storage)?;
    let output = GetObjectAclOutput { grants: Some(full_control(backend)), owner: Some(owner(&backend.account)), request_charged: None };
    Ok(S3Response::new(output))
}

fn full_control(backend: &Backend) -> Grants {
    let grantee = Grantee {
        display_name: Some("owlake".to_owned()),
        email_address: None,
        id: Some(owner_id(&backend.account)),
        type_: Type::from_static(Type::CANONICAL_USER),
        uri: None,
    };
    vec![Grant { grantee: Some(grantee), permission: Some(Permission::from_static(Permission::FULL_CONTROL)) }]
}

/// Operations that answer with an empty or fixed setting.
macro_rules! unset {
    ($($(#[$doc:meta])* $name:ident($input:ident) -> $output:expr, $type:ident;)*) => {
        $($(#[$doc])*
        pub async fn $name(backend: &Backend, req: S3Request<$input>) -> S3Result<S3Response<$type>> {
            backend.bucket(&req.input.bucket).await?;
            Ok(S3Response::new($output))
        })*
    };
}

unset! {
    /// Never versioned.
    get_bucket_versioning(GetBucketVersioningInput) -> GetBucketVersioningOutput::default(), GetBucketVersioningOutput;
    /// Not accelerated.
    get_bucket_accelerate_configuration(GetBucketAccelerateConfigurationInput) -> GetBucketAccelerateConfigurationOutput::default(), GetBucketAccelerateConfigurationOutput;
    /// The owner pays.
    get_bucket_request_payment(GetBucketRequestPaymentInput) -> GetBucketRequestPaymentOutput { payer: Some(Payer::from_static("BucketOwner")) }, GetBucketRequestPaymentOutput;
    /// Not logged.
    get_bucket_logging(GetBucketLoggingInput) -> GetBucketLoggingOutput::default(), GetBucketLoggingOutput;
    /// Notifies nobody.
    get_bucket_notification_configuration(GetBucketNotificationConfigurationInput) -> GetBucketNotificationConfigurationOutput::default(), GetBucketNotificationConfigurationOutput;
}

/// Operations that answer with the error of a missing setting.
macro_rules! missing {
    ($($(#[$doc:meta])* $name:ident($input:ident) -> $type:ident = $code:literal, $text:literal;)*) => {
        $($(#[$doc])*
        pub async fn $name(backend: &Backend, req: S3Request<$input>) -> S3Result<S3Response<$type>> {
            backend.bucket(&req.input.bucket).await?;
            Err(custom($code, StatusCode::NOT_FOUND, $text))
        })*
    };
}

missing! {
    /// No policy.
    get_bucket_policy(GetBucketPolicyInput) -> GetBucketPolicyOutput = "NoSuchBucketPolicy", "The bucket policy does not exist";
    /// No policy.
    get_bucket_policy_status(GetBucketPolicyStatusInput) -> GetBucketPolicyStatusOutput = "NoSuchBucketPolicy", "The bucket policy does not exist";
    /// No CORS rules.
    get_bucket_cors(GetBucketCorsInput) -> GetBucketCorsOutput = "NoSuchCORSConfiguration", "The CORS configuration does not exist";
    /// No website.
    get_bucket_website(GetBucketWebsiteInput) -> GetBucketWebsiteOutput = "NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration";
    /// No lifecycle rules.
    get_bucket_lifecycle_configuration(GetBucketLifecycleConfigurationInput) -> GetBucketLifecycleConfigurationOutput = "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist";
    /// No replication.
    get_bucket_replication(GetBucketReplicationInput) -> GetBucketReplicationOutput = "ReplicationConfigurationNotFoundError", "The replication configuration was not found";
    /// No encryption.
    get_bucket_encryption(GetBucketEncryptionInput) -> GetBucketEncryptionOutput = "ServerSideEncryptionConfigurationNotFoundError", "The server side encryption configuration was not found";
    /// No object lock.
    get_object_lock_configuration(GetObjectLockConfigurationInput) -> GetObjectLockConfigurationOutput = "ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket";
    /// No public access block.
    get_public_access_block(GetPublicAccessBlockInput) -> GetPublicAccessBlockOutput = "NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found";
    /// No ownership controls.
    get_bucket_ownership_controls(GetBucketOwnershipControlsInput) -> GetBucketOwnershipControlsOutput = "OwnershipControlsNotFoundError", "The bucket ownership controls were not found";
}
