//! What is a value in a terminal's color? Ref: Trino 401 `render`.

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::Float64Type;

use super::palette::{RESET, colors, push_escape};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::string::text_rows::{bigints, texts, write_texts};
use crate::types::number_text::push_java_double;

const GREEN: i32 = -3;
const RED: i32 = -2;

pub const RENDER: Function = Function {
    name: "render",
    overloads: &[
        Overload::scalar("(varchar(x), color) -> varchar(min(2147483647, x + 15))", render_text),
        Overload::scalar("(bigint, color) -> varchar(35)", render_bigint),
        Overload::scalar("(double, color) -> varchar(41)", render_double),
        Overload::scalar("(boolean) -> varchar(16)", render_boolean),
    ],
    description: "Renders a value in a color, or a boolean as a green or red mark",
    examples: &[("length(render('x', color('red')))", "14")],
    ..Function::SCALAR
};

fn render_text(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (values, colors) = (texts(arguments, 0), colors(arguments, 1));
    write_texts(call.rows(), |row, buffer| {
        push_escape(buffer, colors[row]);
        buffer.push_str(values.value(row));
        buffer.push_str(RESET);
        Ok(())
    })
}

fn render_bigint(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (values, colors) = (bigints(arguments, 0), colors(arguments, 1));
    write_texts(call.rows(), |row, buffer| {
        push_escape(buffer, colors[row]);
        buffer.push_str(&values[row].to_string());
        buffer.push_str(RESET);
        Ok(())
    })
}

fn render_double(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (values, colors) = (arguments[0].as_primitive::<Float64Type>().values(), colors(arguments, 1));
    write_texts(call.rows(), |row, buffer| {
        push_escape(buffer, colors[row]);
        push_java_double(buffer, values[row]);
        buffer.push_str(RESET);
        Ok(())
    })
}

fn render_boolean(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = arguments[0].as_boolean();
    write_texts(call.rows(), |row, buffer| {
        let (color, mark) = if values.value(row) { (GREEN, '✓') } else { (RED, '✗') };
        push_escape(buffer, color);
        buffer.push(mark);
        buffer.push_str(RESET);
        Ok(())
    })
}
