//! What numbers, bytes and bits does a stream of an ORC stripe hold? Unpacked in blocks, then run by run.
//!
//! Ref: Apache ORC specification v1, "Compression", "Run Length Encoding"; integers in both versions.

use std::io::Read;

use super::orc_tail::Malformed;

/// A block that claims to be longer is damaged. Ref: Apache ORC, 23 bits of length.
const BLOCK_BYTES_MAX: u64 = 1 << 23;

/// How the bytes of a file are packed. Ref: `orc_proto.proto`, `CompressionKind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    None,
    Zlib,
    Snappy,
    Lz4,
    Zstd,
}

impl Packing {
    /// LZO and what came later are not known.
    pub(super) fn of_kind(kind: u64) -> Option<Packing> {
        Some(match kind {
            0 => Packing::None,
            1 => Packing::Zlib,
            2 => Packing::Snappy,
            4 => Packing::Lz4,
            5 => Packing::Zstd,
            _ => return None,
        })
    }

    /// The bytes of a stream; each block tells its length and whether it is as it was.
    pub(super) fn unpack(self, mut packed: &[u8], block_bytes: u64) -> Result<Vec<u8>, Malformed> {
        if self == Packing::None {
            return Ok(packed.to_vec());
        }
        let plain_max = usize::try_from(block_bytes.min(BLOCK_BYTES_MAX)).map_err(|_| Malformed)?;
        let mut plain = Vec::with_capacity(packed.len().saturating_mul(2));
        while !packed.is_empty() {
            let (header, rest) = packed.split_first_chunk::<3>().ok_or(Malformed)?;
            let header = u32::from_le_bytes([header[0], header[1], header[2], 0]);
            let (block, rest) = rest.split_at_checked((header >> 1) as usize).ok_or(Malformed)?;
            packed = rest;
            if header & 1 == 1 {
                plain.extend_from_slice(block);
                continue;
            }
            match self {
                Packing::None => plain.extend_from_slice(block),
                Packing::Zlib => {
                    let mut unpacked = flate2::read::DeflateDecoder::new(block).take(plain_max as u64);
                    unpacked.read_to_end(&mut plain).map_err(|_| Malformed)?;
                }
                Packing::Snappy => {
                    if snap::raw::decompress_len(block).map_err(|_| Malformed)? > plain_max {
                        return Err(Malformed);
                    }
                    plain.extend(snap::raw::Decoder::new().decompress_vec(block).map_err(|_| Malformed)?);
                }
                Packing::Lz4 => plain.extend(lz4_flex::block::decompress(block, plain_max).map_err(|_| Malformed)?),
                Packing::Zstd => plain.extend(zstd::bulk::decompress(block, plain_max).map_err(|_| Malformed)?),
            }
        }
        Ok(plain)
    }
}

/// The first `count` bits, the highest of each byte first.
pub(super) fn bits(bytes: &[u8], count: usize) -> Result<Vec<bool>, Malformed> {
    let packed = byte_runs(bytes, count.div_ceil(8))?;
    Ok((0..count).map(|index| packed[index / 8] & (0x80 >> (index % 8)) != 0).collect())
}

/// The first `count` bytes.
pub(super) fn byte_runs(mut bytes: &[u8], count: usize) -> Result<Vec<u8>, Malformed> {
    let mut values = Vec::with_capacity(count.min(bytes.len().saturating_mul(130)));
    while values.len() < count {
        let header = first(&mut bytes)?;
        if header < 0x80 {
            let value = first(&mut bytes)?;
            values.resize(values.len() + usize::from(header) + 3, value);
        } else {
            let (literals, rest) = bytes.split_at_checked(256 - usize::from(header)).ok_or(Malformed)?;
            values.extend_from_slice(literals);
            bytes = rest;
        }
    }
    values.truncate(count);
    Ok(values)
}

/// How integers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IntegerRuns {
    Version1,
    Version2,
}

/// The first `count` integers.
pub(super) fn integers(bytes: &[u8], runs: IntegerRuns, is_signed: bool, count: usize) -> Result<Vec<i64>, Malformed> {
    let mut values = Vec::with_capacity(count.min(bytes.len().saturating_mul(512)));
    let mut rest = bytes;
    while values.len() < count {
        match runs {
            IntegerRuns::Version1 => run_1(&mut rest, is_signed, &mut values)?,
            IntegerRuns::Version2 => run_2(&mut rest, is_signed, &mut values)?,
        }
    }
    values.truncate(count);
    Ok(values)
}

fn run_1(bytes: &mut &[u8], is_signed: bool, values: &mut Vec<i64>) -> Result<(), Malformed> {
    let header = first(bytes)?;
    if header >= 0x80 {
        return (0..256 - u32::from(header)).try_for_each(|_| {
            values.push(varint(bytes, is_signed)?);
            Ok(())
        });
    }
    let step = i64::from(first(bytes)? as i8);
    let base = varint(bytes, is_signed)?;
    values.extend((0..i64::from(header) + 3).map(|index| base.wrapping_add(step.wrapping_mul(index))));
    Ok(())
}

