//! Does a claim hold? Its scope, its time and its signature, against the secret of its key.
//!
//! Ref: AWS general reference, "Create a signed AWS API request"; Amazon S3 API reference, "Authenticating requests". S3 takes requests
//! whose clock is 15 minutes off and encodes the path once, the other services take 5 minutes and encode it twice.

use chrono::{DateTime, Duration, Utc};
use http::request::Parts;
use subtle::ConstantTimeEq;

use super::claim::Claim;
use super::keys::{Keys, Owner};
use super::refusal::Refusal;
use crate::wire::signature_v4::{Scope, canonical_path, canonical_request, decoded_query, encode, mac, signing_key, string_to_sign};

/// What differs between S3 and the other services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    S3,
    Other,
}

impl Dialect {
    /// How far a client's clock may be off.
    pub fn skew_max(self) -> Duration {
        match self {
            Dialect::S3 => Duration::minutes(15),
            Dialect::Other => Duration::minutes(5),
        }
    }
}

/// What a right signature shows.
#[derive(Debug, Clone)]
pub struct Proof {
    /// Who signed.
    pub owner: Owner,
    /// The key of the signature, which signs the chunks of a body too.
    pub signing_key: [u8; 32],
    /// What was claimed, now known to be true.
    pub claim: Claim,
}

