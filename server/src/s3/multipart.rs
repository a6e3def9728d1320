//! How do the multipart operations map to storage? Ref: Amazon S3 API reference, CreateMultipartUpload to AbortMultipartUpload.

use std::sync::Arc;

use http::StatusCode;
use s3s::dto::*;
use s3s::{S3Error, S3ErrorCode, S3Request, S3Response, S3Result};

use super::backend::Backend;
use super::error::{invalid_argument, of_storage};
use super::external_copy::{self, Wanted};
use super::fields::{
    attributes_of, checksum_algorithm, checksum_type, coverage_type, etag, named_algorithm, number, owner, owner_id, sent_checksum,
    set_checksum, tags_of_header, timestamp, url_encoded, write_condition,
};
use super::object_read::ReadConditions;
use super::object_write::{copy_source, receive_copy};
use super::received_body::{BodyChecks, part_number};
use super::write_headers;
use crate::storage::checksum::{Checksum, ChecksumAlgorithm, ChecksumCoverage};
use crate::storage::multipart::{CompletedPart, Upload};
use crate::storage::{FileBucket, upload};

/// Most parts or uploads a page holds. Ref: ListParts, ListMultipartUploads.
const ROWS_PAGE_MAX: usize = 1000;

/// CreateMultipartUpload.
pub async fn create_multipart_upload(
    backend: &Backend,
    req: S3Request<CreateMultipartUploadInput>,
) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
    let input = req.input;
    let bucket = backend.bucket(&input.bucket).await?;
    let attributes = attributes_of!(input);
    write_headers::check(&req.headers, &attributes)?;
    let tags = tags_of_header(input.tagging.as_deref())?;
    let algorithm = named_algorithm(input.checksum_algorithm.as_ref())?;
    let checksum = match (algorithm, input.checksum_type.as_ref().map(|t| t.as_str())) {
        (None, _) => None,
        (Some(algorithm), None) => Some((algorithm, algorithm.default_multipart_coverage())),
        (Some(algorithm), Some(ChecksumType::FULL_OBJECT)) if !is_sha(algorithm) => Some((algorithm, ChecksumCoverage::FullObject)),
        (Some(algorithm), Some(ChecksumType::COMPOSITE)) if algorithm != ChecksumAlgorithm::Crc64nvme => {
            Some((algorithm, ChecksumCoverage::Composite))
        }
        (Some(algorithm), Some(coverage)) => {
            return Err(invalid_argument(format!(
                "The {coverage} checksum type cannot be used with the {} checksum algorithm.",
                algorithm.name().to_lowercase()
            )));
        }
    };
    let key = input.key.clone();
    let created = upload::blocking(move || bucket.create_upload(&key, attributes, tags, checksum)).await.map_err(of_storage)?;
    let output = CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(created.id),
        checksum_algorithm: checksum.map(|c| checksum_algorithm(c.0)),
        checksum_type: checksum.map(|c| coverage_type(c.1)),
        ..CreateMultipartUploadOutput::default()
    };
    Ok(S3Response::new(output))
}

fn is_sha(algorithm: ChecksumAlgorithm) -> bool {
    matches!(algorithm, ChecksumAlgorithm::Sha1 | ChecksumAlgorithm::Sha256)
}

/// UploadPart.
pub async fn upload_part(backend: &Backend, req: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
    let checks = BodyChecks::of(&req.headers, &req.extensions)?;
    let input = req.input;
    let part_number = part_number(input.part_number)?;
    let (bucket, found) = find_upload(backend, &input.bucket, input.key, input.upload_id).await?;
    let (body, checksum) = checks.receive(Arc::clone(&bucket), input.body, found.checksum_algorithm).await?;
    let part = upload::blocking(move || bucket.put_part(&found, part_number, body)).await.map_err(of_storage)?;
    let mut output = UploadPartOutput { e_tag: Some(etag(&part.etag)), ..UploadPartOutput::default() };
    set_checksum!(output, Some(&checksum));
    Ok(S3Response::new(output))
}

