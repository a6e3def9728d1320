//! How is an object copied into or out of an external store? Through this server, a piece at a time; between buckets of one store, by the store.
//!
//! The copy is one PUT there, so its ETag is the store's own; here it is the MD5 of the bytes, as of every copy.
//!
//! Ref: Amazon S3 API reference, CopyObject and UploadPartCopy. Basis: inferred, for what crosses to another store.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use data_encoding::BASE64;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, EXPIRES,
    LAST_MODIFIED, RANGE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use s3s::dto::{CopySource, ETagCondition, Tagging, Timestamp, TimestampFormat};
use s3s::xml::Deserializer;
use s3s::{S3Error, S3ErrorCode, S3Result};

use super::error::{invalid_argument, of_storage};
use super::external::{self, Outgoing};
use super::fields::{tags_of_set, unix_seconds};
use super::object_read::{ReadConditions, stream_range};
use super::object_write::{copy_range, copy_source};
use crate::storage::attributes::Tags;
use crate::storage::checksum::ChecksumAlgorithm;
use crate::storage::{Attributes, RemoteBucket, Storage, upload};
use crate::wire::signature_v4;

const TAGGING: HeaderName = HeaderName::from_static("x-amz-tagging");
const META: &str = "x-amz-meta-";
/// Headers of a copy that mean nothing on the PUT it becomes.
const OF_THE_COPY: [&str; 4] = ["x-amz-metadata-directive", "x-amz-tagging-directive", "x-amz-checksum-algorithm", "x-amz-content-sha256"];

/// What a copy takes of an object.
#[derive(Debug)]
pub struct Wanted {
    pub bucket: String,
    pub key: String,
    /// `bytes=first-last`; none for the whole.
    pub range: Option<String>,
    pub conditions: ReadConditions,
    pub has_tags: bool,
}

/// An object being copied.
pub struct Source {
    pub attributes: Attributes,
    pub tags: Tags,
    /// How many bytes `body` has.
    pub length: u64,
    pub body: BoxStream<'static, io::Result<Bytes>>,
}

/// Opens what is wanted, in whatever store it is.
///
/// Errors: what the store says, `PreconditionFailed`, `InvalidArgument` for a range the object does not have.
pub async fn open(storage: &Arc<Storage>, client: &reqwest::Client, wanted: Wanted) -> S3Result<Source> {
    match storage.remote(&wanted.bucket) {
        Some(remote) => open_there(client, remote, wanted).await,
        None => open_here(Arc::clone(storage), wanted).await,
    }
}

async fn open_here(storage: Arc<Storage>, wanted: Wanted) -> S3Result<Source> {
    let (bucket, key) = (wanted.bucket, wanted.key);
    let opened = upload::blocking(move || storage.bucket(&bucket)?.open_object(&key)).await;
    let (file, info) = opened.map_err(of_storage)?;
    wanted.conditions.check_for_copy(info.etag(), unix_seconds(info.file.modified()))?;
    let bytes = match &wanted.range {
        Some(range) => copy_range(range, info.file.size())?,
        None => 0..info.file.size(),
    };
    let length = bytes.end - bytes.start;
    let body = stream_range(file, bytes).map_err(io::Error::other).boxed();
    Ok(Source { attributes: info.record.attributes, tags: info.record.tags, length, body })
}

async fn open_there(client: &reqwest::Client, remote: &RemoteBucket, wanted: Wanted) -> S3Result<Source> {
    external::check_key(&wanted.key)?;
    let mut headers = HeaderMap::new();
    if let Some(range) = &wanted.range {
        // Its form is checked before anybody is asked, its bounds once the size is known.
        copy_range(range, u64::MAX)?;
        headers.insert(RANGE, HeaderValue::from_str(range).map_err(|_| invalid_argument("x-amz-copy-source-range"))?);
    }
    let outgoing = Outgoing { method: Method::GET, key: wanted.key.clone(), query: Vec::new(), headers };
    let answer = external::send(client, (&wanted.bucket, remote), outgoing, None, Utc::now()).await?;
    if answer.status == StatusCode::RANGE_NOT_SATISFIABLE {
        return Err(invalid_argument("Range specified is not valid for source object"));
    }
    let answer = answer.successful().await?;
    let text = |name: HeaderName| answer.headers.get(name).and_then(|value| value.to_str().ok());
    let etag = text(ETAG).unwrap_or_default().trim_matches('"');
    let modified = text(LAST_MODIFIED).and_then(|date| DateTime::parse_from_rfc2822(date).ok()).map_or(0, |date| date.timestamp());
    wanted.conditions.check_for_copy(etag, modified)?;
    let odd = || S3Error::with_message(S3ErrorCode::ServiceUnavailable, "The external store did not say how long the object is.");
    let length: u64 = text(CONTENT_LENGTH).and_then(|length| length.parse().ok()).ok_or_else(odd)?;
    if let Some(range) = &wanted.range {
        let size = match text(CONTENT_RANGE).and_then(|range| range.rsplit_once('/')) {
            Some((_, size)) => size.parse().map_err(|_| odd())?,
            None => length,
        };
        let Range { start, end } = copy_range(range, size)?;
        if end - start != length {
            return Err(odd());
        }
    }
    let has_tags = wanted.has_tags && answer.headers.get("x-amz-tagging-count").is_some_and(|count| count != "0");
    let tags = if has_tags { tags_there(client, remote, &wanted).await? } else { Tags::new() };
    Ok(Source { attributes: attributes(&answer.headers), tags, length, body: answer.body })
}

