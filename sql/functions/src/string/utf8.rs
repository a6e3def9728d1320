//! Which bytes encode a text, and which text do bytes encode? Ref: Trino 401 `to_utf8`, `from_utf8`.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray};

use super::text_rows::{bigints, texts, write_texts};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Nulls, Overload};

pub const TO_UTF8: Function = Function {
    name: "to_utf8",
    overloads: &[Overload::scalar("(varchar(x)) -> varbinary", to_utf8)],
    description: "Encodes the string to UTF-8",
    nulls: Nulls::Skipped,
    examples: &[("to_utf8('abc')", "61 62 63")],
    ..Function::SCALAR
};

pub const FROM_UTF8: Function = Function {
    name: "from_utf8",
    overloads: &[
        Overload::scalar("(varbinary) -> varchar", from_utf8),
        Overload::scalar("(varbinary, varchar(x)) -> varchar", from_utf8_with_text),
        Overload::scalar("(varbinary, bigint) -> varchar", from_utf8_with_code),
    ],
    description: "Decodes the UTF-8 encoded string",
    examples: &[("from_utf8(from_hex('58BF'), '#')", "X#")],
    ..Function::SCALAR
};

fn to_utf8(_call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    // A string view is a binary view whose bytes are text.
    Ok(Arc::new(texts(arguments, 0).clone().to_binary_view()))
}

fn from_utf8(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    decode(call.rows(), &arguments[0], |_| Ok(Some(char::REPLACEMENT_CHARACTER)))
}

fn from_utf8_with_text(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let replacements = texts(arguments, 1);
    decode(call.rows(), &arguments[0], |row| {
        let mut characters = replacements.value(row).chars();
        match (characters.next(), characters.next()) {
            (replacement, None) => Ok(replacement),
            _ => Err(FunctionError::argument("Replacement character string must empty or a single character")),
        }
    })
}

fn from_utf8_with_code(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let codes = bigints(arguments, 1);
    decode(call.rows(), &arguments[0], |row| {
        let replacement = u32::try_from(codes[row]).ok().and_then(char::from_u32);
        replacement.map(Some).ok_or_else(|| FunctionError::argument("Invalid replacement character"))
    })
}

/// Every invalid sequence becomes one replacement character.
fn decode(
    rows: usize,
    bytes: &ArrayRef,
    replacement: impl Fn(usize) -> Result<Option<char>, FunctionError>,
) -> Result<ArrayRef, FunctionError> {
    let values = bytes.as_binary_view();
    write_texts(rows, |row, buffer| {
        let replacement = replacement(row)?;
        for chunk in values.value(row).utf8_chunks() {
            buffer.push_str(chunk.valid());
            if !chunk.invalid().is_empty() {
                buffer.extend(replacement);
            }
        }
        Ok(())
    })
}
