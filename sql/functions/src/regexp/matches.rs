//! Does a pattern match, how often and where? Ref: Trino 401 `regexp_like`, `regexp_count`, `regexp_position`.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, Int32Array, Int64Array};
use arrow::datatypes::Int32Type;

use super::java_regex::{RowPatterns, next_start};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::string::text_rows::{count_code_points, offset_of_code_point, texts};

pub const REGEXP_LIKE: Function = Function {
    name: "regexp_like",
    overloads: &[
        Overload::scalar("(varchar(x), varchar(y)) -> boolean", regexp_like),
        Overload::scalar("(varchar(x), char(y)) -> boolean", regexp_like),
    ],
    description: "Returns whether the pattern is contained within the string",
    examples: &[("regexp_like('1a 2b 14m', '\\d+b')", "true")],
    ..Function::SCALAR
};

pub const REGEXP_COUNT: Function = Function {
    name: "regexp_count",
    overloads: &[
        Overload::scalar("(varchar(x), varchar(y)) -> bigint", regexp_count),
        Overload::scalar("(varchar(x), char(y)) -> bigint", regexp_count),
    ],
    description: "Returns the number of times that a pattern occurs in a string",
    examples: &[("regexp_count('1a 2b 14m', '\\s*[a-z]+\\s*')", "3")],
    ..Function::SCALAR
};

pub const REGEXP_POSITION: Function = Function {
    name: "regexp_position",
    overloads: &[
        Overload::scalar("(varchar(x), varchar(y)) -> integer", regexp_position),
        Overload::scalar("(varchar(x), char(y)) -> integer", regexp_position),
        Overload::scalar("(varchar(x), varchar(y), integer) -> integer", regexp_position),
        Overload::scalar("(varchar(x), char(y), integer) -> integer", regexp_position),
        Overload::scalar("(varchar(x), varchar(y), integer, integer) -> integer", regexp_position),
        Overload::scalar("(varchar(x), char(y), integer, integer) -> integer", regexp_position),
    ],
    description: "Returns the index of the n-th matched substring starting from the specified position",
    examples: &[("regexp_position('I have 23 apples, 5 pears and 13 oranges', '\\b\\d+\\b', 5)", "8")],
    ..Function::SCALAR
};

fn regexp_like(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = texts(arguments, 0);
    let mut patterns = RowPatterns::new(call, arguments, 1);
    let matches = (0..call.rows()).map(|row| patterns.row(row)?.is_match(values.value(row)));
    Ok(Arc::new(matches.collect::<Result<Vec<bool>, _>>().map(BooleanArray::from)?))
}

fn regexp_count(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = texts(arguments, 0);
    let mut patterns = RowPatterns::new(call, arguments, 1);
    let counts = (0..call.rows()).map(|row| {
        let mut count = 0i64;
        patterns.row(row)?.for_each_match(values.value(row), |_, _| {
            count += 1;
            Ok(())
        })?;
        Ok(count)
    });
    Ok(Arc::new(counts.collect::<Result<Vec<i64>, FunctionError>>().map(Int64Array::from)?))
}

fn regexp_position(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = texts(arguments, 0);
    let integers = |position: usize| arguments.get(position).map(|argument| argument.as_primitive::<Int32Type>().values());
    let (starts, occurrences) = (integers(2), integers(3));
    let mut patterns = RowPatterns::new(call, arguments, 1);
    let positions = (0..call.rows()).map(|row| {
        let start = starts.map_or(1, |starts| starts[row]);
        let occurrence = occurrences.map_or(1, |occurrences| occurrences[row]);
        if start < 1 {
            return Err(FunctionError::argument("start position cannot be smaller than 1"));
        }
        if occurrence < 1 {
            return Err(FunctionError::argument("occurrence cannot be smaller than 1"));
        }
        let text = values.value(row);
        let first = start as usize - 1;
        if first >= count_code_points(text) {
            return Ok(-1);
        }
        let regex = patterns.row(row)?;
        let mut from = offset_of_code_point(text, first);
        let mut count = 0;
        while let Some(offset) = from {
            let Some((begin, end)) = regex.find_at(text, offset)? else { break };
            count += 1;
            if count == occurrence {
                return Ok(count_code_points(&text[..begin]) as i32 + 1);
            }
            from = next_start(text, begin, end);
        }
        Ok(-1)
    });
    Ok(Arc::new(positions.collect::<Result<Vec<i32>, _>>().map(Int32Array::from)?))
}
