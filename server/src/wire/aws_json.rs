//! How is a request of the AWS JSON protocol answered? Framing, parse order, validation, the panic guard.
//!
//! Ref: measured Athena behaviour, "Framing", "Dispatch failures", "Body parsing order and texts".

use crate::app::App;
use crate::error::{ApiError, ApiErrorKind};
use crate::wire::operation::{Operation, RequestContext};
use crate::wire::request_id::REQUEST_ID_HEADER;
use crate::wire::service::{Service, resolve};
use crate::wire::validate::{check_types, violations};
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures::FutureExt;
use http::header::{CONNECTION, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Request, StatusCode, Version};
use http_body_util::{BodyExt, Limited};
use owlake_shapes::constraint::OperationModel;
use serde_json::Value;
use std::io::Read;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

/// The header that names service and operation.
pub const TARGET_HEADER: &str = "x-amz-target";
/// The content type of every reply.
pub const CONTENT_TYPE_JSON: &str = "application/x-amz-json-1.1";

/// Answers one request. Never fails and never panics: whatever goes wrong is an error reply.
pub async fn respond(app: Arc<App>, context: RequestContext, request: Request<Body>) -> Response {
    let is_kept = request.version() == Version::HTTP_11 && !wants_close(request.headers());
    let request_id = context.request_id.clone();
    if !has_json_content_type(request.headers()) {
        return not_this_protocol(&request_id, is_kept);
    }
    let outcome = answer(app, context, request).await;
    if let Err(error) = &outcome
        && error.kind.status() >= 500
    {
        tracing::error!(%request_id, %error, "request failed");
    }
    let (status, body) = match outcome {
        Ok(body) => (StatusCode::OK, Bytes::from(body)),
        Err(error) => {
            (StatusCode::from_u16(error.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), Bytes::from(error.body().to_string()))
        }
    };
    framed(status, CONTENT_TYPE_JSON, &request_id, is_kept, body)
}

async fn answer(app: Arc<App>, context: RequestContext, request: Request<Body>) -> Result<Vec<u8>, ApiError> {
    let target = request.headers().get(TARGET_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (service, operation, model) = resolve(target)?;
    let limits = app.config.limits.clone();
    let deadline = std::time::Duration::from_millis(limits.request_timeout_ms);
    let body = read_body(request, limits.request_body_bytes_max).await?;
    let input = validated(service, model, &body)?;
    let guarded = guarded(service, operation, app, context, input);
    tokio::time::timeout(deadline, guarded).await.map_err(|_| timed_out(service))?
}

/// Runs the handler; a panic in it costs this request only.
async fn guarded(
    service: &'static Service,
    operation: &'static Operation,
    app: Arc<App>,
    context: RequestContext,
    input: Value,
) -> Result<Vec<u8>, ApiError> {
    let reply = std::panic::catch_unwind(AssertUnwindSafe(|| (operation.handler)(app, context, input)));
    let outcome = match reply {
        Ok(reply) => AssertUnwindSafe(reply).catch_unwind().await,
        Err(panic) => Err(panic),
    };
    outcome.unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        tracing::error!(operation = operation.name, panic = text, "a handler panicked");
        Err(ApiError::new(service.internal, "Internal server error"))
    })
}

/// Syntax, then types, then constraints. Broken JSON and bodies that are no object have no text.
fn validated(service: &Service, model: &OperationModel, body: &[u8]) -> Result<Value, ApiError> {
    let bare = || ApiError::bare(ApiErrorKind::Serialization);
    let mut input: Value = serde_json::from_slice(body).map_err(|_| bare())?;
    if !input.is_object() && !input.is_array() {
        return Err(bare());
    }
    check_types(&mut input, model.input).map_err(|text| ApiError::new(ApiErrorKind::Serialization, text))?;
    let found = violations(&input, model.input);
    if found.is_empty() { Ok(input) } else { Err((service.refuse)(&found)) }
}

/// The body, decompressed when the client opted in to gzip. Both sizes are bounded.
async fn read_body(request: Request<Body>, bytes_max: usize) -> Result<Bytes, ApiError> {
    let is_gzip = request.headers().get(CONTENT_ENCODING).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"gzip"));
    let too_large = || ApiError::bare(ApiErrorKind::RequestEntityTooLarge);
    let collected = Limited::new(request.into_body(), bytes_max).collect().await;
    let bytes = match collected {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => return Err(too_large()),
        Err(_) => return Err(ApiError::bare(ApiErrorKind::Serialization)),
    };
    if !is_gzip {
        return Ok(bytes);
    }
    let mut plain = Vec::new();
    let bound = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    flate2::read::MultiGzDecoder::new(bytes.as_ref())
        .take(bound)
        .read_to_end(&mut plain)
        .map_err(|_| ApiError::bare(ApiErrorKind::Serialization))?;
    if plain.len() > bytes_max { Err(too_large()) } else { Ok(plain.into()) }
}

fn timed_out(service: &Service) -> ApiError {
    ApiError::new(service.internal, "the request took too long")
}

