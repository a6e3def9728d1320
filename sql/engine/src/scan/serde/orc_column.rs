//! How do a stripe's streams become columns? Each column by the type the table declares, its parts below it.
//!
//! Ref: Apache ORC specification v1, "Column Encodings"; Trino 401 `io.trino.orc.reader` for which types can be read as which.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, ArrowPrimitiveType, BinaryViewBuilder, BooleanArray, ListArray, MapArray, PrimitiveArray, StringViewBuilder, StructArray,
    UInt64Array, new_null_array,
};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMillisecondType,
};
use chrono::{NaiveDate, Offset, TimeZone};
use chrono_tz::Tz;
use owlake_functions::types::TrinoType;
use owlake_functions::types::arrow_form::{arrow_type, entries_field, item_field, row_fields};

use super::orc_stream::{IntegerRuns, Packing, big_integers, bits, byte_runs, integers};
use super::orc_tail::{Encoding, Malformed, OrcType, kind};
use crate::error::EngineError;
use crate::scan::text::builder::append_text;

const PRESENT: u64 = 0;
const DATA: u64 = 1;
const LENGTH: u64 = 2;
const DICTIONARY_DATA: u64 = 3;
const SECONDARY: u64 = 5;
/// The kinds of streams that columns are made of.
pub(super) const STREAM_KINDS: [u64; 5] = [PRESENT, DATA, LENGTH, DICTIONARY_DATA, SECONDARY];

/// What one stripe holds.
pub(super) struct StripeColumns<'a> {
    pub types: &'a [OrcType],
    pub encodings: &'a [Encoding],
    /// The packed bytes of streams, by column and kind.
    pub streams: HashMap<(usize, u64), bytes::Bytes>,
    pub packing: Packing,
    pub block_bytes: u64,
    /// The zone of the writer's clock; none for UTC.
    pub zone: Option<Tz>,
    /// The file, for error texts.
    pub url: &'a str,
}

/// Ref: Trino 401 `OrcCorruptionException`; Basis: community reports.
pub(super) fn malformed(text: &str, url: &str) -> EngineError {
    EngineError::engine("HIVE_BAD_DATA", format!("Malformed ORC file. {text} [{url}]"))
}

