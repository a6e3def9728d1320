//! How are bytes written in hexadecimal, and read? Ref: Trino 401 `to_hex`, `from_hex`.

use arrow::array::ArrayRef;
use data_encoding::HEXUPPER;

use super::bytes_rows::{bytes, text_or_bytes, write_bytes};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::string::text_rows::write_texts;

pub const TO_HEX: Function = Function {
    name: "to_hex",
    overloads: &[Overload::scalar("(varbinary) -> varchar", to_hex)],
    description: "Encode binary data as hex",
    examples: &[("to_hex(to_utf8('az'))", "617A")],
    ..Function::SCALAR
};

pub const FROM_HEX: Function = Function {
    name: "from_hex",
    overloads: &[Overload::scalar("(varchar(x)) -> varbinary", from_hex), Overload::scalar("(varbinary) -> varbinary", from_hex)],
    description: "Decode hex encoded binary data",
    examples: &[("from_utf8(from_hex('617a'))", "az")],
    ..Function::SCALAR
};

fn to_hex(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = bytes(arguments, 0);
    write_texts(call.rows(), |row, buffer| {
        HEXUPPER.encode_append(values.value(row), buffer);
        Ok(())
    })
}

fn from_hex(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = text_or_bytes(arguments, 0);
    write_bytes(call.rows(), |row, buffer| {
        let digits = values(row);
        if !digits.len().is_multiple_of(2) {
            return Err(FunctionError::argument(format!("invalid input length {}", digits.len())));
        }
        for pair in digits.chunks_exact(2) {
            buffer.push((digit(pair[0])? << 4) | digit(pair[1])?);
        }
        Ok(())
    })
}

fn digit(byte: u8) -> Result<u8, FunctionError> {
    let value = (byte as char).to_digit(16).filter(|_| byte.is_ascii());
    // Java shows a byte past 127 as the character of its sign-extended value.
    let shown = || char::from_u32(u32::from(i16::from(byte as i8) as u16)).unwrap_or(char::REPLACEMENT_CHARACTER);
    value.map(|value| value as u8).ok_or_else(|| FunctionError::argument(format!("invalid hex character: {}", shown())))
}
