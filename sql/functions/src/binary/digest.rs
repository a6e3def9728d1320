//! What is the cryptographic digest of bytes? Ref: Trino 401 `md5`, `sha1`, `sha256`, `sha512`.

use arrow::array::ArrayRef;
use sha2::Digest;

use super::bytes_rows::{bytes, write_bytes};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const MD5: Function = Function {
    name: "md5",
    overloads: &[Overload::scalar("(varbinary) -> varbinary", digest::<md5::Md5>)],
    description: "Compute md5 hash",
    examples: &[("to_hex(md5(to_utf8('hashme')))", "533F6357E0210E67D91F651BC49E1278")],
    ..Function::SCALAR
};

pub const SHA1: Function = Function {
    name: "sha1",
    overloads: &[Overload::scalar("(varbinary) -> varbinary", digest::<sha1::Sha1>)],
    description: "Compute sha1 hash",
    examples: &[("to_hex(sha1(to_utf8('')))", "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709")],
    ..Function::SCALAR
};

pub const SHA256: Function = Function {
    name: "sha256",
    overloads: &[Overload::scalar("(varbinary) -> varbinary", digest::<sha2::Sha256>)],
    description: "Compute sha256 hash",
    examples: &[("to_hex(sha256(to_utf8('')))", "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855")],
    ..Function::SCALAR
};

pub const SHA512: Function = Function {
    name: "sha512",
    overloads: &[Overload::scalar("(varbinary) -> varbinary", digest::<sha2::Sha512>)],
    description: "Compute sha512 hash",
    examples: &[("length(sha512(to_utf8('')))", "64")],
    ..Function::SCALAR
};

fn digest<D: Digest>(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = bytes(arguments, 0);
    write_bytes(call.rows(), |row, buffer| {
        buffer.extend_from_slice(&D::digest(values.value(row)));
        Ok(())
    })
}
