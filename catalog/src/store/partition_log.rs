//! How are changes of partitions appended, and what of them survives a kill? Lines with a checksum, one a durable write.
//!
//! Basis: inferred. A line is eight hexadecimal digits of CRC-32, a space, a JSON object and a line feed. A line that was
//! being written when the process or the machine died is cut short or damaged, and it is the last one, as each line is
//! synced before the next: it is dropped, it was never acknowledged. A damaged line with a good one after it is damage to
//! what was acknowledged, and makes the log corrupt.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{CatalogError, Result};
use crate::store::stored::{FORMAT_VERSION, check_format_version};
use crate::store::stored_partition::StoredPartition;
use crate::store::stored_shape::StoredStorageFormat;

const CHECKSUM_DIGITS: usize = 8;

/// The first line of a log.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format_version: u64,
    /// The generation of the snapshot the log continues.
    generation: u64,
}

/// One durable write: what became of each partition it touched.
#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct LogEntry {
    /// The storage formats `put` refers to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) formats: Vec<StoredStorageFormat>,
    /// Partitions that were added or replaced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) put: Vec<StoredPartition>,
    /// The values of partitions that were removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) remove: Vec<Vec<String>>,
}

/// What a log holds.
pub(super) struct LogContent {
    /// The generation of the snapshot it continues.
    pub(super) generation: u64,
    /// The entries, oldest first.
    pub(super) entries: Vec<LogEntry>,
    /// The length up to the end of the last good line.
    pub(super) good_bytes: u64,
}

/// The bytes of a log without entries.
pub(super) fn encode_header(generation: u64) -> Result<Vec<u8>> {
    encode_line(&Header { format_version: FORMAT_VERSION, generation })
}

/// The line of one entry.
pub(super) fn encode_entry(entry: &LogEntry) -> Result<Vec<u8>> {
    encode_line(entry)
}

/// Reads a log. Errors: `Corrupt`.
pub(super) fn decode(file: &Path, bytes: &[u8]) -> Result<LogContent> {
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let first = lines.next().unwrap_or_default();
    let header = good_json(first).ok_or_else(|| CatalogError::corrupt(file, "the first line is damaged"))?;
    let header: Header = serde_json::from_slice(header).map_err(|e| CatalogError::corrupt(file, e.to_string()))?;
    check_format_version(file, header.format_version)?;

    let mut content = LogContent { generation: header.generation, entries: Vec::new(), good_bytes: first.len() as u64 };
    let mut is_torn = false;
    for line in lines {
        match good_json(line) {
            Some(_) if is_torn => {
                return Err(CatalogError::corrupt(file, format!("the line at byte {} is damaged", content.good_bytes)));
            }
            Some(json) => {
                content.entries.push(serde_json::from_slice(json).map_err(|e| CatalogError::corrupt(file, e.to_string()))?);
                content.good_bytes += line.len() as u64;
            }
            None => is_torn = true,
        }
    }
    if is_torn {
        let dropped_bytes = bytes.len() as u64 - content.good_bytes;
        tracing::warn!(file = %file.display(), dropped_bytes, "dropped an unfinished write at the end of a partition log");
    }
    Ok(content)
}

fn encode_line<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    let mut line = vec![b'0'; CHECKSUM_DIGITS];
    line.push(b' ');
    serde_json::to_writer(&mut line, value)
        .map_err(|e| CatalogError::InvalidState { message: format!("log entry cannot be written as JSON: {e}") })?;
    let checksum = format!("{:08x}", crc32fast::hash(&line[CHECKSUM_DIGITS + 1..]));
    line[..CHECKSUM_DIGITS].copy_from_slice(checksum.as_bytes());
    line.push(b'\n');
    Ok(line)
}

/// The JSON of a line that is whole and undamaged.
fn good_json(line: &[u8]) -> Option<&[u8]> {
    let line = line.strip_suffix(b"\n")?;
    let (checksum, rest) = line.split_at_checked(CHECKSUM_DIGITS)?;
    let json = rest.strip_prefix(b" ")?;
    let checksum = u32::from_str_radix(std::str::from_utf8(checksum).ok()?, 16).ok()?;
    (crc32fast::hash(json) == checksum).then_some(json)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn log_of(removed: &[&str]) -> Vec<u8> {
        let mut bytes = encode_header(7).unwrap();
        for value in removed {
            bytes.extend(encode_entry(&LogEntry { remove: vec![vec![(*value).to_owned()]], ..LogEntry::default() }).unwrap());
        }
        bytes
    }

    #[test]
    fn a_log_cut_at_any_byte_keeps_every_whole_line() {
        let whole = log_of(&["a", "b", "c"]);
        let ends: Vec<usize> = (0..whole.len()).filter(|i| whole[*i] == b'\n').map(|i| i + 1).collect();
        for cut in 0..=whole.len() {
            let decoded = decode(Path::new("x"), &whole[..cut]);
            if cut < ends[0] {
                assert!(matches!(decoded, Err(CatalogError::Corrupt { .. })), "cut at {cut}");
            } else {
                let entries = ends[1..].iter().filter(|end| **end <= cut).count();
                let content = decoded.unwrap();
                assert_eq!((content.generation, content.entries.len()), (7, entries), "cut at {cut}");
                assert_eq!(content.good_bytes as usize, *ends.iter().rfind(|end| **end <= cut).unwrap());
            }
        }
    }

    #[test]
    fn damage_before_a_good_line_is_corruption_and_at_the_end_is_a_torn_write() {
        let whole = log_of(&["a", "b"]);
        let ends: Vec<usize> = (0..whole.len()).filter(|i| whole[*i] == b'\n').map(|i| i + 1).collect();
        let mut damaged = whole.clone();
        damaged[ends[0] + 12] ^= 1;
        assert!(matches!(decode(Path::new("x"), &damaged), Err(CatalogError::Corrupt { .. })));
        let mut damaged = whole;
        damaged[ends[1] + 12] ^= 1;
        assert_eq!(decode(Path::new("x"), &damaged).unwrap().entries.len(), 1);
    }
}
