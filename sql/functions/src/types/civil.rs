//! Which date is a day number? Proleptic Gregorian, as Java's `LocalDate`. Basis: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".

pub const SECONDS_PER_DAY: i64 = 86_400;
pub const MILLIS_PER_DAY: i64 = 86_400_000;
pub const PICOS_PER_DAY: i64 = 86_400_000_000_000_000;
pub const PICOS_PER_SECOND: i64 = 1_000_000_000_000;

/// The day numbers whose dates 32 bits compute; year -34 768 to 2 905 000 or so.
const SHORT_DAYS: std::ops::Range<i64> = -12_000_000..1_000_000_000;
/// Eras of 400 years added so that short day numbers are positive.
const SHORT_ERAS: u32 = 82;

/// Year, month (1–12) and day (1–31) of the day `days` after 1970-01-01.
#[inline]
pub fn civil_from_days(days: i64) -> (i64, u32, u32) {
    if SHORT_DAYS.contains(&days) { short_civil_from_days(days) } else { long_civil_from_days(days) }
}

/// Divisions by constants in 32 bits. Basis: Cassio Neri and Lorenz Schneider, "Euclidean affine functions and their application to
/// calendar algorithms", 2022.
#[inline]
fn short_civil_from_days(days: i64) -> (i64, u32, u32) {
    let shifted = (days + 719_468 + i64::from(SHORT_ERAS) * 146_097) as u32;
    let quarters = 4 * shifted + 3;
    let century = quarters / 146_097;
    let day_of_century = 4 * (quarters % 146_097 / 4) + 3;
    let product = 2_939_745 * u64::from(day_of_century);
    let year_of_century = (product >> 32) as u32;
    let day_of_year = product as u32 / 2_939_745 / 4;
    let months = 2_141 * day_of_year + 197_913;
    let (month, day) = (months >> 16, (months & 0xFFFF) / 2_141 + 1);
    // The computed year starts in March.
    let is_next = day_of_year >= 306;
    let year = i64::from(100 * century + year_of_century) - i64::from(400 * SHORT_ERAS) + i64::from(is_next);
    (year, if is_next { month - 12 } else { month }, day)
}

#[cold]
fn long_civil_from_days(days: i64) -> (i64, u32, u32) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * shifted + 2) / 5 + 1) as u32;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 } as u32;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Days after 1970-01-01 of a date whose month and day are in range.
#[inline]
pub fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let y = year - i64::from(month <= 2);
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let shifted = if month > 2 { i64::from(month) - 3 } else { i64::from(month) + 9 };
    let day_of_year = (153 * shifted + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Days of a month.
#[inline]
pub fn days_in_month(year: i64, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// `days` moved by whole months; the day of the month is cut to the month's last.
#[inline]
pub fn add_months(days: i64, months: i64) -> i64 {
    let (year, month, day) = civil_from_days(days);
    let total = year * 12 + i64::from(month) - 1 + months;
    let (year, month) = (total.div_euclid(12), total.rem_euclid(12) as u32 + 1);
    days_from_civil(year, month, day.min(days_in_month(year, month)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_a_date_agree() {
        let strided = (SHORT_DAYS.start..SHORT_DAYS.end).step_by(49_999);
        let near = -400_000..800_000;
        for days in strided.chain(near).chain([SHORT_DAYS.start, SHORT_DAYS.end - 1]) {
            assert_eq!(short_civil_from_days(days), long_civil_from_days(days), "{days}");
        }
    }
}
