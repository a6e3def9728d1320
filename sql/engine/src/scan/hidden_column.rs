//! What do `"$path"`, `"$file_size"`, `"$file_modified_time"` and `"$partition"` say of a row? Constants of its file.
//!
//! Ref: Trino 401 "Hive connector", special columns.

use datafusion::common::ScalarValue;
use owlake_catalog::TableSnapshot;

use super::listing::ListedFile;
use crate::error::EngineError;
use crate::table::HiddenColumn;

/// The number of bits a zone takes in a packed timestamp with time zone; the zone key of UTC is 0.
const ZONE_BITS: u32 = 12;

/// The value of a hidden column for every row of `file`; `partition_row` is the file's partition, if the table has any.
/// Errors: NOT_SUPPORTED for `$bucket`.
pub fn hidden_value(
    column: HiddenColumn,
    file: &ListedFile,
    snapshot: &TableSnapshot,
    partition_row: Option<usize>,
) -> Result<ScalarValue, EngineError> {
    match column {
        HiddenColumn::Path => Ok(ScalarValue::Utf8View(Some(file.url()))),
        HiddenColumn::FileSize => Ok(ScalarValue::Int64(i64::try_from(file.meta.size).ok())),
        HiddenColumn::FileModifiedTime => Ok(ScalarValue::Int64(Some(file.meta.last_modified.timestamp_millis() << ZONE_BITS))),
        HiddenColumn::Partition => {
            Ok(ScalarValue::Utf8View(Some(partition_row.map(|row| partition_name(snapshot, row)).unwrap_or_default())))
        }
        HiddenColumn::Bucket => Err(EngineError::engine("NOT_SUPPORTED", "The column \"$bucket\" is not supported")),
    }
}

/// `k=v/k2=v2`, values as in a path.
pub fn partition_name(snapshot: &TableSnapshot, row: usize) -> String {
    let keys = snapshot.table.partition_keys();
    let values = snapshot.partitions.as_slice()[row].values();
    let mut name = String::new();
    for (index, (key, value)) in keys.iter().zip(values.as_slice()).enumerate() {
        if index > 0 {
            name.push('/');
        }
        name.push_str(&escape_path_text(&key.name));
        name.push('=');
        name.push_str(&escape_path_text(value));
    }
    name
}

/// Percent-encodes as Hive does in partition folders. Ref: Hive `FileUtils.escapePathName`.
pub fn escape_path_text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        let is_special = character < ' '
            || matches!(character, '\u{7f}' | '"' | '#' | '%' | '\'' | '*' | '/' | ':' | '=' | '?' | '\\' | '{' | '[' | ']' | '^');
        if is_special {
            escaped.push_str(&format!("%{:02X}", character as u32));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn path_text_is_escaped_as_hive_does() {
        assert_eq!(escape_path_text("a b:c/d"), "a b%3Ac%2Fd");
        assert_eq!(escape_path_text("é=\n"), "é%3D%0A");
    }
}
