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

/// As Java's decoder goes through the bytes: padding may be missing; when there, it must be whole. `last_two` are the digits 62 and 63.
fn decode(encoded: &[u8], last_two: [u8; 2], buffer: &mut Vec<u8>) -> Result<(), FunctionError> {
    let wrong = |text: &str| Err(FunctionError::argument(text));
    if encoded.len() == 1 {
        return wrong("Input byte[] should at least have 2 bytes for base64 bytes");
    }
    // Digits of the group that is being read, and their bits.
    let (mut held, mut bits) = (0, 0u32);
    let mut position = 0;
    while let Some(byte) = encoded.get(position) {
        position += 1;
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            _ if *byte == last_two[0] => 62,
            _ if *byte == last_two[1] => 63,
            b'=' => {
                let is_half = held == 2 && {
                    position += 1;
                    encoded.get(position - 1) != Some(&b'=')
                };
                if held == 0 || is_half {
                    return wrong("Input byte array has wrong 4-byte ending unit");
                }
                break;
            }
            _ => return Err(FunctionError::argument(format!("Illegal base64 character {}", signed_hex(*byte)))),
        };
        bits = (bits << 6) | u32::from(digit);
        held += 1;
        if held == 4 {
            buffer.extend_from_slice(&bits.to_be_bytes()[1..]);
            (held, bits) = (0, 0);
        }
    }
    match held {
        1 => return wrong("Last unit does not have enough valid bits"),
        2 => buffer.push((bits >> 4) as u8),
        3 => buffer.extend_from_slice(&((bits >> 2) as u16).to_be_bytes()),
        _ => {}
    }
    if position < encoded.len() {
        return Err(FunctionError::argument(format!("Input byte array has incorrect ending byte at {}", position + 1)));
    }
    Ok(())
}

/// A byte in base 16 as Java prints it, with a sign.
fn signed_hex(byte: u8) -> String {
    let value = byte as i8;
    format!("{}{:x}", if value < 0 { "-" } else { "" }, value.unsigned_abs())
}
