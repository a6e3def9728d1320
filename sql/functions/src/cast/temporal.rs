//! How do dates, times and timestamps become each other, and what do texts of them mean? Ref: Trino 401 `io.trino.operator.scalar.{time,timestamp,…}` casts.
//!
//! A wall-clock time without a zone is taken in the session's zone; digits that are lost round half up.

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::datatypes::*;

use super::errors::{Failures, convert, convert_text, dynamic};
use super::temporal_parse::{parse_date, parse_time, parse_timestamp, parse_usual_millis};
use crate::error::FunctionError;
use crate::registry::SessionInfo;
use crate::types::TrinoType;
use crate::types::civil::{MILLIS_PER_DAY, PICOS_PER_DAY, PICOS_PER_SECOND};
use crate::types::zone::{self, ZoneCursor, ZoneCursors, ZoneKey};

const PICOS_PER_MILLI: i128 = 1_000_000_000;
const PICOS_PER_MICRO: i128 = 1_000_000;
const PICOS_PER_MINUTE: i64 = 60 * PICOS_PER_SECOND;

/// Rounds half up to `precision` digits of the second.
#[inline]
pub fn round_picos(picos: i128, precision: u8) -> i128 {
    match precision {
        12.. => picos,
        _ => {
            let unit = 10i128.pow(12 - u32::from(precision));
            (picos + unit / 2).div_euclid(unit) * unit
        }
    }
}

/// Rounds a time of the day; what rounds up to midnight is 0.
#[inline]
pub fn round_time(picos: i64, precision: u8) -> i64 {
    (round_picos(i128::from(picos), precision) as i64) % PICOS_PER_DAY
}

/// The session's zone.
pub fn session_zone(session: &SessionInfo) -> Result<ZoneKey, FunctionError> {
    zone::load_key(&session.zone)
}

/// The physical form of a value between casts: picoseconds, and a zone where the type has one.
#[derive(Clone, Copy)]
enum Moment {
    /// Wall-clock picoseconds since the epoch.
    Local(i128),
    /// Picoseconds since the epoch, and the zone.
    Instant(i128, ZoneKey),
    /// Picoseconds of the day.
    Time(i64),
    /// Picoseconds of the day, offset in minutes.
    OffsetTime(i64, i32),
}

/// Casts between date, time, timestamp and their variants with time zone.
pub fn cast_temporal(
    values: &ArrayRef,
    from: &TrinoType,
    to: &TrinoType,
    session: &SessionInfo,
    failures: &mut Failures,
) -> Result<ArrayRef, FunctionError> {
    if let Some(fast) = cast_short(values, from, to, session)? {
        return Ok(fast);
    }
    let mut context = Context { session_zone: session_zone(session)?, session, cursors: ZoneCursors::default() };
    match from {
        TrinoType::Date => {
            cast_from::<Date32Type>(values, |days| Moment::Local(i128::from(days) * i128::from(PICOS_PER_DAY)), to, &mut context, failures)
        }
        TrinoType::Timestamp(0..=3) => cast_from::<TimestampMillisecondType>(
            values,
            |millis| Moment::Local(i128::from(millis) * PICOS_PER_MILLI),
            to,
            &mut context,
            failures,
        ),
        TrinoType::Timestamp(4..=6) => cast_from::<TimestampMicrosecondType>(
            values,
            |micros| Moment::Local(i128::from(micros) * PICOS_PER_MICRO),
            to,
            &mut context,
            failures,
        ),
        TrinoType::Timestamp(_) => cast_from::<Decimal128Type>(values, Moment::Local, to, &mut context, failures),
        TrinoType::TimestampWithTimeZone(0..=3) => cast_from::<Int64Type>(
            values,
            |packed| {
                let (millis, key) = zone::unpack_millis(packed);
                Moment::Instant(i128::from(millis) * PICOS_PER_MILLI, key)
            },
            to,
            &mut context,
            failures,
        ),
        TrinoType::TimestampWithTimeZone(_) => cast_from::<Decimal128Type>(
            values,
            |packed| {
                let (picos, key) = zone::unpack_picos(packed);
                Moment::Instant(picos, key)
            },
            to,
            &mut context,
            failures,
        ),
        TrinoType::Time(_) => cast_from::<Int64Type>(values, Moment::Time, to, &mut context, failures),
        TrinoType::TimeWithTimeZone(_) => cast_from::<Decimal128Type>(
            values,
            |packed| {
                let (picos, offset) = zone::unpack_time(packed);
                Moment::OffsetTime(picos, offset)
            },
            to,
            &mut context,
            failures,
        ),
        _ => Err(FunctionError::internal(format!("no temporal cast from {from}"))),
    }
}

