//! In which bucket does a row go? By Hive's first hash of the bucketing columns, as Athena's CREATE TABLE AS writes them.
//!
//! Ref: Trino 401 `HiveBucketingV1`; Apache Hive, `ObjectInspectorUtils.getBucketHashCodeOld`; Athena user guide, "CTAS table properties".

use arrow::array::{Array, ArrayRef, AsArray, Int32Array};
use arrow::datatypes::{Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMillisecondType};
use arrow::record_batch::RecordBatch;
use owlake_functions::types::TrinoType;

use super::job::WriteColumn;
use super::properties::Properties;
use crate::error::EngineError;

/// Ref: Trino 401 `HiveTableProperties.getBucketProperty`.
const BUCKETS_MAX: i64 = 1_000_000;

/// The buckets of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Buckets {
    pub count: i32,
    /// Names of columns.
    pub columns: Vec<String>,
}

impl Buckets {
    /// `bucketed_by` and `bucket_count`; `None` when there is neither. Errors: INVALID_TABLE_PROPERTY.
    pub(crate) fn read(properties: &mut Properties) -> Result<Option<Buckets>, EngineError> {
        let invalid = |text: &str| EngineError::engine("INVALID_TABLE_PROPERTY", text);
        let columns = properties.names("bucketed_by")?;
        let count = properties.integer("bucket_count")?.unwrap_or(0);
        match (columns.is_empty(), count) {
            (true, 0) => Ok(None),
            (_, ..0) => Err(invalid("bucket_count must be greater than zero")),
            (true, _) | (_, 0) => Err(invalid("bucketed_by and bucket_count must be specified together")),
            (false, count) if count > BUCKETS_MAX => Err(invalid("bucket_count should be no more than 1000000")),
            (false, count) => Ok(Some(Buckets { count: i32::try_from(count).unwrap_or(i32::MAX), columns })),
        }
    }

    /// Where the bucketing columns are among the written ones. Errors: a column that is not there, or of a type without a hash.
    fn places(&self, columns: &[WriteColumn]) -> Result<Vec<usize>, EngineError> {
        let place = |name: &String| columns.iter().position(|column| column.name == *name);
        let missing: Vec<&str> = self.columns.iter().filter(|name| place(name).is_none()).map(String::as_str).collect();
        if !missing.is_empty() {
            let message = format!("Bucketing columns [{}] not present in schema", missing.join(", "));
            return Err(EngineError::engine("INVALID_TABLE_PROPERTY", message));
        }
        let places: Vec<usize> = self.columns.iter().filter_map(place).collect();
        match places.iter().map(|place| &columns[*place]).find(|column| !is_bucketing_type(&column.data_type)) {
            None => Ok(places),
            Some(_) => Err(EngineError::engine("NOT_SUPPORTED", "Cannot create a table bucketed on an unsupported type")),
        }
    }

    fn of_rows(&self, columns: &[(&TrinoType, &ArrayRef)], rows: usize) -> Int32Array {
        let mut hashes = vec![0i32; rows];
        for (data_type, array) in columns {
            for (row, hash) in hashes.iter_mut().enumerate() {
                let own = hash_of(data_type, array.as_ref(), row);
                *hash = hash.wrapping_mul(31).wrapping_add(own);
            }
        }
        hashes.into_iter().map(|hash| (hash & i32::MAX) % self.count.max(1)).collect()
    }
}

/// Buckets, and where their columns are among the written ones.
#[derive(Debug)]
pub(super) struct Bucketing {
    buckets: Buckets,
    places: Vec<usize>,
}

impl Bucketing {
    pub(super) fn new(buckets: Buckets, columns: &[WriteColumn]) -> Result<Bucketing, EngineError> {
        let places = buckets.places(columns)?;
        Ok(Bucketing { buckets, places })
    }

    /// The bucket of each row.
    pub(super) fn of_batch(&self, columns: &[WriteColumn], batch: &RecordBatch) -> Int32Array {
        let hashed: Vec<_> = self.places.iter().map(|place| (&columns[*place].data_type, batch.column(*place))).collect();
        self.buckets.of_rows(&hashed, batch.num_rows())
    }
}

