//! How is a request of each protocol let in? The small bodies of JSON and STS are read first; S3's are followed as they stream.
//!
//! Ref: AWS general reference, "Create a signed AWS API request"; Amazon S3 API reference, "Authenticating requests".

use std::time::Duration;

use axum::body::{Body, HttpBody};
use chrono::{DateTime, Utc};
use http::header::{AUTHORIZATION, EXPECT};
use http::request::Parts;
use http::{HeaderValue, Request};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use sha2::{Digest, Sha256};

use super::body::{ChunkChain, HashedBody, Verdict};
use super::check::{Dialect, Proof, check};
use super::claim::{Claim, find};
use super::keys::{Keys, Owner};
use super::query_v2;
use super::refusal::Refusal;
use crate::config::Limits;
use crate::error::ApiErrorKind;
use crate::wire::aws_json::TARGET_HEADER;
use crate::wire::dispatch::Protocol;
use crate::wire::signature_v4::{Scope, UNSIGNED_PAYLOAD, decoded_query};

/// How much of a refused request's body is taken in, and for how long. Basis: inferred.
const DRAIN_BYTES_MAX: usize = 1 << 20;
const DRAIN_TIME_MAX: Duration = Duration::from_secs(2);

const CONTENT_SHA256: &str = "x-amz-content-sha256";
const UNSIGNED_TRAILER: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
const SIGNED_CHUNKS: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
const SIGNED_CHUNKS_AND_TRAILER: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";

/// A request whose signature is right.
pub struct Admitted {
    /// The request; its body may still turn out to be another than the signed one.
    pub request: Request<Body>,
    /// Who signed.
    pub owner: Owner,
    /// What is found wrong with the body.
    pub verdict: Verdict,
}

/// Lets a request in, or says why not.
pub async fn admit(
    keys: &Keys,
    now: DateTime<Utc>,
    protocol: Protocol,
    request: Request<Body>,
    limits: &Limits,
) -> Result<Admitted, Refusal> {
    let (head, body) = request.into_parts();
    let query = decoded_query(head.uri.query().unwrap_or_default());
    if protocol == Protocol::S3 && query_v2::is_claimed(&query) && !head.headers.contains_key(AUTHORIZATION) {
        return match query_v2::check(keys, now, &head, &query) {
            Ok(owner) => Ok(Admitted { request: Request::from_parts(head, body), owner, verdict: Verdict::default() }),
            Err(refusal) => refused(&head, body, refusal).await,
        };
    }
    // Whoever has no key here is told before the body is read.
    let claim = find(&head.headers, head.uri.query().unwrap_or_default())
        .and_then(|claim| keys.owner(&claim.key_id, claim.token.as_deref(), now).map(|_| claim));
    let services: &[&'static str] = match protocol {
        Protocol::AwsJson => services_of(&head),
        Protocol::Sts => &["sts"],
        Protocol::S3 => {
            let proven = claim.and_then(|claim| proven_head(keys, now, &head, claim));
            return match proven {
                Ok((proof, payload)) => streaming(head, body, proof, payload),
                Err(refusal) => refused(&head, body, refusal).await,
            };
        }
    };
    match claim {
        Ok(claim) => with_whole_body(keys, now, (head, body), claim, (services, limits)).await,
        Err(refusal) => refused(&head, body, refusal).await,
    }
}

/// Takes in a little of the body that nobody will read: a client that is still sending would see a broken connection and no answer.
/// One that waits to be asked for its body is not asked.
async fn refused(head: &Parts, body: Body, refusal: Refusal) -> Result<Admitted, Refusal> {
    if !body.is_end_stream() && !head.headers.contains_key(EXPECT) {
        let _enough_or_broken = tokio::time::timeout(DRAIN_TIME_MAX, Limited::new(body, DRAIN_BYTES_MAX).collect()).await;
    }
    Err(refusal)
}

/// A request's target and its signature have to name the same service.
fn services_of(head: &Parts) -> &'static [&'static str] {
    let target = head.headers.get(TARGET_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match target.split_once('.').map(|(prefix, _)| prefix) {
        Some("AmazonAthena") => &["athena"],
        Some("AWSGlue") => &["glue"],
        _ => &["athena", "glue"],
    }
}

async fn with_whole_body(
    keys: &Keys,
    now: DateTime<Utc>,
    (head, body): (Parts, Body),
    claim: Claim,
    (services, limits): (&[&'static str], &Limits),
) -> Result<Admitted, Refusal> {
    let bytes = match Limited::new(body, limits.request_body_bytes_max).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Err(Refusal::Unreadable(ApiErrorKind::RequestEntityTooLarge)),
        Err(_) => return Err(Refusal::Unreadable(ApiErrorKind::Serialization)),
    };
    let digest = hex::encode(Sha256::digest(&bytes));
    let proof = check(keys, now, &head, claim, &digest, (Dialect::Other, services))?;
    Ok(Admitted { request: Request::from_parts(head, Body::from(bytes)), owner: proof.owner, verdict: Verdict::default() })
}

/// What an S3 request says before its body, if that is true: the proof, and what it says of the body.
fn proven_head(keys: &Keys, now: DateTime<Utc>, head: &Parts, claim: Claim) -> Result<(Proof, String), Refusal> {
    let sent = head.headers.get(CONTENT_SHA256).map(|value| value.to_str().map(str::to_owned).map_err(|_| Refusal::ContentSha256Malformed));
    let payload = match (sent.transpose()?, claim.expires_seconds) {
        (Some(sent), _) => sent,
        (None, Some(_)) => UNSIGNED_PAYLOAD.to_owned(),
        (None, None) => return Err(Refusal::ContentSha256Missing),
    };
    if !is_digest(&payload) && ![UNSIGNED_PAYLOAD, UNSIGNED_TRAILER, SIGNED_CHUNKS, SIGNED_CHUNKS_AND_TRAILER].contains(&payload.as_str()) {
        return Err(Refusal::ContentSha256Malformed);
    }
    let proof = check(keys, now, head, claim, &payload, (Dialect::S3, &["s3"]))?;
    Ok((proof, payload))
}

fn is_digest(payload: &str) -> bool {
    payload.len() == 64 && payload.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn streaming(mut head: Parts, mut body: Body, proof: Proof, payload: String) -> Result<Admitted, Refusal> {
    let verdict = Verdict::default();
    if is_digest(&payload) {
        if body.is_end_stream() {
            let computed = hex::encode(Sha256::digest(b""));
            if computed != payload {
                return Err(Refusal::ContentSha256 { given: payload, computed });
            }
        } else {
            body = Body::new(HashedBody::new(body, payload, verdict.clone()));
            // The digest is followed here; nobody has to compute it again.
            head.headers.insert(CONTENT_SHA256, HeaderValue::from_static(UNSIGNED_PAYLOAD));
        }
    } else if payload.starts_with(SIGNED_CHUNKS) {
        let claim = &proof.claim;
        let scope = Scope { timestamp: &claim.timestamp, region: &claim.region, service: &claim.service }.credential();
        let has_trailers = payload == SIGNED_CHUNKS_AND_TRAILER;
        let place = (claim.timestamp.clone(), scope);
        let chain = ChunkChain::new(proof.signing_key, place, claim.signature.to_lowercase(), has_trailers, verdict.clone());
        head.extensions.insert(chain);
    }
    Ok(Admitted { request: Request::from_parts(head, body), owner: proof.owner, verdict })
}