/// `application/json` and JSON 1.0 are taken as 1.1. Deviation: Athena answers them in another envelope or not at all.
fn has_json_content_type(headers: &HeaderMap) -> bool {
    let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(kind.as_str(), "application/x-amz-json-1.1" | "application/x-amz-json-1.0" | "application/json")
}

fn not_this_protocol(request_id: &str, is_kept: bool) -> Response {
    framed(StatusCode::NOT_FOUND, "application/xml", request_id, is_kept, Bytes::from_static(b"<UnknownOperationException/>\n"))
}

/// Whether the connection ends with this request; the server says so by itself then. HTTP/2 forbids the header altogether.
fn wants_close(headers: &HeaderMap) -> bool {
    let has_close =
        |value: &HeaderValue| value.to_str().is_ok_and(|value| value.split(',').any(|part| part.trim().eq_ignore_ascii_case("close")));
    headers.get_all(CONNECTION).iter().any(has_close)
}

/// A reply with exactly the headers the services send; `Date` and `Content-Length` are the server's to add.
fn framed(status: StatusCode, content_type: &'static str, request_id: &str, is_kept: bool, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID_HEADER, id);
    }
    if is_kept {
        headers.insert(CONNECTION, HeaderValue::from_static("keep-alive"));
    }
    response
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::test_server::TestServer;
    use serde_json::json;

    const GET_WORK_GROUP: (&str, &str) = (TARGET_HEADER, "AmazonAthena.GetWorkGroup");
    const JSON: (&str, &str) = ("content-type", CONTENT_TYPE_JSON);

    #[tokio::test]
    async fn replies_have_exactly_the_services_headers() {
        // Ref: measured Athena behaviour, "Framing"; Date is the HTTP server's.
        let server = TestServer::new();
        let reply = server.call("AmazonAthena.GetWorkGroup", json!({"WorkGroup": "primary"})).await;
        let mut names: Vec<&str> = reply.headers.keys().map(|name| name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["connection", "content-length", "content-type", "x-amzn-requestid"]);
        assert_eq!(reply.headers["content-type"], CONTENT_TYPE_JSON);
        assert_eq!(reply.headers["x-amzn-requestid"].len(), 36);
    }

    #[tokio::test]
    async fn dispatch_failures_are_told_apart() {
        let server = TestServer::new();
        for target in ["", "AmazonAthena.Nothing", "GetWorkGroup", "amazonathena.GetWorkGroup"] {
            let reply = server.send(&[JSON, (TARGET_HEADER, target)], "{}").await;
            assert_eq!((reply.status.as_u16(), reply.body.as_str()), (400, r#"{"__type":"UnknownOperationException"}"#), "{target}");
        }
        let reply = server.send(&[JSON], "{}").await;
        assert_eq!((reply.status.as_u16(), reply.body.as_str()), (400, r#"{"__type":"UnknownOperationException"}"#));
        let reply = server.send(&[GET_WORK_GROUP, ("content-type", "text/plain")], "{}").await;
        assert_eq!((reply.status.as_u16(), reply.body.trim()), (404, "<UnknownOperationException/>"));
        for content_type in ["application/json", "application/x-amz-json-1.0", "application/x-amz-json-1.1; charset=utf-8"] {
            let reply = server.send(&[GET_WORK_GROUP, ("content-type", content_type)], r#"{"WorkGroup":"primary"}"#).await;
            assert_eq!(reply.status.as_u16(), 200, "{content_type}");
        }
    }

    #[tokio::test]
    async fn bodies_that_are_no_json_have_no_text() {
        let server = TestServer::new();
        for body in ["", "null", "\"x\"", "{", "{\"WorkGroup\":", "[1", "\u{feff}{}"] {
            let reply = server.send(&[JSON, GET_WORK_GROUP], body).await;
            assert_eq!((reply.status.as_u16(), reply.body.as_str()), (400, r#"{"__type":"SerializationException"}"#), "{body}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(server.send(&[JSON, GET_WORK_GROUP], deep).await.body, r#"{"__type":"SerializationException"}"#);
        let reply = server.send(&[JSON, GET_WORK_GROUP], "[]").await;
        assert_eq!(reply.json(), json!({"__type": "SerializationException", "Message": "Start of list found where not expected"}));
    }

    #[tokio::test]
    async fn gzip_is_read_and_bounded() {
        let server = TestServer::with(|config| config.limits.request_body_bytes_max = 1000);
        let gzip = |body: &[u8]| {
            use std::io::Write;
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(body).unwrap();
            encoder.finish().unwrap()
        };
        let headers = [JSON, GET_WORK_GROUP, ("content-encoding", "gzip")];
        assert_eq!(server.send(&headers, gzip(br#"{"WorkGroup":"primary"}"#)).await.status.as_u16(), 200);
        assert_eq!(server.send(&headers, gzip(&[b' '; 100_000])).await.status.as_u16(), 413);
        assert_eq!(server.send(&[JSON, GET_WORK_GROUP], vec![b' '; 1001]).await.status.as_u16(), 413);
        assert_eq!(server.send(&headers, "no gzip").await.body, r#"{"__type":"SerializationException"}"#);
    }
}
