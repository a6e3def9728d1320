//! How do a Parquet file and its row groups come about? Column by column, each row group handed over when it is full.
//!
//! Files have Hive's names for lists, maps and fields, and no Arrow schema inside.
//! Deviation: Athena writes timestamps as INT96; here they are TIMESTAMP(MILLIS), which every reader takes and which has statistics.

use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowRowGroupWriterFactory, ArrowWriterOptions};
use parquet::basic::Compression as ParquetCompression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;

use super::column::ColumnEncoder;
use super::compressor::Compressor;
use super::levels::Rows;
use super::names::{file_array, file_type};
use super::sink::PartSink;
use crate::error::EngineError;
use crate::write::format::Compression;
use crate::write::job::WriteColumn;

/// Rows a row group holds at most. Basis: parquet-rs' own default.
const ROW_GROUP_ROWS_MAX: usize = 1 << 20;
/// Encoded bytes a row group holds at most. Ref: Athena user guide, "Optimize data": Parquet block size 128 MB.
const ROW_GROUP_BYTES_MAX: usize = 128 << 20;

/// One Parquet file in the making; its bytes are taken away part by part.
pub(in crate::write) struct ParquetEncoder {
    file: SerializedFileWriter<PartSink>,
    others: ArrowRowGroupWriterFactory,
    encoders: Vec<ColumnEncoder>,
    compressor: Compressor,
    codec: ParquetCompression,
    schema: SchemaRef,
    columns: Arc<[WriteColumn]>,
    /// Rows of the open row group.
    rows: usize,
}

