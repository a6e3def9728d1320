//! How are bytes written in base 64, and read? Ref: Trino 401 `to_base64`, `from_base64` and their `url` forms (Java `Base64`).

use arrow::array::ArrayRef;
use data_encoding::{BASE64, BASE64URL};

use super::bytes_rows::{bytes, text_or_bytes, write_bytes};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::string::text_rows::write_texts;

pub const TO_BASE64: Function = Function {
    name: "to_base64",
    overloads: &[Overload::scalar("(varbinary) -> varchar", to_base64)],
    description: "Encode binary data as base64",
    examples: &[("to_base64(to_utf8('hello world'))", "aGVsbG8gd29ybGQ=")],
    ..Function::SCALAR
};

pub const FROM_BASE64: Function = Function {
    name: "from_base64",
    overloads: &[Overload::scalar("(varchar(x)) -> varbinary", from_base64), Overload::scalar("(varbinary) -> varbinary", from_base64)],
    description: "Decode base64 encoded binary data",
    examples: &[("from_utf8(from_base64('aGVsbG8gd29ybGQ='))", "hello world")],
    ..Function::SCALAR
};

pub const TO_BASE64URL: Function = Function {
    name: "to_base64url",
    overloads: &[Overload::scalar("(varbinary) -> varchar", to_base64url)],
    description: "Encode binary data as base64 using the URL safe alphabet",
    examples: &[("to_base64url(from_hex('FBFF'))", "-_8=")],
    ..Function::SCALAR
};

pub const FROM_BASE64URL: Function = Function {
    name: "from_base64url",
    overloads: &[
        Overload::scalar("(varchar(x)) -> varbinary", from_base64url),
        Overload::scalar("(varbinary) -> varbinary", from_base64url),
    ],
    description: "Decode URL safe base64 encoded binary data",
    examples: &[("to_hex(from_base64url('-_8='))", "FBFF")],
    ..Function::SCALAR
};

fn to_base64(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = bytes(arguments, 0);
    write_texts(call.rows(), |row, buffer| {
        BASE64.encode_append(values.value(row), buffer);
        Ok(())
    })
}

fn to_base64url(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = bytes(arguments, 0);
    write_texts(call.rows(), |row, buffer| {
        BASE64URL.encode_append(values.value(row), buffer);
        Ok(())
    })
}

fn from_base64(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = text_or_bytes(arguments, 0);
    write_bytes(call.rows(), |row, buffer| decode(values(row), *b"+/", buffer))
}

fn from_base64url(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = text_or_bytes(arguments, 0);
    write_bytes(call.rows(), |row, buffer| decode(values(row), *b"-_", buffer))
}

/// Padding may be missing; when there, it must be whole. `last_two` are the digits 62 and 63.
fn decode(encoded: &[u8], last_two: [u8; 2], buffer: &mut Vec<u8>) -> Result<(), FunctionError> {
    let digits = encoded.iter().position(|byte| *byte == b'=').unwrap_or(encoded.len());
    let (body, padding) = encoded.split_at(digits);
    let (mut bits, mut width) = (0u32, 0);
    for byte in body {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            _ if *byte == last_two[0] => 62,
            _ if *byte == last_two[1] => 63,
            _ => return Err(FunctionError::argument(format!("Illegal base64 character {byte:x}"))),
        };
        bits = (bits << 6) | u32::from(digit);
        width += 6;
        if width >= 8 {
            width -= 8;
            buffer.push((bits >> width) as u8);
        }
    }
    match (body.len() % 4, padding) {
        (_, []) if body.len() % 4 != 1 => Ok(()),
        (1, []) if encoded.len() == 1 => Err(FunctionError::argument("Input byte[] should at least have 2 bytes for base64 bytes")),
        (2, b"==") | (3, b"=") => Ok(()),
        (1, []) => Err(FunctionError::argument("Last unit does not have enough valid bits")),
        (2, _) | (3, _) if padding.len() > 4 - body.len() % 4 => {
            let read = body.len() + 4 - body.len() % 4;
            Err(FunctionError::argument(format!("Input byte array has incorrect ending byte at {read}")))
        }
        _ => Err(FunctionError::argument("Input byte array has wrong 4-byte ending unit")),
    }
}
