//! Which timestamp does a text stand for under `timestamp.formats`? Joda-Time patterns, tried in order; the usual forms after them.
//!
//! Ref: Trino 401 `HiveFormatUtils`; Joda-Time `DateTimeFormat`. `millis` means milliseconds since 1970.

use owlake_functions::types::civil::days_from_civil;

use super::scalar::{java_trim, timestamp_of_trimmed};
use crate::error::EngineError;

const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// The formats of a table; without any, Hive's usual forms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TimestampFormats {
    formats: Vec<Format>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Format {
    Millis,
    Pattern(Vec<Element>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Element {
    Literal(String),
    /// The letter, and how often it stands.
    Field(char, usize),
}

impl TimestampFormats {
    /// Formats separated by commas; `\,` and `\\` stand for themselves. Errors: HIVE_INVALID_METADATA for other escapes, NOT_SUPPORTED
    /// for a pattern letter that cannot be read.
    pub fn parse(property: &str) -> Result<TimestampFormats, EngineError> {
        let invalid = |reason: String| {
            EngineError::engine("HIVE_INVALID_METADATA", format!("Invalid 'timestamp.formats' property value '{property}': {reason}"))
        };
        let mut texts = vec![String::new()];
        let mut characters = property.chars().enumerate();
        while let Some((position, character)) = characters.next() {
            let text = match character {
                '\\' => match characters.next() {
                    Some((_, escaped @ (',' | '\\'))) => escaped,
                    Some(_) => return Err(invalid(format!("Illegal escaped character at {position}"))),
                    None => return Err(invalid("unterminated escape at end of value".to_owned())),
                },
                ',' => {
                    texts.push(String::new());
                    continue;
                }
                other => other,
            };
            if let Some(last) = texts.last_mut() {
                last.push(text);
            }
        }
        let formats = texts.iter().filter(|text| !text.is_empty()).map(|text| Format::parse(text)).collect::<Result<_, _>>()?;
        Ok(TimestampFormats { formats })
    }

    pub fn is_empty(&self) -> bool {
        self.formats.is_empty()
    }

    /// Milliseconds since 1970; none for a text of another form.
    pub fn millis(&self, text: &[u8]) -> Option<i64> {
        let text = java_trim(text);
        self.own(text).or_else(|| timestamp_of_trimmed(text))
    }

    /// As [`TimestampFormats::millis`] without the usual forms.
    pub fn own(&self, text: &[u8]) -> Option<i64> {
        let text = std::str::from_utf8(text).ok()?;
        self.formats.iter().find_map(|format| format.millis(text))
    }
}

impl Format {
    fn parse(text: &str) -> Result<Format, EngineError> {
        if text.eq_ignore_ascii_case("millis") {
            return Ok(Format::Millis);
        }
        let mut elements: Vec<Element> = Vec::new();
        let literal = |elements: &mut Vec<Element>, character: char| match elements.last_mut() {
            Some(Element::Literal(text)) => text.push(character),
            _ => elements.push(Element::Literal(character.to_string())),
        };
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '\'' if characters.next_if_eq(&'\'').is_some() => literal(&mut elements, '\''),
                '\'' => {
                    while let Some(quoted) = characters.next() {
                        if quoted != '\'' || characters.next_if_eq(&'\'').is_some() {
                            literal(&mut elements, quoted);
                        } else {
                            break;
                        }
                    }
                }
                'y' | 'Y' | 'u' | 'M' | 'd' | 'D' | 'H' | 'k' | 'h' | 'K' | 'm' | 's' | 'S' | 'a' | 'E' | 'Z' | 'z' | 'X' => {
                    let mut count = 1;
                    while characters.next_if_eq(&character).is_some() {
                        count += 1;
                    }
                    elements.push(Element::Field(character, count));
                }
                letter if letter.is_ascii_alphabetic() => {
                    let message = format!("The letter '{letter}' of the timestamp format '{text}' is not supported");
                    return Err(EngineError::engine("NOT_SUPPORTED", message));
                }
                other => literal(&mut elements, other),
            }
        }
        Ok(Format::Pattern(elements))
    }

    fn millis(&self, text: &str) -> Option<i64> {
        let Format::Pattern(elements) = self else {
            let whole = text.split_once('.').map_or(Some(text), |(whole, fraction)| {
                (!fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit())).then_some(whole)
            })?;
            return if whole.starts_with('+') { None } else { whole.parse().ok() };
        };
        let mut moment = Moment::default();
        let mut rest = text;
        for (position, element) in elements.iter().enumerate() {
            rest = match element {
                Element::Literal(literal) => {
                    let (start, after) = rest.split_at_checked(literal.len())?;
                    if !start.eq_ignore_ascii_case(literal) {
                        return None;
                    }
                    after
                }
                Element::Field(letter, count) => {
                    let is_joined = matches!(elements.get(position + 1), Some(Element::Field(next, length)) if is_number(*next, *length));
                    moment.read(*letter, *count, is_joined, rest)?
                }
            };
        }
        if rest.is_empty() { moment.millis() } else { None }
    }
}

