//! Who may see the server's own pages? In the mode `auth = verify` whoever names an access key and its secret, by HTTP's basic scheme.
//!
//! Prometheus, browsers and curl speak it; none of them signs as AWS does. `/_owlake/health` stays open, so that whoever starts the
//! server can wait for it. Basis: inferred. Ref: RFC 7617.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, Request, StatusCode};

use super::keys::Keys;
use crate::app::App;

/// Lets a request for a page of the server's own through, or asks for a key.
pub async fn guard(State(app): State<Arc<App>>, request: Request<Body>, next: Next) -> Response {
    match &app.keys {
        Some(keys) if !is_known(keys, request.headers()) => refusal(),
        _ => next.run(request).await,
    }
}

/// The answer that asks for a key.
pub fn refusal() -> Response {
    (
        StatusCode::UNAUTHORIZED,
        [(WWW_AUTHENTICATE, "Basic realm=\"owlake\", charset=\"UTF-8\"")],
        "an access key and its secret are wanted\n",
    )
        .into_response()
}

/// Whether the headers name a key and its secret.
pub fn is_known(keys: &Keys, headers: &HeaderMap) -> bool {
    let named = || {
        let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
        let (scheme, coded) = value.split_once(' ')?;
        let decoded = BASE64.decode(coded.trim().as_bytes()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
        let text = String::from_utf8(decoded).ok()?;
        let (key_id, secret) = text.split_once(':')?;
        Some(keys.is_secret_of(key_id, secret))
    };
    named().unwrap_or(false)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::config::AccessKey;
    use std::collections::BTreeMap;

    #[test]
    fn a_key_and_its_secret_are_wanted() {
        let key = AccessKey { secret: "open sesame:1".to_owned(), account_id: None };
        let keys = Keys::new(BTreeMap::from([("AKID".to_owned(), key)]));
        let knows = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, value.parse().unwrap());
            is_known(&keys, &headers)
        };
        let basic = |text: &str| format!("Basic {}", BASE64.encode(text.as_bytes()));
        assert!(knows(&basic("AKID:open sesame:1")));
        assert!(!knows(&basic("AKID:open sesame")));
        assert!(!knows(&basic("AKID")));
        assert!(!knows(&basic("AKID:open sesame:1").replace("Basic", "Bearer")));
        assert!(!knows("Basic ***"));
        assert!(!is_known(&keys, &HeaderMap::new()));
    }
}
