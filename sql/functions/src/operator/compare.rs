//! When are two values equal, the same, or one before the other? For every type, nested ones included. Ref: Trino 401 `TypeOperators`.
//!
//! * *Equal* is three-valued: a null inside a row, array or map may leave it undecided. NaN equals nothing.
//! * *Identical* is what IS DISTINCT FROM, DISTINCT and map keys use: null is null, NaN is NaN.
//! * *Order* is that of ORDER BY: NaN is the largest.

use std::cmp::Ordering;

use arrow::array::{Array, AsArray};
use arrow::datatypes::*;

use crate::error::FunctionError;
use crate::types::TrinoType;
use crate::types::civil::PICOS_PER_DAY;
use crate::types::zone::unpack_time;

/// A time with time zone as picoseconds of the day in UTC.
#[inline]
pub fn time_instant(packed: i128) -> i64 {
    let (picos, offset_minutes) = unpack_time(packed);
    (picos - i64::from(offset_minutes) * 60_000_000_000_000).rem_euclid(PICOS_PER_DAY)
}

/// Are `left[i]` and `right[j]`, neither null, equal? `None` when a null inside leaves it open.
pub fn equal_at(data_type: &TrinoType, left: &dyn Array, i: usize, right: &dyn Array, j: usize) -> Option<bool> {
    match data_type {
        TrinoType::Real => Some(left.as_primitive::<Float32Type>().value(i) == right.as_primitive::<Float32Type>().value(j)),
        TrinoType::Double => Some(left.as_primitive::<Float64Type>().value(i) == right.as_primitive::<Float64Type>().value(j)),
        TrinoType::Array(element) => {
            let (left, right) = (left.as_list::<i32>(), right.as_list::<i32>());
            let (from, to) = (range(left.value_offsets(), i), range(right.value_offsets(), j));
            if from.len() != to.len() {
                return Some(false);
            }
            all_equal(from.zip(to).map(|(i, j)| nullable_equal_at(element, left.values().as_ref(), i, right.values().as_ref(), j)))
        }
        TrinoType::Row(fields) => {
            let (left, right) = (left.as_struct(), right.as_struct());
            all_equal(fields.iter().enumerate().map(|(position, field)| {
                nullable_equal_at(&field.data_type, left.column(position).as_ref(), i, right.column(position).as_ref(), j)
            }))
        }
        TrinoType::Map(key, value) => {
            let (left, right) = (left.as_map(), right.as_map());
            let (from, to) = (range(left.value_offsets(), i), range(right.value_offsets(), j));
            if from.len() != to.len() {
                return Some(false);
            }
            all_equal(from.map(|i| {
                let found = to.clone().find(|j| is_identical_at(key, left.keys().as_ref(), i, right.keys().as_ref(), *j));
                found.map_or(Some(false), |j| nullable_equal_at(value, left.values().as_ref(), i, right.values().as_ref(), j))
            }))
        }
        _ => Some(order_flat_at(data_type, left, i, right, j) == Ordering::Equal),
    }
}

fn nullable_equal_at(data_type: &TrinoType, left: &dyn Array, i: usize, right: &dyn Array, j: usize) -> Option<bool> {
    if left.is_null(i) || right.is_null(j) { None } else { equal_at(data_type, left, i, right, j) }
}

/// False when any is false; else open when any is open.
fn all_equal(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut result = Some(true);
    for part in parts {
        match part {
            Some(false) => return Some(false),
            None => result = None,
            Some(true) => {}
        }
    }
    result
}

#[inline]
fn range(offsets: &[i32], row: usize) -> std::ops::Range<usize> {
    offsets[row] as usize..offsets[row + 1] as usize
}

/// Are the two, nulls allowed, not distinct?
pub fn is_identical_at(data_type: &TrinoType, left: &dyn Array, i: usize, right: &dyn Array, j: usize) -> bool {
    match (left.is_null(i), right.is_null(j)) {
        (true, true) => return true,
        (false, false) => {}
        _ => return false,
    }
    match data_type {
        TrinoType::Real => {
            let (left, right) = (left.as_primitive::<Float32Type>().value(i), right.as_primitive::<Float32Type>().value(j));
            left == right || (left.is_nan() && right.is_nan())
        }
        TrinoType::Double => {
            let (left, right) = (left.as_primitive::<Float64Type>().value(i), right.as_primitive::<Float64Type>().value(j));
            left == right || (left.is_nan() && right.is_nan())
        }
        TrinoType::Array(element) => {
            let (left, right) = (left.as_list::<i32>(), right.as_list::<i32>());
            let (from, to) = (range(left.value_offsets(), i), range(right.value_offsets(), j));
            from.len() == to.len()
                && from.zip(to).all(|(i, j)| is_identical_at(element, left.values().as_ref(), i, right.values().as_ref(), j))
        }
        TrinoType::Row(fields) => {
            let (left, right) = (left.as_struct(), right.as_struct());
            fields.iter().enumerate().all(|(position, field)| {
                is_identical_at(&field.data_type, left.column(position).as_ref(), i, right.column(position).as_ref(), j)
            })
        }
        TrinoType::Map(key, value) => {
            let (left, right) = (left.as_map(), right.as_map());
            let (from, mut to) = (range(left.value_offsets(), i), range(right.value_offsets(), j));
            from.len() == to.len()
                && from.into_iter().all(|i| {
                    to.clone().any(|j| {
                        is_identical_at(key, left.keys().as_ref(), i, right.keys().as_ref(), j)
                            && is_identical_at(value, left.values().as_ref(), i, right.values().as_ref(), j)
                    })
                })
                && to.next().is_none_or(|_| true)
        }
        _ => order_flat_at(data_type, left, i, right, j) == Ordering::Equal,
    }
}

