//! What does a request say about its signature? Read from the `Authorization` header or from a presigned query; nothing is checked.
//!
//! Ref: AWS general reference, "Elements of an AWS API request signature"; Amazon S3 API reference, "Authenticating requests: using
//! the Authorization header" and "… using query parameters".

use chrono::{DateTime, NaiveDateTime, Utc};
use http::HeaderMap;
use http::header::{AUTHORIZATION, DATE};

use super::refusal::Refusal;
use crate::wire::signature_v4::decoded_query;

/// The algorithm both forms name.
pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// Longest life of a presigned URL. Ref: Amazon S3 API reference, "Authenticating requests: using query parameters".
const EXPIRES_SECONDS_MAX: i64 = 604_800;
const TIMESTAMP: &str = "%Y%m%dT%H%M%SZ";

/// A signature and what it is said to cover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The access key's id.
    pub key_id: String,
    /// The scope's date, `20260131`.
    pub date: String,
    /// The scope's region.
    pub region: String,
    /// The scope's service.
    pub service: String,
    /// When the request was signed.
    pub signed_at: DateTime<Utc>,
    /// The same as in the text to sign.
    pub timestamp: String,
    /// The signed headers, in lower case.
    pub signed_headers: Vec<String>,
    /// In hexadecimal digits, as sent.
    pub signature: String,
    /// The session token.
    pub token: Option<String>,
    /// How many seconds a presigned URL lives; none for a header.
    pub expires_seconds: Option<i64>,
}

/// The claim of a request. Errors: there is none, it is of another scheme, or parts of it are missing or malformed.
pub fn find(headers: &HeaderMap, query: &str) -> Result<Claim, Refusal> {
    let parameters = decoded_query(query);
    let is_presigned = parameters.iter().any(|(name, _)| matches!(name.as_str(), "X-Amz-Algorithm" | "X-Amz-Signature"));
    match (headers.get(AUTHORIZATION), is_presigned) {
        (Some(_), true) => Err(Refusal::TwoMechanisms),
        (Some(value), false) => of_header(value.to_str().map_err(|_| Refusal::UnknownMechanism)?, headers),
        (None, true) => of_query(&parameters),
        (None, false) if parameters.iter().any(|(name, _)| name == "AWSAccessKeyId") => Err(Refusal::UnknownMechanism),
        (None, false) => Err(Refusal::Missing),
    }
}

/// `AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/<service>/aws4_request, SignedHeaders=<names>, Signature=<hex>`.
fn of_header(value: &str, headers: &HeaderMap) -> Result<Claim, Refusal> {
    let rest = value.strip_prefix(ALGORITHM).filter(|rest| rest.starts_with(' ')).ok_or(Refusal::UnknownMechanism)?;
    let part = |name: &str| rest.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let date = match (header("x-amz-date"), header(DATE.as_str())) {
        (Some(date), _) => Some(date.to_owned()),
        (None, Some(date)) => DateTime::parse_from_rfc2822(date).ok().map(|date| date.to_utc().format(TIMESTAMP).to_string()),
        (None, None) => None,
    };
    let parts = [("Credential", part("Credential")), ("Signature", part("Signature")), ("SignedHeaders", part("SignedHeaders"))];
    let mut missing: Vec<String> = parts
        .iter()
        .filter(|(_, value)| value.is_none_or(str::is_empty))
        .map(|(name, _)| format!("Authorization header requires '{name}' parameter."))
        .collect();
    if date.is_none() {
        missing.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.".to_owned());
    }
    if !missing.is_empty() {
        return Err(Refusal::Incomplete(format!("{} Authorization={value}", missing.join(" "))));
    }
    let [credential, signature, signed_headers] = parts.map(|(_, value)| value.unwrap_or_default());
    let (key_id, date_part, region, service) = credential_parts(credential).ok_or_else(|| {
        Refusal::Incomplete(format!(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{credential}'"
        ))
    })?;
    let timestamp = date.unwrap_or_default();
    Ok(Claim {
        key_id,
        date: date_part,
        region,
        service,
        signed_at: instant(&timestamp).ok_or_else(|| {
            Refusal::Incomplete(format!(
                "Date must be in ISO-8601 'basic format'. Got '{timestamp}'. See http://en.wikipedia.org/wiki/ISO_8601"
            ))
        })?,
        timestamp,
        signed_headers: names(signed_headers),
        signature: signature.to_owned(),
        token: header("x-amz-security-token").map(str::to_owned),
        expires_seconds: None,
    })
}

