//! How is a floating-point number written as big-endian bytes, and read? Ref: Trino 401 `to_ieee754_32`, `to_ieee754_64` and back.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float32Array, Float64Array};
use arrow::datatypes::{Float32Type, Float64Type};

use super::bytes_rows::{bytes, write_bytes};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const TO_IEEE754_32: Function = Function {
    name: "to_ieee754_32",
    overloads: &[Overload::scalar("(real) -> varbinary", to_ieee754_32)],
    description: "Encode value as a big endian varbinary according to IEEE 754 single-precision floating-point format",
    examples: &[("to_hex(to_ieee754_32(REAL '1.0'))", "3F800000")],
    ..Function::SCALAR
};

pub const FROM_IEEE754_32: Function = Function {
    name: "from_ieee754_32",
    overloads: &[Overload::scalar("(varbinary) -> real", from_ieee754_32)],
    description: "Decode the 32-bit big-endian binary in IEEE 754 single-precision floating-point format",
    examples: &[("from_ieee754_32(from_hex('3F800000'))", "1.0")],
    ..Function::SCALAR
};

pub const TO_IEEE754_64: Function = Function {
    name: "to_ieee754_64",
    overloads: &[Overload::scalar("(double) -> varbinary", to_ieee754_64)],
    description: "Encode value as a big endian varbinary according to IEEE 754 double-precision floating-point format",
    examples: &[("to_hex(to_ieee754_64(1e0))", "3FF0000000000000")],
    ..Function::SCALAR
};

pub const FROM_IEEE754_64: Function = Function {
    name: "from_ieee754_64",
    overloads: &[Overload::scalar("(varbinary) -> double", from_ieee754_64)],
    description: "Decode the 64-bit big-endian binary in IEEE 754 double-precision floating-point format",
    examples: &[("from_ieee754_64(from_hex('3FF0000000000000'))", "1.0")],
    ..Function::SCALAR
};

/// Java has one NaN.
fn to_ieee754_32(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = arguments[0].as_primitive::<Float32Type>().values();
    write_bytes(call.rows(), |row, buffer| {
        let bits = if values[row].is_nan() { 0x7FC0_0000 } else { values[row].to_bits() };
        buffer.extend_from_slice(&bits.to_be_bytes());
        Ok(())
    })
}

fn to_ieee754_64(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = arguments[0].as_primitive::<Float64Type>().values();
    write_bytes(call.rows(), |row, buffer| {
        let bits = if values[row].is_nan() { 0x7FF8_0000_0000_0000 } else { values[row].to_bits() };
        buffer.extend_from_slice(&bits.to_be_bytes());
        Ok(())
    })
}

fn exactly<const N: usize>(bytes: &[u8]) -> Result<[u8; N], FunctionError> {
    bytes.try_into().map_err(|_| FunctionError::argument(format!("Input floating-point value must be exactly {N} bytes long")))
}

fn from_ieee754_32(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = bytes(arguments, 0);
    let decoded = (0..call.rows()).map(|row| exactly(values.value(row)).map(f32::from_be_bytes));
    Ok(Arc::new(decoded.collect::<Result<Vec<_>, _>>().map(Float32Array::from)?))
}

fn from_ieee754_64(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = bytes(arguments, 0);
    let decoded = (0..call.rows()).map(|row| exactly(values.value(row)).map(f64::from_be_bytes));
    Ok(Arc::new(decoded.collect::<Result<Vec<_>, _>>().map(Float64Array::from)?))
}
