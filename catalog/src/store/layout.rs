//! Which file holds what? The file names of databases and tables, safe for every name Glue admits.
//!
//! Basis: inferred. Letters, digits, `_` and `-` stand for themselves, every other byte is `%XX`; so a name never
//! contains a dot or a slash, and the suffixes below never collide with a name. A name that would be longer than file
//! systems take is cut and ends in `~` and a hash; its true name stands in the file.

use std::path::{Path, PathBuf};

pub(super) const TEMPORARY_SUFFIX: &str = ".tmp";
pub(super) const DELETED_SUFFIX: &str = ".deleted";
pub(super) const TABLE_SUFFIX: &str = ".json";
pub(super) const VERSIONS_SUFFIX: &str = ".versions";
pub(super) const PARTITIONS_SUFFIX: &str = ".partitions.ndjson";
pub(super) const LOG_SUFFIX: &str = ".partitions.log";
pub(super) const DATABASE_FILE: &str = "_database.json";
pub(super) const LOCK_FILE: &str = ".lock";

/// File systems take 255 bytes; the longest suffix with `.tmp` needs 22.
const STEM_BYTES_MAX: usize = 200;
const CUT_STEM_BYTES: usize = 160;

/// The file name of a database or table, without suffix.
pub(super) fn stem(name: &str) -> String {
    let mut stem = String::with_capacity(name.len());
    for (index, byte) in name.bytes().enumerate() {
        let reserved = index == 0 && format!("{name}{TABLE_SUFFIX}") == DATABASE_FILE;
        if !reserved && (byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-') {
            stem.push(byte as char);
        } else {
            stem.push_str(&format!("%{byte:02X}"));
        }
    }
    if stem.len() > STEM_BYTES_MAX {
        stem.truncate(CUT_STEM_BYTES);
        stem.push_str(&format!("~{:032x}", fnv1a_128(name.as_bytes())));
    }
    stem
}

/// The name a stem stands for; None for one that is cut, or is no stem at all.
pub(super) fn name_of_stem(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut name = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        if bytes[index] == b'%' {
            name.push(u8::from_str_radix(text.get(index + 1..index + 3)?, 16).ok()?);
            index += 3;
        } else {
            name.push(bytes[index]);
            index += 1;
        }
    }
    let name = String::from_utf8(name).ok()?;
    (stem(&name) == text).then_some(name)
}

/// The paths of one table's files.
#[derive(Debug, Clone)]
pub(super) struct TablePaths {
    base: PathBuf,
}

impl TablePaths {
    pub(super) fn new(database_folder: &Path, stem: &str) -> Self {
        TablePaths { base: database_folder.join(stem) }
    }

    pub(super) fn table(&self) -> PathBuf {
        self.with_suffix(TABLE_SUFFIX)
    }

    pub(super) fn deleted(&self) -> PathBuf {
        self.with_suffix(DELETED_SUFFIX)
    }

    pub(super) fn partitions(&self) -> PathBuf {
        self.with_suffix(PARTITIONS_SUFFIX)
    }

    pub(super) fn log(&self) -> PathBuf {
        self.with_suffix(LOG_SUFFIX)
    }

    pub(super) fn versions(&self) -> PathBuf {
        self.with_suffix(VERSIONS_SUFFIX)
    }

    pub(super) fn version(&self, version_id: u64) -> PathBuf {
        self.versions().join(format!("{version_id}{TABLE_SUFFIX}"))
    }

    fn with_suffix(&self, suffix: &str) -> PathBuf {
        let mut path = self.base.as_os_str().to_owned();
        path.push(suffix);
        PathBuf::from(path)
    }
}

/// FNV-1a, 128 bits. Two names with one hash would be told apart by the name in the file, as a corrupt table.
fn fnv1a_128(bytes: &[u8]) -> u128 {
    const OFFSET: u128 = 0x6c62272e07bb014262b821756295c58d;
    const PRIME: u128 = 0x0000000001000000000000000000013b;
    bytes.iter().fold(OFFSET, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn stems_are_safe_and_reversible() {
        for (name, expected) in [
            ("sales_2024", "sales_2024"),
            ("../etc", "%2E%2E%2Fetc"),
            ("a b", "a%20b"),
            ("ä", "%C3%A4"),
            ("_database", "%5Fdatabase"),
            ("a%b~", "a%25b%7E"),
        ] {
            assert_eq!(stem(name), expected);
            assert_eq!(name_of_stem(expected).as_deref(), Some(name));
        }
        assert_eq!(name_of_stem("%2e"), None);
        assert_eq!(name_of_stem("README"), None);
    }

    #[test]
    fn long_names_are_cut_and_stay_distinct() {
        let (one, two) = (format!("{}1", "ä".repeat(254)), format!("{}2", "ä".repeat(254)));
        assert!(stem(&one).len() + PARTITIONS_SUFFIX.len() + TEMPORARY_SUFFIX.len() <= 255);
        assert_ne!(stem(&one), stem(&two));
        assert_eq!(name_of_stem(&stem(&one)), None);
    }
}
