//! How does a row become a JSON line? As hcatalog's JsonSerDe writes it: every column by name, nulls included.
//!
//! Ref: Apache Hive, `org.apache.hive.hcatalog.data.JsonSerDe.buildJSONString`.

use arrow::array::{Array, AsArray};
use arrow::record_batch::RecordBatch;

use super::job::WriteColumn;
use super::value_tree::Node;

/// Writes rows of fixed columns.
#[derive(Debug)]
pub(super) struct JsonRows {
    /// What comes before each value: `{"a":`, `,"b":`.
    columns: Vec<(String, Node)>,
}

impl JsonRows {
    pub(super) fn new(columns: &[WriteColumn]) -> JsonRows {
        let columns = columns.iter().enumerate().map(|(position, column)| {
            let mut lead = String::from(if position == 0 { "{" } else { "," });
            push_quoted(&column.name, &mut lead);
            lead.push(':');
            (lead, Node::new(&column.data_type))
        });
        JsonRows { columns: columns.collect() }
    }

    pub(super) fn write(&self, batch: &RecordBatch, out: &mut String) {
        let mut text = String::new();
        for row in 0..batch.num_rows() {
            for ((lead, node), column) in self.columns.iter().zip(batch.columns()) {
                out.push_str(lead);
                push(node, column.as_ref(), row, &mut text, out);
            }
            out.push_str("}\n");
        }
    }
}

fn push(node: &Node, array: &dyn Array, row: usize, text: &mut String, out: &mut String) {
    if array.is_null(row) {
        out.push_str("null");
        return;
    }
    match node {
        Node::Array(element) => {
            let values = array.as_list::<i32>().value(row);
            out.push('[');
            for index in 0..values.len() {
                if index > 0 {
                    out.push(',');
                }
                push(element, values.as_ref(), index, text, out);
            }
            out.push(']');
        }
        Node::Map(key, value) => {
            let entries = array.as_map().value(row);
            out.push('{');
            for index in 0..entries.len() {
                if index > 0 {
                    out.push(',');
                }
                text.clear();
                key.push_scalar(entries.column(0).as_ref(), index, text);
                push_quoted(text, out);
                out.push(':');
                push(value, entries.column(1).as_ref(), index, text, out);
            }
            out.push('}');
        }
        Node::Row(fields) => {
            let columns = array.as_struct().columns();
            out.push('{');
            for (index, ((name, field), column)) in fields.iter().zip(columns).enumerate() {
                if index > 0 {
                    out.push(',');
                }
                push_quoted(name, out);
                out.push(':');
                push(field, column.as_ref(), row, text, out);
            }
            out.push('}');
        }
        Node::Bare(_) => node.push_scalar(array, row, out),
        Node::Text(_) | Node::Timestamp(_) | Node::Binary => {
            text.clear();
            node.push_scalar(array, row, text);
            push_quoted(text, out);
        }
    }
}

fn push_quoted(text: &str, out: &mut String) {
    out.push('"');
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(&text[plain..at]);
        plain = at + 1;
        if escape.is_empty() {
            out.push_str(&format!("\\u{byte:04x}"));
        } else {
            out.push_str(escape);
        }
    }
    out.push_str(&text[plain..]);
    out.push('"');
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Decimal128Array, StringViewArray, TimestampMillisecondArray};
    use owlake_functions::types::TrinoType;

    use super::*;

    #[test]
    fn rows_are_objects_with_every_column() {
        // Ref: RFC 8259, strings; Apache Hive, `JsonSerDe`: numbers bare, timestamps as text, nulls written.
        let columns: Vec<(&str, TrinoType, ArrayRef)> = vec![
            ("s", TrinoType::VARCHAR, Arc::new(StringViewArray::from(vec![Some("a\"\\\n\u{1}é"), None]))),
            (
                "d",
                TrinoType::Decimal { precision: 5, scale: 2 },
                Arc::new(Decimal128Array::from(vec![150, -5]).with_precision_and_scale(5, 2).unwrap()),
            ),
            ("t", TrinoType::Timestamp(3), Arc::new(TimestampMillisecondArray::from(vec![Some(0), None]))),
        ];
        let written: Vec<WriteColumn> = columns
            .iter()
            .map(|(name, data_type, _)| WriteColumn { name: (*name).to_owned(), data_type: data_type.clone(), fit: None })
            .collect();
        let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, _, array)| (name, array, true))).unwrap();
        let mut out = String::new();
        JsonRows::new(&written).write(&batch, &mut out);
        let lines: Vec<serde_json::Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0], serde_json::json!({"s": "a\"\\\n\u{1}é", "d": 1.5, "t": "1970-01-01 00:00:00"}));
        assert_eq!(lines[1], serde_json::json!({"s": null, "d": -0.05, "t": null}));
        assert!(out.starts_with("{\"s\":\"a\\\"\\\\\\n\\u0001é\",\"d\":1.50,"), "{out}");
    }
}
