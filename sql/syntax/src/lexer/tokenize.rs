//! How is a statement cut into tokens? Longest match, keywords without regard to case.
//!
//! Ref: Trino 401 lexer rules. A character that begins no token is a token of its own, so that the parser
//! reports it; an unterminated quote or comment therefore fails at its first character.

use super::keyword::keyword;
use super::token::{Token, TokenKind};
use crate::location::{Location, Span};

/// Operators and punctuation, longer ones before their prefixes.
const SYMBOLS: [&str; 31] = [
    "<>", "!=", "<=", ">=", "||", "->", "=>", "{-", "-}", "=", "<", ">", "+", "-", "*", "/", "%", "?", "(", ")", "[", "]", ",", ".", ":",
    "{", "}", "^", "$", "|", ";",
];

/// Cuts `statement` into tokens; the last one is always [`TokenKind::End`].
#[must_use]
pub fn tokenize(statement: &str) -> Vec<Token<'_>> {
    let mut cursor = Cursor { text: statement, offset: 0, location: Location::START, has_comment_end: true };
    let mut tokens = Vec::with_capacity(statement.len() / 4 + 1);
    loop {
        cursor.skip_hidden();
        let (kind, length) = next_token(cursor.rest());
        let text = cursor.rest().get(..length).unwrap_or_default();
        let (kind, word) = match kind {
            TokenKind::Identifier => match keyword(text) {
                Some(found) if found.is_reserved => (TokenKind::ReservedKeyword, found.word),
                Some(found) => (TokenKind::NonReservedKeyword, found.word),
                None => (kind, ""),
            },
            TokenKind::Symbol => match SYMBOLS.iter().find(|symbol| **symbol == text) {
                Some(&"!=") => (kind, "<>"),
                Some(symbol) => (kind, *symbol),
                None => (TokenKind::Unrecognized, ""),
            },
            other => (other, ""),
        };
        let is_end = kind == TokenKind::End;
        tokens.push(Token {
            kind,
            text: if is_end { "<EOF>" } else { text },
            word,
            location: cursor.location,
            span: Span::new(cursor.offset, cursor.offset + length),
        });
        if is_end {
            return tokens;
        }
        cursor.advance(length);
    }
}

/// A position in the statement, as bytes and as line and column.
struct Cursor<'a> {
    text: &'a str,
    offset: usize,
    location: Location,
    /// Whether the rest may hold a `*/`: without it no later `/*` need be searched for one again.
    has_comment_end: bool,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.offset..).unwrap_or_default()
    }

    /// Moves over `length` bytes, which end on a character boundary.
    fn advance(&mut self, length: usize) {
        let end = (self.offset + length).min(self.text.len());
        let passed = self.text.get(self.offset..end).unwrap_or_default();
        if passed.is_ascii() && !passed.contains('\n') {
            self.location.column = self.location.column.saturating_add(u32::try_from(passed.len()).unwrap_or(u32::MAX));
        } else {
            for character in passed.chars() {
                if character == '\n' {
                    self.location.line += 1;
                    self.location.column = 1;
                } else {
                    self.location.column += if character.len_utf16() == 2 { 2 } else { 1 };
                }
            }
        }
        self.offset = end;
    }

    /// Skips white space and comments.
    fn skip_hidden(&mut self) {
        loop {
            let rest = self.rest();
            let bytes = rest.as_bytes();
            let length = match bytes.first() {
                Some(b' ' | b'\t' | b'\r' | b'\n') => bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count(),
                Some(b'-') if rest.starts_with("--") => rest.find(['\r', '\n']).unwrap_or(rest.len()),
                Some(b'/') if self.has_comment_end && rest.starts_with("/*") => match rest.get(2..).and_then(|body| body.find("*/")) {
                    Some(end) => end + 4,
                    None => {
                        self.has_comment_end = false;
                        return;
                    }
                },
                _ => return,
            };
            self.advance(length);
        }
    }
}