fn is_number(letter: char, count: usize) -> bool {
    let is_name = letter == 'M' && count > 2;
    !is_name && !matches!(letter, 'a' | 'E' | 'Z' | 'z' | 'X')
}

/// The fields read so far, 1970-01-01 at first.
#[derive(Debug)]
struct Moment {
    year: i64,
    month: i64,
    day: i64,
    day_of_year: Option<i64>,
    hour: i64,
    half_day: Option<i64>,
    minute: i64,
    second: i64,
    millis: i64,
    offset_minutes: i64,
}

impl Default for Moment {
    fn default() -> Self {
        Moment {
            year: 1970,
            month: 1,
            day: 1,
            day_of_year: None,
            hour: 0,
            half_day: None,
            minute: 0,
            second: 0,
            millis: 0,
            offset_minutes: 0,
        }
    }
}

impl Moment {
    /// Reads a field off the start of `text`, giving what is left. Numbers next to numbers take their own count of digits.
    fn read<'a>(&mut self, letter: char, count: usize, is_joined: bool, text: &'a str) -> Option<&'a str> {
        if letter == 'S' {
            let (digits, rest) = digits(text, if is_joined { count } else { 9 })?;
            let scaled = digits.bytes().chain(std::iter::repeat(b'0')).take(3).fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
            self.millis = scaled;
            return Some(rest);
        }
        if letter == 'M' && count > 2 {
            let (index, rest) = name(text, &MONTHS)?;
            self.month = index as i64 + 1;
            return Some(rest);
        }
        match letter {
            'E' => return name(text, &WEEKDAYS).map(|(_, rest)| rest),
            'a' => {
                let (half, rest) = text.split_at_checked(2)?;
                self.half_day = Some(if half.eq_ignore_ascii_case("am") { 0 } else { half.eq_ignore_ascii_case("pm").then_some(12)? });
                return Some(rest);
            }
            'Z' | 'X' | 'z' => return self.read_zone(text),
            _ => {}
        }
        let (is_negative, unsigned) = match text.strip_prefix('-') {
            Some(unsigned) if matches!(letter, 'y' | 'Y' | 'u') => (true, unsigned),
            _ => (false, text),
        };
        let is_year = matches!(letter, 'y' | 'Y' | 'u');
        let digits_max = if is_joined {
            count
        } else if is_year {
            9
        } else if letter == 'D' {
            3
        } else {
            2.max(count)
        };
        let (read, rest) = digits(unsigned, digits_max)?;
        let value: i64 = read.parse().ok()?;
        let within = |low: i64, high: i64| (low..=high).contains(&value).then_some(value);
        match letter {
            // Two digits under `yy` are a year from 1946 to 2045. Ref: Joda-Time `appendTwoDigitYear` with the pivot of 2026.
            'y' | 'Y' | 'u' if count == 2 && read.len() == 2 => self.year = if value < 46 { 2000 + value } else { 1900 + value },
            'y' | 'Y' | 'u' => self.year = if is_negative { -value } else { value },
            'M' => self.month = within(1, 12)?,
            'd' => self.day = within(1, 31)?,
            'D' => self.day_of_year = Some(within(1, 366)?),
            'H' => self.hour = within(0, 23)?,
            'k' => self.hour = within(1, 24)? % 24,
            'h' => self.hour = within(1, 12)? % 12,
            'K' => self.hour = within(0, 11)?,
            'm' => self.minute = within(0, 59)?,
            's' => self.second = within(0, 59)?,
            _ => return None,
        }
        Some(rest)
    }

    fn read_zone<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        for name in ["UTC", "GMT", "Z"] {
            if let Some(rest) = text.strip_prefix(name) {
                return Some(rest);
            }
        }
        let sign = match text.as_bytes().first()? {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let (hours, rest) = digits(&text[1..], 2)?;
        let rest = rest.strip_prefix(':').unwrap_or(rest);
        let (minutes, rest) = digits(rest, 2)?;
        self.offset_minutes = sign * (hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?);
        Some(rest)
    }

    fn millis(&self) -> Option<i64> {
        let days = match self.day_of_year {
            Some(day) => days_from_civil(self.year, 1, 1) + day - 1,
            None => {
                let month = u32::try_from(self.month).ok()?;
                if self.day > i64::from(owlake_functions::types::civil::days_in_month(self.year, month)) {
                    return None;
                }
                days_from_civil(self.year, month, 1) + self.day - 1
            }
        };
        let hour = self.half_day.map_or(self.hour, |half| self.hour % 12 + half);
        let minutes = (days * 24 + hour) * 60 + self.minute - self.offset_minutes;
        Some((minutes * 60 + self.second) * 1_000 + self.millis)
    }
}

