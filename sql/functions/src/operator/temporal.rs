//! What are sums and differences of dates, times, timestamps and intervals? Ref: Trino 401 `DateTimeOperators`, `IntervalDayTimeOperators`, `IntervalYearMonthOperators`.
//!
//! With a zone, days and shorter are added to the instant, months to the wall clock.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::datatypes::*;

use super::sequence::{pair, union_nulls};
use crate::call::Call;
use crate::cast::temporal::round_picos;
use crate::error::FunctionError;
use crate::types::TrinoType;
use crate::types::civil::{MILLIS_PER_DAY, PICOS_PER_DAY, PICOS_PER_SECOND, add_months};
use crate::types::zone::{self, ZoneCursors};

const PICOS_PER_MILLI: i64 = 1_000_000_000;

/// `op` of every pair of rows without nulls.
fn try_pairs<L: ArrowPrimitiveType, R: ArrowPrimitiveType, O: ArrowPrimitiveType>(
    call: &Call<'_>,
    left: &ArrayRef,
    right: &ArrayRef,
    mut op: impl FnMut(L::Native, R::Native) -> Result<O::Native, FunctionError>,
) -> Result<PrimitiveArray<O>, FunctionError> {
    let rows = call.rows();
    let (left, right) = (left.as_primitive::<L>(), right.as_primitive::<R>());
    let nulls = union_nulls(left, right, rows);
    let mut values = Vec::with_capacity(rows);
    for row in 0..rows {
        let is_null = nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
        let (left, right) = pair(left, right, row);
        values.push(if is_null { O::Native::default() } else { op(left, right)? });
    }
    Ok(PrimitiveArray::new(values.into(), nulls))
}

fn interval_overflow(call: &Call<'_>) -> FunctionError {
    FunctionError::out_of_range(format!("{} overflow", call.return_type()))
}

fn combine_intervals(
    call: &Call<'_>,
    arguments: &[ArrayRef],
    long: fn(i64, i64) -> Option<i64>,
    short: fn(i32, i32) -> Option<i32>,
) -> Result<ArrayRef, FunctionError> {
    let (left, right) = (&arguments[0], &arguments[1]);
    Ok(match call.return_type() {
        TrinoType::IntervalYearToMonth => Arc::new(try_pairs::<Int32Type, Int32Type, Int32Type>(call, left, right, |left, right| {
            short(left, right).ok_or_else(|| interval_overflow(call))
        })?),
        _ => Arc::new(try_pairs::<Int64Type, Int64Type, Int64Type>(call, left, right, |left, right| {
            long(left, right).ok_or_else(|| interval_overflow(call))
        })?),
    })
}

pub fn add_intervals(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    combine_intervals(call, arguments, i64::checked_add, i32::checked_add)
}

pub fn subtract_intervals(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    combine_intervals(call, arguments, i64::checked_sub, i32::checked_sub)
}

pub fn negate(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    Ok(match call.return_type() {
        TrinoType::IntervalYearToMonth => Arc::new(arguments[0].as_primitive::<Int32Type>().unary::<_, Int32Type>(i32::wrapping_neg)),
        _ => Arc::new(arguments[0].as_primitive::<Int64Type>().unary::<_, Int64Type>(i64::wrapping_neg)),
    })
}

/// Interval times a number, either way round.
pub fn multiply(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let is_first = matches!(call.argument_type(0), TrinoType::IntervalDayToSecond | TrinoType::IntervalYearToMonth);
    let (interval, number, number_type) = if is_first {
        (&arguments[0], &arguments[1], call.argument_type(1))
    } else {
        (&arguments[1], &arguments[0], call.argument_type(0))
    };
    scale_interval(call, interval, number, number_type, |interval, number| interval * number)
}

pub fn divide(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    // Basis: the error is documented by the engine's tests, its text is inferred.
    let divisors = arguments[1].as_primitive::<Float64Type>();
    if divisors.iter().flatten().any(|divisor| divisor == 0.0) {
        return Err(FunctionError::argument("Cannot divide by double 0.0"));
    }
    scale_interval(call, &arguments[0], &arguments[1], call.argument_type(1), |interval, number| interval / number)
}

