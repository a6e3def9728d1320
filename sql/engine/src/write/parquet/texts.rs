//! How are texts and bytes encoded? As numbers of a dictionary while that pays, plainly otherwise.
//!
//! Ref: Apache Parquet format, "Plain" (BYTE_ARRAY: four bytes of length, then the bytes), "Dictionary Encoding"; Apache Arrow columnar
//! format, "Variable-size Binary View Layout".

use arrow::array::{Array, GenericByteViewArray};
use arrow::buffer::Buffer;
use arrow::datatypes::ByteViewType;
use parquet::basic::Compression;
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::schema::types::ColumnDescPtr;

use super::chunk::{Bounded, Bounds, Chunk, ChunkBytes, PAGE_BYTES_MAX, PAGE_ROWS_MAX, STEP_ROWS, shortened_least, shortened_most};
use super::compressor::Compressor;
use super::dictionary::{Sample, Slots, hash, hash_on};
use super::header::ValueEncoding;
use super::hybrid;
use super::levels::Rows;

/// Bytes that lie in the view itself.
const INLINE_BYTES_MAX: usize = 12;
/// Bytes before each plain value.
const LENGTH_BYTES: usize = 4;
/// Views that are remembered within a batch.
const REMEMBERED: usize = 256;

/// A column of texts or bytes in the open row group.
pub(super) struct TextColumn {
    chunk: Chunk<Vec<u8>>,
    is_dictionary: bool,
    sample: Sample,
    known: Known,
    /// The open page: numbers of the dictionary, or plain values.
    numbers: Vec<u32>,
    plain: Vec<u8>,
    bounds: PlainBounds,
    /// Which values of the dictionary the open page has.
    is_seen: Vec<bool>,
    /// Views of this batch that lie outside of themselves, with their numbers; a reader's views of one dictionary's value are the same.
    remembered: Vec<(u128, u32)>,
}

/// The dictionary.
#[derive(Default)]
struct Known {
    slots: Slots,
    /// Plain values, as they are written.
    plain: Vec<u8>,
    /// Where in `plain` each value's length is.
    starts: Vec<u32>,
    hashes: Vec<u64>,
}

/// The least and the most of the plain values of a page.
#[derive(Default)]
struct PlainBounds {
    has_any: bool,
    /// The first bytes, most significant first, so that most comparisons end there.
    least_start: u64,
    most_start: u64,
    least: Vec<u8>,
    most: Vec<u8>,
}

impl TextColumn {
    pub(super) fn new(descriptor: ColumnDescPtr, codec: Compression) -> TextColumn {
        let mut column = TextColumn {
            chunk: Chunk::new(descriptor, codec),
            is_dictionary: true,
            sample: Sample::default(),
            known: Known::default(),
            numbers: Vec::new(),
            plain: Vec::new(),
            bounds: PlainBounds::default(),
            is_seen: Vec::new(),
            remembered: Vec::new(),
        };
        column.start();
        column
    }

    fn start(&mut self) {
        self.is_dictionary = true;
        self.sample = Sample::default();
        self.known.clear();
        self.is_seen.clear();
    }