/// The pairs queries are full of, without going through picoseconds.
fn cast_short(values: &ArrayRef, from: &TrinoType, to: &TrinoType, session: &SessionInfo) -> Result<Option<ArrayRef>, FunctionError> {
    Ok(Some(match (from, to) {
        (TrinoType::Date, TrinoType::Timestamp(0..=3)) => {
            dynamic(values.as_primitive::<Date32Type>().unary::<_, TimestampMillisecondType>(|days| i64::from(days) * MILLIS_PER_DAY))
        }
        (TrinoType::Timestamp(0..=3), TrinoType::Date) => dynamic(
            values.as_primitive::<TimestampMillisecondType>().unary::<_, Date32Type>(|millis| millis.div_euclid(MILLIS_PER_DAY) as i32),
        ),
        (TrinoType::Timestamp(4..=6), TrinoType::Date) => dynamic(
            values
                .as_primitive::<TimestampMicrosecondType>()
                .unary::<_, Date32Type>(|micros| micros.div_euclid(MILLIS_PER_DAY * 1000) as i32),
        ),
        (TrinoType::Timestamp(from @ 0..=3), TrinoType::Timestamp(to @ 0..=3)) if to >= from => values.clone(),
        (TrinoType::Timestamp(from @ 4..=6), TrinoType::Timestamp(to @ 4..=6)) if to >= from => values.clone(),
        (TrinoType::Timestamp(0..=3), TrinoType::Timestamp(4..=6)) => dynamic(
            values.as_primitive::<TimestampMillisecondType>().unary::<_, TimestampMicrosecondType>(|millis| millis.wrapping_mul(1000)),
        ),
        (TrinoType::Timestamp(4..=6), TrinoType::Timestamp(3)) => dynamic(
            values
                .as_primitive::<TimestampMicrosecondType>()
                .unary::<_, TimestampMillisecondType>(|micros| (micros.saturating_add(500)).div_euclid(1000)),
        ),
        (TrinoType::TimestampWithTimeZone(0..=3), TrinoType::Date) => {
            let mut cursors = ZoneCursors::default();
            let input = values.as_primitive::<Int64Type>();
            let days = input.iter().map(|packed| {
                packed.map(|packed| {
                    let (millis, key) = zone::unpack_millis(packed);
                    cursors.cursor(key).local_millis(millis).div_euclid(MILLIS_PER_DAY) as i32
                })
            });
            dynamic(days.collect::<PrimitiveArray<Date32Type>>())
        }
        (TrinoType::Timestamp(from @ 0..=3), TrinoType::TimestampWithTimeZone(to @ 0..=3)) if to >= from => {
            let key = session_zone(session)?;
            let mut cursor = ZoneCursor::new(key);
            let input = values.as_primitive::<TimestampMillisecondType>();
            let packed: Vec<i64> = if key == zone::UTC {
                input.values().iter().map(|millis| zone::pack_millis(*millis, key)).collect()
            } else {
                input.values().iter().map(|millis| zone::pack_millis(cursor.utc_millis(*millis), key)).collect()
            };
            // A millisecond beyond what the packed form holds is for the full cast, which says so.
            let fits = |millis: &i64| millis.unsigned_abs() < 1 << 50;
            if !input.values().iter().all(fits) {
                return Ok(None);
            }
            dynamic(PrimitiveArray::<Int64Type>::new(packed.into(), input.nulls().cloned()))
        }
        (TrinoType::Date, TrinoType::TimestampWithTimeZone(0..=3)) => {
            let key = session_zone(session)?;
            let mut cursor = ZoneCursor::new(key);
            let input = values.as_primitive::<Date32Type>();
            let packed =
                input.iter().map(|days| days.map(|days| zone::pack_millis(cursor.utc_millis(i64::from(days) * MILLIS_PER_DAY), key)));
            dynamic(packed.collect::<PrimitiveArray<Int64Type>>())
        }
        _ => return Ok(None),
    }))
}

