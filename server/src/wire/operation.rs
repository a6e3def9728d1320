//! What is an operation? Its name and the function that answers it, with the types of both sides erased.

use crate::app::App;
use crate::error::{ApiError, ApiErrorKind};
use futures::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::future::Future;
use std::sync::Arc;

/// One API operation; a `const` in its noun's file, listed in its service's `OPERATIONS`.
pub struct Operation {
    /// The name after the target prefix.
    pub name: &'static str,
    /// Answers a request whose body has passed validation; returns the JSON of the reply.
    pub handler: Handler,
}

/// The erased form of an operation's function.
pub type Handler = fn(Arc<App>, RequestContext, Value) -> BoxFuture<'static, Result<Vec<u8>, ApiError>>;

/// Who asks, and under which id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestContext {
    /// The reply's `x-amzn-RequestId`.
    pub request_id: String,
    /// Twelve digits: the access key id where it is twelve digits, else the configured account.
    pub account_id: String,
    /// The region of the credential scope, else the configured one.
    pub region: String,
    /// The id of the key that signed; `None` for unsigned requests.
    pub access_key_id: Option<String>,
}

/// A request or reply without members.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Empty {}

/// Decodes the input, runs `function`, encodes its output.
pub fn call<I, O, F, R>(function: F, app: Arc<App>, context: RequestContext, input: Value) -> BoxFuture<'static, Result<Vec<u8>, ApiError>>
where
    I: DeserializeOwned + Send + 'static,
    O: Serialize,
    F: FnOnce(Arc<App>, RequestContext, I) -> R + Send + 'static,
    R: Future<Output = Result<O, ApiError>> + Send + 'static,
{
    Box::pin(async move {
        // The body has passed the type check, so a failure here is a value no JSON type check can see.
        let input = serde_json::from_value(input).map_err(|_| ApiError::bare(ApiErrorKind::Serialization))?;
        let output = function(app, context, input).await?;
        serde_json::to_vec(&output).map_err(|error| {
            tracing::error!(%error, "a reply cannot be encoded");
            ApiError::bare(ApiErrorKind::InternalServer)
        })
    })
}

/// Runs work that waits for files away from the threads that answer requests.
pub async fn blocking<R: Send + 'static>(work: impl FnOnce() -> Result<R, ApiError> + Send + 'static) -> Result<R, ApiError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(error) => {
            tracing::error!(%error, "blocking work did not end");
            Err(ApiError::new(ApiErrorKind::InternalServer, "Internal server error"))
        }
    }
}
