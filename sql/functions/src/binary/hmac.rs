//! What is the keyed digest of bytes? Ref: Trino 401 `hmac_md5`, `hmac_sha1`, `hmac_sha256`, `hmac_sha512`.

use ::hmac::{Hmac, KeyInit, Mac};
use arrow::array::ArrayRef;

use super::bytes_rows::{bytes, write_bytes};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const HMAC_MD5: Function = Function {
    name: "hmac_md5",
    overloads: &[Overload::scalar("(varbinary, varbinary) -> varbinary", keyed_digest::<Hmac<md5::Md5>>)],
    description: "Compute HMAC with MD5",
    examples: &[("to_hex(hmac_md5(to_utf8(''), to_utf8('key')))", "63530468A04E386459855DA0063B6596")],
    ..Function::SCALAR
};

pub const HMAC_SHA1: Function = Function {
    name: "hmac_sha1",
    overloads: &[Overload::scalar("(varbinary, varbinary) -> varbinary", keyed_digest::<Hmac<sha1::Sha1>>)],
    description: "Compute HMAC with SHA1",
    examples: &[("to_hex(hmac_sha1(to_utf8(''), to_utf8('key')))", "F42BB0EEB018EBBD4597AE7213711EC60760843F")],
    ..Function::SCALAR
};

pub const HMAC_SHA256: Function = Function {
    name: "hmac_sha256",
    overloads: &[Overload::scalar("(varbinary, varbinary) -> varbinary", keyed_digest::<Hmac<sha2::Sha256>>)],
    description: "Compute HMAC with SHA256",
    examples: &[("length(hmac_sha256(to_utf8(''), to_utf8('key')))", "32")],
    ..Function::SCALAR
};

pub const HMAC_SHA512: Function = Function {
    name: "hmac_sha512",
    overloads: &[Overload::scalar("(varbinary, varbinary) -> varbinary", keyed_digest::<Hmac<sha2::Sha512>>)],
    description: "Compute HMAC with SHA512",
    examples: &[("length(hmac_sha512(to_utf8(''), to_utf8('key')))", "64")],
    ..Function::SCALAR
};

fn keyed_digest<M: Mac + KeyInit>(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (values, keys) = (bytes(arguments, 0), bytes(arguments, 1));
    write_bytes(call.rows(), |row, buffer| {
        let key = keys.value(row);
        let empty = || FunctionError::new("GENERIC_INTERNAL_ERROR", "Empty key");
        if key.is_empty() {
            return Err(empty());
        }
        let mut mac = <M as KeyInit>::new_from_slice(key).map_err(|_| empty())?;
        mac.update(values.value(row));
        buffer.extend_from_slice(&mac.finalize().into_bytes());
        Ok(())
    })
}
