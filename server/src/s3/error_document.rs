//! What does an error's document say besides its code? The text of the code where none is set, what the request was for, and its ids.
//!
//! s3s writes code and text only, and its own refusals have no text.
//! Ref: Amazon S3 API reference, "Error responses", "List of error codes".

use axum::body::{Body, to_bytes};
use axum::response::Response;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};

/// Longest error document.
const DOCUMENT_BYTES_MAX: usize = 64 * 1024;
const END: &str = "</Error>";

/// What a request is for.
#[derive(Debug)]
pub struct Subject {
    pub method: Method,
    /// Decoded; empty for the service itself.
    pub bucket: String,
    /// Decoded; empty for the bucket itself.
    pub key: String,
}

/// The answer with a whole document if it is an error; others as they are.
pub async fn complete(response: Response, subject: &Subject, request_id: &str) -> Response {
    let status = response.status();
    let is_document = response.headers().get(CONTENT_TYPE).is_none_or(|content_type| content_type.as_bytes().ends_with(b"/xml"));
    if status == StatusCode::NOT_MODIFIED || !(status.is_client_error() || status.is_server_error()) || !is_document {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let document = to_bytes(body, DOCUMENT_BYTES_MAX).await.unwrap_or_default();
    let document = completed(&document, subject, request_id).unwrap_or(document);
    if document.is_empty() {
        return Response::from_parts(parts, Body::empty());
    }
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    parts.headers.insert(CONTENT_LENGTH, document.len().into());
    Response::from_parts(parts, Body::from(document))
}

fn completed(document: &[u8], subject: &Subject, request_id: &str) -> Option<Bytes> {
    let text = std::str::from_utf8(document).ok()?;
    let start = text.strip_suffix(END)?;
    let code = text.split_once("<Code>")?.1.split_once("</Code>")?.0;
    let mut whole = start.to_owned();
    let mut add = |name: &str, value: &str| {
        let escaped = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        whole.push_str(&format!("<{name}>{escaped}</{name}>"));
    };
    if !start.contains("<Message>") {
        add("Message", message(code));
    }
    match code {
        "NoSuchKey" => add("Key", &without_controls(&subject.key)),
        "NoSuchBucket" | "InvalidBucketName" | "BucketNotEmpty" | "BucketAlreadyOwnedByYou" => add("BucketName", &subject.bucket),
        "MethodNotAllowed" => {
            add("Method", subject.method.as_str());
            add("ResourceType", if subject.bucket.is_empty() { "SERVICE" } else { "OBJECT" });
        }
        _ => {
            let slash = if subject.key.is_empty() { "" } else { "/" };
            add("Resource", &without_controls(&format!("/{}{slash}{}", subject.bucket, subject.key)));
        }
    }
    add("RequestId", request_id);
    add("HostId", request_id);
    whole.push_str(END);
    Some(whole.into())
}

/// XML 1.0 has no place for most control characters.
fn without_controls(text: &str) -> String {
    text.chars()
        .map(|character| if character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}') { '\u{fffd}' } else { character })
        .collect()
}

/// The text of a code that came without one.
fn message(code: &str) -> &'static str {
    match code {
        "AccessDenied" => "Access Denied",
        "EntityTooLarge" => "Your proposed upload exceeds the maximum allowed object size.",
        "IncompleteBody" => "You did not provide the number of bytes specified by the Content-Length HTTP header",
        "InternalError" => "We encountered an internal error. Please try again.",
        "InvalidArgument" => "Invalid Argument",
        "InvalidBucketName" => "The specified bucket is not valid.",
        "InvalidDigest" => "The Content-MD5 you specified was invalid.",
        "InvalidRequest" => "Invalid Request",
        "InvalidURI" => "Couldn't parse the specified URI.",
        "KeyTooLongError" => "Your key is too long",
        "MalformedXML" => "The XML you provided was not well-formed or did not validate against our published schema",
        "MaxMessageLengthExceeded" => "Your request was too large.",
        "MethodNotAllowed" => "The specified method is not allowed against this resource.",
        "MissingContentLength" => "You must provide the Content-Length HTTP header.",
        "NotImplemented" => "A header you provided implies functionality that is not implemented",
        "PreconditionFailed" => "At least one of the pre-conditions you specified did not hold",
        _ => "The request cannot be served.",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn documents_name_what_is_missing() {
        let subject = Subject { method: Method::GET, bucket: "lake".into(), key: "a&b\u{1}".into() };
        let document = completed(b"<Error><Code>NoSuchKey</Code><Message>m</Message></Error>", &subject, "ID").unwrap();
        let expected = "<Error><Code>NoSuchKey</Code><Message>m</Message><Key>a&amp;b\u{fffd}</Key><RequestId>ID</RequestId><HostId>ID</HostId></Error>";
        assert_eq!(document, expected);
        let bare = completed(b"<Error><Code>MalformedXML</Code></Error>", &Subject { key: String::new(), ..subject }, "ID").unwrap();
        assert!(std::str::from_utf8(&bare).unwrap().contains("published schema</Message><Resource>/lake</Resource>"));
    }
}
