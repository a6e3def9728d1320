//! Which protocol does a request speak? Admin path, target header, form body or STS scope, else S3.

use crate::app::App;
use crate::wire::aws_json::{self, CONTENT_TYPE_JSON, TARGET_HEADER};
use crate::wire::aws_query;
use crate::wire::operation::RequestContext;
use crate::wire::request_id::request_id;
use crate::wire::sigv4::CredentialScope;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::header::CONTENT_TYPE;
use http::{Method, Request};
use std::sync::Arc;

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
    crate::admin::routes().fallback(dispatch).with_state(app)
}

async fn dispatch(State(app): State<Arc<App>>, request: Request<Body>) -> Response {
    if crate::admin::is_scrape(&request) {
        return crate::admin::metrics(State(app)).await;
    }
    let scope = CredentialScope::find(request.headers(), request.uri().query());
    let context = RequestContext {
        request_id: request_id(app.ids.as_ref()),
        account_id: scope.as_ref().and_then(CredentialScope::account_id).unwrap_or(&app.config.account_id).to_owned(),
        region: scope.as_ref().map_or_else(|| app.config.region.clone(), |scope| scope.region.clone()),
        access_key_id: scope.as_ref().map(|scope| scope.access_key_id.clone()),
    };
    match protocol(&request, scope.as_ref()) {
        Protocol::AwsJson => aws_json::respond(app, context, request).await,
        Protocol::Sts => aws_query::respond(app, context, request).await,
        Protocol::S3 => app.s3.handle(request).await,
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
