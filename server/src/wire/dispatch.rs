//! Which protocol does a request speak? Admin path, target header, form body or STS scope, else S3.

use crate::app::App;
use crate::listen::{Stalled, WholeBody};
use crate::s3::has_document;
use crate::wire::auth::admit::admit;
use crate::wire::auth::refusal::Told;
use crate::wire::auth::{Keys, Refusal, operator};
use crate::wire::aws_json::{self, CONTENT_TYPE_JSON, TARGET_HEADER};
use crate::wire::aws_query;
use crate::wire::operation::RequestContext;
use crate::wire::request_id::request_id;
use crate::wire::sigv4::CredentialScope;
use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::State;
use axum::response::Response;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{Method, Request, Version};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The protocols on the one port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Athena and Glue.
    AwsJson,
    /// STS: form body, XML reply.
    Sts,
    /// Everything else.
    S3,
}

/// The router of the whole server: `/_owlake/…` first, then the AWS protocols.
pub fn router(app: Arc<App>) -> Router {
    crate::admin::routes(app.clone()).fallback(dispatch).with_state(app)
}

async fn dispatch(State(app): State<Arc<App>>, request: Request<Body>) -> Response {
    if crate::admin::is_scrape(&request) {
        return match &app.keys {
            Some(keys) if !operator::is_known(keys, request.headers()) => operator::refusal(),
            _ => crate::admin::metrics(State(app)).await,
        };
    }
    let arrived = Instant::now();
    let scope = CredentialScope::find(request.headers(), request.uri().query());
    let context = RequestContext {
        request_id: request_id(app.ids.as_ref()),
        account_id: scope.as_ref().and_then(CredentialScope::account_id).unwrap_or(&app.config.account_id).to_owned(),
        region: scope.as_ref().map_or_else(|| app.config.region.clone(), |scope| scope.region.clone()),
        access_key_id: scope.as_ref().map(|scope| scope.access_key_id.clone()),
    };
    let protocol = protocol(&request, scope.as_ref());
    let operation = request.headers().get(TARGET_HEADER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (method, path, request_id) = (request.method().clone(), request.uri().path().to_owned(), context.request_id.clone());
    let sent = Sent::of(&request);
    let stalled = request.extensions().get::<Stalled>().cloned().unwrap_or_default();
    let request = in_time(request, protocol, app.config.limits.request_timeout_ms, &stalled);
    let mut response = match &app.keys {
        None => answer(app.clone(), protocol, context, request).await,
        Some(keys) => verified(&app, keys, protocol, context, request).await,
    };
    if stalled.is_set() && response.extensions().get::<NotLetIn>().is_none() {
        response = sent.refused(&Refusal::Stalled, protocol, &request_id);
    }
    let (status, ms) = (response.status().as_u16(), arrived.elapsed().as_millis());
    tracing::debug!(request_id, %method, path, operation, status, ms, "request answered");
    response
}

/// The request; a body that has to be whole before anything is done has to come in time. An object's bytes may take any time, so long as
/// they come.
fn in_time(request: Request<Body>, protocol: Protocol, timeout_ms: u64, stalled: &Stalled) -> Request<Body> {
    let is_whole = match protocol {
        Protocol::AwsJson | Protocol::Sts => true,
        Protocol::S3 => has_document(&request),
    };
    if !is_whole || request.body().is_end_stream() {
        return request;
    }
    request.map(|body| Body::new(WholeBody::new(body, Duration::from_millis(timeout_ms), stalled.clone())))
}

async fn answer(app: Arc<App>, protocol: Protocol, context: RequestContext, request: Request<Body>) -> Response {
    match protocol {
        Protocol::AwsJson => aws_json::respond(app, context, request).await,
        Protocol::Sts => aws_query::respond(app, context, request).await,
        Protocol::S3 => s3(app, context, request).await,
    }
}

/// An S3 request, whose body may be too long or stop coming.
async fn s3(app: Arc<App>, context: RequestContext, request: Request<Body>) -> Response {
    let bytes_max = app.config.limits.object_bytes_max;
    let sent = Sent::of(&request);
    if sent.bytes > bytes_max {
        return sent.refused(&Refusal::EntityTooLarge { bytes: Some(sent.bytes), bytes_max }, Protocol::S3, &context.request_id);
    }
    // A body that does not say how long it is, is counted.
    let is_over = Arc::new(AtomicBool::new(false));
    let request = if sent.is_sized { request } else { request.map(|body| counted(body, bytes_max, is_over.clone())) };
    let response = app.s3.handle(request).await;
    if is_over.load(Ordering::Relaxed) {
        return sent.refused(&Refusal::EntityTooLarge { bytes: None, bytes_max }, Protocol::S3, &context.request_id);
    }
    response
}

fn counted(body: Body, bytes_max: u64, is_over: Arc<AtomicBool>) -> Body {
    let bytes_max = usize::try_from(bytes_max).unwrap_or(usize::MAX);
    Body::new(Limited::new(body, bytes_max).map_err(move |error| {
        if error.is::<LengthLimitError>() {
            is_over.store(true, Ordering::Relaxed);
        }
        error
    }))
}

/// Marks the answer to a request whose signature is refused, whatever became of its body.
#[derive(Debug, Clone, Copy)]
struct NotLetIn;

/// A request that has to be signed.
async fn verified(app: &Arc<App>, keys: &Keys, protocol: Protocol, mut context: RequestContext, request: Request<Body>) -> Response {
    let sent = Sent::of(&request);
    let now = chrono::DateTime::from_timestamp_millis(app.clock.now_ms()).unwrap_or_default();
    let admitted = match admit(keys, now, protocol, request, &app.config.limits).await {
        Ok(admitted) => admitted,
        Err(refusal) => {
            tracing::info!(request_id = context.request_id, access_key_id = context.access_key_id, ?protocol, "a request was not let in");
            let mut response = sent.refused(&refusal, protocol, &context.request_id);
            if !matches!(refusal, Refusal::Unreadable(_)) {
                response.extensions_mut().insert(NotLetIn);
            }
            return response;
        }
    };
    let is_account = |id: &&String| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit());
    let account = admitted.owner.account_id.clone().or_else(|| Some(&admitted.owner.key_id).filter(is_account).cloned());
    context.account_id = account.unwrap_or_else(|| app.config.account_id.clone());
    context.access_key_id = Some(admitted.owner.key_id);
    let request_id = context.request_id.clone();
    let response = answer(app.clone(), protocol, context, admitted.request).await;
    match admitted.verdict.refusal() {
        Some(refusal) => sent.refused(refusal, protocol, &request_id),
        None => response,
    }
}

