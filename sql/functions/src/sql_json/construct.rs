//! How are JSON_OBJECT and JSON_ARRAY computed? Ref: Trino 401 `JsonObjectFunction`, `JsonArrayFunction`.

use std::borrow::Cow;

use arrow::array::ArrayRef;

use super::column::{Column, constant_text};
use super::input::read;
use super::output::{Output, push_node, push_value};
use super::spec::{ConstructSpec, Form};
use crate::call::Call;
use crate::error::FunctionError;
use crate::json::print::push_quoted;

fn clauses(call: &Call<'_>) -> Result<ConstructSpec, FunctionError> {
    ConstructSpec::decode(constant_text(call, 0)?)
        .ok_or_else(|| FunctionError::internal(format!("{} has arguments it can't read", call.name())))
}

/// An object of keys and values.
pub fn json_object(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let spec = clauses(call)?;
    let mut members = Vec::with_capacity(spec.values.len());
    for (place, form) in spec.values.iter().enumerate() {
        members.push((Column::of(call, arguments, 1 + place * 2)?, Column::of(call, arguments, 2 + place * 2)?, *form));
    }
    let mut output = Output::of(call.return_type(), spec.output, call.rows());
    let mut text = String::new();
    let mut values: Vec<String> = vec![String::new(); members.len()];
    let mut kept: Vec<(usize, Cow<'_, str>)> = Vec::with_capacity(members.len());
    for row in 0..call.rows() {
        kept.clear();
        for (place, (key, value, form)) in members.iter().enumerate() {
            let null_key = || FunctionError::argument("null value passed for JSON object key to JSON_OBJECT function");
            let key = key.text(row, Form::Text).ok_or_else(null_key)?;
            values[place].clear();
            let is_null = !push(&mut values[place], value, *form, row, "JSON_OBJECT")?;
            if is_null && !spec.keeps_nulls {
                continue;
            }
            if is_null {
                values[place].push_str("null");
            }
            if kept.iter().any(|(_, earlier)| *earlier == key) {
                return Err(if spec.has_unique_keys {
                    FunctionError::argument("duplicate key passed to JSON_OBJECT function")
                } else {
                    FunctionError::not_supported("cannot construct a JSON object with duplicate key")
                });
            }
            kept.push((place, key));
        }
        hash_order(&mut kept);
        text.clear();
        text.push('{');
        for (position, (place, key)) in kept.iter().enumerate() {
            if position > 0 {
                text.push(',');
            }
            push_quoted(&mut text, key);
            text.push(':');
            text.push_str(&values[*place]);
        }
        text.push('}');
        output.put(&text);
    }
    Ok(output.finish())
}

/// An array of values.
pub fn json_array(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let spec = clauses(call)?;
    let mut elements = Vec::with_capacity(spec.values.len());
    for (place, form) in spec.values.iter().enumerate() {
        elements.push((Column::of(call, arguments, 1 + place)?, *form));
    }
    let mut output = Output::of(call.return_type(), spec.output, call.rows());
    let mut text = String::new();
    for row in 0..call.rows() {
        text.clear();
        text.push('[');
        for (element, form) in &elements {
            let start = text.len();
            if start > 1 {
                text.push(',');
            }
            if !push(&mut text, element, *form, row, "JSON_ARRAY")? {
                if spec.keeps_nulls {
                    text.push_str("null");
                } else {
                    text.truncate(start);
                }
            }
        }
        text.push(']');
        output.put(&text);
    }
    Ok(output.finish())
}

/// Appends a value; false for null.
fn push(out: &mut String, column: &Column<'_>, form: Form, row: usize, function: &str) -> Result<bool, FunctionError> {
    if form != Form::Plain {
        let Some(text) = column.text(row, form) else { return Ok(false) };
        push_node(out, &read(&text)?);
        return Ok(true);
    }
    let Some(value) = column.value(row) else { return Ok(false) };
    push_value(out, &value)
        .map_err(|_| FunctionError::argument(format!("value passed to {function} function cannot be converted to JSON")))?;
    Ok(true)
}

/// Sorts members as Java's `HashMap` of their keys lists them: that is the order Trino prints.
fn hash_order(members: &mut [(usize, Cow<'_, str>)]) {
    let mut capacity = 16usize;
    while members.len() > capacity / 4 * 3 {
        capacity *= 2;
    }
    members.sort_by_cached_key(|(_, key)| {
        let hash = key.encode_utf16().fold(0u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(u32::from(unit)));
        (hash ^ (hash >> 16)) as usize & (capacity - 1)
    });
}
