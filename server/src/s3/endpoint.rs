//! How does a request reach the S3 service, and what does every answer carry?

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3Error, S3ErrorCode, S3Result};
use uuid::Uuid;

use super::addressing::Addressing;
use super::backend::Backend;
use super::signature;
use crate::storage::Storage;

/// Longest XML body. Ref: a DeleteObjects request names up to 1,000 keys of up to 1,024 bytes, each escaped up to sixfold.
const XML_BODY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Largest object of a form upload, which s3s holds in memory.
const FORM_OBJECT_BYTES_MAX: u64 = 64 * 1024 * 1024;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-request-id");
const HOST_ID: HeaderName = HeaderName::from_static("x-amz-id-2");

/// How the endpoint presents itself.
#[derive(Debug, Clone)]
pub struct EndpointOptions {
    /// Region of buckets that were created without one.
    pub region: String,
    /// The account that owns all buckets, 12 digits.
    pub account: String,
    /// Base domains of virtual-hosted style besides `localhost`.
    pub base_domains: Vec<String>,
}

/// The S3 endpoint; mount [`Endpoint::handle`] as the fallback of the port.
#[derive(Debug, Clone)]
pub struct Endpoint {
    service: S3Service,
    account: Arc<str>,
}

impl Endpoint {
    /// An endpoint over `storage` that accepts any credentials and none.
    pub fn new(storage: Arc<Storage>, options: EndpointOptions) -> Self {
        let account = Arc::from(options.account.as_str());
        let mut config = S3Config::default();
        config.xml_max_body_size = XML_BODY_BYTES_MAX;
        config.post_object_max_file_size = FORM_OBJECT_BYTES_MAX;
        let mut builder = S3ServiceBuilder::new(Backend { storage, region: options.region, account: options.account });
        builder.set_host(Addressing::new(&options.base_domains));
        builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(config))));
        Self { service: builder.build(), account }
    }

    /// Answers one request; failures are S3 error documents.
    pub async fn handle(&self, request: Request) -> Response {
        let request_id = Uuid::new_v4().simple().to_string()[..16].to_ascii_uppercase();
        let mut response = match self.answer(request).await {
            Ok(response) => response,
            Err(error) => error_response(error),
        };
        if let Ok(id) = HeaderValue::from_str(&request_id) {
            response.headers_mut().entry(REQUEST_ID).or_insert(id.clone());
            response.headers_mut().entry(HOST_ID).or_insert(id);
        }
        response
    }

    async fn answer(&self, request: Request) -> S3Result<Response> {
        let request = request.map(s3s::Body::http_body_unsync);
        let request = signature::strip(request, chrono::Utc::now())?;
        let caller = request.extensions().get::<signature::Caller>().and_then(|c| c.access_key.clone());
        self.check_expected_owner(request.headers(), caller.as_deref())?;
        match self.service.call(request).await {
            Ok(response) => Ok(response.map(Body::new)),
            Err(error) => {
                tracing::error!(?error, "the S3 service failed");
                Err(S3Error::with_message(S3ErrorCode::InternalError, "We encountered an internal error. Please try again."))
            }
        }
    }

    /// Buckets belong to the configured account and, for access keys that are an account id, to that account.
    ///
    /// Ref: Amazon S3 user guide, "Verifying bucket ownership with bucket owner condition".
    fn check_expected_owner(&self, headers: &HeaderMap, caller: Option<&str>) -> S3Result<()> {
        for name in ["x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner"] {
            let Some(expected) = headers.get(name) else { continue };
            let expected = expected.to_str().unwrap_or_default();
            if expected != &*self.account && Some(expected) != caller {
                return Err(S3Error::with_message(S3ErrorCode::AccessDenied, "Access Denied"));
            }
        }
        Ok(())
    }
}

fn error_response(error: S3Error) -> Response {
    match error.to_http_response() {
        Ok(response) => response.map(Body::new),
        Err(_) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        }
    }
}