fn of_query(parameters: &[(String, String)]) -> Result<Claim, Refusal> {
    let find = |name: &str| parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let refused = |text: &str| Refusal::QueryParameters(text.to_owned());
    let [algorithm, credential, date, expires, signed_headers, signature] =
        ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature"].map(find);
    let (Some(algorithm), Some(credential), Some(date), Some(expires), Some(signed_headers), Some(signature)) =
        (algorithm, credential, date, expires, signed_headers, signature)
    else {
        return Err(refused(
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
        ));
    };
    if algorithm != ALGORITHM {
        return Err(refused("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\""));
    }
    let (key_id, date_part, region, service) = credential_parts(credential).ok_or_else(|| {
        refused("Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".")
    })?;
    let expires_seconds: i64 = expires.parse().map_err(|_| refused("X-Amz-Expires should be a number"))?;
    if expires_seconds < 0 {
        return Err(refused("X-Amz-Expires must be non-negative"));
    }
    if expires_seconds > EXPIRES_SECONDS_MAX {
        return Err(refused(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds",
        ));
    }
    Ok(Claim {
        key_id,
        date: date_part,
        region,
        service,
        signed_at: instant(date).ok_or_else(|| refused("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""))?,
        timestamp: date.to_owned(),
        signed_headers: names(signed_headers),
        signature: signature.to_owned(),
        token: find("X-Amz-Security-Token").map(str::to_owned),
        expires_seconds: Some(expires_seconds),
    })
}

/// Key id, date, region and service; a key id may hold slashes.
fn credential_parts(credential: &str) -> Option<(String, String, String, String)> {
    let mut parts = credential.rsplitn(5, '/');
    let is_terminated = parts.next() == Some("aws4_request");
    let (service, region, date, key) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    (is_terminated && !key.is_empty()).then(|| (key.to_owned(), date.to_owned(), region.to_owned(), service.to_owned()))
}

fn names(list: &str) -> Vec<String> {
    list.split(';').map(|name| name.trim().to_ascii_lowercase()).filter(|name| !name.is_empty()).collect()
}

fn instant(timestamp: &str) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(timestamp, TIMESTAMP).ok().map(|time| time.and_utc())
}

/// An instant as texts to sign spell it.
pub fn timestamp(instant: DateTime<Utc>) -> String {
    instant.format(TIMESTAMP).to_string()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=AKID/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;X-Amz-Date,Signature=ab";

    #[test]
    fn a_header_is_read_with_or_without_spaces_after_commas() {
        for text in [SIGNED.to_owned(), SIGNED.replace(',', ", ")] {
            let claim = find(&headers(&[("authorization", &text), ("x-amz-date", "20130524T000000Z")]), "").unwrap();
            assert_eq!((claim.key_id.as_str(), claim.region.as_str(), claim.service.as_str()), ("AKID", "us-east-1", "s3"));
            assert_eq!(claim.signed_headers, ["host", "x-amz-date"]);
            assert_eq!((claim.signature.as_str(), claim.expires_seconds), ("ab", None));
        }
        let dated = find(&headers(&[("authorization", SIGNED), ("date", "Fri, 24 May 2013 00:00:00 GMT")]), "").unwrap();
        assert_eq!(dated.timestamp, "20130524T000000Z");
    }

    #[test]
    fn what_is_missing_is_named() {
        let refused = |pairs: &[(&'static str, &str)], query: &str| find(&headers(pairs), query).unwrap_err();
        assert!(matches!(refused(&[], ""), Refusal::Missing));
        assert!(matches!(refused(&[("authorization", "AWS AKID:sig")], ""), Refusal::UnknownMechanism));
        assert!(matches!(refused(&[], "AWSAccessKeyId=A&Signature=b&Expires=1"), Refusal::UnknownMechanism));
        assert!(matches!(refused(&[("authorization", SIGNED)], "X-Amz-Signature=1"), Refusal::TwoMechanisms));
        let Refusal::Incomplete(text) = refused(&[("authorization", "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request")], "") else {
            panic!()
        };
        assert_eq!(
            text,
            "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. \
             Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. \
             Authorization=AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request"
        );
    }

    #[test]
    fn a_presigned_query_lives_a_week_at_most() {
        let query = |expires: &str| {
            format!(
                "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires={expires}&X-Amz-SignedHeaders=host&X-Amz-Signature=ab"
            )
        };
        assert_eq!(find(&HeaderMap::new(), &query("604800")).unwrap().expires_seconds, Some(604_800));
        for expires in ["604801", "-1", "x"] {
            assert!(matches!(find(&HeaderMap::new(), &query(expires)), Err(Refusal::QueryParameters(_))), "{expires}");
        }
        assert!(matches!(find(&HeaderMap::new(), "X-Amz-Signature=ab"), Err(Refusal::QueryParameters(_))));
    }
}
