//! What is done with a request's credentials and signature? Any are accepted: the caller is noted, the signature removed.
//!
//! s3s verifies a signature whenever it sees one, so without a secret to verify it against it must not see it. What a
//! signature protects besides identity is kept: expired presigned URLs are refused, payload digests are checked. Where signatures
//! are verified, `wire::auth` has done it before.
//!
//! Ref: Amazon S3 API reference, "Authenticating requests (AWS Signature Version 4)".

use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};
use s3s::dto::StreamingBlob;
use s3s::{S3Error, S3ErrorCode, S3Result};

use super::aws_chunked::{self, Trailers};
use crate::wire::auth::ChunkChain;
use crate::wire::signature_v4;

const CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");
const DECODED_LENGTH: HeaderName = HeaderName::from_static("x-amz-decoded-content-length");

/// Query parameters that make a presigned URL, of signature versions 4 and 2.
const PRESIGNED_PARAMETERS: [&str; 10] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
    "X-Amz-Security-Token",
    "AWSAccessKeyId",
    "Signature",
    "Expires",
];

/// Longest life of a presigned URL. Ref: Amazon S3 API reference, "Authenticating requests: using query parameters".
const EXPIRES_SECONDS_MAX: i64 = 604_800;

/// Who sent a request, as claimed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// Access key id; none for an anonymous request.
    pub access_key: Option<String>,
}

/// Removes the signature from a request. The caller goes into the extensions.
pub fn strip(mut request: Request<s3s::Body>, now: DateTime<Utc>) -> S3Result<Request<s3s::Body>> {
    let header_key = request.headers().get(AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(key_of_authorization);
    let query = request.uri().query().unwrap_or_default();
    let access_key = header_key.or_else(|| key_of_query(query));
    if is_presigned(query) {
        check_expiry(query, now)?;
        let (uri, headers) = without_signature(request.uri())?;
        *request.uri_mut() = uri;
        for (name, value) in headers {
            request.headers_mut().entry(name).or_insert(value);
        }
    }
    request.headers_mut().remove(AUTHORIZATION);
    request.extensions_mut().insert(Caller { access_key });
    Ok(request)
}

/// `AWS4-HMAC-SHA256 Credential=<key>/…` or `AWS <key>:<signature>`.
fn key_of_authorization(value: &str) -> Option<String> {
    let key = match value.split_once("Credential=") {
        Some((_, credential)) => credential.split(['/', ',']).next()?,
        None => value.strip_prefix("AWS ")?.split(':').next()?,
    };
    Some(key.to_owned())
}

fn key_of_query(query: &str) -> Option<String> {
    let credential = parameter(query, "X-Amz-Credential").or_else(|| parameter(query, "AWSAccessKeyId"))?;
    Some(credential.split(['/', '%']).next()?.to_owned())
}

fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key == name).then_some(value)
    })
}

fn is_presigned(query: &str) -> bool {
    parameter(query, "X-Amz-Signature").is_some()
        || (parameter(query, "Signature").is_some() && parameter(query, "AWSAccessKeyId").is_some())
}

fn check_expiry(query: &str, now: DateTime<Utc>) -> S3Result<()> {
    if parameter(query, "X-Amz-Expires").and_then(|seconds| seconds.parse().ok()).is_some_and(|seconds: i64| seconds > EXPIRES_SECONDS_MAX)
    {
        return Err(S3Error::with_message(
            S3ErrorCode::AuthorizationQueryParametersError,
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds",
        ));
    }
    let expires = match (parameter(query, "X-Amz-Date"), parameter(query, "X-Amz-Expires")) {
        (Some(date), Some(seconds)) => {
            let signed = NaiveDateTime::parse_from_str(date, "%Y%m%dT%H%M%SZ").ok();
            let seconds = seconds.parse().ok().and_then(Duration::try_seconds);
            signed.zip(seconds).and_then(|(signed, seconds)| signed.and_utc().checked_add_signed(seconds))
        }
        _ => parameter(query, "Expires").and_then(|s| s.parse().ok()).and_then(|s| DateTime::from_timestamp(s, 0)),
    };
    match expires {
        Some(expires) if now <= expires => Ok(()),
        Some(_) => Err(S3Error::with_message(S3ErrorCode::AccessDenied, "Request has expired")),
        None => Err(S3Error::with_message(
            S3ErrorCode::AuthorizationQueryParametersError,
            "Query-string authentication needs a date and an expiry",
        )),
    }
}

/// The URI without its signature, and the headers that the signer moved into the query.
fn without_signature(uri: &Uri) -> S3Result<(Uri, Vec<(HeaderName, HeaderValue)>)> {
    let mut headers = Vec::new();
    let mut kept = Vec::new();
    for pair in uri.query().unwrap_or_default().split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if PRESIGNED_PARAMETERS.iter().any(|parameter| parameter.eq_ignore_ascii_case(name)) {
            continue;
        }
        if !is_moved_header(name) {
            kept.push(pair);
            continue;
        }
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(signature_v4::decode(value).as_bytes())) {
            headers.push((name, value));
        }
    }
    let path_and_query = if kept.is_empty() { uri.path().to_owned() } else { format!("{}?{}", uri.path(), kept.join("&")) };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path_and_query.parse().map_err(|_| S3Error::new(S3ErrorCode::InvalidURI))?);
    let uri = Uri::from_parts(parts).map_err(|_| S3Error::new(S3ErrorCode::InvalidURI))?;
    Ok((uri, headers))
}

/// Whether a query parameter of a presigned URL is a header. Ref: "Authenticating requests: using query parameters"; version 2 has the two
/// others of "Signing and authenticating REST requests".
fn is_moved_header(name: &str) -> bool {
    name.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("x-amz-")) || matches!(name, "content-type" | "content-md5")
}

