//! What does a literal say? Numbers, binary strings, typed strings and intervals.

use super::cursor::{Parsed, Parser};
use super::name::is_string;
use crate::error::SyntaxError;
use crate::lexer::TokenKind;
use crate::location::Location;
use crate::trino::ast::{Expression, ExpressionKind, IntervalLiteral, IntervalUnit, Sign};

impl Parser<'_> {
    /// Whether the token `distance` ahead is a number.
    pub fn is_number_at(&self, distance: usize) -> bool {
        matches!(self.ahead(distance).kind, TokenKind::Integer | TokenKind::Decimal | TokenKind::Double)
    }

    /// Reads a number with the minus directly before it.
    pub fn number(&mut self) -> Parsed<Expression> {
        let (location, start) = (self.location(), self.start());
        let sign = if self.accept("-") { "-" } else { "" };
        let token = self.token();
        let text = format!("{sign}{}", token.text);
        let kind = match token.kind {
            TokenKind::Integer => match text.parse() {
                Ok(value) => ExpressionKind::LongLiteral(value),
                Err(_) => {
                    // The engine raises this one without a position, which it prints as 1:1.
                    self.check(false, Location::START, &format!("Invalid numeric literal: {text}"));
                    ExpressionKind::LongLiteral(0)
                }
            },
            TokenKind::Decimal => ExpressionKind::DecimalLiteral { value: text, is_typed: false },
            TokenKind::Double => ExpressionKind::DoubleLiteral(text.parse().unwrap_or(f64::NAN)),
            _ => return self.unexpected(),
        };
        self.advance();
        Ok(self.finish(kind, location, start))
    }

    /// Reads `X'00 FF'`; white space inside is ignored.
    pub fn binary_literal(&mut self) -> Parsed<Expression> {
        let token = self.advance();
        let digits: Vec<char> =
            token.text.chars().skip(2).filter(|character| *character != '\'' && !matches!(character, ' ' | '\n' | '\t' | '\r')).collect();
        if !digits.iter().all(char::is_ascii_hexdigit) {
            self.defer(SyntaxError::at(token.location, "Binary literal can only contain hexadecimal digits"));
        } else if !digits.len().is_multiple_of(2) {
            self.defer(SyntaxError::at(token.location, "Binary literal must contain an even number of digits"));
        }
        let bytes = digits
            .chunks_exact(2)
            .map(|pair| pair.iter().filter_map(|digit| digit.to_digit(16)).fold(0, |byte, digit| byte * 16 + digit))
            .map(|byte| u8::try_from(byte).unwrap_or_default())
            .collect();
        Ok(self.finish(ExpressionKind::BinaryLiteral(bytes), token.location, token.span.start))
    }

    /// Reads `type 'text'` or `INTERVAL …`.
    pub fn typed_literal(&mut self) -> Parsed<Expression> {
        let (location, start) = (self.location(), self.start());
        if self.is("INTERVAL") && self.is_interval() {
            let literal = self.interval()?;
            return Ok(self.finish(ExpressionKind::IntervalLiteral(literal), location, start));
        }
        let type_name = if self.accept_sequence(&["DOUBLE", "PRECISION"]) { "DOUBLE".to_owned() } else { self.identifier()?.value };
        let value = self.string()?;
        let kind = match type_name.to_ascii_lowercase().as_str() {
            "time" => ExpressionKind::TimeLiteral(value),
            "timestamp" => ExpressionKind::TimestampLiteral(value),
            "decimal" => ExpressionKind::DecimalLiteral { value, is_typed: true },
            "char" => ExpressionKind::CharLiteral(value),
            _ => ExpressionKind::GenericLiteral { type_name, value },
        };
        Ok(self.finish(kind, location, start))
    }

    /// Whether `INTERVAL` begins an interval rather than a literal of a type of that name.
    fn is_interval(&self) -> bool {
        let text = if matches!(self.ahead(1).word, "+" | "-") { 2 } else { 1 };
        text == 2 || !self.ahead(text + 1).word.is_empty() && interval_unit(self.ahead(text + 1).word).is_some()
    }

    /// Reads `INTERVAL [+|-] 'value' unit [TO unit]`.
    pub fn interval(&mut self) -> Parsed<IntervalLiteral> {
        self.expect("INTERVAL")?;
        let sign = if self.accept("-") {
            Sign::Minus
        } else {
            self.accept("+");
            Sign::Plus
        };
        let value = self.string()?;
        let from = self.interval_unit()?;
        // `TO` can also be the column's alias.
        let is_range = self.is("TO") && interval_unit(self.ahead(1).word).is_some();
        let to = if is_range && self.accept("TO") { Some(self.interval_unit()?) } else { None };
        Ok(IntervalLiteral { value, sign, from, to })
    }

    /// Reads `YEAR` and its kin.
    pub fn interval_unit(&mut self) -> Parsed<IntervalUnit> {
        match interval_unit(self.token().word) {
            Some(unit) => {
                self.advance();
                Ok(unit)
            }
            None => self.unexpected(),
        }
    }

    /// Reads what follows `AT TIME ZONE`.
    pub fn time_zone_specifier(&mut self) -> Parsed<Expression> {
        let token = self.token();
        let kind = if is_string(&token) {
            ExpressionKind::StringLiteral(self.string()?)
        } else if token.is("INTERVAL") {
            ExpressionKind::IntervalLiteral(self.interval()?)
        } else {
            return self.unexpected();
        };
        Ok(self.finish(kind, token.location, token.span.start))
    }
}

fn interval_unit(word: &str) -> Option<IntervalUnit> {
    Some(match word {
        "YEAR" => IntervalUnit::Year,
        "MONTH" => IntervalUnit::Month,
        "DAY" => IntervalUnit::Day,
        "HOUR" => IntervalUnit::Hour,
        "MINUTE" => IntervalUnit::Minute,
        "SECOND" => IntervalUnit::Second,
        _ => return None,
    })
}