/// UploadPartCopy: a range of an existing object becomes a part.
pub async fn upload_part_copy(backend: &Backend, req: S3Request<UploadPartCopyInput>) -> S3Result<S3Response<UploadPartCopyOutput>> {
    let input = req.input;
    let part_number = part_number(input.part_number)?;
    let (source_bucket, source_key) = copy_source(&input.copy_source)?;
    let (bucket, found) = find_upload(backend, &input.bucket, input.key, input.upload_id).await?;
    let conditions = ReadConditions {
        if_match: input.copy_source_if_match,
        if_none_match: input.copy_source_if_none_match,
        if_modified_since: input.copy_source_if_modified_since,
        if_unmodified_since: input.copy_source_if_unmodified_since,
    };
    let wanted = Wanted { bucket: source_bucket, key: source_key, range: input.copy_source_range, conditions, has_tags: false };
    let source = external_copy::open(&backend.storage, &backend.client, wanted).await?;
    let algorithm = found.checksum_algorithm.unwrap_or(ChecksumAlgorithm::Crc64nvme);
    let body = receive_copy(Arc::clone(&bucket), source, algorithm).await?;
    let part = upload::blocking(move || bucket.put_part(&found, part_number, body)).await.map_err(of_storage)?;
    let mut result =
        CopyPartResult { e_tag: Some(etag(&part.etag)), last_modified: Some(timestamp(part.modified_ms)), ..CopyPartResult::default() };
    set_checksum!(result, &part.checksum);
    Ok(S3Response::new(UploadPartCopyOutput { copy_part_result: Some(result), ..UploadPartCopyOutput::default() }))
}

/// ListParts.
pub async fn list_parts(backend: &Backend, req: S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
    let input = req.input;
    let (bucket, found) = find_upload(backend, &input.bucket, input.key.clone(), input.upload_id.clone()).await?;
    let (found, parts) = upload::blocking(move || bucket.parts(&found).map(|parts| (found, parts))).await.map_err(of_storage)?;
    let marker = input.part_number_marker.unwrap_or(0);
    let rows_max = page_size(input.max_parts, "max-parts")?;
    let later: Vec<_> = parts.into_values().filter(|p| i64::from(p.number) > i64::from(marker)).collect();
    let is_truncated = rows_max > 0 && later.len() > rows_max;
    let rows: Vec<Part> = later
        .into_iter()
        .take(rows_max)
        .map(|part| {
            let mut row = Part {
                e_tag: Some(etag(&part.etag)),
                last_modified: Some(timestamp(part.modified_ms)),
                part_number: i32::try_from(part.number).ok(),
                size: Some(number(part.size)),
                ..Part::default()
            };
            set_checksum!(row, part.checksum.as_ref().filter(|_| found.checksum_algorithm.is_some()));
            row
        })
        .collect();
    let output = ListPartsOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(input.upload_id),
        checksum_algorithm: found.checksum_algorithm.map(checksum_algorithm),
        checksum_type: found.checksum_coverage.map(coverage_type),
        initiator: Some(initiator(backend)),
        owner: Some(owner(&backend.account)),
        is_truncated: Some(is_truncated),
        max_parts: i32::try_from(rows_max).ok(),
        part_number_marker: Some(marker),
        next_part_number_marker: Some(rows.last().and_then(|p| p.part_number).unwrap_or(0)),
        parts: Some(rows),
        storage_class: Some(StorageClass::from(found.attributes.storage_class.unwrap_or_else(|| "STANDARD".to_owned()))),
        ..ListPartsOutput::default()
    };
    Ok(S3Response::new(output))
}

