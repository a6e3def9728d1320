//! Which moment do the fields read from a text add up to? Ref: Joda-Time 2 `DateTimeParserBucket.computeMillis`.

use std::cmp::Reverse;

use super::calendar::{self, MILLIS_PER_DAY, MILLIS_PER_HOUR, MILLIS_PER_MINUTE, MILLIS_PER_SECOND};
use super::pattern::PatternField;
use super::print::field_value;

const MILLIS_PER_HALFDAY: i64 = MILLIS_PER_DAY / 2;
const MILLIS_PER_WEEK: i64 = 7 * MILLIS_PER_DAY;
const MILLIS_PER_YEAR: i64 = 31_556_952_000;
const MILLIS_PER_MONTH: i64 = MILLIS_PER_YEAR / 12;
/// A day without a year is one of this leap year.
const DEFAULT_YEAR: i64 = 2000;

/// The last year whose milliseconds fit 64 bits throughout.
const YEAR_MAX: i64 = 292_270_000;

/// Fields in the order they were read.
#[derive(Debug, Default)]
pub struct FieldBucket {
    fields: Vec<(PatternField, i64)>,
}

impl FieldBucket {
    pub fn save(&mut self, field: PatternField, value: i64) {
        self.fields.push((field, value));
    }

    /// Empties the bucket for the next text.
    pub fn clear(&mut self) {
        self.fields.clear();
    }

    /// Sets the fields from the largest to the smallest on 1970-01-01, twice: once clearing what is smaller, once checking.
    /// The error is the text after Joda's `Cannot parse "…": `.
    pub fn compute_millis(&mut self) -> Result<i64, String> {
        if let Some(millis) = self.plain_millis() {
            return Ok(millis);
        }
        self.sort();
        if self.fields.first().is_some_and(|(field, _)| (MILLIS_PER_DAY..=MILLIS_PER_MONTH).contains(&extent(*field).1)) {
            self.save(PatternField::Year, DEFAULT_YEAR);
            self.sort();
        }
        let mut millis = 0;
        for (field, value) in &self.fields {
            millis = round_floor(*field, set_field(*field, millis, *value)?);
        }
        for (index, (field, value)) in self.fields.iter().enumerate() {
            millis = set_field(*field, millis, *value)?;
            if index + 1 == self.fields.len() {
                millis = round_floor(*field, millis);
            }
        }
        Ok(millis)
    }

    /// The common case at once: a year, perhaps a month, day and clock, each once and in range.
    fn plain_millis(&self) -> Option<i64> {
        // Year, month, day, hour, minute, second, millisecond; none is read yet.
        let mut parts: [Option<i64>; 7] = [None; 7];
        for (field, value) in &self.fields {
            let part = match field {
                PatternField::Year => &mut parts[0],
                PatternField::MonthOfYear => &mut parts[1],
                PatternField::DayOfMonth => &mut parts[2],
                PatternField::HourOfDay => &mut parts[3],
                PatternField::MinuteOfHour => &mut parts[4],
                PatternField::SecondOfMinute => &mut parts[5],
                PatternField::MillisOfSecond => &mut parts[6],
                _ => return None,
            };
            if part.replace(*value).is_some() {
                return None;
            }
        }
        let year = parts[0].filter(|year| (-9_999..=9_999).contains(year))?;
        let month = u32::try_from(parts[1].unwrap_or(1)).ok().filter(|month| (1..=12).contains(month))?;
        let day = u32::try_from(parts[2].unwrap_or(1)).ok().filter(|day| (1..=calendar::days_in_month(year, month)).contains(day))?;
        let clock = [(3, 23, MILLIS_PER_HOUR), (4, 59, MILLIS_PER_MINUTE), (5, 59, MILLIS_PER_SECOND), (6, 999, 1)];
        let mut millis = calendar::days_from_civil(year, month, day) * MILLIS_PER_DAY;
        for (part, maximum, unit) in clock {
            millis += parts[part].map_or(Some(0), |value| (0..=maximum).contains(&value).then_some(value))? * unit;
        }
        Some(millis)
    }

    fn sort(&mut self) {
        self.fields.sort_by_key(|(field, _)| {
            let (range, unit) = extent(*field);
            (Reverse(range.unwrap_or(i64::MAX)), Reverse(unit))
        });
    }
}