/// What a refusal needs of a request that is gone by then.
struct Sent {
    path: String,
    /// The length of the object's bytes, as said.
    bytes: u64,
    /// Whether it is said.
    is_sized: bool,
    /// Whether a body follows that may not have been read.
    has_body: bool,
    is_http_1: bool,
}

impl Sent {
    fn of(request: &Request<Body>) -> Self {
        let length = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
        let length = length("x-amz-decoded-content-length").or_else(|| length(CONTENT_LENGTH.as_str()));
        Sent {
            path: request.uri().path().to_owned(),
            bytes: length.unwrap_or(0),
            is_sized: length.is_some(),
            has_body: !request.body().is_end_stream(),
            is_http_1: request.version() < Version::HTTP_2,
        }
    }

    fn refused(&self, refusal: &Refusal, protocol: Protocol, request_id: &str) -> Response {
        refusal.response(Told { protocol, request_id, resource: &self.path, closes: self.has_body && self.is_http_1 })
    }
}

/// Which protocol a request speaks.
///
/// The target header decides first, because no other protocol sends it; a JSON body or an Athena or Glue scope
/// without it is a JSON request gone wrong, and gets that protocol's error.
fn protocol(request: &Request<Body>, scope: Option<&CredentialScope>) -> Protocol {
    let service = scope.map_or("", |scope| scope.service.as_str());
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_root_post = request.method() == Method::POST && request.uri().path() == "/";
    let is_json = request.headers().contains_key(TARGET_HEADER)
        || matches!(service, "athena" | "glue")
        || (is_root_post && content_type.starts_with(CONTENT_TYPE_JSON));
    if is_json {
        Protocol::AwsJson
    } else if service == "sts" || (is_root_post && content_type.starts_with("application/x-www-form-urlencoded")) {
        Protocol::Sts
    } else {
        Protocol::S3
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn decided(method: &str, path: &str, headers: &[(&str, &str)]) -> Protocol {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        let scope = CredentialScope::find(request.headers(), request.uri().query());
        protocol(&request, scope.as_ref())
    }

    #[test]
    fn each_protocol_is_told_apart() {
        let signed = |service: &str| {
            format!("AWS4-HMAC-SHA256 Credential=AK/20261121/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0")
        };
        let target = ("x-amz-target", "AmazonAthena.GetWorkGroup");
        assert_eq!(decided("POST", "/", &[target]), Protocol::AwsJson);
        assert_eq!(decided("POST", "/", &[("authorization", &signed("glue"))]), Protocol::AwsJson);
        assert_eq!(decided("POST", "/", &[("content-type", CONTENT_TYPE_JSON)]), Protocol::AwsJson);
        let form = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");
        assert_eq!(decided("POST", "/", &[form]), Protocol::Sts);
        assert_eq!(decided("POST", "/", &[("authorization", &signed("sts"))]), Protocol::Sts);
        assert_eq!(decided("GET", "/", &[("authorization", &signed("s3"))]), Protocol::S3);
        assert_eq!(decided("POST", "/bucket?delete", &[form]), Protocol::S3);
        assert_eq!(decided("PUT", "/bucket/key", &[("content-type", "application/json")]), Protocol::S3);
    }
}