/// ListMultipartUploads, with prefix, delimiter and markers.
pub async fn list_multipart_uploads(
    backend: &Backend,
    req: S3Request<ListMultipartUploadsInput>,
) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
    let input = req.input;
    let bucket = backend.bucket(&input.bucket).await?;
    let uploads = upload::blocking(move || bucket.uploads()).await.map_err(of_storage)?;
    let rows_max = page_size(input.max_uploads, "max-uploads")?;
    let prefix = input.prefix.clone().unwrap_or_default();
    let key_marker = input.key_marker.clone().unwrap_or_default();
    let id_marker = input.upload_id_marker.clone().unwrap_or_default();
    if input.encoding_type.as_ref().is_some_and(|encoding| encoding.as_str() != EncodingType::URL) {
        return Err(invalid_argument("Invalid Encoding Method specified in Request"));
    }
    let is_url_encoded = input.encoding_type.as_ref().is_some_and(|e| e.as_str() == EncodingType::URL);
    let encoded = |text: &str| if is_url_encoded { url_encoded(text) } else { text.to_owned() };
    let mut rows: Vec<MultipartUpload> = Vec::new();
    let mut prefixes: Vec<String> = Vec::new();
    let mut last = None;
    let mut is_truncated = false;
    for found in uploads.into_iter().filter(|u| u.key.starts_with(&prefix)) {
        let is_after = found.key > key_marker || (found.key == key_marker && !id_marker.is_empty() && found.id > id_marker);
        if !is_after {
            continue;
        }
        let delimiter = input.delimiter.as_deref().filter(|d| !d.is_empty());
        let cut = delimiter.and_then(|d| found.key.get(prefix.len()..)?.find(d).map(|at| prefix.len() + at + d.len()));
        let group = cut.and_then(|end| found.key.get(..end)).map(str::to_owned);
        if group.is_some() && (prefixes.last() == group.as_ref() || group.as_deref() == Some(&key_marker)) {
            continue;
        }
        if rows.len() + prefixes.len() == rows_max {
            // A page of no rows has no place to go on from.
            is_truncated = rows_max > 0;
            break;
        }
        last = Some((group.clone().unwrap_or_else(|| found.key.clone()), found.id.clone()));
        match group {
            Some(group) => prefixes.push(group),
            None => rows.push(MultipartUpload {
                checksum_algorithm: found.checksum_algorithm.map(checksum_algorithm),
                checksum_type: found.checksum_coverage.map(coverage_type),
                initiated: Some(timestamp(found.initiated_ms)),
                initiator: Some(initiator(backend)),
                key: Some(encoded(&found.key)),
                owner: Some(owner(&backend.account)),
                storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
                upload_id: Some(found.id),
            }),
        }
    }
    let last = last.filter(|_| is_truncated);
    let output = ListMultipartUploadsOutput {
        bucket: Some(input.bucket),
        common_prefixes: Some(prefixes.iter().map(|p| CommonPrefix { prefix: Some(encoded(p)) }).collect()),
        delimiter: input.delimiter.as_deref().map(encoded),
        encoding_type: input.encoding_type,
        is_truncated: Some(is_truncated),
        key_marker: Some(encoded(&key_marker)),
        max_uploads: i32::try_from(rows_max).ok(),
        next_key_marker: last.as_ref().map(|(key, _)| encoded(key)),
        next_upload_id_marker: last.map(|(_, id)| id),
        prefix: Some(encoded(&prefix)),
        request_charged: None,
        upload_id_marker: input.upload_id_marker,
        uploads: Some(rows),
    };
    Ok(S3Response::new(output))
}

/// CompleteMultipartUpload: checks the named parts and joins them.
pub async fn complete_multipart_upload(
    backend: &Backend,
    req: S3Request<CompleteMultipartUploadInput>,
) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
    let input = req.input;
    let condition = write_condition(input.if_match.clone(), input.if_none_match.clone())?;
    let expected = sent_checksum!(input).map(|(algorithm, value)| Checksum { algorithm, value, coverage: ChecksumCoverage::FullObject });
    let (bucket, found) = find_upload(backend, &input.bucket, input.key.clone(), input.upload_id).await?;
    let mut named = Vec::new();
    let parts = input.multipart_upload.and_then(|u| u.parts).unwrap_or_default();
    if parts.is_empty() {
        return Err(S3Error::with_message(
            S3ErrorCode::MalformedXML,
            "The XML you provided was not well-formed or did not validate against our published schema",
        ));
    }
    for part in parts {
        named.push(CompletedPart {
            number: part_number(part.part_number.unwrap_or(0))?,
            etag: part.e_tag.clone().map(ETag::into_value).unwrap_or_default(),
            checksum: sent_checksum!(part).filter(|(a, _)| Some(*a) == found.checksum_algorithm).map(|(_, value)| value),
        });
    }
    check_completion(&found, &named, input.checksum_type.as_ref(), expected.as_ref())?;
    let size_expected = input.mpu_object_size;
    let info = upload::blocking(move || {
        let received = bucket.parts(&found)?;
        let size: u64 = named.iter().filter_map(|n| received.get(&n.number)).map(|p| p.size).sum();
        if size_expected.is_some_and(|expected| expected != number(size)) {
            return Ok(None);
        }
        bucket.complete_upload(&found, &named, condition, expected.as_ref()).map(Some)
    })
    .await
    .map_err(of_storage)?;
    let Some(info) = info else {
        let text = "The provided 'x-amz-mp-object-size' header does not match what was computed.";
        return Err(S3Error::with_message(S3ErrorCode::InvalidRequest, text));
    };
    let mut output = CompleteMultipartUploadOutput {
        location: Some(format!("/{}/{}", input.bucket, url_encoded(&input.key))),
        bucket: Some(input.bucket),
        key: Some(input.key),
        e_tag: Some(etag(info.etag())),
        checksum_type: info.record.checksum.as_ref().map(checksum_type),
        ..CompleteMultipartUploadOutput::default()
    };
    set_checksum!(output, &info.record.checksum);
    Ok(S3Response::new(output))
}