fn digits(text: &str, digits_max: usize) -> Option<(&str, &str)> {
    let length = text.bytes().take(digits_max).take_while(u8::is_ascii_digit).count();
    (length > 0).then(|| text.split_at(length))
}

/// A full or three-letter name at the start of `text`, in any case.
fn name<'a>(text: &'a str, names: &[&str]) -> Option<(usize, &'a str)> {
    let starts = |name: &str| text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    let full = names.iter().position(|name| starts(name)).map(|index| (index, names[index].len()));
    let (index, length) = full.or_else(|| names.iter().position(|name| starts(&name[..3])).map(|index| (index, 3)))?;
    Some((index, &text[length..]))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn millis(formats: &str, text: &str) -> Option<i64> {
        TimestampFormats::parse(formats).unwrap().millis(text.as_bytes())
    }

    #[test]
    fn patterns_are_tried_in_order_and_the_usual_form_last() {
        // Ref: Joda-Time `DateTimeFormat`.
        let formats = "dd/MMM/yyyy:HH:mm:ss Z,yyyyMMddHHmmss,millis";
        assert_eq!(millis(formats, "02/Jan/1970:01:00:00 +0100"), Some(86_400_000));
        assert_eq!(millis(formats, "19700101000002"), Some(2_000));
        assert_eq!(millis(formats, "1579059880000"), Some(1_579_059_880_000));
        assert_eq!(millis(formats, "1970-01-01 00:00:03"), Some(3_000));
        assert_eq!(millis(formats, "nonsense"), None);
        assert_eq!(millis("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "1970-01-01T00:00:01.250Z"), Some(1_250));
        assert_eq!(millis("MM/dd/yyyy hh:mm:ss a", "01/01/1970 12:30:00 PM"), Some(45_000_000));
        assert_eq!(millis("yyyy\\,MM", "1970,02"), Some(31 * 86_400_000));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        assert_eq!(
            TimestampFormats::parse("xxxx").unwrap_err().to_string(),
            "NOT_SUPPORTED: The letter 'x' of the timestamp format 'xxxx' is not supported"
        );
        assert!(TimestampFormats::parse("a\\b").unwrap_err().to_string().starts_with("HIVE_INVALID_METADATA"));
    }
}
