//! What does it mean to truncate to, add or count a unit such as a quarter? On wall-clock milliseconds. Ref: Joda-Time 2 `DateTimeField.roundFloor`, `add`, `getDifferenceAsLong`; Trino 401 `QuarterOfYearDateTimeField`.

use super::calendar::{self, MILLIS_PER_DAY, MILLIS_PER_HOUR, MILLIS_PER_MINUTE, MILLIS_PER_SECOND};
use crate::error::FunctionError;
use crate::types::TrinoType;
use crate::types::zone::{ZoneCursor, ZoneCursors, ZoneKey};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    /// The unit of a name in any case, as far as `data_type` has it.
    /// Errors: INVALID_FUNCTION_ARGUMENT `'x' is not a valid Timestamp field`.
    pub fn of_name(name: &str, data_type: &TrinoType) -> Result<Unit, FunctionError> {
        let lowered = name.to_ascii_lowercase();
        let unit = match lowered.as_str() {
            "millisecond" => Some(Unit::Millisecond),
            "second" => Some(Unit::Second),
            "minute" => Some(Unit::Minute),
            "hour" => Some(Unit::Hour),
            "day" => Some(Unit::Day),
            "week" => Some(Unit::Week),
            "month" => Some(Unit::Month),
            "quarter" => Some(Unit::Quarter),
            "year" => Some(Unit::Year),
            _ => None,
        };
        let (fits, kind): (fn(&Unit) -> bool, _) = match data_type {
            TrinoType::Date => (|unit| *unit >= Unit::Day, "DATE"),
            TrinoType::Time(_) | TrinoType::TimeWithTimeZone(_) => (|unit| *unit <= Unit::Hour, "Time"),
            _ => (|_| true, "Timestamp"),
        };
        unit.filter(fits).ok_or_else(|| FunctionError::argument(format!("'{lowered}' is not a valid {kind} field")))
    }

    /// Milliseconds of the units that always have as many.
    pub fn fixed_millis(self) -> Option<i64> {
        match self {
            Unit::Millisecond => Some(1),
            Unit::Second => Some(MILLIS_PER_SECOND),
            Unit::Minute => Some(MILLIS_PER_MINUTE),
            Unit::Hour => Some(MILLIS_PER_HOUR),
            Unit::Day => Some(MILLIS_PER_DAY),
            Unit::Week => Some(7 * MILLIS_PER_DAY),
            Unit::Month | Unit::Quarter | Unit::Year => None,
        }
    }

    fn months(self) -> i64 {
        match self {
            Unit::Quarter => 3,
            Unit::Year => 12,
            _ => 1,
        }
    }

    /// The start of the unit a wall-clock time lies in; weeks start on Monday.
    #[inline]
    pub fn truncate(self, local_millis: i64) -> i64 {
        let days = local_millis.div_euclid(MILLIS_PER_DAY);
        match self {
            // Constant divisors: no division is left after compilation.
            Unit::Millisecond => local_millis,
            Unit::Second => local_millis - local_millis.rem_euclid(MILLIS_PER_SECOND),
            Unit::Minute => local_millis - local_millis.rem_euclid(MILLIS_PER_MINUTE),
            Unit::Hour => local_millis - local_millis.rem_euclid(MILLIS_PER_HOUR),
            Unit::Day => days * MILLIS_PER_DAY,
            Unit::Week => (days - calendar::day_of_week(days) + 1) * MILLIS_PER_DAY,
            Unit::Month => (days - i64::from(calendar::civil_from_days(days).day) + 1) * MILLIS_PER_DAY,
            Unit::Quarter | Unit::Year => {
                let civil = calendar::civil_from_days(days);
                let months = self.months() as u32;
                calendar::days_from_civil(civil.year, (civil.month - 1) / months * months + 1, 1) * MILLIS_PER_DAY
            }
        }
    }

    /// A wall-clock time moved by `count` units; none when it leaves what 64 bits hold.
    #[inline]
    pub fn add(self, local_millis: i64, count: i64) -> Option<i64> {
        match self.fixed_millis() {
            Some(unit) => local_millis.checked_add(count.checked_mul(unit)?),
            None => {
                let days = calendar::add_months(local_millis.div_euclid(MILLIS_PER_DAY), count.checked_mul(self.months())?);
                days.checked_mul(MILLIS_PER_DAY)?.checked_add(local_millis.rem_euclid(MILLIS_PER_DAY))
            }
        }
    }

    /// Whole units from one wall-clock time to another, towards zero.
    #[inline]
    pub fn difference(self, from_millis: i64, to_millis: i64) -> i64 {
        match self {
            Unit::Month => months_between(from_millis, to_millis),
            Unit::Quarter => months_between(from_millis, to_millis) / 3,
            Unit::Year => years_between(from_millis, to_millis),
            Unit::Millisecond => to_millis.wrapping_sub(from_millis),
            Unit::Second => to_millis.wrapping_sub(from_millis) / MILLIS_PER_SECOND,
            Unit::Minute => to_millis.wrapping_sub(from_millis) / MILLIS_PER_MINUTE,
            Unit::Hour => to_millis.wrapping_sub(from_millis) / MILLIS_PER_HOUR,
            Unit::Day => to_millis.wrapping_sub(from_millis) / MILLIS_PER_DAY,
            Unit::Week => to_millis.wrapping_sub(from_millis) / (7 * MILLIS_PER_DAY),
        }
    }

    /// As [`Unit::truncate`], of an instant in a zone: below the day the offset stays what it is.
    #[inline]
    pub fn truncate_in_zone(self, utc_millis: i64, zone: &mut ZoneCursor) -> i64 {
        let local_millis = zone.local_millis(utc_millis);
        let truncated = self.truncate(local_millis);
        if self < Unit::Day { truncated - (local_millis - utc_millis) } else { zone.utc_millis(truncated) }
    }

    /// As [`Unit::add`], of an instant in a zone: below the day it is elapsed time, from the day up the wall clock's.
    #[inline]
    pub fn add_in_zone(self, utc_millis: i64, count: i64, zone: &mut ZoneCursor) -> Option<i64> {
        if self < Unit::Day {
            return self.add(utc_millis, count);
        }
        let local_millis = zone.local_millis(utc_millis);
        let moved = self.add(local_millis, count)?;
        let offset_millis = local_millis - utc_millis;
        // A time that occurs twice keeps the offset it came with.
        if zone.local_millis(moved - offset_millis) == moved { Some(moved - offset_millis) } else { Some(zone.utc_millis(moved)) }
    }

    /// As [`Unit::difference`], of two instants on the wall clock of the first one's zone.
    #[inline]
    pub fn difference_in_zone(self, from_millis: i64, to_millis: i64, key: ZoneKey, zones: &mut ZoneCursors) -> i64 {
        if self < Unit::Day {
            return self.difference(from_millis, to_millis);
        }
        let zone = zones.cursor(key);
        let (from, to) = (zone.local_millis(from_millis), zone.local_millis(to_millis));
        self.difference(from, to)
    }
}