fn scale_interval(
    call: &Call<'_>,
    interval: &ArrayRef,
    number: &ArrayRef,
    number_type: &TrinoType,
    op: fn(f64, f64) -> f64,
) -> Result<ArrayRef, FunctionError> {
    let is_months = matches!(call.return_type(), TrinoType::IntervalYearToMonth);
    if matches!(number_type, TrinoType::Bigint) {
        return Ok(if is_months {
            Arc::new(try_pairs::<Int32Type, Int64Type, Int32Type>(call, interval, number, |months, number| {
                whole_months(i64::from(months).checked_mul(number).ok_or_else(|| interval_overflow(call))?)
            })?)
        } else {
            Arc::new(try_pairs::<Int64Type, Int64Type, Int64Type>(call, interval, number, |millis, number| {
                millis.checked_mul(number).ok_or_else(|| interval_overflow(call))
            })?)
        });
    }
    let checked = |number: f64| {
        if number.is_nan() { Err(FunctionError::argument("Cannot multiply or divide by double NaN")) } else { Ok(number) }
    };
    Ok(if is_months {
        Arc::new(try_pairs::<Int32Type, Float64Type, Int32Type>(call, interval, number, |months, number| {
            whole_months(op(f64::from(months), checked(number)?) as i64)
        })?)
    } else {
        Arc::new(try_pairs::<Int64Type, Float64Type, Int64Type>(call, interval, number, |millis, number| {
            Ok(op(millis as f64, checked(number)?) as i64)
        })?)
    })
}

/// Errors: GENERIC_INTERNAL_ERROR past 32 bits. Ref: Trino 401 `SqlIntervalYearMonth`, `Failures`.
fn whole_months(months: i64) -> Result<i32, FunctionError> {
    i32::try_from(months).map_err(|_| {
        let bound = if months > 0 { "exceeds MAX_INT" } else { "is less than MIN_INT" };
        FunctionError::new("GENERIC_INTERNAL_ERROR", format!("Value {months} {bound}"))
    })
}

/// A point in time plus an interval, either way round.
pub fn add(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let is_interval_first = matches!(call.argument_type(0), TrinoType::IntervalDayToSecond | TrinoType::IntervalYearToMonth);
    if is_interval_first {
        shift(call, &arguments[1], call.argument_type(1), &arguments[0], call.argument_type(0), 1)
    } else {
        shift(call, &arguments[0], call.argument_type(0), &arguments[1], call.argument_type(1), 1)
    }
}

/// A point in time less an interval.
pub fn subtract(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    shift(call, &arguments[0], call.argument_type(0), &arguments[1], call.argument_type(1), -1)
}

