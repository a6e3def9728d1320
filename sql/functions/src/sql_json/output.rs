//! How does JSON text go out? Members in their order, numbers as Jackson writes them. Ref: Trino 401 `JsonOutputFunctions`.

use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryViewBuilder, StringViewBuilder};

use super::item::{Item, SqlValue};
use super::spec::Form;
use crate::json::print::{push_double, push_quoted};
use crate::json::tree::Json;
use crate::types::TrinoType;
use crate::types::number_text::{push_decimal, push_i64, push_java_real};

/// Appends an item. Errors: the type of an SQL value that JSON has no form for.
pub fn push_item(out: &mut String, item: &Item<'_>) -> Result<(), TrinoType> {
    match item {
        Item::Node(node) => push_node(out, node),
        Item::Value(value) => push_value(out, value)?,
        Item::Pair(pair) => {
            out.push_str("{\"name\":");
            push_quoted(out, &pair.name);
            out.push_str(",\"value\":");
            push_item(out, &pair.value)?;
            out.push_str(",\"id\":");
            push_i64(out, i64::from(pair.id));
            out.push('}');
        }
    }
    Ok(())
}

/// Appends a document.
pub fn push_node(out: &mut String, node: &Json<'_>) {
    match node {
        Json::Array(elements) => {
            out.push('[');
            for (place, element) in elements.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                push_node(out, element);
            }
            out.push(']');
        }
        Json::Object(members) => {
            out.push('{');
            for (place, (key, value)) in members.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                push_quoted(out, key);
                out.push(':');
                push_node(out, value);
            }
            out.push('}');
        }
        scalar => scalar.push_canonical(out),
    }
}

/// Appends an SQL value. Errors: its type, when JSON has no form for it.
pub fn push_value(out: &mut String, value: &SqlValue<'_>) -> Result<(), TrinoType> {
    match value {
        SqlValue::Boolean(value) => out.push_str(if *value { "true" } else { "false" }),
        SqlValue::Tinyint(value) => push_i64(out, i64::from(*value)),
        SqlValue::Smallint(value) => push_i64(out, i64::from(*value)),
        SqlValue::Integer(value) => push_i64(out, i64::from(*value)),
        SqlValue::Bigint(value) => push_i64(out, *value),
        SqlValue::Double(value) => push_double(out, *value),
        SqlValue::Real(value) if value.is_finite() => push_java_real(out, *value),
        SqlValue::Real(value) => push_double(out, f64::from(*value)),
        SqlValue::Decimal { unscaled, scale, .. } => push_big_decimal(out, *unscaled, *scale),
        SqlValue::Varchar(text) => push_quoted(out, text),
        SqlValue::Char(..) => push_quoted(out, &value.text().unwrap_or_default()),
        SqlValue::Other(_, data_type) => return Err(data_type.clone()),
    }
    Ok(())
}

/// A decimal as Java's `BigDecimal.toString` writes it: with an exponent when it is below a millionth.
fn push_big_decimal(out: &mut String, unscaled: i128, scale: u8) {
    let digits = unscaled.unsigned_abs().to_string();
    let exponent = digits.len() as i64 - 1 - i64::from(scale);
    if exponent >= -6 {
        return push_decimal(out, unscaled, u32::from(scale));
    }
    if unscaled < 0 {
        out.push('-');
    }
    out.push_str(&digits[..1]);
    if digits.len() > 1 {
        out.push('.');
        out.push_str(&digits[1..]);
    }
    out.push('E');
    push_i64(out, exponent);
}

/// Collects the results of a call: texts, or their bytes.
pub enum Output {
    Texts(StringViewBuilder),
    Bytes(BinaryViewBuilder, Form),
}

impl Output {
    /// `form` tells the encoding, when the call gives bytes.
    pub fn of(return_type: &TrinoType, form: Form, rows: usize) -> Output {
        match return_type {
            TrinoType::Varbinary => Output::Bytes(BinaryViewBuilder::with_capacity(rows), form),
            _ => Output::Texts(StringViewBuilder::with_capacity(rows)),
        }
    }

    pub fn put(&mut self, text: &str) {
        match self {
            Output::Texts(builder) => builder.append_value(text),
            Output::Bytes(builder, Form::Utf16) => {
                builder.append_value(text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
            }
            Output::Bytes(builder, Form::Utf32) => {
                builder.append_value(text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect::<Vec<u8>>());
            }
            Output::Bytes(builder, _) => builder.append_value(text.as_bytes()),
        }
    }

    pub fn put_null(&mut self) {
        match self {
            Output::Texts(builder) => builder.append_null(),
            Output::Bytes(builder, _) => builder.append_null(),
        }
    }

    pub fn finish(self) -> ArrayRef {
        match self {
            Output::Texts(mut builder) => Arc::new(builder.finish()),
            Output::Bytes(mut builder, _) => Arc::new(builder.finish()),
        }
    }
}
