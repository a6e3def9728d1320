//! How are the values of numbers encoded? As numbers of a dictionary while that pays, plainly otherwise.
//!
//! Ref: Apache Parquet format, "Plain", "Dictionary Encoding", "Statistics" (of floating point: NaN has no place in an order, zeros have
//! both signs).

use arrow::buffer::NullBuffer;
use arrow::datatypes::ArrowNativeType;
use parquet::basic::Compression;
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::schema::types::ColumnDescPtr;

use super::chunk::{Bounded, Bounds, Chunk, ChunkBytes, PAGE_BYTES_MAX, PAGE_ROWS_MAX, STEP_ROWS};
use super::compressor::Compressor;
use super::dictionary::{Sample, Slots, hash};
use super::header::ValueEncoding;
use super::hybrid;
use super::levels::Rows;

/// A number as Parquet holds it.
pub(super) trait Number: ArrowNativeType + Bounded + PartialOrd {
    fn bits(self) -> u64;
    /// Not a NaN.
    fn is_ordered(self) -> bool;
}

/// A column of numbers in the open row group.
pub(super) struct FixedColumn<V> {
    chunk: Chunk<V>,
    is_dictionary: bool,
    sample: Sample,
    slots: Slots,
    /// The values of the dictionary.
    known: Vec<V>,
    /// The open page: numbers of the dictionary, or the values themselves.
    numbers: Vec<u32>,
    values: Vec<V>,
    bounds: Option<Bounds<V>>,
    /// A step's values.
    step: Vec<V>,
}

impl<V: Number> FixedColumn<V> {
    pub(super) fn new(descriptor: ColumnDescPtr, codec: Compression) -> FixedColumn<V> {
        let mut column = FixedColumn {
            chunk: Chunk::new(descriptor, codec),
            is_dictionary: true,
            sample: Sample::default(),
            slots: Slots::default(),
            known: Vec::new(),
            numbers: Vec::new(),
            values: Vec::new(),
            bounds: None,
            step: Vec::new(),
        };
        column.start();
        column
    }

    fn start(&mut self) {
        self.is_dictionary = true;
        self.sample = Sample::default();
        self.slots.clear();
        self.known.clear();
    }

    /// Encodes rows of `source`, each as `convert` gives it.
    pub(super) fn write<S: Copy>(
        &mut self,
        compressor: &mut Compressor,
        source: &[S],
        nulls: Option<&NullBuffer>,
        rows: &Rows<'_>,
        convert: impl Fn(S) -> V,
    ) -> Result<(), ParquetError> {
        let nulls = nulls.filter(|nulls| nulls.null_count() > 0);
        for from in (0..rows.len()).step_by(STEP_ROWS) {
            let part = rows.part(from, rows.len().min(from + STEP_ROWS));
            let mut step = std::mem::take(&mut self.step);
            step.clear();
            match (&part, nulls) {
                (Rows::Range(range), None) => step.extend(source[range.clone()].iter().map(|value| convert(*value))),
                (Rows::Range(range), Some(nulls)) => {
                    step.extend(range.clone().filter(|row| nulls.is_valid(*row)).map(|row| convert(source[row])));
                }
                (Rows::Picked(rows), None) => step.extend(rows.iter().map(|row| convert(source[*row as usize]))),
                (Rows::Picked(rows), Some(nulls)) => {
                    let valid = rows.iter().map(|row| *row as usize).filter(|row| nulls.is_valid(*row));
                    step.extend(valid.map(|row| convert(source[row])));
                }
            }
            self.chunk.levels.add(nulls, &part);
            self.add(compressor, &step)?;
            self.step = step;
        }
        Ok(())
    }

    fn add(&mut self, compressor: &mut Compressor, step: &[V]) -> Result<(), ParquetError> {
        self.widen(step);
        if self.is_dictionary {
            self.number(step);
            let bytes = self.known.len() * size_of::<V>();
            if self.sample.add(step.len(), self.known.len(), bytes) {
                self.give_up(compressor)?;
            }
        } else {
            self.values.extend_from_slice(step);
        }
        let is_full = self.chunk.levels.rows >= PAGE_ROWS_MAX || self.values.len() * size_of::<V>() >= PAGE_BYTES_MAX;
        if is_full { self.end_page(compressor) } else { Ok(()) }
    }

    fn widen(&mut self, step: &[V]) {
        let Some(first) = step.iter().copied().find(|value| value.is_ordered()) else { return };
        let start = self.bounds.as_ref().map_or((first, first), |bounds| (bounds.least, bounds.most));
        // Comparisons with a NaN are false, so it is never taken.
        let (least, most) = step
            .iter()
            .fold(start, |(least, most), value| (if *value < least { *value } else { least }, if *value > most { *value } else { most }));
        self.bounds = Some(Bounds { least, most });
    }

    fn number(&mut self, step: &[V]) {
        self.numbers.reserve(step.len());
        // Sorted columns repeat.
        let mut last: Option<(u64, u32)> = None;
        for value in step {
            let bits = value.bits();
            let number = match last {
                Some((before, number)) if before == bits => number,
                _ => {
                    let known = &self.known;
                    let found = self.slots.find(hash(bits), |number| known[number].bits() == bits, |number| hash(known[number].bits()));
                    let number = found.unwrap_or_else(|| {
                        self.known.push(*value);
                        self.known.len() - 1
                    });
                    u32::try_from(number).unwrap_or(u32::MAX)
                }
            };
            last = Some((bits, number));
            self.numbers.push(number);
        }
    }