/// Ref: Trino 401 `HiveBucketing.isTypeInfoSupportedForBucketing`.
fn is_bucketing_type(data_type: &TrinoType) -> bool {
    match data_type {
        TrinoType::Array(element) => return is_bucketing_type(element),
        TrinoType::Map(key, value) => return is_bucketing_type(key) && is_bucketing_type(value),
        _ => {}
    }
    matches!(
        data_type,
        TrinoType::Boolean
            | TrinoType::Tinyint
            | TrinoType::Smallint
            | TrinoType::Integer
            | TrinoType::Bigint
            | TrinoType::Real
            | TrinoType::Double
            | TrinoType::Varchar(_)
            | TrinoType::Date
            | TrinoType::Timestamp(0..=3)
    )
}

fn hash_of(data_type: &TrinoType, array: &dyn Array, row: usize) -> i32 {
    if array.is_null(row) {
        return 0;
    }
    match data_type {
        TrinoType::Array(element) => {
            let items = array.as_list::<i32>().value(row);
            (0..items.len()).fold(0i32, |hash, item| hash.wrapping_mul(31).wrapping_add(hash_of(element, items.as_ref(), item)))
        }
        TrinoType::Map(key, value) => {
            let entries = array.as_map().value(row);
            let (keys, values) = (entries.column(0), entries.column(1));
            (0..entries.len())
                .fold(0i32, |hash, entry| hash.wrapping_add(hash_of(key, keys.as_ref(), entry) ^ hash_of(value, values.as_ref(), entry)))
        }
        TrinoType::Boolean => i32::from(array.as_boolean().value(row)),
        TrinoType::Tinyint => array.as_primitive::<Int8Type>().value(row).into(),
        TrinoType::Smallint => array.as_primitive::<Int16Type>().value(row).into(),
        TrinoType::Integer => array.as_primitive::<Int32Type>().value(row),
        TrinoType::Date => array.as_primitive::<Date32Type>().value(row),
        TrinoType::Bigint => folded(array.as_primitive::<Int64Type>().value(row)),
        TrinoType::Real => array.as_primitive::<Float32Type>().value(row).to_bits() as i32,
        TrinoType::Double => folded(array.as_primitive::<Float64Type>().value(row).to_bits() as i64),
        TrinoType::Timestamp(_) => {
            let millis = array.as_primitive::<TimestampMillisecondType>().value(row);
            folded(millis.div_euclid(1000) << 30 | (millis.rem_euclid(1000) * 1_000_000))
        }
        // Hive's string begins with 0, its varchar(n) with 1.
        TrinoType::Varchar(length) => {
            let text = array.as_string_view().value(row);
            text.bytes().fold(i32::from(length.is_some()), |hash, byte| hash.wrapping_mul(31).wrapping_add(i32::from(byte as i8)))
        }
        // Refused with the property.
        _ => 0,
    }
}

fn folded(value: i64) -> i32 {
    (value ^ (value as u64 >> 32) as i64) as i32
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{BooleanArray, Int64Array, StringViewArray};

    use super::*;

    fn hashes(columns: &[(TrinoType, ArrayRef)]) -> Vec<i32> {
        let buckets = Buckets { count: i32::MAX, columns: Vec::new() };
        let columns: Vec<_> = columns.iter().map(|(data_type, array)| (data_type, array)).collect();
        buckets.of_rows(&columns, columns[0].1.len()).values().to_vec()
    }

    #[test]
    fn hashes_are_hives_first() {
        // Ref: Trino 401 `TestHiveBucketing`: bigint 300000000000 is -647710651, varchar "" is 1, string "test" Java's hash; masked here.
        let text = |length, text: &str| hashes(&[(TrinoType::Varchar(length), Arc::new(StringViewArray::from(vec![text])) as ArrayRef)])[0];
        assert_eq!(text(None, ""), 0);
        assert_eq!(text(Some(10), ""), 1);
        assert_eq!(text(None, "test"), 3_556_498);
        assert_eq!(text(None, "ü"), (((0xc3_u8 as i8) as i32) * 31 + ((0xbc_u8 as i8) as i32)) & i32::MAX);
        let number = |value: i64| hashes(&[(TrinoType::Bigint, Arc::new(Int64Array::from(vec![value])) as ArrayRef)])[0];
        assert_eq!(number(300_000_000_000), -647_710_651 & i32::MAX);
        assert_eq!(number(-1), 0);
        let both = hashes(&[
            (TrinoType::Boolean, Arc::new(BooleanArray::from(vec![Some(true), None]))),
            (TrinoType::Bigint, Arc::new(Int64Array::from(vec![Some(5), Some(7)]))),
        ]);
        assert_eq!(both, [36, 7], "31 times the first and the second; null is 0");
    }
}