struct Context<'a> {
    session_zone: ZoneKey,
    session: &'a SessionInfo,
    cursors: ZoneCursors,
}

impl Context<'_> {
    fn offset_at(&mut self, key: ZoneKey, epoch_picos: i128) -> i32 {
        self.cursors.cursor(key).offset_at(epoch_picos.div_euclid(i128::from(PICOS_PER_SECOND)) as i64)
    }

    fn local_of(&mut self, epoch_picos: i128, key: ZoneKey) -> i128 {
        epoch_picos + i128::from(self.offset_at(key, epoch_picos)) * i128::from(PICOS_PER_SECOND)
    }

    fn instant_of(&mut self, local_picos: i128, key: ZoneKey) -> i128 {
        let offset = self.cursors.cursor(key).offset_at_local(local_picos.div_euclid(i128::from(PICOS_PER_SECOND)) as i64);
        local_picos - i128::from(offset) * i128::from(PICOS_PER_SECOND)
    }

    /// Midnight of the query's day in the session's zone, in local picoseconds.
    fn today_picos(&mut self) -> i128 {
        let key = self.session_zone;
        let local = self.local_of(i128::from(self.session.start_micros) * PICOS_PER_MICRO, key);
        local.div_euclid(i128::from(PICOS_PER_DAY)) * i128::from(PICOS_PER_DAY)
    }

    /// Midnight of the query's day at an offset, in local picoseconds.
    fn today_at_offset(&self, offset_minutes: i32) -> i128 {
        let start = i128::from(self.session.start_micros) * PICOS_PER_MICRO;
        let local = start + i128::from(offset_minutes) * i128::from(PICOS_PER_MINUTE);
        local.div_euclid(i128::from(PICOS_PER_DAY)) * i128::from(PICOS_PER_DAY)
    }

    fn session_offset_minutes(&mut self) -> i32 {
        let key = self.session_zone;
        self.offset_at(key, i128::from(self.session.start_micros) * PICOS_PER_MICRO) / 60
    }

    /// Wall-clock picoseconds since the epoch.
    fn local(&mut self, moment: Moment) -> i128 {
        match moment {
            Moment::Local(picos) => picos,
            Moment::Instant(picos, key) => self.local_of(picos, key),
            Moment::Time(picos) | Moment::OffsetTime(picos, _) => self.today_picos() + i128::from(picos),
        }
    }

    /// An instant and its zone, rounded to `precision` of the wall clock.
    fn instant(&mut self, moment: Moment, precision: u8) -> (i128, ZoneKey) {
        match moment {
            Moment::Instant(picos, key) => (round_picos(picos, precision), key),
            Moment::OffsetTime(picos, offset_minutes) => {
                let local = round_picos(self.today_at_offset(offset_minutes) + i128::from(picos), precision);
                (
                    local - i128::from(offset_minutes) * i128::from(PICOS_PER_MINUTE),
                    zone::key_of_offset(offset_minutes).unwrap_or(zone::UTC),
                )
            }
            other => {
                let key = self.session_zone;
                let local = round_picos(self.local(other), precision);
                (self.instant_of(local, key), key)
            }
        }
    }

    fn offset_time(&mut self, moment: Moment) -> (i64, i32) {
        match moment {
            Moment::OffsetTime(picos, offset_minutes) => (picos, offset_minutes),
            // Trino looks the offset up at the wall clock's time taken as UTC, which tells within hours of a change of offset.
            Moment::Instant(picos, key) => {
                let local = self.local_of(picos, key);
                (self.time(moment), self.offset_at(key, local) / 60)
            }
            other => (self.time(other), self.session_offset_minutes()),
        }
    }

    fn time(&mut self, moment: Moment) -> i64 {
        match moment {
            Moment::Time(picos) | Moment::OffsetTime(picos, _) => picos,
            other => self.local(other).rem_euclid(i128::from(PICOS_PER_DAY)) as i64,
        }
    }
}

