//! What does a MySQL date format such as `%Y-%m-%d %H:%i:%s` mean? Ref: Trino 401 "MySQL date functions", `DateTimeFunctions.createDateTimeFormatter`.

use super::pattern::{Element, Pattern, PatternField};
use crate::error::FunctionError;

/// `%y` reads 70–99 as 1970–1999 and 00–69 as 2000–2069.
const PIVOT_YEAR: i64 = 2020;

/// Compiles a format of `date_format` and `date_parse`.
/// Errors: INVALID_FUNCTION_ARGUMENT for `%D`, `%U`, `%u`, `%V`, `%w`, `%X` and for an empty format.
pub fn compile(format: &str) -> Result<Pattern, FunctionError> {
    let mut pattern = Pattern::default();
    let mut characters = format.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            pattern.push_literal(character);
            continue;
        }
        // A lone % at the end is dropped.
        if let Some(code) = characters.next() {
            push_code(&mut pattern, code)?;
        }
    }
    if pattern.elements.is_empty() {
        return Err(FunctionError::argument("Both printing and parsing not supported"));
    }
    Ok(pattern)
}

fn push_code(pattern: &mut Pattern, code: char) -> Result<(), FunctionError> {
    use PatternField::*;
    match code {
        'a' => pattern.push_text(DayOfWeek, true),
        'b' => pattern.push_text(MonthOfYear, true),
        'c' => pattern.push_number(MonthOfYear, 1, 2),
        'd' => pattern.push_number(DayOfMonth, 2, 2),
        'e' => pattern.push_number(DayOfMonth, 1, 2),
        'f' => pattern.elements.push(Element::Fraction { digits_min: 6, digits_max: 9 }),
        'H' => pattern.push_number(HourOfDay, 2, 2),
        'h' | 'I' => pattern.push_number(ClockhourOfHalfday, 2, 2),
        'i' => pattern.push_number(MinuteOfHour, 2, 2),
        'j' => pattern.push_number(DayOfYear, 3, 3),
        'k' => pattern.push_number(HourOfDay, 1, 2),
        'l' => pattern.push_number(ClockhourOfHalfday, 1, 2),
        'M' => pattern.push_text(MonthOfYear, false),
        'm' => pattern.push_number(MonthOfYear, 2, 2),
        'p' => pattern.push_text(HalfdayOfDay, false),
        'r' => {
            push_clock(pattern, ClockhourOfHalfday);
            pattern.push_literal(' ');
            pattern.push_text(HalfdayOfDay, false);
        }
        'S' | 's' => pattern.push_number(SecondOfMinute, 2, 2),
        'T' => push_clock(pattern, HourOfDay),
        'v' => pattern.push_number(WeekOfWeekYear, 2, 2),
        'x' => pattern.push_signed(WeekYear, 4, 4),
        'W' => pattern.push_text(DayOfWeek, false),
        'Y' => pattern.push_signed(Year, 4, 4),
        'y' => pattern.elements.push(Element::TwoDigitYear { field: Year, pivot: PIVOT_YEAR, is_lenient: false }),
        'w' | 'U' | 'u' | 'V' | 'X' | 'D' => {
            return Err(FunctionError::argument(format!("%{code} not supported in date format string")));
        }
        other => pattern.push_literal(other),
    }
    Ok(())
}

fn push_clock(pattern: &mut Pattern, hour: PatternField) {
    pattern.push_number(hour, 2, 2);
    pattern.push_literal(':');
    pattern.push_number(PatternField::MinuteOfHour, 2, 2);
    pattern.push_literal(':');
    pattern.push_number(PatternField::SecondOfMinute, 2, 2);
}