impl ParquetEncoder {
    /// Errors: what the writer refuses, which no column that passed the type check should meet.
    pub(in crate::write) fn new(columns: Arc<[WriteColumn]>, compression: Compression) -> Result<ParquetEncoder, EngineError> {
        let fields = columns.iter().map(|column| Field::new(&column.name, file_type(&column.data_type), true));
        let schema: SchemaRef = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let codec = compression.codec();
        let properties = WriterProperties::builder()
            .set_compression(codec)
            .set_created_by(concat!("owlake version ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let options =
            ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true).with_schema_root("hive_schema".to_owned());
        let writer = ArrowWriter::try_new_with_options(PartSink::default(), Arc::clone(&schema), options).map_err(failed)?;
        let (file, others) = writer.into_serialized_writer().map_err(failed)?;
        let encoders = encoders(&file, &schema, codec)?;
        let compressor = Compressor::new(codec).map_err(|error| failed(error.into()))?;
        Ok(ParquetEncoder { file, others, encoders, compressor, codec, schema, columns, rows: 0 })
    }

    /// Encodes a batch.
    pub(in crate::write) fn write(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        self.write_rows(batch, &Rows::Range(0..batch.num_rows()))
    }

    /// Encodes rows of `batch`.
    pub(in crate::write) fn write_rows(&mut self, batch: &RecordBatch, rows: &Rows<'_>) -> Result<(), EngineError> {
        let mut from = 0;
        while from < rows.len() {
            let to = rows.len().min(from + ROW_GROUP_ROWS_MAX - self.rows);
            self.encode(batch, &rows.part(from, to)).map_err(failed)?;
            from = to;
            if self.rows == ROW_GROUP_ROWS_MAX || self.held() >= ROW_GROUP_BYTES_MAX {
                self.end_row_group().map_err(failed)?;
            }
        }
        Ok(())
    }

    fn encode(&mut self, batch: &RecordBatch, rows: &Rows<'_>) -> Result<(), ParquetError> {
        if self.rows == 0 && self.encoders.iter().any(|encoder| matches!(encoder, ColumnEncoder::Other(_))) {
            self.open_others()?;
        }
        let columns = self.encoders.iter_mut().zip(batch.columns()).zip(self.columns.iter()).zip(self.schema.fields());
        for (((encoder, array), column), field) in columns {
            encoder.write(&mut self.compressor, field, &file_array(array, &column.data_type)?, rows)?;
        }
        self.rows += rows.len();
        Ok(())
    }

    /// Arrow's writers for the columns that have no encoder of our own.
    fn open_others(&mut self) -> Result<(), ParquetError> {
        let row_group = self.file.flushed_row_groups().len();
        let mut writers = self.others.create_column_writers(row_group)?.into_iter();
        for (index, encoder) in self.encoders.iter_mut().enumerate() {
            let leaves = leaves_of(&self.file, index).count();
            let column: Vec<_> = writers.by_ref().take(leaves).collect();
            if let ColumnEncoder::Other(open) = encoder {
                *open = column;
            }
        }
        Ok(())
    }

    /// Ends the row group and gives its memory back; its bytes can be taken.
    pub(in crate::write) fn flush(&mut self) -> Result<(), EngineError> {
        self.end_row_group().map_err(failed)?;
        self.encoders = encoders(&self.file, &self.schema, self.codec)?;
        self.compressor = Compressor::new(self.codec).map_err(|error| failed(error.into()))?;
        Ok(())
    }

    fn end_row_group(&mut self) -> Result<(), ParquetError> {
        if self.rows == 0 {
            return Ok(());
        }
        self.rows = 0;
        let mut row_group = self.file.next_row_group()?;
        for encoder in &mut self.encoders {
            if let ColumnEncoder::Other(writers) = encoder {
                for writer in writers.drain(..) {
                    writer.close()?.append_to_row_group(&mut row_group)?;
                }
            } else if let Some((bytes, described)) = encoder.end(&mut self.compressor)? {
                row_group.append_column(&bytes, described)?;
                encoder.reuse(bytes);
            }
        }
        row_group.close()?;
        Ok(())
    }

    /// Bytes that are ready, part by part.
    pub(in crate::write) fn ready(&self) -> usize {
        self.file.inner().full_bytes()
    }

    /// A part of the file that is ready; empty when there is none.
    pub(in crate::write) fn take(&mut self) -> Vec<u8> {
        self.file.inner_mut().take_full().unwrap_or_default()
    }

    /// Bytes held for the row group that is open.
    pub(in crate::write) fn held(&self) -> usize {
        self.encoders.iter().map(ColumnEncoder::held).sum::<usize>() + self.compressor.held() + self.file.inner().held()
    }

    /// Ends the file: what is left of it.
    pub(in crate::write) fn finish(mut self) -> Result<Vec<u8>, EngineError> {
        self.end_row_group().map_err(failed)?;
        self.file.finish().map_err(failed)?;
        Ok(self.file.inner_mut().take_all())
    }
}

fn encoders(file: &SerializedFileWriter<PartSink>, schema: &Schema, codec: ParquetCompression) -> Result<Vec<ColumnEncoder>, EngineError> {
    let encoder = |(index, field): (usize, &Arc<Field>)| {
        let leaf = leaves_of(file, index).next();
        let leaf = leaf.ok_or_else(|| failed(ParquetError::General(format!("{} has no leaf", field.name()))))?;
        Ok(ColumnEncoder::new(field.data_type(), &file.schema_descr().column(leaf), codec))
    };
    schema.fields().iter().enumerate().map(encoder).collect()
}

/// The leaves of a column of the file, by their places among all leaves.
fn leaves_of(file: &SerializedFileWriter<PartSink>, column: usize) -> impl Iterator<Item = usize> {
    let descriptor = file.schema_descr();
    (0..descriptor.num_columns()).filter(move |leaf| descriptor.get_column_root_idx(*leaf) == column)
}

fn failed(error: ParquetError) -> EngineError {
    tracing::error!(%error, "Parquet cannot be written");
    EngineError::engine("HIVE_WRITER_DATA_ERROR", "Failed to write Parquet data")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use arrow::array::*;
    use arrow::compute::{cast, concat, take};
    use bytes::Bytes;
    use owlake_functions::types::TrinoType;
    use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
    use parquet::file::metadata::PageIndexPolicy;

    use super::*;

    const ROWS: usize = 50_000;

    /// A column of every kind: values that come back, values that do not, and nulls.
    fn columns() -> Vec<(TrinoType, ArrayRef)> {
        let rows = || 0..ROWS as i64;
        let mixed = |row: i64| row.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64.cast_signed());
        let decimal = |precision: u8, scale: i8, values: Vec<i128>| {
            Arc::new(Decimal128Array::from(values).with_precision_and_scale(precision, scale).unwrap()) as ArrayRef
        };
        let nulls = |row: i64| row % 7 != 3;
        vec![
            (TrinoType::Tinyint, Arc::new(Int8Array::from_iter(rows().map(|row| nulls(row).then_some(row as i8))))),
            (TrinoType::Smallint, Arc::new(Int16Array::from_iter_values(rows().map(|row| mixed(row) as i16)))),
            (TrinoType::Integer, Arc::new(Int32Array::from_iter(rows().map(|row| (row > 30_000).then_some(mixed(row) as i32))))),
            (TrinoType::Bigint, Arc::new(Int64Array::from_iter_values(rows().map(|row| row / 4)))),
            (TrinoType::Bigint, Arc::new(Int64Array::from_iter_values(rows().map(mixed)))),
            (TrinoType::Bigint, Arc::new(Int64Array::from_iter(rows().map(|_| None)))),
            (TrinoType::Real, Arc::new(Float32Array::from_iter_values(rows().map(|row| if row % 5 == 0 { f32::NAN } else { row as f32 })))),
            (TrinoType::Double, Arc::new(Float64Array::from_iter_values(rows().map(|row| if row % 2 == 0 { -0.0 } else { 0.0 })))),
            (TrinoType::Date, Arc::new(Date32Array::from_iter_values(rows().map(|row| (row % 2500) as i32 - 900)))),
            (TrinoType::Timestamp(3), Arc::new(TimestampMillisecondArray::from_iter_values(rows().map(|row| row * 1000)))),
            (TrinoType::Decimal { precision: 9, scale: 2 }, decimal(9, 2, rows().map(|row| i128::from(row % 999_999_999) - 77).collect())),
            (
                TrinoType::Decimal { precision: 18, scale: 4 },
                decimal(18, 4, rows().map(|row| i128::from(mixed(row) % 1_000_000_000_000)).collect()),
            ),
            (TrinoType::Decimal { precision: 38, scale: 0 }, decimal(38, 0, rows().map(|row| i128::from(row) << 70).collect())),
            (TrinoType::Boolean, Arc::new(BooleanArray::from_iter(rows().map(|row| nulls(row).then_some(row % 3 == 0))))),
            (
                TrinoType::VARCHAR,
                Arc::new(StringViewArray::from_iter(
                    rows().map(|row| nulls(row).then_some(["", "AIR", "TRUCK", "twelve bytes"][row as usize % 4])),
                )),
            ),
            (TrinoType::VARCHAR, Arc::new(StringViewArray::from_iter_values(rows().map(|row| format!("TAKE BACK RETURN {}", row % 300))))),
            (
                TrinoType::VARCHAR,
                Arc::new(StringViewArray::from_iter_values(rows().map(|row| "é".repeat(row as usize % 60) + &mixed(row).to_string()))),
            ),
            (
                TrinoType::Varbinary,
                Arc::new(BinaryViewArray::from_iter(
                    rows().map(|row| nulls(row).then(|| mixed(row).to_le_bytes()[..row as usize % 9].to_vec())),
                )),
            ),
            (TrinoType::Array(Arc::new(TrinoType::Integer)), {
                Arc::new(ListArray::from_iter_primitive::<arrow::datatypes::Int32Type, _, _>(
                    rows().map(|row| nulls(row).then(|| vec![Some(row as i32); row as usize % 3])),
                ))
            }),
        ]
    }