/// The length of the period a field counts in (none: eternity) and of its unit, in average milliseconds.
fn extent(field: PatternField) -> (Option<i64>, i64) {
    match field {
        PatternField::Era => (None, i64::MAX),
        PatternField::CenturyOfEra => (None, 100 * MILLIS_PER_YEAR),
        PatternField::YearOfEra | PatternField::Year | PatternField::WeekYear => (None, MILLIS_PER_YEAR),
        PatternField::MonthOfYear => (Some(MILLIS_PER_YEAR), MILLIS_PER_MONTH),
        PatternField::WeekOfWeekYear => (Some(MILLIS_PER_YEAR), MILLIS_PER_WEEK),
        PatternField::DayOfYear => (Some(MILLIS_PER_YEAR), MILLIS_PER_DAY),
        PatternField::DayOfMonth => (Some(MILLIS_PER_MONTH), MILLIS_PER_DAY),
        PatternField::DayOfWeek => (Some(MILLIS_PER_WEEK), MILLIS_PER_DAY),
        PatternField::HalfdayOfDay => (Some(MILLIS_PER_DAY), MILLIS_PER_HALFDAY),
        PatternField::HourOfHalfday | PatternField::ClockhourOfHalfday => (Some(MILLIS_PER_HALFDAY), MILLIS_PER_HOUR),
        PatternField::HourOfDay | PatternField::ClockhourOfDay => (Some(MILLIS_PER_DAY), MILLIS_PER_HOUR),
        PatternField::MinuteOfHour => (Some(MILLIS_PER_HOUR), MILLIS_PER_MINUTE),
        PatternField::SecondOfMinute => (Some(MILLIS_PER_MINUTE), MILLIS_PER_SECOND),
        PatternField::MillisOfSecond => (Some(MILLIS_PER_SECOND), 1),
    }
}

fn field_name(field: PatternField) -> &'static str {
    match field {
        PatternField::Era => "era",
        PatternField::CenturyOfEra => "centuryOfEra",
        PatternField::YearOfEra => "yearOfEra",
        PatternField::Year => "year",
        PatternField::WeekYear => "weekyear",
        PatternField::WeekOfWeekYear => "weekOfWeekyear",
        PatternField::DayOfWeek => "dayOfWeek",
        PatternField::DayOfYear => "dayOfYear",
        PatternField::MonthOfYear => "monthOfYear",
        PatternField::DayOfMonth => "dayOfMonth",
        PatternField::HalfdayOfDay => "halfdayOfDay",
        PatternField::HourOfHalfday => "hourOfHalfday",
        PatternField::ClockhourOfHalfday => "clockhourOfHalfday",
        PatternField::ClockhourOfDay => "clockhourOfDay",
        PatternField::HourOfDay => "hourOfDay",
        PatternField::MinuteOfHour => "minuteOfHour",
        PatternField::SecondOfMinute => "secondOfMinute",
        PatternField::MillisOfSecond => "millisOfSecond",
    }
}

/// The values a field may take at a moment.
fn bounds(field: PatternField, days: i64) -> (i64, i64) {
    let civil = calendar::civil_from_days(days);
    match field {
        PatternField::Era => (0, 1),
        PatternField::CenturyOfEra => (0, 2_922_789),
        PatternField::YearOfEra => (1, 292_278_993),
        PatternField::Year => (-292_275_054, 292_278_993),
        PatternField::WeekYear => (-292_275_054, 292_278_993),
        PatternField::WeekOfWeekYear => (1, calendar::weeks_in_week_year(calendar::week_year(days))),
        PatternField::DayOfWeek => (1, 7),
        PatternField::DayOfYear => (1, 365 + i64::from(calendar::is_leap(civil.year))),
        PatternField::MonthOfYear => (1, 12),
        PatternField::DayOfMonth => (1, i64::from(calendar::days_in_month(civil.year, civil.month))),
        PatternField::HalfdayOfDay => (0, 1),
        PatternField::HourOfHalfday => (0, 11),
        PatternField::ClockhourOfHalfday => (1, 12),
        PatternField::ClockhourOfDay => (1, 24),
        PatternField::HourOfDay => (0, 23),
        PatternField::MinuteOfHour | PatternField::SecondOfMinute => (0, 59),
        PatternField::MillisOfSecond => (0, 999),
    }
}

