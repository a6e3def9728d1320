//! What do the operations on buckets do? Ref: Amazon S3 API reference, CreateBucket, HeadBucket, DeleteBucket, ListBuckets, GetBucketLocation.

use s3s::dto::*;
use s3s::{S3Error, S3ErrorCode, S3Request, S3Response, S3Result};

use super::backend::Backend;
use super::fields::{owner, timestamp};
use crate::storage::attributes::Tags;

/// Most buckets a page holds when the request names no number. Ref: ListBuckets, `max-buckets`.
const BUCKETS_PAGE_MAX: usize = 10_000;

/// The region that has no location constraint.
const REGION_WITHOUT_CONSTRAINT: &str = "us-east-1";

/// Buckets by name, with prefix, region and paging.
pub async fn list_buckets(backend: &Backend, req: S3Request<ListBucketsInput>) -> S3Result<S3Response<ListBucketsOutput>> {
    let input = req.input;
    let mut buckets = backend.run(|storage| storage.buckets()).await?;
    let prefix = input.prefix.clone().unwrap_or_default();
    let after = input.continuation_token.unwrap_or_default();
    buckets.retain(|b| {
        let region = b.region.as_deref().unwrap_or(&backend.region);
        b.name.starts_with(&prefix) && b.name > after && input.bucket_region.as_deref().is_none_or(|wanted| wanted == region)
    });
    let page_max = input.max_buckets.and_then(|n| usize::try_from(n).ok()).unwrap_or(BUCKETS_PAGE_MAX).clamp(1, BUCKETS_PAGE_MAX);
    let is_truncated = buckets.len() > page_max;
    buckets.truncate(page_max);
    let output = ListBucketsOutput {
        continuation_token: buckets.last().filter(|_| is_truncated).map(|b| b.name.clone()),
        owner: Some(owner(&backend.account)),
        prefix: input.prefix,
        buckets: Some(
            buckets
                .into_iter()
                .map(|b| Bucket {
                    bucket_region: Some(b.region.unwrap_or_else(|| backend.region.clone())),
                    creation_date: Some(timestamp(b.created_ms)),
                    name: Some(b.name),
                })
                .collect(),
        ),
    };
    Ok(S3Response::new(output))
}

/// Creates a bucket in the region of its location constraint. Object lock is refused: nothing would keep it.
pub async fn create_bucket(backend: &Backend, req: S3Request<CreateBucketInput>) -> S3Result<S3Response<CreateBucketOutput>> {
    let input = req.input;
    if input.object_lock_enabled_for_bucket == Some(true) {
        return Err(S3Error::with_message(
            S3ErrorCode::NotImplemented,
            "A header you provided implies functionality that is not implemented: object lock",
        ));
    }
    let configuration = input.create_bucket_configuration;
    let region = configuration.and_then(|c| c.location_constraint).map(|c| c.as_str().to_owned()).filter(|r| !r.is_empty());
    let location = format!("/{}", input.bucket);
    let name = input.bucket;
    backend.run(move |storage| storage.create_bucket(&name, region.as_deref())).await?;
    Ok(S3Response::new(CreateBucketOutput { location: Some(location) }))
}

/// Whether a bucket exists, and its region.
pub async fn head_bucket(backend: &Backend, req: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
    let region = region_of(backend, req.input.bucket).await?;
    Ok(S3Response::new(HeadBucketOutput { bucket_region: Some(region), ..HeadBucketOutput::default() }))
}

/// Deletes an empty bucket.
pub async fn delete_bucket(backend: &Backend, req: S3Request<DeleteBucketInput>) -> S3Result<S3Response<DeleteBucketOutput>> {
    let name = req.input.bucket;
    backend.run(move |storage| storage.delete_bucket(&name)).await?;
    Ok(S3Response::with_status(DeleteBucketOutput::default(), http::StatusCode::NO_CONTENT))
}

/// A bucket's region; empty for us-east-1.
pub async fn get_bucket_location(
    backend: &Backend,
    req: S3Request<GetBucketLocationInput>,
) -> S3Result<S3Response<GetBucketLocationOutput>> {
    let region = region_of(backend, req.input.bucket).await?;
    let location_constraint = (region != REGION_WITHOUT_CONSTRAINT).then(|| BucketLocationConstraint::from(region));
    Ok(S3Response::new(GetBucketLocationOutput { location_constraint }))
}

async fn region_of(backend: &Backend, name: String) -> S3Result<String> {
    let info = backend.run(move |storage| storage.bucket_info(&name)).await?;
    Ok(info.region.unwrap_or_else(|| backend.region.clone()))
}

/// The tags of a bucket.
pub async fn tags_of(backend: &Backend, name: String) -> S3Result<Tags> {
    Ok(backend.run(move |storage| storage.bucket_info(&name)).await?.tags)
}
