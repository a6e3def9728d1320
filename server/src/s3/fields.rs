//! How does stored metadata become protocol fields and back?

use std::time::{Duration, SystemTime};

use s3s::dto;
use s3s::{S3Error, S3ErrorCode, S3Result};

use super::error::{custom, invalid_argument};
use crate::storage::attributes::Tags;
use crate::storage::checksum::{Checksum, ChecksumAlgorithm, ChecksumCoverage};
use crate::storage::put::WriteCondition;

/// Tags an object may have. Ref: Amazon S3 user guide, "Categorizing your objects using tags".
const OBJECT_TAGS_MAX: usize = 10;

/// Fills the five checksum fields of an output. The outputs share no trait, so this can't be a function.
macro_rules! set_checksum {
    ($output:expr, $checksum:expr) => {
        if let Some(checksum) = $checksum {
            let value = Some(checksum.value.clone());
            match checksum.algorithm {
                $crate::storage::checksum::ChecksumAlgorithm::Crc32 => $output.checksum_crc32 = value,
                $crate::storage::checksum::ChecksumAlgorithm::Crc32c => $output.checksum_crc32c = value,
                $crate::storage::checksum::ChecksumAlgorithm::Crc64nvme => $output.checksum_crc64nvme = value,
                $crate::storage::checksum::ChecksumAlgorithm::Sha1 => $output.checksum_sha1 = value,
                $crate::storage::checksum::ChecksumAlgorithm::Sha256 => $output.checksum_sha256 = value,
            }
        }
    };
}
pub(super) use set_checksum;

/// The checksum among the five fields of an input, if one is set.
macro_rules! sent_checksum {
    ($input:expr) => {{
        use $crate::storage::checksum::ChecksumAlgorithm;
        [
            (ChecksumAlgorithm::Crc32, &$input.checksum_crc32),
            (ChecksumAlgorithm::Crc32c, &$input.checksum_crc32c),
            (ChecksumAlgorithm::Crc64nvme, &$input.checksum_crc64nvme),
            (ChecksumAlgorithm::Sha1, &$input.checksum_sha1),
            (ChecksumAlgorithm::Sha256, &$input.checksum_sha256),
        ]
        .into_iter()
        .find_map(|(algorithm, value)| Some((algorithm, value.clone()?)))
    }};
}
pub(super) use sent_checksum;

/// The header and metadata fields that put, copy and create-upload inputs share.
macro_rules! attributes_of {
    ($input:expr) => {
        $crate::storage::Attributes {
            content_type: $input.content_type.clone(),
            content_encoding: $input.content_encoding.clone(),
            content_language: $input.content_language.clone(),
            content_disposition: $input.content_disposition.clone(),
            cache_control: $input.cache_control.clone(),
            expires_ms: $input.expires.clone().map($crate::s3::fields::unix_ms),
            storage_class: $input.storage_class.as_ref().map(|c| c.as_str().to_owned()).filter(|c| c != "STANDARD"),
            website_redirect: $input.website_redirect_location.clone(),
            user: $input.metadata.clone().unwrap_or_default().into_iter().collect(),
        }
    };
}
pub(super) use attributes_of;

/// The type S3 gives objects that were put without one.
pub const DEFAULT_CONTENT_TYPE: &str = "binary/octet-stream";

/// An ETag field.
pub fn etag(etag: &str) -> dto::ETag {
    dto::ETag::Strong(etag.to_owned())
}

/// A time field from milliseconds since 1970-01-01 UTC.
pub fn timestamp(ms: i64) -> dto::Timestamp {
    dto::Timestamp::from(SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(ms).unwrap_or(0)))
}

/// Milliseconds since 1970-01-01 UTC of a time field.
pub fn unix_ms(timestamp: dto::Timestamp) -> i64 {
    let mut text = Vec::new();
    if timestamp.format(dto::TimestampFormat::EpochSeconds, &mut text).is_err() {
        return 0;
    }
    std::str::from_utf8(&text).ok().and_then(|t| t.parse::<f64>().ok()).map_or(0, |seconds| (seconds * 1000.0) as i64)
}

/// Whole seconds since 1970-01-01 UTC, the precision of HTTP dates.
pub fn unix_seconds(time: SystemTime) -> i64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX))
}