fn months_between(from_millis: i64, to_millis: i64) -> i64 {
    if to_millis < from_millis {
        return -months_between(to_millis, from_millis);
    }
    let (from_day, to_day) = (from_millis.div_euclid(MILLIS_PER_DAY), to_millis.div_euclid(MILLIS_PER_DAY));
    let (from, to) = (calendar::civil_from_days(from_day), calendar::civil_from_days(to_day));
    let months = (to.year - from.year) * 12 + i64::from(to.month) - i64::from(from.month);
    // The last day of a month ends the month whatever day the count started on.
    let is_last_day = to.day == calendar::days_in_month(to.year, to.month);
    let start_day = if is_last_day { from.day.min(to.day) } else { from.day };
    let start = i64::from(start_day) * MILLIS_PER_DAY + from_millis.rem_euclid(MILLIS_PER_DAY);
    let end = i64::from(to.day) * MILLIS_PER_DAY + to_millis.rem_euclid(MILLIS_PER_DAY);
    months - i64::from(end < start)
}

fn years_between(from_millis: i64, to_millis: i64) -> i64 {
    if to_millis < from_millis {
        return -years_between(to_millis, from_millis);
    }
    const FEBRUARY_29: i64 = 59 * MILLIS_PER_DAY;
    let split = |millis: i64| {
        let year = calendar::civil_from_days(millis.div_euclid(MILLIS_PER_DAY)).year;
        (year, millis - calendar::days_from_civil(year, 1, 1) * MILLIS_PER_DAY)
    };
    let ((from_year, mut from_rest), (to_year, mut to_rest)) = (split(from_millis), split(to_millis));
    if from_rest >= FEBRUARY_29 {
        if calendar::is_leap(from_year) {
            if !calendar::is_leap(to_year) {
                from_rest -= MILLIS_PER_DAY;
            }
        } else if to_rest >= FEBRUARY_29 && calendar::is_leap(to_year) {
            to_rest -= MILLIS_PER_DAY;
        }
    }
    to_year - from_year - i64::from(to_rest < from_rest)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn day(year: i64, month: u32, day: u32) -> i64 {
        calendar::days_from_civil(year, month, day) * MILLIS_PER_DAY
    }

    // Trino manual, "Interval functions": date_diff('day', '2020-03-01', '2020-03-02') is 1, whole units only.
    #[test]
    fn counts_whole_units() {
        assert_eq!(Unit::Month.difference(day(2020, 1, 31), day(2020, 2, 29)), 1);
        assert_eq!(Unit::Month.difference(day(2020, 1, 15), day(2020, 2, 14)), 0);
        assert_eq!(Unit::Month.difference(day(2020, 3, 15), day(2020, 1, 16)), -1);
        assert_eq!(Unit::Year.difference(day(2019, 3, 1), day(2020, 3, 1)), 1);
        assert_eq!(Unit::Year.difference(day(2020, 2, 29), day(2021, 2, 28)), 1);
        assert_eq!(Unit::Quarter.difference(day(2020, 1, 1), day(2021, 1, 1)), 4);
        assert_eq!(Unit::Hour.difference(0, -3_599_999), 0);
    }

    #[test]
    fn adds_on_the_wall_clock() {
        // 2021-03-13 12:00 in New York is EST, the day after is EDT: 23 hours later.
        let mut zone = ZoneCursor::new(crate::types::zone::find_key("America/New_York").unwrap());
        let noon = day(2021, 3, 13) + 17 * MILLIS_PER_HOUR;
        assert_eq!(Unit::Day.add_in_zone(noon, 1, &mut zone), Some(noon + 23 * MILLIS_PER_HOUR));
        assert_eq!(Unit::Hour.add_in_zone(noon, 24, &mut zone), Some(noon + 24 * MILLIS_PER_HOUR));
        assert_eq!(Unit::Day.truncate_in_zone(noon, &mut zone), day(2021, 3, 13) + 5 * MILLIS_PER_HOUR);
    }

    #[test]
    fn units_depend_on_the_type() {
        assert!(Unit::of_name("hour", &TrinoType::Date).is_err());
        assert!(Unit::of_name("DAY", &TrinoType::Date).is_ok());
        assert!(Unit::of_name("day", &TrinoType::Time(3)).is_err());
        assert_eq!(
            Unit::of_name("Fortnight", &TrinoType::Timestamp(3)),
            Err(FunctionError::argument("'fortnight' is not a valid Timestamp field"))
        );
    }
}
