//! `json_extract`, `json_extract_scalar`, `json_size`: values at a path. What is not JSON gives null. Ref: Trino 401 `JsonExtract`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Builder, StringViewArray, StringViewBuilder};

use super::path::{JsonPath, Step};
use super::tree::{Json, parse_at, parse_scalar_at};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const JSON_EXTRACT: Function = Function {
    name: "json_extract",
    description: "JSON value at a path",
    overloads: &[Overload::scalar("(varchar, jsonpath) -> json", json_extract), Overload::scalar("(json, jsonpath) -> json", json_extract)],
    examples: &[("json_extract('{\"a\": {\"b\": [1, 2]}}', '$.a.b')", "[1,2]")],
    ..Function::SCALAR
};

pub const JSON_EXTRACT_SCALAR: Function = Function {
    name: "json_extract_scalar",
    description: "Scalar at a path, as text",
    overloads: &[
        Overload::scalar("(varchar(x), jsonpath) -> varchar(x)", json_extract_scalar),
        Overload::scalar("(json, jsonpath) -> varchar", json_extract_scalar),
    ],
    examples: &[("json_extract_scalar('{\"a\": \"b\"}', '$.a')", "b")],
    ..Function::SCALAR
};

pub const JSON_SIZE: Function = Function {
    name: "json_size",
    description: "Number of members of the object, or elements of the array, at a path",
    overloads: &[Overload::scalar("(varchar, jsonpath) -> bigint", json_size), Overload::scalar("(json, jsonpath) -> bigint", json_size)],
    examples: &[("json_size('[1, 2, 3]', '$')", "3")],
    ..Function::SCALAR
};

/// Calls `put` with what `read` finds at each row's path.
fn for_each<'a>(
    call: &Call<'_>,
    arguments: &'a [ArrayRef],
    read: fn(&'a str, &[Step]) -> Option<Json<'a>>,
    mut put: impl FnMut(Option<Json<'a>>),
) -> Result<(), FunctionError> {
    let (texts, paths) = (arguments[0].as_string_view(), arguments[1].as_string_view());
    let constant = call.constant(1).map(|path| JsonPath::compile(path.as_string_view().value(0))).transpose()?;
    for row in 0..texts.len() {
        let compiled;
        let path = match &constant {
            Some(path) => path,
            None => {
                compiled = JsonPath::compile(paths.value(row))?;
                &compiled
            }
        };
        put(read(texts.value(row), path.steps()));
    }
    Ok(())
}

fn json_extract(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let mut builder = StringViewBuilder::with_capacity(call.rows());
    let mut text = String::new();
    for_each(call, arguments, parse_at, |found| match found {
        Some(value) => {
            text.clear();
            value.push_as_written(&mut text);
            builder.append_value(&text);
        }
        None => builder.append_null(),
    })?;
    Ok(Arc::new(builder.finish()))
}

fn json_extract_scalar(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let mut builder = StringViewBuilder::with_capacity(call.rows());
    for_each(call, arguments, parse_scalar_at, |found| match found {
        Some(Json::Text(text)) => builder.append_value(text),
        Some(Json::Number(number)) => builder.append_value(number),
        Some(Json::Bool(value)) => builder.append_value(if value { "true" } else { "false" }),
        _ => builder.append_null(),
    })?;
    Ok(Arc::new(builder.finish()))
}

fn json_size(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let mut builder = Int64Builder::with_capacity(call.rows());
    for_each(call, arguments, parse_at, |found| {
        builder.append_option(found.map(|value| match value {
            Json::Array(elements) => elements.len() as i64,
            Json::Object(members) => members.len() as i64,
            _ => 0,
        }));
    })?;
    Ok(Arc::new(builder.finish()))
}

/// The texts of a json or varchar argument.
pub fn texts(argument: &ArrayRef) -> &StringViewArray {
    argument.as_string_view()
}
