//! What is the AWS Signature Version 4 of a request? The canonical request, the derived key and the signature, for checking and for signing.
//!
//! Ref: AWS general reference, "Create a signed AWS API request"; Amazon S3 API reference, "Authenticating requests".

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, Method};
use sha2::{Digest, Sha256};

/// The payload hash of a body that is not signed.
pub const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// When, where and for which service a request is signed.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// `20240131T235959Z`; its first eight characters are the scope's date.
    pub timestamp: &'a str,
    /// The region.
    pub region: &'a str,
    /// The signing name: `athena`, `glue`, `s3`, `sts`.
    pub service: &'a str,
}

impl Scope<'_> {
    /// `<date>/<region>/<service>/aws4_request`.
    pub fn credential(&self) -> String {
        format!("{}/{}/{}/aws4_request", self.date(), self.region, self.service)
    }

    fn date(&self) -> &str {
        self.timestamp.get(..8).unwrap_or(self.timestamp)
    }
}

/// The canonical form of a request.
///
/// `path` is encoded as on the wire already, `query` holds decoded names and values. `signed_headers` are lower-case names;
/// a name the request lacks counts as empty.
pub fn canonical_request(
    method: &Method,
    path: &str,
    query: &[(String, String)],
    headers: &HeaderMap,
    signed_headers: &[&str],
    payload_hash: &str,
) -> String {
    let mut names = signed_headers.to_vec();
    names.sort_unstable();
    let mut out = format!("{method}\n{}\n{}\n", if path.is_empty() { "/" } else { path }, canonical_query(query));
    for name in &names {
        out.push_str(name);
        out.push(':');
        out.push_str(&canonical_header(headers, name));
        out.push('\n');
    }
    out.push('\n');
    out.push_str(&names.join(";"));
    out.push('\n');
    out.push_str(payload_hash);
    out
}

/// The signature of a canonical request, in lower-case hexadecimal.
pub fn signature(secret_key: &str, scope: Scope<'_>, canonical_request: &str) -> String {
    hex::encode(mac(&signing_key(secret_key, scope), string_to_sign(scope, canonical_request).as_bytes()))
}

/// What is signed of a canonical request.
pub fn string_to_sign(scope: Scope<'_>, canonical_request: &str) -> String {
    let digest = hex::encode(Sha256::digest(canonical_request.as_bytes()));
    format!("AWS4-HMAC-SHA256\n{}\n{}\n{digest}", scope.timestamp, scope.credential())
}

/// The key a secret gives for a scope.
pub fn signing_key(secret_key: &str, scope: Scope<'_>) -> [u8; 32] {
    let date = mac(format!("AWS4{secret_key}").as_bytes(), scope.date().as_bytes());
    let region = mac(&date, scope.region.as_bytes());
    let service = mac(&region, scope.service.as_bytes());
    mac(&service, b"aws4_request")
}

/// HMAC-SHA256.
pub fn mac(key: &[u8], data: &[u8]) -> [u8; 32] {
    // A key of any length is taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    mac.update(data);
    mac.finalize().into_bytes().into()
}

/// The query sorted by name, then value, encoded strictly.
pub fn canonical_query(query: &[(String, String)]) -> String {
    let mut pairs: Vec<(String, String)> = query.iter().map(|(name, value)| (encode(name, false), encode(value, false))).collect();
    pairs.sort_unstable();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// The decoded names and values of a query string. A `+` stands for itself.
pub fn decoded_query(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

/// S3's canonical path: decoded and strictly encoded again, byte by byte, slashes kept.
pub fn canonical_path(path: &str) -> String {
    encode_bytes(&decode_bytes(path), true)
}

/// Encodes all but unreserved characters, and slashes if `keeps_slashes`.
pub fn encode(text: &str, keeps_slashes: bool) -> String {
    encode_bytes(text.as_bytes(), keeps_slashes)
}

fn encode_bytes(bytes: &[u8], keeps_slashes: bool) -> String {
    let mut out = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            b'/' if keeps_slashes => out.push('/'),
            _ => {
                out.push('%');
                out.push_str(&hex::encode_upper([byte]));
            }
        }
    }
    out
}

/// Decodes `%XX`; what is no such escape stands for itself, bytes that are not UTF-8 become replacement characters.
pub fn decode(text: &str) -> String {
    String::from_utf8(decode_bytes(text)).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn decode_bytes(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%').then(|| bytes.get(at + 1..at + 3)).flatten();
        match escaped.and_then(|digits| hex::decode(digits).ok()) {
            Some(decoded) => {
                out.extend(decoded);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    out
}

fn canonical_header(headers: &HeaderMap, name: &str) -> String {
    let values = headers.get_all(name).iter().map(|value| {
        let text = String::from_utf8_lossy(value.as_bytes());
        text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
    });
    values.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    /// Ref: Amazon S3 API reference, "Authenticating requests: using the Authorization header", its examples.
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    const SCOPE: Scope<'static> = Scope { timestamp: "20130524T000000Z", region: "us-east-1", service: "s3" };
    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (http::HeaderName::from_static(name), http::HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn the_documented_get_of_a_range_is_signed_alike() {
        let headers = headers(&[
            ("host", "examplebucket.s3.amazonaws.com"),
            ("range", "bytes=0-9"),
            ("x-amz-content-sha256", EMPTY),
            ("x-amz-date", "20130524T000000Z"),
        ]);
        let names = ["host", "range", "x-amz-content-sha256", "x-amz-date"];
        let request = canonical_request(&Method::GET, "/test.txt", &[], &headers, &names, EMPTY);
        assert_eq!(signature(SECRET, SCOPE, &request), "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    }

    #[test]
    fn the_documented_listing_is_signed_alike() {
        let headers =
            headers(&[("host", "examplebucket.s3.amazonaws.com"), ("x-amz-content-sha256", EMPTY), ("x-amz-date", "20130524T000000Z")]);
        let names = ["x-amz-date", "host", "x-amz-content-sha256"];
        let query = decoded_query("prefix=J&max-keys=2");
        let request = canonical_request(&Method::GET, "/", &query, &headers, &names, EMPTY);
        assert_eq!(signature(SECRET, SCOPE, &request), "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
    }

    #[test]
    fn the_documented_presigned_url_is_signed_alike() {
        let query = decoded_query(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
             &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host",
        );
        let headers = headers(&[("host", "examplebucket.s3.amazonaws.com")]);
        let request = canonical_request(&Method::GET, "/test.txt", &query, &headers, &["host"], UNSIGNED_PAYLOAD);
        assert_eq!(signature(SECRET, SCOPE, &request), "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
    }

    #[test]
    fn text_is_encoded_strictly_and_decoded_leniently() {
        assert_eq!(encode("a b/ü*~", true), "a%20b/%C3%BC%2A~");
        assert_eq!(encode("a/b", false), "a%2Fb");
        assert_eq!(decode("a%20b%2fc%zz%"), "a b/c%zz%");
        assert_eq!(decoded_query("a=1&b&c=%3D+"), [("a".into(), "1".into()), ("b".into(), String::new()), ("c".into(), "=+".into())]);
    }
}
