//! Is a presigned URL of Signature Version 2 right? boto3 makes such URLs for S3 unless it is told otherwise, so they are taken.
//!
//! The older version signs neither the host nor the body; in a header, where every client has the newer one, it is refused.
//!
//! Ref: Amazon S3 developer guide, "Signing and authenticating REST requests" and "Query string request authentication alternative".

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use http::header::{CONTENT_TYPE, HOST};
use http::request::Parts;
use sha1::Sha1;
use subtle::ConstantTimeEq;

use super::keys::{Keys, Owner};
use super::refusal::Refusal;
use crate::s3::Addressing;
use crate::wire::signature_v4::decode;

/// The query parameters that are part of the resource. Ref: the same page, "Constructing the CanonicalizedResource element"; those added
/// since are the ones botocore signs.
const SUBRESOURCES: [&str; 39] = [
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "defaultObjectAcl",
    "delete",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "partNumber",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "select",
    "select-type",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
];
/// The parameters of the signature itself, and those a signer moves from headers into the query.
const OWN: [&str; 5] = ["AWSAccessKeyId", "Signature", "Expires", "content-md5", "content-type"];

const SECURITY_TOKEN: &str = "x-amz-security-token";

/// Whether a query is signed this way.
pub fn is_claimed(query: &[(String, String)]) -> bool {
    let has = |wanted: &str| query.iter().any(|(name, _)| name == wanted);
    has("AWSAccessKeyId") && has("Signature") && !has("X-Amz-Signature")
}

/// Who signed the URL. Errors: it is over, its key is not known, its signature is another one, or something in the query is not signed.
pub fn check(keys: &Keys, now: DateTime<Utc>, head: &Parts, query: &[(String, String)]) -> Result<Owner, Refusal> {
    let find = |wanted: &str| query.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    let malformed =
        || Refusal::QueryParameters("Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters".to_owned());
    let (Some(key_id), Some(signature), Some(expires)) = (find("AWSAccessKeyId"), find("Signature"), find("Expires")) else {
        return Err(malformed());
    };
    let expired = expires.parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0)).ok_or_else(malformed)?;
    let owner = keys.owner(key_id, token(head, query), now)?;
    if now > expired {
        return Err(Refusal::UrlExpired { seconds: None, expired, now });
    }
    // What is not signed could be changed by whoever has the URL; S3 ignores it, here it is refused.
    let is_signed = |name: &str| SUBRESOURCES.contains(&name) || OWN.contains(&name) || name.starts_with("x-amz-") || name == "x-id";
    if let Some((name, _)) = query.iter().find(|(name, _)| !is_signed(name)) {
        return Err(Refusal::HeadersNotSigned(vec![name.clone()]));
    }
    let text = string_to_sign(head, query, expires);
    let provided = BASE64.decode(signature.as_bytes()).unwrap_or_default();
    let is_right: bool = mac(&owner.secret, &text).ct_eq(&provided).into();
    if is_right {
        return Ok(owner);
    }
    let (key_id, signature) = (key_id.to_owned(), signature.to_owned());
    Err(Refusal::Mismatch { key_id, canonical_request: String::new(), string_to_sign: text, signature })
}

/// The session token, which is signed as the header it is even where it was moved into the query.
fn token<'a>(head: &'a Parts, query: &'a [(String, String)]) -> Option<&'a str> {
    let in_header = head.headers.get(SECURITY_TOKEN).and_then(|value| value.to_str().ok()).map(str::trim);
    in_header.or_else(|| query.iter().find(|(name, _)| name == SECURITY_TOKEN).map(|(_, value)| value.as_str()))
}

