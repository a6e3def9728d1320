//! Which subresources does a method have? A request for one that it does not have must not become the plain operation on the bucket or object:
//! `DELETE /bucket?abac` deletes no bucket.
//!
//! Parameters that are no subresource's name are ignored, as S3 ignores them. Ref: Amazon S3 API reference, the request syntax of each
//! operation.

use http::Method;
use s3s::{S3Error, S3ErrorCode, S3Result};

/// Every subresource of the API reference, and the methods that s3s has an operation for: on a bucket, on an object.
const SUBRESOURCES: [(&str, &[Method], &[Method]); 39] = {
    const G: Method = Method::GET;
    const P: Method = Method::PUT;
    const D: Method = Method::DELETE;
    const POST: Method = Method::POST;
    [
        ("abac", &[], &[]),
        ("accelerate", &[G, P], &[]),
        ("acl", &[G, P], &[G, P]),
        ("analytics", &[G, P, D], &[]),
        ("attributes", &[], &[G]),
        ("cors", &[G, P, D], &[]),
        ("delete", &[POST], &[]),
        ("encryption", &[G, P, D], &[]),
        ("intelligent-tiering", &[G, P, D], &[]),
        ("inventory", &[G, P, D], &[]),
        ("legal-hold", &[], &[G, P]),
        ("lifecycle", &[G, P, D], &[]),
        ("location", &[G], &[]),
        ("logging", &[G, P], &[]),
        ("metadataConfiguration", &[], &[]),
        ("metadataInventoryTable", &[], &[]),
        ("metadataJournalTable", &[], &[]),
        ("metadataTable", &[G, POST, D], &[]),
        ("metrics", &[G, P, D], &[]),
        ("notification", &[G, P], &[]),
        ("object-lock", &[G, P], &[]),
        ("ownershipControls", &[G, P, D], &[]),
        ("policy", &[G, P, D], &[]),
        ("policyStatus", &[G], &[]),
        ("publicAccessBlock", &[G, P, D], &[]),
        ("renameObject", &[], &[]),
        ("replication", &[G, P, D], &[]),
        ("requestPayment", &[G, P], &[]),
        ("restore", &[], &[POST]),
        ("retention", &[], &[G, P]),
        ("select", &[], &[POST]),
        ("session", &[G], &[]),
        ("tagging", &[G, P, D], &[G, P, D]),
        ("torrent", &[], &[G]),
        ("uploadId", &[], &[G, P, POST, D]),
        ("uploads", &[G], &[POST]),
        ("versioning", &[G, P], &[]),
        ("versions", &[G], &[]),
        ("website", &[G, P, D], &[]),
    ]
};

/// Operations that the API reference has and s3s does not know.
const NOT_KNOWN: [(&str, bool); 6] = [
    ("abac", false),
    ("encryption", true),
    ("metadataConfiguration", false),
    ("metadataInventoryTable", false),
    ("metadataJournalTable", false),
    ("renameObject", true),
];

/// Whether a query parameter names a subresource.
pub fn is_one(name: &str) -> bool {
    SUBRESOURCES.iter().any(|(known, ..)| *known == name)
}

/// Errors: `NotImplemented` for an operation S3 has, `MethodNotAllowed` for one it does not have.
pub fn check(method: &Method, is_object: bool, query: &str) -> S3Result<()> {
    if *method == Method::HEAD || *method == Method::OPTIONS {
        return Ok(());
    }
    for name in query.split('&').filter_map(|pair| pair.split('=').next()) {
        let Some((_, on_bucket, on_object)) = SUBRESOURCES.iter().find(|(known, ..)| *known == name) else { continue };
        let has_operation = if is_object { on_object } else { on_bucket }.contains(method);
        if has_operation {
            continue;
        }
        if NOT_KNOWN.contains(&(name, is_object)) {
            let text = format!("A parameter you provided implies functionality that is not implemented: {method} ?{name}");
            return Err(S3Error::with_message(S3ErrorCode::NotImplemented, text));
        }
        return Err(S3Error::with_message(S3ErrorCode::MethodNotAllowed, "The specified method is not allowed against this resource."));
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn subresources_are_sorted_and_named_once() {
        assert!(SUBRESOURCES.iter().zip(SUBRESOURCES.iter().skip(1)).all(|(one, next)| one.0.to_lowercase() < next.0.to_lowercase()));
    }

    #[test]
    fn only_what_exists_is_let_through() {
        let code = |method: Method, is_object, query| check(&method, is_object, query).map_err(|error| error.code().clone()).err();
        assert_eq!(code(Method::GET, false, "list-type=2&prefix=acl&x-id=ListObjectsV2"), None);
        assert_eq!(code(Method::PUT, true, "partNumber=1&uploadId=x"), None);
        assert_eq!(code(Method::DELETE, false, "foo=1"), None);
        assert_eq!(code(Method::DELETE, false, "versioning"), Some(S3ErrorCode::MethodNotAllowed));
        assert_eq!(code(Method::DELETE, true, "acl="), Some(S3ErrorCode::MethodNotAllowed));
        assert_eq!(code(Method::PUT, true, "renameObject"), Some(S3ErrorCode::NotImplemented));
    }
}
