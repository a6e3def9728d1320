//! How is a name read? Identifiers, qualified names and strings.

use super::cursor::{Failure, Parsed, Parser};
use super::unicode::decode_unicode_string;
use crate::error::SyntaxError;
use crate::lexer::{Token, TokenKind};
use crate::trino::ast::{Identifier, QualifiedName};

impl Parser<'_> {
    /// Reads a name. The spellings the engine reads only to refuse them are refused here.
    pub fn identifier(&mut self) -> Parsed<Identifier> {
        let token = self.token();
        let refused = match token.kind {
            TokenKind::Identifier | TokenKind::NonReservedKeyword => None,
            TokenKind::QuotedIdentifier if token.text != "\"\"" => None,
            TokenKind::QuotedIdentifier => Some("Zero-length delimited identifier not allowed"),
            TokenKind::BackquotedIdentifier => Some("backquoted identifiers are not supported; use double quotes to quote identifiers"),
            TokenKind::DigitIdentifier => Some("identifiers must not start with a digit; surround the identifier with double quotes"),
            _ => return self.unexpected(),
        };
        if let Some(text) = refused {
            return Err(Failure::Refused(Box::new(SyntaxError::at(token.location, text))));
        }
        self.advance();
        let is_delimited = token.kind == TokenKind::QuotedIdentifier;
        let value = if is_delimited { inside_quotes(&token).replace("\"\"", "\"") } else { token.text.to_owned() };
        Ok(Identifier { value, is_delimited, location: token.location })
    }

    /// Reads `a.b.c`.
    pub fn qualified_name(&mut self) -> Parsed<QualifiedName> {
        let mut parts = vec![self.identifier()?];
        while self.accept(".") {
            parts.push(self.identifier()?);
        }
        Ok(QualifiedName { parts })
    }

    /// Whether a string literal is next.
    pub fn is_string(&self) -> bool {
        is_string(&self.token())
    }

    /// Reads a string literal and undoes its quotes and escapes.
    pub fn string(&mut self) -> Parsed<String> {
        let token = self.token();
        match token.kind {
            TokenKind::String => {
                self.advance();
                Ok(unquote(&token))
            }
            TokenKind::UnicodeString => {
                self.advance();
                let escape = if self.is("UESCAPE") && self.ahead(1).kind == TokenKind::String {
                    self.advance();
                    Some(unquote(&self.advance()))
                } else if self.accept("UESCAPE") {
                    return self.unexpected();
                } else {
                    None
                };
                let body = token.text.get(3..token.text.len().saturating_sub(1)).unwrap_or_default();
                match decode_unicode_string(&body.replace("''", "'"), escape.as_deref()) {
                    Ok(value) => Ok(value),
                    Err(text) => {
                        self.defer(SyntaxError::at(token.location, text));
                        Ok(String::new())
                    }
                }
            }
            _ => self.unexpected(),
        }
    }

    /// Reads the digits of an integer.
    pub fn integer(&mut self) -> Parsed<String> {
        if self.token().kind == TokenKind::Integer { Ok(self.advance().text.to_owned()) } else { self.unexpected() }
    }

    /// Reads `(a, b)` where names are expected.
    pub fn column_aliases(&mut self) -> Parsed<Vec<Identifier>> {
        self.parenthesized(Self::identifier)
    }

    /// Reads `[LIKE 'pattern' [ESCAPE 'c']]`.
    pub fn like_pattern(&mut self) -> Parsed<(Option<String>, Option<String>)> {
        if !self.accept("LIKE") {
            return Ok((None, None));
        }
        let pattern = self.string()?;
        let escape = if self.accept("ESCAPE") { Some(self.string()?) } else { None };
        Ok((Some(pattern), escape))
    }

    /// Reads `a.b, c`.
    pub fn path_specification(&mut self) -> Parsed<Vec<Vec<Identifier>>> {
        self.comma_separated(|parser| {
            let mut element = vec![parser.identifier()?];
            if parser.accept(".") {
                element.push(parser.identifier()?);
            }
            Ok(element)
        })
    }
}

/// Whether a token is a string literal.
pub(super) fn is_string(token: &Token<'_>) -> bool {
    matches!(token.kind, TokenKind::String | TokenKind::UnicodeString)
}

fn inside_quotes<'a>(token: &Token<'a>) -> &'a str {
    token.text.get(1..token.text.len().saturating_sub(1)).unwrap_or_default()
}

fn unquote(token: &Token<'_>) -> String {
    inside_quotes(token).replace("''", "'")
}