async fn tags_there(client: &reqwest::Client, remote: &RemoteBucket, wanted: &Wanted) -> S3Result<Tags> {
    let query = vec![("tagging".to_owned(), String::new())];
    let outgoing = Outgoing { method: Method::GET, key: wanted.key.clone(), query, headers: HeaderMap::new() };
    let answer = external::send(client, (&wanted.bucket, remote), outgoing, None, Utc::now()).await?;
    let (_, document) = answer.successful().await?.document().await?;
    let mut xml = Deserializer::new(&document);
    let tagging = xml.named_element("Tagging", Deserializer::content::<Tagging>);
    let tagging =
        tagging.map_err(|_| S3Error::with_message(S3ErrorCode::ServiceUnavailable, "The external store's tags cannot be read."))?;
    tags_of_set(tagging.tag_set, None)
}

/// The attributes in the headers of an object that was read. A storage class is the store's own affair, a redirect the object's.
fn attributes(headers: &HeaderMap) -> Attributes {
    let text = |name: &HeaderName| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let user = headers.keys().filter_map(|name| Some((name.as_str().strip_prefix(META)?.to_owned(), text(name)?)));
    Attributes {
        content_type: text(&CONTENT_TYPE),
        content_encoding: text(&CONTENT_ENCODING),
        content_language: text(&CONTENT_LANGUAGE),
        content_disposition: text(&CONTENT_DISPOSITION),
        cache_control: text(&CACHE_CONTROL),
        expires_ms: text(&EXPIRES).and_then(|date| Some(DateTime::parse_from_rfc2822(&date).ok()?.timestamp_millis())),
        storage_class: None,
        website_redirect: None,
        user: user.collect(),
    }
}

/// Where a copy goes.
pub struct Target<'a> {
    /// The bucket's name here.
    pub bucket: &'a str,
    pub remote: &'a RemoteBucket,
    pub key: &'a str,
}

/// Does CopyObject and UploadPartCopy whose target is in an external store and whose source is not.
///
/// Errors: as [`open`] and [`external::send`]; `NotImplemented` for a checksum algorithm, whose value would have to go ahead of the bytes.
pub async fn into_external(
    storage: &Arc<Storage>,
    client: &reqwest::Client,
    target: Target<'_>,
    head: &http::request::Parts,
) -> S3Result<Response> {
    let text = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let query: Vec<(String, String)> =
        signature_v4::decoded_query(head.uri.query().unwrap_or_default()).into_iter().filter(|(name, _)| name != "x-id").collect();
    let is_part = query.iter().any(|(name, _)| name == "uploadId");
    if text("x-amz-checksum-algorithm").is_some() {
        return Err(S3Error::with_message(
            S3ErrorCode::NotImplemented,
            "A header you provided implies functionality that is not implemented: x-amz-checksum-algorithm of a copy into another store",
        ));
    }
    let keeps = |directive: &str, what: &'static str| match text(directive) {
        None | Some("COPY") => Ok(true),
        Some("REPLACE") => Ok(false),
        Some(_) => Err(invalid_argument(what)),
    };
    let keeps_metadata = keeps("x-amz-metadata-directive", "Unknown metadata directive.")?;
    let keeps_tags = keeps("x-amz-tagging-directive", "Unknown tagging directive.")?;
    let (bucket, key) = named_source(&head.headers)?;
    let range = text("x-amz-copy-source-range").map(str::to_owned);
    let wanted = Wanted { bucket, key, range, conditions: conditions(&head.headers)?, has_tags: keeps_tags && !is_part };
    let source = open(storage, client, wanted).await?;

    let mut headers = external::passed_on(&head.headers);
    let dropped = headers.keys().filter(|name| {
        let name = name.as_str();
        OF_THE_COPY.contains(&name) || name.starts_with("x-amz-copy-source") || (keeps_metadata && is_metadata(name))
    });
    for name in dropped.cloned().collect::<Vec<_>>() {
        headers.remove(name);
    }
    if !is_part && keeps_metadata {
        insert_attributes(&mut headers, source.attributes)?;
    }
    if !is_part && keeps_tags {
        headers.remove(TAGGING);
        if !source.tags.is_empty() {
            let encoded = |text: &str| signature_v4::encode(text, false);
            let pairs: Vec<String> = source.tags.iter().map(|(key, value)| format!("{}={}", encoded(key), encoded(value))).collect();
            headers.insert(TAGGING, header_value(&pairs.join("&"))?);
        }
    }
    headers.insert(CONTENT_LENGTH, source.length.into());
    let outgoing = Outgoing { method: Method::PUT, key: target.key.to_owned(), query, headers };
    let body = (source.length > 0).then_some(source.body);
    let answer = external::send(client, (target.bucket, target.remote), outgoing, body, Utc::now()).await?.successful().await?;
    Ok(result(&answer.headers, if is_part { "CopyPartResult" } else { "CopyObjectResult" }))
}

