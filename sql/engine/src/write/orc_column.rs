//! How is a column of a stripe encoded? As streams: which rows are there, their values, their lengths.
//!
//! A part of a nested value has as many rows as its parent has values, so each array is first cut down to what is there.
//! Ref: Apache ORC specification v1, "Column Encodings".

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::buffer::OffsetBuffer;
use arrow::compute::filter;
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMillisecondType,
};
use owlake_functions::types::TrinoType;

use super::orc_run_length::{Bits, push_bytes, push_integers};
use super::varint::push_signed_128;
use crate::error::EngineError;

/// Seconds from the epoch to 2015-01-01, from which ORC counts.
const BASE_SECONDS: i64 = 1_420_070_400;

/// A stream's kind. Ref: `orc_proto.proto`, `Stream.Kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StreamKind {
    Present = 0,
    Data = 1,
    Length = 2,
    Secondary = 5,
}

/// One stream of a stripe.
pub(super) struct Stream {
    pub kind: StreamKind,
    pub column: usize,
    pub bytes: Vec<u8>,
}

/// A type as the footer lists it.
pub(super) struct Described<'a> {
    pub kind: u64,
    pub subtypes: Vec<u64>,
    pub names: Vec<&'a str>,
    pub length: Option<u64>,
    pub precision: Option<u64>,
    pub scale: Option<u64>,
}

/// A column and its parts.
pub(super) struct Column {
    id: usize,
    data_type: Shape,
    children: Vec<(String, Column)>,
    present: Bits,
    has_nulls: bool,
    data: Vec<u8>,
    /// Booleans before they are packed.
    bits: Bits,
    lengths: Vec<u8>,
    secondary: Vec<u8>,
}

#[derive(Clone)]
enum Shape {
    Struct,
    List,
    Map,
    Scalar(TrinoType),
}

impl Column {
    /// The row itself. Errors: NOT_SUPPORTED for a type that ORC does not have.
    pub(super) fn root(fields: &[(String, TrinoType)]) -> Result<Column, EngineError> {
        let mut next = 0;
        let mut root = Column::of(Shape::Struct, &mut next);
        for (name, data_type) in fields {
            root.children.push((name.clone(), Column::new(data_type, &mut next)?));
        }
        Ok(root)
    }

    fn new(data_type: &TrinoType, next: &mut usize) -> Result<Column, EngineError> {
        let parts: (Shape, Vec<(String, &TrinoType)>) = match data_type {
            TrinoType::Array(element) => (Shape::List, vec![(String::new(), element)]),
            TrinoType::Map(key, value) => (Shape::Map, vec![(String::new(), key), (String::new(), value)]),
            TrinoType::Row(fields) => {
                let named = fields.iter().enumerate().map(|(position, field)| {
                    (field.name.as_deref().map_or_else(|| format!("field{position}"), str::to_lowercase), &field.data_type)
                });
                (Shape::Struct, named.collect())
            }
            TrinoType::Boolean
            | TrinoType::Tinyint
            | TrinoType::Smallint
            | TrinoType::Integer
            | TrinoType::Bigint
            | TrinoType::Real
            | TrinoType::Double
            | TrinoType::Decimal { .. }
            | TrinoType::Varchar(_)
            | TrinoType::Char(_)
            | TrinoType::Varbinary
            | TrinoType::Date
            | TrinoType::Timestamp(0..=3) => (Shape::Scalar(data_type.clone()), Vec::new()),
            other => return Err(EngineError::engine("NOT_SUPPORTED", format!("Type {other} cannot be written to ORC files"))),
        };
        let mut column = Column::of(parts.0, next);
        for (name, part) in parts.1 {
            column.children.push((name, Column::new(part, next)?));
        }
        Ok(column)
    }

    /// Numbers go by depth first, as the footer lists the types.
    fn of(data_type: Shape, next: &mut usize) -> Column {
        let id = *next;
        *next += 1;
        Column {
            id,
            data_type,
            children: Vec::new(),
            present: Bits::default(),
            has_nulls: false,
            data: Vec::new(),
            bits: Bits::default(),
            lengths: Vec::new(),
            secondary: Vec::new(),
        }
    }

    /// Rows of the root.
    pub(super) fn write_fields(&mut self, columns: &[ArrayRef]) -> Result<(), EngineError> {
        for ((_, child), array) in self.children.iter_mut().zip(columns) {
            child.write(array)?;
        }
        Ok(())
    }