fn run_2(bytes: &mut &[u8], is_signed: bool, values: &mut Vec<i64>) -> Result<(), Malformed> {
    let header = first(bytes)?;
    let value = |raw: u64| if is_signed { unzigzag(raw) } else { raw as i64 };
    let width_code = (header >> 1) & 0x1f;
    let length = |bytes: &mut &[u8]| Ok((usize::from(header & 1) << 8 | usize::from(first(bytes)?)) + 1);
    match header >> 6 {
        // Short repeat.
        0 => {
            let raw = big_endian(bytes, usize::from(header >> 3 & 7) + 1)?;
            values.resize(values.len() + usize::from(header & 7) + 3, value(raw));
        }
        // Direct.
        1 => {
            let length = length(bytes)?;
            unpack_bits(bytes, width(width_code), length, |raw| values.push(value(raw)))?;
        }
        // Patched base.
        2 => {
            let length = length(bytes)?;
            let width = width(width_code);
            let (third, fourth) = (first(bytes)?, first(bytes)?);
            let base_bytes = usize::from(third >> 5) + 1;
            let (patch_width, gap_width) = (self::width(third & 0x1f), u32::from(fourth >> 5) + 1);
            let patch_count = usize::from(fourth & 0x1f);
            let raw_base = big_endian(bytes, base_bytes)?;
            // The highest bit is the sign.
            let sign = 1u64 << (base_bytes * 8 - 1);
            let base = if raw_base & sign != 0 { -((raw_base & (sign - 1)) as i64) } else { raw_base as i64 };
            let mut raws = Vec::with_capacity(length);
            unpack_bits(bytes, width, length, |raw| raws.push(raw))?;
            let mut at = 0;
            let patch_bits = closest_fixed_bits(patch_width + gap_width);
            let mut patches = Vec::with_capacity(patch_count);
            unpack_bits(bytes, patch_bits, patch_count, |raw| patches.push(raw))?;
            for entry in patches {
                let patch_mask = if patch_width >= 64 { u64::MAX } else { (1 << patch_width) - 1 };
                at += usize::try_from(entry.checked_shr(patch_width).unwrap_or(0)).map_err(|_| Malformed)?;
                let raw = raws.get_mut(at).ok_or(Malformed)?;
                *raw |= (entry & patch_mask).checked_shl(width).ok_or(Malformed)?;
            }
            values.extend(raws.into_iter().map(|raw| base.wrapping_add(raw as i64)));
        }
        // Delta.
        _ => {
            let length = length(bytes)?;
            let width = if width_code == 0 { 0 } else { width(width_code) };
            let mut last = varint(bytes, is_signed)?;
            values.push(last);
            if length == 1 {
                return Ok(());
            }
            let step = varint(bytes, true)?;
            last = last.wrapping_add(step);
            values.push(last);
            if width == 0 {
                values.extend((1..=length as i64 - 2).map(|index| last.wrapping_add(step.wrapping_mul(index))));
            } else {
                unpack_bits(bytes, width, length - 2, |raw| {
                    last = if step < 0 { last.wrapping_sub(raw as i64) } else { last.wrapping_add(raw as i64) };
                    values.push(last);
                })?;
            }
        }
    }
    Ok(())
}

/// Ref: Apache ORC specification, "Integer Run Length Encoding, version 2", the table of widths.
fn width(code: u8) -> u32 {
    match code {
        0..=23 => u32::from(code) + 1,
        24 => 26,
        25 => 28,
        26 => 30,
        27 => 32,
        28 => 40,
        29 => 48,
        30 => 56,
        _ => 64,
    }
}

/// Ref: Apache ORC, `SerializationUtils.getClosestFixedBits`.
fn closest_fixed_bits(bits: u32) -> u32 {
    (0..32).map(width).find(|width| *width >= bits).unwrap_or(64)
}

/// `count` numbers of `width` bits, the highest bit first; they end at a whole byte.
fn unpack_bits(bytes: &mut &[u8], width: u32, count: usize, mut take: impl FnMut(u64)) -> Result<(), Malformed> {
    let length = (width as usize * count).div_ceil(8);
    let (packed, rest) = bytes.split_at_checked(length).ok_or(Malformed)?;
    *bytes = rest;
    let (mut held, mut held_bits) = (0u128, 0u32);
    let mut packed = packed.iter();
    let mask = if width >= 64 { u64::MAX } else { (1 << width) - 1 };
    for _ in 0..count {
        while held_bits < width {
            held = held << 8 | u128::from(*packed.next().ok_or(Malformed)?);
            held_bits += 8;
        }
        held_bits -= width;
        take((held >> held_bits) as u64 & mask);
    }
    Ok(())
}

