//! How is JSON_QUERY computed? Ref: Trino 401 `JsonQueryFunction`, `JsonOutputFunctions`.

use arrow::array::ArrayRef;

use super::evaluate::Sequence;
use super::invocation::Invocation;
use super::item::{Item, SqlValue};
use super::output::{Output, push_item};
use super::spec::{Instead, PathSpec, Wrapper};
use crate::call::Call;
use crate::error::FunctionError;
use crate::json::tree::Json;

/// The one item the path finds, as JSON text or bytes; null for a null document.
pub fn json_query(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let invocation = Invocation::of(call, arguments)?;
    let spec = &invocation.spec;
    let mut output = Output::of(call.return_type(), spec.output, call.rows());
    let mut text = String::new();
    invocation.for_each(|found| {
        let found = match found {
            None => {
                output.put_null();
                return Ok(());
            }
            Some(found) => found,
        };
        let error = match found {
            Ok(items) if items.is_empty() => {
                return instead(&mut output, spec.on_empty, output_error("JSON path found no items".to_owned()));
            }
            Ok(items) => {
                text.clear();
                match push_result(&mut text, &items, spec) {
                    Ok(()) => {
                        output.put(&text);
                        return Ok(());
                    }
                    Err(error) => error,
                }
            }
            Err(error) => error,
        };
        instead(&mut output, spec.on_error, error)
    })?;
    Ok(output.finish())
}

fn output_error(message: String) -> FunctionError {
    FunctionError::new("JSON_OUTPUT_CONVERSION_ERROR", format!("conversion from JSON failed: {message}"))
}

fn instead(output: &mut Output, behavior: Instead, error: FunctionError) -> Result<(), FunctionError> {
    match behavior {
        Instead::Error => return Err(error),
        Instead::EmptyArray => output.put("[]"),
        Instead::EmptyObject => output.put("{}"),
        _ => output.put_null(),
    }
    Ok(())
}

fn push_result(text: &mut String, items: &Sequence<'_>, spec: &PathSpec) -> Result<(), FunctionError> {
    let is_wrapped = match (spec.wrapper, items.as_slice()) {
        (Wrapper::Without, _) => false,
        (Wrapper::Unconditional, _) => true,
        (Wrapper::Conditional, [Item::Node(Json::Array(_) | Json::Object(_)) | Item::Pair(_)]) => false,
        (Wrapper::Conditional, _) => true,
    };
    if spec.omits_quotes && !is_wrapped {
        match items.as_slice() {
            [Item::Node(Json::Text(bare))] => {
                text.push_str(bare);
                return Ok(());
            }
            [Item::Value(value @ (SqlValue::Varchar(_) | SqlValue::Char(..)))] => {
                text.push_str(&value.text().unwrap_or_default());
                return Ok(());
            }
            _ => {}
        }
    }
    if is_wrapped {
        text.push('[');
    }
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        push_item(text, item).map_err(|data_type| {
            output_error(format!("JSON path returned a scalar SQL value of type {data_type} that cannot be represented as JSON"))
        })?;
    }
    if is_wrapped {
        text.push(']');
    } else if items.len() > 1 {
        return Err(output_error("JSON path found multiple items".to_owned()));
    }
    Ok(())
}
