//! How are objects written and deleted? Ref: Amazon S3 API reference, PutObject, CopyObject, DeleteObject, DeleteObjects.

use std::sync::Arc;

use http::header::{IF_MATCH, IF_NONE_MATCH};
use http::{HeaderMap, HeaderName, StatusCode};
use s3s::dto::*;
use s3s::{S3Error, S3ErrorCode, S3Request, S3Response, S3Result};

use super::backend::Backend;
use super::error::{invalid_argument, of_storage};
use super::external_copy::{self, Source, Wanted};
use super::fields::{
    attributes_of, check_version, checksum_type, etag, named_algorithm, number, set_checksum, tags_of_header, unix_ms, unix_seconds,
    write_condition,
};
use super::object_read::ReadConditions;
use super::received_body::BodyChecks;
use super::write_headers;
use crate::storage::attributes::Tags;
use crate::storage::checksum::ChecksumAlgorithm;
use crate::storage::put::{BodyIdentity, NewObject, WrittenBody};
use crate::storage::{Attributes, FileBucket, StorageError, StorageErrorKind, key_path, upload};

/// Keys one DeleteObjects request may name. Ref: DeleteObjects.
const DELETE_KEYS_MAX: usize = 1000;

/// PutObject: one body becomes one object, whole or not at all.
pub async fn put_object(backend: &Backend, req: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
    let checks = BodyChecks::of(&req.headers, &req.extensions)?;
    let mut input = req.input;
    if input.write_offset_bytes.is_some() {
        return Err(S3Error::with_message(
            S3ErrorCode::NotImplemented,
            "A header you provided implies functionality that is not implemented: x-amz-write-offset-bytes",
        ));
    }
    key_path::check(&input.key).map_err(of_storage)?;
    let new = NewObject {
        attributes: attributes_of!(input),
        tags: tags_of_header(input.tagging.as_deref())?,
        condition: write_condition(input.if_match.take(), input.if_none_match.take())?,
    };
    write_headers::check(&req.headers, &new.attributes)?;
    let bucket = backend.bucket(&input.bucket).await?;
    let (body, checksum) = checks.receive(bucket.clone(), input.body.take(), None).await?;
    let key = input.key;
    let info = upload::blocking(move || {
        let identity = BodyIdentity { etag: body.md5.clone().unwrap_or_default(), checksum: Some(checksum), parts: Vec::new() };
        bucket.commit(&key, body, new, Some(identity))
    })
    .await
    .map_err(of_storage)?;
    let mut output = PutObjectOutput {
        e_tag: Some(etag(info.etag())),
        checksum_type: info.record.checksum.as_ref().map(checksum_type),
        ..PutObjectOutput::default()
    };
    set_checksum!(output, &info.record.checksum);
    Ok(S3Response::new(output))
}

