//! Which object keys may be file paths as they are? Keys that may not are stored by [`super::odd_keys`].
//!
//! Ref: Amazon S3 user guide, "Naming Amazon S3 objects": a key is up to 1,024 bytes of UTF-8 and `/` means nothing to S3.

use super::error::{Result, StorageError, StorageErrorKind};

/// Longest key. Ref: Amazon S3 user guide, "Naming Amazon S3 objects".
pub const KEY_BYTES_MAX: usize = 1024;

/// Longest path segment Linux and macOS file systems take (`NAME_MAX`).
const SEGMENT_BYTES_MAX: usize = 255;

/// The hidden folder of a bucket that holds everything which is not an object in place.
pub const SIDE_FOLDER: &str = ".owlake";

/// Refuses the empty key and keys above 1,024 bytes.
pub fn check(key: &str) -> Result<()> {
    if key.is_empty() {
        return Err(StorageError::new(StorageErrorKind::InvalidKey, key, "the object key is empty"));
    }
    if key.len() > KEY_BYTES_MAX {
        return Err(StorageError::new(StorageErrorKind::KeyTooLong, key, "your key is too long"));
    }
    Ok(())
}

/// Whether the file `<bucket folder>/<key>` may hold the object `key`.
///
/// No segment is empty, `.` or `..`, too long or has a control character, and the first is not the side folder
/// (compared without case, for file systems that ignore it).
pub fn is_safe(key: &str) -> bool {
    if key.is_empty() || key.len() > KEY_BYTES_MAX {
        return false;
    }
    let mut segments = key.split('/');
    segments.clone().all(is_safe_segment) && segments.next().is_some_and(|first| !first.eq_ignore_ascii_case(SIDE_FOLDER))
}

/// Whether one name between slashes is safe as a file name.
pub fn is_safe_segment(segment: &str) -> bool {
    !segment.is_empty()
        && segment.len() <= SEGMENT_BYTES_MAX
        && segment != "."
        && segment != ".."
        && !segment.bytes().any(|b| b < 0x20 || b == 0x7f || (cfg!(windows) && b"\\:*?\"<>|".contains(&b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_lake_keys_are_paths() {
        for key in ["a", "data/dt=2024-01-01/part-0.parquet", "ünïcode/日本.txt", "a b/c+d%20e", ".hidden", "x/.owlake/y", "..."] {
            assert!(is_safe(key), "{key}");
        }
    }

    #[test]
    fn keys_that_could_escape_or_collide_are_not() {
        let long_segment = "x".repeat(256);
        let long_key = format!("{}/a", "y/".repeat(600));
        for key in [
            "",
            "/",
            "a/",
            "/a",
            "a//b",
            ".",
            "..",
            "../x",
            "a/../b",
            "a/./b",
            "a\0b",
            "a\nb",
            ".owlake",
            ".owlake/tmp/x",
            ".OWLAKE/x",
            &long_segment,
            &long_key,
        ] {
            assert!(!is_safe(key), "{key:?}");
        }
    }
}
