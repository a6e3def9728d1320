//! How long is a text, or a run of bytes? Ref: Trino 401 `length`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array};

use super::text_rows::count_code_points;
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Nulls, Overload};
use crate::types::TrinoType;

pub const LENGTH: Function = Function {
    name: "length",
    overloads: &[
        Overload::scalar("(varchar(x)) -> bigint", length_of_text),
        Overload::scalar("(char(x)) -> bigint", length_of_char),
        Overload::scalar("(varbinary) -> bigint", length_of_bytes),
    ],
    description: "Count of code points of the given string",
    nulls: Nulls::Propagated,
    examples: &[("length('hello naïve world')", "17"), ("length(CAST('hello' AS char(20)))", "20")],
    ..Function::SCALAR
};

fn length_of_text(_call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = arguments[0].as_string_view();
    let lengths = if values.is_ascii() {
        // The low half of a view is the length in bytes.
        values.views().iter().map(|view| i64::from(*view as u32)).collect::<Vec<_>>()
    } else {
        (0..values.len()).map(|row| if values.is_null(row) { 0 } else { count_code_points(values.value(row)) as i64 }).collect()
    };
    Ok(Arc::new(Int64Array::new(lengths.into(), values.nulls().cloned())))
}

/// The type's length: a char value always has it.
fn length_of_char(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let length = match call.argument_type(0) {
        TrinoType::Char(length) => i64::from(*length),
        _ => 0,
    };
    Ok(Arc::new(Int64Array::new(vec![length; call.rows()].into(), arguments[0].logical_nulls())))
}

fn length_of_bytes(_call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = arguments[0].as_binary_view();
    let lengths = values.views().iter().map(|view| i64::from(*view as u32)).collect::<Vec<_>>();
    Ok(Arc::new(Int64Array::new(lengths.into(), values.nulls().cloned())))
}
