//! What does a text become when one part is replaced by another, everywhere? Ref: Trino 401 `replace`.

use arrow::array::ArrayRef;

use super::finder::Finder;
use super::text_rows::{texts, write_texts};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const REPLACE: Function = Function {
    name: "replace",
    overloads: &[
        Overload::scalar("(varchar(x), varchar(y)) -> varchar(x)", remove),
        Overload::scalar("(varchar(x), varchar(y), varchar(z)) -> varchar(min(2147483647, x + z * (x + 1)))", replace),
    ],
    description: "Greedily replaces occurrences of a pattern with a string",
    examples: &[("replace('abcdefabcdef', 'cd', 'XX')", "abXXefabXXef"), ("replace('abc', '', 'xx')", "xxaxxbxxcxx")],
    ..Function::SCALAR
};

fn remove(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (values, parts) = (texts(arguments, 0), texts(arguments, 1));
    let finder = Finder::of_constant(call, arguments, 1);
    write_texts(call.rows(), |row, buffer| {
        push_replaced(buffer, values.value(row), parts.value(row), "", &finder);
        Ok(())
    })
}

fn replace(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (values, parts, replacements) = (texts(arguments, 0), texts(arguments, 1), texts(arguments, 2));
    let finder = Finder::of_constant(call, arguments, 1);
    write_texts(call.rows(), |row, buffer| {
        push_replaced(buffer, values.value(row), parts.value(row), replacements.value(row), &finder);
        Ok(())
    })
}

/// An empty `part` stands before every character and at the end.
fn push_replaced(buffer: &mut String, text: &str, part: &str, replacement: &str, finder: &Finder) {
    if part.is_empty() {
        buffer.push_str(replacement);
        for character in text.chars() {
            buffer.push(character);
            buffer.push_str(replacement);
        }
        return;
    }
    let mut rest = text;
    while let Some(position) = finder.find(rest, part) {
        buffer.push_str(&rest[..position]);
        buffer.push_str(replacement);
        rest = &rest[position + part.len()..];
    }
    buffer.push_str(rest);
}