/// Whether the body's chunks carry signatures, which mean nothing without the request's own.
pub fn has_signed_chunks(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_SHA256)
        .is_some_and(|value| value.as_bytes().starts_with(b"STREAMING-") && value != "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
}

/// Decodes a chunked body. Its trailers go into the extensions.
pub fn decode_body(mut request: Request<s3s::Body>) -> Request<s3s::Body> {
    let is_streaming = request.headers().get(CONTENT_SHA256).is_some_and(|v| v.as_bytes().starts_with(b"STREAMING-"));
    let is_chunked = strip_chunked_encoding(request.headers_mut());
    if !is_streaming && !is_chunked {
        return request;
    }
    request.headers_mut().remove(CONTENT_SHA256);
    let decoded_length = request.headers_mut().remove(DECODED_LENGTH);
    let decoded_expected = decoded_length.as_ref().and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
    request.headers_mut().remove(CONTENT_LENGTH);
    if let (Some(length), Some(_)) = (decoded_length, decoded_expected) {
        request.headers_mut().insert(CONTENT_LENGTH, length);
    }
    let trailers = Trailers::default();
    request.extensions_mut().insert(trailers.clone());
    let chain = request.extensions_mut().remove::<ChunkChain>();
    request.map(|body| s3s::Body::from(StreamingBlob::wrap(aws_chunked::decode(body, decoded_expected, trailers, chain))))
}

/// Removes `aws-chunked`, which describes the transfer and not the object; whether it was there.
fn strip_chunked_encoding(headers: &mut HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_ENCODING).and_then(|v| v.to_str().ok()) else { return false };
    let codings: Vec<&str> = value.split(',').map(str::trim).collect();
    let kept: Vec<&str> = codings.iter().copied().filter(|c| !c.eq_ignore_ascii_case("aws-chunked")).collect();
    if kept.len() == codings.len() {
        return false;
    }
    match HeaderValue::from_str(&kept.join(",")) {
        Ok(value) if !value.is_empty() => headers.insert(CONTENT_ENCODING, value),
        _ => headers.remove(CONTENT_ENCODING),
    };
    true
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn strip_uri(uri: &str) -> S3Result<(String, Caller)> {
        let request = Request::builder().uri(uri).body(s3s::Body::empty()).unwrap();
        let now = NaiveDateTime::parse_from_str("20240101T001000Z", "%Y%m%dT%H%M%SZ").unwrap().and_utc();
        let request = strip(request, now)?;
        Ok((request.uri().to_string(), request.extensions().get::<Caller>().unwrap().clone()))
    }

    #[test]
    fn presigned_urls_lose_their_signature_and_expire() {
        let signed = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20240101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20240101T000000Z&X-Amz-SignedHeaders=host&X-Amz-Signature=00";
        let (uri, caller) = strip_uri(&format!("/b/k?partNumber=2&{signed}&X-Amz-Expires=3600")).unwrap();
        assert_eq!(uri, "/b/k?partNumber=2");
        assert_eq!(caller.access_key.as_deref(), Some("AKID"));
        assert!(strip_uri(&format!("/b/k?{signed}&X-Amz-Expires=60")).is_err());
        assert!(strip_uri(&format!("/b/k?{signed}&X-Amz-Expires=604800")).is_ok());
        let too_long = strip_uri(&format!("/b/k?{signed}&X-Amz-Expires=604801")).unwrap_err();
        assert_eq!(too_long.code(), &S3ErrorCode::AuthorizationQueryParametersError);
        assert_eq!(strip_uri("/b/k?AWSAccessKeyId=AKID&Signature=x&Expires=1704067800").unwrap().0, "/b/k");
        assert!(strip_uri("/b/k?AWSAccessKeyId=AKID&Signature=x&Expires=1704060000").is_err());
        assert_eq!(strip_uri("/b/k?AWSAccessKeyId=AKID&Signature=x&Expires=1704067800&x-amz-security-token=t%2B").unwrap().0, "/b/k");
        assert_eq!(strip_uri("/b?prefix=Expires").unwrap().0, "/b?prefix=Expires");
    }

    #[test]
    fn headers_in_a_presigned_query_are_headers() {
        let moved = "x-amz-meta-a=b%20%2B&content-type=text%2Fplain&x-id=PutObject";
        let uri = format!("/b/k?AWSAccessKeyId=AKID&Signature=x&Expires=1704067800&{moved}");
        let request = Request::put(uri).header("content-type", "text/sent").body(s3s::Body::empty()).unwrap();
        let request = strip(request, DateTime::from_timestamp(1_704_067_800, 0).unwrap()).unwrap();
        assert_eq!(request.uri(), "/b/k?x-id=PutObject");
        assert_eq!(request.headers().get("x-amz-meta-a").unwrap(), "b +");
        assert_eq!(request.headers().get("content-type").unwrap(), "text/sent");
    }

    #[test]
    fn the_caller_is_read_from_either_signature_version() {
        assert_eq!(key_of_authorization("AWS4-HMAC-SHA256 Credential=AKID/2024/x, SignedHeaders=h").as_deref(), Some("AKID"));
        assert_eq!(key_of_authorization("AWS AKID:sig").as_deref(), Some("AKID"));
        assert_eq!(key_of_authorization("Bearer x"), None);
    }

    #[test]
    fn content_encoding_keeps_what_describes_the_object() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("aws-chunked,gzip"));
        assert!(strip_chunked_encoding(&mut headers));
        assert_eq!(headers.get(CONTENT_ENCODING).unwrap(), "gzip");
        assert!(!strip_chunked_encoding(&mut headers));
    }
}