fn shift(
    call: &Call<'_>,
    point: &ArrayRef,
    point_type: &TrinoType,
    interval: &ArrayRef,
    interval_type: &TrinoType,
    sign: i64,
) -> Result<ArrayRef, FunctionError> {
    if matches!(interval_type, TrinoType::IntervalYearToMonth) {
        return shift_months(call, point, point_type, interval, sign);
    }
    // The result may have more digits than the operand: bring it to the result's form first.
    let point = if is_same_form(point_type, call.return_type()) {
        Arc::clone(point)
    } else {
        crate::cast::cast_array(point, point_type, call.return_type(), call.session())?
    };
    let overflow = || FunctionError::out_of_range(format!("{} out of range", call.return_type()));
    Ok(match call.return_type() {
        TrinoType::Date => Arc::new(try_pairs::<Date32Type, Int64Type, Date32Type>(call, &point, interval, |days, millis| {
            if millis % MILLIS_PER_DAY != 0 {
                let text = if sign > 0 {
                    "Cannot add hour, minutes or seconds to a date"
                } else {
                    "Cannot subtract hour, minutes or seconds from a date"
                };
                return Err(FunctionError::argument(text));
            }
            i32::try_from(i64::from(days) + sign * (millis / MILLIS_PER_DAY)).map_err(|_| overflow())
        })?),
        TrinoType::Time(_) => Arc::new(try_pairs::<Int64Type, Int64Type, Int64Type>(call, &point, interval, |picos, millis| {
            Ok((picos + sign * (millis % MILLIS_PER_DAY) * PICOS_PER_MILLI).rem_euclid(PICOS_PER_DAY))
        })?),
        TrinoType::TimeWithTimeZone(_) => {
            long_form(try_pairs::<Decimal128Type, Int64Type, Decimal128Type>(call, &point, interval, |packed, millis| {
                let (picos, offset_minutes) = zone::unpack_time(packed);
                Ok(zone::pack_time((picos + sign * (millis % MILLIS_PER_DAY) * PICOS_PER_MILLI).rem_euclid(PICOS_PER_DAY), offset_minutes))
            })?)?
        }
        TrinoType::Timestamp(0..=3) => Arc::new(try_pairs::<TimestampMillisecondType, Int64Type, TimestampMillisecondType>(
            call,
            &point,
            interval,
            |point, millis| point.checked_add(sign * millis).ok_or_else(overflow),
        )?),
        TrinoType::Timestamp(4..=6) => Arc::new(try_pairs::<TimestampMicrosecondType, Int64Type, TimestampMicrosecondType>(
            call,
            &point,
            interval,
            |point, millis| millis.checked_mul(sign * 1000).and_then(|micros| point.checked_add(micros)).ok_or_else(overflow),
        )?),
        TrinoType::Timestamp(_) => {
            long_form(try_pairs::<Decimal128Type, Int64Type, Decimal128Type>(call, &point, interval, |point, millis| {
                Ok(point + i128::from(sign * millis) * i128::from(PICOS_PER_MILLI))
            })?)?
        }
        TrinoType::TimestampWithTimeZone(0..=3) => {
            Arc::new(try_pairs::<Int64Type, Int64Type, Int64Type>(call, &point, interval, |packed, millis| {
                let (instant, key) = zone::unpack_millis(packed);
                Ok(zone::pack_millis(instant + sign * millis, key))
            })?)
        }
        _ => long_form(try_pairs::<Decimal128Type, Int64Type, Decimal128Type>(call, &point, interval, |packed, millis| {
            let (picos, key) = zone::unpack_picos(packed);
            Ok(zone::pack_picos(picos + i128::from(sign * millis) * i128::from(PICOS_PER_MILLI), key))
        })?)?,
    })
}

fn is_same_form(left: &TrinoType, right: &TrinoType) -> bool {
    crate::cast::is_no_op(left, right)
}

fn shift_months(
    call: &Call<'_>,
    point: &ArrayRef,
    point_type: &TrinoType,
    interval: &ArrayRef,
    sign: i64,
) -> Result<ArrayRef, FunctionError> {
    let overflow = || FunctionError::out_of_range(format!("{} out of range", call.return_type()));
    let months = |months: i32| sign * i64::from(months);
    let mut zones = ZoneCursors::default();
    Ok(match point_type {
        TrinoType::Date => Arc::new(try_pairs::<Date32Type, Int32Type, Date32Type>(call, point, interval, |days, count| {
            i32::try_from(add_months(i64::from(days), months(count))).map_err(|_| overflow())
        })?),
        TrinoType::Timestamp(0..=3) => {
            Arc::new(try_pairs::<TimestampMillisecondType, Int32Type, TimestampMillisecondType>(call, point, interval, |millis, count| {
                Ok(shift_units(i128::from(millis), i128::from(MILLIS_PER_DAY), months(count)) as i64)
            })?)
        }
        TrinoType::Timestamp(4..=6) => {
            Arc::new(try_pairs::<TimestampMicrosecondType, Int32Type, TimestampMicrosecondType>(call, point, interval, |micros, count| {
                Ok(shift_units(i128::from(micros), i128::from(MILLIS_PER_DAY) * 1000, months(count)) as i64)
            })?)
        }
        TrinoType::Timestamp(_) => {
            long_form(try_pairs::<Decimal128Type, Int32Type, Decimal128Type>(call, point, interval, |picos, count| {
                Ok(shift_units(picos, i128::from(PICOS_PER_DAY), months(count)))
            })?)?
        }
        TrinoType::TimestampWithTimeZone(0..=3) => {
            Arc::new(try_pairs::<Int64Type, Int32Type, Int64Type>(call, point, interval, |packed, count| {
                let (instant, key) = zone::unpack_millis(packed);
                let cursor = zones.cursor(key);
                let local = shift_units(i128::from(cursor.local_millis(instant)), i128::from(MILLIS_PER_DAY), months(count)) as i64;
                Ok(zone::pack_millis(cursor.utc_millis(local), key))
            })?)
        }
        _ => long_form(try_pairs::<Decimal128Type, Int32Type, Decimal128Type>(call, point, interval, |packed, count| {
            let (picos, key) = zone::unpack_picos(packed);
            let cursor = zones.cursor(key);
            let second = i128::from(PICOS_PER_SECOND);
            let offset = cursor.offset_at(picos.div_euclid(second) as i64);
            let local = shift_units(picos + i128::from(offset) * second, i128::from(PICOS_PER_DAY), months(count));
            let offset = cursor.offset_at_local(local.div_euclid(second) as i64);
            Ok(zone::pack_picos(local - i128::from(offset) * second, key))
        })?)?,
    })
}

