//! How do encoded values become the pages of a column chunk, with their bounds? Pages are packed as they fill up; at the end of the row
//! group the dictionary goes before them.
//!
//! Ref: Apache Parquet format, "Data Pages", "Page Index", "Statistics".

use std::io::Read;

use bytes::{Buf, Bytes};
use parquet::basic::{BoundaryOrder, Compression, Encoding, EncodingMask};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, ColumnIndexBuilder, OffsetIndexBuilder};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::page_index::offset_index::OffsetIndexMetaData;
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnDescPtr;

use super::compressor::Compressor;
use super::header::{self, ValueEncoding};
use super::levels::Levels;

/// Rows of a page. Ref: parquet-mr, `parquet.page.row.count.limit`, 20,000.
pub(super) const PAGE_ROWS_MAX: usize = 20_000;
/// Encoded bytes of a page's values. Ref: parquet-mr, `parquet.page.size`, 1 MiB.
pub(super) const PAGE_BYTES_MAX: usize = 1 << 20;
/// Rows that are taken at once.
pub(super) const STEP_ROWS: usize = 1024;
/// Bytes of a bound that are kept. Ref: parquet-mr, `parquet.columnindex.truncate.length`, 64.
const BOUND_BYTES_MAX: usize = 64;

/// The smallest and the largest value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bounds<T> {
    pub least: T,
    pub most: T,
}

/// A value that has bounds, in the order of its type.
pub(super) trait Bounded: Clone {
    fn is_less(&self, other: &Self) -> bool;
    /// At most this value, as it is stored; and whether it is the value itself.
    fn stored_least(&self) -> (Vec<u8>, bool);
    /// At least this value, as it is stored; and whether it is the value itself.
    fn stored_most(&self) -> (Vec<u8>, bool);
    /// What a column chunk's footer says. `is_signed`: whether the readers of old may take the bounds.
    fn statistics(bounds: Option<&Bounds<Self>>, nulls: u64, is_signed: bool) -> Statistics;
}

/// One column of the open row group.
pub(super) struct Chunk<T> {
    pub levels: Levels,
    descriptor: ColumnDescPtr,
    codec: Compression,
    /// The packed data pages; their memory goes from row group to row group.
    pages: Vec<u8>,
    offsets: OffsetIndexBuilder,
    index: ColumnIndexBuilder,
    bounds: Option<Bounds<T>>,
    last: Option<Bounds<T>>,
    is_ascending: bool,
    is_descending: bool,
    unpacked_bytes: usize,
    rows: usize,
    nulls: usize,
    has_plain: bool,
    has_dictionary: bool,
}

impl<T: Bounded> Chunk<T> {
    pub(super) fn new(descriptor: ColumnDescPtr, codec: Compression) -> Chunk<T> {
        let index = ColumnIndexBuilder::new(descriptor.physical_type());
        Chunk {
            levels: Levels::new(),
            descriptor,
            codec,
            pages: Vec::new(),
            offsets: OffsetIndexBuilder::new(),
            index,
            bounds: None,
            last: None,
            is_ascending: true,
            is_descending: true,
            unpacked_bytes: 0,
            rows: 0,
            nulls: 0,
            has_plain: false,
            has_dictionary: false,
        }
    }

    /// Ends the open page. `values` appends its values; `bounds` are theirs, none when there is no value that has an order.
    pub(super) fn end_page(
        &mut self,
        compressor: &mut Compressor,
        encoding: ValueEncoding,
        bounds: Option<Bounds<T>>,
        values: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), ParquetError> {
        let (rows, nulls) = (self.levels.rows, self.levels.nulls);
        if rows == 0 {
            return Ok(());
        }
        compressor.page.clear();
        self.levels.end_page(&mut compressor.page);
        values(&mut compressor.page);
        let page_bytes = compressor.page.len();
        let packed = compressor.compress().map_err(|error| ParquetError::External(error.into()))?;
        let start = self.pages.len();
        header::data_page(encoding, rows, page_bytes, packed.len(), &mut self.pages);
        let header_bytes = self.pages.len() - start;
        self.pages.extend_from_slice(packed);
        self.unpacked_bytes += header_bytes + page_bytes;
        match encoding {
            ValueEncoding::Plain => self.has_plain = true,
            ValueEncoding::Dictionary => self.has_dictionary = true,
        }
        self.offsets.append_row_count(rows as i64);
        self.offsets.append_offset_and_size(start as i64, i32::try_from(self.pages.len() - start).unwrap_or(i32::MAX));
        self.rows += rows;
        self.nulls += nulls;
        self.add_bounds(bounds, rows == nulls, nulls);
        Ok(())
    }

