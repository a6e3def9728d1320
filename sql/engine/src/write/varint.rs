//! How are numbers written in as few bytes as they need? Seven bits a byte, zigzag where there is a sign.
//!
//! Ref: Protocol Buffers encoding, "Base 128 Varints"; Apache Avro specification, "Primitive Types"; Apache ORC specification v1.

/// An unsigned number, the lowest seven bits first.
pub(super) fn push_unsigned(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A signed number: 0, -1, 1, -2 become 0, 1, 2, 3.
pub(super) fn push_signed(value: i64, out: &mut Vec<u8>) {
    push_unsigned(((value << 1) ^ (value >> 63)) as u64, out);
}

/// As [`push_signed`] for 128 bits.
pub(super) fn push_signed_128(value: i128, out: &mut Vec<u8>) {
    let mut value = ((value << 1) ^ (value >> 127)) as u128;
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// The two's complement, big-endian, and how many of its last bytes are enough.
pub(super) fn bytes_of_128(value: i128) -> ([u8; 16], usize) {
    let unused = if value < 0 { value.leading_ones() } else { value.leading_zeros() };
    // One bit of the sign is kept.
    (value.to_be_bytes(), 16 - ((unused - 1) / 8) as usize)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_the_bytes_they_need() {
        // Ref: Protocol Buffers encoding: 150 is 96 01. Apache Avro specification: -64 is 7f, 64 is 80 01.
        let bytes = |push: &dyn Fn(&mut Vec<u8>)| {
            let mut out = Vec::new();
            push(&mut out);
            out
        };
        assert_eq!(bytes(&|out| push_unsigned(150, out)), [0x96, 0x01]);
        assert_eq!(bytes(&|out| push_signed(-64, out)), [0x7f]);
        assert_eq!(bytes(&|out| push_signed(64, out)), [0x80, 0x01]);
        assert_eq!(bytes(&|out| push_signed_128(-1, out)), [1]);
        assert_eq!(bytes(&|out| push_signed(i64::MIN, out)), bytes(&|out| push_signed_128(i64::MIN.into(), out)));
        for (value, length) in [(0, 1), (-1, 1), (127, 1), (128, 2), (-128, 1), (-129, 2), (i128::MAX, 16), (i128::MIN, 16)] {
            assert_eq!(bytes_of_128(value).1, length, "{value}");
        }
    }
}
