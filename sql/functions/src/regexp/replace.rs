//! What does a text become when every match is replaced? Ref: Trino 401 `regexp_replace`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListBuilder, StringViewBuilder, UInt32Array};

use super::java_regex::{Captures, JavaRegex, RowPatterns};
use super::replacement::Replacement;
use crate::call::{Call, Operand};
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::string::text_rows::{texts, write_texts};

pub const REGEXP_REPLACE: Function = Function {
    name: "regexp_replace",
    overloads: &[
        Overload::scalar("(varchar(x), varchar(y)) -> varchar(x)", remove),
        Overload::scalar("(varchar(x), char(y)) -> varchar(x)", remove),
        // The longest result: an empty pattern, and a replacement whose every two characters stand for the whole text.
        // The inner bound keeps the product within 64 bits and changes no result.
        Overload::scalar(
            "(varchar(x), varchar(p), varchar(y)) -> varchar(min(2147483647, x + min(2147483647, max(x * y / 2, y)) * (x + 1)))",
            replace,
        ),
        Overload::scalar(
            "(varchar(x), char(p), varchar(y)) -> varchar(min(2147483647, x + min(2147483647, max(x * y / 2, y)) * (x + 1)))",
            replace,
        ),
        Overload::lambda("(varchar, varchar(y), function(array(varchar), varchar(x))) -> varchar", replace_by_lambda),
        Overload::lambda("(varchar, char(y), function(array(varchar), varchar(x))) -> varchar", replace_by_lambda),
    ],
    description: "Replaces substrings matching a regular expression by given string or by the result of a lambda",
    examples: &[
        ("regexp_replace('1a 2b 14m', '\\d+[ab] ')", "14m"),
        ("regexp_replace('1a 2b 14m', '(\\d+)([ab]) ', '3c$2 ')", "3ca 3cb 14m"),
        ("regexp_replace('new york', '(\\w)(\\w*)', x -> upper(x[1]) || lower(x[2]))", "New York"),
    ],
    ..Function::SCALAR
};

fn remove(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = texts(arguments, 0);
    let mut patterns = RowPatterns::new(call, arguments, 1);
    write_texts(call.rows(), |row, buffer| {
        let text = values.value(row);
        let mut last_end = 0;
        patterns.row(row)?.for_each_match(text, |begin, end| {
            buffer.push_str(&text[last_end..begin]);
            last_end = end;
            Ok(())
        })?;
        buffer.push_str(&text[last_end..]);
        Ok(())
    })
}

fn replace(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (values, replacements) = (texts(arguments, 0), texts(arguments, 2));
    let is_constant = call.constant(1).is_some() && call.constant(2).is_some();
    let mut patterns = RowPatterns::new(call, arguments, 1);
    let mut compiled: Option<Replacement> = None;
    let mut captures = Captures::default();
    write_texts(call.rows(), |row, buffer| {
        let (text, regex) = (values.value(row), patterns.row(row)?);
        if !is_constant {
            compiled = None;
        }
        push_replaced(buffer, text, &regex, replacements.value(row), &mut compiled, &mut captures)
    })
}

/// The replacement is only looked at once there is a match: a wrong one for a text without any is no error.
fn push_replaced(
    buffer: &mut String,
    text: &str,
    regex: &JavaRegex,
    replacement: &str,
    compiled: &mut Option<Replacement>,
    captures: &mut Captures,
) -> Result<(), FunctionError> {
    let mut last_end = 0;
    if compiled.is_none() && regex.find_at(text, 0)?.is_some() {
        *compiled = Some(Replacement::compile(replacement, regex)?);
    }
    let Some(replacement) = compiled else {
        buffer.push_str(text);
        return Ok(());
    };
    if let Some(literal) = replacement.as_literal() {
        regex.for_each_match(text, |begin, end| {
            buffer.push_str(&text[last_end..begin]);
            buffer.push_str(literal);
            last_end = end;
            Ok(())
        })?;
    } else {
        regex.for_each_captures(text, captures, |spans| {
            if let Some(Some((begin, end))) = spans.first() {
                buffer.push_str(&text[last_end..*begin]);
                last_end = *end;
            }
            replacement.push(buffer, text, spans);
            Ok(())
        })?;
    }
    buffer.push_str(&text[last_end..]);
    Ok(())
}

/// All matches of the batch go through the lambda at once: its parameter is the array of the match's groups.
fn replace_by_lambda(call: &Call<'_>, arguments: &[Operand<'_>]) -> Result<ArrayRef, FunctionError> {
    let inputs = [Arc::clone(arguments[0].value()?), Arc::clone(arguments[1].value()?)];
    let lambda = arguments[2].lambda()?;
    let (values, pattern_values) = (inputs[0].as_string_view(), inputs[1].as_string_view());
    let mut patterns = RowPatterns::new(call, &inputs, 1);
    let mut captures = Captures::default();
    let mut groups = ListBuilder::new(StringViewBuilder::new());
    let (mut match_rows, mut match_spans) = (Vec::new(), Vec::new());
    for row in (0..call.rows()).filter(|row| values.is_valid(*row) && pattern_values.is_valid(*row)) {
        let text = values.value(row);
        patterns.row(row)?.for_each_captures(text, &mut captures, |spans| {
            for span in spans.iter().skip(1) {
                groups.values().append_option(span.map(|(begin, end)| &text[begin..end]));
            }
            groups.append(true);
            match_rows.push(row as u32);
            match_spans.push(spans.first().copied().flatten().unwrap_or((0, 0)));
            Ok(())
        })?;
    }
    let replaced = lambda.evaluate(&UInt32Array::from(match_rows.clone()), &[Arc::new(groups.finish())])?;
    let replaced = replaced.as_string_view();

    let mut builder = StringViewBuilder::with_capacity(call.rows());
    let mut buffer = String::new();
    let mut next = 0;
    for row in 0..call.rows() {
        let first = next;
        while match_rows.get(next) == Some(&(row as u32)) {
            next += 1;
        }
        let is_null = values.is_null(row) || pattern_values.is_null(row) || (first..next).any(|index| replaced.is_null(index));
        if is_null {
            builder.append_null();
            continue;
        }
        let text = values.value(row);
        let mut last_end = 0;
        buffer.clear();
        for (index, (begin, end)) in match_spans.iter().enumerate().take(next).skip(first) {
            buffer.push_str(&text[last_end..*begin]);
            buffer.push_str(replaced.value(index));
            last_end = *end;
        }
        buffer.push_str(&text[last_end..]);
        builder.append_value(&buffer);
    }
    Ok(Arc::new(builder.finish()))
}