/// CopyObject: within or between buckets, keeping or replacing metadata and tags.
pub async fn copy_object(backend: &Backend, req: S3Request<CopyObjectInput>) -> S3Result<S3Response<CopyObjectOutput>> {
    let input = req.input;
    let (source_bucket, source_key) = copy_source(&input.copy_source)?;
    key_path::check(&input.key).map_err(of_storage)?;
    let target = backend.bucket(&input.bucket).await?;
    let algorithm = named_algorithm(input.checksum_algorithm.as_ref())?;
    let is_known = |directive: Option<&str>| directive.is_none_or(|directive| matches!(directive, "COPY" | "REPLACE"));
    if !is_known(input.metadata_directive.as_ref().map(|d| d.as_str())) {
        return Err(invalid_argument("Unknown metadata directive."));
    }
    if !is_known(input.tagging_directive.as_ref().map(|d| d.as_str())) {
        return Err(invalid_argument("Unknown tagging directive."));
    }
    let replaces = input.metadata_directive.as_ref().is_some_and(|d| d.as_str() == MetadataDirective::REPLACE);
    let replaces_tags = input.tagging_directive.as_ref().is_some_and(|d| d.as_str() == TaggingDirective::REPLACE);
    if source_bucket == input.bucket && source_key == input.key && !replaces && input.storage_class.is_none() && algorithm.is_none() {
        return Err(S3Error::with_message(
            S3ErrorCode::InvalidRequest,
            "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
        ));
    }
    let mut attributes = attributes_of!(input);
    write_headers::check(&req.headers, &attributes)?;
    let mut tags = tags_of_header(input.tagging.as_deref())?;
    let conditions = ReadConditions {
        if_match: input.copy_source_if_match,
        if_none_match: input.copy_source_if_none_match,
        if_modified_since: input.copy_source_if_modified_since,
        if_unmodified_since: input.copy_source_if_unmodified_since,
    };
    // CopyObject got these after s3s's model of it was made.
    let condition = write_condition(condition_header(&req.headers, IF_MATCH)?, condition_header(&req.headers, IF_NONE_MATCH)?)?;
    let key = input.key;
    let mut keep = |kept: Attributes, kept_tags: Tags| {
        if !replaces {
            let (storage_class, website_redirect) = (attributes.storage_class.take(), attributes.website_redirect.take());
            attributes = Attributes { storage_class, website_redirect, ..kept };
        }
        if !replaces_tags {
            tags = kept_tags;
        }
        NewObject { attributes: std::mem::take(&mut attributes), tags: std::mem::take(&mut tags), condition: condition.clone() }
    };
    let copied = if backend.storage.remote(&source_bucket).is_some() {
        let wanted = Wanted { bucket: source_bucket, key: source_key, range: None, conditions, has_tags: !replaces_tags };
        let mut source = external_copy::open(&backend.storage, &backend.client, wanted).await?;
        let new = keep(std::mem::take(&mut source.attributes), std::mem::take(&mut source.tags));
        let mut body = receive_copy(Arc::clone(&target), source, algorithm.unwrap_or(ChecksumAlgorithm::Crc64nvme)).await?;
        let identity = BodyIdentity { etag: body.md5.take().unwrap_or_default(), checksum: body.checksums.pop(), parts: Vec::new() };
        upload::blocking(move || target.commit(&key, body, new, Some(identity))).await
    } else {
        let source = backend.bucket(&source_bucket).await?;
        let (source, info) = upload::blocking(move || source.info(&source_key).map(|info| (source, info))).await.map_err(of_storage)?;
        conditions.check_for_copy(info.etag(), unix_seconds(info.file.modified()))?;
        let new = keep(info.record.attributes.clone(), info.record.tags.clone());
        upload::blocking(move || target.copy_from(&source, &info.file.key, &key, new, algorithm)).await
    };
    let copied = copied.map_err(of_storage)?;
    let mut result = CopyObjectResult {
        e_tag: Some(etag(copied.etag())),
        last_modified: Some(copied.file.modified().into()),
        checksum_type: copied.record.checksum.as_ref().map(checksum_type),
        ..CopyObjectResult::default()
    };
    set_checksum!(result, &copied.record.checksum);
    Ok(S3Response::new(CopyObjectOutput { copy_object_result: Some(result), ..CopyObjectOutput::default() }))
}

/// Bucket and key of a copy's source.
pub fn copy_source(source: &CopySource) -> S3Result<(String, String)> {
    match source {
        CopySource::Bucket { bucket, key, version_id } => {
            check_version(version_id.as_deref())?;
            Ok((bucket.to_string(), key.to_string()))
        }
        CopySource::AccessPoint { .. } | CopySource::Outpost { .. } => {
            Err(S3Error::with_message(S3ErrorCode::NotImplemented, "Copying from an access point or outpost is not implemented"))
        }
    }
}

/// Writes what is copied from another store to a temporary file of `bucket`.
///
/// Errors: `ServiceUnavailable` when the store stops before the end.
pub async fn receive_copy(bucket: Arc<FileBucket>, source: Source, algorithm: ChecksumAlgorithm) -> S3Result<WrittenBody> {
    let ended = || S3Error::with_message(S3ErrorCode::ServiceUnavailable, "The copy's source stopped before its end.");
    let written = upload::receive(bucket, source.body, vec![algorithm]).await.map_err(|error| match error.kind {
        StorageErrorKind::InvalidBody => ended(),
        _ => of_storage(error),
    })?;
    if written.size == source.length { Ok(written) } else { Err(ended()) }
}

