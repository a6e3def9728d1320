//! What do `"$path"`, `"$file_size"`, `"$file_modified_time"`, `"$bucket"` and `"$partition"` say of a row? Constants of its file.
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
/// Errors: HIVE_INVALID_BUCKET_FILES for `$bucket` of a file whose name tells none.
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
        HiddenColumn::Bucket => {
            let bucket = bucket_of(file.meta.location.filename().unwrap_or_default());
            bucket.map(|bucket| ScalarValue::Int32(Some(bucket))).ok_or_else(|| {
                let message = format!("The name of a file of a bucketed table tells no bucket: {}", file.url());
                EngineError::engine("HIVE_INVALID_BUCKET_FILES", message)
            })
        }
    }
}

/// The bucket that a file's name tells: `…_bucket-00001`, or Hive's `000001_0`. Ref: Trino 401 `BackgroundHiveSplitLoader.getBucketNumber`.
fn bucket_of(name: &str) -> Option<i32> {
    let (hive, _) = name.split_once('_').unwrap_or_default();
    if hive.starts_with('0') && hive.bytes().all(|byte| byte.is_ascii_digit()) {
        return hive.parse().ok();
    }
    let (_, bucket) = name.rsplit_once("_bucket-")?;
    bucket.split(['.', '_']).next()?.parse().ok()
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
    fn file_names_tell_their_bucket() {
        // Ref: Trino 401 `TestBackgroundHiveSplitLoader.testGetBucketNumber`.
        assert_eq!(bucket_of("0234_0"), Some(234));
        assert_eq!(bucket_of("000234_0"), Some(234));
        assert_eq!(bucket_of("0234_99"), Some(234));
        assert_eq!(bucket_of("0234_0.txt"), Some(234));
        assert_eq!(bucket_of("20190526_072952_00009_fn7s5_bucket-00234"), Some(234));
        assert_eq!(bucket_of("20190526_072952_00009_fn7s5_bucket-00234.txt"), Some(234));
        assert_eq!(bucket_of("20190526_235847_87654_fn7s5_bucket-56789"), Some(56789));
        assert_eq!(bucket_of("234_99"), None);
        assert_eq!(bucket_of("0234.txt"), None);
    }

    #[test]
    fn path_text_is_escaped_as_hive_does() {
        assert_eq!(escape_path_text("a b:c/d"), "a b%3Ac%2Fd");
        assert_eq!(escape_path_text("é=\n"), "é%3D%0A");
    }
}
