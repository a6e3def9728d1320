//! How does a request for a bucket in an external store get its answer? It is signed anew with the configured keys and passed on.
//!
//! The client's signature covers this server's address, so it cannot be passed on. Method, query, headers and body are; the answer comes
//! back as it is. Digests that cover the whole body (`x-amz-content-sha256`, `Content-MD5`, checksum headers, unsigned trailers) reach the
//! store and are checked there; chunk signatures are dropped with the signature they belong to.
//!
//! Ref: Amazon S3 API reference, "Authenticating requests (AWS Signature Version 4)". Basis: inferred, for what crosses to another store.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_LENGTH, EXPECT, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::BodyDataStream;
use parking_lot::Mutex;
use s3s::{S3Error, S3ErrorCode, S3Result};
use tokio::time::Instant;

use super::error::of_storage;
use crate::storage::{RemoteBucket, key_path};
use crate::wire::signature_v4::{self, Scope, UNSIGNED_PAYLOAD};

const CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");
pub const COPY_SOURCE: HeaderName = HeaderName::from_static("x-amz-copy-source");
const AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");

/// Longest document a store may answer with.
const DOCUMENT_BYTES_MAX: usize = 1 << 20;

/// Headers of one connection, or of the client's own credentials.
const NOT_PASSED_ON: [HeaderName; 12] = [
    ACCEPT_ENCODING,
    AUTHORIZATION,
    CONNECTION,
    EXPECT,
    HOST,
    TRANSFER_ENCODING,
    AMZ_DATE,
    HeaderName::from_static("date"),
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("x-amz-security-token"),
    HeaderName::from_static("x-amz-expected-bucket-owner"),
    HeaderName::from_static("x-amz-source-expected-bucket-owner"),
];

/// How long a store may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a store may neither take more of a body nor send anything. Basis: inferred; botocore's own read timeout is 60 s.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Marks an answer that is the store's own.
#[derive(Debug, Clone, Copy)]
pub struct PassedOn;

/// What reaches external stores. No redirect is followed: it would take the request, signed with the configured keys, to another host.
pub fn client() -> reqwest::Client {
    let built = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).connect_timeout(CONNECT_TIMEOUT).build();
    built.unwrap_or_else(|error| {
        tracing::error!(%error, "the client for external stores has its defaults");
        reqwest::Client::default()
    })
}

/// The part of a request's path that is within the bucket, decoded: empty for the bucket itself.
///
/// Errors: keys that a store may take for a way out of the bucket.
pub fn key_of(path: &str) -> S3Result<String> {
    let key = signature_v4::decode(path);
    if !key.is_empty() {
        check_key(&key)?;
    }
    Ok(key)
}

/// Refuses keys that a store may take for a way out of the bucket.
pub fn check_key(key: &str) -> S3Result<()> {
    let leaves = key.split('/').any(|segment| matches!(segment, "." | ".."));
    if leaves || key.contains('\0') {
        return Err(S3Error::with_message(S3ErrorCode::InvalidURI, "Couldn't parse the specified URI."));
    }
    key_path::check(key).map_err(of_storage)
}

/// One request to a store, before it is signed.
#[derive(Debug)]
pub struct Outgoing {
    pub method: Method,
    /// Decoded; empty for the bucket itself.
    pub key: String,
    /// Decoded names and values.
    pub query: Vec<(String, String)>,
    /// Without anything of a signature.
    pub headers: HeaderMap,
}

/// What a store answered.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// The body; it fails when nothing comes for [`IDLE_TIMEOUT`].
    pub body: BoxStream<'static, io::Result<Bytes>>,
}