    fn written(compression: Compression) -> (Bytes, Vec<ArrayRef>) {
        let (types, arrays): (Vec<TrinoType>, Vec<ArrayRef>) = columns().into_iter().unzip();
        let column =
            |(index, data_type): (usize, &TrinoType)| WriteColumn { name: format!("c{index}"), data_type: data_type.clone(), fit: None };
        let mut encoder = ParquetEncoder::new(types.iter().enumerate().map(column).collect(), compression).unwrap();
        let batch =
            RecordBatch::try_from_iter(arrays.iter().enumerate().map(|(index, array)| (format!("c{index}"), Arc::clone(array)))).unwrap();
        let picked: Vec<u32> = (0..ROWS as u32).rev().step_by(3).collect();
        encoder.write(&batch).unwrap();
        encoder.write_rows(&batch, &Rows::Picked(&picked)).unwrap();
        encoder.flush().unwrap();
        encoder.write_rows(&batch, &Rows::Range(10..12)).unwrap();
        let picks = UInt32Array::from(picked);
        let expected = arrays.iter().map(|array| {
            let rows = take(array, &picks, None).unwrap();
            concat(&[array.as_ref(), rows.as_ref(), array.slice(10, 2).as_ref()]).unwrap()
        });
        let expected = expected.collect();
        (encoder.finish().unwrap().into(), expected)
    }

