//! How does Athena spell a value in results and CSV files? Ref: behaviour of `VarCharValue`, see the table in [`ValueWriter`].

use std::cell::RefCell;
use std::cmp::Ordering;
use std::fmt::Write;
use std::hash::Hasher;

use arrow::array::{Array, ArrayRef, AsArray, make_comparator};
use arrow::compute::SortOptions;
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType,
};

use super::TrinoType;
use super::number_text::{push_decimal, push_i64, push_java_double, push_java_real};
use super::temporal_text::*;
use super::zone::{ZoneCursors, unpack_millis, unpack_picos, unpack_time};

/// Writes the text of values of one type.
///
/// | type | text |
/// |---|---|
/// | double, real | as Java: `1.5`, `1.0E20`, `NaN`, `Infinity` |
/// | decimal | all digits of the scale |
/// | char(n) | padded with spaces to n |
/// | timestamp(p) | `2026-10-10 12:34:56.123`, p digits; with a zone ` UTC`, ` +07:00` or ` Europe/Paris` |
/// | time(p) with time zone | `12:34:56.123+07:00` |
/// | intervals | `1 00:00:00.000`, `1-0` |
/// | varbinary | `de ad be ef`; inside a container `[B@` and eight digits |
/// | array, map, row | `[1, 2]`, `{a=1, b=2}`, `{a=1, b=x}`; nulls inside as `null`; map keys ascending |
///
/// A null at the top has no text: the caller asks the array first.
#[derive(Debug)]
pub struct ValueWriter {
    data_type: TrinoType,
    zones: RefCell<ZoneCursors>,
}

impl ValueWriter {
    pub fn new(data_type: &TrinoType) -> ValueWriter {
        ValueWriter { data_type: data_type.clone(), zones: RefCell::default() }
    }

    /// The type whose values this writes.
    pub fn data_type(&self) -> &TrinoType {
        &self.data_type
    }

    /// Appends the text of `array[row]` to `out`; nothing for a null. `array` has the physical form of the type; a value
    /// of another form is left out.
    #[inline]
    pub fn write(&self, array: &dyn Array, row: usize, out: &mut String) {
        if !array.is_null(row) {
            self.write_value(&self.data_type, array, row, out, false);
        }
    }

    fn write_value(&self, data_type: &TrinoType, array: &dyn Array, row: usize, out: &mut String, is_nested: bool) {
        match data_type {
            TrinoType::Unknown => {}
            TrinoType::Boolean => out.push_str(if array.as_boolean().value(row) { "true" } else { "false" }),
            TrinoType::Tinyint => push_i64(out, i64::from(array.as_primitive::<Int8Type>().value(row))),
            TrinoType::Smallint => push_i64(out, i64::from(array.as_primitive::<Int16Type>().value(row))),
            TrinoType::Integer => push_i64(out, i64::from(array.as_primitive::<Int32Type>().value(row))),
            TrinoType::Bigint | TrinoType::BingTile => push_i64(out, array.as_primitive::<Int64Type>().value(row)),
            TrinoType::Real => push_java_real(out, array.as_primitive::<Float32Type>().value(row)),
            TrinoType::Double => push_java_double(out, array.as_primitive::<Float64Type>().value(row)),
            TrinoType::Decimal { scale, .. } => push_decimal(out, array.as_primitive::<Decimal128Type>().value(row), u32::from(*scale)),
            TrinoType::Varchar(_) | TrinoType::Json | TrinoType::JsonPath | TrinoType::Json2016 => {
                out.push_str(array.as_string_view().value(row))
            }
            TrinoType::Char(length) => {
                let text = array.as_string_view().value(row);
                out.push_str(text);
                let count = if text.is_ascii() { text.len() } else { text.chars().count() };
                out.extend(std::iter::repeat_n(' ', (*length as usize).saturating_sub(count)));
            }
            TrinoType::Varbinary
            | TrinoType::HyperLogLog
            | TrinoType::P4HyperLogLog
            | TrinoType::Qdigest(_)
            | TrinoType::Tdigest
            | TrinoType::SetDigest
            | TrinoType::Geometry
            | TrinoType::SphericalGeography => push_binary(out, array.as_binary_view().value(row), is_nested),
            TrinoType::Date => push_date(out, i64::from(array.as_primitive::<Date32Type>().value(row))),
            TrinoType::Time(precision) => push_time(out, array.as_primitive::<Int64Type>().value(row), *precision),
            TrinoType::TimeWithTimeZone(precision) => {
                let (picos, offset_minutes) = unpack_time(array.as_primitive::<Decimal128Type>().value(row));
                push_time_with_zone(out, picos, offset_minutes, *precision);
            }
            TrinoType::Timestamp(precision @ 0..=3) => {
                push_timestamp_millis(out, array.as_primitive::<TimestampMillisecondType>().value(row), *precision)
            }
            TrinoType::Timestamp(precision @ 4..=6) => {
                push_timestamp_picos(out, i128::from(array.as_primitive::<TimestampMicrosecondType>().value(row)) * 1_000_000, *precision);
            }
            TrinoType::Timestamp(precision) => push_timestamp_picos(out, array.as_primitive::<Decimal128Type>().value(row), *precision),
            TrinoType::TimestampWithTimeZone(precision @ 0..=3) => {
                let (millis, key) = unpack_millis(array.as_primitive::<Int64Type>().value(row));
                push_timestamp_with_zone(out, i128::from(millis) * 1_000_000_000, key, *precision, &mut self.zones.borrow_mut());
            }
            TrinoType::TimestampWithTimeZone(precision) => {
                let (picos, key) = unpack_picos(array.as_primitive::<Decimal128Type>().value(row));
                push_timestamp_with_zone(out, picos, key, *precision, &mut self.zones.borrow_mut());
            }
            TrinoType::IntervalYearToMonth => push_interval_year_to_month(out, array.as_primitive::<Int32Type>().value(row)),
            TrinoType::IntervalDayToSecond => push_interval_day_to_second(out, array.as_primitive::<Int64Type>().value(row)),
            TrinoType::Uuid => push_uuid(out, array.as_fixed_size_binary().value(row)),
            TrinoType::IpAddress => push_ip_address(out, array.as_fixed_size_binary().value(row)),
            TrinoType::Color => push_color(out, array.as_primitive::<Int32Type>().value(row)),
            TrinoType::Array(element) => self.write_array(element, array, row, out),
            TrinoType::Map(key, value) => self.write_map(key, value, array, row, out),
            TrinoType::Row(fields) => {
                out.push('{');
                for (position, (field, column)) in fields.iter().zip(array.as_struct().columns()).enumerate() {
                    if position > 0 {
                        out.push_str(", ");
                    }
                    if let Some(name) = &field.name {
                        out.push_str(name);
                        out.push('=');
                    }
                    self.write_nested(&field.data_type, column.as_ref(), row, out);
                }
                out.push('}');
            }
            TrinoType::Function(..) => {}
        }
    }

