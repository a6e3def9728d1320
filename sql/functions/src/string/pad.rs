//! What is a text, or a run of bytes, padded or cut to a length? Ref: Trino 401 `lpad`, `rpad`.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BinaryViewBuilder};

use super::text_rows::{bigints, count_code_points, offset_of_code_point, push_padded, texts, write_texts};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::types::TrinoType;

pub const LPAD: Function = Function {
    name: "lpad",
    overloads: &[
        Overload::scalar("(varchar(x), bigint, varchar(y)) -> varchar", pad_text::<true>),
        Overload::scalar("(varbinary, bigint, varbinary) -> varbinary", pad_bytes::<true>),
    ],
    description: "Pads a string on the left",
    examples: &[("lpad('text', 7, 'xy')", "xyxtext")],
    ..Function::SCALAR
};

pub const RPAD: Function = Function {
    name: "rpad",
    overloads: &[
        Overload::scalar("(varchar(x), bigint, varchar(y)) -> varchar", pad_text::<false>),
        Overload::scalar("(varbinary, bigint, varbinary) -> varbinary", pad_bytes::<false>),
    ],
    description: "Pads a string on the right",
    examples: &[("rpad('text', 7, 'xy')", "textxyx")],
    ..Function::SCALAR
};

/// Lengths past this would take the memory of the whole server for one row.
const LENGTH_MAX: usize = 256 << 20;

fn check_length(length: i64) -> Result<usize, FunctionError> {
    let length = i32::try_from(length)
        .ok()
        .and_then(|length| usize::try_from(length).ok())
        .ok_or_else(|| FunctionError::argument("Target length must be in the range [0..2147483647]"))?;
    if length > LENGTH_MAX {
        return Err(FunctionError::new("GENERIC_INSUFFICIENT_RESOURCES", format!("Target length {length} is larger than {LENGTH_MAX}")));
    }
    Ok(length)
}

fn pad_text<const LEFT: bool>(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (values, lengths, pads) = (texts(arguments, 0), bigints(arguments, 1), texts(arguments, 2));
    let char_length = match call.argument_type(0) {
        TrinoType::Char(length) => *length as usize,
        _ => 0,
    };
    let mut padded = String::new();
    write_texts(call.rows(), |row, buffer| {
        let (target, pad) = (check_length(lengths[row])?, pads.value(row));
        if pad.is_empty() {
            return Err(FunctionError::argument("Padding string must not be empty"));
        }
        let text = if char_length > 0 {
            padded.clear();
            push_padded(&mut padded, values.value(row), char_length);
            padded.as_str()
        } else {
            values.value(row)
        };
        let length = count_code_points(text);
        if length >= target {
            buffer.push_str(&text[..offset_of_code_point(text, target).unwrap_or(text.len())]);
        } else if LEFT {
            buffer.extend(pad.chars().cycle().take(target - length));
            buffer.push_str(text);
        } else {
            buffer.push_str(text);
            buffer.extend(pad.chars().cycle().take(target - length));
        }
        Ok(())
    })
}

fn pad_bytes<const LEFT: bool>(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (values, lengths, pads) = (arguments[0].as_binary_view(), bigints(arguments, 1), arguments[2].as_binary_view());
    let mut builder = BinaryViewBuilder::with_capacity(call.rows());
    let mut buffer = Vec::new();
    for (row, length) in lengths.iter().enumerate().take(call.rows()) {
        let (target, bytes, pad) = (check_length(*length)?, values.value(row), pads.value(row));
        if pad.is_empty() {
            return Err(FunctionError::argument("Padding bytes must not be empty"));
        }
        buffer.clear();
        let kept = bytes.len().min(target);
        let padding = pad.iter().cycle().take(target - kept);
        if LEFT {
            buffer.extend(padding);
            buffer.extend_from_slice(&bytes[..kept]);
        } else {
            buffer.extend_from_slice(&bytes[..kept]);
            buffer.extend(padding);
        }
        builder.append_value(&buffer);
    }
    Ok(Arc::new(builder.finish()))
}