/// Passes a request on whose body still is as it was sent, or was decoded where its chunks were signed. `source_there` is the name the
/// bucket of a copy's source has in the same store.
///
/// Errors: as [`send`].
pub async fn forward(
    client: &reqwest::Client,
    (local_name, remote): (&str, &RemoteBucket),
    key: &str,
    source_there: Option<&str>,
    request: Request<s3s::Body>,
    now: DateTime<Utc>,
) -> S3Result<Response> {
    let (parts, body) = request.into_parts();
    let mut headers = passed_on(&parts.headers);
    if let (Some(source), Some(name_there)) = (headers.get(COPY_SOURCE).and_then(|value| value.to_str().ok()), source_there) {
        let source = copy_source(source, name_there)?;
        headers.insert(COPY_SOURCE, source);
    }
    let has_length = headers.get(CONTENT_LENGTH).is_some_and(|length| length != "0") || parts.headers.contains_key(TRANSFER_ENCODING);
    let body = has_length.then(|| BodyDataStream::new(body).map_err(io::Error::other).boxed());
    let query = signature_v4::decoded_query(parts.uri.query().unwrap_or_default());
    let outgoing = Outgoing { method: parts.method, key: key.to_owned(), query, headers };
    let answer = send(client, (local_name, remote), outgoing, body, now).await?;
    let mut response = Response::new(Body::from_stream(answer.body));
    response.extensions_mut().insert(PassedOn);
    *response.status_mut() = answer.status;
    for (name, value) in &answer.headers {
        if ![CONNECTION, TRANSFER_ENCODING].contains(name) && name != "keep-alive" {
            response.headers_mut().append(name.clone(), value.clone());
        }
    }
    Ok(response)
}

/// Signs and sends a request; failures the store tells are answers too.
///
/// Errors: `ServiceUnavailable` when the store cannot be reached or does not answer in time, `InternalError` when it redirects.
pub async fn send(
    client: &reqwest::Client,
    (local_name, remote): (&str, &RemoteBucket),
    outgoing: Outgoing,
    body: Option<BoxStream<'static, io::Result<Bytes>>>,
    now: DateTime<Utc>,
) -> S3Result<Answer> {
    let Outgoing { method, key, query, mut headers } = outgoing;
    let (base, path) = address(remote, &key)?;
    let timestamp = now.format("%Y%m%dT%H%M%SZ").to_string();
    sign(remote, &method, &base, &path, &query, &mut headers, &timestamp)?;
    let query = signature_v4::canonical_query(&query);
    let url = if query.is_empty() { format!("{base}{path}") } else { format!("{base}{path}?{query}") };
    let mut request = client.request(method, url).headers(headers);
    let moved = Arc::new(Mutex::new(Instant::now()));
    if let Some(body) = body {
        let moved = Arc::clone(&moved);
        // The store takes the next piece of a body only once there is room for it.
        request = request.body(reqwest::Body::wrap_stream(body.inspect(move |_| *moved.lock() = Instant::now())));
    }
    let unavailable = |text: &str| {
        tracing::warn!(bucket = local_name, "the external store {text}");
        S3Error::with_message(S3ErrorCode::ServiceUnavailable, format!("The external store of bucket '{local_name}' {text}."))
    };
    let mut sent = std::pin::pin!(request.send());
    let answer = loop {
        let deadline = *moved.lock() + IDLE_TIMEOUT;
        match tokio::time::timeout_at(deadline, &mut sent).await {
            Ok(answer) => break answer,
            Err(_) if *moved.lock() + IDLE_TIMEOUT > deadline => {}
            Err(_) => return Err(unavailable("did not answer in time")),
        }
    };
    let answer = answer.map_err(|error| {
        tracing::warn!(bucket = local_name, %error, "a request to the external store failed");
        unavailable(if error.is_connect() { "cannot be reached" } else { "did not answer" })
    })?;
    if answer.status().is_redirection() && answer.status() != StatusCode::NOT_MODIFIED {
        tracing::error!(bucket = local_name, status = answer.status().as_u16(), "the external store redirects");
        return Err(S3Error::with_message(
            S3ErrorCode::InternalError,
            format!(
                "The external store of bucket '{local_name}' answered with a redirect; its configured endpoint, region or path style is wrong."
            ),
        ));
    }
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = futures::stream::try_unfold(answer, |mut answer| async move {
        let chunk = tokio::time::timeout(IDLE_TIMEOUT, answer.chunk()).await;
        let chunk = chunk.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "the external store stopped sending"))?;
        Ok(chunk.map_err(io::Error::other)?.map(|chunk| (chunk, answer)))
    });
    Ok(Answer { status, headers, body: body.boxed() })
}