    fn add_bounds(&mut self, bounds: Option<Bounds<T>>, is_null: bool, nulls: usize) {
        let Some(bounds) = bounds else {
            if is_null {
                self.index.append(true, Vec::new(), Vec::new(), nulls as i64);
            } else {
                // Not a number only: no page of this chunk can be told by its bounds.
                self.index.to_invalid();
            }
            return;
        };
        if let Some(last) = &self.last {
            self.is_ascending &= !bounds.least.is_less(&last.least) && !bounds.most.is_less(&last.most);
            self.is_descending &= !last.least.is_less(&bounds.least) && !last.most.is_less(&bounds.most);
        }
        self.index.append(false, bounds.least.stored_least().0, bounds.most.stored_most().0, nulls as i64);
        match &mut self.bounds {
            None => self.bounds = Some(bounds.clone()),
            Some(all) => {
                if bounds.least.is_less(&all.least) {
                    all.least = bounds.least.clone();
                }
                if all.most.is_less(&bounds.most) {
                    all.most = bounds.most.clone();
                }
            }
        }
        self.last = Some(bounds);
    }

    /// Whether a page of dictionary numbers is written already.
    pub(super) fn has_dictionary(&self) -> bool {
        self.has_dictionary
    }

    /// Ends the chunk: its bytes, and what the footer says of it. `dictionary` has the plain values and their count.
    pub(super) fn end(
        &mut self,
        compressor: &mut Compressor,
        dictionary: Option<(&[u8], usize)>,
    ) -> Result<(ChunkBytes, ColumnCloseResult), ParquetError> {
        let mut before = Vec::new();
        if let Some((values, count)) = dictionary {
            compressor.page.clear();
            compressor.page.extend_from_slice(values);
            let packed = compressor.compress().map_err(|error| ParquetError::External(error.into()))?;
            header::dictionary_page(count, values.len(), packed.len(), &mut before);
            self.unpacked_bytes += before.len() + values.len();
            before.extend_from_slice(packed);
        }
        let dictionary_bytes = before.len();
        let whole = ChunkBytes { dictionary: before.into(), pages: std::mem::take(&mut self.pages).into() };
        let mut encodings = vec![Encoding::RLE];
        if self.has_plain || dictionary.is_some() {
            encodings.push(Encoding::PLAIN);
        }
        if dictionary.is_some() {
            encodings.push(Encoding::RLE_DICTIONARY);
        }
        let metadata = ColumnChunkMetaData::builder(self.descriptor.clone())
            .set_compression(self.codec)
            .set_encodings_mask(EncodingMask::new_from_encodings(encodings.iter()))
            .set_total_compressed_size(whole.len() as i64)
            .set_total_uncompressed_size(self.unpacked_bytes as i64)
            .set_num_values(self.rows as i64)
            .set_data_page_offset(dictionary_bytes as i64)
            .set_dictionary_page_offset(dictionary.map(|_| 0))
            .set_statistics(T::statistics(self.bounds.as_ref(), self.nulls as u64, self.descriptor.sort_order().is_signed()))
            .build()?;
        let result = ColumnCloseResult {
            bytes_written: whole.len(),
            rows_written: self.rows as u64,
            metadata,
            bloom_filter: None,
            column_index: self.end_index()?,
            offset_index: Some(self.end_offsets(dictionary_bytes)),
        };
        (self.bounds, self.last, self.is_ascending, self.is_descending) = (None, None, true, true);
        (self.unpacked_bytes, self.rows, self.nulls, self.has_plain, self.has_dictionary) = (0, 0, 0, false, false);
        Ok((whole, result))
    }

    /// Takes the bytes back that [`Self::end`] gave, for their memory.
    pub(super) fn reuse(&mut self, whole: ChunkBytes) {
        self.pages = whole.pages.into();
        self.pages.clear();
    }

    fn end_index(&mut self) -> Result<Option<ColumnIndexMetaData>, ParquetError> {
        let mut index = std::mem::replace(&mut self.index, ColumnIndexBuilder::new(self.descriptor.physical_type()));
        index.set_boundary_order(match (self.is_ascending, self.is_descending) {
            (true, _) => BoundaryOrder::ASCENDING,
            (false, true) => BoundaryOrder::DESCENDING,
            (false, false) => BoundaryOrder::UNORDERED,
        });
        if index.valid() { index.build().map(Some) } else { Ok(None) }
    }

