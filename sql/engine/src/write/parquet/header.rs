//! What stands before a page? A `PageHeader` in Thrift's compact protocol.
//!
//! Ref: Apache Parquet format, `parquet.thrift`: `PageHeader`, `DataPageHeader`, `DictionaryPageHeader`; Apache Thrift, "Thrift compact
//! protocol encoding".

use super::hybrid::varint;

const I32: u8 = 5;
const STRUCT: u8 = 12;
const STOP: u8 = 0;

/// Encodings by their numbers in the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueEncoding {
    Plain = 0,
    Dictionary = 8,
}

const LEVEL_ENCODING: i32 = 3;

/// Appends the header of a data page of `count` values, nulls among them. Sizes are bytes without the header.
pub(super) fn data_page(encoding: ValueEncoding, count: usize, unpacked: usize, packed: usize, out: &mut Vec<u8>) {
    start(0, unpacked, packed, out);
    // The third field of the page header is left out.
    out.push(2 << 4 | STRUCT);
    field(1, number(count), out);
    field(1, encoding as i32, out);
    field(1, LEVEL_ENCODING, out);
    field(1, LEVEL_ENCODING, out);
    out.extend_from_slice(&[STOP, STOP]);
}

/// Appends the header of a dictionary of `count` values.
pub(super) fn dictionary_page(count: usize, unpacked: usize, packed: usize, out: &mut Vec<u8>) {
    start(2, unpacked, packed, out);
    out.push(4 << 4 | STRUCT);
    field(1, number(count), out);
    field(1, ValueEncoding::Plain as i32, out);
    out.extend_from_slice(&[STOP, STOP]);
}

fn start(page_type: i32, unpacked: usize, packed: usize, out: &mut Vec<u8>) {
    field(1, page_type, out);
    field(1, number(unpacked), out);
    field(1, number(packed), out);
}

/// A field whose number is `step` above the one before.
fn field(step: u8, value: i32, out: &mut Vec<u8>) {
    out.push(step << 4 | I32);
    let zigzag = (value << 1) ^ (value >> 31);
    varint(u64::from(zigzag.cast_unsigned()), out);
}

/// Pages are far below 2 GiB: their rows and bytes are limited.
fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