fn mac(secret: &str, text: &str) -> Vec<u8> {
    // A key of any length is taken.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(secret.as_bytes()) else { return Vec::new() };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn string_to_sign(head: &Parts, query: &[(String, String)], expires: &str) -> String {
    let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let in_query = |wanted: &str| query.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    let either = |name: &str| header(name).or_else(|| in_query(name)).unwrap_or_default();
    let mut amz: BTreeMap<&str, String> = BTreeMap::new();
    for (name, value) in query.iter().filter(|(name, _)| name.starts_with("x-amz-")) {
        amz.insert(name, value.clone());
    }
    for name in head.headers.keys().map(http::HeaderName::as_str).filter(|name| name.starts_with("x-amz-")) {
        let values = head.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_owned());
        amz.insert(name, values.collect::<Vec<_>>().join(","));
    }
    let mut text = format!("{}\n{}\n{}\n{expires}\n", head.method, either("content-md5"), either(CONTENT_TYPE.as_str()));
    for (name, value) in amz {
        text.push_str(&format!("{name}:{value}\n"));
    }
    // In virtual-hosted style the bucket is in the host, and in the resource all the same.
    if let Some(bucket) = header(HOST.as_str()).and_then(|host| Addressing::new(&[]).bucket_of(host)) {
        text.push('/');
        text.push_str(&bucket);
    }
    text.push_str(head.uri.path());
    let mut parameters: Vec<(&str, Option<String>)> = head
        .uri
        .query()
        .unwrap_or_default()
        .split('&')
        .map(|pair| pair.split_once('=').map_or((pair, None), |(name, value)| (name, Some(decode(value)))))
        .filter(|(name, _)| SUBRESOURCES.contains(name))
        .collect();
    parameters.sort();
    for (number, (name, value)) in parameters.into_iter().enumerate() {
        text.push(if number == 0 { '?' } else { '&' });
        text.push_str(name);
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            text.push('=');
            text.push_str(&value);
        }
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::config::AccessKey;
    use crate::wire::signature_v4::decoded_query;
    use http::Request;

    /// basis: documented, the example of "Query string request authentication alternative": this key, this URL, this signature.
    fn checked(host: &str, path: &str, query: &str, now: i64) -> Result<Owner, Refusal> {
        let key = AccessKey { secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(), account_id: None };
        let keys = Keys::new(BTreeMap::from([("AKIAIOSFODNN7EXAMPLE".to_owned(), key)]));
        let request = Request::get(format!("{path}?{query}")).header("host", host).body(()).unwrap();
        let query = decoded_query(query);
        assert!(is_claimed(&query));
        check(&keys, DateTime::from_timestamp(now, 0).unwrap(), &request.into_parts().0, &query)
    }

    const QUERY: &str = "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620";
    const HOST: &str = "johnsmith.s3.amazonaws.com";

    #[test]
    fn amazons_example_holds_until_it_is_over() {
        let at = |query: &str, now| checked(HOST, "/photos/puppy.jpg", query, now);
        assert_eq!(at(QUERY, 1_175_139_620).unwrap().key_id, "AKIAIOSFODNN7EXAMPLE");
        assert!(matches!(at(QUERY, 1_175_139_621), Err(Refusal::UrlExpired { .. })));
        assert!(matches!(at(&QUERY.replace("139620", "139621"), 0), Err(Refusal::Mismatch { .. })));
        assert!(matches!(at(&QUERY.replace("EXAMPLE", "EXAMPLF"), 0), Err(Refusal::UnknownKey { .. })));
        assert!(matches!(at(&format!("{QUERY}&versionId=1"), 0), Err(Refusal::Mismatch { .. })));
        assert!(matches!(at(&format!("{QUERY}&list-type=2"), 0), Err(Refusal::HeadersNotSigned(_))));
        assert!(matches!(checked(HOST, "/photos/kitten.jpg", QUERY, 0), Err(Refusal::Mismatch { .. })));
    }

    #[test]
    fn the_bucket_is_signed_in_either_style() {
        checked("localhost:5455", "/johnsmith/photos/puppy.jpg", QUERY, 0).unwrap();
        // The same path under another bucket's host is another object.
        assert!(checked("other.s3.amazonaws.com", "/johnsmith/photos/puppy.jpg", QUERY, 0).is_err());
        assert!(checked("other.s3.amazonaws.com", "/photos/puppy.jpg", QUERY, 0).is_err());
    }
}
