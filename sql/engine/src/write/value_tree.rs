//! How are nested values walked by the text formats? A tree of writers made once a column, scalars through the one value printer.

use std::fmt::Write;

use arrow::array::{Array, AsArray};
use data_encoding::BASE64;
use owlake_functions::types::TrinoType;
use owlake_functions::types::text::ValueWriter;

/// A column's or a part's writer.
#[derive(Debug)]
pub(super) enum Node {
    /// Numbers and booleans, which JSON leaves bare.
    Bare(ValueWriter),
    /// Texts, dates.
    Text(ValueWriter),
    /// `yyyy-MM-dd HH:mm:ss[.f…]` without trailing zeros. Ref: Hive `Timestamp.toString`.
    Timestamp(ValueWriter),
    /// As base64. Ref: Hive, `LazyUtils.writePrimitiveUTF8`.
    Binary,
    Array(Box<Node>),
    Map(Box<Node>, Box<Node>),
    Row(Vec<(String, Node)>),
}

impl Node {
    pub(super) fn new(data_type: &TrinoType) -> Node {
        match data_type {
            TrinoType::Array(element) => Node::Array(Box::new(Node::new(element))),
            TrinoType::Map(key, value) => Node::Map(Box::new(Node::new(key)), Box::new(Node::new(value))),
            TrinoType::Row(fields) => {
                let named = fields.iter().enumerate().map(|(position, field)| {
                    let name = field.name.as_deref().map_or_else(|| format!("field{position}"), str::to_lowercase);
                    (name, Node::new(&field.data_type))
                });
                Node::Row(named.collect())
            }
            TrinoType::Varbinary => Node::Binary,
            TrinoType::Timestamp(_) => Node::Timestamp(ValueWriter::new(data_type)),
            TrinoType::Boolean | TrinoType::Real | TrinoType::Double | TrinoType::Decimal { .. } => Node::Bare(ValueWriter::new(data_type)),
            other if other.is_integral() => Node::Bare(ValueWriter::new(data_type)),
            _ => Node::Text(ValueWriter::new(data_type)),
        }
    }

    /// Appends the text of a scalar that is not null; nothing for a nested value.
    pub(super) fn push_scalar(&self, array: &dyn Array, row: usize, out: &mut String) {
        match self {
            Node::Bare(writer) | Node::Text(writer) => writer.write(array, row, out),
            Node::Timestamp(writer) => {
                writer.write(array, row, out);
                while out.ends_with('0') && has_fraction(out) {
                    out.pop();
                }
                if out.ends_with('.') {
                    out.pop();
                }
            }
            Node::Binary => {
                // Writing into a String does not fail.
                let _ = write!(out, "{}", BASE64.encode_display(array.as_binary_view().value(row)));
            }
            Node::Array(_) | Node::Map(..) | Node::Row(_) => {}
        }
    }
}

/// Whether the timestamp at the end of `out` still has digits after its point.
fn has_fraction(out: &str) -> bool {
    out.bytes().rev().take(10).any(|byte| byte == b'.') && !out.ends_with('.')
}