/// Moves a timestamp of `units_per_day` by whole months.
fn shift_units(value: i128, units_per_day: i128, months: i64) -> i128 {
    let (days, rest) = (value.div_euclid(units_per_day), value.rem_euclid(units_per_day));
    i128::from(add_months(days as i64, months)) * units_per_day + rest
}

fn long_form(array: PrimitiveArray<Decimal128Type>) -> Result<ArrayRef, FunctionError> {
    Ok(Arc::new(array.with_precision_and_scale(38, 0)?))
}

/// The interval between two dates, times or timestamps of one type, in milliseconds; finer digits round half up.
pub fn difference(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (left, right) = (&arguments[0], &arguments[1]);
    let millis = |picos: i128| (round_picos(picos, 3) / i128::from(PICOS_PER_MILLI)) as i64;
    debug_assert_eq!(left.data_type(), right.data_type());
    Ok(Arc::new(match call.argument_type(0) {
        TrinoType::Date => try_pairs::<Date32Type, Date32Type, Int64Type>(call, left, right, |left, right| {
            Ok((i64::from(left) - i64::from(right)) * MILLIS_PER_DAY)
        })?,
        TrinoType::Time(_) => {
            try_pairs::<Int64Type, Int64Type, Int64Type>(call, left, right, |left, right| Ok(millis(i128::from(left - right))))?
        }
        TrinoType::TimeWithTimeZone(_) => try_pairs::<Decimal128Type, Decimal128Type, Int64Type>(call, left, right, |left, right| {
            Ok(millis(i128::from(super::compare::time_instant(left) - super::compare::time_instant(right))))
        })?,
        TrinoType::Timestamp(0..=3) => {
            try_pairs::<TimestampMillisecondType, TimestampMillisecondType, Int64Type>(call, left, right, |left, right| {
                Ok(left.wrapping_sub(right))
            })?
        }
        TrinoType::Timestamp(4..=6) => {
            try_pairs::<TimestampMicrosecondType, TimestampMicrosecondType, Int64Type>(call, left, right, |left, right| {
                Ok(millis((i128::from(left) - i128::from(right)) * 1_000_000))
            })?
        }
        TrinoType::Timestamp(_) => {
            try_pairs::<Decimal128Type, Decimal128Type, Int64Type>(call, left, right, |left, right| Ok(millis(left - right)))?
        }
        TrinoType::TimestampWithTimeZone(0..=3) => {
            try_pairs::<Int64Type, Int64Type, Int64Type>(call, left, right, |left, right| Ok((left >> 12) - (right >> 12)))?
        }
        _ => try_pairs::<Decimal128Type, Decimal128Type, Int64Type>(call, left, right, |left, right| {
            Ok(millis((left >> 12) - (right >> 12)))
        })?,
    }))
}
