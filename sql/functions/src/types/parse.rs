//! Which type does a text in Trino's notation mean? The inverse of `Display`; any case. Ref: Trino 401 `TypeSignature`.

use std::sync::Arc;

use super::build::{Parameter, named};
use super::{RowField, TrinoType};
use crate::error::FunctionError;

/// Types nested deeper than this are refused.
const DEPTH_MAX: usize = 100;

/// Parses `bigint`, `decimal(10,2)`, `array(varchar(5))`, `row("a" integer, b varchar)`, `timestamp(3) with time zone`.
/// Errors: TYPE_NOT_FOUND, or INVALID_FUNCTION_ARGUMENT past a bound.
pub fn parse(text: &str) -> Result<TrinoType, FunctionError> {
    let mut parser = Parser { text, rest: text, depth: 0 };
    let data_type = parser.data_type()?;
    if parser.rest.trim().is_empty() { Ok(data_type) } else { Err(parser.unknown()) }
}

struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn data_type(&mut self) -> Result<TrinoType, FunctionError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.unknown());
        }
        let word = self.word().ok_or_else(|| self.unknown())?.to_ascii_lowercase();
        let found = match word.as_str() {
            "row" => self.row()?,
            "interval" if self.eats_words(&["day", "to", "second"]) => TrinoType::IntervalDayToSecond,
            "interval" if self.eats_words(&["year", "to", "month"]) => TrinoType::IntervalYearToMonth,
            "double" => {
                self.eats_words(&["precision"]);
                TrinoType::Double
            }
            "time" | "timestamp" => {
                let parameters = self.parameters()?;
                let has_zone = self.eats_words(&["with", "time", "zone"]);
                if !has_zone {
                    self.eats_words(&["without", "time", "zone"]);
                }
                named(&if has_zone { format!("{word} with time zone") } else { word }, parameters)?
            }
            _ => {
                let parameters = self.parameters()?;
                named(&word, parameters)?
            }
        };
        self.depth -= 1;
        Ok(found)
    }

    fn parameters(&mut self) -> Result<Vec<Parameter>, FunctionError> {
        let close = if self.eats('(') {
            ')'
        } else if self.eats('<') {
            '>'
        } else {
            return Ok(vec![]);
        };
        let mut parameters = vec![];
        loop {
            self.rest = self.rest.trim_start();
            if self.rest.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
                let end = self.rest.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(self.rest.len());
                let number = self.rest[..end].parse().map_err(|_| self.unknown())?;
                self.rest = &self.rest[end..];
                parameters.push(Parameter::Number(number));
            } else {
                parameters.push(Parameter::Type(self.data_type()?));
            }
            if self.eats(close) {
                return Ok(parameters);
            }
            if !self.eats(',') {
                return Err(self.unknown());
            }
        }
    }

    fn row(&mut self) -> Result<TrinoType, FunctionError> {
        if !self.eats('(') {
            return Err(self.unknown());
        }
        let mut fields = vec![];
        loop {
            fields.push(self.field()?);
            if self.eats(')') {
                return Ok(TrinoType::Row(fields.into()));
            }
            if !self.eats(',') {
                return Err(self.unknown());
            }
        }
    }

    /// `"name" type`, `name type` or `type`: tried as a type alone first, since `x array(y)` is not one.
    fn field(&mut self) -> Result<RowField, FunctionError> {
        self.rest = self.rest.trim_start();
        if self.rest.starts_with('"') {
            let name = self.quoted()?;
            return Ok(RowField { name: Some(name.into()), data_type: self.data_type()? });
        }
        let (before, depth) = (self.rest, self.depth);
        if let Ok(data_type) = self.data_type()
            && matches!(self.rest.trim_start().chars().next(), Some(',' | ')'))
        {
            return Ok(RowField { name: None, data_type });
        }
        (self.rest, self.depth) = (before, depth);
        let name: Arc<str> = self.word().ok_or_else(|| self.unknown())?.to_lowercase().into();
        Ok(RowField { name: Some(name), data_type: self.data_type()? })
    }

    fn quoted(&mut self) -> Result<String, FunctionError> {
        let mut name = String::new();
        let mut characters = self.rest.char_indices().skip(1).peekable();
        while let Some((index, c)) = characters.next() {
            if c != '"' {
                name.push(c);
            } else if matches!(characters.peek(), Some((_, '"'))) {
                name.push('"');
                characters.next();
            } else {
                self.rest = &self.rest[index + 1..];
                return Ok(name);
            }
        }
        Err(self.unknown())
    }

    fn word(&mut self) -> Option<&'a str> {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '$' | '@' | '#')).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!word.is_empty()).then_some(word)
    }

    fn eats(&mut self, token: char) -> bool {
        let rest = self.rest.trim_start().strip_prefix(token);
        if let Some(rest) = rest {
            self.rest = rest;
        }
        rest.is_some()
    }

    fn eats_words(&mut self, words: &[&str]) -> bool {
        let before = self.rest;
        let fits = words.iter().all(|word| self.word().is_some_and(|found| found.eq_ignore_ascii_case(word)));
        if !fits {
            self.rest = before;
        }
        fits
    }

    fn unknown(&self) -> FunctionError {
        FunctionError::new("TYPE_NOT_FOUND", format!("Unknown type: {}", self.text))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn printed_types_parse_again() {
        for text in [
            "bigint",
            "decimal(10,2)",
            "varchar",
            "varchar(5)",
            "char(3)",
            "timestamp(3) with time zone",
            "time(0)",
            "interval day to second",
            "array(map(varchar,array(double)))",
            "row(\"a\" integer,\"B \"\"x\" varchar(2))",
            "row(integer,double)",
            "qdigest(bigint)",
            "HyperLogLog",
        ] {
            assert_eq!(parse(text).unwrap().signature_text(), text);
        }
        assert_eq!(parse("ROW(Total DECIMAL, x timestamp)").unwrap().to_string(), "row(total decimal(38,0), x timestamp(3))");
        assert_eq!(parse("INT").unwrap(), TrinoType::Integer);
    }

    #[test]
    fn bounds_are_told() {
        assert_eq!(parse("decimal(39,0)").unwrap_err().message, "DECIMAL precision must be in range [1, 38]: 39");
        assert_eq!(parse("decimal(1,2)").unwrap_err().message, "DECIMAL scale must be in range [0, precision (1)]: 2");
        assert_eq!(parse("timestamp(13)").unwrap_err().message, "TIMESTAMP precision must be in range [0, 12]: 13");
        assert_eq!(parse("nope").unwrap_err().message, "Unknown type: nope");
        assert!(parse("array(").is_err());
    }
}
