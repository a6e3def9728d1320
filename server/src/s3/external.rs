//! How does a request for a bucket in an external store get its answer? It is signed anew with the configured keys and passed on.
//!
//! The client's signature covers this server's address, so it cannot be passed on. Method, query, headers and body are; the answer comes
//! back as it is. Digests that cover the whole body (`x-amz-content-sha256`, `Content-MD5`, checksum headers, unsigned trailers) reach the
//! store and are checked there; chunk signatures are dropped with the signature they belong to.
//!
//! Ref: Amazon S3 API reference, "Authenticating requests (AWS Signature Version 4)". Basis: inferred, for what crosses to another store.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use chrono::{DateTime, Utc};
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_LENGTH, EXPECT, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use http_body_util::BodyDataStream;
use s3s::{S3Error, S3ErrorCode, S3Result};

use super::error::of_storage;
use crate::storage::{RemoteBucket, key_path};
use crate::wire::signature_v4::{self, Scope, UNSIGNED_PAYLOAD};

const CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");
const COPY_SOURCE: HeaderName = HeaderName::from_static("x-amz-copy-source");
const AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");

/// Headers of one connection, or of the client's own credentials.
const NOT_PASSED_ON: [HeaderName; 11] = [
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
];

/// How long a store may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a store may send nothing while its answer is read. Basis: inferred; botocore's own read timeout is 60 s.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// Marks an answer that is the store's own.
#[derive(Debug, Clone, Copy)]
pub struct PassedOn;

/// What reaches external stores. No redirect is followed: it would take the request, signed with the configured keys, to another host.
pub fn client() -> reqwest::Client {
    let built = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .build();
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
    let leaves = key.split('/').any(|segment| matches!(segment, "." | ".."));
    if leaves || key.contains('\0') {
        return Err(S3Error::with_message(S3ErrorCode::InvalidURI, "Couldn't parse the specified URI."));
    }
    if !key.is_empty() {
        key_path::check(&key).map_err(of_storage)?;
    }
    Ok(key)
}

/// Passes a request on whose body still is as it was sent, or was decoded where its chunks were signed.
///
/// Errors: `ServiceUnavailable` when the store cannot be reached or does not answer in time, `InternalError` when it redirects,
/// `NotImplemented` for copies from another store.
pub async fn forward(
    client: &reqwest::Client,
    remote: &RemoteBucket,
    local_name: &str,
    key: &str,
    request: Request<s3s::Body>,
    now: DateTime<Utc>,
) -> S3Result<Response> {
    let (parts, body) = request.into_parts();
    let (base, path) = address(remote, key)?;
    let query = signature_v4::decoded_query(parts.uri.query().unwrap_or_default());
    let mut headers = passed_on(&parts.headers);
    if let Some(source) = headers.get(COPY_SOURCE).and_then(|value| value.to_str().ok()) {
        let source = copy_source(source, local_name, &remote.bucket)?;
        headers.insert(COPY_SOURCE, source);
    }
    let timestamp = now.format("%Y%m%dT%H%M%SZ").to_string();
    sign(remote, &parts.method, &base, &path, &query, &mut headers, &timestamp)?;

    let query = signature_v4::canonical_query(&query);
    let url = if query.is_empty() { format!("{base}{path}") } else { format!("{base}{path}?{query}") };
    let has_length = headers.get(CONTENT_LENGTH).is_some_and(|length| length != "0") || parts.headers.contains_key(TRANSFER_ENCODING);
    let mut passed = client.request(parts.method, url).headers(headers);
    if has_length {
        passed = passed.body(reqwest::Body::wrap_stream(BodyDataStream::new(body)));
    }
    let answer = passed.send().await.map_err(|error| {
        tracing::warn!(bucket = local_name, %error, "the external store did not answer");
        let text = match () {
            () if error.is_connect() => "cannot be reached",
            () if error.is_timeout() => "did not answer in time",
            () => "did not answer",
        };
        S3Error::with_message(S3ErrorCode::ServiceUnavailable, format!("The external store of bucket '{local_name}' {text}."))
    })?;
    if answer.status().is_redirection() && answer.status() != http::StatusCode::NOT_MODIFIED {
        tracing::error!(bucket = local_name, status = answer.status().as_u16(), "the external store redirects");
        return Err(S3Error::with_message(
            S3ErrorCode::InternalError,
            format!(
                "The external store of bucket '{local_name}' answered with a redirect; its configured endpoint, region or path style is wrong."
            ),
        ));
    }
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(PassedOn);
    *response.status_mut() = answer.status();
    for (name, value) in answer.headers() {
        if ![CONNECTION, TRANSFER_ENCODING].contains(name) && name != "keep-alive" {
            response.headers_mut().append(name.clone(), value.clone());
        }
    }
    *response.body_mut() = Body::from_stream(answer.bytes_stream());
    Ok(response)
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

fn passed_on(headers: &HeaderMap) -> HeaderMap {
    let mut kept = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        if !NOT_PASSED_ON.contains(name) {
            kept.append(name.clone(), value.clone());
        }
    }
    kept
}

/// `[/]<bucket>/<key>` with the bucket's name there.
fn copy_source(source: &str, local_name: &str, name_there: &str) -> S3Result<HeaderValue> {
    let (bucket, key) = source.trim_start_matches('/').split_once('/').unwrap_or((source, ""));
    if bucket != local_name {
        return Err(S3Error::with_message(
            S3ErrorCode::NotImplemented,
            "Copying from another bucket into one of an external store is not implemented.",
        ));
    }
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
    fn copies_stay_in_the_bucket_and_use_its_name_there() {
        assert_eq!(copy_source("/here/a/b", "here", "there").unwrap(), "/there/a/b");
        assert_eq!(copy_source("here/a", "here", "there").unwrap(), "/there/a");
        assert_eq!(copy_source("lake/a", "here", "there").unwrap_err().code(), &S3ErrorCode::NotImplemented);
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
