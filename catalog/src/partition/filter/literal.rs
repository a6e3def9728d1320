//! What does a text mean as a value of a partition key's type? Typed literals, and stored values read like them.
//!
//! Ref: AWS Glue API, `GetPartitions`: "the following list shows the valid types: string, date, timestamp, int, bigint,
//! long, tinyint, smallint, decimal"; texts of refusal as Glue answers them.

use std::cmp::Ordering;

use chrono::{NaiveDate, NaiveDateTime};

use crate::error::{CatalogError, Result};

/// The types a partition expression can compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyType {
    Text,
    Integral,
    Decimal,
    Date,
    Timestamp,
}

/// A value of one of these types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Literal {
    Text(String),
    Integral(i128),
    Decimal(Decimal),
    Date(NaiveDate),
    Timestamp(NaiveDateTime),
}

impl KeyType {
    /// The key type of a column's type text. Errors: `InvalidInput` for a type expressions can't compare.
    pub(super) fn of(type_text: &str) -> Result<KeyType> {
        let folded = type_text.trim().to_ascii_lowercase();
        let word = folded.split('(').next().unwrap_or_default().trim_end();
        match word {
            "string" | "char" | "varchar" => Ok(KeyType::Text),
            "tinyint" | "smallint" | "int" | "integer" | "bigint" | "long" => Ok(KeyType::Integral),
            "decimal" => Ok(KeyType::Decimal),
            "date" => Ok(KeyType::Date),
            "timestamp" => Ok(KeyType::Timestamp),
            _ => Err(CatalogError::invalid_input(format!("Unknown type : '{word}'"))),
        }
    }

    /// The name Glue gives the type when it refuses LIKE.
    pub(super) fn name(self) -> &'static str {
        match self {
            KeyType::Text => "String",
            KeyType::Integral => "Integral",
            KeyType::Decimal => "Decimal",
            KeyType::Date => "Date",
            KeyType::Timestamp => "Timestamp",
        }
    }

    /// Reads a text as a value of this type; else Glue's text of refusal.
    pub(super) fn read(self, text: &str) -> std::result::Result<Literal, String> {
        match self {
            KeyType::Text => Ok(Literal::Text(text.to_owned())),
            KeyType::Integral => text.parse().map(Literal::Integral).map_err(|_| format!("\"{text}\" is not an integer")),
            KeyType::Decimal => Decimal::parse(text).map(Literal::Decimal).ok_or_else(|| format!("\"{text}\" is not a decimal.")),
            KeyType::Date => parse_date(text).map(Literal::Date).ok_or_else(|| format!("\"{text}\" is not a date.")),
            KeyType::Timestamp => parse_timestamp(text).map(Literal::Timestamp).ok_or_else(|| format!("\"{text}\" is not a timestamp.")),
        }
    }
}

impl Literal {
    /// The type it is of.
    pub(super) fn key_type(&self) -> KeyType {
        match self {
            Literal::Text(_) => KeyType::Text,
            Literal::Integral(_) => KeyType::Integral,
            Literal::Decimal(_) => KeyType::Decimal,
            Literal::Date(_) => KeyType::Date,
            Literal::Timestamp(_) => KeyType::Timestamp,
        }
    }

    /// How a stored text compares with this literal; else the text of refusal for the stored text.
    pub(super) fn compare_stored(&self, stored: &str) -> std::result::Result<Ordering, String> {
        if let Literal::Text(text) = self {
            return Ok(stored.cmp(text));
        }
        let stored = self.key_type().read(stored)?;
        Ok(match (&stored, self) {
            (Literal::Integral(a), Literal::Integral(b)) => a.cmp(b),
            (Literal::Decimal(a), Literal::Decimal(b)) => a.cmp(b),
            (Literal::Date(a), Literal::Date(b)) => a.cmp(b),
            (Literal::Timestamp(a), Literal::Timestamp(b)) => a.cmp(b),
            // The stored text was read as the literal's own type.
            _ => Ordering::Equal,
        })
    }
}

/// A decimal number of any size: 0.digits × 10^exponent, without zeros at either end; zero has no digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal {
    is_negative: bool,
    exponent: i64,
    digits: Vec<u8>,
}

impl Decimal {
    fn parse(text: &str) -> Option<Decimal> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, i64::from(exponent.parse::<i32>().ok()?)),
            None => (text, 0),
        };
        let is_negative = mantissa.starts_with('-');
        let unsigned = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let leading = digits.iter().take_while(|digit| **digit == b'0').count();
        let trailing = digits[leading..].iter().rev().take_while(|digit| **digit == b'0').count();
        let significant = digits[leading..digits.len() - trailing].to_vec();
        if significant.is_empty() {
            return Some(Decimal { is_negative: false, exponent: 0, digits: significant });
        }
        Some(Decimal { is_negative, exponent: whole.len() as i64 - leading as i64 + exponent, digits: significant })
    }

    fn cmp(&self, other: &Decimal) -> Ordering {
        let sign = |decimal: &Decimal| match (decimal.digits.is_empty(), decimal.is_negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let by_size = (self.exponent, &self.digits).cmp(&(other.exponent, &other.digits));
        sign(self).cmp(&sign(other)).then(if self.is_negative { by_size.reverse() } else { by_size })
    }
}

fn parse_date(text: &str) -> Option<NaiveDate> {
    (text.len() == 10).then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()).flatten()
}

fn parse_timestamp(text: &str) -> Option<NaiveDateTime> {
    let fraction = text.get(19..)?;
    let is_fraction = match fraction.strip_prefix('.') {
        Some(digits) => (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()),
        None => fraction.is_empty(),
    };
    is_fraction.then(|| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok()).flatten()
}
