//! How are rows written as CSV? Every value quoted, null empty and unquoted, a newline after every line.
//!
//! Ref: measured Athena behaviour, "Result objects": `"` doubles, commas between, UTF-8, a header always.

use arrow::array::Array;
use arrow::record_batch::RecordBatch;
use owlake_engine::engine::{ResultColumn, ResultType};
use owlake_functions::types::TrinoType;
use owlake_functions::types::text::ValueWriter;

/// Writes the rows of one result.
pub struct CsvWriter {
    columns: Vec<ColumnWriter>,
}

struct ColumnWriter {
    values: ValueWriter,
    /// False for types whose text never holds a quote; their values are not searched.
    may_hold_quotes: bool,
}

impl CsvWriter {
    /// A writer for these columns.
    pub fn new(columns: &[ResultColumn]) -> Self {
        let columns = columns
            .iter()
            .map(|column| {
                let data_type = match &column.data_type {
                    ResultType::Trino(data_type) => data_type.clone(),
                    ResultType::HiveString => TrinoType::VARCHAR,
                };
                ColumnWriter { may_hold_quotes: may_hold_quotes(&data_type), values: ValueWriter::new(&data_type) }
            })
            .collect();
        CsvWriter { columns }
    }

    /// Appends the rows of a batch whose columns are this writer's.
    pub fn write(&self, batch: &RecordBatch, out: &mut String) {
        let columns: Vec<(&ColumnWriter, &dyn Array, bool)> =
            self.columns.iter().zip(batch.columns()).map(|(column, array)| (column, array.as_ref(), array.is_nullable())).collect();
        for row in 0..batch.num_rows() {
            for (at, (column, array, is_nullable)) in columns.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                if *is_nullable && array.is_null(row) {
                    continue;
                }
                // An untyped null has no validity bitmap to ask.
                if matches!(column.values.data_type(), TrinoType::Unknown) {
                    continue;
                }
                out.push('"');
                let start = out.len();
                column.values.write(*array, row, out);
                if column.may_hold_quotes {
                    double_quotes(out, start);
                }
                out.push('"');
            }
            out.push('\n');
        }
    }
}

/// Appends the header line.
pub fn write_header<'a>(names: impl IntoIterator<Item = &'a str>, out: &mut String) {
    for (at, name) in names.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        out.push('"');
        let start = out.len();
        out.push_str(name);
        double_quotes(out, start);
        out.push('"');
    }
    out.push('\n');
}

/// Doubles every quote from `start` on.
fn double_quotes(out: &mut String, start: usize) {
    if out.as_bytes()[start..].contains(&b'"') {
        let doubled = out[start..].replace('"', "\"\"");
        out.truncate(start);
        out.push_str(&doubled);
    }
}

fn may_hold_quotes(data_type: &TrinoType) -> bool {
    match data_type {
        TrinoType::Array(element) => may_hold_quotes(element),
        TrinoType::Map(key, value) => may_hold_quotes(key) || may_hold_quotes(value),
        // Field names are free text.
        TrinoType::Row(_) => true,
        TrinoType::Varchar(_) | TrinoType::Char(_) | TrinoType::Json | TrinoType::Json2016 | TrinoType::JsonPath => true,
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Int64Array, StringViewArray};
    use std::sync::Arc;

    #[test]
    fn values_are_quoted_and_nulls_are_not() {
        let columns = [
            ResultColumn { name: "n".to_owned(), data_type: ResultType::Trino(TrinoType::Bigint) },
            ResultColumn { name: "a \"b\"".to_owned(), data_type: ResultType::Trino(TrinoType::VARCHAR) },
        ];
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, Some(-3)]));
        let texts: ArrayRef = Arc::new(StringViewArray::from(vec![Some(""), None, Some("x,\"y\"\nz")]));
        let batch = RecordBatch::try_from_iter(vec![("n", numbers), ("t", texts)]).unwrap();
        let mut out = String::new();
        write_header(columns.iter().map(|column| column.name.as_str()), &mut out);
        CsvWriter::new(&columns).write(&batch, &mut out);
        assert_eq!(out, "\"n\",\"a \"\"b\"\"\"\n\"1\",\"\"\n,\n\"-3\",\"x,\"\"y\"\"\nz\"\n");
    }
}
