//! How is the CRC of joined parts had from the parts' CRCs, without reading the bytes again?
//!
//! The CRC of `a ++ b` is `crc(a) · x^(8·len(b)) mod P  xor  crc(b)` for CRCs whose start and end masks are equal.
//! Ref: zlib, `crc32_combine`; the polynomials are the reflected ones of the CRC catalogue.

/// A reflected CRC: its width in bits and its polynomial with the highest power in bit 0.
pub struct Reflected {
    width: u32,
    polynomial: u64,
}

/// CRC-32/ISO-HDLC.
pub const CRC32: Reflected = Reflected { width: 32, polynomial: 0xedb8_8320 };
/// CRC-32/ISCSI (Castagnoli).
pub const CRC32C: Reflected = Reflected { width: 32, polynomial: 0x82f6_3b78 };
/// CRC-64/NVME.
pub const CRC64NVME: Reflected = Reflected { width: 64, polynomial: 0x9a6c_9329_ac4b_c9b5 };

impl Reflected {
    /// The polynomial `1`, which is the top bit in reflected order.
    fn one(&self) -> u64 {
        1 << (self.width - 1)
    }

    /// `a · b mod P`.
    fn multiply(&self, a: u64, mut b: u64) -> u64 {
        let mut mask = self.one();
        let mut product = 0;
        while mask != 0 {
            if a & mask != 0 {
                product ^= b;
            }
            b = if b & 1 == 1 { (b >> 1) ^ self.polynomial } else { b >> 1 };
            mask >>= 1;
        }
        product
    }

    /// `x^(8·bytes) mod P`, by squaring.
    fn shift(&self, mut bytes: u64) -> u64 {
        let mut power = self.one() >> 8;
        let mut result = self.one();
        while bytes != 0 {
            if bytes & 1 == 1 {
                result = self.multiply(power, result);
            }
            power = self.multiply(power, power);
            bytes >>= 1;
        }
        result
    }
}

/// The CRC of all parts joined, big-endian; `parts` are big-endian CRCs with sizes in bytes. None if a CRC has the wrong width.
pub fn join(crc: &Reflected, parts: &[(Vec<u8>, u64)]) -> Option<Vec<u8>> {
    let width_bytes = (crc.width / 8) as usize;
    let mut joined = 0u64;
    for (digest, size) in parts {
        if digest.len() != width_bytes {
            return None;
        }
        let part = digest.iter().fold(0u64, |value, byte| (value << 8) | u64::from(*byte));
        joined = crc.multiply(crc.shift(*size), joined) ^ part;
    }
    Some(joined.to_be_bytes().into_iter().skip(8 - width_bytes).collect())
}