    fn write(&mut self, array: &ArrayRef) -> Result<(), EngineError> {
        let array = match array.logical_nulls().filter(|nulls| nulls.null_count() > 0) {
            None => {
                self.present.push_all(true, array.len());
                Arc::clone(array)
            }
            Some(nulls) => {
                self.has_nulls = true;
                nulls.iter().for_each(|is_there| self.present.push(is_there));
                filter(array.as_ref(), &BooleanArray::new(nulls.into_inner(), None)).map_err(failed)?
            }
        };
        match self.data_type.clone() {
            Shape::Struct => {
                let columns = array.as_struct().columns().to_vec();
                self.write_fields(&columns)
            }
            Shape::List => {
                let list = array.as_list::<i32>();
                self.write_items(list.offsets(), &[Arc::clone(list.values())])
            }
            Shape::Map => {
                let map = array.as_map();
                self.write_items(map.offsets(), &[Arc::clone(map.keys()), Arc::clone(map.values())])
            }
            Shape::Scalar(data_type) => {
                self.write_scalars(&data_type, array.as_ref());
                Ok(())
            }
        }
    }

    /// The lengths, and the items that the offsets span: nothing lies between two values.
    fn write_items(&mut self, offsets: &OffsetBuffer<i32>, items: &[ArrayRef]) -> Result<(), EngineError> {
        push_integers(offsets.windows(2).map(|pair| i64::from(pair[1] - pair[0])), false, &mut self.lengths);
        let first = offsets.first().copied().unwrap_or_default() as usize;
        let last = offsets.last().copied().unwrap_or_default() as usize;
        for ((_, child), array) in self.children.iter_mut().zip(items) {
            child.write(&array.slice(first, last - first))?;
        }
        Ok(())
    }

    fn write_scalars(&mut self, data_type: &TrinoType, array: &dyn Array) {
        match data_type {
            TrinoType::Boolean => array.as_boolean().values().iter().for_each(|value| self.bits.push(value)),
            // Runs of bytes are found when the stripe ends.
            TrinoType::Tinyint => self.data.extend(array.as_primitive::<Int8Type>().values().iter().map(|value| *value as u8)),
            TrinoType::Smallint => {
                push_integers(array.as_primitive::<Int16Type>().values().iter().map(|value| i64::from(*value)), true, &mut self.data);
            }
            TrinoType::Integer => {
                push_integers(array.as_primitive::<Int32Type>().values().iter().map(|value| i64::from(*value)), true, &mut self.data);
            }
            TrinoType::Date => {
                push_integers(array.as_primitive::<Date32Type>().values().iter().map(|value| i64::from(*value)), true, &mut self.data);
            }
            TrinoType::Bigint => push_integers(array.as_primitive::<Int64Type>().values().iter().copied(), true, &mut self.data),
            TrinoType::Real => {
                array.as_primitive::<Float32Type>().values().iter().for_each(|value| self.data.extend_from_slice(&value.to_le_bytes()));
            }
            TrinoType::Double => {
                array.as_primitive::<Float64Type>().values().iter().for_each(|value| self.data.extend_from_slice(&value.to_le_bytes()));
            }
            TrinoType::Decimal { scale, .. } => {
                let values = array.as_primitive::<Decimal128Type>().values();
                values.iter().for_each(|value| push_signed_128(*value, &mut self.data));
                push_integers(values.iter().map(|_| i64::from(*scale)), true, &mut self.secondary);
            }
            TrinoType::Timestamp(_) => {
                let values = array.as_primitive::<TimestampMillisecondType>().values();
                push_integers(values.iter().map(|millis| seconds(*millis)), true, &mut self.data);
                push_integers(values.iter().map(|millis| nanos(*millis)), false, &mut self.secondary);
            }
            TrinoType::Varbinary => {
                let values = array.as_binary_view();
                (0..values.len()).for_each(|row| self.data.extend_from_slice(values.value(row)));
                push_integers((0..values.len()).map(|row| values.value(row).len() as i64), false, &mut self.lengths);
            }
            // Texts; other types were refused with the column.
            _ => {
                let values = array.as_string_view();
                (0..values.len()).for_each(|row| self.data.extend_from_slice(values.value(row).as_bytes()));
                push_integers((0..values.len()).map(|row| values.value(row).len() as i64), false, &mut self.lengths);
            }
        }
    }

    /// Bytes held.
    pub(super) fn held(&self) -> usize {
        let own = self.present.held() + self.bits.held() + self.data.len() + self.lengths.len() + self.secondary.len();
        own + self.children.iter().map(|(_, child)| child.held()).sum::<usize>()
    }

