//! What is a text, or a run of bytes, read backwards? Ref: Trino 401 `reverse`.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BinaryViewBuilder};

use super::text_rows::{texts, write_texts};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const REVERSE: Function = Function {
    name: "reverse",
    overloads: &[Overload::scalar("(varchar(x)) -> varchar(x)", reverse_text), Overload::scalar("(varbinary) -> varbinary", reverse_bytes)],
    description: "Reverse all code points in a given string",
    examples: &[("reverse('Österreich')", "hcierretsÖ")],
    ..Function::SCALAR
};

fn reverse_text(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = texts(arguments, 0);
    let mut reversed = Vec::new();
    write_texts(call.rows(), |row, buffer| {
        let text = values.value(row);
        if text.is_ascii() {
            reversed.clear();
            reversed.extend(text.bytes().rev());
            buffer.push_str(std::str::from_utf8(&reversed).unwrap_or_default());
        } else {
            buffer.extend(text.chars().rev());
        }
        Ok(())
    })
}

fn reverse_bytes(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = arguments[0].as_binary_view();
    let mut builder = BinaryViewBuilder::with_capacity(call.rows());
    let mut buffer = Vec::new();
    for row in 0..call.rows() {
        buffer.clear();
        buffer.extend(values.value(row).iter().rev());
        builder.append_value(&buffer);
    }
    Ok(Arc::new(builder.finish()))
}