fn cast_from<I: ArrowPrimitiveType>(
    values: &ArrayRef,
    moment: impl Fn(I::Native) -> Moment,
    to: &TrinoType,
    context: &mut Context<'_>,
    failures: &mut Failures,
) -> Result<ArrayRef, FunctionError> {
    let context = std::cell::RefCell::new(context);
    let local = |value, precision| round_picos(context.borrow_mut().local(moment(value)), precision);
    let out_of_range = |target: &TrinoType| FunctionError::cast(format!("Out of range for {target}"));
    Ok(match to {
        TrinoType::Date => dynamic(convert::<I, Date32Type>(values, failures, |value| {
            i32::try_from(local(value, 12).div_euclid(i128::from(PICOS_PER_DAY))).map_err(|_| out_of_range(to))
        })?),
        TrinoType::Timestamp(precision @ 0..=3) => dynamic(convert::<I, TimestampMillisecondType>(values, failures, |value| {
            i64::try_from(local(value, *precision) / PICOS_PER_MILLI).map_err(|_| out_of_range(to))
        })?),
        TrinoType::Timestamp(precision @ 4..=6) => dynamic(convert::<I, TimestampMicrosecondType>(values, failures, |value| {
            i64::try_from(local(value, *precision) / PICOS_PER_MICRO).map_err(|_| out_of_range(to))
        })?),
        TrinoType::Timestamp(precision) => {
            long_form(convert::<I, Decimal128Type>(values, failures, |value| Ok(local(value, *precision)))?)?
        }
        TrinoType::TimestampWithTimeZone(precision @ 0..=3) => dynamic(convert::<I, Int64Type>(values, failures, |value| {
            let (picos, key) = context.borrow_mut().instant(moment(value), *precision);
            pack_short(picos, key)
        })?),
        TrinoType::TimestampWithTimeZone(precision) => long_form(convert::<I, Decimal128Type>(values, failures, |value| {
            let (picos, key) = context.borrow_mut().instant(moment(value), *precision);
            pack_long(picos, key)
        })?)?,
        TrinoType::Time(precision) => dynamic(convert::<I, Int64Type>(values, failures, |value| {
            Ok(round_time(context.borrow_mut().time(moment(value)), *precision))
        })?),
        TrinoType::TimeWithTimeZone(precision) => long_form(convert::<I, Decimal128Type>(values, failures, |value| {
            let (picos, offset_minutes) = context.borrow_mut().offset_time(moment(value));
            Ok(zone::pack_time(round_time(picos, *precision), offset_minutes))
        })?)?,
        other => return Err(FunctionError::internal(format!("no temporal cast to {other}"))),
    })
}

/// Milliseconds that fit a packed timestamp with time zone.
const PACKED_MILLIS_MAX: i128 = 1 << 51;

fn pack_short(picos: i128, key: ZoneKey) -> Result<i64, FunctionError> {
    let millis = picos.div_euclid(PICOS_PER_MILLI);
    check_packed(millis)?;
    Ok(zone::pack_millis(millis as i64, key))
}

fn pack_long(picos: i128, key: ZoneKey) -> Result<i128, FunctionError> {
    check_packed(picos.div_euclid(PICOS_PER_MILLI))?;
    Ok(zone::pack_picos(picos, key))
}

fn check_packed(millis: i128) -> Result<(), FunctionError> {
    if (-PACKED_MILLIS_MAX..PACKED_MILLIS_MAX).contains(&millis) {
        Ok(())
    } else {
        Err(FunctionError::cast(format!("Out of range for timestamp with time zone: {millis}")))
    }
}

