//! Which S3 operations exist? This table; operations that are not in it are refused by s3s with `NotImplemented` and their name.

use std::sync::Arc;

use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result};

use super::error::of_storage;
use super::{bucket, bucket_settings, listing, multipart, object_read, object_tagging, object_write};
use crate::storage::{FileBucket, Storage, StorageError, upload};

/// What the operations work on.
#[derive(Debug, Clone)]
pub struct Backend {
    /// The buckets.
    pub storage: Arc<Storage>,
    /// Region of buckets that were created without one.
    pub region: String,
    /// Account that owns everything.
    pub account: String,
    /// What reaches external stores.
    pub client: reqwest::Client,
}

impl Backend {
    /// The bucket `name`; `NoSuchBucket` if there is none.
    pub async fn bucket(&self, name: &str) -> S3Result<Arc<FileBucket>> {
        let name = name.to_owned();
        self.run(move |storage| storage.bucket(&name)).await
    }

    /// Runs blocking work on the storage.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce(&Storage) -> Result<T, StorageError> + Send + 'static) -> S3Result<T> {
        let storage = Arc::clone(&self.storage);
        upload::blocking(move || work(&storage)).await.map_err(of_storage)
    }
}

/// Writes the trait's functions: operation, its input, its output, and the function that does it.
macro_rules! operations {
    ($($name:ident($input:ident) -> $output:ident = $module:ident::$function:ident;)*) => {
        #[async_trait::async_trait]
        impl S3 for Backend {
            $(async fn $name(&self, req: S3Request<$input>) -> S3Result<S3Response<$output>> {
                $module::$function(self, req).await
            })*
        }
    };
}

operations! {
    list_buckets(ListBucketsInput) -> ListBucketsOutput = bucket::list_buckets;
    create_bucket(CreateBucketInput) -> CreateBucketOutput = bucket::create_bucket;
    head_bucket(HeadBucketInput) -> HeadBucketOutput = bucket::head_bucket;
    delete_bucket(DeleteBucketInput) -> DeleteBucketOutput = bucket::delete_bucket;
    get_bucket_location(GetBucketLocationInput) -> GetBucketLocationOutput = bucket::get_bucket_location;

    get_object(GetObjectInput) -> GetObjectOutput = object_read::get_object;
    head_object(HeadObjectInput) -> HeadObjectOutput = object_read::head_object;
    get_object_attributes(GetObjectAttributesInput) -> GetObjectAttributesOutput = object_read::get_object_attributes;
    put_object(PutObjectInput) -> PutObjectOutput = object_write::put_object;
    copy_object(CopyObjectInput) -> CopyObjectOutput = object_write::copy_object;
    delete_object(DeleteObjectInput) -> DeleteObjectOutput = object_write::delete_object;
    delete_objects(DeleteObjectsInput) -> DeleteObjectsOutput = object_write::delete_objects;

    list_objects(ListObjectsInput) -> ListObjectsOutput = listing::list_objects;
    list_objects_v2(ListObjectsV2Input) -> ListObjectsV2Output = listing::list_objects_v2;
    list_object_versions(ListObjectVersionsInput) -> ListObjectVersionsOutput = listing::list_object_versions;

    create_multipart_upload(CreateMultipartUploadInput) -> CreateMultipartUploadOutput = multipart::create_multipart_upload;
    upload_part(UploadPartInput) -> UploadPartOutput = multipart::upload_part;
    upload_part_copy(UploadPartCopyInput) -> UploadPartCopyOutput = multipart::upload_part_copy;
    list_parts(ListPartsInput) -> ListPartsOutput = multipart::list_parts;
    list_multipart_uploads(ListMultipartUploadsInput) -> ListMultipartUploadsOutput = multipart::list_multipart_uploads;
    complete_multipart_upload(CompleteMultipartUploadInput) -> CompleteMultipartUploadOutput = multipart::complete_multipart_upload;
    abort_multipart_upload(AbortMultipartUploadInput) -> AbortMultipartUploadOutput = multipart::abort_multipart_upload;

    get_object_tagging(GetObjectTaggingInput) -> GetObjectTaggingOutput = object_tagging::get_object_tagging;
    put_object_tagging(PutObjectTaggingInput) -> PutObjectTaggingOutput = object_tagging::put_object_tagging;
    delete_object_tagging(DeleteObjectTaggingInput) -> DeleteObjectTaggingOutput = object_tagging::delete_object_tagging;

    get_bucket_tagging(GetBucketTaggingInput) -> GetBucketTaggingOutput = bucket_settings::get_bucket_tagging;
    put_bucket_tagging(PutBucketTaggingInput) -> PutBucketTaggingOutput = bucket_settings::put_bucket_tagging;
    delete_bucket_tagging(DeleteBucketTaggingInput) -> DeleteBucketTaggingOutput = bucket_settings::delete_bucket_tagging;
    get_bucket_versioning(GetBucketVersioningInput) -> GetBucketVersioningOutput = bucket_settings::get_bucket_versioning;
    get_bucket_acl(GetBucketAclInput) -> GetBucketAclOutput = bucket_settings::get_bucket_acl;
    get_object_acl(GetObjectAclInput) -> GetObjectAclOutput = bucket_settings::get_object_acl;
    get_bucket_accelerate_configuration(GetBucketAccelerateConfigurationInput) -> GetBucketAccelerateConfigurationOutput = bucket_settings::get_bucket_accelerate_configuration;
    get_bucket_request_payment(GetBucketRequestPaymentInput) -> GetBucketRequestPaymentOutput = bucket_settings::get_bucket_request_payment;
    get_bucket_logging(GetBucketLoggingInput) -> GetBucketLoggingOutput = bucket_settings::get_bucket_logging;
    get_bucket_notification_configuration(GetBucketNotificationConfigurationInput) -> GetBucketNotificationConfigurationOutput = bucket_settings::get_bucket_notification_configuration;
    get_bucket_policy(GetBucketPolicyInput) -> GetBucketPolicyOutput = bucket_settings::get_bucket_policy;
    get_bucket_policy_status(GetBucketPolicyStatusInput) -> GetBucketPolicyStatusOutput = bucket_settings::get_bucket_policy_status;
    get_bucket_cors(GetBucketCorsInput) -> GetBucketCorsOutput = bucket_settings::get_bucket_cors;
    get_bucket_website(GetBucketWebsiteInput) -> GetBucketWebsiteOutput = bucket_settings::get_bucket_website;
    get_bucket_lifecycle_configuration(GetBucketLifecycleConfigurationInput) -> GetBucketLifecycleConfigurationOutput = bucket_settings::get_bucket_lifecycle_configuration;
    get_bucket_replication(GetBucketReplicationInput) -> GetBucketReplicationOutput = bucket_settings::get_bucket_replication;
    get_bucket_encryption(GetBucketEncryptionInput) -> GetBucketEncryptionOutput = bucket_settings::get_bucket_encryption;
    get_object_lock_configuration(GetObjectLockConfigurationInput) -> GetObjectLockConfigurationOutput = bucket_settings::get_object_lock_configuration;
    get_public_access_block(GetPublicAccessBlockInput) -> GetPublicAccessBlockOutput = bucket_settings::get_public_access_block;
    get_bucket_ownership_controls(GetBucketOwnershipControlsInput) -> GetBucketOwnershipControlsOutput = bucket_settings::get_bucket_ownership_controls;
}