/// Bucket and key of a copy's source, from its header.
pub fn named_source(headers: &HeaderMap) -> S3Result<(String, String)> {
    let header = headers.get(external::COPY_SOURCE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    copy_source(&CopySource::parse(header).map_err(|_| invalid_argument("Invalid copy source object key"))?)
}

fn conditions(headers: &HeaderMap) -> S3Result<ReadConditions> {
    let header = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
    let etag = |name: &'static str| {
        let condition = header(name).map(ETagCondition::parse_http_header).transpose();
        condition.map_err(|_| invalid_argument(format!("Invalid value of {name}")))
    };
    let date = |name: &str| header(name).and_then(|date| Timestamp::parse(TimestampFormat::HttpDate, std::str::from_utf8(date).ok()?).ok());
    Ok(ReadConditions {
        if_match: etag("x-amz-copy-source-if-match")?,
        if_none_match: etag("x-amz-copy-source-if-none-match")?,
        if_modified_since: date("x-amz-copy-source-if-modified-since"),
        if_unmodified_since: date("x-amz-copy-source-if-unmodified-since"),
    })
}

fn is_metadata(name: &str) -> bool {
    let named = [CONTENT_TYPE, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_DISPOSITION, CACHE_CONTROL, EXPIRES];
    named.iter().any(|header| header == name) || name.starts_with(META)
}

fn insert_attributes(headers: &mut HeaderMap, attributes: Attributes) -> S3Result<()> {
    let expires = attributes.expires_ms.and_then(DateTime::from_timestamp_millis);
    for (name, value) in [
        (CONTENT_TYPE, attributes.content_type),
        (CONTENT_ENCODING, attributes.content_encoding),
        (CONTENT_LANGUAGE, attributes.content_language),
        (CONTENT_DISPOSITION, attributes.content_disposition),
        (CACHE_CONTROL, attributes.cache_control),
        (EXPIRES, expires.map(|date| date.format("%a, %d %b %Y %H:%M:%S GMT").to_string())),
    ] {
        if let Some(value) = value {
            headers.insert(name, header_value(&value)?);
        }
    }
    for (name, value) in attributes.user {
        let name = HeaderName::from_bytes(format!("{META}{name}").as_bytes());
        headers.insert(name.map_err(|_| invalid_argument("The object's metadata makes no header"))?, header_value(&value)?);
    }
    Ok(())
}

/// A header's value; other text than US-ASCII by RFC 2047, as S3 itself answers it.
fn header_value(text: &str) -> S3Result<HeaderValue> {
    let text = if text.is_ascii() { text.to_owned() } else { format!("=?UTF-8?B?{}?=", BASE64.encode(text.as_bytes())) };
    HeaderValue::from_str(&text).map_err(|_| invalid_argument("The object's metadata makes no header"))
}

/// The document of a copy, from what the store answered to the PUT.
fn result(headers: &HeaderMap, element: &str) -> Response {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let modified = Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
    let mut document = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{element} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LastModified>{modified}</LastModified><ETag>{}</ETag>",
        escaped(text(ETAG.as_str()))
    );
    for algorithm in ChecksumAlgorithm::ALL {
        let name = algorithm.name();
        let value = text(&format!("x-amz-checksum-{}", name.to_ascii_lowercase()));
        if !value.is_empty() {
            document.push_str(&format!("<Checksum{name}>{}</Checksum{name}>", escaped(value)));
        }
    }
    document.push_str(&format!("</{element}>"));
    let mut response = Response::new(Body::from(document));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    response
}
