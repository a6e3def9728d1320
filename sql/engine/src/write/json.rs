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
