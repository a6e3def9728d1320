//! How is an integer written as big-endian bytes, and read? Ref: Trino 401 `to_big_endian_32`, `to_big_endian_64` and back.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int32Array, Int64Array};
use arrow::datatypes::Int32Type;

use super::bytes_rows::{bytes, write_bytes};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::string::text_rows::bigints;

pub const TO_BIG_ENDIAN_64: Function = Function {
    name: "to_big_endian_64",
    overloads: &[Overload::scalar("(bigint) -> varbinary", to_big_endian_64)],
    description: "Encode value as a 64-bit 2's complement big endian varbinary",
    examples: &[("to_hex(to_big_endian_64(1))", "0000000000000001")],
    ..Function::SCALAR
};

pub const FROM_BIG_ENDIAN_64: Function = Function {
    name: "from_big_endian_64",
    overloads: &[Overload::scalar("(varbinary) -> bigint", from_big_endian_64)],
    description: "Decode bigint value from a 64-bit 2's complement big endian varbinary",
    examples: &[("from_big_endian_64(from_hex('0000000000000001'))", "1")],
    ..Function::SCALAR
};

pub const TO_BIG_ENDIAN_32: Function = Function {
    name: "to_big_endian_32",
    overloads: &[Overload::scalar("(integer) -> varbinary", to_big_endian_32)],
    description: "Encode value as a 32-bit 2's complement big endian varbinary",
    examples: &[("to_hex(to_big_endian_32(-1))", "FFFFFFFF")],
    ..Function::SCALAR
};

pub const FROM_BIG_ENDIAN_32: Function = Function {
    name: "from_big_endian_32",
    overloads: &[Overload::scalar("(varbinary) -> integer", from_big_endian_32)],
    description: "Decode integer value from a 32-bit 2's complement big endian varbinary",
    examples: &[("from_big_endian_32(from_hex('FFFFFFFF'))", "-1")],
    ..Function::SCALAR
};

fn to_big_endian_64(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = bigints(arguments, 0);
    write_bytes(call.rows(), |row, buffer| {
        buffer.extend_from_slice(&values[row].to_be_bytes());
        Ok(())
    })
}

fn to_big_endian_32(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = arguments[0].as_primitive::<Int32Type>().values();
    write_bytes(call.rows(), |row, buffer| {
        buffer.extend_from_slice(&values[row].to_be_bytes());
        Ok(())
    })
}

fn exactly<const N: usize>(bytes: &[u8]) -> Result<[u8; N], FunctionError> {
    bytes.try_into().map_err(|_| FunctionError::argument(format!("expected {N}-byte input, but got instead: {}", bytes.len())))
}

fn from_big_endian_64(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = bytes(arguments, 0);
    let decoded = (0..call.rows()).map(|row| exactly(values.value(row)).map(i64::from_be_bytes));
    Ok(Arc::new(decoded.collect::<Result<Vec<_>, _>>().map(Int64Array::from)?))
}

fn from_big_endian_32(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = bytes(arguments, 0);
    let decoded = (0..call.rows()).map(|row| exactly(values.value(row)).map(i32::from_be_bytes));
    Ok(Arc::new(decoded.collect::<Result<Vec<_>, _>>().map(Int32Array::from)?))
}