fn condition_header(headers: &HeaderMap, name: HeaderName) -> S3Result<Option<ETagCondition>> {
    let condition = headers.get(name).map(|value| ETagCondition::parse_http_header(value.as_bytes())).transpose();
    condition.map_err(|_| invalid_argument("Invalid condition"))
}

/// DeleteObject: a missing object is no error.
pub async fn delete_object(backend: &Backend, req: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
    let input = req.input;
    check_version(input.version_id.as_deref())?;
    let bucket = backend.bucket(&input.bucket).await?;
    let condition = write_condition(input.if_match, None)?;
    let modified = input.if_match_last_modified_time.map(|t| unix_ms(t).div_euclid(1000));
    let size = input.if_match_size;
    upload::blocking(move || {
        bucket.delete_if(&input.key, |info| {
            let holds = modified.is_none_or(|m| m == unix_seconds(info.file.modified()))
                && size.is_none_or(|s| s == number(info.file.size()))
                && match &condition {
                    crate::storage::put::WriteCondition::Etag(tag) => tag == info.etag(),
                    _ => true,
                };
            if holds {
                Ok(())
            } else {
                Err(StorageError::new(StorageErrorKind::PreconditionFailed, &info.file.key, "the object has changed"))
            }
        })
    })
    .await
    .map_err(of_storage)?;
    Ok(S3Response::with_status(DeleteObjectOutput::default(), StatusCode::NO_CONTENT))
}

/// DeleteObjects: each key on its own; failures are rows of the answer.
pub async fn delete_objects(backend: &Backend, req: S3Request<DeleteObjectsInput>) -> S3Result<S3Response<DeleteObjectsOutput>> {
    let input = req.input;
    if input.delete.objects.is_empty() || input.delete.objects.len() > DELETE_KEYS_MAX {
        return Err(S3Error::with_message(
            S3ErrorCode::MalformedXML,
            "The XML you provided was not well-formed or did not validate against our published schema",
        ));
    }
    let bucket = backend.bucket(&input.bucket).await?;
    let is_quiet = input.delete.quiet.unwrap_or(false);
    let (deleted, errors) = upload::blocking(move || {
        let mut deleted = Vec::new();
        let mut errors = Vec::new();
        for object in input.delete.objects {
            let outcome = match check_version(object.version_id.as_deref()) {
                Ok(()) => {
                    let wanted = object.e_tag.map(ETag::into_value);
                    let check = |info: &crate::storage::ObjectInfo| match &wanted {
                        Some(tag) if tag != info.etag() => {
                            Err(StorageError::new(StorageErrorKind::PreconditionFailed, &info.file.key, "the object has changed"))
                        }
                        _ => Ok(()),
                    };
                    bucket.delete_if(&object.key, check).map_err(of_storage)
                }
                Err(e) => Err(e),
            };
            match outcome {
                Ok(_) => deleted.push(DeletedObject {
                    key: Some(object.key),
                    version_id: object.version_id.filter(|v| !v.is_empty()),
                    ..DeletedObject::default()
                }),
                Err(e) => errors.push(Error {
                    code: Some(e.code().as_str().to_owned()),
                    key: Some(object.key),
                    message: e.message().map(str::to_owned),
                    version_id: object.version_id,
                }),
            }
        }
        Ok((deleted, errors))
    })
    .await
    .map_err(of_storage)?;
    let output = DeleteObjectsOutput {
        deleted: (!is_quiet).then_some(deleted),
        errors: (!errors.is_empty()).then_some(errors),
        request_charged: None,
    };
    Ok(S3Response::new(output))
}

/// `bytes=first-last` of a part copy, as an exclusive range.
pub fn copy_range(range: &str, size: u64) -> S3Result<std::ops::Range<u64>> {
    let invalid = || {
        invalid_argument(
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
        )
    };
    let (first, last) = range.strip_prefix("bytes=").and_then(|r| r.split_once('-')).ok_or_else(invalid)?;
    let (first, last): (u64, u64) = first.parse().ok().zip(last.parse().ok()).ok_or_else(invalid)?;
    if first > last {
        return Err(invalid());
    }
    if last >= size {
        return Err(invalid_argument(format!("Range specified is not valid for source object of size: {size}")));
    }
    Ok(first..last + 1)
}
