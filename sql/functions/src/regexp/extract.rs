//! Which parts of a text does a pattern match, and which lie between? Ref: Trino 401 `regexp_extract`, `regexp_extract_all`, `regexp_split`.

use std::sync::Arc;

use arrow::array::{ArrayRef, ListBuilder, StringViewBuilder};

use super::java_regex::{Captures, RowPatterns};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::string::text_rows::{bigints, texts};

pub const REGEXP_EXTRACT: Function = Function {
    name: "regexp_extract",
    overloads: &[
        Overload::scalar("(varchar(x), varchar(y)) -> varchar(x)", regexp_extract),
        Overload::scalar("(varchar(x), char(y)) -> varchar(x)", regexp_extract),
        Overload::scalar("(varchar(x), varchar(y), bigint) -> varchar(x)", regexp_extract),
        Overload::scalar("(varchar(x), char(y), bigint) -> varchar(x)", regexp_extract),
    ],
    description: "Returns regex group of extracted string with a pattern",
    examples: &[("regexp_extract('1a 2b 14m', '(\\d+)([a-z]+)', 2)", "a")],
    ..Function::SCALAR
};

pub const REGEXP_EXTRACT_ALL: Function = Function {
    name: "regexp_extract_all",
    overloads: &[
        Overload::scalar("(varchar(x), varchar(y)) -> array(varchar(x))", regexp_extract_all),
        Overload::scalar("(varchar(x), char(y)) -> array(varchar(x))", regexp_extract_all),
        Overload::scalar("(varchar(x), varchar(y), bigint) -> array(varchar(x))", regexp_extract_all),
        Overload::scalar("(varchar(x), char(y), bigint) -> array(varchar(x))", regexp_extract_all),
    ],
    description: "Group(s) extracted using the given pattern",
    examples: &[("regexp_extract_all('1a 2b 14m', '(\\d+)([a-z]+)', 2)", "[a, b, m]")],
    ..Function::SCALAR
};

pub const REGEXP_SPLIT: Function = Function {
    name: "regexp_split",
    overloads: &[
        Overload::scalar("(varchar(x), varchar(y)) -> array(varchar(x))", regexp_split),
        Overload::scalar("(varchar(x), char(y)) -> array(varchar(x))", regexp_split),
    ],
    description: "Returns array of strings split by pattern",
    examples: &[("regexp_split('1a 2b 14m', '\\s*[a-z]+\\s*')", "[1, 2, 14, ]")],
    ..Function::SCALAR
};

fn regexp_extract(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = texts(arguments, 0);
    let groups = arguments.get(2).map(|_| bigints(arguments, 2));
    let mut patterns = RowPatterns::new(call, arguments, 1);
    let mut captures = Captures::default();
    let mut builder = StringViewBuilder::with_capacity(call.rows());
    for row in 0..call.rows() {
        let (text, regex) = (values.value(row), patterns.row(row)?);
        let group = regex.check_group(groups.map_or(0, |groups| groups[row]))?;
        let span = if group == 0 {
            regex.find_at(text, 0)?
        } else if regex.captures_at(text, 0, &mut captures)? {
            captures.spans.get(group).copied().flatten()
        } else {
            None
        };
        builder.append_option(span.map(|(begin, end)| &text[begin..end]));
    }
    Ok(Arc::new(builder.finish()))
}

fn regexp_extract_all(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = texts(arguments, 0);
    let groups = arguments.get(2).map(|_| bigints(arguments, 2));
    let mut patterns = RowPatterns::new(call, arguments, 1);
    let mut captures = Captures::default();
    let mut builder = ListBuilder::with_capacity(StringViewBuilder::new(), call.rows());
    for row in 0..call.rows() {
        let (text, regex) = (values.value(row), patterns.row(row)?);
        let group = regex.check_group(groups.map_or(0, |groups| groups[row]))?;
        let elements = builder.values();
        if group == 0 {
            regex.for_each_match(text, |begin, end| {
                elements.append_value(&text[begin..end]);
                Ok(())
            })?;
        } else {
            regex.for_each_captures(text, &mut captures, |spans| {
                elements.append_option(spans.get(group).copied().flatten().map(|(begin, end)| &text[begin..end]));
                Ok(())
            })?;
        }
        builder.append(true);
    }
    Ok(Arc::new(builder.finish()))
}

fn regexp_split(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = texts(arguments, 0);
    let mut patterns = RowPatterns::new(call, arguments, 1);
    let mut builder = ListBuilder::with_capacity(StringViewBuilder::new(), call.rows());
    for row in 0..call.rows() {
        let (text, elements) = (values.value(row), builder.values());
        let mut last_end = 0;
        patterns.row(row)?.for_each_match(text, |begin, end| {
            elements.append_value(&text[last_end..begin]);
            last_end = end;
            Ok(())
        })?;
        elements.append_value(&text[last_end..]);
        builder.append(true);
    }
    Ok(Arc::new(builder.finish()))
}
