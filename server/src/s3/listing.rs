//! How do the list operations page and encode? Ref: Amazon S3 API reference, ListObjects, ListObjectsV2, ListObjectVersions.

use data_encoding::BASE64URL_NOPAD;
use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result};

use super::backend::Backend;
use super::error::{invalid_argument, of_storage};
use super::fields::{checksum_algorithm, checksum_type, etag, number, owner, url_encoded};
use crate::storage::listing::{ListItem, ListQuery};
use crate::storage::{ObjectInfo, upload};

/// Most rows a page holds. Ref: `max-keys`.
const ROWS_PAGE_MAX: usize = 1000;

/// One page in terms of the protocol.
struct Page {
    objects: Vec<ObjectInfo>,
    prefixes: Vec<String>,
    next_start_after: Option<String>,
    rows_max: i32,
    is_url_encoded: bool,
}

struct PageRequest {
    bucket: String,
    prefix: Option<String>,
    delimiter: Option<String>,
    start_after: Option<String>,
    max_keys: Option<i32>,
    encoding_type: Option<EncodingType>,
}

/// ListObjects (version 1): pages by marker.
pub async fn list_objects(backend: &Backend, req: S3Request<ListObjectsInput>) -> S3Result<S3Response<ListObjectsOutput>> {
    let input = req.input;
    let page = page(
        backend,
        PageRequest {
            bucket: input.bucket.clone(),
            prefix: input.prefix.clone(),
            delimiter: input.delimiter.clone(),
            start_after: input.marker.clone(),
            max_keys: input.max_keys,
            encoding_type: input.encoding_type.clone(),
        },
    )
    .await?;
    let output = ListObjectsOutput {
        name: Some(input.bucket),
        prefix: Some(page.encoded(input.prefix.unwrap_or_default())),
        marker: Some(page.encoded(input.marker.unwrap_or_default())),
        max_keys: Some(page.rows_max),
        is_truncated: Some(page.next_start_after.is_some()),
        // Without a delimiter the client goes on from the last key.
        next_marker: page.next_start_after.clone().filter(|_| input.delimiter.is_some()).map(|m| page.encoded(m)),
        common_prefixes: Some(page.common_prefixes()),
        delimiter: input.delimiter.map(|d| page.encoded(d)),
        encoding_type: input.encoding_type,
        request_charged: None,
        contents: Some(page.contents(Some(&owner(&backend.account)))),
    };
    Ok(S3Response::new(output))
}

/// ListObjectsV2: pages by continuation token.
pub async fn list_objects_v2(backend: &Backend, req: S3Request<ListObjectsV2Input>) -> S3Result<S3Response<ListObjectsV2Output>> {
    let input = req.input;
    let start_after = match &input.continuation_token {
        Some(token) => Some(start_of_token(token)?),
        None => input.start_after.clone(),
    };
    let page = page(
        backend,
        PageRequest {
            bucket: input.bucket.clone(),
            prefix: input.prefix.clone(),
            delimiter: input.delimiter.clone(),
            start_after,
            max_keys: input.max_keys,
            encoding_type: input.encoding_type.clone(),
        },
    )
    .await?;
    let owner = owner(&backend.account);
    let output = ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: Some(page.encoded(input.prefix.unwrap_or_default())),
        max_keys: Some(page.rows_max),
        key_count: i32::try_from(page.objects.len() + page.prefixes.len()).ok(),
        continuation_token: input.continuation_token,
        is_truncated: Some(page.next_start_after.is_some()),
        next_continuation_token: page.next_start_after.as_deref().map(|start| BASE64URL_NOPAD.encode(start.as_bytes())),
        contents: Some(page.contents(Some(&owner).filter(|_| input.fetch_owner == Some(true)))),
        common_prefixes: Some(page.common_prefixes()),
        delimiter: input.delimiter.map(|d| page.encoded(d)),
        start_after: input.start_after.map(|s| page.encoded(s)),
        encoding_type: input.encoding_type,
        request_charged: None,
    };
    Ok(S3Response::new(output))
}

