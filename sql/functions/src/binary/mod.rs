//! Which binary functions exist? Ref: Trino 401 "Binary functions and operators". `length`, `substr`, `lpad`, `rpad`, `reverse` and `concat` are beside their string forms.

mod base32;
mod base64;
mod big_endian;
mod bytes_rows;
mod digest;
mod hash;
mod hex;
mod hmac;
mod ieee754;
mod spooky;

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[
    &hash::CRC32,
    &base32::FROM_BASE32,
    &base64::FROM_BASE64,
    &base64::FROM_BASE64URL,
    &big_endian::FROM_BIG_ENDIAN_32,
    &big_endian::FROM_BIG_ENDIAN_64,
    &hex::FROM_HEX,
    &ieee754::FROM_IEEE754_32,
    &ieee754::FROM_IEEE754_64,
    &hmac::HMAC_MD5,
    &hmac::HMAC_SHA1,
    &hmac::HMAC_SHA256,
    &hmac::HMAC_SHA512,
    &digest::MD5,
    &hash::MURMUR3,
    &digest::SHA1,
    &digest::SHA256,
    &digest::SHA512,
    &hash::SPOOKY_HASH_V2_32,
    &hash::SPOOKY_HASH_V2_64,
    &base32::TO_BASE32,
    &base64::TO_BASE64,
    &base64::TO_BASE64URL,
    &big_endian::TO_BIG_ENDIAN_32,
    &big_endian::TO_BIG_ENDIAN_64,
    &hex::TO_HEX,
    &ieee754::TO_IEEE754_32,
    &ieee754::TO_IEEE754_64,
    &hash::XXHASH64,
];
