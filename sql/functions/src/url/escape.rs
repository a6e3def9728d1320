//! How is a text written in a URL's query, and read from it? Ref: Trino 401 `url_encode` (Guava form escaper), `url_decode` (Java `URLDecoder`).

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringViewBuilder};

use super::uri::hex_byte;
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::string::text_rows::{texts, write_texts};

pub const URL_ENCODE: Function = Function {
    name: "url_encode",
    overloads: &[Overload::scalar("(varchar(x)) -> varchar(min(2147483647, x * 12))", url_encode)],
    description: "Escape a string for use in URL query parameter names and values",
    examples: &[("url_encode('a b&c')", "a+b%26c")],
    ..Function::SCALAR
};

pub const URL_DECODE: Function = Function {
    name: "url_decode",
    overloads: &[Overload::scalar("(varchar(x)) -> varchar(x)", url_decode)],
    description: "Unescape a URL-encoded string",
    examples: &[("url_decode('a+b%26c')", "a b&c")],
    ..Function::SCALAR
};

fn url_encode(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = texts(arguments, 0);
    write_texts(call.rows(), |row, buffer| {
        for byte in values.value(row).bytes() {
            match byte {
                b' ' => buffer.push('+'),
                b'-' | b'_' | b'.' | b'*' => buffer.push(byte as char),
                _ if byte.is_ascii_alphanumeric() => buffer.push(byte as char),
                // Writing to a string cannot fail.
                _ => drop(write!(buffer, "%{byte:02X}")),
            }
        }
        Ok(())
    })
}

fn url_decode(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = texts(arguments, 0);
    let mut builder = StringViewBuilder::with_capacity(call.rows());
    for row in 0..call.rows() {
        builder.append_value(decode_form(values.value(row))?);
    }
    Ok(Arc::new(builder.finish()))
}

/// `+` is a blank, `%hh` a byte of UTF-8. Errors: INVALID_FUNCTION_ARGUMENT with Java's texts for a broken escape.
pub fn decode_form(text: &str) -> Result<Cow<'_, str>, FunctionError> {
    if !text.contains(['%', '+']) {
        return Ok(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'+' => bytes.push(b' '),
            b'%' if after.len() < 2 => return Err(FunctionError::argument("URLDecoder: Incomplete trailing escape (%) pattern")),
            b'%' => {
                let byte = hex_byte(after).ok_or_else(|| {
                    let digits = String::from_utf8_lossy(&after[..2]).into_owned();
                    FunctionError::argument(format!(
                        "URLDecoder: Illegal hex characters in escape (%) pattern - Error at index 0 in: \"{digits}\""
                    ))
                })?;
                bytes.push(byte);
                rest = &after[2..];
            }
            other => bytes.push(*other),
        }
    }
    Ok(Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()))
}
