//! Which part of a text, or of a run of bytes, starts at a position? Ref: Trino 401 `substr`, `substring`.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BinaryViewBuilder};

use super::text_rows::{bigints, count_code_points, offset_of_code_point, pick_texts, push_padded, texts, write_texts};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::types::TrinoType;

pub const SUBSTRING: Function = Function {
    name: "substring",
    overloads: &[
        Overload::scalar("(varchar(x), bigint) -> varchar(x)", substring_of_text),
        Overload::scalar("(varchar(x), bigint, bigint) -> varchar(x)", substring_of_text),
        Overload::scalar("(char(x), bigint) -> varchar(x)", substring_of_char),
        Overload::scalar("(char(x), bigint, bigint) -> varchar(x)", substring_of_char),
    ],
    description: "Substring of given length starting at an index",
    examples: &[("substring('Quadratically', 5, 6)", "ratica"), ("substring('Quadratically', -5)", "cally")],
    ..Function::SCALAR
};

/// `substring`, and of bytes too.
pub const SUBSTR: Function = Function {
    name: "substr",
    overloads: &[
        Overload::scalar("(varchar(x), bigint) -> varchar(x)", substring_of_text),
        Overload::scalar("(varchar(x), bigint, bigint) -> varchar(x)", substring_of_text),
        Overload::scalar("(char(x), bigint) -> varchar(x)", substring_of_char),
        Overload::scalar("(char(x), bigint, bigint) -> varchar(x)", substring_of_char),
        Overload::scalar("(varbinary, bigint) -> varbinary", substring_of_bytes),
        Overload::scalar("(varbinary, bigint, bigint) -> varbinary", substring_of_bytes),
    ],
    description: "Substring of given length starting at an index",
    examples: &[("substr('Quadratically', 5, 6)", "ratica"), ("substr(X'616263', 2)", "62 63")],
    ..Function::SCALAR
};

/// The units a call takes of `length` units: from 1, from the end where negative, none where out of range.
fn unit_range(length: impl Fn() -> usize, start: i64, count: Option<i64>) -> Option<Range<usize>> {
    let count = count.unwrap_or(i64::MAX);
    if start == 0 || count <= 0 {
        return None;
    }
    let first =
        if start > 0 { usize::try_from(start).ok()? - 1 } else { length().checked_sub(usize::try_from(start.unsigned_abs()).ok()?)? };
    Some(first..first.saturating_add(usize::try_from(count).unwrap_or(usize::MAX)))
}

fn substring(text: &str, start: i64, count: Option<i64>) -> &str {
    let Some(range) = unit_range(|| count_code_points(text), start, count) else { return "" };
    let Some(first) = offset_of_code_point(text, range.start) else { return "" };
    let rest = &text[first..];
    &rest[..offset_of_code_point(rest, range.end - range.start).unwrap_or(rest.len())]
}

fn substring_of_text(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (values, starts) = (texts(arguments, 0), bigints(arguments, 1));
    let counts = arguments.get(2).map(|_| bigints(arguments, 2));
    pick_texts(call.rows(), |row| Ok(Some(substring(values.value(row), starts[row], counts.map(|counts| counts[row])))))
}

fn substring_of_char(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (values, starts) = (texts(arguments, 0), bigints(arguments, 1));
    let counts = arguments.get(2).map(|_| bigints(arguments, 2));
    let length = match call.argument_type(0) {
        TrinoType::Char(length) => *length as usize,
        _ => 0,
    };
    let mut padded = String::new();
    write_texts(call.rows(), |row, buffer| {
        padded.clear();
        push_padded(&mut padded, values.value(row), length);
        buffer.push_str(substring(&padded, starts[row], counts.map(|counts| counts[row])));
        Ok(())
    })
}

fn substring_of_bytes(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (values, starts) = (arguments[0].as_binary_view(), bigints(arguments, 1));
    let counts = arguments.get(2).map(|_| bigints(arguments, 2));
    let mut builder = BinaryViewBuilder::with_capacity(call.rows());
    for (row, start) in starts.iter().enumerate().take(call.rows()) {
        let bytes = values.value(row);
        let range = unit_range(|| bytes.len(), *start, counts.map(|counts| counts[row])).unwrap_or(0..0);
        builder.append_value(bytes.get(range.start..range.end.min(bytes.len())).unwrap_or(&[]));
    }
    Ok(Arc::new(builder.finish()))
}
