//! Which day, week and month is a day number, in the ISO calendar? Ref: Trino 401 date and time functions over Joda's `ISOChronology` (proleptic Gregorian).

use crate::types::civil;
pub use crate::types::civil::{add_months, days_from_civil, days_in_month};

pub const MILLIS_PER_SECOND: i64 = 1_000;
pub const MILLIS_PER_MINUTE: i64 = 60_000;
pub const MILLIS_PER_HOUR: i64 = 3_600_000;
pub const MILLIS_PER_DAY: i64 = 86_400_000;

/// A date of the proleptic Gregorian calendar; year 0 is 1 BCE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    pub year: i64,
    /// 1–12.
    pub month: u32,
    /// 1–31.
    pub day: u32,
}

/// The date of a day number (days since 1970-01-01).
#[inline]
pub fn civil_from_days(days: i64) -> Civil {
    let (year, month, day) = civil::civil_from_days(days);
    Civil { year, month, day }
}

/// True for a leap year.
pub fn is_leap(year: i64) -> bool {
    days_in_month(year, 2) == 29
}

/// ISO day of the week, 1 (Monday) to 7 (Sunday).
#[inline]
pub fn day_of_week(days: i64) -> i64 {
    (days + 3).rem_euclid(7) + 1
}

/// Day of the year, 1–366.
#[inline]
pub fn day_of_year(days: i64) -> i64 {
    days - days_from_civil(civil_from_days(days).year, 1, 1) + 1
}

/// The ISO week-numbering year of a day.
#[inline]
pub fn week_year(days: i64) -> i64 {
    // The year of the week is the year of its Thursday.
    civil_from_days(days + 4 - day_of_week(days)).year
}

/// The ISO week number, 1–53.
#[inline]
pub fn week_of_year(days: i64) -> i64 {
    let thursday = days + 4 - day_of_week(days);
    (thursday - days_from_civil(civil_from_days(thursday).year, 1, 1)) / 7 + 1
}

/// The Monday of week 1 of an ISO week-numbering year.
pub fn first_day_of_week_year(year: i64) -> i64 {
    let fourth_of_january = days_from_civil(year, 1, 4);
    fourth_of_january - (day_of_week(fourth_of_january) - 1)
}

/// 52 or 53.
pub fn weeks_in_week_year(year: i64) -> i64 {
    (first_day_of_week_year(year + 1) - first_day_of_week_year(year)) / 7
}

/// The last day of the month of a day.
#[inline]
pub fn last_day_of_month(days: i64) -> i64 {
    let civil = civil_from_days(days);
    days_from_civil(civil.year, civil.month, days_in_month(civil.year, civil.month))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn day_numbers_go_round_over_four_thousand_years() {
        let mut expected = days_from_civil(-100, 1, 1);
        for year in -100..3900 {
            for month in 1..=12 {
                for day in [1, days_in_month(year, month)] {
                    let days = days_from_civil(year, month, day);
                    assert_eq!(civil_from_days(days), Civil { year, month, day });
                }
                assert_eq!(days_from_civil(year, month, 1), expected);
                expected += i64::from(days_in_month(year, month));
            }
        }
    }

    // Documented in Trino's manual: ISO weeks belong to the year of their Thursday.
    #[test]
    fn weeks_follow_iso_8601() {
        assert_eq!(week_year(days_from_civil(2005, 1, 2)), 2004);
        assert_eq!(week_of_year(days_from_civil(2005, 1, 1)), 53);
        assert_eq!(week_year(days_from_civil(2008, 12, 29)), 2009);
        assert_eq!(week_of_year(days_from_civil(2008, 12, 29)), 1);
        assert_eq!(week_year(days_from_civil(2010, 1, 3)), 2009);
        assert_eq!(weeks_in_week_year(2020), 53);
        assert_eq!(weeks_in_week_year(2021), 52);
        assert_eq!(day_of_week(0), 4);
    }

    #[test]
    fn months_clamp_to_the_last_day() {
        assert_eq!(add_months(days_from_civil(2020, 1, 31), 1), days_from_civil(2020, 2, 29));
        assert_eq!(add_months(days_from_civil(2020, 3, 31), -13), days_from_civil(2019, 2, 28));
        assert_eq!(last_day_of_month(days_from_civil(1900, 2, 1)), days_from_civil(1900, 2, 28));
    }
}
