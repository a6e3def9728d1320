//! What does a Joda pattern such as `yyyy-MM-dd HH:mm` mean? Ref: Trino 401 "Java date functions", Joda-Time 2 `DateTimeFormat.forPattern`.

use super::pattern::{Element, Pattern, PatternField};
use crate::error::FunctionError;

enum Token {
    /// A run of one letter.
    Letters(char, usize),
    Literal(String),
}

/// Compiles a format of `format_datetime` and `parse_datetime`; `current_year` sets the pivot of `yy`.
/// Errors: INVALID_FUNCTION_ARGUMENT for an unknown letter or an empty pattern.
pub fn compile(format: &str, current_year: i64) -> Result<Pattern, FunctionError> {
    if format.is_empty() {
        return Err(FunctionError::argument("Invalid pattern specification"));
    }
    let tokens = tokenize(format);
    let mut pattern = Pattern::default();
    for (position, token) in tokens.iter().enumerate() {
        match token {
            Token::Literal(text) => text.chars().for_each(|character| pattern.push_literal(character)),
            Token::Letters(letter, length) => {
                let next_is_numeric = tokens.get(position + 1).is_some_and(is_numeric);
                push_letters(&mut pattern, *letter, *length, next_is_numeric, current_year)?;
            }
        }
    }
    pattern.names_zone =
        pattern.elements.iter().any(|element| matches!(element, Element::ZoneName { .. } | Element::ZoneOffset { .. } | Element::ZoneId));
    Ok(pattern)
}

fn tokenize(format: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut characters = format.chars().peekable();
    while let Some(&first) = characters.peek() {
        if first.is_ascii_alphabetic() {
            let mut length = 0;
            while characters.next_if_eq(&first).is_some() {
                length += 1;
            }
            tokens.push(Token::Letters(first, length));
            continue;
        }
        let mut literal = String::new();
        let mut is_quoted = false;
        while let Some(&character) = characters.peek() {
            if character == '\'' {
                characters.next();
                if characters.next_if_eq(&'\'').is_some() {
                    literal.push('\'');
                } else {
                    is_quoted = !is_quoted;
                }
            } else if !is_quoted && character.is_ascii_alphabetic() {
                break;
            } else {
                literal.push(character);
                characters.next();
            }
        }
        tokens.push(Token::Literal(literal));
    }
    tokens
}

fn is_numeric(token: &Token) -> bool {
    match token {
        Token::Letters('c' | 'C' | 'x' | 'y' | 'Y' | 'd' | 'h' | 'H' | 'm' | 's' | 'S' | 'e' | 'D' | 'F' | 'w' | 'W' | 'k' | 'K', _) => {
            true
        }
        Token::Letters('M', length) => *length <= 2,
        _ => false,
    }
}

fn push_letters(pattern: &mut Pattern, letter: char, length: usize, next_is_numeric: bool, current_year: i64) -> Result<(), FunctionError> {
    use PatternField::*;
    match letter {
        'G' => pattern.push_text(Era, false),
        'C' => pattern.push_signed(CenturyOfEra, length, length),
        'x' | 'y' | 'Y' => {
            let field = match letter {
                'x' => WeekYear,
                'y' => Year,
                _ => YearOfEra,
            };
            if length == 2 {
                let field = if field == YearOfEra { Year } else { field };
                pattern.elements.push(Element::TwoDigitYear { field, pivot: current_year - 30, is_lenient: !next_is_numeric });
            } else {
                let digits_max = if next_is_numeric { length } else { 9 };
                if field == YearOfEra {
                    pattern.push_number(field, length, digits_max);
                } else {
                    pattern.push_signed(field, length, digits_max);
                }
            }
        }
        'M' if length >= 3 => pattern.push_text(MonthOfYear, length == 3),
        'M' => pattern.push_number(MonthOfYear, length, 2),
        'd' => pattern.push_number(DayOfMonth, length, 2),
        'a' => pattern.push_text(HalfdayOfDay, false),
        'h' => pattern.push_number(ClockhourOfHalfday, length, 2),
        'H' => pattern.push_number(HourOfDay, length, 2),
        'k' => pattern.push_number(ClockhourOfDay, length, 2),
        'K' => pattern.push_number(HourOfHalfday, length, 2),
        'm' => pattern.push_number(MinuteOfHour, length, 2),
        's' => pattern.push_number(SecondOfMinute, length, 2),
        'S' => pattern.elements.push(Element::Fraction { digits_min: length, digits_max: length }),
        'e' => pattern.push_number(DayOfWeek, length, 1),
        'E' => pattern.push_text(DayOfWeek, length < 4),
        'D' => pattern.push_number(DayOfYear, length, 3),
        'w' => pattern.push_number(WeekOfWeekYear, length, 2),
        'z' => pattern.elements.push(Element::ZoneName { is_short: length < 4 }),
        'Z' if length >= 3 => pattern.elements.push(Element::ZoneId),
        'Z' => pattern.elements.push(Element::ZoneOffset { with_colon: length == 2 }),
        other => {
            let token: String = std::iter::repeat_n(other, length).collect();
            return Err(FunctionError::argument(format!("Illegal pattern component: {token}")));
        }
    }
    Ok(())
}