    /// Encodes rows of `array`.
    pub(super) fn write<T: ByteViewType + ?Sized>(
        &mut self,
        compressor: &mut Compressor,
        array: &GenericByteViewArray<T>,
        rows: &Rows<'_>,
    ) -> Result<(), ParquetError> {
        let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
        let (views, buffers) = (array.views(), array.data_buffers());
        self.remembered.clear();
        self.remembered.resize(REMEMBERED, (0, 0));
        for from in (0..rows.len()).step_by(STEP_ROWS) {
            let part = rows.part(from, rows.len().min(from + STEP_ROWS));
            self.chunk.levels.add(nulls, &part);
            match (&part, nulls) {
                (Rows::Range(range), None) => self.add(compressor, views[range.clone()].iter().copied(), buffers)?,
                (Rows::Range(range), Some(nulls)) => {
                    self.add(compressor, range.clone().filter(|row| nulls.is_valid(*row)).map(|row| views[row]), buffers)?;
                }
                (Rows::Picked(rows), None) => self.add(compressor, rows.iter().map(|row| views[*row as usize]), buffers)?,
                (Rows::Picked(rows), Some(nulls)) => {
                    let valid = rows.iter().map(|row| *row as usize).filter(|row| nulls.is_valid(*row));
                    self.add(compressor, valid.map(|row| views[row]), buffers)?;
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, compressor: &mut Compressor, views: impl Iterator<Item = u128>, buffers: &[Buffer]) -> Result<(), ParquetError> {
        if self.is_dictionary {
            let before = self.numbers.len();
            self.number(views, buffers);
            if self.sample.add(self.numbers.len() - before, self.known.starts.len(), self.known.plain.len()) {
                self.give_up(compressor)?;
            }
        } else {
            for view in views {
                let start = self.plain.len();
                // A view begins with the value's length, as a plain value does.
                if view as u32 as usize <= INLINE_BYTES_MAX {
                    self.plain.extend_from_slice(&view.to_le_bytes());
                    self.plain.truncate(start + LENGTH_BYTES + view as u32 as usize);
                } else {
                    self.plain.extend_from_slice(&(view as u32).to_le_bytes());
                    self.plain.extend_from_slice(outside(view, buffers));
                }
                self.bounds.add(start_of(view), &self.plain[start + LENGTH_BYTES..]);
            }
        }
        let is_full = self.chunk.levels.rows >= PAGE_ROWS_MAX || self.plain.len() >= PAGE_BYTES_MAX;
        if is_full { self.end_page(compressor) } else { Ok(()) }
    }

    fn number(&mut self, views: impl Iterator<Item = u128>, buffers: &[Buffer]) {
        let mut last: Option<(u128, u32)> = None;
        for view in views {
            let number = match last {
                Some((before, number)) if before == view => number,
                _ if view as u32 as usize <= INLINE_BYTES_MAX => {
                    let bytes = view.to_le_bytes();
                    let length = view as u32 as usize;
                    self.known.find(hash_of_inline(view), &bytes[LENGTH_BYTES..LENGTH_BYTES + length])
                }
                _ => {
                    let place = hash((view >> 64) as u64) as usize % REMEMBERED;
                    match self.remembered[place] {
                        (remembered, number) if remembered == view => number,
                        _ => {
                            let bytes = outside(view, buffers);
                            let number = self.known.find(hash_of_bytes(bytes), bytes);
                            self.remembered[place] = (view, number);
                            number
                        }
                    }
                }
            };
            last = Some((view, number));
            self.numbers.push(number);
        }
        self.is_seen.resize(self.known.starts.len(), false);
    }

    /// Goes on plainly. What is numbered becomes values again where no page of numbers is written, else it is a page.
    fn give_up(&mut self, compressor: &mut Compressor) -> Result<(), ParquetError> {
        if self.chunk.has_dictionary() {
            self.end_page(compressor)?;
        } else {
            for number in std::mem::take(&mut self.numbers) {
                let value = self.known.value(number as usize);
                self.plain.extend_from_slice(&(value.len() as u32).to_le_bytes());
                self.plain.extend_from_slice(value);
                self.bounds.add(start_of_bytes(value), value);
            }
        }
        self.is_dictionary = false;
        Ok(())
    }

    fn end_page(&mut self, compressor: &mut Compressor) -> Result<(), ParquetError> {
        if self.is_dictionary {
            let bounds = self.seen_bounds();
            let width = hybrid::bit_width(self.known.starts.len());
            let numbers = &self.numbers;
            self.chunk.end_page(compressor, ValueEncoding::Dictionary, bounds, |page| {
                page.push(width);
                hybrid::encode(numbers, width, page);
            })?;
            self.numbers.clear();
        } else {
            let bounds = self.bounds.take();
            let plain = &self.plain;
            self.chunk.end_page(compressor, ValueEncoding::Plain, bounds, |page| page.extend_from_slice(plain))?;
            self.plain.clear();
        }
        Ok(())
    }

    /// The bounds of the open page, over the values of the dictionary that it has.
    fn seen_bounds(&mut self) -> Option<Bounds<Vec<u8>>> {
        for number in &self.numbers {
            self.is_seen[*number as usize] = true;
        }
        let mut bounds: Option<(&[u8], &[u8])> = None;
        for (number, is_seen) in self.is_seen.iter_mut().enumerate() {
            if std::mem::take(is_seen) {
                let value = self.known.value(number);
                let (least, most) = bounds.unwrap_or((value, value));
                bounds = Some((least.min(value), most.max(value)));
            }
        }
        bounds.map(|(least, most)| Bounds { least: least.to_vec(), most: most.to_vec() })
    }

    /// Ends the column chunk.
    pub(super) fn end(&mut self, compressor: &mut Compressor) -> Result<(ChunkBytes, ColumnCloseResult), ParquetError> {
        // A short column whose values hardly come back.
        let is_no_gain = self.known.starts.len() * 2 > self.numbers.len();
        if self.is_dictionary && !self.chunk.has_dictionary() && self.sample.goes_on() && is_no_gain {
            self.give_up(compressor)?;
        }
        self.end_page(compressor)?;
        let dictionary = self.chunk.has_dictionary().then_some((self.known.plain.as_slice(), self.known.starts.len()));
        let ended = self.chunk.end(compressor, dictionary)?;
        self.start();
        Ok(ended)
    }

    pub(super) fn reuse(&mut self, whole: ChunkBytes) {
        self.chunk.reuse(whole);
    }

    /// Bytes held.
    pub(super) fn held(&self) -> usize {
        let known = self.known.slots.held() + self.known.plain.capacity() + (self.known.starts.capacity() + self.numbers.capacity()) * 4;
        self.chunk.held() + known + self.known.hashes.capacity() * 8 + self.plain.capacity() + self.remembered.capacity() * 32
    }
}

impl Known {
    fn clear(&mut self) {
        self.slots.clear();
        self.plain.clear();
        self.starts.clear();
        self.hashes.clear();
    }

    fn value(&self, number: usize) -> &[u8] {
        value_at(&self.plain, self.starts[number])
    }

    fn find(&mut self, hash: u64, value: &[u8]) -> u32 {
        let (plain, starts, hashes) = (&self.plain, &self.starts, &self.hashes);
        let is_value = |number: usize| hashes[number] == hash && value_at(plain, starts[number]) == value;
        let number = self.slots.find(hash, is_value, |number| hashes[number]).unwrap_or_else(|| {
            self.starts.push(u32::try_from(self.plain.len()).unwrap_or(u32::MAX));
            self.hashes.push(hash);
            self.plain.extend_from_slice(&(value.len() as u32).to_le_bytes());
            self.plain.extend_from_slice(value);
            self.starts.len() - 1
        });
        u32::try_from(number).unwrap_or(u32::MAX)
    }
}

impl PlainBounds {
    #[inline]
    fn add(&mut self, start: u64, value: &[u8]) {
        if start > self.least_start && start < self.most_start {
            return;
        }
        if !self.has_any || start < self.least_start || (start == self.least_start && value < self.least.as_slice()) {
            self.least_start = start;
            self.least.clear();
            self.least.extend_from_slice(value);
        }
        if !self.has_any || start > self.most_start || (start == self.most_start && value > self.most.as_slice()) {
            self.most_start = start;
            self.most.clear();
            self.most.extend_from_slice(value);
        }
        self.has_any = true;
    }

    fn take(&mut self) -> Option<Bounds<Vec<u8>>> {
        let taken = std::mem::take(self);
        taken.has_any.then_some(Bounds { least: taken.least, most: taken.most })
    }
}

fn value_at(plain: &[u8], start: u32) -> &[u8] {
    let rest = &plain[start as usize..];
    let Some((length, rest)) = rest.split_first_chunk::<LENGTH_BYTES>() else { return &[] };
    &rest[..u32::from_le_bytes(*length) as usize]
}

/// The value of a view that is longer than one can hold. Ref: length, start of the value, buffer and offset, 32 bits each.
#[inline]
fn outside(view: u128, buffers: &[Buffer]) -> &[u8] {
    let (length, buffer, offset) = (view as u32 as usize, (view >> 64) as u32 as usize, (view >> 96) as u32 as usize);
    &buffers[buffer].as_slice()[offset..offset + length]
}

/// The first four bytes, most significant first; zeros after a shorter value's end.
#[inline]
fn start_of(view: u128) -> u64 {
    u64::from(((view >> 32) as u32).swap_bytes())
}

fn start_of_bytes(value: &[u8]) -> u64 {
    value.iter().copied().chain(std::iter::repeat(0)).take(4).fold(0, |start, byte| start << 8 | u64::from(byte))
}

#[inline]
fn hash_of_inline(view: u128) -> u64 {
    hash_on(hash(view as u64), (view >> 64) as u64)
}

fn hash_of_bytes(value: &[u8]) -> u64 {
    let mut words = value.chunks_exact(8);
    let mut hashed = hash(value.len() as u64);
    for word in &mut words {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(word);
        hashed = hash_on(hashed, u64::from_le_bytes(bytes));
    }
    let mut bytes = [0; 8];
    bytes[..words.remainder().len()].copy_from_slice(words.remainder());
    hash_on(hashed, u64::from_le_bytes(bytes))
}

impl Bounded for Vec<u8> {
    fn is_less(&self, other: &Self) -> bool {
        self < other
    }

    fn stored_least(&self) -> (Vec<u8>, bool) {
        shortened_least(self)
    }

    fn stored_most(&self) -> (Vec<u8>, bool) {
        shortened_most(self)
    }

    fn statistics(bounds: Option<&Bounds<Self>>, nulls: u64, is_signed: bool) -> Statistics {
        let (least, most) = bounds.map(|bounds| (bounds.least.stored_least(), bounds.most.stored_most())).unzip();
        let is_exact = |stored: &Option<(Vec<u8>, bool)>| stored.as_ref().is_none_or(|(_, is_exact)| *is_exact);
        let (is_least_exact, is_most_exact) = (is_exact(&least), is_exact(&most));
        let value = |stored: Option<(Vec<u8>, bool)>| stored.map(|(bytes, _)| ByteArray::from(bytes));
        ValueStatistics::<ByteArray>::new(value(least), value(most), None, Some(nulls), false)
            .with_min_is_exact(is_least_exact)
            .with_max_is_exact(is_most_exact)
            .with_backwards_compatible_min_max(is_signed)
            .into()
    }
}