/// Sets one field and keeps the rest, as far as the calendar allows.
fn set_field(field: PatternField, millis: i64, value: i64) -> Result<i64, String> {
    let days = millis.div_euclid(MILLIS_PER_DAY);
    let (minimum, maximum) = bounds(field, days);
    // The last years Joda names overflow within the year; they are refused whole.
    let is_past_end = matches!(field, PatternField::Year | PatternField::YearOfEra | PatternField::WeekYear) && value.abs() > YEAR_MAX
        || field == PatternField::CenturyOfEra && value.abs() > YEAR_MAX / 100;
    if value < minimum || value > maximum || is_past_end {
        return Err(format!("Value {value} for {} must be in the range [{minimum},{maximum}]", field_name(field)));
    }
    let millis_of_day = millis.rem_euclid(MILLIS_PER_DAY);
    let on_day = |days: i64| days * MILLIS_PER_DAY + millis_of_day;
    let current = field_value(field, millis);
    Ok(match field {
        PatternField::Year => on_day(with_year(days, value)),
        PatternField::YearOfEra => {
            let is_before_christ = calendar::civil_from_days(days).year <= 0;
            on_day(with_year(days, if is_before_christ { 1 - value } else { value }))
        }
        PatternField::CenturyOfEra => on_day(with_year(days, value * 100 + field_value(PatternField::YearOfEra, millis) % 100)),
        PatternField::Era if current == value => millis,
        PatternField::Era => on_day(with_year(days, 1 - calendar::civil_from_days(days).year)),
        PatternField::WeekYear => {
            let week = calendar::week_of_year(days).min(calendar::weeks_in_week_year(value));
            on_day(calendar::first_day_of_week_year(value) + (week - 1) * 7 + calendar::day_of_week(days) - 1)
        }
        PatternField::MonthOfYear => on_day(calendar::add_months(days, value - current)),
        PatternField::WeekOfWeekYear => on_day(days + (value - current) * 7),
        PatternField::DayOfWeek | PatternField::DayOfYear | PatternField::DayOfMonth => on_day(days + value - current),
        PatternField::HalfdayOfDay => millis + (value - current) * MILLIS_PER_HALFDAY,
        PatternField::HourOfHalfday | PatternField::HourOfDay => millis + (value - current) * MILLIS_PER_HOUR,
        PatternField::ClockhourOfHalfday => millis + (value % 12 - current % 12) * MILLIS_PER_HOUR,
        PatternField::ClockhourOfDay => millis + (value % 24 - current % 24) * MILLIS_PER_HOUR,
        PatternField::MinuteOfHour => millis + (value - current) * MILLIS_PER_MINUTE,
        PatternField::SecondOfMinute => millis + (value - current) * MILLIS_PER_SECOND,
        PatternField::MillisOfSecond => millis + value - current,
    })
}

/// Another year, same day counted from the nearer end of the year, as Joda keeps it.
fn with_year(days: i64, year: i64) -> i64 {
    let from = calendar::civil_from_days(days).year;
    let mut day_of_year = calendar::day_of_year(days);
    if day_of_year > 59 {
        day_of_year += i64::from(calendar::is_leap(year)) - i64::from(calendar::is_leap(from));
    }
    calendar::days_from_civil(year, 1, 1) + day_of_year - 1
}

/// Clears what is smaller than a field's unit.
fn round_floor(field: PatternField, millis: i64) -> i64 {
    let days = millis.div_euclid(MILLIS_PER_DAY);
    let civil = calendar::civil_from_days(days);
    let unit = extent(field).1;
    match field {
        PatternField::Era => calendar::days_from_civil(if civil.year > 0 { 1 } else { civil.year }, 1, 1) * MILLIS_PER_DAY,
        PatternField::CenturyOfEra => calendar::days_from_civil(civil.year.div_euclid(100) * 100, 1, 1) * MILLIS_PER_DAY,
        PatternField::Year | PatternField::YearOfEra => calendar::days_from_civil(civil.year, 1, 1) * MILLIS_PER_DAY,
        PatternField::WeekYear => calendar::first_day_of_week_year(calendar::week_year(days)) * MILLIS_PER_DAY,
        PatternField::MonthOfYear => calendar::days_from_civil(civil.year, civil.month, 1) * MILLIS_PER_DAY,
        PatternField::WeekOfWeekYear => (days - calendar::day_of_week(days) + 1) * MILLIS_PER_DAY,
        _ => millis.div_euclid(unit) * unit,
    }
}
