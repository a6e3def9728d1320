//! `json_parse`, `json_format`, `is_json_scalar`. Ref: Trino 401 `JsonFunctions`.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, StringViewBuilder};

use super::extract::texts;
use super::tree::{Json, parse};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const JSON_PARSE: Function = Function {
    name: "json_parse",
    description: "JSON value of a text",
    overloads: &[Overload::scalar("(varchar) -> json", json_parse)],
    examples: &[("json_parse('{\"b\": 1, \"a\": [true]}')", "{\"a\":[true],\"b\":1}")],
    ..Function::SCALAR
};

pub const JSON_FORMAT: Function = Function {
    name: "json_format",
    description: "Text of a JSON value",
    overloads: &[Overload::scalar("(json) -> varchar", |_, arguments| Ok(Arc::clone(&arguments[0])))],
    examples: &[("json_format(JSON '[1, 2]')", "[1,2]")],
    ..Function::SCALAR
};

pub const IS_JSON_SCALAR: Function = Function {
    name: "is_json_scalar",
    description: "Is the JSON value a number, text, boolean or null?",
    overloads: &[Overload::scalar("(varchar) -> boolean", is_json_scalar), Overload::scalar("(json) -> boolean", is_json_scalar)],
    examples: &[("is_json_scalar('[1]')", "false")],
    ..Function::SCALAR
};

/// The canonical form of a JSON text, for literals too. Errors: INVALID_FUNCTION_ARGUMENT `Cannot convert value to JSON: '…'`.
pub fn canonical(text: &str) -> Result<String, FunctionError> {
    parse(text).map(|tree| tree.to_canonical()).map_err(|_| FunctionError::argument(format!("Cannot convert value to JSON: '{text}'")))
}

fn json_parse(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let mut builder = StringViewBuilder::with_capacity(call.rows());
    for text in texts(&arguments[0]).iter() {
        builder.append_option(text.map(canonical).transpose()?);
    }
    Ok(Arc::new(builder.finish()))
}

fn is_json_scalar(_call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let flags = texts(&arguments[0]).iter().map(|text| match text {
        None => Ok(None),
        Some(text) => match parse(text) {
            Ok(tree) => Ok(Some(!matches!(tree, Json::Array(_) | Json::Object(_)))),
            Err(_) => Err(FunctionError::argument(format!("Invalid JSON value: {text}"))),
        },
    });
    Ok(Arc::new(flags.collect::<Result<BooleanArray, FunctionError>>()?))
}
