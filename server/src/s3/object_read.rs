//! How are objects read? Ref: Amazon S3 API reference, GetObject, HeadObject, GetObjectAttributes.

use std::fs::File;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::Stream;
use http::{HeaderMap, HeaderValue, StatusCode};
use s3s::dto::*;
use s3s::{S3Error, S3ErrorCode, S3Request, S3Response, S3Result};

use super::backend::Backend;
use super::error::{custom, of_storage};
use super::fields::{DEFAULT_CONTENT_TYPE, check_version, checksum_type, etag, number, set_checksum, timestamp, unix_ms, unix_seconds};
use super::read_headers::is_range_wanted;
use crate::storage::object_store::read_exact_at;
use crate::storage::{ObjectInfo, StorageError, upload};

/// Bytes a response reads at a time.
const READ_CHUNK_BYTES: u64 = 1024 * 1024;

/// Up to this size a body is read before the answer begins, so that head and body leave in one packet.
const WHOLE_READ_BYTES_MAX: u64 = 256 * 1024;

/// Read conditions of a request; times in whole seconds since 1970-01-01 UTC.
#[derive(Debug, Default)]
pub struct ReadConditions {
    pub if_match: Option<ETagCondition>,
    pub if_none_match: Option<ETagCondition>,
    pub if_modified_since: Option<Timestamp>,
    pub if_unmodified_since: Option<Timestamp>,
}

/// A part of an object's bytes.
struct Selection {
    bytes: Range<u64>,
    is_partial: bool,
    parts_count: Option<i32>,
}

/// GetObject: the bytes, or a range or part of them.
pub async fn get_object(backend: &Backend, req: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
    let input = req.input;
    check_version(input.version_id.as_deref())?;
    let bucket = backend.bucket(&input.bucket).await?;
    let key = input.key;
    let (file, info) = upload::blocking(move || bucket.open_object(&key)).await.map_err(of_storage)?;
    let conditions = ReadConditions {
        if_match: input.if_match,
        if_none_match: input.if_none_match,
        if_modified_since: input.if_modified_since,
        if_unmodified_since: input.if_unmodified_since,
    };
    conditions.check(&info)?;
    let range = input.range.filter(|_| is_range_wanted(&req.headers, info.etag(), unix_seconds(info.file.modified())));
    let selection = select(&info, range, input.part_number)?;
    let attributes = info.record.attributes.clone();
    let mut output = GetObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        body: Some(read_range(file, selection.bytes.clone()).await?),
        cache_control: attributes.cache_control,
        content_disposition: attributes.content_disposition,
        content_encoding: attributes.content_encoding,
        content_language: attributes.content_language,
        content_length: Some(number(selection.bytes.end - selection.bytes.start)),
        content_range: selection.header(info.file.size()),
        content_type: Some(attributes.content_type.unwrap_or_else(|| DEFAULT_CONTENT_TYPE.to_owned())),
        e_tag: Some(etag(info.etag())),
        expires: attributes.expires_ms.map(timestamp),
        last_modified: Some(info.file.modified().into()),
        metadata: Some(attributes.user.into_iter().collect()),
        parts_count: selection.parts_count,
        storage_class: attributes.storage_class.map(StorageClass::from),
        tag_count: i32::try_from(info.record.tags.len()).ok().filter(|n| *n > 0),
        website_redirect_location: attributes.website_redirect,
        ..GetObjectOutput::default()
    };
    // A checksum of the whole object would fail on a part of it.
    if is_enabled(input.checksum_mode.as_ref()) && !selection.is_partial {
        set_checksum!(output, &info.record.checksum);
        output.checksum_type = info.record.checksum.as_ref().map(checksum_type);
    }
    Ok(S3Response::new(output))
}

/// HeadObject: the same without the bytes.
pub async fn head_object(backend: &Backend, req: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
    let input = req.input;
    check_version(input.version_id.as_deref())?;
    let bucket = backend.bucket(&input.bucket).await?;
    let key = input.key;
    let info = upload::blocking(move || bucket.info(&key)).await.map_err(of_storage)?;
    let conditions = ReadConditions {
        if_match: input.if_match,
        if_none_match: input.if_none_match,
        if_modified_since: input.if_modified_since,
        if_unmodified_since: input.if_unmodified_since,
    };
    conditions.check(&info)?;
    let range = input.range.filter(|_| is_range_wanted(&req.headers, info.etag(), unix_seconds(info.file.modified())));
    let selection = select(&info, range, input.part_number)?;
    let attributes = info.record.attributes.clone();
    let mut output = HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        cache_control: attributes.cache_control,
        content_disposition: attributes.content_disposition,
        content_encoding: attributes.content_encoding,
        content_language: attributes.content_language,
        content_length: Some(number(selection.bytes.end - selection.bytes.start)),
        content_range: selection.header(info.file.size()),
        content_type: Some(attributes.content_type.unwrap_or_else(|| DEFAULT_CONTENT_TYPE.to_owned())),
        e_tag: Some(etag(info.etag())),
        expires: attributes.expires_ms.map(timestamp),
        last_modified: Some(info.file.modified().into()),
        metadata: Some(attributes.user.into_iter().collect()),
        parts_count: selection.parts_count,
        storage_class: attributes.storage_class.map(StorageClass::from),
        website_redirect_location: attributes.website_redirect,
        ..HeadObjectOutput::default()
    };
    if is_enabled(input.checksum_mode.as_ref()) && !selection.is_partial {
        set_checksum!(output, &info.record.checksum);
        output.checksum_type = info.record.checksum.as_ref().map(checksum_type);
    }
    let mut response = S3Response::new(output);
    if selection.is_partial {
        response.status = Some(StatusCode::PARTIAL_CONTENT);
    }
    Ok(response)
}

