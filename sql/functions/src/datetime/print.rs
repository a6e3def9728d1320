//! How is a moment printed by a compiled pattern? Ref: Joda-Time 2 `DateTimeFormatterBuilder`, locale English.

use std::fmt::Write;

use super::calendar::{self, Civil, MILLIS_PER_DAY, MILLIS_PER_HOUR, MILLIS_PER_MINUTE, MILLIS_PER_SECOND};
use super::pattern::{ERAS, Element, HALFDAYS, MONTHS, Pattern, PatternField, WEEKDAYS};
use crate::types::number_text;

/// A moment as a clock in its zone shows it.
#[derive(Debug, Clone, Copy)]
pub struct LocalMoment<'a> {
    /// Milliseconds since 1970-01-01 00:00 of the local clock.
    pub local_millis: i64,
    pub offset_seconds: i32,
    /// `America/Los_Angeles`, `+05:45` or `UTC`.
    pub zone_id: &'a str,
    /// `PST`; the offset where the zone has no abbreviation.
    pub zone_short_name: &'a str,
}

/// Appends `moment` to `output`.
pub fn print(pattern: &Pattern, moment: &LocalMoment<'_>, output: &mut String) {
    let wall = Wall::new(moment.local_millis);
    for element in &pattern.elements {
        match element {
            Element::Literal(text) => output.push_str(text),
            Element::Number { field, digits_min, .. } => push_padded(output, wall.field(*field), *digits_min),
            Element::TwoDigitYear { field, .. } => push_padded(output, wall.field(*field).unsigned_abs() as i64 % 100, 2),
            Element::Text { field, is_short } => output.push_str(field_text(*field, wall.field(*field), *is_short)),
            Element::Fraction { digits_min, digits_max } => {
                push_fraction(output, wall.millis_of_day % MILLIS_PER_SECOND, *digits_min, *digits_max);
            }
            Element::ZoneOffset { with_colon } => push_offset(output, moment.offset_seconds, *with_colon),
            Element::ZoneId => output.push_str(moment.zone_id),
            Element::ZoneName { .. } => output.push_str(moment.zone_short_name),
        }
    }
}

/// The value of a numeric field of a local time.
pub fn field_value(field: PatternField, local_millis: i64) -> i64 {
    Wall::new(local_millis).field(field)
}

/// A local time taken apart, once for all fields of a pattern.
struct Wall {
    days: i64,
    millis_of_day: i64,
    civil: Civil,
}

impl Wall {
    #[inline]
    fn new(local_millis: i64) -> Wall {
        let days = local_millis.div_euclid(MILLIS_PER_DAY);
        Wall { days, millis_of_day: local_millis - days * MILLIS_PER_DAY, civil: calendar::civil_from_days(days) }
    }

    #[inline]
    fn field(&self, field: PatternField) -> i64 {
        let hour = self.millis_of_day / MILLIS_PER_HOUR;
        let one_based = |value: i64, length: i64| if value == 0 { length } else { value };
        match field {
            PatternField::Era => i64::from(self.civil.year > 0),
            PatternField::CenturyOfEra => self.year_of_era() / 100,
            PatternField::YearOfEra => self.year_of_era(),
            PatternField::Year => self.civil.year,
            PatternField::WeekYear => calendar::week_year(self.days),
            PatternField::WeekOfWeekYear => calendar::week_of_year(self.days),
            PatternField::DayOfWeek => calendar::day_of_week(self.days),
            PatternField::DayOfYear => calendar::day_of_year(self.days),
            PatternField::MonthOfYear => i64::from(self.civil.month),
            PatternField::DayOfMonth => i64::from(self.civil.day),
            PatternField::HalfdayOfDay => hour / 12,
            PatternField::HourOfHalfday => hour % 12,
            PatternField::ClockhourOfHalfday => one_based(hour % 12, 12),
            PatternField::ClockhourOfDay => one_based(hour, 24),
            PatternField::HourOfDay => hour,
            PatternField::MinuteOfHour => self.millis_of_day / MILLIS_PER_MINUTE % 60,
            PatternField::SecondOfMinute => self.millis_of_day / MILLIS_PER_SECOND % 60,
            PatternField::MillisOfSecond => self.millis_of_day % MILLIS_PER_SECOND,
        }
    }

    fn year_of_era(&self) -> i64 {
        if self.civil.year > 0 { self.civil.year } else { 1 - self.civil.year }
    }
}

fn field_text(field: PatternField, value: i64, is_short: bool) -> &'static str {
    let pick = |names: &'static [&'static str], index: i64| names.get(index as usize).copied().unwrap_or("");
    let name = match field {
        PatternField::MonthOfYear => pick(&MONTHS, value - 1),
        PatternField::DayOfWeek => pick(&WEEKDAYS, value - 1),
        PatternField::HalfdayOfDay => return pick(&HALFDAYS, value),
        PatternField::Era => return pick(&ERAS, value),
        _ => "",
    };
    if is_short { name.get(..3).unwrap_or(name) } else { name }
}

#[inline]
fn push_padded(output: &mut String, value: i64, digits: usize) {
    if value < 0 {
        output.push('-');
    }
    if digits > 20 {
        output.extend(std::iter::repeat_n('0', digits - 20));
    }
    number_text::push_padded(output, value.unsigned_abs(), digits.min(20));
}

fn push_fraction(output: &mut String, millis: i64, digits_min: usize, digits_max: usize) {
    if millis == 0 {
        output.extend(std::iter::repeat_n('0', digits_min));
        return;
    }
    let mut digits = format!("{millis:03}");
    while digits.len() < digits_max {
        digits.push('0');
    }
    digits.truncate(digits_max);
    let significant = digits.trim_end_matches('0').len();
    output.push_str(digits.get(..significant.max(digits_min)).unwrap_or(&digits));
}

/// Appends `+0545`, or `+05:45` with a colon.
pub fn push_offset(output: &mut String, offset_seconds: i32, with_colon: bool) {
    output.push(if offset_seconds < 0 { '-' } else { '+' });
    let minutes = offset_seconds.unsigned_abs() / 60;
    let separator = if with_colon { ":" } else { "" };
    // Writing to a string cannot fail.
    let _ = write!(output, "{:02}{separator}{:02}", minutes / 60, minutes % 60);
}
