//! How does a row become a line of delimited text? As LazySimpleSerDe writes it: separators by depth, `\N` for null, nothing quoted.
//!
//! Ref: Apache Hive, `LazySimpleSerDe.serialize`; measured Athena behaviour, "SerDes".

use arrow::array::{Array, AsArray};
use arrow::record_batch::RecordBatch;

use super::job::WriteColumn;
use super::value_tree::Node;

const NULL: &str = "\\N";
/// Hive's separators below the field's: of collections, of map keys, and so on.
const SEPARATORS: [char; 7] = ['\u{2}', '\u{3}', '\u{4}', '\u{5}', '\u{6}', '\u{7}', '\u{8}'];

/// Writes rows of fixed columns.
#[derive(Debug)]
pub(super) struct DelimitedRows {
    nodes: Vec<Node>,
    delimiter: char,
}

impl DelimitedRows {
    pub(super) fn new(columns: &[WriteColumn], delimiter: char) -> DelimitedRows {
        DelimitedRows { nodes: columns.iter().map(|column| Node::new(&column.data_type)).collect(), delimiter }
    }

    pub(super) fn write(&self, batch: &RecordBatch, out: &mut String) {
        for row in 0..batch.num_rows() {
            for (position, (node, column)) in self.nodes.iter().zip(batch.columns()).enumerate() {
                if position > 0 {
                    out.push(self.delimiter);
                }
                push(node, column.as_ref(), row, 0, out);
            }
            out.push('\n');
        }
    }
}

fn push(node: &Node, array: &dyn Array, row: usize, depth: usize, out: &mut String) {
    if array.is_null(row) {
        out.push_str(NULL);
        return;
    }
    let separator = SEPARATORS[depth.min(SEPARATORS.len() - 1)];
    match node {
        Node::Array(element) => {
            let values = array.as_list::<i32>().value(row);
            for index in 0..values.len() {
                if index > 0 {
                    out.push(separator);
                }
                push(element, values.as_ref(), index, depth + 1, out);
            }
        }
        Node::Map(key, value) => {
            let entries = array.as_map().value(row);
            let of_key = SEPARATORS[(depth + 1).min(SEPARATORS.len() - 1)];
            for index in 0..entries.len() {
                if index > 0 {
                    out.push(separator);
                }
                push(key, entries.column(0).as_ref(), index, depth + 2, out);
                out.push(of_key);
                push(value, entries.column(1).as_ref(), index, depth + 2, out);
            }
        }
        Node::Row(fields) => {
            let columns = array.as_struct().columns();
            for (index, ((_, field), column)) in fields.iter().zip(columns).enumerate() {
                if index > 0 {
                    out.push(separator);
                }
                push(field, column.as_ref(), row, depth + 1, out);
            }
        }
        scalar => scalar.push_scalar(array, row, out),
    }
}
