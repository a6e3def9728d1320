//! How are small numbers packed? Runs of one number as its count, the others bit by bit, in groups of eight.
//!
//! Ref: Apache Parquet format, "Run Length Encoding / Bit-Packing Hybrid".

/// Numbers packed together.
const GROUP: usize = 8;
/// Bytes that a run must save: it costs its own header and number, and that of the packed numbers after it.
const RUN_SAVING_MIN_BYTES: usize = 6;

/// The bits that each number below `count` needs; at least one, as some readers take none of zero.
pub(super) fn bit_width(count: usize) -> u8 {
    let largest = u32::try_from(count.saturating_sub(1)).unwrap_or(u32::MAX);
    u8::try_from(u32::BITS - largest.leading_zeros()).unwrap_or(32).max(1)
}

/// Appends `numbers`, each below `1 << width`. Widths are 1 to 32.
pub(super) fn encode(numbers: &[u32], width: u8, out: &mut Vec<u8>) {
    let (mut packed_from, mut at) = (0, 0);
    while let Some(group) = numbers.get(at..at + GROUP) {
        let number = group[0];
        let differences = group.iter().fold(0, |differences, other| differences | (other ^ number));
        if differences != 0 {
            at += GROUP;
            continue;
        }
        let length = GROUP + numbers[at + GROUP..].iter().take_while(|other| **other == number).count();
        if length * usize::from(width) < 8 * RUN_SAVING_MIN_BYTES {
            at += GROUP;
            continue;
        }
        pack(&numbers[packed_from..at], width, out);
        run(number, length, width, out);
        at += length;
        packed_from = at;
    }
    pack(&numbers[packed_from..], width, out);
}

/// Appends `length` times the same number.
pub(super) fn run(number: u32, length: usize, width: u8, out: &mut Vec<u8>) {
    varint((length as u64) << 1, out);
    out.extend_from_slice(&number.to_le_bytes()[..usize::from(width).div_ceil(8)]);
}

/// Appends bits that are packed already; the last byte is filled up with zeros.
pub(super) fn bits(bytes: &[u8], out: &mut Vec<u8>) {
    varint((bytes.len() as u64) << 1 | 1, out);
    out.extend_from_slice(bytes);
}

fn pack(numbers: &[u32], width: u8, out: &mut Vec<u8>) {
    if numbers.is_empty() {
        return;
    }
    let groups = numbers.len().div_ceil(GROUP);
    varint((groups as u64) << 1 | 1, out);
    out.reserve(groups * usize::from(width) + size_of::<u128>());
    let mut whole = numbers.chunks_exact(GROUP);
    for group in &mut whole {
        pack_group(group, width, out);
    }
    let rest = whole.remainder();
    if !rest.is_empty() {
        let mut group = [0; GROUP];
        group[..rest.len()].copy_from_slice(rest);
        pack_group(&group, width, out);
    }
}

/// Eight numbers are `width` bytes.
fn pack_group(group: &[u32], width: u8, out: &mut Vec<u8>) {
    let bytes = usize::from(width);
    let start = out.len();
    let shifted = |numbers: &[u32]| numbers.iter().rev().fold(0_u64, |word, number| word << width | u64::from(*number));
    let long = |numbers: &[u32]| numbers.iter().rev().fold(0_u128, |word, number| word << width | u128::from(*number));
    match width {
        ..=8 => out.extend_from_slice(&shifted(group).to_le_bytes()),
        9..=16 => {
            let (low, high) = group.split_at(GROUP / 2);
            let word = u128::from(shifted(low)) | u128::from(shifted(high)) << (4 * width);
            out.extend_from_slice(&word.to_le_bytes());
        }
        _ => {
            // The middle of an odd width lies inside of a byte.
            let (low, high) = group.split_at(GROUP / 2);
            let (low, high) = (long(low), long(high));
            let half = 4 * usize::from(width);
            let first = half / 8;
            out.extend_from_slice(&low.to_le_bytes()[..first]);
            let (rest, rest_bits) = (low.checked_shr(first as u32 * 8).unwrap_or(0), half % 8);
            let upper = high << rest_bits | rest;
            out.extend_from_slice(&upper.to_le_bytes());
        }
    }
    out.truncate(start + bytes);
}

/// Appends a number in groups of seven bits, the lowest first.
pub(super) fn varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    /// The format's own reading, bit by bit.
    fn decode(mut bytes: &[u8], width: u8, count: usize) -> Vec<u32> {
        let mut numbers = Vec::new();
        while numbers.len() < count {
            let (mut header, mut shift) = (0_u64, 0);
            loop {
                let byte = bytes[0];
                bytes = &bytes[1..];
                header |= u64::from(byte & 0x7f) << shift;
                shift += 7;
                if byte < 0x80 {
                    break;
                }
            }
            if header & 1 == 0 {
                let length = usize::from(width).div_ceil(8);
                let mut number = [0; 4];
                number[..length].copy_from_slice(&bytes[..length]);
                bytes = &bytes[length..];
                numbers.extend(std::iter::repeat_n(u32::from_le_bytes(number), (header >> 1) as usize));
            } else {
                let length = (header >> 1) as usize * usize::from(width);
                for index in 0..(header >> 1) as usize * GROUP {
                    let bit = |place: usize| u32::from(bytes[place / 8] >> (place % 8) & 1);
                    let first = index * usize::from(width);
                    numbers.push((0..usize::from(width)).fold(0, |number, place| number | bit(first + place) << place));
                }
                bytes = &bytes[length..];
            }
        }
        assert!(bytes.is_empty());
        numbers.truncate(count);
        numbers
    }

    #[test]
    fn the_formats_own_example_is_packed_as_it_says() {
        // Ref: Apache Parquet format, "Run Length Encoding / Bit-Packing Hybrid": 0 to 7 in three bits are 10001000 11000110 11111010.
        let mut out = Vec::new();
        encode(&[0, 1, 2, 3, 4, 5, 6, 7], 3, &mut out);
        assert_eq!(out, [0b11, 0b1000_1000, 0b1100_0110, 0b1111_1010]);
    }

    #[test]
    fn every_width_and_mixture_reads_back() {
        for width in 1..=32_u8 {
            let mask = u32::MAX >> (32 - width);
            let mixed = |index: u32| if index % 97 < 40 { 5 & mask } else { index.wrapping_mul(2_654_435_761) & mask };
            for count in [0, 1, 7, 8, 9, 63, 64, 500, 1001] {
                let numbers: Vec<u32> = (0..count).map(mixed).collect();
                let mut out = Vec::new();
                encode(&numbers, width, &mut out);
                assert_eq!(decode(&out, width, numbers.len()), numbers, "width {width}, count {count}");
            }
        }
    }

    #[test]
    fn long_runs_take_a_few_bytes() {
        let mut out = Vec::new();
        encode(&[1; 20_000], 1, &mut out);
        assert_eq!(out, [0xc0, 0xb8, 0x02, 1]);
    }

    #[test]
    fn widths_are_those_of_the_largest_number() {
        assert_eq!([0, 1, 2, 3, 4, 5, 256, 257, 1 << 20].map(bit_width), [1, 1, 1, 2, 2, 3, 8, 9, 20]);
    }
}
