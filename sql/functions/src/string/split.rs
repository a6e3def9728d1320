//! Which parts does a delimiter cut a text into? Ref: Trino 401 `split`, `split_part`.

use std::sync::Arc;

use arrow::array::{ArrayRef, ListBuilder, StringViewBuilder};

use super::text_rows::{bigints, pick_texts, texts};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const SPLIT: Function = Function {
    name: "split",
    overloads: &[
        Overload::scalar("(varchar(x), varchar(y)) -> array(varchar(x))", split),
        Overload::scalar("(varchar(x), varchar(y), bigint) -> array(varchar(x))", split),
    ],
    description: "Splits a string on a delimiter into an array",
    examples: &[("split('a.b.c', '.', 2)", "[a, b.c]")],
    ..Function::SCALAR
};

pub const SPLIT_PART: Function = Function {
    name: "split_part",
    overloads: &[Overload::scalar("(varchar(x), varchar(y), bigint) -> varchar(x)", split_part)],
    description: "Splits a string by a delimiter and returns the specified field (counting from one)",
    examples: &[("split_part('a/b/c', '/', 2)", "b"), ("split_part('a/b/c', '/', 4)", "NULL")],
    ..Function::SCALAR
};

fn split(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (values, delimiters) = (texts(arguments, 0), texts(arguments, 1));
    let limits = arguments.get(2).map(|_| bigints(arguments, 2));
    let mut builder = ListBuilder::with_capacity(StringViewBuilder::new(), call.rows());
    for row in 0..call.rows() {
        let limit = limits.map_or(i64::from(i32::MAX), |limits| limits[row]);
        if limit <= 0 {
            return Err(FunctionError::argument("Limit must be positive"));
        }
        if limit > i64::from(i32::MAX) {
            return Err(FunctionError::argument("Limit is too large"));
        }
        let (text, delimiter) = (values.value(row), delimiters.value(row));
        if delimiter.is_empty() {
            return Err(FunctionError::argument("The delimiter may not be the empty string"));
        }
        // One character is found faster than a text.
        match one_character(delimiter) {
            Some(character) => text.splitn(limit as usize, character).for_each(|part| builder.values().append_value(part)),
            None => text.splitn(limit as usize, delimiter).for_each(|part| builder.values().append_value(part)),
        }
        builder.append(true);
    }
    Ok(Arc::new(builder.finish()))
}

fn split_part(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (values, delimiters, positions) = (texts(arguments, 0), texts(arguments, 1), bigints(arguments, 2));
    pick_texts(call.rows(), |row| {
        let (text, delimiter) = (values.value(row), delimiters.value(row));
        let index = usize::try_from(positions[row] - 1).map_err(|_| FunctionError::argument("Index must be greater than zero"))?;
        if delimiter.is_empty() {
            return Ok(text.char_indices().nth(index).map(|(offset, character)| &text[offset..offset + character.len_utf8()]));
        }
        Ok(match one_character(delimiter) {
            Some(character) => text.split(character).nth(index),
            None => text.split(delimiter).nth(index),
        })
    })
}

fn one_character(text: &str) -> Option<char> {
    let mut characters = text.chars();
    characters.next().filter(|_| characters.next().is_none())
}