    fn write_nested(&self, data_type: &TrinoType, array: &dyn Array, row: usize, out: &mut String) {
        if array.is_null(row) { out.push_str("null") } else { self.write_value(data_type, array, row, out, true) }
    }

    fn write_array(&self, element: &TrinoType, array: &dyn Array, row: usize, out: &mut String) {
        let list = array.as_list::<i32>();
        let offsets = list.value_offsets();
        out.push('[');
        for (position, index) in (offsets[row] as usize..offsets[row + 1] as usize).enumerate() {
            if position > 0 {
                out.push_str(", ");
            }
            self.write_nested(element, list.values().as_ref(), index, out);
        }
        out.push(']');
    }

    fn write_map(&self, key: &TrinoType, value: &TrinoType, array: &dyn Array, row: usize, out: &mut String) {
        let map = array.as_map();
        let offsets = map.value_offsets();
        let mut entries: Vec<usize> = (offsets[row] as usize..offsets[row + 1] as usize).collect();
        if entries.len() > 1 {
            sort_by_key(&mut entries, map.keys());
        }
        out.push('{');
        for (position, index) in entries.into_iter().enumerate() {
            if position > 0 {
                out.push_str(", ");
            }
            self.write_nested(key, map.keys().as_ref(), index, out);
            out.push('=');
            self.write_nested(value, map.values().as_ref(), index, out);
        }
        out.push('}');
    }
}

fn sort_by_key(entries: &mut [usize], keys: &ArrayRef) {
    if let Some(texts) = keys.as_string_view_opt() {
        entries.sort_by(|left, right| texts.value(*left).cmp(texts.value(*right)));
    } else if let Ok(compare) = make_comparator(keys, keys, SortOptions::default()) {
        entries.sort_by(|left, right| if left == right { Ordering::Equal } else { compare(*left, *right) });
    }
}

fn push_binary(out: &mut String, bytes: &[u8], is_nested: bool) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    if is_nested {
        // The service prints a Java object's identity here; ours depends on the bytes, so that runs agree.
        let mut hasher = twox_hash::XxHash32::with_seed(0);
        hasher.write(bytes);
        let _ = write!(out, "[B@{:08x}", hasher.finish() as u32);
        return;
    }
    for (position, byte) in bytes.iter().enumerate() {
        if position > 0 {
            out.push(' ');
        }
        out.push(char::from(HEX[usize::from(byte >> 4)]));
        out.push(char::from(HEX[usize::from(byte & 15)]));
    }
}

/// Appends the 36 characters of a UUID.
pub fn push_uuid(out: &mut String, bytes: &[u8]) {
    if let Ok(uuid) = uuid::Uuid::from_slice(bytes) {
        out.push_str(uuid.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()));
    }
}

/// Appends the canonical text of an address held in 16 bytes; IPv4 ones are mapped ones.
pub fn push_ip_address(out: &mut String, bytes: &[u8]) {
    if let Ok(octets) = <[u8; 16]>::try_from(bytes) {
        let address = std::net::Ipv6Addr::from(octets);
        let _ = match address.to_ipv4_mapped() {
            Some(short) => write!(out, "{short}"),
            None => write!(out, "{address}"),
        };
    }
}

/// Names of the system colors, held as -1 for `black` down to -8 for `white`.
pub const SYSTEM_COLORS: [&str; 8] = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

fn push_color(out: &mut String, color: i32) {
    match usize::try_from(-i64::from(color) - 1).ok().and_then(|index| SYSTEM_COLORS.get(index)) {
        Some(name) => out.push_str(name),
        None => {
            let _ = write!(out, "#{:06x}", color & 0xFF_FFFF);
        }
    }
}