    /// Goes on plainly. What is numbered becomes values again where no page of numbers is written, else it is a page.
    fn give_up(&mut self, compressor: &mut Compressor) -> Result<(), ParquetError> {
        if self.chunk.has_dictionary() {
            self.end_page(compressor)?;
        } else {
            self.values.clear();
            self.values.extend(self.numbers.iter().map(|number| self.known[*number as usize]));
            self.numbers.clear();
        }
        self.is_dictionary = false;
        Ok(())
    }

    fn end_page(&mut self, compressor: &mut Compressor) -> Result<(), ParquetError> {
        let bounds = self.bounds.take();
        if self.is_dictionary {
            let width = hybrid::bit_width(self.known.len());
            let numbers = &self.numbers;
            self.chunk.end_page(compressor, ValueEncoding::Dictionary, bounds, |page| {
                page.push(width);
                hybrid::encode(numbers, width, page);
            })?;
        } else {
            let values = &self.values;
            self.chunk.end_page(compressor, ValueEncoding::Plain, bounds, |page| page.extend_from_slice(plain(values)))?;
        }
        self.numbers.clear();
        self.values.clear();
        Ok(())
    }

    /// Ends the column chunk.
    pub(super) fn end(&mut self, compressor: &mut Compressor) -> Result<(ChunkBytes, ColumnCloseResult), ParquetError> {
        let packed = self.numbers.len() * usize::from(hybrid::bit_width(self.known.len())) / 8;
        let is_no_gain = packed + self.known.len() * size_of::<V>() >= self.numbers.len() * size_of::<V>();
        if self.is_dictionary && !self.chunk.has_dictionary() && self.sample.goes_on() && is_no_gain {
            self.give_up(compressor)?;
        }
        self.end_page(compressor)?;
        let dictionary = self.chunk.has_dictionary().then_some((plain(&self.known), self.known.len()));
        let ended = self.chunk.end(compressor, dictionary)?;
        self.start();
        Ok(ended)
    }

    pub(super) fn reuse(&mut self, whole: ChunkBytes) {
        self.chunk.reuse(whole);
    }

    /// Bytes held.
    pub(super) fn held(&self) -> usize {
        let values = (self.known.capacity() + self.values.capacity() + self.step.capacity()) * size_of::<V>();
        self.chunk.held() + self.slots.held() + self.numbers.capacity() * size_of::<u32>() + values
    }
}

/// The values as they lie in memory: Arrow and this crate are for little-endian machines only, and so is Parquet's plain encoding.
fn plain<V: ArrowNativeType>(values: &[V]) -> &[u8] {
    arrow::datatypes::ToByteSlice::to_byte_slice(values)
}

macro_rules! integer {
    ($type:ty) => {
        impl Number for $type {
            fn bits(self) -> u64 {
                i64::from(self).cast_unsigned()
            }

            fn is_ordered(self) -> bool {
                true
            }
        }

        impl Bounded for $type {
            fn is_less(&self, other: &Self) -> bool {
                self < other
            }

            fn stored_least(&self) -> (Vec<u8>, bool) {
                (self.to_le_bytes().to_vec(), true)
            }

            fn stored_most(&self) -> (Vec<u8>, bool) {
                (self.to_le_bytes().to_vec(), true)
            }

            fn statistics(bounds: Option<&Bounds<Self>>, nulls: u64, is_signed: bool) -> Statistics {
                let (least, most) = bounds.map(|bounds| (bounds.least, bounds.most)).unzip();
                let statistics = ValueStatistics::<$type>::new(least, most, None, Some(nulls), false);
                statistics.with_backwards_compatible_min_max(is_signed).into()
            }
        }
    };
}

macro_rules! float {
    ($type:ty) => {
        impl Number for $type {
            fn bits(self) -> u64 {
                self.to_bits().into()
            }

            fn is_ordered(self) -> bool {
                !self.is_nan()
            }
        }

        impl Bounded for $type {
            fn is_less(&self, other: &Self) -> bool {
                self < other
            }

            fn stored_least(&self) -> (Vec<u8>, bool) {
                (least_zero(*self).to_le_bytes().to_vec(), true)
            }

            fn stored_most(&self) -> (Vec<u8>, bool) {
                ((*self + 0.0).to_le_bytes().to_vec(), true)
            }

            fn statistics(bounds: Option<&Bounds<Self>>, nulls: u64, is_signed: bool) -> Statistics {
                // A zero plus the positive zero is the positive one.
                let (least, most) = bounds.map(|bounds| (least_zero(bounds.least), bounds.most + 0.0)).unzip();
                let statistics = ValueStatistics::<$type>::new(least, most, None, Some(nulls), false);
                statistics.with_backwards_compatible_min_max(is_signed).into()
            }
        }
    };
}

/// A bound of zero includes both zeros.
fn least_zero<V: PartialEq + std::ops::Neg<Output = V> + Default>(value: V) -> V {
    if value == V::default() { -V::default() } else { value }
}

integer!(i32);
integer!(i64);
float!(f32);
float!(f64);
