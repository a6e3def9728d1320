//! What do texts joined by a separator give? Nulls among them are left out. Ref: Trino 401 `concat_ws`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray, StringViewBuilder};

use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Nulls, Overload};
use crate::types::TrinoType;

pub const CONCAT_WS: Function = Function {
    name: "concat_ws",
    overloads: &[
        Overload::scalar("(varchar, array(varchar)) -> varchar", concat_ws_array),
        Overload::scalar("(varchar, varchar...) -> varchar", concat_ws),
    ],
    description: "Concatenates elements using separator",
    nulls: Nulls::Seen,
    examples: &[("concat_ws(',', 'def', 'pqr', 'mno')", "def,pqr,mno"), ("concat_ws(',', 'def', NULL, 'pqr')", "def,pqr")],
    ..Function::SCALAR
};

fn concat_ws(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    if arguments.len() < 2 {
        return Err(FunctionError::argument("There must be two or more arguments"));
    }
    let columns: Vec<&StringViewArray> = arguments.iter().map(|argument| argument.as_string_view()).collect();
    let (separators, parts) = columns.split_first().ok_or_else(|| FunctionError::argument("There must be two or more arguments"))?;
    gather(call.rows(), separators, |row, joiner| {
        parts.iter().filter(|part| part.is_valid(row)).for_each(|part| joiner.push(part.value(row)));
        true
    })
}

fn concat_ws_array(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let lists = arguments[1].as_list::<i32>();
    // The elements of an empty array constructor are of the unknown type.
    let elements = match call.argument_type(1) {
        TrinoType::Array(element) if **element != TrinoType::Unknown => Some(lists.values().as_string_view()),
        _ => None,
    };
    gather(call.rows(), arguments[0].as_string_view(), |row, joiner| {
        if lists.is_null(row) {
            return false;
        }
        let offsets = lists.value_offsets();
        let range = offsets[row] as usize..offsets[row + 1] as usize;
        if let Some(elements) = elements {
            range.filter(|position| elements.is_valid(*position)).for_each(|position| joiner.push(elements.value(position)));
        }
        true
    })
}

struct Joiner<'a> {
    separator: &'a str,
    buffer: &'a mut String,
    is_empty: bool,
}

impl Joiner<'_> {
    fn push(&mut self, part: &str) {
        if !self.is_empty {
            self.buffer.push_str(self.separator);
        }
        self.is_empty = false;
        self.buffer.push_str(part);
    }
}

/// `fill` pushes a row's parts; false makes the row null.
fn gather(rows: usize, separators: &StringViewArray, fill: impl Fn(usize, &mut Joiner<'_>) -> bool) -> Result<ArrayRef, FunctionError> {
    let mut builder = StringViewBuilder::with_capacity(rows);
    let mut buffer = String::new();
    for row in 0..rows {
        if separators.is_null(row) {
            builder.append_null();
            continue;
        }
        buffer.clear();
        let is_known = fill(row, &mut Joiner { separator: separators.value(row), buffer: &mut buffer, is_empty: true });
        builder.append_option(is_known.then_some(buffer.as_str()));
    }
    Ok(Arc::new(builder.finish()))
}
