//! How do values become json and json values? Ref: Trino 401 `JsonUtil`, "Cast to JSON", "Cast from JSON".

use std::fmt::Write;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray, StringViewBuilder};
use arrow::array::{ListArray, MapArray, StructArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Float32Type, Float64Type};

use super::dispatch::cast_values;
use super::errors::Failures;
use crate::error::FunctionError;
use crate::json::print::{push_double, push_quoted};
use crate::json::tree::{Json, JsonError, parse};
use crate::registry::SessionInfo;
use crate::types::arrow_form::{entries_field, item_field, row_fields};
use crate::types::number_text::{push_decimal, push_java_double, push_java_real};
use crate::types::temporal_text::push_date_unsigned;
use crate::types::text::ValueWriter;
use crate::types::{RowField, TrinoType};

/// Casts to json.
pub fn cast_to_json(values: &ArrayRef, from: &TrinoType, _session: &SessionInfo) -> Result<ArrayRef, FunctionError> {
    let mut builder = StringViewBuilder::with_capacity(values.len());
    let mut text = String::new();
    for row in 0..values.len() {
        if values.is_null(row) {
            builder.append_null();
        } else {
            text.clear();
            push_json(&mut text, from, values.as_ref(), row);
            builder.append_value(&text);
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn push_json(out: &mut String, data_type: &TrinoType, array: &dyn Array, row: usize) {
    if array.is_null(row) {
        return out.push_str("null");
    }
    match data_type {
        TrinoType::Double => push_double(out, array.as_primitive::<Float64Type>().value(row)),
        TrinoType::Real => {
            let value = array.as_primitive::<Float32Type>().value(row);
            if value.is_finite() { push_java_real(out, value) } else { push_double(out, f64::from(value)) }
        }
        TrinoType::Varchar(_) | TrinoType::Char(_) => push_escaped(out, array.as_string_view().value(row)),
        TrinoType::Json => out.push_str(array.as_string_view().value(row)),
        TrinoType::Decimal { scale, .. } => push_big_decimal(out, array.as_primitive::<Decimal128Type>().value(row), i64::from(*scale)),
        TrinoType::Date => {
            out.push('"');
            push_date_unsigned(out, i64::from(array.as_primitive::<Date32Type>().value(row)));
            out.push('"');
        }
        TrinoType::Timestamp(_) => {
            out.push('"');
            ValueWriter::new(data_type).write(array, row, out);
            out.push('"');
        }
        TrinoType::Array(element) => {
            let list = array.as_list::<i32>();
            let offsets = list.value_offsets();
            out.push('[');
            for index in offsets[row]..offsets[row + 1] {
                if index > offsets[row] {
                    out.push(',');
                }
                push_json(out, element, list.values().as_ref(), index as usize);
            }
            out.push(']');
        }
        TrinoType::Map(key, value) => push_map(out, key, value, array, row),
        TrinoType::Row(fields) => {
            out.push('{');
            for (position, (field, column)) in fields.iter().zip(array.as_struct().columns()).enumerate() {
                if position > 0 {
                    out.push(',');
                }
                push_escaped(out, field.name.as_deref().unwrap_or(""));
                out.push(':');
                push_json(out, &field.data_type, column.as_ref(), row);
            }
            out.push('}');
        }
        other => ValueWriter::new(other).write(array, row, out),
    }
}

/// As `push_quoted`, but what lies beyond the basic plane as its two surrogates: so the casts' generator writes it.
fn push_escaped(out: &mut String, text: &str) {
    if text.chars().all(|c| u32::from(c) < 0x1_0000) {
        return push_quoted(out, text);
    }
    let mut quoted = String::with_capacity(text.len() + 16);
    push_quoted(&mut quoted, text);
    for c in quoted.chars() {
        if u32::from(c) < 0x1_0000 {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing into a String does not fail.
                let _ = write!(out, "\\u{unit:04X}");
            }
        }
    }
}

/// As Java's `BigDecimal.toString`: with an exponent where more than five zeros would follow the point.
fn push_big_decimal(out: &mut String, unscaled: i128, scale: i64) {
    let digits = unscaled.unsigned_abs().to_string();
    let exponent = digits.len() as i64 - 1 - scale;
    if exponent >= -6 {
        return push_decimal(out, unscaled, scale as u32);
    }
    if unscaled < 0 {
        out.push('-');
    }
    out.push_str(&digits[..1]);
    if digits.len() > 1 {
        out.push('.');
        out.push_str(&digits[1..]);
    }
    // Writing into a String does not fail.
    let _ = write!(out, "E{exponent}");
}

/// Keys as text, in order.
fn push_map(out: &mut String, key: &TrinoType, value: &TrinoType, array: &dyn Array, row: usize) {
    let map = array.as_map();
    let offsets = map.value_offsets();
    let writer = ValueWriter::new(key);
    let mut entries: Vec<(String, usize)> = (offsets[row] as usize..offsets[row + 1] as usize)
        .map(|entry| {
            let mut text = String::new();
            writer.write(map.keys().as_ref(), entry, &mut text);
            (text, entry)
        })
        .collect();
    entries.sort();
    out.push('{');
    for (position, (text, entry)) in entries.iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        push_escaped(out, text);
        out.push(':');
        push_json(out, value, map.values().as_ref(), *entry);
    }
    out.push('}');
}

/// Longest json an error text repeats, in code points.
const ERROR_JSON_MAX: usize = 100;

/// Casts from json.
pub fn cast_from_json(
    values: &ArrayRef,
    to: &TrinoType,
    session: &SessionInfo,
    failures: &mut Failures,
) -> Result<ArrayRef, FunctionError> {
    let texts = values.as_string_view();
    let is_nested = matches!(to, TrinoType::Array(_) | TrinoType::Map(..) | TrinoType::Row(_));
    // Checked first, row by row, so that a wrong row is told apart; then built column by column.
    let mut trees: Vec<Option<Json<'_>>> = Vec::with_capacity(texts.len());
    for (row, text) in texts.iter().enumerate() {
        let Some(text) = text else {
            trees.push(None);
            continue;
        };
        let checked = match parse(text) {
            // A text is cast as any text is, and fails as one.
            Ok(Json::Text(text)) if matches!(to, TrinoType::Boolean) || (to.is_numeric() && !matches!(to, TrinoType::Decimal { .. })) => {
                match check(&Json::Text(text.clone()), to, session) {
                    Ok(()) => Ok(Some(Json::Text(text))),
                    Err(reason) => {
                        failures.put(row, FunctionError::cast(reason.trim_start()))?;
                        trees.push(None);
                        continue;
                    }
                }
            }
            Ok(tree) => check(&tree, to, session).map(|()| Some(tree)),
            Err(error) if is_nested => Err(broken(text, &error, to)),
            Err(_) => Err(String::new()),
        };
        match checked {
            Ok(tree) => trees.push(tree),
            Err(reason) => {
                let error = if is_nested { nested_error(to, &reason, text) } else { scalar_error(to, &reason, text) };
                failures.put(row, error)?;
                trees.push(None);
            }
        }
    }
    let references: Vec<Option<&Json<'_>>> = trees.iter().map(|tree| tree.as_ref().filter(|tree| **tree != Json::Null)).collect();
    build(&references, to, session)
}

fn broken(text: &str, error: &JsonError, to: &TrinoType) -> String {
    match error {
        JsonError::Trailing(at) => format!(" Unexpected trailing token: {}", text[*at..].trim()),
        JsonError::Syntax(_) if matches!(to, TrinoType::Map(..)) && !text.trim_start().starts_with('{') => String::new(),
        JsonError::Syntax(_) => String::new(),
    }
}

fn nested_error(to: &TrinoType, reason: &str, text: &str) -> FunctionError {
    let shown: String = text.chars().take(ERROR_JSON_MAX).collect();
    FunctionError::cast(format!("Cannot cast to {}.{reason}\n{shown}", to.display_name()))
}

fn scalar_error(to: &TrinoType, reason: &str, text: &str) -> FunctionError {
    match to {
        TrinoType::Decimal { precision, scale } if reason == OVERFLOW => {
            FunctionError::cast(format!("Cannot cast input json to DECIMAL({precision},{scale})"))
        }
        TrinoType::Decimal { precision, scale } => FunctionError::cast(format!("Cannot cast '{text}' to DECIMAL({precision},{scale})")),
        TrinoType::Varchar(_) => FunctionError::cast(format!("Cannot cast '{text}' to varchar")),
        other => FunctionError::cast(format!("Cannot cast '{text}' to {other}")),
    }
}

const OVERFLOW: &str = "overflow";

/// Is every part of the tree what the type wants? The error is the end of Trino's sentence.
fn check(tree: &Json<'_>, to: &TrinoType, session: &SessionInfo) -> Result<(), String> {
    match (tree, to) {
        (Json::Null, _) | (_, TrinoType::Json) => Ok(()),
        (Json::Array(elements), TrinoType::Array(element)) => elements.iter().try_for_each(|value| check(value, element, session)),
        (other, TrinoType::Array(_)) => Err(format!(" Expected a json array, but got {}", other.token())),
        (Json::Object(members), TrinoType::Map(key, value)) => {
            members.iter().try_for_each(|(name, member)| {
                check(&Json::Text(name.clone()), key, session)?;
                check(member, value, session)
            })?;
            check_keys(members, key, session)
        }
        (other, TrinoType::Map(..)) => Err(format!(" Expected a json object, but got {}", other.token())),
        (Json::Array(elements), TrinoType::Row(fields)) => {
            if elements.len() > fields.len() {
                return Err(format!(" Expected json array ending, but got {}", elements[fields.len()].token()));
            }
            if elements.len() < fields.len() {
                return Err(format!(" Unexpected token when cast to {}: ]", fields[elements.len()].data_type.display_name()));
            }
            elements.iter().zip(fields.iter()).try_for_each(|(element, field)| check(element, &field.data_type, session))
        }
        (Json::Object(members), TrinoType::Row(fields)) => {
            for (position, (name, member)) in members.iter().enumerate() {
                if let Some(field) = field_of(fields, name) {
                    if members[..position].iter().any(|(earlier, _)| earlier == name) {
                        return Err(format!(" Duplicate field: {name}"));
                    }
                    check(member, &field.data_type, session)?;
                }
            }
            Ok(())
        }
        (other, TrinoType::Row(_)) => Err(format!(" Expected a json array or object, but got {}", other.token())),
        (Json::Array(_) | Json::Object(_), scalar) => {
            Err(format!(" Unexpected token when cast to {}: {}", scalar.display_name(), tree.token()))
        }
        (scalar, _) => cast_scalars(&[Some(scalar)], to, session).map(|_| ()).map_err(|error| {
            let is_overflow = matches!(to, TrinoType::Decimal { .. }) && !error.message.ends_with("Value is not a number.");
            if is_overflow { OVERFLOW.to_string() } else { format!(" {}", error.message) }
        }),
    }
}

/// The field a member fills: names of members are folded to lower case, as those of fields are.
fn field_of<'f>(fields: &'f [RowField], name: &str) -> Option<&'f RowField> {
    let folded = name.to_lowercase();
    fields.iter().find(|field| field.name.as_deref().is_some_and(|field| field == folded))
}

