//! How does a row become a line of delimited text? As LazySimpleSerDe writes it: separators by depth, a text for null, nothing quoted.
//!
//! Ref: Apache Hive, `LazySimpleSerDe.serialize`; measured Athena behaviour, "SerDes".

use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::record_batch::RecordBatch;

use super::job::WriteColumn;
use super::value_tree::Node;

/// Hive's separators by depth: of fields, of collections' items, of map keys, and so on.
const SEPARATORS: [char; 8] = ['\u{1}', '\u{2}', '\u{3}', '\u{4}', '\u{5}', '\u{6}', '\u{7}', '\u{8}'];

/// Hive's text of null.
const NULL_DEFAULT: &str = "\\N";

/// What stands between values, before a separator that is part of one, and for null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delimiters {
    /// By depth.
    pub separators: [char; 8],
    pub escape: Option<char>,
    /// Whether line ends are escaped too, so that a text with one stays one line.
    pub escapes_lines: bool,
    /// What stands for null.
    pub null: Arc<str>,
}

impl Delimiters {
    /// Hive's own, but for the one between fields.
    pub(crate) fn of_fields(separator: char) -> Delimiters {
        let mut separators = SEPARATORS;
        separators[0] = separator;
        Delimiters { separators, escape: None, escapes_lines: false, null: NULL_DEFAULT.into() }
    }

    fn at(&self, depth: usize) -> char {
        self.separators[depth.min(self.separators.len() - 1)]
    }
}

/// Writes rows of fixed columns.
#[derive(Debug)]
pub(super) struct DelimitedRows {
    nodes: Vec<Node>,
    delimiters: Delimiters,
}

impl DelimitedRows {
    pub(super) fn new(columns: &[WriteColumn], delimiters: Delimiters) -> DelimitedRows {
        DelimitedRows { nodes: columns.iter().map(|column| Node::new(&column.data_type)).collect(), delimiters }
    }

    pub(super) fn write(&self, batch: &RecordBatch, out: &mut String) {
        for row in 0..batch.num_rows() {
            for (position, (node, column)) in self.nodes.iter().zip(batch.columns()).enumerate() {
                if position > 0 {
                    out.push(self.delimiters.at(0));
                }
                self.push(node, column.as_ref(), row, 1, out);
            }
            out.push('\n');
        }
    }

    /// `depth` is that of the separator between the value's parts.
    fn push(&self, node: &Node, array: &dyn Array, row: usize, depth: usize, out: &mut String) {
        if array.is_null(row) {
            out.push_str(&self.delimiters.null);
            return;
        }
        let separator = self.delimiters.at(depth);
        match node {
            Node::Array(element) => {
                let values = array.as_list::<i32>().value(row);
                for index in 0..values.len() {
                    if index > 0 {
                        out.push(separator);
                    }
                    self.push(element, values.as_ref(), index, depth + 1, out);
                }
            }
            Node::Map(key, value) => {
                let entries = array.as_map().value(row);
                let of_key = self.delimiters.at(depth + 1);
                for index in 0..entries.len() {
                    if index > 0 {
                        out.push(separator);
                    }
                    self.push(key, entries.column(0).as_ref(), index, depth + 2, out);
                    out.push(of_key);
                    self.push(value, entries.column(1).as_ref(), index, depth + 2, out);
                }
            }
            Node::Row(fields) => {
                let columns = array.as_struct().columns();
                for (index, ((_, field), column)) in fields.iter().zip(columns).enumerate() {
                    if index > 0 {
                        out.push(separator);
                    }
                    self.push(field, column.as_ref(), row, depth + 1, out);
                }
            }
            scalar => {
                let start = out.len();
                scalar.push_scalar(array, row, out);
                if let (Some(escape), Node::Text(_)) = (self.delimiters.escape, scalar) {
                    self.escape_from(start, escape, out);
                }
            }
        }
    }