fn big_endian(bytes: &mut &[u8], count: usize) -> Result<u64, Malformed> {
    (0..count).try_fold(0u64, |value, _| Ok(value << 8 | u64::from(first(bytes)?)))
}

fn first(bytes: &mut &[u8]) -> Result<u8, Malformed> {
    let (head, rest) = bytes.split_first().ok_or(Malformed)?;
    *bytes = rest;
    Ok(*head)
}

fn unzigzag(raw: u64) -> i64 {
    (raw >> 1) as i64 ^ -((raw & 1) as i64)
}

fn varint(bytes: &mut &[u8], is_signed: bool) -> Result<i64, Malformed> {
    let mut value = 0u64;
    for shift in (0..70).step_by(7) {
        let byte = first(bytes)?;
        value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte & 0x80 == 0 {
            return Ok(if is_signed { unzigzag(value) } else { value as i64 });
        }
    }
    Err(Malformed)
}

/// The first `count` unbounded integers, as decimals are written.
pub(super) fn big_integers(mut bytes: &[u8], count: usize) -> Result<Vec<i128>, Malformed> {
    let mut values = Vec::with_capacity(count.min(bytes.len()));
    for _ in 0..count {
        let (mut value, mut shift) = (0u128, 0);
        loop {
            let byte = first(&mut bytes)?;
            value |= u128::from(byte & 0x7f).checked_shl(shift).ok_or(Malformed)?;
            if byte & 0x80 == 0 {
                break;
            }
            shift += 7;
        }
        values.push((value >> 1) as i128 ^ -((value & 1) as i128));
    }
    Ok(values)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_specification() {
        // Ref: Apache ORC specification v1, "Run Length Encoding", both versions.
        let one = |bytes: &[u8], count| integers(bytes, IntegerRuns::Version1, false, count).unwrap();
        assert_eq!(one(&[0x61, 0x00, 0x07], 100), [7; 100]);
        assert_eq!(one(&[0x61, 0xff, 0x64], 100), (1..=100).rev().collect::<Vec<_>>());
        assert_eq!(one(&[0xfb, 0x02, 0x03, 0x06, 0x07, 0x0b], 5), [2, 3, 6, 7, 11]);
        let two = |bytes: &[u8], count| integers(bytes, IntegerRuns::Version2, false, count).unwrap();
        assert_eq!(two(&[0x0a, 0x27, 0x10], 5), [10_000; 5]);
        assert_eq!(two(&[0x5e, 0x03, 0x5c, 0xa1, 0xab, 0x1e, 0xde, 0xad, 0xbe, 0xef], 4), [23_713, 43_806, 57_005, 48_879]);
        let patched = [
            0x8e, 0x13, 0x2b, 0x21, 0x07, 0xd0, 0x1e, 0x00, 0x14, 0x70, 0x28, 0x32, 0x3c, 0x46, 0x50, 0x5a, 0x64, 0x6e, 0x78, 0x82, 0x8c,
            0x96, 0xa0, 0xaa, 0xb4, 0xbe, 0xfc, 0xe8,
        ];
        let expected =
            [2030, 2000, 2020, 1_000_000, 2040, 2050, 2060, 2070, 2080, 2090, 2100, 2110, 2120, 2130, 2140, 2150, 2160, 2170, 2180, 2190];
        assert_eq!(two(&patched, 20), expected);
        assert_eq!(two(&[0xc6, 0x09, 0x02, 0x02, 0x22, 0x42, 0x42, 0x46], 10), [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]);
        assert_eq!(byte_runs(&[0x61, 0x00], 100).unwrap(), [0; 100]);
        assert_eq!(byte_runs(&[0xfe, 0x44, 0x45], 2).unwrap(), [0x44, 0x45]);
        assert_eq!(bits(&[0xff, 0x80], 8).unwrap(), [true, false, false, false, false, false, false, false]);
    }

    #[test]
    fn what_ends_too_early_is_malformed() {
        assert_eq!(integers(&[0x61, 0x00], IntegerRuns::Version1, true, 3), Err(Malformed));
        assert_eq!(integers(&[0x5e, 0x03, 0x5c], IntegerRuns::Version2, true, 4), Err(Malformed));
        assert_eq!(byte_runs(&[0xfe, 0x44], 2), Err(Malformed));
        assert_eq!(Packing::Zlib.unpack(&[10, 0, 0, 1], 1024), Err(Malformed));
        assert_eq!(big_integers(&[0xff; 40], 1), Err(Malformed));
    }

    #[test]
    fn decimals_are_unbounded_zigzag_numbers() {
        assert_eq!(big_integers(&[0x07, 0x80, 0x02], 2).unwrap(), [-4, 128]);
    }
}
