//! What is the checksum or plain hash of bytes? Ref: Trino 401 `crc32`, `murmur3`, `xxhash64`, `spooky_hash_v2_32`, `spooky_hash_v2_64`.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array};
use twox_hash::XxHash64;

use super::bytes_rows::{bytes, write_bytes};
use super::spooky::spooky_hash_64;
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const CRC32: Function = Function {
    name: "crc32",
    overloads: &[Overload::scalar("(varbinary) -> bigint", crc32)],
    description: "Compute CRC-32",
    examples: &[("crc32(to_utf8('1234567890'))", "639479525")],
    ..Function::SCALAR
};

pub const MURMUR3: Function = Function {
    name: "murmur3",
    overloads: &[Overload::scalar("(varbinary) -> varbinary", murmur3)],
    description: "Compute murmur3 hash",
    examples: &[("to_hex(murmur3(to_utf8('')))", "00000000000000000000000000000000")],
    ..Function::SCALAR
};

pub const XXHASH64: Function = Function {
    name: "xxhash64",
    overloads: &[Overload::scalar("(varbinary) -> varbinary", xxhash64)],
    description: "Compute xxhash64 hash",
    examples: &[("to_hex(xxhash64(to_utf8('')))", "EF46DB3751D8E999")],
    ..Function::SCALAR
};

pub const SPOOKY_HASH_V2_32: Function = Function {
    name: "spooky_hash_v2_32",
    overloads: &[Overload::scalar("(varbinary) -> varbinary", spooky_hash_v2_32)],
    description: "Compute SpookyHashV2 32-bit hash",
    examples: &[("to_hex(spooky_hash_v2_32(to_utf8('hello')))", "D382E6CA")],
    ..Function::SCALAR
};

pub const SPOOKY_HASH_V2_64: Function = Function {
    name: "spooky_hash_v2_64",
    overloads: &[Overload::scalar("(varbinary) -> varbinary", spooky_hash_v2_64)],
    description: "Compute SpookyHashV2 64-bit hash",
    examples: &[("to_hex(spooky_hash_v2_64(to_utf8('hello')))", "3768826AD382E6CA")],
    ..Function::SCALAR
};

fn crc32(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = bytes(arguments, 0);
    Ok(Arc::new(Int64Array::from_iter_values((0..call.rows()).map(|row| i64::from(crc32fast::hash(values.value(row)))))))
}

/// The two halves of the x64 variant, each in little-endian order.
fn murmur3(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = bytes(arguments, 0);
    write_bytes(call.rows(), |row, buffer| {
        let mut input = values.value(row);
        let hash = ::murmur3::murmur3_x64_128(&mut input, 0).map_err(|error| FunctionError::internal(error.to_string()))?;
        buffer.extend_from_slice(&hash.to_le_bytes());
        Ok(())
    })
}

fn xxhash64(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = bytes(arguments, 0);
    write_bytes(call.rows(), |row, buffer| {
        buffer.extend_from_slice(&XxHash64::oneshot(0, values.value(row)).to_be_bytes());
        Ok(())
    })
}

fn spooky_hash_v2_32(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = bytes(arguments, 0);
    write_bytes(call.rows(), |row, buffer| {
        buffer.extend_from_slice(&(spooky_hash_64(values.value(row), 0) as u32).to_be_bytes());
        Ok(())
    })
}

fn spooky_hash_v2_64(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = bytes(arguments, 0);
    write_bytes(call.rows(), |row, buffer| {
        buffer.extend_from_slice(&spooky_hash_64(values.value(row), 0).to_be_bytes());
        Ok(())
    })
}
