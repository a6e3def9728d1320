//! How is a request of the AWS query protocol answered? A form in, XML out; STS is its one service.
//!
//! Ref: AWS Security Token Service API reference, "Making query requests".

use crate::app::App;
use crate::sts::{self, StsContext};
use crate::wire::operation::RequestContext;
use crate::wire::request_id::REQUEST_ID_HEADER;
use axum::body::Body;
use axum::extract::Query;
use axum::response::Response;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Limited};
use std::sync::Arc;

/// Longest form; a web identity token has at most 20,000 characters. Ref: AssumeRoleWithWebIdentity.
const FORM_BYTES_MAX: usize = 60_000;

/// Answers one request; failures are XML documents.
pub async fn respond(app: Arc<App>, context: RequestContext, request: Request<Body>) -> Response {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let form = match Limited::new(request.into_body(), FORM_BYTES_MAX).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return framed(StatusCode::PAYLOAD_TOO_LARGE, String::new(), &context.request_id),
    };
    let form = if form.is_empty() { query } else { String::from_utf8_lossy(&form).into_owned() };
    let parameters = parameters(&form);
    let sts_context = StsContext {
        access_key: context.access_key_id.as_deref(),
        account: &context.account_id,
        keys: app.keys.as_ref(),
        request_id: &context.request_id,
        now: chrono::DateTime::from_timestamp_millis(app.clock.now_ms()).unwrap_or_default(),
    };
    let (status, body) = sts::handle(&parameters, &sts_context);
    framed(status, body, &context.request_id)
}

/// The decoded pairs of a form; none when it is not one.
fn parameters(form: &str) -> Vec<(String, String)> {
    Uri::builder()
        .path_and_query(format!("/?{form}"))
        .build()
        .ok()
        .and_then(|uri| Query::try_from_uri(&uri).ok())
        .map(|Query(pairs)| pairs)
        .unwrap_or_default()
}

fn framed(status: StatusCode, body: String, request_id: &str) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID_HEADER, id);
    }
    response
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_decoded() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(
            parameters("Action=GetCallerIdentity&Version=2011-06-15&X=a%2Fb+c"),
            [pair("Action", "GetCallerIdentity"), pair("Version", "2011-06-15"), pair("X", "a/b c")]
        );
        assert!(parameters("").is_empty());
    }
}
