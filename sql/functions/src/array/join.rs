//! `array_join`: the elements as text with a delimiter in between. Ref: Trino 401 `ArrayJoin`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringViewBuilder};

use super::list::{element_type, range};
use crate::call::Call;
use crate::cast::cast_array;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::types::TrinoType;

pub const ARRAY_JOIN: Function = Function {
    name: "array_join",
    description: "The elements as text, with a delimiter in between; nulls left out or replaced",
    overloads: &[
        Overload::scalar("<T!: castable(varchar)>(array(T), varchar) -> varchar", array_join),
        Overload::scalar("<T!: castable(varchar)>(array(T), varchar, varchar) -> varchar", array_join),
    ],
    examples: &[("array_join(ARRAY[1, NULL, 2], '-')", "1-2"), ("array_join(ARRAY[1, NULL], '-', '?')", "1-?")],
    ..Function::SCALAR
};

fn array_join(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let list = arguments[0].as_list::<i32>();
    let element = element_type(call.argument_type(0));
    let texts = cast_array(list.values(), element, &TrinoType::VARCHAR, call.session())
        .map_err(|_| FunctionError::new("GENERIC_INTERNAL_ERROR", "Error casting array element to VARCHAR"))?;
    let texts = texts.as_string_view();
    let delimiters = arguments[1].as_string_view();
    let replacements = arguments.get(2).map(|replacements| replacements.as_string_view());
    let mut builder = StringViewBuilder::with_capacity(call.rows());
    let mut joined = String::new();
    for row in 0..call.rows() {
        joined.clear();
        let mut is_first = true;
        for index in range(list, row) {
            let part = match (texts.is_valid(index), replacements) {
                (true, _) => texts.value(index),
                (false, Some(replacements)) => replacements.value(row),
                (false, None) => continue,
            };
            if !is_first {
                joined.push_str(delimiters.value(row));
            }
            is_first = false;
            joined.push_str(part);
        }
        builder.append_value(&joined);
    }
    Ok(Arc::new(builder.finish()))
}
