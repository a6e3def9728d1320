//! How are rows written as CSV? Every value quoted, null empty and unquoted, a newline after every line.
//!
//! Ref: measured Athena behaviour, "Result objects": `"` doubles, commas between, UTF-8, a header always.
//!
//! The common types are written straight into a buffer that is longer than the row can be (`csv_value`); all others go
//! through the text the type's own writer gives.

use crate::results::csv_value::{
    DATE_BYTES_MAX, DECIMAL_BYTES_MAX, INTEGER_BYTES_MAX, REAL_BYTES_MAX, TIMESTAMP_BYTES_MAX, put_date, put_decimal, put_double, put_i64,
    put_timestamp,
};
use arrow::array::{Array, AsArray, BooleanArray, StringViewArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
};
use arrow::record_batch::RecordBatch;
use owlake_engine::engine::{ResultColumn, ResultType};
use owlake_functions::types::TrinoType;
use owlake_functions::types::text::ValueWriter;

/// A value's two quotes and its comma.
const FRAME_BYTES: usize = 3;

/// Writes the rows of one result.
pub struct CsvWriter {
    columns: Vec<ValueWriter>,
}

/// Bytes being written: a buffer and how far it is filled. What lies behind is of an earlier use and has no meaning.
#[derive(Default)]
pub struct CsvBuffer {
    bytes: Vec<u8>,
    length: usize,
}

impl CsvBuffer {
    /// A buffer that writes over `bytes`, whose content is given up.
    pub fn over(bytes: Vec<u8>) -> Self {
        CsvBuffer { bytes, length: 0 }
    }

