//! Which headers of a read does S3 take in forms that s3s refuses, and which does it ignore? They are rewritten or dropped before s3s sees them.
//!
//! Ref: Amazon S3 API reference, GetObject (`Range`, `If-*`); RFC 9110, sections 5.6.7 (three forms of a date), 13.1.3 to 13.1.5 (a
//! date that is none is ignored, If-Range) and 14.2 (a range that is none is ignored).

use chrono::{DateTime, NaiveDateTime, Utc};
use http::header::{IF_MODIFIED_SINCE, IF_RANGE, IF_UNMODIFIED_SINCE, RANGE};
use http::{HeaderMap, HeaderName, HeaderValue};

const DATES: [HeaderName; 4] = [
    IF_MODIFIED_SINCE,
    IF_UNMODIFIED_SINCE,
    HeaderName::from_static("x-amz-copy-source-if-modified-since"),
    HeaderName::from_static("x-amz-copy-source-if-unmodified-since"),
];

/// Brings the headers into s3s's forms.
pub fn adapt(headers: &mut HeaderMap) {
    drop_odd_range(headers);
    for name in DATES {
        let Some(value) = headers.get(&name) else { continue };
        let date = value.to_str().ok().and_then(date).map(|date| date.format("%a, %d %b %Y %H:%M:%S GMT").to_string());
        match date.and_then(|date| HeaderValue::from_str(&date).ok()) {
            Some(date) => headers.insert(name, date),
            None => headers.remove(name),
        };
    }
}

/// S3 answers a range it does not understand, or several ranges, with the whole object.
fn drop_odd_range(headers: &mut HeaderMap) {
    let is_understood = |value: &HeaderValue| value.to_str().is_ok_and(|v| s3s::dto::Range::parse(v).is_ok());
    if headers.get(RANGE).is_some_and(|value| !is_understood(value)) {
        headers.remove(RANGE);
    }
}

/// Whether a range is wanted of an object with this ETag, modified at this time in whole seconds since 1970-01-01 UTC: not when the
/// client has a part of another object.
pub fn is_range_wanted(headers: &HeaderMap, etag: &str, modified: i64) -> bool {
    let Some(condition) = headers.get(IF_RANGE).and_then(|value| value.to_str().ok()) else { return true };
    match condition.trim().strip_prefix('"') {
        Some(tag) => tag.strip_suffix('"') == Some(etag),
        None => date(condition).is_some_and(|date| date.timestamp() == modified),
    }
}

fn date(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let naive = |form: &str| NaiveDateTime::parse_from_str(text, form).ok().map(|date| date.and_utc());
    let preferred = DateTime::parse_from_rfc2822(text).ok().map(|date| date.to_utc());
    preferred.or_else(|| naive("%A, %d-%b-%y %H:%M:%S GMT")).or_else(|| naive("%a %b %e %H:%M:%S %Y"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn dates_come_in_three_forms_or_not_at_all() {
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            let mut headers = HeaderMap::new();
            headers.insert(IF_MODIFIED_SINCE, HeaderValue::from_static(text));
            adapt(&mut headers);
            assert_eq!(headers.get(IF_MODIFIED_SINCE).unwrap(), "Sun, 06 Nov 1994 08:49:37 GMT", "{text}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(IF_UNMODIFIED_SINCE, HeaderValue::from_static("soon"));
        headers.insert(RANGE, HeaderValue::from_static("bytes=0-1,3-4"));
        adapt(&mut headers);
        assert!(headers.is_empty());
    }

    #[test]
    fn a_range_is_wanted_of_the_same_object_only() {
        let wanted = |condition: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(IF_RANGE, HeaderValue::from_static(condition));
            is_range_wanted(&headers, "e", 784_111_777)
        };
        assert!(is_range_wanted(&HeaderMap::new(), "e", 0));
        assert!(wanted("\"e\"") && wanted("Sun, 06 Nov 1994 08:49:37 GMT"));
        assert!(!wanted("\"f\"") && !wanted("W/\"e\"") && !wanted("Sun, 06 Nov 1994 08:49:38 GMT"));
    }
}
