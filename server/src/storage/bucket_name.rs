//! Which names are bucket names? Ref: Amazon S3 user guide, "General purpose bucket naming rules".

use std::net::IpAddr;

use super::error::{Result, StorageError, StorageErrorKind};

const NAME_BYTES_MIN: usize = 3;
const NAME_BYTES_MAX: usize = 63;

/// Starts and ends that S3 keeps for itself.
const RESERVED_STARTS: [&str; 2] = ["xn--", "sthree-"];
const RESERVED_ENDS: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

/// Whether `name` follows the rules: 3–63 of `a-z 0-9 . -`, first and last a letter or digit, no `..`, no IP address, no reserved start or end.
pub fn is_valid(name: &str) -> bool {
    let bytes = name.as_bytes();
    let is_alphanumeric = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    (NAME_BYTES_MIN..=NAME_BYTES_MAX).contains(&bytes.len())
        && bytes.iter().all(|b| is_alphanumeric(b) || *b == b'.' || *b == b'-')
        && bytes.first().is_some_and(is_alphanumeric)
        && bytes.last().is_some_and(is_alphanumeric)
        && !name.contains("..")
        && !RESERVED_STARTS.iter().any(|start| name.starts_with(start))
        && !RESERVED_ENDS.iter().any(|end| name.ends_with(end))
        && name.parse::<IpAddr>().is_err()
}

/// [`is_valid`] as an error of kind `InvalidBucketName`.
pub fn check(name: &str) -> Result<()> {
    if is_valid(name) {
        return Ok(());
    }
    Err(StorageError::new(StorageErrorKind::InvalidBucketName, name, "the specified bucket is not valid"))
}

#[cfg(test)]
mod tests {
    use super::is_valid;

    #[test]
    fn follows_the_published_examples() {
        for name in ["docexamplebucket1", "log-delivery-march-2020", "docexamplewebsite.com", "abc", &"a".repeat(63)] {
            assert!(is_valid(name), "{name}");
        }
        let too_long = "a".repeat(64);
        for name in [
            "doc_example_bucket",
            "DocExampleBucket",
            "doc-example-bucket-",
            "ab",
            &too_long,
            "a..b",
            "192.168.5.4",
            "-ab",
            ".owlake",
            "xn--a1",
            "sthree-a",
            "a-s3alias",
            "a--x-s3",
            "",
        ] {
            assert!(!is_valid(name), "{name}");
        }
    }
}