fn long_form(array: PrimitiveArray<Decimal128Type>) -> Result<ArrayRef, FunctionError> {
    Ok(dynamic(array.with_precision_and_scale(38, 0)?))
}

/// Casts varchar to date, time, timestamp and their variants with time zone.
pub fn cast_text_to_temporal(
    values: &ArrayRef,
    to: &TrinoType,
    session: &SessionInfo,
    failures: &mut Failures,
) -> Result<ArrayRef, FunctionError> {
    let refuse = failures.refusal();
    let wrong = move |text: &str, target: &str| refuse(format_args!("Value cannot be cast to {target}: {text}"));
    let digits_max = 12;
    let timestamp =
        |text: &str| parse_timestamp(text).filter(|found| found.digits <= digits_max).ok_or_else(|| wrong(text.trim(), "timestamp"));
    let time = |text: &str| parse_time(text).filter(|found| found.digits <= digits_max);
    let mut context = Context { session_zone: session_zone(session)?, session, cursors: ZoneCursors::default() };
    let mut instant = |text: &str, precision: u8| {
        let found = timestamp(text)?;
        let key = found.zone.unwrap_or(context.session_zone);
        Ok::<_, FunctionError>((context.instant_of(round_picos(found.local_picos, precision), key), key))
    };
    Ok(match to {
        TrinoType::Date => {
            dynamic(convert_text::<Date32Type>(values, failures, |text| parse_date(text).ok_or_else(|| wrong(text, "date")))?)
        }
        TrinoType::Timestamp(precision @ 0..=3) => dynamic(convert_text::<TimestampMillisecondType>(values, failures, |text| {
            if let (3, Some(millis)) = (*precision, parse_usual_millis(text)) {
                return Ok(millis);
            }
            i64::try_from(round_picos(timestamp(text)?.local_picos, *precision) / PICOS_PER_MILLI).map_err(|_| wrong(text, "timestamp"))
        })?),
        TrinoType::Timestamp(precision @ 4..=6) => dynamic(convert_text::<TimestampMicrosecondType>(values, failures, |text| {
            if let Some(millis) = parse_usual_millis(text) {
                return Ok(millis * 1000);
            }
            i64::try_from(round_picos(timestamp(text)?.local_picos, *precision) / PICOS_PER_MICRO).map_err(|_| wrong(text, "timestamp"))
        })?),
        TrinoType::Timestamp(precision) => {
            long_form(convert_text::<Decimal128Type>(values, failures, |text| Ok(round_picos(timestamp(text)?.local_picos, *precision)))?)?
        }
        TrinoType::TimestampWithTimeZone(precision @ 0..=3) => dynamic(convert_text::<Int64Type>(values, failures, |text| {
            let (picos, key) = instant(text, *precision)?;
            pack_short(picos, key)
        })?),
        TrinoType::TimestampWithTimeZone(precision) => long_form(convert_text::<Decimal128Type>(values, failures, |text| {
            let (picos, key) = instant(text, *precision)?;
            pack_long(picos, key)
        })?)?,
        TrinoType::Time(precision) => dynamic(convert_text::<Int64Type>(values, failures, |text| {
            let found = time(text).filter(|found| found.offset_minutes.is_none()).ok_or_else(|| wrong(text, "time"))?;
            Ok(round_time(found.picos, *precision))
        })?),
        TrinoType::TimeWithTimeZone(precision) => {
            let session_offset = context.session_offset_minutes();
            long_form(convert_text::<Decimal128Type>(values, failures, |text| {
                // Trino names a timestamp here.
                let found = time(text).ok_or_else(|| wrong(text, "timestamp"))?;
                Ok(zone::pack_time(round_time(found.picos, *precision), found.offset_minutes.unwrap_or(session_offset)))
            })?)?
        }
        other => return Err(FunctionError::internal(format!("no cast from varchar to {other}"))),
    })
}