impl Answer {
    /// The answer if it tells no failure, else the store's own error.
    pub async fn successful(self) -> S3Result<Self> {
        if self.status.is_success() {
            return Ok(self);
        }
        let document = self.document().await.unwrap_or_default();
        let text = String::from_utf8_lossy(&document.1).into_owned();
        let element = |name: &str| Some(text.split_once(&format!("<{name}>"))?.1.split_once(&format!("</{name}>"))?.0.to_owned());
        let code = element("Code").unwrap_or_else(|| "ServiceUnavailable".to_owned());
        let message = element("Message").unwrap_or_else(|| format!("The external store answered with status {}.", document.0.as_u16()));
        let code = S3ErrorCode::from_bytes(code.as_bytes()).unwrap_or_else(|| S3ErrorCode::Custom(code.into()));
        let mut error = S3Error::with_message(code, message);
        error.set_status_code(document.0);
        Err(error)
    }

    /// Status and body of an answer that is a document.
    pub async fn document(self) -> S3Result<(StatusCode, Vec<u8>)> {
        let mut body = self.body;
        let mut document = Vec::new();
        while let Some(chunk) = body.next().await {
            document.extend_from_slice(&chunk.map_err(|_| S3Error::new(S3ErrorCode::ServiceUnavailable))?);
            if document.len() > DOCUMENT_BYTES_MAX {
                return Err(S3Error::new(S3ErrorCode::ServiceUnavailable));
            }
        }
        Ok((self.status, document))
    }
}

/// Scheme and authority, and the encoded path of a key in its bucket.
fn address(remote: &RemoteBucket, key: &str) -> S3Result<(String, String)> {
    let endpoint = match &remote.endpoint {
        Some(endpoint) => endpoint.trim_end_matches('/').to_owned(),
        None => format!("https://s3.{}.amazonaws.com", remote.region),
    };
    let key = signature_v4::encode(key, true);
    if remote.path_style {
        return Ok((endpoint, format!("/{}/{key}", remote.bucket)));
    }
    let (scheme, host) = endpoint
        .split_once("://")
        .ok_or_else(|| S3Error::with_message(S3ErrorCode::InternalError, "the external store's endpoint has no scheme"))?;
    Ok((format!("{scheme}://{}.{host}", remote.bucket), format!("/{key}")))
}

/// The headers that may cross.
pub fn passed_on(headers: &HeaderMap) -> HeaderMap {
    let mut kept = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        if !NOT_PASSED_ON.contains(name) {
            kept.append(name.clone(), value.clone());
        }
    }
    kept
}

/// `[/]<bucket>/<key>` with the bucket's name there.
fn copy_source(source: &str, name_there: &str) -> S3Result<HeaderValue> {
    let (_, key) = source.strip_prefix('/').unwrap_or(source).split_once('/').unwrap_or((source, ""));
    HeaderValue::from_str(&format!("/{name_there}/{key}")).map_err(|_| S3Error::new(S3ErrorCode::InvalidArgument))
}