    /// The streams of the stripe, which begins anew, and how many columns there are.
    pub(super) fn take_streams(&mut self, streams: &mut Vec<Stream>, columns: &mut usize) {
        *columns += 1;
        let column = self.id;
        let mut add = |kind, bytes| streams.push(Stream { kind, column, bytes });
        let present = self.present.take();
        if std::mem::take(&mut self.has_nulls) {
            add(StreamKind::Present, present);
        }
        let data = std::mem::take(&mut self.data);
        if let Shape::Scalar(data_type) = &self.data_type {
            add(
                StreamKind::Data,
                match data_type {
                    TrinoType::Boolean => self.bits.take(),
                    TrinoType::Tinyint => {
                        let mut runs = Vec::new();
                        push_bytes(&data, &mut runs);
                        runs
                    }
                    _ => data,
                },
            );
        }
        let has_lengths = match &self.data_type {
            Shape::List | Shape::Map => true,
            Shape::Scalar(data_type) => matches!(data_type, TrinoType::Varchar(_) | TrinoType::Char(_) | TrinoType::Varbinary),
            Shape::Struct => false,
        };
        if has_lengths {
            add(StreamKind::Length, std::mem::take(&mut self.lengths));
        }
        if matches!(&self.data_type, Shape::Scalar(TrinoType::Decimal { .. } | TrinoType::Timestamp(_))) {
            add(StreamKind::Secondary, std::mem::take(&mut self.secondary));
        }
        for (_, child) in &mut self.children {
            child.take_streams(streams, columns);
        }
    }

    /// The types, in the order of their numbers.
    pub(super) fn describe(&self, tell: &mut dyn FnMut(Described<'_>)) {
        let is_struct = matches!(self.data_type, Shape::Struct);
        let mut described = Described {
            kind: self.kind(),
            subtypes: self.children.iter().map(|(_, child)| child.id as u64).collect(),
            names: self.children.iter().filter(|_| is_struct).map(|(name, _)| name.as_str()).collect(),
            length: None,
            precision: None,
            scale: None,
        };
        match &self.data_type {
            Shape::Scalar(TrinoType::Varchar(Some(length)) | TrinoType::Char(length)) => described.length = Some(u64::from(*length)),
            Shape::Scalar(TrinoType::Decimal { precision, scale }) => {
                (described.precision, described.scale) = (Some(u64::from(*precision)), Some(u64::from(*scale)));
            }
            _ => {}
        }
        tell(described);
        self.children.iter().for_each(|(_, child)| child.describe(tell));
    }

    /// Ref: `orc_proto.proto`, `Type.Kind`.
    fn kind(&self) -> u64 {
        match &self.data_type {
            Shape::List => 10,
            Shape::Map => 11,
            Shape::Struct => 12,
            Shape::Scalar(data_type) => match data_type {
                TrinoType::Boolean => 0,
                TrinoType::Tinyint => 1,
                TrinoType::Smallint => 2,
                TrinoType::Integer => 3,
                TrinoType::Bigint => 4,
                TrinoType::Real => 5,
                TrinoType::Double => 6,
                TrinoType::Varbinary => 8,
                TrinoType::Timestamp(_) => 9,
                TrinoType::Decimal { .. } => 14,
                TrinoType::Date => 15,
                TrinoType::Varchar(Some(_)) => 16,
                TrinoType::Char(_) => 17,
                _ => 7,
            },
        }
    }
}

/// Seconds from the base; before 1970 with a fraction one more, as Java's division rounds and readers expect.
fn seconds(millis: i64) -> i64 {
    let seconds = millis.div_euclid(1000);
    let is_rounded_up = seconds < 0 && millis.rem_euclid(1000) > 0;
    seconds + i64::from(is_rounded_up) - BASE_SECONDS
}

/// Nanoseconds with their zeros cut off: the last three bits say how many but one.
fn nanos(millis: i64) -> i64 {
    let mut nanos = millis.rem_euclid(1000) * 1_000_000;
    if nanos == 0 {
        return 0;
    }
    nanos /= 100;
    let mut zeros = 1;
    while nanos % 10 == 0 && zeros < 7 {
        nanos /= 10;
        zeros += 1;
    }
    nanos << 3 | zeros
}

fn failed(error: arrow::error::ArrowError) -> EngineError {
    tracing::error!(%error, "ORC cannot be written");
    EngineError::engine("HIVE_WRITER_DATA_ERROR", "Failed to write ORC data")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_seconds_from_2015_and_nanos_without_zeros() {
        // Ref: Apache ORC specification, "Timestamp Columns": 1000 ns is 0x0a, 100000 ns is 0x0c.
        assert_eq!((seconds(1_420_070_400_000), nanos(1_420_070_400_000)), (0, 0));
        assert_eq!((seconds(1_420_070_401_100), nanos(1_420_070_401_100)), (1, 1 << 3 | 7));
        assert_eq!(nanos(12), 12 << 3 | 5);
        assert_eq!(seconds(-1_500), -1 - BASE_SECONDS, "-2 s and half a second, counted as readers do");
    }
}
