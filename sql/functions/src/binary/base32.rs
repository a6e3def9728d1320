//! How are bytes written in base 32, and read? Ref: Trino 401 `to_base32`, `from_base32`; RFC 4648 section 6.

use arrow::array::ArrayRef;
use data_encoding::BASE32;

use super::bytes_rows::{bytes, text_or_bytes, write_bytes};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::string::text_rows::write_texts;

pub const TO_BASE32: Function = Function {
    name: "to_base32",
    overloads: &[Overload::scalar("(varbinary) -> varchar", to_base32)],
    description: "Encode binary data as base32",
    examples: &[("to_base32(to_utf8('abc'))", "MFRGG===")],
    ..Function::SCALAR
};

pub const FROM_BASE32: Function = Function {
    name: "from_base32",
    overloads: &[Overload::scalar("(varchar(x)) -> varbinary", from_base32), Overload::scalar("(varbinary) -> varbinary", from_base32)],
    description: "Decode base32 encoded binary data",
    examples: &[("from_utf8(from_base32('MFRGG==='))", "abc")],
    ..Function::SCALAR
};

fn to_base32(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = bytes(arguments, 0);
    write_texts(call.rows(), |row, buffer| {
        BASE32.encode_append(values.value(row), buffer);
        Ok(())
    })
}

fn from_base32(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = text_or_bytes(arguments, 0);
    write_bytes(call.rows(), |row, buffer| decode(values(row), buffer))
}

/// Padding at the end is dropped first; what is left may end within a group.
fn decode(encoded: &[u8], buffer: &mut Vec<u8>) -> Result<(), FunctionError> {
    let padding = encoded.iter().rev().take_while(|byte| **byte == b'=').count();
    let encoded = &encoded[..encoded.len() - padding];
    if !matches!(encoded.len() % 8, 0 | 2 | 4 | 5 | 7) {
        return Err(FunctionError::argument(format!("Invalid input length {}", encoded.len())));
    }
    let (mut bits, mut width) = (0u32, 0);
    for byte in encoded {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'2'..=b'7' => byte - b'2' + 26,
            _ if byte.is_ascii_graphic() => return Err(FunctionError::argument(format!("Unrecognized character: {}", *byte as char))),
            _ => return Err(FunctionError::argument(format!("Unrecognized character: 0x{byte:x}"))),
        };
        bits = (bits << 5) | u32::from(digit);
        width += 5;
        if width >= 8 {
            width -= 8;
            buffer.push((bits >> width) as u8);
        }
    }
    Ok(())
}