    /// Ref: Apache Hive, `LazyUtils.writeEscaped`: the escape itself, every separator, and line ends when `serialization.escape.crlf` says so.
    fn escape_from(&self, start: usize, escape: char, out: &mut String) {
        let escapes_lines = self.delimiters.escapes_lines;
        let is_escaped = |character: char| {
            character == escape || self.delimiters.separators.contains(&character) || escapes_lines && matches!(character, '\r' | '\n')
        };
        if out[start..].contains(is_escaped) {
            let text = out.split_off(start);
            for character in text.chars() {
                if is_escaped(character) {
                    out.push(escape);
                }
                out.push(match character {
                    '\r' if escapes_lines => 'r',
                    '\n' if escapes_lines => 'n',
                    other => other,
                });
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        ArrayRef, BinaryViewArray, BooleanArray, Date32Array, Float64Array, Int32Array, ListArray, StringViewArray,
        TimestampMillisecondArray,
    };
    use arrow::datatypes::Int32Type;
    use owlake_functions::types::TrinoType;

    use super::*;

    fn line(columns: Vec<(TrinoType, ArrayRef)>) -> String {
        let written: Vec<WriteColumn> =
            columns.iter().map(|(data_type, _)| WriteColumn { name: "c".to_owned(), data_type: data_type.clone(), fit: None }).collect();
        let named = columns.into_iter().enumerate().map(|(position, (_, array))| (format!("c{position}"), array));
        let mut out = String::new();
        DelimitedRows::new(&written, Delimiters::of_fields('\u{1}'))
            .write(&RecordBatch::try_from_iter_with_nullable(named.map(|(name, array)| (name, array, true))).unwrap(), &mut out);
        out
    }

    #[test]
    fn scalars_are_bare_and_null_is_backslash_n() {
        // Ref: Apache Hive, `LazySimpleSerDe`: \001 between fields, \N for null; `Timestamp.toString` drops trailing zeros.
        let text = line(vec![
            (TrinoType::Integer, Arc::new(Int32Array::from(vec![Some(-7)]))),
            (TrinoType::VARCHAR, Arc::new(StringViewArray::from(vec!["a,\"b\""]))),
            (TrinoType::VARCHAR, Arc::new(StringViewArray::from(vec![None::<&str>]))),
            (TrinoType::Boolean, Arc::new(BooleanArray::from(vec![true]))),
            (TrinoType::Double, Arc::new(Float64Array::from(vec![1.0]))),
            (TrinoType::Date, Arc::new(Date32Array::from(vec![18_321]))),
            (TrinoType::Timestamp(3), Arc::new(TimestampMillisecondArray::from(vec![1_500]))),
            (TrinoType::Timestamp(3), Arc::new(TimestampMillisecondArray::from(vec![1_200_000]))),
            (TrinoType::Varbinary, Arc::new(BinaryViewArray::from_iter_values([b"\x00\xff"]))),
        ]);
        let fields = ["-7", "a,\"b\"", "\\N", "true", "1.0", "2020-02-29", "1970-01-01 00:00:01.5", "1970-01-01 00:20:00", "AP8="];
        assert_eq!(text, format!("{}\n", fields.join("\u{1}")));
    }

    #[test]
    fn separators_go_by_depth() {
        // Ref: Apache Hive, `LazySimpleSerDe`: \002 between the elements of an array.
        let list = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1), None, Some(3)])]);
        assert_eq!(line(vec![(TrinoType::array(TrinoType::Integer), Arc::new(list))]), "1\u{2}\\N\u{2}3\n");
    }

    #[test]
    fn separators_within_texts_are_escaped_and_null_may_be_empty() {
        // Ref: Apache Hive, `LazyUtils.writeEscaped`, `serialization.null.format`.
        let mut delimiters = Delimiters { escape: Some('\\'), null: "".into(), ..Delimiters::of_fields(',') };
        delimiters.separators[1] = '|';
        let columns: Vec<(&str, TrinoType, ArrayRef)> = vec![
            ("s", TrinoType::VARCHAR, Arc::new(StringViewArray::from(vec![Some("a,b|c\\d"), None]))),
            ("i", TrinoType::Integer, Arc::new(Int32Array::from(vec![1, 2]))),
            (
                "a",
                TrinoType::array(TrinoType::Integer),
                Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1), Some(2)]), None])),
            ),
        ];
        let written: Vec<WriteColumn> = columns
            .iter()
            .map(|(name, data_type, _)| WriteColumn { name: (*name).to_owned(), data_type: data_type.clone(), fit: None })
            .collect();
        let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, _, array)| (name, array, true))).unwrap();
        let mut out = String::new();
        DelimitedRows::new(&written, delimiters).write(&batch, &mut out);
        assert_eq!(out, "a\\,b\\|c\\\\d,1,1|2\n,2,\n");
    }
}