/// ListObjectVersions: every object is its own latest version `null`.
pub async fn list_object_versions(
    backend: &Backend,
    req: S3Request<ListObjectVersionsInput>,
) -> S3Result<S3Response<ListObjectVersionsOutput>> {
    let input = req.input;
    let page = page(
        backend,
        PageRequest {
            bucket: input.bucket.clone(),
            prefix: input.prefix.clone(),
            delimiter: input.delimiter.clone(),
            start_after: input.key_marker.clone(),
            max_keys: input.max_keys,
            encoding_type: input.encoding_type.clone(),
        },
    )
    .await?;
    let versions = page.objects.iter().map(|info| ObjectVersion {
        e_tag: Some(etag(info.etag())),
        is_latest: Some(true),
        key: Some(page.encoded(info.file.key.clone())),
        last_modified: Some(info.file.modified().into()),
        owner: Some(owner(&backend.account)),
        size: Some(number(info.file.size())),
        storage_class: Some(ObjectVersionStorageClass::from_static("STANDARD")),
        version_id: Some("null".to_owned()),
        ..ObjectVersion::default()
    });
    let output = ListObjectVersionsOutput {
        versions: Some(versions.collect()),
        common_prefixes: Some(page.common_prefixes()),
        is_truncated: Some(page.next_start_after.is_some()),
        next_key_marker: page.next_start_after.clone().map(|m| page.encoded(m)),
        next_version_id_marker: page.next_start_after.as_ref().map(|_| "null".to_owned()),
        delimiter: input.delimiter.map(|d| page.encoded(d)),
        encoding_type: input.encoding_type,
        key_marker: Some(page.encoded(input.key_marker.unwrap_or_default())),
        max_keys: Some(page.rows_max),
        name: Some(input.bucket),
        prefix: Some(page.encoded(input.prefix.unwrap_or_default())),
        version_id_marker: input.version_id_marker,
        ..ListObjectVersionsOutput::default()
    };
    Ok(S3Response::new(output))
}

async fn page(backend: &Backend, request: PageRequest) -> S3Result<Page> {
    let rows_max = request.max_keys.unwrap_or(ROWS_PAGE_MAX as i32);
    let rows = usize::try_from(rows_max).map_err(|_| invalid_argument("Argument maxKeys must be an integer between 0 and 2147483647"))?;
    if request.encoding_type.as_ref().is_some_and(|encoding| encoding.as_str() != EncodingType::URL) {
        return Err(invalid_argument("Invalid Encoding Method specified in Request"));
    }
    let bucket = backend.bucket(&request.bucket).await?;
    let query = ListQuery {
        prefix: request.prefix.unwrap_or_default(),
        delimiter: request.delimiter,
        start_after: request.start_after.unwrap_or_default(),
    };
    let (objects, prefixes, next_start_after) = upload::blocking(move || {
        let page = bucket.list_page(query, rows.min(ROWS_PAGE_MAX))?;
        let mut objects = Vec::new();
        let mut prefixes = Vec::new();
        for item in page.items {
            match item {
                ListItem::Object(file) => objects.push(bucket.describe(file)),
                ListItem::Prefix(prefix) => prefixes.push(prefix),
            }
        }
        Ok((objects, prefixes, page.next_start_after))
    })
    .await
    .map_err(of_storage)?;
    let is_url_encoded = request.encoding_type.is_some_and(|e| e.as_str() == EncodingType::URL);
    let rows_max = rows_max.min(ROWS_PAGE_MAX as i32);
    Ok(Page { objects, prefixes, next_start_after, rows_max, is_url_encoded })
}

fn start_of_token(token: &str) -> S3Result<String> {
    let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok().filter(|bytes| !bytes.is_empty());
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| invalid_argument("The continuation token provided is incorrect"))
}

impl Page {
    fn encoded(&self, text: String) -> String {
        if self.is_url_encoded { url_encoded(&text) } else { text }
    }

    fn common_prefixes(&self) -> Vec<CommonPrefix> {
        self.prefixes.iter().map(|prefix| CommonPrefix { prefix: Some(self.encoded(prefix.clone())) }).collect()
    }

    fn contents(&self, owner: Option<&Owner>) -> Vec<Object> {
        let row = |info: &ObjectInfo| Object {
            checksum_algorithm: info.record.checksum.as_ref().map(|c| vec![checksum_algorithm(c.algorithm)]),
            checksum_type: info.record.checksum.as_ref().map(checksum_type),
            e_tag: Some(etag(info.etag())),
            key: Some(self.encoded(info.file.key.clone())),
            last_modified: Some(info.file.modified().into()),
            owner: owner.cloned(),
            restore_status: None,
            size: Some(number(info.file.size())),
            storage_class: Some(ObjectStorageClass::from(
                info.record.attributes.storage_class.clone().unwrap_or_else(|| "STANDARD".to_owned()),
            )),
        };
        self.objects.iter().map(row).collect()
    }
}