    #[test]
    fn every_kind_of_column_reads_back() {
        for compression in [Compression::None, Compression::Snappy, Compression::Gzip, Compression::Zstd { level: 3 }] {
            let (file, expected) = written(compression);
            let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().with_batch_size(1 << 20).build().unwrap();
            let batches: Vec<RecordBatch> = reader.collect::<Result<_, _>>().unwrap();
            for (index, expected) in expected.iter().enumerate() {
                let parts: Vec<&dyn Array> = batches.iter().map(|batch| batch.column(index).as_ref()).collect();
                let read = concat(&parts).unwrap();
                if let (Some(read), Some(expected)) = (read.as_list_opt::<i32>(), expected.as_list_opt::<i32>()) {
                    assert_eq!((read.values(), read.offsets(), read.nulls()), (expected.values(), expected.offsets(), expected.nulls()));
                    continue;
                }
                // Bits, so that every NaN and both zeros are themselves.
                let read = cast(&read, expected.data_type()).unwrap();
                assert_eq!(read.len(), expected.len());
                assert!(read.to_data() == expected.to_data(), "column {index} with {compression:?}");
            }
        }
    }

    #[test]
    fn bounds_of_chunks_and_pages_hold() {
        let (file, expected) = written(Compression::Snappy);
        let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Required);
        let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options).unwrap();
        let metadata = builder.metadata();
        assert_eq!(metadata.num_row_groups(), 2);
        let chunk = metadata.row_group(0).column(3);
        let statistics = chunk.statistics().unwrap();
        assert_eq!(statistics.min_bytes_opt().unwrap(), 0_i64.to_le_bytes());
        assert_eq!(statistics.max_bytes_opt().unwrap(), (ROWS as i64 / 4 - 1).to_le_bytes());
        assert_eq!(statistics.null_count_opt(), Some(0));
        let nulls = metadata.row_group(0).column(5).statistics().unwrap();
        assert_eq!((nulls.min_bytes_opt(), nulls.null_count_opt()), (None, Some(expected[5].len() as u64 - 2)));
        // NaN is in no bound, and a bound of zero takes in both zeros.
        let reals = metadata.row_group(0).column(6).statistics().unwrap();
        assert_eq!(reals.max_bytes_opt().unwrap(), (ROWS as f32 - 1.0).to_le_bytes());
        let zeros = metadata.row_group(0).column(7).statistics().unwrap();
        assert_eq!(
            (zeros.min_bytes_opt().unwrap(), zeros.max_bytes_opt().unwrap()),
            (&(-0.0_f64).to_le_bytes()[..], &0.0_f64.to_le_bytes()[..])
        );
        // Codes keep their dictionary, keys have none.
        assert!(metadata.row_group(0).column(8).dictionary_page_offset().is_some());
        assert!(metadata.row_group(0).column(15).dictionary_page_offset().is_some());
        assert!(metadata.row_group(0).column(4).dictionary_page_offset().is_none());
        assert!(metadata.row_group(0).column(16).dictionary_page_offset().is_none());
        let pages = metadata.offset_index().unwrap()[0][8].page_locations();
        assert!(pages.len() >= 3 && pages.windows(2).all(|pair| pair[0].offset < pair[1].offset));
    }
}