/// The order of two values, neither null. Errors: NOT_SUPPORTED when a null inside a row or array decides.
pub fn order_at(data_type: &TrinoType, left: &dyn Array, i: usize, right: &dyn Array, j: usize) -> Result<Ordering, FunctionError> {
    match data_type {
        TrinoType::Real => Ok(order_floats(
            f64::from(left.as_primitive::<Float32Type>().value(i)),
            f64::from(right.as_primitive::<Float32Type>().value(j)),
        )),
        TrinoType::Double => Ok(order_floats(left.as_primitive::<Float64Type>().value(i), right.as_primitive::<Float64Type>().value(j))),
        TrinoType::Array(element) => {
            let (left, right) = (left.as_list::<i32>(), right.as_list::<i32>());
            let (from, to) = (range(left.value_offsets(), i), range(right.value_offsets(), j));
            let lengths = from.len().cmp(&to.len());
            for (i, j) in from.zip(to) {
                if left.values().is_null(i) || right.values().is_null(j) {
                    return Err(FunctionError::not_supported("ARRAY comparison not supported for arrays with null elements"));
                }
                let order = order_at(element, left.values().as_ref(), i, right.values().as_ref(), j)?;
                if order != Ordering::Equal {
                    return Ok(order);
                }
            }
            Ok(lengths)
        }
        TrinoType::Row(fields) => {
            let (left, right) = (left.as_struct(), right.as_struct());
            for (position, field) in fields.iter().enumerate() {
                let (left, right) = (left.column(position), right.column(position));
                if left.is_null(i) || right.is_null(j) {
                    return Err(FunctionError::not_supported("ROW comparison not supported for fields with null elements"));
                }
                let order = order_at(&field.data_type, left.as_ref(), i, right.as_ref(), j)?;
                if order != Ordering::Equal {
                    return Ok(order);
                }
            }
            Ok(Ordering::Equal)
        }
        _ => Ok(order_flat_at(data_type, left, i, right, j)),
    }
}

/// NaN is the largest; the two zeros are equal.
#[inline]
pub fn order_floats(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right).unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()))
}

/// The order of two values of a type that is neither a float nor nested.
fn order_flat_at(data_type: &TrinoType, left: &dyn Array, i: usize, right: &dyn Array, j: usize) -> Ordering {
    macro_rules! primitive {
        ($arrow:ty) => {
            left.as_primitive::<$arrow>().value(i).cmp(&right.as_primitive::<$arrow>().value(j))
        };
    }
    match data_type {
        TrinoType::Unknown | TrinoType::Boolean => left.as_boolean().value(i).cmp(&right.as_boolean().value(j)),
        TrinoType::Tinyint => primitive!(Int8Type),
        TrinoType::Smallint => primitive!(Int16Type),
        TrinoType::Integer | TrinoType::IntervalYearToMonth | TrinoType::Color => primitive!(Int32Type),
        TrinoType::Bigint | TrinoType::BingTile | TrinoType::IntervalDayToSecond | TrinoType::Time(_) => primitive!(Int64Type),
        TrinoType::Decimal { .. } | TrinoType::Timestamp(7..) => primitive!(Decimal128Type),
        TrinoType::Date => primitive!(Date32Type),
        TrinoType::Timestamp(0..=3) => primitive!(TimestampMillisecondType),
        TrinoType::Timestamp(_) => primitive!(TimestampMicrosecondType),
        TrinoType::TimestampWithTimeZone(0..=3) => {
            (left.as_primitive::<Int64Type>().value(i) >> 12).cmp(&(right.as_primitive::<Int64Type>().value(j) >> 12))
        }
        TrinoType::TimestampWithTimeZone(_) => {
            (left.as_primitive::<Decimal128Type>().value(i) >> 12).cmp(&(right.as_primitive::<Decimal128Type>().value(j) >> 12))
        }
        TrinoType::TimeWithTimeZone(_) => {
            time_instant(left.as_primitive::<Decimal128Type>().value(i)).cmp(&time_instant(right.as_primitive::<Decimal128Type>().value(j)))
        }
        TrinoType::Varchar(_) | TrinoType::Json | TrinoType::JsonPath | TrinoType::Json2016 => {
            left.as_string_view().value(i).cmp(right.as_string_view().value(j))
        }
        TrinoType::Char(_) => order_padded(left.as_string_view().value(i), right.as_string_view().value(j)),
        TrinoType::Uuid | TrinoType::IpAddress => left.as_fixed_size_binary().value(i).cmp(right.as_fixed_size_binary().value(j)),
        TrinoType::Varbinary
        | TrinoType::HyperLogLog
        | TrinoType::P4HyperLogLog
        | TrinoType::Qdigest(_)
        | TrinoType::Tdigest
        | TrinoType::SetDigest
        | TrinoType::Geometry
        | TrinoType::SphericalGeography => left.as_binary_view().value(i).cmp(right.as_binary_view().value(j)),
        // Neither flat nor comparable: never asked.
        TrinoType::Real | TrinoType::Double | TrinoType::Array(_) | TrinoType::Map(..) | TrinoType::Row(_) | TrinoType::Function(..) => {
            Ordering::Equal
        }
    }
}

/// The order of two chars held without their trailing blanks.
pub fn order_padded(left: &str, right: &str) -> Ordering {
    let length = left.len().max(right.len());
    let padded = |text: &'_ str| -> Vec<u8> {
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(length, b' ');
        bytes
    };
    if left.len() == right.len() { left.cmp(right) } else { padded(left).cmp(&padded(right)) }
}