/// What a completion has to say of checksums. Ref: Amazon S3 user guide, "Checking object integrity": a composite checksum is made of
/// checksums that the client repeats.
fn check_completion(found: &Upload, named: &[CompletedPart], asked: Option<&ChecksumType>, sent: Option<&Checksum>) -> S3Result<()> {
    let invalid = |text: String| Err(S3Error::with_message(S3ErrorCode::InvalidRequest, text));
    let coverage = found.checksum_coverage.map(coverage_type);
    if let (Some(asked), Some(coverage)) = (asked, &coverage)
        && asked != coverage
    {
        return invalid(format!(
            "The upload was created using the {} checksum mode. The complete request must use the same checksum mode.",
            coverage.as_str()
        ));
    }
    let algorithm = found.checksum_algorithm.unwrap_or(ChecksumAlgorithm::Crc64nvme);
    if let Some(sent) = sent.filter(|sent| sent.algorithm != algorithm) {
        return invalid(format!(
            "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
            algorithm.name().to_lowercase(),
            sent.algorithm.name().to_lowercase()
        ));
    }
    let missing = named.iter().find(|part| part.checksum.is_none());
    if let (Some(algorithm), Some(ChecksumCoverage::Composite), Some(part)) = (found.checksum_algorithm, found.checksum_coverage, missing) {
        return invalid(format!(
            "The upload was created using a {} checksum. The complete request must include the checksum for each part. It was missing for part {} in the request.",
            algorithm.name().to_lowercase(),
            part.number
        ));
    }
    Ok(())
}

/// AbortMultipartUpload.
pub async fn abort_multipart_upload(
    backend: &Backend,
    req: S3Request<AbortMultipartUploadInput>,
) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
    let input = req.input;
    let (bucket, found) = find_upload(backend, &input.bucket, input.key, input.upload_id).await?;
    upload::blocking(move || bucket.abort_upload(&found)).await.map_err(of_storage)?;
    Ok(S3Response::with_status(AbortMultipartUploadOutput::default(), StatusCode::NO_CONTENT))
}

async fn find_upload(backend: &Backend, bucket: &str, key: String, id: String) -> S3Result<(Arc<FileBucket>, Upload)> {
    let bucket = backend.bucket(bucket).await?;
    upload::blocking(move || bucket.upload(&key, &id).map(|found| (bucket, found))).await.map_err(of_storage)
}

fn initiator(backend: &Backend) -> Initiator {
    Initiator { display_name: Some("owlake".to_owned()), id: Some(owner_id(&backend.account)) }
}

fn page_size(asked: Option<i32>, name: &str) -> S3Result<usize> {
    let Some(asked) = asked else { return Ok(ROWS_PAGE_MAX) };
    usize::try_from(asked)
        .map(|n| n.min(ROWS_PAGE_MAX))
        .map_err(|_| invalid_argument(format!("Argument {name} must be an integer between 0 and 2147483647")))
}
