//! What do texts, or bytes, joined end to end give? Ref: Trino 401 `concat` and the `||` operator.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryViewBuilder, BooleanArray, StringViewBuilder};
use arrow::buffer::NullBuffer;

use super::text_rows::push_padded;
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Nulls, Overload};
use crate::types::TrinoType;

pub const CONCAT_CHARS: Function = Function {
    name: "concat",
    overloads: &[Overload::scalar("(char(x), char(y)) -> char(min(65536, x + y))", concat_char)],
    description: "Concatenates given character strings",
    nulls: Nulls::Propagated,
    examples: &[("length(concat(CAST('a' AS char(2)), CAST('b' AS char(2))))", "4")],
    ..Function::SCALAR
};

pub const CONCAT: Function = Function {
    name: "concat",
    overloads: &[Overload::scalar("(varchar...) -> varchar", concat_text), Overload::scalar("(varbinary...) -> varbinary", concat_bytes)],
    description: "Concatenates given strings",
    nulls: Nulls::Propagated,
    examples: &[("concat('hello', ' world')", "hello world"), ("'a' || 'b'", "ab")],
    ..Function::SCALAR
};

fn check_count(arguments: &[ArrayRef]) -> Result<(), FunctionError> {
    match arguments.len() {
        0 | 1 => Err(FunctionError::argument("There must be two or more concatenation arguments")),
        2..=254 => Ok(()),
        _ => Err(FunctionError::argument("Too many arguments for string concatenation")),
    }
}

fn union_nulls(arguments: &[ArrayRef]) -> Option<NullBuffer> {
    arguments.iter().fold(None, |nulls, argument| NullBuffer::union(nulls.as_ref(), argument.logical_nulls().as_ref()))
}

fn concat_text(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    check_count(arguments)?;
    let columns: Vec<_> = arguments.iter().map(|argument| argument.as_string_view()).collect();
    let nulls = union_nulls(arguments);
    let mut builder = StringViewBuilder::with_capacity(call.rows());
    let mut buffer = String::new();
    for row in 0..call.rows() {
        if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            builder.append_null();
            continue;
        }
        buffer.clear();
        columns.iter().for_each(|column| buffer.push_str(column.value(row)));
        builder.append_value(&buffer);
    }
    Ok(Arc::new(builder.finish()))
}

fn concat_bytes(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    check_count(arguments)?;
    let columns: Vec<_> = arguments.iter().map(|argument| argument.as_binary_view()).collect();
    let nulls = union_nulls(arguments);
    let mut builder = BinaryViewBuilder::with_capacity(call.rows());
    let mut buffer = Vec::new();
    for row in 0..call.rows() {
        if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            builder.append_null();
            continue;
        }
        buffer.clear();
        columns.iter().for_each(|column| buffer.extend_from_slice(column.value(row)));
        builder.append_value(&buffer);
    }
    Ok(Arc::new(builder.finish()))
}

/// The left side keeps its padding; the result, a char too, drops the trailing spaces of its physical form.
fn concat_char(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let length = match call.argument_type(0) {
        TrinoType::Char(length) => *length as usize,
        _ => 0,
    };
    let (left, right) = (arguments[0].as_string_view(), arguments[1].as_string_view());
    let is_valid = BooleanArray::from_iter((0..call.rows()).map(|row| Some(left.is_valid(row) && right.is_valid(row))));
    let mut builder = StringViewBuilder::with_capacity(call.rows());
    let mut buffer = String::new();
    for row in 0..call.rows() {
        if !is_valid.value(row) {
            builder.append_null();
            continue;
        }
        buffer.clear();
        push_padded(&mut buffer, left.value(row), length);
        buffer.push_str(right.value(row));
        builder.append_value(buffer.trim_end_matches(' '));
    }
    Ok(Arc::new(builder.finish()))
}
