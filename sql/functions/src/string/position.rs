//! Where in a text does a part stand? Ref: Trino 401 `strpos`, `starts_with`; `position(part IN text)` is `strpos`.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Int64Array};
use arrow::buffer::BooleanBuffer;

use super::finder::Finder;
use super::text_rows::{bigints, count_code_points, texts};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const STRPOS: Function = Function {
    name: "strpos",
    overloads: &[
        Overload::scalar("(varchar(x), varchar(y)) -> bigint", strpos),
        Overload::scalar("(varchar(x), varchar(y), bigint) -> bigint", strpos),
    ],
    description: "Returns index of the n-th occurrence of a substring (or 0 if not found)",
    examples: &[("strpos('high', 'ig')", "2"), ("strpos('abc/xyz/foo/bar', '/', -1)", "12")],
    ..Function::SCALAR
};

pub const STARTS_WITH: Function = Function {
    name: "starts_with",
    overloads: &[Overload::scalar("(varchar(x), varchar(y)) -> boolean", starts_with)],
    description: "Determine whether source starts with prefix or not",
    examples: &[("starts_with('foo_bar', 'foo')", "true")],
    ..Function::SCALAR
};

fn strpos(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (values, parts) = (texts(arguments, 0), texts(arguments, 1));
    let instances = arguments.get(2).map(|_| bigints(arguments, 2));
    if instances.is_none() && call.constant(1).is_some() {
        let finder = Finder::of_constant(call, arguments, 1);
        let positions = (0..call.rows()).map(|row| {
            let text = values.value(row);
            match finder.find(text, parts.value(row)) {
                Some(at) if text.is_ascii() => at as i64 + 1,
                Some(at) => count_code_points(&text[..at]) as i64 + 1,
                None => 0,
            }
        });
        return Ok(Arc::new(Int64Array::from_iter_values(positions)));
    }
    let position = |row| {
        let instance = instances.map_or(1, |instances| instances[row]);
        if instance == 0 || instance == i64::MIN {
            return Err(FunctionError::argument("'instance' must be a positive or negative number."));
        }
        Ok(find(values.value(row), parts.value(row), instance))
    };
    Ok(Arc::new((0..call.rows()).map(position).collect::<Result<Vec<i64>, _>>().map(Int64Array::from)?))
}

/// Occurrences may overlap; the empty part stands at 1.
fn find(text: &str, part: &str, instance: i64) -> i64 {
    if part.is_empty() {
        return 1;
    }
    let mut offset = None;
    if instance > 0 {
        let mut from = 0;
        for _ in 0..instance {
            let Some(at) = text[from..].find(part).map(|at| at + from) else { return 0 };
            offset = Some(at);
            from = at + text[at..].chars().next().map_or(1, char::len_utf8);
        }
    } else {
        let mut to = text.len();
        for _ in 0..instance.unsigned_abs() {
            let Some(at) = text[..to].rfind(part) else { return 0 };
            offset = Some(at);
            // The next one starts before this one, so it ends before this one's last character ends.
            to = at + part.len() - part.chars().next_back().map_or(0, char::len_utf8);
        }
    }
    offset.map_or(0, |offset| count_code_points(&text[..offset]) as i64 + 1)
}

fn starts_with(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (values, parts) = (texts(arguments, 0), texts(arguments, 1));
    let starts = BooleanBuffer::collect_bool(call.rows(), |row| values.value(row).starts_with(parts.value(row)));
    Ok(Arc::new(BooleanArray::new(starts, None)))
}