/// A size or count field.
pub fn number(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// The owner of every bucket and object.
pub fn owner(account: &str) -> dto::Owner {
    dto::Owner { display_name: Some("owlake".to_owned()), id: Some(owner_id(account)) }
}

/// A canonical user id: 64 hex digits made from the account.
pub fn owner_id(account: &str) -> String {
    format!("{account:0>64}")
}

/// What `checksum` covers.
pub fn checksum_type(checksum: &Checksum) -> dto::ChecksumType {
    coverage_type(checksum.coverage)
}

/// The field for a coverage.
pub fn coverage_type(coverage: ChecksumCoverage) -> dto::ChecksumType {
    dto::ChecksumType::from_static(match coverage {
        ChecksumCoverage::FullObject => dto::ChecksumType::FULL_OBJECT,
        ChecksumCoverage::Composite => dto::ChecksumType::COMPOSITE,
    })
}

/// The field for an algorithm.
pub fn checksum_algorithm(algorithm: ChecksumAlgorithm) -> dto::ChecksumAlgorithm {
    dto::ChecksumAlgorithm::from_static(algorithm.name())
}

/// The algorithm a request names.
pub fn named_algorithm(name: Option<&dto::ChecksumAlgorithm>) -> S3Result<Option<ChecksumAlgorithm>> {
    let Some(name) = name else { return Ok(None) };
    ChecksumAlgorithm::from_name(name.as_str())
        .map(Some)
        .ok_or_else(|| S3Error::with_message(S3ErrorCode::InvalidRequest, "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]"))
}

/// The condition of a write. S3 knows `If-None-Match: *` only, and `If-Match` with one tag.
pub fn write_condition(if_match: Option<dto::ETagCondition>, if_none_match: Option<dto::ETagCondition>) -> S3Result<WriteCondition> {
    match (if_match, if_none_match) {
        (None, None) => Ok(WriteCondition::Always),
        (None, Some(dto::ETagCondition::Any)) => Ok(WriteCondition::Absent),
        (Some(dto::ETagCondition::Any), None) => Ok(WriteCondition::Present),
        (Some(dto::ETagCondition::ETag(tag)), None) => Ok(WriteCondition::Etag(tag.into_value())),
        (_, Some(_)) => Err(S3Error::with_message(
            S3ErrorCode::NotImplemented,
            "A header you provided implies functionality that is not implemented: If-None-Match with a value other than *",
        )),
    }
}

/// Refuses every version but `null`, the only one an unversioned bucket has.
pub fn check_version(version: Option<&str>) -> S3Result<()> {
    match version {
        None | Some("" | "null") => Ok(()),
        Some(_) => Err(S3Error::with_message(S3ErrorCode::NoSuchVersion, "The specified version does not exist.")),
    }
}

/// Tags from the `x-amz-tagging` header: `a=1&b=2`, URL-encoded.
pub fn tags_of_header(header: Option<&str>) -> S3Result<Tags> {
    let pairs = header.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((url_decoded(key)?, url_decoded(value)?))
    });
    let pairs = pairs.collect::<Option<Vec<_>>>().ok_or_else(|| {
        invalid_argument(
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
        )
    })?;
    checked_tags(pairs, OBJECT_TAGS_MAX)
}

/// Tags from a tag set.
pub fn tags_of_set(set: dto::TagSet, tags_max: Option<usize>) -> S3Result<Tags> {
    let pairs = set.into_iter().map(|tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default())).collect();
    checked_tags(pairs, tags_max.unwrap_or(OBJECT_TAGS_MAX))
}

/// A tag set.
pub fn tag_set(tags: Tags) -> dto::TagSet {
    tags.into_iter().map(|(key, value)| dto::Tag { key: Some(key), value: Some(value) }).collect()
}

/// Keys of 1–128 and values of up to 256 characters, no key twice.
fn checked_tags(pairs: Vec<(String, String)>, tags_max: usize) -> S3Result<Tags> {
    let invalid = |text: &'static str| S3Error::with_message(S3ErrorCode::InvalidTag, text);
    if pairs.len() > tags_max {
        return Err(custom("BadRequest", http::StatusCode::BAD_REQUEST, "There are more tags than an object or bucket may have"));
    }
    let mut tags = Tags::new();
    for (key, value) in pairs {
        if key.is_empty() || key.chars().count() > 128 {
            return Err(invalid("The TagKey you have provided is invalid"));
        }
        if value.chars().count() > 256 {
            return Err(invalid("The TagValue you have provided is invalid"));
        }
        if tags.insert(key, value).is_some() {
            return Err(invalid("Cannot provide multiple Tags with the same key"));
        }
    }
    Ok(tags)
}

fn url_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        match first {
            b'%' => {
                bytes.extend(hex::decode(tail.get(..2)?).ok()?);
                rest = tail.get(2..)?;
            }
            b'+' => {
                bytes.push(b' ');
                rest = tail;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

/// URL-encodes a listed key for `encoding-type=url`: everything but unreserved characters and slashes.
pub fn url_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/*".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn tag_headers_decode_and_are_checked() {
        let tags = tags_of_header(Some("a=1&b%20c=x%2By+z&d")).unwrap();
        assert_eq!(tags, Tags::from([("a".into(), "1".into()), ("b c".into(), "x+y z".into()), ("d".into(), String::new())]));
        assert!(tags_of_header(Some("a=1&a=2")).is_err());
        assert!(tags_of_header(Some("a=%zz")).is_err());
        assert!(tags_of_header(Some("=1")).is_err());
    }

    #[test]
    fn listed_keys_are_encoded_bytewise() {
        assert_eq!(url_encoded("a b/é+%.txt"), "a%20b/%C3%A9%2B%25.txt");
    }

    #[test]
    fn times_survive_both_ways() {
        assert_eq!(unix_ms(timestamp(1_704_067_200_123)), 1_704_067_200_123);
    }
}
