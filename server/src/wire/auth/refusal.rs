//! What is a request told that is not let in? The refusals, in the words and the form of each protocol.
//!
//! Ref: measured Athena behaviour, "Authentication"; AWS general reference, "Troubleshooting Signature Version 4"; Amazon S3 API
//! reference, "List of error codes" and "REST error responses"; AWS STS API reference, "Common errors".

use std::fmt::Write;

use axum::body::Body;
use axum::response::Response;
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use http::header::{CONNECTION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, StatusCode};

use super::claim::timestamp;
use crate::error::{ApiError, ApiErrorKind};
use crate::sts;
use crate::wire::aws_json::CONTENT_TYPE_JSON;
use crate::wire::dispatch::Protocol;
use crate::wire::request_id::REQUEST_ID_HEADER;

const S3_REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-request-id");
const INVALID_TOKEN: &str = "The security token included in the request is invalid.";
const STALLED: &str =
    "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.";
const MISMATCH: &str = "The request signature we calculated does not match the signature you provided.";

/// Why a request is not let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It is not signed.
    Missing,
    /// It is signed in another way.
    UnknownMechanism,
    /// Both in a header and in the query.
    TwoMechanisms,
    /// Parts of the header are missing or malformed; the text says which.
    Incomplete(String),
    /// Parts of a presigned query are missing or malformed; the text says which.
    QueryParameters(String),
    /// These headers have to be signed.
    HeadersNotSigned(Vec<String>),
    /// Signed for another service.
    Scope { expected: &'static str, given: String },
    /// The scope's date is not the request's.
    ScopeDate { given: String, timestamp: String },
    /// The key is not known.
    UnknownKey { key_id: String },
    /// The session token is not ours, or not this key's.
    InvalidToken,
    /// The session is over.
    ExpiredToken,
    /// The clocks differ by too much.
    Skewed { signed: DateTime<Utc>, now: DateTime<Utc>, max: Duration },
    /// The presigned URL is over.
    UrlExpired {
        /// How long it was to live, where it says so.
        seconds: Option<i64>,
        expired: DateTime<Utc>,
        now: DateTime<Utc>,
    },
    /// The signature is another one.
    Mismatch { key_id: String, canonical_request: String, string_to_sign: String, signature: String },
    /// The signature of a chunk, or of the trailers, is another one.
    Chunk { string_to_sign: String, signature: String },
    /// S3 wants to be told the body's digest.
    ContentSha256Missing,
    /// What is told is none.
    ContentSha256Malformed,
    /// The body has another one.
    ContentSha256 { given: String, computed: String },
    /// The body stopped coming.
    Stalled,
    /// The upload is longer than accepted.
    EntityTooLarge { bytes: Option<u64>, bytes_max: u64 },
    /// The body of a JSON or STS request is longer than accepted, or could not be read.
    Unreadable(ApiErrorKind),
}

/// Where a refusal is told.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    pub protocol: Protocol,
    pub request_id: &'a str,
    /// The path, for S3's `Resource`.
    pub resource: &'a str,
    /// Whether the connection is to end, because a body is not read.
    pub closes: bool,
}

