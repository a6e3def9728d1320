//! How are an object's tags kept? In its metadata file. Ref: Amazon S3 API reference, PutObjectTagging, GetObjectTagging, DeleteObjectTagging.

use http::StatusCode;
use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result};

use super::backend::Backend;
use super::error::of_storage;
use super::fields::{check_version, tag_set, tags_of_set};
use crate::storage::attributes::Tags;
use crate::storage::upload;

/// The tags, possibly none.
pub async fn get_object_tagging(backend: &Backend, req: S3Request<GetObjectTaggingInput>) -> S3Result<S3Response<GetObjectTaggingOutput>> {
    check_version(req.input.version_id.as_deref())?;
    let bucket = backend.bucket(&req.input.bucket).await?;
    let key = req.input.key;
    let info = upload::blocking(move || bucket.info(&key)).await.map_err(of_storage)?;
    Ok(S3Response::new(GetObjectTaggingOutput { tag_set: tag_set(info.record.tags), version_id: None }))
}

/// Replaces the tags.
pub async fn put_object_tagging(backend: &Backend, req: S3Request<PutObjectTaggingInput>) -> S3Result<S3Response<PutObjectTaggingOutput>> {
    check_version(req.input.version_id.as_deref())?;
    let tags = tags_of_set(req.input.tagging.tag_set, None)?;
    set_tags(backend, &req.input.bucket, req.input.key, tags).await?;
    Ok(S3Response::new(PutObjectTaggingOutput::default()))
}

/// Removes the tags.
pub async fn delete_object_tagging(
    backend: &Backend,
    req: S3Request<DeleteObjectTaggingInput>,
) -> S3Result<S3Response<DeleteObjectTaggingOutput>> {
    check_version(req.input.version_id.as_deref())?;
    set_tags(backend, &req.input.bucket, req.input.key, Tags::new()).await?;
    Ok(S3Response::with_status(DeleteObjectTaggingOutput::default(), StatusCode::NO_CONTENT))
}

async fn set_tags(backend: &Backend, bucket: &str, key: String, tags: Tags) -> S3Result<()> {
    let bucket = backend.bucket(bucket).await?;
    upload::blocking(move || bucket.update_record(&key, |record| record.tags = tags)).await.map_err(of_storage)?;
    Ok(())
}