    fn end_offsets(&mut self, dictionary_bytes: usize) -> OffsetIndexMetaData {
        let mut offsets = std::mem::replace(&mut self.offsets, OffsetIndexBuilder::new()).build();
        for page in &mut offsets.page_locations {
            page.offset += dictionary_bytes as i64;
        }
        offsets
    }

    /// Bytes held.
    pub(super) fn held(&self) -> usize {
        self.pages.capacity()
    }
}

/// The bytes of a column chunk: the dictionary, if there is one, and the pages.
pub(super) struct ChunkBytes {
    dictionary: Bytes,
    pages: Bytes,
}

impl Length for ChunkBytes {
    fn len(&self) -> u64 {
        (self.dictionary.len() + self.pages.len()) as u64
    }
}

impl ChunkReader for ChunkBytes {
    type T = bytes::buf::Reader<bytes::buf::Chain<Bytes, Bytes>>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        let mut whole = self.dictionary.clone().chain(self.pages.clone());
        whole.advance(usize::try_from(start).unwrap_or(usize::MAX).min(whole.remaining()));
        Ok(whole.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let mut bytes = vec![0; length];
        self.get_read(start)?.read_exact(&mut bytes)?;
        Ok(bytes.into())
    }
}

/// A text's or bytes' lower bound: its start.
pub(super) fn shortened_least(bytes: &[u8]) -> (Vec<u8>, bool) {
    (start_of(bytes).to_vec(), bytes.len() <= BOUND_BYTES_MAX)
}

/// A text's or bytes' upper bound: the first that follows all which start like it; the whole where there is none.
pub(super) fn shortened_most(bytes: &[u8]) -> (Vec<u8>, bool) {
    if bytes.len() <= BOUND_BYTES_MAX {
        return (bytes.to_vec(), true);
    }
    let start = start_of(bytes);
    let next = match std::str::from_utf8(start) {
        Ok(text) => next_text(text).map(String::into_bytes),
        Err(_) => next_bytes(start),
    };
    next.map_or_else(|| (bytes.to_vec(), true), |next| (next, false))
}

/// At most [`BOUND_BYTES_MAX`] bytes; of a text, whole characters.
fn start_of(bytes: &[u8]) -> &[u8] {
    let Some(start) = bytes.get(..BOUND_BYTES_MAX) else { return bytes };
    match std::str::from_utf8(start) {
        Err(error) if error.error_len().is_none() => &start[..error.valid_up_to()],
        Ok(_) | Err(_) => start,
    }
}

fn next_text(text: &str) -> Option<String> {
    let mut start = text;
    while let Some(last) = start.chars().next_back() {
        start = &start[..start.len() - last.len_utf8()];
        // Past the last character before the surrogates comes the first after them.
        let code = u32::from(last) + 1;
        if let Some(next) = char::from_u32(if code == 0xd800 { 0xe000 } else { code }) {
            return Some(format!("{start}{next}"));
        }
    }
    None
}

fn next_bytes(bytes: &[u8]) -> Option<Vec<u8>> {
    let last = bytes.iter().rposition(|byte| *byte < 0xff)?;
    let mut next = bytes[..=last].to_vec();
    next[last] += 1;
    Some(next)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn long_bounds_are_shortened_and_still_hold() {
        let most = |text: &str| (String::from_utf8(shortened_most(text.as_bytes()).0).unwrap(), shortened_most(text.as_bytes()).1);
        assert_eq!(most("abc"), ("abc".to_owned(), true));
        assert_eq!(most(&"a".repeat(64)), ("a".repeat(64), true));
        assert_eq!(most(&"a".repeat(65)), (format!("{}b", "a".repeat(63)), false));
        // 21 characters of three bytes and the start of one more: the bound has whole characters.
        assert_eq!(most(&"日".repeat(30)), (format!("{}旦", "日".repeat(20)), false));
        assert_eq!(most(&"\u{10ffff}".repeat(20)), ("\u{10ffff}".repeat(20), true));
        assert_eq!(most(&"\u{d7ff}".repeat(30)), (format!("{}\u{e000}", "\u{d7ff}".repeat(20)), false));
        assert_eq!(shortened_least("日".repeat(30).as_bytes()), ("日".repeat(21).into_bytes(), false));
        let bytes = [vec![1], vec![0xff; 80]].concat();
        assert_eq!(shortened_most(&bytes), (vec![2], false));
        assert_eq!(shortened_most(&[0xff; 70]), (vec![0xff; 70], true));
        assert_eq!(shortened_least(&bytes).0.len(), 64);
    }
}