fn sign(
    remote: &RemoteBucket,
    method: &Method,
    base: &str,
    path: &str,
    query: &[(String, String)],
    headers: &mut HeaderMap,
    timestamp: &str,
) -> S3Result<()> {
    let (Some(access_key), Some(secret_key)) = (&remote.access_key, &remote.secret_key) else { return Ok(()) };
    let invalid = |_| S3Error::with_message(S3ErrorCode::InternalError, "the external store's settings make no header");
    let host = base.split_once("://").map_or(base, |(_, host)| host);
    headers.insert(HOST, HeaderValue::from_str(host).map_err(invalid)?);
    headers.insert(AMZ_DATE, HeaderValue::from_str(timestamp).map_err(invalid)?);
    let payload_hash = match headers.get(CONTENT_SHA256).and_then(|value| value.to_str().ok()) {
        Some(hash) => hash.to_owned(),
        None => {
            headers.insert(CONTENT_SHA256, HeaderValue::from_static(UNSIGNED_PAYLOAD));
            UNSIGNED_PAYLOAD.to_owned()
        }
    };
    let mut names: Vec<String> = headers.keys().map(|name| name.as_str().to_owned()).collect();
    names.retain(|name| name == "host" || name == "content-type" || name == "content-md5" || name.starts_with("x-amz-"));
    names.sort_unstable();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let request = signature_v4::canonical_request(method, path, query, headers, &names, &payload_hash);
    let scope = Scope { timestamp, region: &remote.region, service: "s3" };
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={access_key}/{}, SignedHeaders={}, Signature={}",
        scope.credential(),
        names.join(";"),
        signature_v4::signature(secret_key, scope, &request)
    );
    headers.insert(AUTHORIZATION, HeaderValue::from_str(&authorization).map_err(invalid)?);
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn remote(path_style: bool) -> RemoteBucket {
        RemoteBucket {
            bucket: "there".into(),
            endpoint: Some("http://minio.local:9000/".into()),
            region: "eu-west-1".into(),
            access_key: Some("AKID".into()),
            secret_key: Some("secret".into()),
            path_style,
        }
    }

    #[test]
    fn keys_are_addressed_in_either_style() {
        assert_eq!(address(&remote(true), "a b/c").unwrap(), ("http://minio.local:9000".into(), "/there/a%20b/c".into()));
        assert_eq!(address(&remote(false), "k").unwrap(), ("http://there.minio.local:9000".into(), "/k".into()));
        let aws = RemoteBucket { endpoint: None, ..remote(false) };
        assert_eq!(address(&aws, "").unwrap(), ("https://there.s3.eu-west-1.amazonaws.com".into(), "/".into()));
    }

    #[test]
    fn no_key_leaves_its_bucket() {
        for path in ["../other/k", "a/../../other", "%2e%2e/other", "a/%2E/b", "a%00b"] {
            assert_eq!(key_of(path).unwrap_err().code(), &S3ErrorCode::InvalidURI, "{path}");
        }
        assert_eq!(key_of("a%20b/c..d").unwrap(), "a b/c..d");
        assert_eq!(key_of("").unwrap(), "");
        assert_eq!(key_of(&"x".repeat(1025)).unwrap_err().code(), &S3ErrorCode::KeyTooLongError);
    }

    #[test]
    fn copies_use_the_buckets_name_there() {
        assert_eq!(copy_source("/here/a/b", "there").unwrap(), "/there/a/b");
        assert_eq!(copy_source("here/a%2F%20b?versionId=null", "there").unwrap(), "/there/a%2F%20b?versionId=null");
    }

    #[test]
    fn the_clients_credentials_are_replaced() {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static("AWS4-HMAC-SHA256 Credential=client/20240101/us-east-1/s3/aws4_request"));
        headers.insert("x-amz-security-token", HeaderValue::from_static("t"));
        headers.insert("x-amz-meta-k", HeaderValue::from_static("v"));
        let mut headers = passed_on(&headers);
        assert!(!headers.contains_key("x-amz-security-token"));
        sign(&remote(true), &Method::GET, "http://minio.local:9000", "/there/k", &[], &mut headers, "20240101T000000Z").unwrap();
        let sent = headers.get(AUTHORIZATION).unwrap().to_str().unwrap();
        assert!(sent.starts_with("AWS4-HMAC-SHA256 Credential=AKID/20240101/eu-west-1/s3/aws4_request, SignedHeaders=host;"), "{sent}");
        assert!(sent.contains("x-amz-meta-k"), "{sent}");
    }
}