impl StripeColumns<'_> {
    /// `count` values of the type numbered `at`, as `target`. `path` names the column, `.c` or `.c.field`.
    /// Errors: HIVE_BAD_DATA for damaged data, and for a type that cannot be read as the declared one.
    pub(super) fn decode(&self, at: usize, target: &TrinoType, count: usize, path: &str) -> Result<ArrayRef, EngineError> {
        let found = self.types.get(at).ok_or_else(|| self.damaged(Malformed))?;
        let nulls = self.nulls(at, count).map_err(|error| self.damaged(error))?;
        let value_count = nulls.as_ref().map_or(count, |nulls| count - nulls.null_count());
        if let Some(array) = self.decode_nested(at, found, target, value_count, nulls.as_ref(), path)? {
            return Ok(array);
        }
        match self.decode_scalars(at, found.kind, target, value_count, nulls.as_ref()) {
            Ok(Some(array)) => Ok(array),
            Err(error) => Err(self.damaged(error)),
            Ok(None) => {
                let text = format!("Cannot read SQL type {target} from ORC stream {path} of type {}", found.name());
                Err(malformed(&text, self.url))
            }
        }
    }

    fn damaged(&self, _: Malformed) -> EngineError {
        malformed("Corrupt data", self.url)
    }

    fn stream(&self, at: usize, kind: u64) -> Result<Vec<u8>, Malformed> {
        // A stream of nothing is not written.
        self.streams.get(&(at, kind)).map_or(Ok(Vec::new()), |packed| self.packing.unpack(packed, self.block_bytes))
    }

    fn nulls(&self, at: usize, count: usize) -> Result<Option<NullBuffer>, Malformed> {
        if !self.streams.contains_key(&(at, PRESENT)) {
            return Ok(None);
        }
        let present = bits(&self.stream(at, PRESENT)?, count)?;
        Ok(Some(NullBuffer::from(present)).filter(|nulls| nulls.null_count() > 0))
    }

    fn runs(&self, at: usize) -> IntegerRuns {
        if self.encodings.get(at).is_some_and(|encoding| encoding.kind >= 2) { IntegerRuns::Version2 } else { IntegerRuns::Version1 }
    }

    fn numbers(&self, at: usize, kind: u64, is_signed: bool, count: usize) -> Result<Vec<i64>, Malformed> {
        integers(&self.stream(at, kind)?, self.runs(at), is_signed, count)
    }

    fn decode_nested(
        &self,
        at: usize,
        found: &OrcType,
        target: &TrinoType,
        value_count: usize,
        nulls: Option<&NullBuffer>,
        path: &str,
    ) -> Result<Option<ArrayRef>, EngineError> {
        Ok(Some(match (found.kind, target) {
            (kind::LIST, TrinoType::Array(element)) => {
                let offsets = self.offsets(at, value_count, nulls)?;
                let values = self.decode(found.parts[0], element, last(&offsets), path)?;
                Arc::new(ListArray::try_new(item_field(element), offsets, values, nulls.cloned()).map_err(|_| self.damaged(Malformed))?)
            }
            (kind::MAP, TrinoType::Map(key, value)) => {
                let offsets = self.offsets(at, value_count, nulls)?;
                let field = entries_field(key, value);
                let DataType::Struct(fields) = field.data_type() else { return Ok(None) };
                let keys = self.decode(found.parts[0], key, last(&offsets), path)?;
                let values = self.decode(found.parts[1], value, last(&offsets), path)?;
                let entries = StructArray::try_new(fields.clone(), vec![keys, values], None).map_err(|_| self.damaged(Malformed))?;
                let map = MapArray::try_new(Arc::clone(&field), offsets, entries, nulls.cloned(), false);
                Arc::new(map.map_err(|_| self.damaged(Malformed))?)
            }
            (kind::STRUCT, TrinoType::Row(fields)) => {
                let mut columns = Vec::with_capacity(fields.len());
                for field in fields.iter() {
                    let name = field.name.as_deref().unwrap_or_default();
                    // Parts are found by name. Ref: Trino 401 `StructColumnReader`.
                    let column = match found.names.iter().position(|other| other.eq_ignore_ascii_case(name)) {
                        Some(part) => self.decode(found.parts[part], &field.data_type, value_count, &format!("{path}.{name}"))?,
                        None => new_null_array(&arrow_type(&field.data_type), value_count),
                    };
                    columns.push(self.spread_out(column, nulls)?);
                }
                let count = nulls.map_or(value_count, NullBuffer::len);
                let row = StructArray::try_new_with_length(row_fields(fields), columns, nulls.cloned(), count);
                Arc::new(row.map_err(|_| self.damaged(Malformed))?)
            }
            _ => return Ok(None),
        }))
    }

    /// Where the items of each row begin and end; a null has none.
    fn offsets(&self, at: usize, value_count: usize, nulls: Option<&NullBuffer>) -> Result<OffsetBuffer<i32>, EngineError> {
        let lengths = self.numbers(at, LENGTH, false, value_count).map_err(|error| self.damaged(error))?;
        let mut lengths = lengths.into_iter();
        let count = nulls.map_or(value_count, NullBuffer::len);
        let (mut offsets, mut end) = (Vec::with_capacity(count + 1), 0i32);
        offsets.push(0);
        for row in 0..count {
            if nulls.is_none_or(|nulls| nulls.is_valid(row)) {
                let length = lengths.next().and_then(|length| i32::try_from(length).ok()).filter(|length| *length >= 0);
                end = length.and_then(|length| end.checked_add(length)).ok_or_else(|| self.damaged(Malformed))?;
            }
            offsets.push(end);
        }
        Ok(OffsetBuffer::new(offsets.into()))
    }

    /// The array with its values where the parent is not null.
    fn spread_out(&self, array: ArrayRef, nulls: Option<&NullBuffer>) -> Result<ArrayRef, EngineError> {
        let Some(nulls) = nulls else { return Ok(array) };
        let mut next = 0u64;
        let places: UInt64Array = nulls
            .iter()
            .map(|is_valid| {
                is_valid.then(|| {
                    next += 1;
                    next - 1
                })
            })
            .collect();
        arrow::compute::take(array.as_ref(), &places, None).map_err(|_| self.damaged(Malformed))
    }

    /// None where the type cannot be read as the target.
    fn decode_scalars(
        &self,
        at: usize,
        kind: u64,
        target: &TrinoType,
        count: usize,
        nulls: Option<&NullBuffer>,
    ) -> Result<Option<ArrayRef>, Malformed> {
        Ok(Some(match (kind, target) {
            (kind::BOOLEAN, TrinoType::Boolean) => {
                let mut values = bits(&self.stream(at, DATA)?, count)?.into_iter();
                match nulls {
                    None => Arc::new(BooleanArray::from(values.collect::<Vec<_>>())) as ArrayRef,
                    Some(nulls) => {
                        Arc::new(nulls.iter().map(|is_valid| if is_valid { values.next() } else { None }).collect::<BooleanArray>())
                    }
                }
            }
            (kind::BYTE | kind::SHORT | kind::INT | kind::LONG, target) if target.is_integral() => {
                let numbers = match kind {
                    kind::BYTE => byte_runs(&self.stream(at, DATA)?, count)?.into_iter().map(|byte| i64::from(byte as i8)).collect(),
                    _ => self.numbers(at, DATA, true, count)?,
                };
                match target {
                    TrinoType::Tinyint => spread::<Int8Type>(narrowed(numbers)?, nulls),
                    TrinoType::Smallint => spread::<Int16Type>(narrowed(numbers)?, nulls),
                    TrinoType::Integer => spread::<Int32Type>(narrowed(numbers)?, nulls),
                    _ => spread::<Int64Type>(numbers, nulls),
                }
            }
            (kind::DATE, TrinoType::Date) => spread::<Date32Type>(narrowed(self.numbers(at, DATA, true, count)?)?, nulls),
            (kind::FLOAT, TrinoType::Real) => spread::<Float32Type>(self.floats(at, count)?, nulls),
            (kind::FLOAT, TrinoType::Double) => spread::<Float64Type>(self.floats(at, count)?.into_iter().map(f64::from).collect(), nulls),
            (kind::DOUBLE, TrinoType::Double) => {
                let bytes = self.stream(at, DATA)?;
                let (values, _) = bytes.as_chunks::<8>();
                let values: Vec<f64> = values.iter().take(count).map(|bytes| f64::from_le_bytes(*bytes)).collect();
                spread::<Float64Type>(Some(values).filter(|values| values.len() == count).ok_or(Malformed)?, nulls)
            }
            (kind::DECIMAL, TrinoType::Decimal { precision, scale }) => {
                let values = self.decimals(at, u32::from(*scale), u32::from(*precision), count)?;
                let array = spread_values::<Decimal128Type>(values, nulls);
                let scale = i8::try_from(*scale).map_err(|_| Malformed)?;
                Arc::new(array.with_precision_and_scale(*precision, scale).map_err(|_| Malformed)?)
            }
            (kind::TIMESTAMP | kind::TIMESTAMP_INSTANT, TrinoType::Timestamp(0..=3)) => {
                let zone = self.zone.filter(|_| kind == kind::TIMESTAMP);
                spread::<TimestampMillisecondType>(self.timestamps(at, zone, count)?, nulls)
            }
            (
                kind::STRING | kind::VARCHAR | kind::CHAR | kind::BINARY,
                TrinoType::Varchar(_) | TrinoType::Char(_) | TrinoType::Varbinary,
            ) => self.texts(at, target, count, nulls)?,
            _ => return Ok(None),
        }))
    }

    fn floats(&self, at: usize, count: usize) -> Result<Vec<f32>, Malformed> {
        let bytes = self.stream(at, DATA)?;
        let (values, _) = bytes.as_chunks::<4>();
        let values: Vec<f32> = values.iter().take(count).map(|bytes| f32::from_le_bytes(*bytes)).collect();
        Some(values).filter(|values| values.len() == count).ok_or(Malformed)
    }

    fn decimals(&self, at: usize, scale: u32, precision: u32, count: usize) -> Result<Vec<i128>, Malformed> {
        let values = big_integers(&self.stream(at, DATA)?, count)?;
        let scales = self.numbers(at, SECONDARY, true, count)?;
        let limit = 10i128.checked_pow(precision).unwrap_or(i128::MAX);
        let rescaled = values.into_iter().zip(scales).map(|(value, own)| {
            let own = u32::try_from(own).map_err(|_| Malformed)?;
            let value = if own <= scale {
                10i128.checked_pow(scale - own).and_then(|factor| value.checked_mul(factor))
            } else {
                // Half is rounded away from zero. Ref: Trino 401 `Decimals.rescale`.
                let half_up = |factor: i128| Some(value.checked_add(value.signum() * (factor / 2))? / factor);
                10i128.checked_pow(own - scale).and_then(half_up)
            };
            value.filter(|value| value.unsigned_abs() < limit.unsigned_abs()).ok_or(Malformed)
        });
        rescaled.collect()
    }

    /// Milliseconds of the writer's clock. Ref: Trino 401 `TimestampColumnReader.decodeTimestamp`.
    fn timestamps(&self, at: usize, zone: Option<Tz>, count: usize) -> Result<Vec<i64>, Malformed> {
        let seconds = self.numbers(at, DATA, true, count)?;
        let nanos = self.numbers(at, SECONDARY, false, count)?;
        let base = base_seconds(zone);
        let millis = seconds.into_iter().zip(nanos).map(|(seconds, packed)| {
            let mut millis = seconds.checked_add(base).and_then(|seconds| seconds.checked_mul(1000)).ok_or(Malformed)?;
            let zeros = (packed & 7) as u32;
            let nanos = (packed >> 3).checked_mul(if zeros == 0 { 1 } else { 10i64.pow(zeros + 1) }).ok_or(Malformed)?;
            if !(0..1_000_000_000).contains(&nanos) {
                return Err(Malformed);
            }
            // Java rounds towards zero when it divides.
            if millis < 0 && nanos > 999_999 {
                millis = millis.checked_sub(1000).ok_or(Malformed)?;
            }
            let millis = millis.checked_add(nanos / 1_000_000).ok_or(Malformed)?;
            match zone {
                None => Ok(millis),
                Some(zone) => {
                    let instant = chrono::DateTime::from_timestamp_millis(millis).ok_or(Malformed)?;
                    Ok(millis + i64::from(zone.offset_from_utc_datetime(&instant.naive_utc()).fix().local_minus_utc()) * 1000)
                }
            }
        });
        millis.collect()
    }

    fn texts(&self, at: usize, target: &TrinoType, count: usize, nulls: Option<&NullBuffer>) -> Result<ArrayRef, Malformed> {
        let encoding = self.encodings.get(at).copied().unwrap_or_default();
        let (data, lengths, indices) = if encoding.kind % 2 == 1 {
            let indices = self.numbers(at, DATA, false, count)?;
            (self.stream(at, DICTIONARY_DATA)?, self.numbers(at, LENGTH, false, encoding.dictionary_count)?, Some(indices))
        } else {
            (self.stream(at, DATA)?, self.numbers(at, LENGTH, false, count)?, None)
        };
        let mut ranges = Vec::with_capacity(lengths.len());
        let mut end = 0usize;
        for length in lengths {
            let start = end;
            end = usize::try_from(length)
                .ok()
                .and_then(|length| start.checked_add(length))
                .filter(|end| *end <= data.len())
                .ok_or(Malformed)?;
            ranges.push(start..end);
        }
        let rows = nulls.map_or(count, NullBuffer::len);
        let mut next = 0;
        let range_of = |row: usize, next: &mut usize| -> Result<Option<std::ops::Range<usize>>, Malformed> {
            if nulls.is_some_and(|nulls| nulls.is_null(row)) {
                return Ok(None);
            }
            let place = match &indices {
                None => *next,
                Some(indices) => usize::try_from(*indices.get(*next).ok_or(Malformed)?).map_err(|_| Malformed)?,
            };
            *next += 1;
            ranges.get(place).cloned().map(Some).ok_or(Malformed)
        };
        let (chars_max, trims) = match target {
            TrinoType::Varchar(length) => (*length, false),
            TrinoType::Char(length) => (Some(*length), true),
            _ => {
                let mut values = BinaryViewBuilder::with_capacity(rows);
                for row in 0..rows {
                    match range_of(row, &mut next)? {
                        None => values.append_null(),
                        Some(range) => values.append_value(&data[range]),
                    }
                }
                return Ok(Arc::new(values.finish()));
            }
        };
        let mut values = StringViewBuilder::with_capacity(rows);
        // Whole texts are shown where they are; others, and what is no UTF-8, are copied.
        let block = if chars_max.is_none() && std::str::from_utf8(&data).is_ok() && u32::try_from(data.len()).is_ok() {
            Some(values.append_block(Buffer::from_slice_ref(&data)))
        } else {
            None
        };
        for row in 0..rows {
            match (range_of(row, &mut next)?, block) {
                (None, _) => values.append_null(),
                (Some(range), Some(block)) => {
                    values.try_append_view(block, range.start as u32, range.len() as u32).map_err(|_| Malformed)?;
                }
                (Some(range), None) => {
                    let text = String::from_utf8_lossy(&data[range]);
                    append_text(&mut values, &text, chars_max.map(|chars| chars as usize), trims);
                }
            }
        }
        Ok(Arc::new(values.finish()))
    }
}

