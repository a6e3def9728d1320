//! Which files do the statement tests read? A small bucket, the same every time: partitioned, drifting, null and empty ones.
//!
//! | prefix | what lies there |
//! |---|---|
//! | `people/` | one Parquet file: id bigint, name string, age int, height double, born date, seen timestamp; nulls in each |
//! | `events/dt=2024-01-01/hour=00/` … | three partitions: kind string, amount bigint; 2, 3 and 0 rows |
//! | `drift/` | two files of one table: `a` as int32 in one and int64 in the other, `B` missing in the first, names in other cases |
//! | `broken/` | an object that is no Parquet file |
//! | `serde/` | the text files of `testdata/lake/serde`, a folder a table |

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Float64Array, Int32Array, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::record_batch::RecordBatch;

use crate::parquet_file::{Codec, TestdataError, write_parquet};

/// Writes the bucket's files into `folder`.
pub fn write(folder: &Path) -> Result<(), TestdataError> {
    write_one(folder, "people/people.parquet", people()?, Codec::Snappy)?;
    write_one(folder, "events/dt=2024-01-01/hour=00/a.parquet", events(&[("view", Some(1)), ("click", Some(2))])?, Codec::Gzip)?;
    write_one(
        folder,
        "events/dt=2024-01-01/hour=01/b.parquet",
        events(&[("view", Some(10)), ("view", None), ("buy", Some(30))])?,
        Codec::Snappy,
    )?;
    write_one(folder, "events/dt=2024-01-02/hour=00/c.parquet", events(&[])?, Codec::None)?;
    let ints: ArrayRef = Arc::new(Int32Array::from(vec![Some(1), None]));
    write_one(folder, "drift/one.parquet", RecordBatch::try_from_iter(vec![("A", ints)])?, Codec::Gzip)?;
    let longs: ArrayRef = Arc::new(Int64Array::from(vec![3_000_000_000]));
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["x"]));
    write_one(folder, "drift/two.parquet", RecordBatch::try_from_iter(vec![("B", texts), ("a", longs)])?, Codec::Snappy)?;
    let broken = folder.join("broken");
    let fail = |error: std::io::Error| TestdataError::Write { path: broken.display().to_string(), reason: error.to_string() };
    std::fs::create_dir_all(&broken).map_err(fail)?;
    std::fs::write(broken.join("data.parquet"), b"id,name\n1,a\n").map_err(fail)?;
    copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("lake"), folder)
}

/// Copies the committed files as they are.
fn copy_folder(from: &Path, to: &Path) -> Result<(), TestdataError> {
    let fail = |error: std::io::Error| TestdataError::Write { path: from.display().to_string(), reason: error.to_string() };
    std::fs::create_dir_all(to).map_err(fail)?;
    for entry in std::fs::read_dir(from).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let target = to.join(entry.file_name());
        if entry.file_type().map_err(fail)?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target).map_err(fail)?;
        }
    }
    Ok(())
}

fn write_one(folder: &Path, key: &str, batch: RecordBatch, codec: Codec) -> Result<(), TestdataError> {
    write_parquet(&folder.join(key), &[batch], codec, 1_024)
}

fn people() -> Result<RecordBatch, TestdataError> {
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), Some(2), Some(3), Some(4), None]));
    let names: ArrayRef = Arc::new(StringArray::from(vec![Some("Ada"), Some("Bob"), None, Some(""), Some("Zoë")]));
    let ages: ArrayRef = Arc::new(Int32Array::from(vec![Some(36), Some(41), Some(29), None, Some(41)]));
    let heights: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.5), Some(1.75), Some(f64::NAN), None, Some(1e20)]));
    // 1815-12-10, 1970-01-01, 2000-02-29, null, 9999-12-31
    let born: ArrayRef = Arc::new(Date32Array::from(vec![Some(-56_270), Some(0), Some(11_016), None, Some(2_932_896)]));
    // Microseconds: Athena reads three digits of them.
    let seen: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![
        Some(1_704_067_200_123_456),
        Some(0),
        Some(-1_000),
        None,
        Some(951_827_696_000_000),
    ]));
    Ok(RecordBatch::try_from_iter(vec![("id", ids), ("name", names), ("age", ages), ("height", heights), ("born", born), ("seen", seen)])?)
}

fn events(rows: &[(&str, Option<i64>)]) -> Result<RecordBatch, TestdataError> {
    let kinds: ArrayRef = Arc::new(StringArray::from_iter_values(rows.iter().map(|(kind, _)| *kind)));
    let amounts: ArrayRef = Arc::new(Int64Array::from_iter(rows.iter().map(|(_, amount)| *amount)));
    Ok(RecordBatch::try_from_iter(vec![("kind", kinds), ("amount", amounts)])?)
}
