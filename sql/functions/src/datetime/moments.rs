//! How does a kernel read and write dates, times and timestamps of every precision and zone form? Ref: the physical forms in [`crate::types`].

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, Decimal128Array, Int64Array, PrimitiveArray, TimestampMillisecondArray};
use arrow::datatypes::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
};

use super::calendar::MILLIS_PER_DAY;
use crate::error::FunctionError;
use crate::types::TrinoType;
use crate::types::zone::{self, ZoneCursors, ZoneKey};

pub const PICOS_PER_MILLI: i64 = 1_000_000_000;
pub const PICOS_PER_SECOND: i64 = 1_000_000_000_000;
pub const PICOS_PER_DAY: i64 = 86_400 * PICOS_PER_SECOND;

/// The values of a temporal column; what lies under a null is there too.
#[derive(Debug, Clone, Copy)]
pub enum Moments<'a> {
    /// Days.
    Date(&'a [i32]),
    /// Milliseconds, microseconds, picoseconds of the wall clock.
    Millis(&'a [i64]),
    Micros(&'a [i64]),
    Picos(&'a [i128]),
    /// Packed instants with their zone.
    ZonedMillis(&'a [i64]),
    ZonedPicos(&'a [i128]),
    /// Picoseconds of the day.
    Time(&'a [i64]),
    /// Packed times with their offset.
    ZonedTime(&'a [i128]),
    IntervalMillis(&'a [i64]),
    IntervalMonths(&'a [i32]),
}

/// What becomes of the part of a value below the millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubMillis {
    Kept,
    Dropped,
}

impl<'a> Moments<'a> {
    /// Reads a column of `data_type`. Errors: an internal error for a type that is not temporal.
    pub fn new(array: &'a ArrayRef, data_type: &TrinoType) -> Result<Moments<'a>, FunctionError> {
        Ok(match data_type {
            TrinoType::Date => Moments::Date(array.as_primitive::<Date32Type>().values()),
            TrinoType::Timestamp(0..=3) => Moments::Millis(array.as_primitive::<TimestampMillisecondType>().values()),
            TrinoType::Timestamp(4..=6) => Moments::Micros(array.as_primitive::<TimestampMicrosecondType>().values()),
            TrinoType::Timestamp(_) => Moments::Picos(array.as_primitive::<Decimal128Type>().values()),
            TrinoType::TimestampWithTimeZone(0..=3) => Moments::ZonedMillis(array.as_primitive::<Int64Type>().values()),
            TrinoType::TimestampWithTimeZone(_) => Moments::ZonedPicos(array.as_primitive::<Decimal128Type>().values()),
            TrinoType::Time(_) => Moments::Time(array.as_primitive::<Int64Type>().values()),
            TrinoType::TimeWithTimeZone(_) => Moments::ZonedTime(array.as_primitive::<Decimal128Type>().values()),
            TrinoType::IntervalDayToSecond => Moments::IntervalMillis(array.as_primitive::<Int64Type>().values()),
            TrinoType::IntervalYearToMonth => Moments::IntervalMonths(array.as_primitive::<Int32Type>().values()),
            other => return Err(FunctionError::internal(format!("{other} is not a temporal type"))),
        })
    }

    /// Maps each value's wall-clock milliseconds, rounded down; a time's are those of the day, an interval's its own.
    #[inline]
    pub fn map_local_millis<T>(&self, mut map: impl FnMut(i64) -> T) -> Vec<T> {
        match self {
            Moments::Date(values) => values.iter().map(|days| map(i64::from(*days) * MILLIS_PER_DAY)).collect(),
            Moments::Millis(values) | Moments::IntervalMillis(values) => values.iter().map(|millis| map(*millis)).collect(),
            Moments::Micros(values) => values.iter().map(|micros| map(micros.div_euclid(1000))).collect(),
            Moments::Picos(values) => values.iter().map(|picos| map(millis_of_picos(*picos))).collect(),
            Moments::ZonedMillis(values) => {
                let mut zones = ZoneCursors::default();
                let local = |packed: &i64| {
                    let (millis, key) = zone::unpack_millis(*packed);
                    map(zones.cursor(key).local_millis(millis))
                };
                values.iter().map(local).collect()
            }
            Moments::ZonedPicos(values) => {
                let mut zones = ZoneCursors::default();
                let local = |packed: &i128| {
                    let (picos, key) = zone::unpack_picos(*packed);
                    map(zones.cursor(key).local_millis(millis_of_picos(picos)))
                };
                values.iter().map(local).collect()
            }
            Moments::Time(values) => values.iter().map(|picos| map(picos / PICOS_PER_MILLI)).collect(),
            Moments::ZonedTime(values) => values.iter().map(|packed| map(zone::unpack_time(*packed).0 / PICOS_PER_MILLI)).collect(),
            Moments::IntervalMonths(values) => values.iter().map(|months| map(i64::from(*months))).collect(),
        }
    }

    /// Maps each value's wall-clock day number.
    #[inline]
    pub fn map_local_days<T>(&self, mut map: impl FnMut(i64) -> T) -> Vec<T> {
        match self {
            Moments::Date(values) => values.iter().map(|days| map(i64::from(*days))).collect(),
            _ => self.map_local_millis(|millis| map(millis.div_euclid(MILLIS_PER_DAY))),
        }
    }

    /// A row's instant in milliseconds, rounded down, and its zone; UTC for types without one.
    #[inline]
    pub fn instant_millis(&self, row: usize) -> (i64, ZoneKey) {
        match self {
            Moments::Date(values) => (i64::from(values[row]) * MILLIS_PER_DAY, zone::UTC),
            Moments::Millis(values) | Moments::IntervalMillis(values) => (values[row], zone::UTC),
            Moments::Micros(values) => (values[row].div_euclid(1000), zone::UTC),
            Moments::Picos(values) => (millis_of_picos(values[row]), zone::UTC),
            Moments::ZonedMillis(values) => zone::unpack_millis(values[row]),
            Moments::ZonedPicos(values) => {
                let (picos, key) = zone::unpack_picos(values[row]);
                (millis_of_picos(picos), key)
            }
            Moments::Time(values) => (values[row] / PICOS_PER_MILLI, zone::UTC),
            Moments::ZonedTime(values) => (zone::unpack_time(values[row]).0 / PICOS_PER_MILLI, zone::UTC),
            Moments::IntervalMonths(values) => (i64::from(values[row]), zone::UTC),
        }
    }

    /// A row's instant in picoseconds and its zone; UTC for types without one.
    #[inline]
    pub fn instant_picos(&self, row: usize) -> (i128, ZoneKey) {
        match self {
            Moments::Micros(values) => (i128::from(values[row]) * 1_000_000, zone::UTC),
            Moments::Picos(values) => (values[row], zone::UTC),
            Moments::ZonedPicos(values) => zone::unpack_picos(values[row]),
            Moments::Time(values) => (i128::from(values[row]), zone::UTC),
            Moments::ZonedTime(values) => (i128::from(zone::unpack_time(values[row]).0), zone::UTC),
            _ => {
                let (millis, key) = self.instant_millis(row);
                (i128::from(millis) * i128::from(PICOS_PER_MILLI), key)
            }
        }
    }

    /// As [`Moments::instant_millis`], rounded half up.
    #[inline]
    pub fn rounded_millis(&self, row: usize) -> (i64, ZoneKey) {
        match self {
            Moments::Micros(_) | Moments::Picos(_) | Moments::ZonedPicos(_) => {
                let (picos, key) = self.instant_picos(row);
                (millis_of_picos(picos + i128::from(PICOS_PER_MILLI / 2)), key)
            }
            _ => self.instant_millis(row),
        }
    }

    /// A column of the same type whose instants are `map`ped, in milliseconds; `array` lends its nulls.
    pub fn map_instants(
        &self,
        array: &ArrayRef,
        below: SubMillis,
        mut map: impl FnMut(i64, ZoneKey, usize) -> Result<i64, FunctionError>,
    ) -> Result<ArrayRef, FunctionError> {
        let rows = array.len();
        let kept = |rest: i64| if below == SubMillis::Kept { rest } else { 0 };
        match self {
            Moments::Date(values) => {
                let days =
                    |row: usize| Ok((map(i64::from(values[row]) * MILLIS_PER_DAY, zone::UTC, row)?.div_euclid(MILLIS_PER_DAY)) as i32);
                Ok(Arc::new(collect::<Date32Type>(array, rows, days)?))
            }
            Moments::Millis(values) => {
                Ok(Arc::new(collect::<TimestampMillisecondType>(array, rows, |row| map(values[row], zone::UTC, row))?))
            }
            Moments::Micros(values) => {
                let micros = |row: usize| {
                    let (millis, rest) = (values[row].div_euclid(1000), values[row].rem_euclid(1000));
                    let millis = map(millis, zone::UTC, row)?;
                    millis.checked_mul(1000).and_then(|micros| micros.checked_add(kept(rest))).ok_or_else(|| millis_overflow(millis))
                };
                Ok(Arc::new(collect::<TimestampMicrosecondType>(array, rows, micros)?))
            }
            Moments::Picos(values) => {
                let picos = |row: usize| {
                    let (millis, rest) = split_picos(values[row]);
                    Ok(picos_of(map(millis, zone::UTC, row)?, kept(rest)))
                };
                Ok(Arc::new(collect::<Decimal128Type>(array, rows, picos)?.with_precision_and_scale(38, 0)?))
            }
            Moments::ZonedMillis(values) => {
                let packed = |row: usize| {
                    let (millis, key) = zone::unpack_millis(values[row]);
                    pack_millis(map(millis, key, row)?, key)
                };
                Ok(Arc::new(collect::<Int64Type>(array, rows, packed)?))
            }
            Moments::ZonedPicos(values) => {
                let packed = |row: usize| {
                    let (picos, key) = zone::unpack_picos(values[row]);
                    let (millis, rest) = split_picos(picos);
                    Ok(zone::pack_picos(picos_of(map(millis, key, row)?, kept(rest)), key))
                };
                Ok(Arc::new(collect::<Decimal128Type>(array, rows, packed)?.with_precision_and_scale(38, 0)?))
            }
            _ => Err(FunctionError::internal("a time has no instant")),
        }
    }
}

fn collect<T: ArrowPrimitiveType>(
    array: &ArrayRef,
    rows: usize,
    mut value: impl FnMut(usize) -> Result<T::Native, FunctionError>,
) -> Result<PrimitiveArray<T>, FunctionError> {
    // Collecting results would not know how many there will be.
    let mut values = Vec::with_capacity(rows);
    for row in 0..rows {
        values.push(value(row)?);
    }
    Ok(PrimitiveArray::new(values.into(), array.nulls().cloned()))
}

/// A column of zoned instants of `precision` digits, from picoseconds and zones.
pub fn zoned_array(precision: u8, instants: impl Iterator<Item = (i128, ZoneKey)>) -> Result<ArrayRef, FunctionError> {
    if precision <= 3 {
        zoned_millis_array(instants.map(|(picos, key)| (millis_of_picos(picos), key)))
    } else {
        let packed = instants.map(|(picos, key)| zone::pack_picos(picos, key));
        Ok(Arc::new(Decimal128Array::from_iter_values(packed).with_precision_and_scale(38, 0)?))
    }
}

/// A column of zoned milliseconds. Errors: INVALID_FUNCTION_ARGUMENT past what the packed form holds.
pub fn zoned_millis_array(instants: impl Iterator<Item = (i64, ZoneKey)>) -> Result<ArrayRef, FunctionError> {
    let mut packed = Vec::with_capacity(instants.size_hint().0);
    for (millis, key) in instants {
        packed.push(pack_millis(millis, key)?);
    }
    Ok(Arc::new(Int64Array::from(packed)))
}

#[inline]
fn pack_millis(millis: i64, key: ZoneKey) -> Result<i64, FunctionError> {
    // Twelve bits are the zone's.
    if (millis << 12) >> 12 == millis { Ok(zone::pack_millis(millis, key)) } else { Err(millis_overflow(millis)) }
}

fn millis_overflow(millis: i64) -> FunctionError {
    FunctionError::new("GENERIC_INTERNAL_ERROR", format!("Millis overflow: {millis}"))
}

/// A column of `timestamp(3)`.
pub fn timestamp_millis_array(millis: Vec<i64>) -> ArrayRef {
    Arc::new(TimestampMillisecondArray::from(millis))
}

/// A column of dates.
pub fn date_array(days: Vec<i32>, like: &ArrayRef) -> ArrayRef {
    Arc::new(Date32Array::new(days.into(), like.nulls().cloned()))
}

#[inline]
pub fn millis_of_picos(picos: i128) -> i64 {
    picos.div_euclid(i128::from(PICOS_PER_MILLI)) as i64
}

#[inline]
fn split_picos(picos: i128) -> (i64, i64) {
    (millis_of_picos(picos), picos.rem_euclid(i128::from(PICOS_PER_MILLI)) as i64)
}

#[inline]
fn picos_of(millis: i64, rest: i64) -> i128 {
    i128::from(millis) * i128::from(PICOS_PER_MILLI) + i128::from(rest)
}

/// Rounds milliseconds half up to `precision` digits of the second, 0–3.
#[inline]
pub fn round_millis(millis: i64, precision: u8) -> i64 {
    let unit = match precision {
        0 => 1000,
        1 => 100,
        2 => 10,
        _ => return millis,
    };
    (millis + unit / 2).div_euclid(unit) * unit
}

/// The digits of the second of a temporal type.
pub fn precision_of(data_type: &TrinoType) -> u8 {
    match data_type {
        TrinoType::Timestamp(precision)
        | TrinoType::TimestampWithTimeZone(precision)
        | TrinoType::Time(precision)
        | TrinoType::TimeWithTimeZone(precision) => *precision,
        _ => 3,
    }
}