    /// What was written.
    pub fn written(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// The whole buffer and how much of it was written.
    pub fn into_parts(self) -> (Vec<u8>, usize) {
        (self.bytes, self.length)
    }

    /// At least `bytes_max` writable bytes behind what was written.
    #[inline]
    fn room(&mut self, bytes_max: usize) -> &mut [u8] {
        if self.bytes.len() - self.length < bytes_max {
            let length = (self.bytes.len() * 2).max(self.length + bytes_max);
            self.bytes.resize(length, 0);
        }
        &mut self.bytes[self.length..]
    }
}

/// A column of one batch, with the array behind it already told apart.
enum Values<'a> {
    Int8(&'a [i8]),
    Int16(&'a [i16]),
    Int32(&'a [i32]),
    Int64(&'a [i64]),
    Double(&'a [f64]),
    Decimal(&'a [i128], u32),
    Boolean(&'a BooleanArray),
    Date(&'a [i32]),
    /// Values and how many of them make a second, with the digits shown.
    Timestamp(&'a [i64], i64, u8),
    Text(&'a StringViewArray),
    /// Any other type; whether its text may hold a quote.
    Other(&'a ValueWriter, &'a dyn Array, bool),
    /// An untyped null has no validity bitmap to ask.
    Null,
}

impl CsvWriter {
    /// A writer for these columns.
    pub fn new(columns: &[ResultColumn]) -> Self {
        let columns = columns
            .iter()
            .map(|column| match &column.data_type {
                ResultType::Trino(data_type) => ValueWriter::new(data_type),
                ResultType::HiveString => ValueWriter::new(&TrinoType::VARCHAR),
            })
            .collect();
        CsvWriter { columns }
    }

    /// Appends the rows of a batch whose columns are this writer's.
    pub fn write(&self, batch: &RecordBatch, out: &mut CsvBuffer) {
        let columns: Vec<(Values<'_>, Option<&NullBuffer>)> = self
            .columns
            .iter()
            .zip(batch.columns())
            .map(|(writer, array)| (values(writer, array.as_ref()), array.nulls().filter(|nulls| nulls.null_count() > 0)))
            .collect();
        let row_bytes_max: usize = columns.iter().map(|(values, _)| values.bytes_max() + FRAME_BYTES).sum::<usize>() + 1;
        let mut scratch = String::new();
        for row in 0..batch.num_rows() {
            out.room(row_bytes_max);
            if columns.is_empty() {
                out.bytes[out.length] = b'\n';
                out.length += 1;
                continue;
            }
            for (values, nulls) in &columns {
                if nulls.is_none_or(|nulls| nulls.is_valid(row)) {
                    values.put(row, row_bytes_max, out, &mut scratch);
                }
                out.bytes[out.length] = b',';
                out.length += 1;
            }
            // The last comma's place ends the line.
            out.bytes[out.length - 1] = b'\n';
        }
    }
}

/// The array as the slice or array its type says. An array of another form is left to the type's own writer.
fn values<'a>(writer: &'a ValueWriter, array: &'a dyn Array) -> Values<'a> {
    let found = match writer.data_type() {
        TrinoType::Unknown => Some(Values::Null),
        TrinoType::Tinyint => array.as_primitive_opt::<Int8Type>().map(|array| Values::Int8(array.values())),
        TrinoType::Smallint => array.as_primitive_opt::<Int16Type>().map(|array| Values::Int16(array.values())),
        TrinoType::Integer => array.as_primitive_opt::<Int32Type>().map(|array| Values::Int32(array.values())),
        TrinoType::Bigint => array.as_primitive_opt::<Int64Type>().map(|array| Values::Int64(array.values())),
        TrinoType::Double => array.as_primitive_opt::<Float64Type>().map(|array| Values::Double(array.values())),
        TrinoType::Decimal { scale, .. } => {
            array.as_primitive_opt::<Decimal128Type>().map(|array| Values::Decimal(array.values(), u32::from(*scale)))
        }
        TrinoType::Boolean => array.as_boolean_opt().map(Values::Boolean),
        TrinoType::Date => array.as_primitive_opt::<Date32Type>().map(|array| Values::Date(array.values())),
        TrinoType::Timestamp(precision @ 0..=3) => {
            array.as_primitive_opt::<TimestampMillisecondType>().map(|array| Values::Timestamp(array.values(), 1_000, *precision))
        }
        TrinoType::Timestamp(precision @ 4..=6) => {
            array.as_primitive_opt::<TimestampMicrosecondType>().map(|array| Values::Timestamp(array.values(), 1_000_000, *precision))
        }
        TrinoType::Varchar(_) | TrinoType::Json | TrinoType::JsonPath | TrinoType::Json2016 => array.as_string_view_opt().map(Values::Text),
        _ => None,
    };
    found.unwrap_or_else(|| Values::Other(writer, array, may_hold_quotes(writer.data_type())))
}

impl Values<'_> {
    /// The longest text of a value that is written in place; 0 for texts, which make room for themselves.
    fn bytes_max(&self) -> usize {
        match self {
            Values::Int8(_) | Values::Int16(_) | Values::Int32(_) | Values::Int64(_) => INTEGER_BYTES_MAX,
            Values::Double(_) => REAL_BYTES_MAX,
            Values::Decimal(..) => DECIMAL_BYTES_MAX,
            Values::Boolean(_) => "false".len(),
            Values::Date(_) => DATE_BYTES_MAX,
            Values::Timestamp(..) => TIMESTAMP_BYTES_MAX,
            Values::Text(_) | Values::Other(..) | Values::Null => 0,
        }
    }

    /// Writes one value with its quotes. There is room for a whole row, and there has to be afterwards.
    #[inline]
    fn put(&self, row: usize, row_bytes_max: usize, out: &mut CsvBuffer, scratch: &mut String) {
        let start = out.length + 1;
        let slot = &mut out.bytes[start..];
        let length = match self {
            Values::Int8(values) => put_i64(slot, i64::from(values[row])),
            Values::Int16(values) => put_i64(slot, i64::from(values[row])),
            Values::Int32(values) => put_i64(slot, i64::from(values[row])),
            Values::Int64(values) => put_i64(slot, values[row]),
            Values::Double(values) => put_double(slot, values[row], scratch),
            Values::Decimal(values, scale) => put_decimal(slot, values[row], *scale, scratch),
            Values::Boolean(values) => {
                let text: &[u8] = if values.value(row) { b"true" } else { b"false" };
                slot[..text.len()].copy_from_slice(text);
                text.len()
            }
            Values::Date(values) => put_date(slot, i64::from(values[row]), scratch),
            Values::Timestamp(values, per_second, precision) => put_timestamp(slot, values[row], *per_second, *precision, scratch),
            Values::Text(values) => return put_text(values.value(row).as_bytes(), true, row_bytes_max, out),
            Values::Other(writer, array, may_hold_quotes) => {
                scratch.clear();
                writer.write(*array, row, scratch);
                return put_text(scratch.as_bytes(), *may_hold_quotes, row_bytes_max, out);
            }
            Values::Null => return,
        };
        out.bytes[start - 1] = b'"';
        out.bytes[start + length] = b'"';
        out.length = start + length + 1;
    }
}

/// Writes a text between quotes, doubling those inside; leaves `row_bytes_max` behind it.
#[inline]
fn put_text(text: &[u8], may_hold_quotes: bool, row_bytes_max: usize, out: &mut CsvBuffer) {
    let quotes = if may_hold_quotes { text.iter().filter(|byte| **byte == b'"').count() } else { 0 };
    let written = text.len() + quotes + 2;
    let slot = out.room(written + row_bytes_max);
    slot[0] = b'"';
    slot[written - 1] = b'"';
    if quotes == 0 {
        slot[1..=text.len()].copy_from_slice(text);
    } else {
        let mut at = 1;
        for byte in text {
            slot[at] = *byte;
            at += 1;
            if *byte == b'"' {
                slot[at] = b'"';
                at += 1;
            }
        }
    }
    out.length += written;
}

/// Appends the header line.
pub fn write_header<'a>(names: impl IntoIterator<Item = &'a str>, out: &mut Vec<u8>) {
    for (at, name) in names.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.push(b'"');
        out.extend_from_slice(name.replace('"', "\"\"").as_bytes());
        out.push(b'"');
    }
    out.push(b'\n');
}

/// False for types whose text never holds a quote; their values are not searched.
fn may_hold_quotes(data_type: &TrinoType) -> bool {
    match data_type {
        TrinoType::Array(element) => may_hold_quotes(element),
        TrinoType::Map(key, value) => may_hold_quotes(key) || may_hold_quotes(value),
        // Field names are free text.
        TrinoType::Row(_) => true,
        TrinoType::Varchar(_) | TrinoType::Char(_) | TrinoType::Json | TrinoType::Json2016 | TrinoType::JsonPath => true,
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use arrow::array::{
        ArrayRef, Date32Array, Decimal128Array, Float64Array, Int64Array, NullArray, StringViewArray, TimestampMillisecondArray,
    };
    use std::sync::Arc;

    fn column(name: &str, data_type: TrinoType) -> ResultColumn {
        ResultColumn { name: name.to_owned(), data_type: ResultType::Trino(data_type) }
    }

    fn text(columns: &[ResultColumn], arrays: Vec<ArrayRef>) -> String {
        let batch = RecordBatch::try_from_iter(columns.iter().map(|column| column.name.clone()).zip(arrays)).unwrap();
        let mut out = CsvBuffer::over(b"left over".to_vec());
        CsvWriter::new(columns).write(&batch, &mut out);
        String::from_utf8(out.written().to_vec()).unwrap()
    }

    #[test]
    fn values_are_quoted_and_nulls_are_not() {
        let columns = [column("n", TrinoType::Bigint), column("a \"b\"", TrinoType::VARCHAR)];
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, Some(-3)]));
        let texts: ArrayRef = Arc::new(StringViewArray::from(vec![Some(""), None, Some("x,\"y\"\nz")]));
        let mut header = Vec::new();
        write_header(columns.iter().map(|column| column.name.as_str()), &mut header);
        assert_eq!(String::from_utf8(header).unwrap(), "\"n\",\"a \"\"b\"\"\"\n");
        assert_eq!(text(&columns, vec![numbers, texts]), "\"1\",\"\"\n,\n\"-3\",\"x,\"\"y\"\"\nz\"\n");
    }

    #[test]
    fn types_written_in_place_read_as_their_own_writers_say() {
        // Ref: measured Athena behaviour, "Text of values".
        let columns = [
            column("double", TrinoType::Double),
            column("decimal", TrinoType::Decimal { precision: 10, scale: 3 }),
            column("date", TrinoType::Date),
            column("timestamp", TrinoType::Timestamp(3)),
            column("nothing", TrinoType::Unknown),
        ];
        let doubles: ArrayRef = Arc::new(Float64Array::from(vec![1.5, -1e20]));
        let decimals: ArrayRef = Arc::new(Decimal128Array::from(vec![-5, 1_234_567]).with_precision_and_scale(10, 3).unwrap());
        let dates: ArrayRef = Arc::new(Date32Array::from(vec![20_736, -719_529]));
        let times: ArrayRef = Arc::new(TimestampMillisecondArray::from(vec![1_791_636_896_123, -1]));
        let nothing: ArrayRef = Arc::new(NullArray::new(2));
        assert_eq!(
            text(&columns, vec![doubles, decimals, dates, times, nothing]),
            "\"1.5\",\"-0.005\",\"2026-10-10\",\"2026-10-10 12:54:56.123\",\n\"-1.0E20\",\"1234.567\",\"-0001-12-31\",\"1969-12-31 23:59:59.999\",\n"
        );
    }

    #[test]
    fn long_texts_make_room_for_the_rest_of_their_row() {
        let columns = [column("a", TrinoType::VARCHAR), column("b", TrinoType::Bigint), column("c", TrinoType::VARCHAR)];
        let long = "\"".repeat(100_000);
        let texts: ArrayRef = Arc::new(StringViewArray::from(vec![long.as_str(), "x"]));
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![i64::MIN, i64::MAX]));
        let doubled = "\"".repeat(200_000);
        assert_eq!(
            text(&columns, vec![texts.clone(), numbers, texts]),
            format!("\"{doubled}\",\"-9223372036854775808\",\"{doubled}\"\n\"x\",\"9223372036854775807\",\"x\"\n")
        );
    }
}