/// Checks a claim. `payload_hash` is what the canonical request ends with; `services` are the signing names that fit the request.
pub fn check(
    keys: &Keys,
    now: DateTime<Utc>,
    head: &Parts,
    claim: Claim,
    payload_hash: &str,
    (dialect, services): (Dialect, &[&'static str]),
) -> Result<Proof, Refusal> {
    check_scope(&claim, services)?;
    check_signed_headers(head, &claim)?;
    let owner = keys.owner(&claim.key_id, claim.token.as_deref(), now)?;
    check_time(&claim, now, dialect)?;
    let scope = Scope { timestamp: &claim.timestamp, region: &claim.region, service: &claim.service };
    let signing_key = signing_key(&owner.secret, scope);
    let provided = hex::decode(&claim.signature).unwrap_or_default();
    let query: Vec<(String, String)> =
        decoded_query(head.uri.query().unwrap_or_default()).into_iter().filter(|(name, _)| name != "X-Amz-Signature").collect();
    let names: Vec<&str> = claim.signed_headers.iter().map(String::as_str).collect();
    let mut told = None;
    for path in paths(head.uri.path(), dialect) {
        let canonical = canonical_request(&head.method, &path, &query, &head.headers, &names, payload_hash);
        let text = string_to_sign(scope, &canonical);
        let is_right: bool = mac(&signing_key, text.as_bytes()).as_slice().ct_eq(&provided).into();
        if is_right {
            return Ok(Proof { owner, signing_key, claim });
        }
        told.get_or_insert((canonical, text));
    }
    let (canonical_request, string_to_sign) = told.unwrap_or_default();
    Err(Refusal::Mismatch { key_id: claim.key_id, canonical_request, string_to_sign, signature: claim.signature })
}

/// The forms of the path a client may have signed. S3's is decoded and encoded again; a client that leaves more or fewer characters
/// bare than that signs what it sends, which names the same object.
fn paths(path: &str, dialect: Dialect) -> Vec<String> {
    match dialect {
        Dialect::Other => vec![encode(path, true)],
        Dialect::S3 => {
            let canonical = canonical_path(path);
            let is_same = canonical == path;
            let mut paths = vec![canonical];
            if !is_same {
                paths.push(path.to_owned());
            }
            paths
        }
    }
}

fn check_scope(claim: &Claim, services: &[&'static str]) -> Result<(), Refusal> {
    if !services.contains(&claim.service.as_str()) {
        let expected = services.first().copied().unwrap_or_default();
        return Err(Refusal::Scope { expected, given: claim.service.clone() });
    }
    if claim.timestamp.get(..8) != Some(claim.date.as_str()) {
        return Err(Refusal::ScopeDate { given: claim.date.clone(), timestamp: claim.timestamp.clone() });
    }
    Ok(())
}

/// The host and every header that changes what a request means have to be signed.
fn check_signed_headers(head: &Parts, claim: &Claim) -> Result<(), Refusal> {
    let is_signed = |name: &str| claim.signed_headers.iter().any(|signed| signed == name);
    let mut unsigned: Vec<String> = Vec::new();
    if !is_signed("host") {
        unsigned.push("host".to_owned());
    }
    unsigned.extend(
        head.headers.keys().map(http::HeaderName::as_str).filter(|name| name.starts_with("x-amz-") && !is_signed(name)).map(str::to_owned),
    );
    if unsigned.is_empty() { Ok(()) } else { Err(Refusal::HeadersNotSigned(unsigned)) }
}

fn check_time(claim: &Claim, now: DateTime<Utc>, dialect: Dialect) -> Result<(), Refusal> {
    let skew = dialect.skew_max();
    let is_early = claim.signed_at > now + skew;
    match claim.expires_seconds {
        Some(seconds) if now > claim.signed_at + Duration::seconds(seconds) => {
            Err(Refusal::UrlExpired { seconds: Some(seconds), expired: claim.signed_at + Duration::seconds(seconds), now })
        }
        Some(_) if !is_early => Ok(()),
        None if !is_early && claim.signed_at + skew >= now => Ok(()),
        _ => Err(Refusal::Skewed { signed: claim.signed_at, now, max: skew }),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::super::claim::find;
    use super::*;
    use crate::config::AccessKey;
    use chrono::NaiveDateTime;
    use http::Request;
    use std::collections::BTreeMap;

    // basis: documented, Amazon S3 API reference, the examples of "Authenticating requests": this key, this bucket, this day.
    const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const HOST: &str = "examplebucket.s3.amazonaws.com";
    const CREDENTIAL: &str = "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request";

    fn keys() -> Keys {
        let key = AccessKey { secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(), account_id: None };
        Keys::new(BTreeMap::from([(KEY_ID.to_owned(), key)]))
    }

    fn instant(text: &str) -> DateTime<Utc> {
        NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ").unwrap().and_utc()
    }

    fn checked(method: &str, uri: &str, headers: &[(&str, &str)], payload_hash: &str, now: &str) -> Result<Proof, Refusal> {
        let mut request = Request::builder().method(method).uri(uri).header("host", HOST);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let head = request.body(()).unwrap().into_parts().0;
        let claim = find(&head.headers, head.uri.query().unwrap_or_default())?;
        check(&keys(), instant(now), &head, claim, payload_hash, (Dialect::S3, &["s3"]))
    }

    fn get_object(uri: &str, range: &str, signature: &str, now: &str) -> Result<Proof, Refusal> {
        let authorization =
            format!("AWS4-HMAC-SHA256 {CREDENTIAL},SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature={signature}");
        let headers = [
            ("authorization", authorization.as_str()),
            ("range", range),
            ("x-amz-content-sha256", EMPTY),
            ("x-amz-date", "20130524T000000Z"),
        ];
        checked("GET", uri, &headers, EMPTY, now)
    }

    const GET_OBJECT: &str = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";

    #[test]
    fn amazons_example_of_a_get_holds_and_nothing_of_it_may_change() {
        let right = get_object("/test.txt", "bytes=0-9", GET_OBJECT, "20130524T000000Z").unwrap();
        assert_eq!(right.owner.key_id, KEY_ID);
        let is_mismatch = |outcome| matches!(outcome, Err(Refusal::Mismatch { .. }));
        assert!(is_mismatch(get_object("/test.txu", "bytes=0-9", GET_OBJECT, "20130524T000000Z")));
        assert!(is_mismatch(get_object("/test.txt?acl", "bytes=0-9", GET_OBJECT, "20130524T000000Z")));
        assert!(is_mismatch(get_object("/test.txt", "bytes=0-8", GET_OBJECT, "20130524T000000Z")));
        assert!(is_mismatch(get_object("/test.txt", "bytes=0-9", &GET_OBJECT.replace("f0", "f1"), "20130524T000000Z")));
        for signature in ["", "zz", &GET_OBJECT[..62]] {
            assert!(get_object("/test.txt", "bytes=0-9", signature, "20130524T000000Z").is_err(), "{signature}");
        }
    }

    #[test]
    fn amazons_examples_of_a_put_and_of_a_setting_hold() {
        let body = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
        let authorization = format!(
            "AWS4-HMAC-SHA256 {CREDENTIAL},SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        );
        let headers = [
            ("authorization", authorization.as_str()),
            ("date", "Fri, 24 May 2013 00:00:00 GMT"),
            ("x-amz-date", "20130524T000000Z"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ("x-amz-content-sha256", body),
        ];
        // The example sends `test$file.text` and signs `test%24file.text`; a client may send either.
        for path in ["/test$file.text", "/test%24file.text"] {
            checked("PUT", path, &headers, body, "20130524T000000Z").unwrap();
        }
        let authorization = format!(
            "AWS4-HMAC-SHA256 {CREDENTIAL},SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        );
        let headers = [("authorization", authorization.as_str()), ("x-amz-content-sha256", EMPTY), ("x-amz-date", "20130524T000000Z")];
        checked("GET", "/?lifecycle", &headers, EMPTY, "20130524T000000Z").unwrap();
    }

    fn presigned(more: &str, now: &str) -> Result<Proof, Refusal> {
        let uri = format!(
            "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
             &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
             &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404{more}"
        );
        checked("GET", &uri, &[], "UNSIGNED-PAYLOAD", now)
    }

    #[test]
    fn amazons_presigned_url_holds_for_its_day() {
        presigned("", "20130524T000000Z").unwrap();
        presigned("", "20130525T000000Z").unwrap();
        assert!(matches!(presigned("", "20130525T000001Z"), Err(Refusal::UrlExpired { seconds: Some(86_400), .. })));
        assert!(matches!(presigned("", "20130523T234459Z"), Err(Refusal::Skewed { .. })));
        assert!(matches!(presigned("&versionId=1", "20130524T000000Z"), Err(Refusal::Mismatch { .. })));
    }

    #[test]
    fn a_clock_may_be_fifteen_minutes_off() {
        let at = |now| get_object("/test.txt", "bytes=0-9", GET_OBJECT, now);
        assert!(at("20130524T001500Z").is_ok() && at("20130523T234500Z").is_ok());
        assert!(matches!(at("20130524T001501Z"), Err(Refusal::Skewed { .. })));
        assert!(matches!(at("20130523T234459Z"), Err(Refusal::Skewed { .. })));
    }

    #[test]
    fn scope_and_signed_headers_have_to_fit() {
        let signed = |credential: &str, names: &str, more: &[(&str, &str)]| {
            let authorization = format!("AWS4-HMAC-SHA256 Credential={credential},SignedHeaders={names},Signature=00");
            let mut headers = vec![("authorization", authorization.as_str()), ("x-amz-date", "20130524T000000Z")];
            headers.extend(more);
            checked("GET", "/", &headers, EMPTY, "20130524T000000Z").unwrap_err()
        };
        assert!(matches!(signed("AK/20130524/r/athena/aws4_request", "host;x-amz-date", &[]), Refusal::Scope { expected: "s3", .. }));
        assert!(matches!(signed("AK/20130525/r/s3/aws4_request", "host;x-amz-date", &[]), Refusal::ScopeDate { .. }));
        assert!(matches!(signed("AK/20130524/r/s3/aws4_request", "host;x-amz-date", &[]), Refusal::UnknownKey { .. }));
        let Refusal::HeadersNotSigned(names) = signed("AK/20130524/r/s3/aws4_request", "x-amz-date", &[("x-amz-acl", "private")]) else {
            panic!("not refused for its headers")
        };
        assert_eq!(names, ["host", "x-amz-acl"]);
    }

    #[test]
    fn other_services_encode_the_path_twice() {
        assert_eq!(paths("/a%20b", Dialect::Other), ["/a%2520b"]);
        assert_eq!(paths("/a%20b(c)", Dialect::S3), ["/a%20b%28c%29", "/a%20b(c)"]);
        assert_eq!(paths("/", Dialect::Other), ["/"]);
    }
}