/// GetObjectAttributes: the attributes asked for.
pub async fn get_object_attributes(
    backend: &Backend,
    req: S3Request<GetObjectAttributesInput>,
) -> S3Result<S3Response<GetObjectAttributesOutput>> {
    let input = req.input;
    check_version(input.version_id.as_deref())?;
    let bucket = backend.bucket(&input.bucket).await?;
    let key = input.key;
    let info = upload::blocking(move || bucket.info(&key)).await.map_err(of_storage)?;
    let is_asked = |name: &str| input.object_attributes.iter().any(|a| a.as_str().split(',').any(|a| a.trim() == name));
    let mut output = GetObjectAttributesOutput {
        last_modified: Some(info.file.modified().into()),
        e_tag: is_asked(ObjectAttributes::ETAG).then(|| etag(info.etag())),
        object_size: is_asked(ObjectAttributes::OBJECT_SIZE).then(|| number(info.file.size())),
        storage_class: is_asked(ObjectAttributes::STORAGE_CLASS)
            .then(|| StorageClass::from(info.record.attributes.storage_class.clone().unwrap_or_else(|| "STANDARD".to_owned()))),
        ..GetObjectAttributesOutput::default()
    };
    if is_asked(ObjectAttributes::CHECKSUM) && info.record.checksum.is_some() {
        let mut checksum = Checksum { checksum_type: info.record.checksum.as_ref().map(checksum_type), ..Checksum::default() };
        set_checksum!(checksum, &info.record.checksum);
        output.checksum = Some(checksum);
    }
    if is_asked(ObjectAttributes::OBJECT_PARTS) && !info.record.parts.is_empty() {
        output.object_parts = Some(object_parts(&info, input.part_number_marker, input.max_parts));
    }
    Ok(S3Response::new(output))
}

fn object_parts(info: &ObjectInfo, marker: Option<i32>, max_parts: Option<i32>) -> GetObjectAttributesParts {
    let marker = marker.unwrap_or(0);
    let parts_max = max_parts.and_then(|n| usize::try_from(n).ok()).unwrap_or(1000).min(1000);
    let later: Vec<_> = info.record.parts.iter().filter(|p| i64::from(p.number) > i64::from(marker)).collect();
    let shown = later.iter().take(parts_max).map(|part| {
        let mut row = ObjectPart { part_number: i32::try_from(part.number).ok(), size: Some(number(part.size)), ..ObjectPart::default() };
        let checksum = info
            .record
            .checksum
            .as_ref()
            .zip(part.checksum.as_ref())
            .map(|(whole, value)| crate::storage::checksum::Checksum { value: value.clone(), ..whole.clone() });
        set_checksum!(row, &checksum);
        row
    });
    let shown: Vec<ObjectPart> = shown.collect();
    GetObjectAttributesParts {
        is_truncated: Some(later.len() > parts_max),
        max_parts: i32::try_from(parts_max).ok(),
        next_part_number_marker: shown.last().and_then(|p| p.part_number),
        part_number_marker: Some(marker),
        // S3 lists the parts only where they have checksums.
        parts: info.record.checksum.is_some().then_some(shown),
        total_parts_count: i32::try_from(info.record.parts.len()).ok(),
    }
}

fn is_enabled(mode: Option<&ChecksumMode>) -> bool {
    mode.is_some_and(|mode| mode.as_str().eq_ignore_ascii_case(ChecksumMode::ENABLED))
}

/// What the conditions of a read say of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is wanted.
    Wanted,
    /// It is another than the one wanted: 412.
    Failed,
    /// The caller has it already: 304.
    Current,
}

impl ReadConditions {
    /// `PreconditionFailed` or `NotModified` if the object is not wanted.
    pub fn check(&self, info: &ObjectInfo) -> S3Result<()> {
        match self.verdict(info.etag(), unix_seconds(info.file.modified())) {
            Verdict::Wanted => Ok(()),
            Verdict::Failed => Err(precondition_failed()),
            Verdict::Current => Err(not_modified(info)),
        }
    }

    /// A copy answers 412 where a read would answer 304. `modified` is in whole seconds since 1970-01-01 UTC.
    pub fn check_for_copy(&self, etag: &str, modified: i64) -> S3Result<()> {
        match self.verdict(etag, modified) {
            Verdict::Wanted => Ok(()),
            Verdict::Failed | Verdict::Current => Err(precondition_failed()),
        }
    }

