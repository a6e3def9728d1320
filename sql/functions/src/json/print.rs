//! How is JSON spelled canonically? Keys in order, floats as Java doubles, no blanks. Ref: Trino 401 `JsonUtil.createJsonFactory`, Jackson.

use std::fmt::Write;

use super::tree::Json;
use crate::types::number_text::push_java_double;

/// How the members of an object are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Members {
    /// By key; the last of equal ones.
    Sorted,
    AsWritten,
}

impl Json<'_> {
    /// The canonical text, as the json type holds it.
    pub fn to_canonical(&self) -> String {
        let mut out = String::new();
        self.push_canonical(&mut out);
        out
    }

    /// Appends the canonical text.
    pub fn push_canonical(&self, out: &mut String) {
        self.push(out, Members::Sorted);
    }

    /// Appends the text with the members of objects as written: their order, and the repeated ones.
    pub fn push_as_written(&self, out: &mut String) {
        self.push(out, Members::AsWritten);
    }

    fn push(&self, out: &mut String, order: Members) {
        match self {
            Json::Null => out.push_str("null"),
            Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Json::Number(number) if Json::is_integer(number) => out.push_str(if *number == "-0" { "0" } else { number }),
            Json::Number(number) => push_double(out, number.parse().unwrap_or(f64::NAN)),
            Json::Text(text) => push_quoted(out, text),
            Json::Array(elements) => {
                out.push('[');
                for (position, element) in elements.iter().enumerate() {
                    if position > 0 {
                        out.push(',');
                    }
                    element.push(out, order);
                }
                out.push(']');
            }
            Json::Object(members) => {
                let mut listed: Vec<&(std::borrow::Cow<'_, str>, Json<'_>)> = members.iter().collect();
                if order == Members::Sorted {
                    // A stable sort keeps the last of equal keys last: that one counts.
                    listed.sort_by(|left, right| left.0.cmp(&right.0));
                }
                out.push('{');
                let mut is_first = true;
                for (position, (key, value)) in listed.iter().enumerate() {
                    if order == Members::Sorted && listed.get(position + 1).is_some_and(|next| next.0 == *key) {
                        continue;
                    }
                    if !is_first {
                        out.push(',');
                    }
                    is_first = false;
                    push_quoted(out, key);
                    out.push(':');
                    value.push(out, order);
                }
                out.push('}');
            }
        }
    }

    /// What an error text calls this value's first token.
    pub fn token(&self) -> String {
        match self {
            Json::Object(_) => "{".to_string(),
            Json::Array(_) => "[".to_string(),
            Json::Text(text) => text.to_string(),
            other => other.to_canonical(),
        }
    }
}

/// Appends a double; what is not finite as a quoted word.
pub fn push_double(out: &mut String, value: f64) {
    if value.is_finite() {
        push_java_double(out, value);
    } else {
        out.push('"');
        push_java_double(out, value);
        out.push('"');
    }
}

/// Appends a quoted and escaped text.
pub fn push_quoted(out: &mut String, text: &str) {
    out.push('"');
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x8 => "\\b",
            0xc => "\\f",
            0..0x20 => {
                out.push_str(&text[from..at]);
                // Writing into a String does not fail.
                let _ = write!(out, "\\u{byte:04X}");
                from = at + 1;
                continue;
            }
            _ => continue,
        };
        out.push_str(&text[from..at]);
        out.push_str(escape);
        from = at + 1;
    }
    out.push_str(&text[from..]);
    out.push('"');
}