impl Refusal {
    /// The answer.
    pub fn response(&self, told: Told<'_>) -> Response {
        let (status, content_type, id_header, body) = match told.protocol {
            Protocol::AwsJson => {
                let error = self.json();
                (error.kind.status(), CONTENT_TYPE_JSON, HeaderName::from_static(REQUEST_ID_HEADER), error.body().to_string())
            }
            Protocol::Sts => {
                let (status, code, text) = self.sts();
                (status, "text/xml", HeaderName::from_static(REQUEST_ID_HEADER), sts::error(code, &text, told.request_id))
            }
            Protocol::S3 => {
                let (status, code, text, details) = self.s3();
                (status, "application/xml", S3_REQUEST_ID, document(code, &text, &details, told))
            }
        };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        if let Ok(id) = HeaderValue::from_str(told.request_id) {
            headers.insert(id_header, id);
        }
        if told.closes {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// Athena's and Glue's error.
    fn json(&self) -> ApiError {
        match self {
            Refusal::Missing => ApiError::new(ApiErrorKind::MissingAuthenticationToken, "Missing Authentication Token"),
            Refusal::UnknownKey { .. } | Refusal::InvalidToken => ApiError::new(ApiErrorKind::UnrecognizedClient, INVALID_TOKEN),
            Refusal::ExpiredToken => ApiError::new(ApiErrorKind::ExpiredToken, "The security token included in the request is expired"),
            Refusal::Unreadable(kind) => ApiError::bare(*kind),
            Refusal::Stalled => ApiError::new(ApiErrorKind::RequestTimeout, STALLED),
            _ => match self.incomplete() {
                Some(text) => ApiError::new(ApiErrorKind::IncompleteSignature, text),
                None => ApiError::new(ApiErrorKind::InvalidSignature, self.wrong()),
            },
        }
    }

    fn sts(&self) -> (u16, &'static str, String) {
        match self {
            Refusal::Missing => (403, "MissingAuthenticationToken", "Request is missing Authentication Token".to_owned()),
            Refusal::UnknownKey { .. } | Refusal::InvalidToken => (403, "InvalidClientTokenId", INVALID_TOKEN.to_owned()),
            Refusal::ExpiredToken => (403, "ExpiredToken", "The security token included in the request is expired".to_owned()),
            Refusal::Stalled => (400, "RequestTimeout", STALLED.to_owned()),
            Refusal::Unreadable(_) => (413, "RequestEntityTooLarge", "The request body could not be read".to_owned()),
            _ => match self.incomplete() {
                Some(text) => (400, "IncompleteSignature", text),
                None => (403, "SignatureDoesNotMatch", self.wrong()),
            },
        }
    }

    /// What is missing of a signature, for services other than S3.
    fn incomplete(&self) -> Option<String> {
        match self {
            Refusal::Incomplete(text) | Refusal::QueryParameters(text) => Some(text.clone()),
            Refusal::UnknownMechanism => Some(
                "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. \
                 Authorization header requires 'SignedHeaders' parameter."
                    .to_owned(),
            ),
            Refusal::TwoMechanisms => Some("The request is signed both in its header and in its query".to_owned()),
            Refusal::HeadersNotSigned(names) => {
                let quoted: Vec<String> = names
                    .iter()
                    .map(|name| match name.as_str() {
                        "host" => "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.".to_owned(),
                        name => format!("'{name}' must be a 'SignedHeader' in the AWS Authorization."),
                    })
                    .collect();
                Some(quoted.join(" "))
            }
            _ => None,
        }
    }

    /// What is wrong with a signature, for services other than S3.
    fn wrong(&self) -> String {
        match self {
            Refusal::Scope { expected, .. } => format!("Credential should be scoped to correct service: '{expected}'. "),
            Refusal::ScopeDate { given, timestamp } => {
                let date = timestamp.get(..8).unwrap_or_default();
                format!(
                    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{given}' != '{date}', from '{timestamp}'."
                )
            }
            Refusal::Skewed { signed, now, max } => {
                let (signed_text, now_text, minutes) = (timestamp(*signed), timestamp(*now), max.num_minutes());
                if signed < now {
                    let bound = timestamp(*now - *max);
                    format!("Signature expired: {signed_text} is now earlier than {bound} ({now_text} - {minutes} min.)")
                } else {
                    let bound = timestamp(*now + *max);
                    format!("Signature not yet current: {signed_text} is still later than {bound} ({now_text} + {minutes} min.)")
                }
            }
            Refusal::UrlExpired { expired, now, .. } => {
                format!("Signature expired: {} is now earlier than {}", timestamp(*expired), timestamp(*now))
            }
            Refusal::Mismatch { canonical_request, string_to_sign, .. } => format!(
                "{MISMATCH} Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\n\n\
                 The Canonical String for this request should have been\n'{canonical_request}'\n\n\
                 The String-to-Sign should have been\n'{string_to_sign}'\n"
            ),
            _ => format!("{MISMATCH} Check your AWS Secret Access Key and signing method. Consult the service documentation for details."),
        }
    }

    fn s3(&self) -> (u16, &'static str, String, Vec<(&'static str, String)>) {
        let plain = |status, code, text: &str| (status, code, text.to_owned(), Vec::new());
        let iso = |instant: &DateTime<Utc>| instant.to_rfc3339_opts(SecondsFormat::Secs, true);
        match self {
            Refusal::Missing => plain(403, "AccessDenied", "Access Denied"),
            Refusal::UnknownMechanism => {
                plain(400, "InvalidRequest", "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.")
            }
            Refusal::TwoMechanisms => plain(
                400,
                "InvalidArgument",
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified",
            ),
            Refusal::Incomplete(text) => {
                plain(400, "AuthorizationHeaderMalformed", &format!("The authorization header is malformed; {text}"))
            }
            Refusal::QueryParameters(text) => plain(400, "AuthorizationQueryParametersError", text),
            Refusal::HeadersNotSigned(names) => (
                403,
                "AccessDenied",
                "There were headers present in the request which were not signed".to_owned(),
                vec![("HeadersNotSigned", names.join(", "))],
            ),
            Refusal::Scope { expected, given } => plain(
                400,
                "AuthorizationHeaderMalformed",
                &format!("The authorization header is malformed; incorrect service \"{given}\". This endpoint belongs to \"{expected}\"."),
            ),
            Refusal::ScopeDate { given, timestamp } => plain(
                400,
                "AuthorizationHeaderMalformed",
                &format!(
                    "The authorization header is malformed; Invalid credential date \"{given}\". This date is not the same as X-Amz-Date: \"{}\".",
                    timestamp.get(..8).unwrap_or_default()
                ),
            ),
            Refusal::UnknownKey { key_id } => (
                403,
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.".to_owned(),
                vec![("AWSAccessKeyId", key_id.clone())],
            ),
            Refusal::InvalidToken => plain(400, "InvalidToken", "The provided token is malformed or otherwise invalid."),
            Refusal::ExpiredToken => plain(400, "ExpiredToken", "The provided token has expired."),
            Refusal::Skewed { signed, now, max } => (
                403,
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.".to_owned(),
                vec![
                    ("RequestTime", timestamp(*signed)),
                    ("ServerTime", iso(now)),
                    ("MaxAllowedSkewMilliseconds", max.num_milliseconds().to_string()),
                ],
            ),
            Refusal::UrlExpired { seconds, expired, now } => (
                403,
                "AccessDenied",
                "Request has expired".to_owned(),
                seconds
                    .map(|seconds| ("X-Amz-Expires", seconds.to_string()))
                    .into_iter()
                    .chain([("Expires", iso(expired)), ("ServerTime", iso(now))])
                    .collect(),
            ),
            Refusal::Mismatch { key_id, canonical_request, string_to_sign, signature } => (
                403,
                "SignatureDoesNotMatch",
                format!("{MISMATCH} Check your key and signing method."),
                vec![
                    ("AWSAccessKeyId", key_id.clone()),
                    ("StringToSign", string_to_sign.clone()),
                    ("SignatureProvided", signature.clone()),
                    ("StringToSignBytes", spaced_hex(string_to_sign)),
                    ("CanonicalRequest", canonical_request.clone()),
                    ("CanonicalRequestBytes", spaced_hex(canonical_request)),
                ],
            ),
            Refusal::Chunk { string_to_sign, signature } => (
                403,
                "SignatureDoesNotMatch",
                format!("{MISMATCH} Check your key and signing method."),
                vec![("StringToSign", string_to_sign.clone()), ("SignatureProvided", signature.clone())],
            ),
            Refusal::ContentSha256Missing => plain(400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256"),
            Refusal::ContentSha256Malformed => plain(
                400,
                "InvalidArgument",
                "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
            ),
            Refusal::ContentSha256 { given, computed } => (
                400,
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.".to_owned(),
                vec![("ClientComputedContentSHA256", given.clone()), ("S3ComputedContentSHA256", computed.clone())],
            ),
            Refusal::Stalled => plain(400, "RequestTimeout", STALLED),
            Refusal::EntityTooLarge { bytes, bytes_max } => {
                let proposed = bytes.map(|bytes| ("ProposedSize", bytes.to_string()));
                let details = proposed.into_iter().chain([("MaxSizeAllowed", bytes_max.to_string())]).collect();
                (400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size".to_owned(), details)
            }
            Refusal::Unreadable(_) => plain(400, "IncompleteBody", "The request body could not be read."),
        }
    }
}

/// Every byte as two hexadecimal digits, as S3 shows what it signed.
fn spaced_hex(text: &str) -> String {
    text.bytes().map(|byte| hex::encode([byte])).collect::<Vec<_>>().join(" ")
}

fn document(code: &str, text: &str, details: &[(&'static str, String)], told: Told<'_>) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>");
    let first = [("Code", code), ("Message", text)];
    let details = details.iter().map(|(name, value)| (*name, value.as_str()));
    let last = [("Resource", told.resource), ("RequestId", told.request_id), ("HostId", told.request_id)];
    for (name, value) in first.into_iter().chain(details).chain(last) {
        // Characters XML cannot hold come from headers only, which have none but tabs.
        let escaped = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        // Writing into a String does not fail.
        let _ = write!(out, "<{name}>{escaped}</{name}>");
    }
    out.push_str("</Error>");
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    async fn told(refusal: &Refusal, protocol: Protocol) -> (u16, String) {
        let response = refusal.response(Told { protocol, request_id: "r-1", resource: "/b/<k>", closes: false });
        let (parts, body) = response.into_parts();
        (parts.status.as_u16(), String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap())
    }

    // basis: measured Athena behaviour, "Authentication": status 400, a lower-case `message`, the two texts in it.
    #[tokio::test]
    async fn athena_is_told_in_its_own_words() {
        let mismatch = Refusal::Mismatch {
            key_id: "AK".to_owned(),
            canonical_request: "POST\n/".to_owned(),
            string_to_sign: "AWS4".to_owned(),
            signature: "00".to_owned(),
        };
        let (status, body) = told(&mismatch, Protocol::AwsJson).await;
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!((status, body["__type"].as_str()), (400, Some("InvalidSignatureException")));
        let text = body["message"].as_str().unwrap();
        assert!(text.starts_with(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key"
        ));
        assert!(text.contains("should have been\n'POST\n/'") && text.contains("String-to-Sign should have been\n'AWS4'"));
        assert_eq!(
            told(&Refusal::UnknownKey { key_id: "AK".to_owned() }, Protocol::AwsJson).await,
            (
                400,
                r#"{"__type":"UnrecognizedClientException","Message":"The security token included in the request is invalid."}"#.to_owned()
            )
        );
        assert_eq!(
            told(&Refusal::Missing, Protocol::AwsJson).await,
            (400, r#"{"__type":"MissingAuthenticationTokenException","Message":"Missing Authentication Token"}"#.to_owned())
        );
        let at = |text: &str| chrono::NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ").unwrap().and_utc();
        let skewed = Refusal::Skewed { signed: at("20130524T000000Z"), now: at("20130524T001000Z"), max: Duration::minutes(5) };
        assert!(
            told(&skewed, Protocol::AwsJson)
                .await
                .1
                .contains("Signature expired: 20130524T000000Z is now earlier than 20130524T000500Z (20130524T001000Z - 5 min.)")
        );
    }

    // basis: documented, Amazon S3 API reference, "List of error codes".
    #[tokio::test]
    async fn s3_and_sts_are_told_in_documents() {
        for (refusal, status, code) in [
            (Refusal::Missing, 403, "AccessDenied"),
            (Refusal::UnknownKey { key_id: "AK".to_owned() }, 403, "InvalidAccessKeyId"),
            (Refusal::ExpiredToken, 400, "ExpiredToken"),
            (Refusal::Stalled, 400, "RequestTimeout"),
            (Refusal::ContentSha256 { given: "0".to_owned(), computed: "1".to_owned() }, 400, "XAmzContentSHA256Mismatch"),
            (Refusal::EntityTooLarge { bytes: Some(9), bytes_max: 8 }, 400, "EntityTooLarge"),
        ] {
            let (told_status, body) = told(&refusal, Protocol::S3).await;
            assert_eq!(told_status, status);
            assert!(body.contains(&format!("<Error><Code>{code}</Code><Message>")), "{body}");
            assert!(body.contains("<Resource>/b/&lt;k&gt;</Resource>"), "{body}");
        }
        let (status, body) = told(&Refusal::InvalidToken, Protocol::Sts).await;
        assert!(status == 403 && body.contains("<Code>InvalidClientTokenId</Code>"), "{body}");
    }
}