    /// Ref: RFC 9110, section 13.2.2, as GetObject and CopyObject document it.
    fn verdict(&self, etag: &str, modified: i64) -> Verdict {
        let matches = |condition: &ETagCondition| match condition {
            ETagCondition::Any => true,
            ETagCondition::ETag(tag) => tag.value() == etag,
        };
        let seconds = |timestamp: &Timestamp| unix_ms(timestamp.clone()).div_euclid(1000);
        match (&self.if_match, &self.if_unmodified_since) {
            (Some(condition), _) if !matches(condition) => return Verdict::Failed,
            (None, Some(time)) if modified > seconds(time) => return Verdict::Failed,
            _ => {}
        }
        let is_current = match (&self.if_none_match, &self.if_modified_since) {
            (Some(condition), _) => matches(condition),
            (None, Some(time)) => modified <= seconds(time),
            (None, None) => false,
        };
        if is_current { Verdict::Current } else { Verdict::Wanted }
    }
}

fn precondition_failed() -> S3Error {
    S3Error::with_message(S3ErrorCode::PreconditionFailed, "At least one of the pre-conditions you specified did not hold")
}

/// 304 with the ETag a cache keeps.
fn not_modified(info: &ObjectInfo) -> S3Error {
    let mut error = S3Error::new(S3ErrorCode::NotModified);
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(&format!("\"{}\"", info.etag())) {
        headers.insert(http::header::ETAG, value);
    }
    error.set_headers(headers);
    error
}

fn select(info: &ObjectInfo, range: Option<s3s::dto::Range>, part_number: Option<i32>) -> S3Result<Selection> {
    let size = info.file.size();
    match (range, part_number) {
        (Some(_), Some(_)) => {
            Err(S3Error::with_message(S3ErrorCode::InvalidRequest, "Cannot specify both Range header and partNumber query parameter"))
        }
        (Some(range), None) => match range.check(size) {
            Ok(bytes) if !bytes.is_empty() => Ok(Selection { bytes, is_partial: true, parts_count: None }),
            _ => {
                let mut error = S3Error::with_message(S3ErrorCode::InvalidRange, "The requested range is not satisfiable");
                let mut headers = HeaderMap::new();
                headers.extend(HeaderValue::from_str(&format!("bytes */{size}")).ok().map(|v| (http::header::CONTENT_RANGE, v)));
                headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
                error.set_headers(headers);
                Err(error)
            }
        },
        (None, Some(number)) => {
            let parts = info.parts();
            let mut start = 0;
            for part in &parts {
                if i64::from(part.number) == i64::from(number) {
                    let parts_count = i32::try_from(info.record.parts.len()).ok().filter(|n| *n > 0);
                    let is_partial = part.size > 0;
                    return Ok(Selection { bytes: start..start + part.size, is_partial, parts_count });
                }
                start += part.size;
            }
            Err(custom("InvalidPartNumber", StatusCode::RANGE_NOT_SATISFIABLE, "The requested partnumber is not satisfiable"))
        }
        (None, None) => Ok(Selection { bytes: 0..size, is_partial: false, parts_count: None }),
    }
}

impl Selection {
    fn header(&self, size: u64) -> Option<String> {
        self.is_partial.then(|| format!("bytes {}-{}/{size}", self.bytes.start, self.bytes.end.saturating_sub(1)))
    }
}

/// The bytes of a range: a small one at once, a large one as it is sent.
async fn read_range(file: File, bytes: Range<u64>) -> S3Result<StreamingBlob> {
    if bytes.end - bytes.start > WHOLE_READ_BYTES_MAX {
        return Ok(StreamingBlob::wrap(stream_range(file, bytes)));
    }
    let chunk = upload::blocking(move || read_chunk(&file, bytes)).await.map_err(of_storage)?;
    Ok(StreamingBlob::from(s3s::Body::from(chunk)))
}

fn read_chunk(file: &File, bytes: Range<u64>) -> Result<Bytes, StorageError> {
    let mut buffer = vec![0; (bytes.end - bytes.start) as usize];
    match read_exact_at(file, &mut buffer, bytes.start) {
        Ok(()) => Ok(Bytes::from(buffer)),
        Err(e) => Err(StorageError::io("object", "cannot read the object", e)),
    }
}

/// The bytes of a range, read a chunk at a time off the async threads.
pub fn stream_range(file: File, bytes: Range<u64>) -> impl Stream<Item = Result<Bytes, StorageError>> + Send + Sync {
    let state = (Arc::new(file), bytes);
    futures::stream::try_unfold(state, |(file, bytes)| async move {
        if bytes.is_empty() {
            return Ok::<_, StorageError>(None);
        }
        let end = bytes.end.min(bytes.start + READ_CHUNK_BYTES);
        let reader = Arc::clone(&file);
        let chunk = upload::blocking(move || read_chunk(&reader, bytes.start..end)).await?;
        Ok(Some((chunk, (file, end..bytes.end))))
    })
}
