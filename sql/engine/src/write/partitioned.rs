//! Which rows of a batch belong to which file? By the bytes of their keys and their bucket, and each partition's values as texts once.
//!
//! Ref: Trino 401 `HivePageSink`, `HiveWriteUtils.createPartitionValues`; measured Athena behaviour, "Partitions".

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array};
use arrow::datatypes::DataType;
use arrow::row::{RowConverter, SortField};
use owlake_catalog::PartitionValues;
use owlake_catalog::partition::HIVE_DEFAULT_PARTITION;
use owlake_functions::types::TrinoType;
use owlake_functions::types::arrow_form::arrow_type;
use owlake_functions::types::text::ValueWriter;

use super::job::WriteColumn;
use crate::error::EngineError;

/// Where rows with the same keys go.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct FileTarget {
    pub values: PartitionValues,
    /// None where there are no buckets.
    pub bucket: Option<i32>,
}

/// Splits batches by the values of their partition keys and by their buckets. The targets are numbered as they come up.
pub(super) struct Splitter {
    converter: RowConverter,
    writers: Vec<ValueWriter>,
    known: HashMap<Box<[u8]>, usize>,
    targets: Vec<FileTarget>,
}

impl Splitter {
    /// Errors: a key of a type that has no order, which the type check keeps away.
    pub(super) fn new(keys: &[WriteColumn], has_buckets: bool) -> Result<Splitter, EngineError> {
        let bucket = has_buckets.then_some(DataType::Int32);
        let fields = keys.iter().map(|key| arrow_type(&key.data_type)).chain(bucket).map(SortField::new).collect();
        let converter = RowConverter::new(fields).map_err(failed)?;
        let writers = keys.iter().map(|key| ValueWriter::new(&key.data_type)).collect();
        Ok(Splitter { converter, writers, known: HashMap::new(), targets: Vec::new() })
    }

    /// The rows of each target in the batch; every row is in exactly one.
    /// Errors: HIVE_INVALID_PARTITION_VALUE.
    pub(super) fn split(&mut self, keys: &[ArrayRef], buckets: Option<&Int32Array>) -> Result<Vec<(usize, Vec<u32>)>, EngineError> {
        let columns: Vec<ArrayRef> = keys.iter().cloned().chain(buckets.map(|buckets| Arc::new(buckets.clone()) as ArrayRef)).collect();
        let rows = self.converter.convert_columns(&columns).map_err(failed)?;
        let mut found: Vec<(usize, Vec<u32>)> = Vec::new();
        // Where a target's rows are in `found`, by its number.
        let mut places: HashMap<usize, usize> = HashMap::new();
        let mut last: Option<(usize, usize)> = None;
        for index in 0..rows.num_rows() {
            let row = rows.row(index);
            let place = match last {
                Some((earlier, place)) if rows.row(earlier) == row => place,
                _ => {
                    let number = match self.known.get(row.as_ref()) {
                        Some(number) => *number,
                        None => self.add(row.as_ref(), keys, buckets.map(|buckets| buckets.value(index)), index)?,
                    };
                    *places.entry(number).or_insert_with(|| {
                        found.push((number, Vec::new()));
                        found.len() - 1
                    })
                }
            };
            found[place].1.push(u32::try_from(index).unwrap_or(u32::MAX));
            last = Some((index, place));
        }
        Ok(found)
    }

    /// A target that came up.
    pub(super) fn target(&self, number: usize) -> &FileTarget {
        &self.targets[number]
    }

    fn add(&mut self, row: &[u8], keys: &[ArrayRef], bucket: Option<i32>, index: usize) -> Result<usize, EngineError> {
        let number = self.targets.len();
        let values =
            self.writers.iter().zip(keys).map(|(writer, array)| partition_value(writer, array, index)).collect::<Result<Vec<_>, _>>()?;
        self.targets.push(FileTarget { values: values.into_iter().collect(), bucket });
        self.known.insert(row.into(), number);
        Ok(number)
    }
}

fn partition_value(writer: &ValueWriter, array: &ArrayRef, row: usize) -> Result<String, EngineError> {
    if array.is_null(row) {
        return Ok(HIVE_DEFAULT_PARTITION.to_owned());
    }
    let mut text = String::new();
    writer.write(array.as_ref(), row, &mut text);
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Ok(text);
    }
    let bytes: Vec<String> = text.bytes().map(|byte| format!("{byte:02X}")).collect();
    let message =
        format!("Hive partition values can only contain printable ASCII characters (0x20 - 0x7E). Invalid value: {}", bytes.join(" "));
    Err(EngineError::engine("HIVE_INVALID_PARTITION_VALUE", message))
}

/// Whether values of a type can name a folder.
pub(super) fn is_partition_type(data_type: &TrinoType) -> bool {
    !matches!(arrow_type(data_type), DataType::List(_) | DataType::Map(..) | DataType::Struct(_) | DataType::BinaryView)
}

fn failed(error: arrow::error::ArrowError) -> EngineError {
    tracing::error!(%error, "partition keys cannot be compared");
    EngineError::internal("The partition keys of the written rows cannot be compared")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use arrow::array::{Date32Array, StringViewArray};

    use super::*;

    fn key(name: &str, data_type: TrinoType) -> WriteColumn {
        WriteColumn { name: name.to_owned(), data_type, fit: None }
    }

    #[test]
    fn rows_go_to_the_partition_of_their_keys() {
        // Ref: measured Athena behaviour, "Partitions": null is __HIVE_DEFAULT_PARTITION__; dates are yyyy-MM-dd.
        let keys = [key("d", TrinoType::Date), key("s", TrinoType::VARCHAR)];
        let mut splitter = Splitter::new(&keys, false).unwrap();
        let dates: ArrayRef = Arc::new(Date32Array::from(vec![Some(0), Some(0), None, Some(0)]));
        let texts: ArrayRef = Arc::new(StringViewArray::from(vec![Some("a"), Some("a"), Some("x y"), None]));
        let split = splitter.split(&[dates, texts], None).unwrap();
        assert_eq!(split, vec![(0, vec![0, 1]), (1, vec![2]), (2, vec![3])]);
        let values = |number: usize| splitter.target(number).values.iter().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(values(0), ["1970-01-01", "a"]);
        assert_eq!(values(1), ["__HIVE_DEFAULT_PARTITION__", "x y"]);
        assert_eq!(values(2), ["1970-01-01", "__HIVE_DEFAULT_PARTITION__"]);
    }

    #[test]
    fn partition_values_are_printable_ascii() {
        // Ref: Trino 401 `TestHiveIntegrationSmokeTest`: Invalid value: E2 82 AC is the euro sign.
        let mut splitter = Splitter::new(&[key("s", TrinoType::VARCHAR)], false).unwrap();
        let texts: ArrayRef = Arc::new(StringViewArray::from(vec!["€"]));
        assert_eq!(
            splitter.split(&[texts], None).unwrap_err().to_string(),
            "HIVE_INVALID_PARTITION_VALUE: Hive partition values can only contain printable ASCII characters (0x20 - 0x7E). Invalid value: E2 82 AC"
        );
    }
}
