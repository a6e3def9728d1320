//! Which character has a code point, and which code point a character? Ref: Trino 401 `chr`, `codepoint`.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array};

use super::text_rows::{bigints, texts, write_texts};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const CHR: Function = Function {
    name: "chr",
    overloads: &[Overload::scalar("(bigint) -> varchar(1)", chr)],
    description: "Convert Unicode code point to a string",
    examples: &[("chr(65)", "A")],
    ..Function::SCALAR
};

pub const CODEPOINT: Function = Function {
    name: "codepoint",
    overloads: &[Overload::scalar("(varchar(1)) -> integer", codepoint)],
    description: "Returns Unicode code point of a single character string",
    examples: &[("codepoint('x')", "120")],
    ..Function::SCALAR
};

fn chr(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let codes = bigints(arguments, 0);
    write_texts(call.rows(), |row, buffer| {
        let code = codes[row];
        let character = u32::try_from(code).ok().and_then(char::from_u32);
        buffer.push(character.ok_or_else(|| FunctionError::argument(format!("Not a valid Unicode code point: {code}")))?);
        Ok(())
    })
}

fn codepoint(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = texts(arguments, 0);
    let code = |row| {
        let mut characters = values.value(row).chars();
        match (characters.next(), characters.next()) {
            (Some(character), None) => Ok(character as i32),
            _ => Err(FunctionError::argument("Input string must be a single character string")),
        }
    };
    Ok(Arc::new((0..call.rows()).map(code).collect::<Result<Vec<i32>, _>>().map(Int32Array::from)?))
}