/// Kind and byte length of the token at the start of `rest`. Words come back as identifiers.
fn next_token(rest: &str) -> (TokenKind, usize) {
    let bytes = rest.as_bytes();
    let Some(&first) = bytes.first() else {
        return (TokenKind::End, 0);
    };
    let second = bytes.get(1).copied();
    match first {
        b'\'' => quoted(bytes, 0, b'\'').map_or((TokenKind::Unrecognized, 1), |length| (TokenKind::String, length)),
        b'"' => quoted(bytes, 0, b'"').map_or((TokenKind::Unrecognized, 1), |length| (TokenKind::QuotedIdentifier, length)),
        b'`' => quoted(bytes, 0, b'`').map_or((TokenKind::Unrecognized, 1), |length| (TokenKind::BackquotedIdentifier, length)),
        b'u' | b'U' if rest.get(1..3) == Some("&'") => {
            quoted(bytes, 2, b'\'').map_or((TokenKind::Identifier, 1), |length| (TokenKind::UnicodeString, length))
        }
        b'x' | b'X' if second == Some(b'\'') => match bytes.iter().skip(2).position(|byte| *byte == b'\'') {
            Some(end) => (TokenKind::BinaryLiteral, end + 3),
            None => (TokenKind::Identifier, 1),
        },
        b'0'..=b'9' => number(bytes),
        b'.' if second.is_some_and(|byte| byte.is_ascii_digit()) => number(bytes),
        b'_' | b'a'..=b'z' | b'A'..=b'Z' => (TokenKind::Identifier, word_length(bytes)),
        _ => {
            let symbol = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol));
            match symbol {
                Some(&";") | None => (TokenKind::Unrecognized, rest.chars().next().map_or(1, char::len_utf8)),
                Some(symbol) => (TokenKind::Symbol, symbol.len()),
            }
        }
    }
}

/// Length of a quoted token whose opening quote stands at `start`; a doubled quote is part of it.
fn quoted(bytes: &[u8], start: usize, quote: u8) -> Option<usize> {
    let mut at = start + 1;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == quote)? + 1;
        if bytes.get(at) != Some(&quote) {
            return Some(at);
        }
        at += 1;
    }
}

fn word_length(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count()
}

fn digits(bytes: &[u8], from: usize) -> usize {
    bytes.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count()
}

/// A token that begins with a digit, or with a point before a digit: the longest of number and name.
fn number(bytes: &[u8]) -> (TokenKind, usize) {
    let mut length = digits(bytes, 0);
    let mut kind = TokenKind::Integer;
    if bytes.get(length) == Some(&b'.') {
        length += 1 + digits(bytes, length + 1);
        kind = TokenKind::Decimal;
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        let exponent = digits(bytes, length + 1 + sign);
        if exponent > 0 {
            length += 1 + sign + exponent;
            kind = TokenKind::Double;
        }
    }
    let name = if bytes.first() == Some(&b'.') { 0 } else { word_length(bytes) };
    if name > length { (TokenKind::DigitIdentifier, name) } else { (kind, length) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(TokenKind, &str)> {
        tokenize(text).into_iter().map(|token| (token.kind, token.text)).collect()
    }

    #[test]
    fn numbers_and_names_take_the_longest_match() {
        use TokenKind::{Decimal, DigitIdentifier, Double, End, Identifier, Integer, Symbol};
        assert_eq!(
            kinds("1x 1e5 1e5x 1.5x .5 1..2 1E+"),
            [
                (DigitIdentifier, "1x"),
                (Double, "1e5"),
                (DigitIdentifier, "1e5x"),
                (Decimal, "1.5"),
                (Identifier, "x"),
                (Decimal, ".5"),
                (Decimal, "1."),
                (Decimal, ".2"),
                (DigitIdentifier, "1E"),
                (Symbol, "+"),
                (End, "<EOF>"),
            ]
        );
        assert_eq!(kinds("12")[0], (Integer, "12"));
    }

    #[test]
    fn quotes_may_be_doubled_and_must_end() {
        assert_eq!(kinds("'it''s'")[0], (TokenKind::String, "'it''s'"));
        assert_eq!(kinds("u&'x''y' X'00'")[0], (TokenKind::UnicodeString, "u&'x''y'"));
        assert_eq!(kinds("'open")[0], (TokenKind::Unrecognized, "'"));
        assert_eq!(kinds("\"a\"\"b\"")[0], (TokenKind::QuotedIdentifier, "\"a\"\"b\""));
    }

    #[test]
    fn columns_count_utf16_units_and_lines_count_newlines() {
        let tokens = tokenize("'é😀' x\n  -- note\n/* a\nb */ y");
        let places: Vec<String> = tokens.iter().map(|token| token.location.to_string()).collect();
        assert_eq!(places, ["1:1", "1:7", "4:6", "4:7"]);
    }
}
