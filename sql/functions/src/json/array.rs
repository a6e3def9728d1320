//! `json_array_length`, `json_array_get`, `json_array_contains`. What is not a JSON array gives null. Ref: Trino 401 `JsonFunctions`.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, Int64Array, StringViewBuilder};
use arrow::datatypes::{Float64Type, Int64Type};

use super::extract::texts;
use super::tree::{Json, parse};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::types::TrinoType;

pub const JSON_ARRAY_LENGTH: Function = Function {
    name: "json_array_length",
    description: "Number of elements of a JSON array",
    overloads: &[Overload::scalar("(varchar) -> bigint", length), Overload::scalar("(json) -> bigint", length)],
    examples: &[("json_array_length('[1, 2, 3]')", "3")],
    ..Function::SCALAR
};

pub const JSON_ARRAY_GET: Function = Function {
    name: "json_array_get",
    description: "Element of a JSON array by index, from 0; negative from the end",
    overloads: &[Overload::scalar("(varchar, bigint) -> json", get), Overload::scalar("(json, bigint) -> json", get)],
    examples: &[("json_array_get('[7, 8]', -1)", "8")],
    ..Function::SCALAR
};

pub const JSON_ARRAY_CONTAINS: Function = Function {
    name: "json_array_contains",
    description: "Is a value among the elements of a JSON array?",
    overloads: &[
        Overload::scalar("(varchar, boolean) -> boolean", contains),
        Overload::scalar("(json, boolean) -> boolean", contains),
        Overload::scalar("(varchar, bigint) -> boolean", contains),
        Overload::scalar("(json, bigint) -> boolean", contains),
        Overload::scalar("(varchar, double) -> boolean", contains),
        Overload::scalar("(json, double) -> boolean", contains),
        Overload::scalar("(varchar, varchar) -> boolean", contains),
        Overload::scalar("(json, varchar) -> boolean", contains),
    ],
    examples: &[("json_array_contains('[1, 2, 3]', 2)", "true")],
    ..Function::SCALAR
};

fn length(_call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let lengths = texts(&arguments[0]).iter().map(|text| match parse(text?) {
        Ok(Json::Array(elements)) => Some(elements.len() as i64),
        _ => None,
    });
    Ok(Arc::new(lengths.collect::<Int64Array>()))
}

fn get(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let indices = arguments[1].as_primitive::<Int64Type>();
    let mut builder = StringViewBuilder::with_capacity(call.rows());
    for (row, text) in texts(&arguments[0]).iter().enumerate() {
        let Some(Ok(Json::Array(elements))) = text.map(parse) else {
            builder.append_null();
            continue;
        };
        let index = indices.value(row);
        let place = if index < 0 { i64::try_from(elements.len()).unwrap_or(i64::MAX).checked_add(index) } else { Some(index) };
        let element = place.and_then(|place| usize::try_from(place).ok()).and_then(|place| elements.get(place));
        match element {
            None | Some(Json::Null) => builder.append_null(),
            // A text comes without its quotes: so the function has always been.
            Some(Json::Text(text)) => builder.append_value(text),
            Some(other) => {
                let mut text = String::new();
                other.push_as_written(&mut text);
                builder.append_value(text);
            }
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn contains(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let wanted = &arguments[1];
    let found = texts(&arguments[0]).iter().enumerate().map(|(row, text)| match parse(text?) {
        Ok(Json::Array(elements)) => Some(elements.iter().any(|element| match (element, call.argument_type(1)) {
            (Json::Bool(value), TrinoType::Boolean) => *value == wanted.as_boolean().value(row),
            (Json::Number(number), TrinoType::Bigint) => {
                Json::is_integer(number) && number.parse() == Ok(wanted.as_primitive::<Int64Type>().value(row))
            }
            (Json::Number(number), TrinoType::Double) => {
                !Json::is_integer(number) && number.parse() == Ok(wanted.as_primitive::<Float64Type>().value(row))
            }
            (Json::Text(text), TrinoType::Varchar(_)) => text == wanted.as_string_view().value(row),
            _ => false,
        })),
        _ => None,
    });
    Ok(Arc::new(found.collect::<BooleanArray>()))
}
