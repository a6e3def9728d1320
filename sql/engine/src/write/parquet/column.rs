//! Which encoder does a column take? One of our own for numbers, texts and bytes; Arrow's for booleans, wide decimals and what is nested.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Field, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimeUnit,
    TimestampMicrosecondType, TimestampMillisecondType,
};
use parquet::arrow::arrow_writer::{ArrowColumnWriter, compute_leaves};
use parquet::basic::{Compression, Type};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::schema::types::ColumnDescPtr;

use super::chunk::ChunkBytes;
use super::compressor::Compressor;
use super::fixed::{FixedColumn, Number};
use super::levels::Rows;
use super::texts::TextColumn;

/// A column of the files, in the open row group.
pub(super) enum ColumnEncoder {
    Int(Box<FixedColumn<i32>>),
    Long(Box<FixedColumn<i64>>),
    Real(Box<FixedColumn<f32>>),
    Double(Box<FixedColumn<f64>>),
    Text(Box<TextColumn>),
    /// Arrow's writers of the column's leaves; none as long as the row group has no rows.
    Other(Vec<ArrowColumnWriter>),
}

impl ColumnEncoder {
    /// `leaf` is the column itself unless it is nested.
    pub(super) fn new(data_type: &DataType, leaf: &ColumnDescPtr, codec: Compression) -> ColumnEncoder {
        let leaf = Arc::clone(leaf);
        match (data_type, leaf.physical_type()) {
            (DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Date32 | DataType::Decimal128(..), Type::INT32) => {
                ColumnEncoder::Int(Box::new(FixedColumn::new(leaf, codec)))
            }
            (DataType::Int64 | DataType::Timestamp(..) | DataType::Decimal128(..), Type::INT64) => {
                ColumnEncoder::Long(Box::new(FixedColumn::new(leaf, codec)))
            }
            (DataType::Float32, Type::FLOAT) => ColumnEncoder::Real(Box::new(FixedColumn::new(leaf, codec))),
            (DataType::Float64, Type::DOUBLE) => ColumnEncoder::Double(Box::new(FixedColumn::new(leaf, codec))),
            (DataType::Utf8View | DataType::BinaryView, Type::BYTE_ARRAY) => ColumnEncoder::Text(Box::new(TextColumn::new(leaf, codec))),
            _ => ColumnEncoder::Other(Vec::new()),
        }
    }

    /// Encodes rows of `array`. Errors: a type other than the one the encoder was made for.
    pub(super) fn write(
        &mut self,
        compressor: &mut Compressor,
        field: &Field,
        array: &ArrayRef,
        rows: &Rows<'_>,
    ) -> Result<(), ParquetError> {
        let source = Source { compressor, array, rows };
        match (self, array.data_type()) {
            (ColumnEncoder::Int(column), DataType::Int32) => primitive::<Int32Type, i32>(column, source, |value| value),
            (ColumnEncoder::Int(column), DataType::Date32) => primitive::<Date32Type, i32>(column, source, |value| value),
            (ColumnEncoder::Int(column), DataType::Int16) => primitive::<Int16Type, i32>(column, source, i32::from),
            (ColumnEncoder::Int(column), DataType::Int8) => primitive::<Int8Type, i32>(column, source, i32::from),
            // A decimal whose digits fit has no higher bits.
            (ColumnEncoder::Int(column), DataType::Decimal128(..)) => {
                primitive::<Decimal128Type, i32>(column, source, |value| value as i32)
            }
            (ColumnEncoder::Long(column), DataType::Int64) => primitive::<Int64Type, i64>(column, source, |value| value),
            (ColumnEncoder::Long(column), DataType::Timestamp(TimeUnit::Millisecond, _)) => {
                primitive::<TimestampMillisecondType, i64>(column, source, |value| value)
            }
            (ColumnEncoder::Long(column), DataType::Timestamp(TimeUnit::Microsecond, _)) => {
                primitive::<TimestampMicrosecondType, i64>(column, source, |value| value)
            }
            (ColumnEncoder::Long(column), DataType::Decimal128(..)) => {
                primitive::<Decimal128Type, i64>(column, source, |value| value as i64)
            }
            (ColumnEncoder::Real(column), DataType::Float32) => primitive::<Float32Type, f32>(column, source, |value| value),
            (ColumnEncoder::Double(column), DataType::Float64) => primitive::<Float64Type, f64>(column, source, |value| value),
            (ColumnEncoder::Text(column), DataType::Utf8View) => column.write(source.compressor, array.as_string_view(), rows),
            (ColumnEncoder::Text(column), DataType::BinaryView) => column.write(source.compressor, array.as_binary_view(), rows),
            (ColumnEncoder::Other(writers), _) => {
                let array = match rows {
                    Rows::Range(range) => array.slice(range.start, range.len()),
                    Rows::Picked(rows) => take(array, &UInt32Array::from(rows.to_vec()), None)?,
                };
                for (leaf, writer) in compute_leaves(field, &array)?.iter().zip(writers) {
                    writer.write(leaf)?;
                }
                Ok(())
            }
            (_, other) => Err(ParquetError::General(format!("the column {} came as {other}", field.name()))),
        }
    }

    /// Bytes held.
    pub(super) fn held(&self) -> usize {
        match self {
            ColumnEncoder::Int(column) => column.held(),
            ColumnEncoder::Long(column) => column.held(),
            ColumnEncoder::Real(column) => column.held(),
            ColumnEncoder::Double(column) => column.held(),
            ColumnEncoder::Text(column) => column.held(),
            ColumnEncoder::Other(writers) => writers.iter().map(ArrowColumnWriter::memory_size).sum(),
        }
    }

    /// Ends the column chunk of one of our own encoders: its bytes, to be given back, and what the footer says.
    pub(super) fn end(&mut self, compressor: &mut Compressor) -> Result<Option<(ChunkBytes, ColumnCloseResult)>, ParquetError> {
        match self {
            ColumnEncoder::Int(column) => column.end(compressor).map(Some),
            ColumnEncoder::Long(column) => column.end(compressor).map(Some),
            ColumnEncoder::Real(column) => column.end(compressor).map(Some),
            ColumnEncoder::Double(column) => column.end(compressor).map(Some),
            ColumnEncoder::Text(column) => column.end(compressor).map(Some),
            ColumnEncoder::Other(_) => Ok(None),
        }
    }

    /// Takes the bytes back for their memory.
    pub(super) fn reuse(&mut self, whole: ChunkBytes) {
        match self {
            ColumnEncoder::Int(column) => column.reuse(whole),
            ColumnEncoder::Long(column) => column.reuse(whole),
            ColumnEncoder::Real(column) => column.reuse(whole),
            ColumnEncoder::Double(column) => column.reuse(whole),
            ColumnEncoder::Text(column) => column.reuse(whole),
            ColumnEncoder::Other(_) => {}
        }
    }
}

/// What is encoded, and with what.
struct Source<'a> {
    compressor: &'a mut Compressor,
    array: &'a ArrayRef,
    rows: &'a Rows<'a>,
}

fn primitive<T: ArrowPrimitiveType, V: Number>(
    column: &mut FixedColumn<V>,
    source: Source<'_>,
    convert: impl Fn(T::Native) -> V,
) -> Result<(), ParquetError> {
    let array = source.array.as_primitive::<T>();
    column.write(source.compressor, array.values(), array.nulls(), source.rows, convert)
}
