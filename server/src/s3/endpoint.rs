//! How does a request reach the S3 service, and what does every answer carry?

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::response::Response;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, EXPECT, HOST, ORIGIN, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use http_body_util::BodyExt;
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3Error, S3ErrorCode, S3Result};
use uuid::Uuid;

use super::addressing::Addressing;
use super::backend::Backend;
use super::error::custom;
use super::error_document::{self, Subject};
use super::received_body::checked_document;
use super::{external, external_copy, read_headers, signature, subresources};
use crate::storage::{RemoteBucket, Storage};
use crate::wire::signature_v4;

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
    storage: Arc<Storage>,
    addressing: Arc<Addressing>,
    /// What reaches external stores.
    client: reqwest::Client,
}

impl Endpoint {
    /// An endpoint over `storage` that accepts any credentials and none.
    pub fn new(storage: Arc<Storage>, options: EndpointOptions) -> Self {
        let account = Arc::from(options.account.as_str());
        let mut config = S3Config::default();
        config.xml_max_body_size = XML_BODY_BYTES_MAX;
        config.post_object_max_file_size = FORM_OBJECT_BYTES_MAX;
        let client = external::client();
        let backend = Backend { storage: Arc::clone(&storage), region: options.region, account: options.account, client: client.clone() };
        let mut builder = S3ServiceBuilder::new(backend);
        let addressing = Addressing::new(&options.base_domains);
        builder.set_host(addressing.clone());
        builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(config))));
        Self { service: builder.build(), account, storage, addressing: Arc::new(addressing), client }
    }

    /// Answers one request; failures are S3 error documents.
    pub async fn handle(&self, request: Request) -> Response {
        let request_id = Uuid::new_v4().simple().to_string()[..16].to_ascii_uppercase();
        let expects_continue = request.headers().contains_key(EXPECT);
        let is_empty = request.headers().get(CONTENT_LENGTH).is_some_and(|length| length == "0");
        let subject = self.subject(&request);
        let is_head = request.method() == Method::HEAD;
        let is_attributes = has_subresource(&request, "attributes");
        let mut response = match self.answer(request).await {
            Ok(response) => response,
            Err(error) => error_response(error),
        };
        if response.extensions().get::<external::PassedOn>().is_none() {
            response = error_document::complete(response, &subject, &request_id).await;
        }
        // s3s has no status for a part of an object in the answer to HEAD.
        if is_head && response.status() == StatusCode::OK && response.headers().contains_key(CONTENT_RANGE) {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        }
        if is_attributes && response.status() == StatusCode::OK {
            response = with_bare_etag(response).await;
        }
        // botocore that got a final answer where it waited for `100 Continue` never sends the next body on that
        // connection and hangs until its timeout. Without a body to read no `100 Continue` is sent.
        if expects_continue && (is_empty || !response.status().is_success()) {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if let Ok(id) = HeaderValue::from_str(&request_id) {
            response.headers_mut().entry(REQUEST_ID).or_insert(id.clone());
            response.headers_mut().entry(HOST_ID).or_insert(id);
        }
        response
    }

    async fn answer(&self, request: Request) -> S3Result<Response> {
        let request = request.map(s3s::Body::http_body_unsync);
        let mut request = signature::strip(request, chrono::Utc::now())?;
        read_headers::adapt(request.headers_mut());
        let caller = request.extensions().get::<signature::Caller>().and_then(|c| c.access_key.clone());
        self.check_expected_owner(request.headers(), caller.as_deref())?;
        if let Some((bucket, remote, key)) = self.external(&request)? {
            let source = self.source_in_the_same_store(&request, remote)?;
            if request.headers().contains_key(external::COPY_SOURCE) && *request.method() == Method::PUT && source.is_none() {
                let target = external_copy::Target { bucket: &bucket, remote, key: &key };
                return external_copy::into_external(&self.storage, &self.client, target, &request.into_parts().0).await;
            }
            let request = if signature::has_signed_chunks(request.headers()) { signature::decode_body(request) } else { request };
            return external::forward(&self.client, (&bucket, remote), &key, source, request, chrono::Utc::now()).await;
        }
        self.check_method(&request)?;
        check_length(&request)?;
        let request = signature::decode_body(request);
        check_xml_length(&request)?;
        let request = if is_digested_document(&request) { checked_document(request, XML_BODY_BYTES_MAX).await? } else { request };
        let is_broken = Arc::new(AtomicBool::new(false));
        let request = request.map(|body| watched(body, is_broken.clone()));
        match self.service.call(request).await {
            // s3s takes every failure to read an XML body for its own.
            Ok(response) if response.status() == StatusCode::INTERNAL_SERVER_ERROR && is_broken.load(Ordering::Relaxed) => {
                Err(S3Error::with_message(S3ErrorCode::IncompleteBody, "The request body could not be read."))
            }
            Ok(response) => Ok(response.map(Body::new)),
            Err(error) => {
                tracing::error!(?error, "the S3 service failed");
                Err(S3Error::with_message(S3ErrorCode::InternalError, "We encountered an internal error. Please try again."))
            }
        }
    }

    /// The bucket of an external store a request is for, and the key in it. Whether such a bucket exists is not asked here: creating and
    /// deleting one is refused as for every configured bucket.
    fn external(&self, request: &http::Request<s3s::Body>) -> S3Result<Option<(String, &RemoteBucket, String)>> {
        let (bucket, key) = self.bucket_and_key(request);
        let Some(remote) = self.storage.remote(&bucket) else { return Ok(None) };
        let key = external::key_of(key)?;
        let is_bucket_itself = key.is_empty() && request.uri().query().is_none_or(|query| query.is_empty() || query.starts_with("x-id="));
        if is_bucket_itself && matches!(*request.method(), Method::PUT | Method::DELETE) {
            return Ok(None);
        }
        Ok(Some((bucket, remote, key)))
    }

    /// The name of a copy's source bucket in the store of its target, which can then copy by itself; none for a source that is elsewhere,
    /// and for what is no copy.
    fn source_in_the_same_store(&self, request: &http::Request<s3s::Body>, target: &RemoteBucket) -> S3Result<Option<&str>> {
        if !request.headers().contains_key(external::COPY_SOURCE) {
            return Ok(None);
        }
        let (bucket, _) = external_copy::named_source(request.headers())?;
        let source = self.storage.remote(&bucket).filter(|source| {
            let store = |bucket: &RemoteBucket| RemoteBucket { bucket: String::new(), ..bucket.clone() };
            store(source) == store(target)
        });
        Ok(source.map(|source| source.bucket.as_str()))
    }

    /// Refuses what no operation is spoken with: s3s knows no operation for it and would call it one that is not implemented.
    fn check_method(&self, request: &http::Request<s3s::Body>) -> S3Result<()> {
        let (bucket, key) = self.bucket_and_key(request);
        if *request.method() == Method::OPTIONS {
            return Err(preflight_refusal(request.headers()));
        }
        subresources::check(request.method(), !key.is_empty(), request.uri().query().unwrap_or_default())?;
        let is_form = request.headers().get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"multipart/form-data"));
        if *request.method() == Method::POST && is_form {
            return Err(S3Error::with_message(S3ErrorCode::NotImplemented, "Browser-based uploads by POST are not implemented."));
        }
        let has_operation = match *request.method() {
            Method::GET | Method::HEAD => true,
            Method::PUT | Method::DELETE => !bucket.is_empty(),
            Method::POST => !bucket.is_empty() && (key.is_empty() || request.uri().query().is_some_and(|query| !query.is_empty())),
            _ => false,
        };
        if has_operation {
            return Ok(());
        }
        Err(S3Error::with_message(S3ErrorCode::MethodNotAllowed, "The specified method is not allowed against this resource."))
    }

    fn subject<B>(&self, request: &http::Request<B>) -> Subject {
        let (bucket, key) = self.bucket_and_key(request);
        Subject { method: request.method().clone(), bucket, key: signature_v4::decode(key) }
    }

    /// The bucket a request names by its host or its path, and the key as it was sent.
    fn bucket_and_key<'a, B>(&self, request: &'a http::Request<B>) -> (String, &'a str) {
        let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let path = request.uri().path().strip_prefix('/').unwrap_or_default();
        match self.addressing.bucket_of(host) {
            Some(bucket) => (bucket, path),
            None => {
                let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
                (bucket.to_owned(), key)
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

/// What a browser is told that asks whether a page may do something: no bucket has CORS rules. Ref: Amazon S3 user guide,
/// "Troubleshooting CORS".
fn preflight_refusal(headers: &HeaderMap) -> S3Error {
    if !headers.contains_key(ORIGIN) {
        return custom("BadRequest", StatusCode::BAD_REQUEST, "Insufficient information. Origin request header needed.");
    }
    custom("AccessForbidden", StatusCode::FORBIDDEN, "CORSResponse: CORS is not enabled for this bucket.")
}

fn has_subresource<B>(request: &http::Request<B>, name: &str) -> bool {
    request.uri().query().unwrap_or_default().split('&').any(|pair| pair.split('=').next() == Some(name))
}

/// GetObjectAttributes is the one answer whose ETag has no quotes; s3s writes every ETag with them.
async fn with_bare_etag(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let document = axum::body::to_bytes(body, XML_BODY_BYTES_MAX).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&document);
    let text = text.replace("<ETag>&quot;", "<ETag>").replace("<ETag>\"", "<ETag>");
    let text = text.replace("&quot;</ETag>", "</ETag>").replace("\"</ETag>", "</ETag>");
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(text))
}

/// Refuses an object's body whose length is not told. Ref: "List of error codes", MissingContentLength.
fn check_length(request: &http::Request<s3s::Body>) -> S3Result<()> {
    let is_untold = request.headers().contains_key(TRANSFER_ENCODING)
        && !request.headers().contains_key(CONTENT_LENGTH)
        && !request.headers().contains_key("x-amz-decoded-content-length");
    if is_untold && *request.method() == Method::PUT {
        let error = S3Error::with_message(S3ErrorCode::MissingContentLength, "You must provide the Content-Length HTTP header.");
        return Err(error);
    }
    Ok(())
}

/// Refuses an XML body that says it is too long; s3s would call it a failure of the server.
fn check_xml_length(request: &http::Request<s3s::Body>) -> S3Result<()> {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_form = header(CONTENT_TYPE).starts_with("multipart/form-data");
    let length: u64 = header(CONTENT_LENGTH).parse().unwrap_or(0);
    if length <= XML_BODY_BYTES_MAX as u64 || is_form || !has_xml_body(request.method(), request.uri().query().unwrap_or_default()) {
        return Ok(());
    }
    Err(S3Error::with_message(S3ErrorCode::MaxMessageLengthExceeded, "Your request was too large."))
}

/// Whether a request's body is a document, which is read before anything is done with it.
pub fn has_document<B>(request: &http::Request<B>) -> bool {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    !content_type.starts_with("multipart/form-data") && has_xml_body(request.method(), request.uri().query().unwrap_or_default())
}

/// Whether the body is a document and not an object's bytes.
fn has_xml_body(method: &Method, query: &str) -> bool {
    let mut names = query.split('&').filter_map(|pair| pair.split('=').next());
    match *method {
        Method::POST => true,
        Method::PUT => names.any(|name| name != "uploadId" && subresources::is_one(name)),
        _ => false,
    }
}

/// Whether the digests in the headers are the document's: those of a completed upload are its object's.
fn is_digested_document(request: &http::Request<s3s::Body>) -> bool {
    let query = request.uri().query().unwrap_or_default();
    let has_query = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
    !query.is_empty() && !has_query("uploadId") && !has_query("uploads") && has_xml_body(request.method(), query)
}

/// The body; a failure to read it is noted.
fn watched(body: s3s::Body, is_broken: Arc<AtomicBool>) -> s3s::Body {
    if HttpBody::is_end_stream(&body) {
        return body;
    }
    s3s::Body::http_body_unsync(body.map_err(move |error| {
        is_broken.store(true, Ordering::Relaxed);
        error
    }))
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use axum::body::to_bytes;

    use super::*;
    use crate::storage::StorageOptions;

    struct Server {
        _folder: tempfile::TempDir,
        endpoint: Endpoint,
    }

    impl Server {
        fn start() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let options = StorageOptions { buckets_folder: folder.path().join("buckets"), targets: Default::default(), fsync: true };
            let storage = Arc::new(Storage::open(options).unwrap());
            storage.create_bucket("lake", None).unwrap();
            let options = EndpointOptions { region: "us-east-1".into(), account: "000000000000".into(), base_domains: Vec::new() };
            Self { _folder: folder, endpoint: Endpoint::new(storage, options) }
        }

        async fn send(&self, method: Method, uri: &str, headers: &[(&str, &str)], body: &str) -> (u16, HeaderMap, String) {
            let mut request = Request::builder().method(method).uri(uri).header("content-length", body.len());
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let response = self.endpoint.handle(request.body(Body::from(body.to_owned())).unwrap()).await;
            let (parts, body) = response.into_parts();
            let body = to_bytes(body, usize::MAX).await.unwrap();
            (parts.status.as_u16(), parts.headers, String::from_utf8_lossy(&body).into_owned())
        }
    }

    #[tokio::test]
    async fn any_credentials_and_none_are_served() {
        let server = Server::start();
        let signed = [
            ("authorization", "AWS4-HMAC-SHA256 Credential=AKID/20240101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00"),
            ("x-amz-date", "20240101T000000Z"),
            ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ];
        let (status, headers, _) = server.send(Method::PUT, "/lake/a//b", &signed, "hello").await;
        assert_eq!((status, headers.get("etag").unwrap().to_str().unwrap()), (200, "\"5d41402abc4b2a76b9719d911017c592\""));
        let (status, headers, body) = server.send(Method::GET, "/lake/a//b", &[("range", "bytes=1-3")], "").await;
        assert_eq!((status, body.as_str()), (206, "ell"));
        assert_eq!(headers.get("content-range").unwrap(), "bytes 1-3/5");
        assert!(headers.contains_key("x-amz-request-id"));
        let (status, _, body) = server.send(Method::GET, "/?list-type=2", &[("host", "lake.localhost:1")], "").await;
        assert_eq!(status, 200);
        assert!(body.contains("<Key>a//b</Key>"), "{body}");
    }

    #[tokio::test]
    async fn a_body_that_is_not_what_was_signed_is_refused() {
        let server = Server::start();
        let wrong = [("x-amz-content-sha256", "0000000000000000000000000000000000000000000000000000000000000000")];
        let (status, _, body) = server.send(Method::PUT, "/lake/k", &wrong, "hello").await;
        assert_eq!(status, 400);
        assert!(body.contains("<Code>XAmzContentSHA256Mismatch</Code>"), "{body}");
        let (status, _, body) = server.send(Method::GET, "/lake/k", &[], "").await;
        assert_eq!(status, 404);
        assert!(body.contains("<Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>"), "{body}");
    }

    #[tokio::test]
    async fn documents_are_refused_for_their_length_or_a_broken_body() {
        // Ref: Amazon S3 API reference, "List of error codes": MaxMessageLengthExceeded, IncompleteBody.
        let server = Server::start();
        let (status, _, body) = server.send(Method::POST, "/lake?delete", &[], &"x".repeat(XML_BODY_BYTES_MAX + 1)).await;
        assert_eq!(status, 400);
        assert!(body.contains("<Code>MaxMessageLengthExceeded</Code>"), "{body}");
        let chunked = [("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"), ("x-amz-decoded-content-length", "5")];
        let (status, _, body) = server.send(Method::POST, "/lake?delete", &chunked, "zz\r\nhello\r\n0\r\n\r\n").await;
        assert_eq!((status, body.contains("<Code>IncompleteBody</Code>")), (400, true), "{body}");
        let (status, _, _) = server.send(Method::PUT, "/lake/k?x-id=PutObject", &[], &"x".repeat(XML_BODY_BYTES_MAX + 1)).await;
        assert_eq!(status, 200, "an object may be longer than a document");
    }

    #[tokio::test]
    async fn operations_without_an_implementation_are_refused_by_name() {
        let server = Server::start();
        let (status, _, body) = server.send(Method::PUT, "/lake?policy", &[], "{}").await;
        assert_eq!(status, 501);
        assert!(body.contains("<Code>NotImplemented</Code>") && body.contains("PutBucketPolicy"), "{body}");
    }
}