/// 2015-01-01 on the writer's clock.
fn base_seconds(zone: Option<Tz>) -> i64 {
    let base = NaiveDate::from_ymd_opt(2015, 1, 1).and_then(|date| date.and_hms_opt(0, 0, 0)).unwrap_or_default();
    let utc = base.and_utc().timestamp();
    zone.map_or(utc, |zone| utc - i64::from(zone.offset_from_utc_datetime(&base).fix().local_minus_utc()))
}

fn last(offsets: &OffsetBuffer<i32>) -> usize {
    offsets.last().and_then(|end| usize::try_from(*end).ok()).unwrap_or_default()
}

fn narrowed<T: TryFrom<i64>>(values: Vec<i64>) -> Result<Vec<T>, Malformed> {
    values.into_iter().map(|value| T::try_from(value).map_err(|_| Malformed)).collect()
}

fn spread<T: ArrowPrimitiveType>(values: Vec<T::Native>, nulls: Option<&NullBuffer>) -> ArrayRef {
    Arc::new(spread_values::<T>(values, nulls))
}

/// The values where there is no null.
fn spread_values<T: ArrowPrimitiveType>(values: Vec<T::Native>, nulls: Option<&NullBuffer>) -> PrimitiveArray<T> {
    let Some(nulls) = nulls else { return PrimitiveArray::new(values.into(), None) };
    let mut values = values.into_iter();
    let spread = nulls.iter().map(|is_valid| if is_valid { values.next().unwrap_or_default() } else { T::Native::default() });
    PrimitiveArray::new(spread.collect::<Vec<_>>().into(), Some(nulls.clone()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn the_base_is_2015_on_the_writers_clock() {
        // Ref: Apache ORC specification, "Timestamp Columns": seconds from 1 January 2015.
        assert_eq!(base_seconds(None), 1_420_070_400);
        assert_eq!(base_seconds(Some(Tz::America__New_York)), 1_420_070_400 + 5 * 3600);
    }
}