fn check_keys(members: &[(std::borrow::Cow<'_, str>, Json<'_>)], key: &TrinoType, session: &SessionInfo) -> Result<(), String> {
    let texts: Vec<Json<'_>> = members.iter().map(|(name, _)| Json::Text(name.clone())).collect();
    let keys = build(&texts.iter().map(Some).collect::<Vec<_>>(), key, session).map_err(|error| error.message)?;
    let encoded = crate::identity::encode(&keys, key).map_err(|error| error.message)?;
    let mut seen = std::collections::HashSet::new();
    if encoded.iter().all(|row| seen.insert(row)) { Ok(()) } else { Err(" Duplicate keys are not allowed".to_string()) }
}

/// Builds an array of trees that were checked; null and absent are null.
fn build(trees: &[Option<&Json<'_>>], to: &TrinoType, session: &SessionInfo) -> Result<ArrayRef, FunctionError> {
    let nulls: NullBuffer = trees.iter().map(|tree| tree.is_some_and(|tree| *tree != Json::Null)).collect();
    match to {
        TrinoType::Json => {
            let texts = trees.iter().map(|tree| tree.map(Json::to_canonical));
            Ok(Arc::new(texts.collect::<StringViewArray>()))
        }
        TrinoType::Array(element) => {
            let elements: Vec<&[Json<'_>]> =
                trees.iter().map(|tree| if let Some(Json::Array(elements)) = tree { elements.as_slice() } else { &[] }).collect();
            let flat: Vec<Option<&Json<'_>>> = elements.iter().flat_map(|elements| elements.iter().map(Some)).collect();
            let offsets = OffsetBuffer::from_lengths(elements.iter().map(|elements| elements.len()));
            Ok(Arc::new(ListArray::try_new(item_field(element), offsets, build(&flat, element, session)?, Some(nulls))?))
        }
        TrinoType::Map(key, value) => {
            let members: Vec<&[(std::borrow::Cow<'_, str>, Json<'_>)]> =
                trees.iter().map(|tree| if let Some(Json::Object(members)) = tree { members.as_slice() } else { &[] }).collect();
            let names: Vec<Json<'_>> =
                members.iter().flat_map(|members| members.iter().map(|(name, _)| Json::Text(name.clone()))).collect();
            let values: Vec<Option<&Json<'_>>> = members.iter().flat_map(|members| members.iter().map(|(_, value)| Some(value))).collect();
            let keys = build(&names.iter().map(Some).collect::<Vec<_>>(), key, session)?;
            let field = entries_field(key, value);
            let DataType::Struct(fields) = field.data_type().clone() else {
                return Err(FunctionError::internal("map entries are not a struct"));
            };
            let entries = StructArray::try_new(fields, vec![keys, build(&values, value, session)?], None)?;
            let offsets = OffsetBuffer::from_lengths(members.iter().map(|members| members.len()));
            Ok(Arc::new(MapArray::try_new(field, offsets, entries, Some(nulls), false)?))
        }
        TrinoType::Row(fields) => {
            let columns = fields.iter().enumerate().map(|(position, field)| {
                let values: Vec<Option<&Json<'_>>> = trees
                    .iter()
                    .map(|tree| match tree {
                        Some(Json::Array(elements)) => elements.get(position),
                        Some(Json::Object(members)) => members
                            .iter()
                            .find(|(name, _)| field.name.as_deref().is_some_and(|field| field == name.to_lowercase()))
                            .map(|(_, value)| value),
                        _ => None,
                    })
                    .collect();
                build(&values, &field.data_type, session)
            });
            Ok(Arc::new(StructArray::try_new(row_fields(fields), columns.collect::<Result<Vec<_>, _>>()?, Some(nulls))?))
        }
        _ => cast_scalars(trees, to, session),
    }
}

/// Casts scalars as Trino does for each kind of token.
fn cast_scalars(trees: &[Option<&Json<'_>>], to: &TrinoType, session: &SessionInfo) -> Result<ArrayRef, FunctionError> {
    let is_text = matches!(to, TrinoType::Varchar(_));
    let is_exact = matches!(to, TrinoType::Decimal { .. });
    let is_boolean = matches!(to, TrinoType::Boolean);
    let mut builder = StringViewBuilder::with_capacity(trees.len());
    let mut text = String::new();
    for tree in trees {
        text.clear();
        match tree {
            None | Some(Json::Null) => {
                builder.append_null();
                continue;
            }
            Some(Json::Text(value)) => text.push_str(value),
            Some(Json::Bool(value)) if is_text || is_boolean => text.push_str(if *value { "true" } else { "false" }),
            Some(Json::Bool(value)) => text.push_str(if *value { "1" } else { "0" }),
            Some(Json::Number(number)) if is_exact => text.push_str(number),
            Some(Json::Number(number)) if is_boolean => {
                let value: f64 = number.parse().unwrap_or(f64::NAN);
                let is_too_large = Json::is_integer(number) && number.parse::<i64>().is_err();
                if !value.is_finite() || is_too_large {
                    return Err(FunctionError::cast(format!("Cannot cast '{number}' to BOOLEAN")));
                }
                text.push_str(if value == 0.0 { "false" } else { "true" });
            }
            Some(Json::Number(number)) if Json::is_integer(number) => text.push_str(number),
            Some(Json::Number(number)) => push_float(&mut text, number, to, session)?,
            Some(other) => {
                return Err(FunctionError::cast(format!("Unexpected token when cast to {}: {}", to.display_name(), other.token())));
            }
        }
        builder.append_value(&text);
    }
    let texts: ArrayRef = Arc::new(builder.finish());
    cast_values(&texts, &TrinoType::VARCHAR, to, session, &mut Failures::strict())
}

/// A number with a point: rounded for integers, spelled as a double's cast for text.
fn push_float(text: &mut String, number: &str, to: &TrinoType, session: &SessionInfo) -> Result<(), FunctionError> {
    let value: f64 = number.parse().unwrap_or(f64::NAN);
    match to {
        TrinoType::Varchar(_) => crate::types::number_text::push_scientific_double(text, value),
        TrinoType::Real | TrinoType::Double => text.push_str(number),
        _ => {
            let one: ArrayRef = Arc::new(arrow::array::Float64Array::from(vec![value]));
            let rounded = cast_values(&one, &TrinoType::Double, to, session, &mut Failures::strict())?;
            let mut exact = String::new();
            ValueWriter::new(to).write(rounded.as_ref(), 0, &mut exact);
            if exact.is_empty() { push_java_double(text, value) } else { text.push_str(&exact) }
        }
    }
    Ok(())
}
