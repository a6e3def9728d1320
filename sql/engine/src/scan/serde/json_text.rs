//! What does a line of JSON hold, piece by piece? A reader without a tree, strict as Jackson or lenient as OpenX's org.json is.
//!
//! Ref: RFC 8259; org.json `JSONTokener`, `JSONObject` and `JSONArray` (unquoted and single-quoted texts, `=` and `=>` for `:`, `;` for `,`),
//! whose error texts OpenX's SerDe passes on.

use std::borrow::Cow;

use crate::error::EngineError;

/// Deeper nesting is refused as malformed.
const DEPTH_MAX: usize = 500;

/// Whose JSON it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Jackson's, for Hive's JsonSerDe.
    Strict,
    /// org.json's, for OpenX.
    Lenient,
}

/// Why a text is no JSON; the text a client reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed(pub String);

/// The start of a value; objects and arrays are read on with [`JsonText::key`] and [`JsonText::element`].
#[derive(Debug, Clone, PartialEq)]
pub enum Start<'a> {
    Object,
    Array,
    Text(Cow<'a, str>),
    /// A number, `true`, `false`, or what else stands there without quotes.
    Bare(&'a str),
    Null,
}

impl Start<'_> {
    /// The text of a scalar and whether it stood in quotes. Errors: internal, for anything else.
    pub fn scalar(&self) -> Result<(&str, bool), EngineError> {
        match self {
            Start::Text(text) => Ok((text.as_ref(), true)),
            Start::Bare(text) => Ok((*text, false)),
            Start::Object | Start::Array | Start::Null => Err(EngineError::internal("a scalar of JSON is none")),
        }
    }
}

/// A line and how far it is read.
#[derive(Debug)]
pub struct JsonText<'a> {
    text: &'a str,
    position: usize,
    dialect: Dialect,
    depth: usize,
}

impl<'a> JsonText<'a> {
    pub fn new(text: &'a str, dialect: Dialect) -> Self {
        JsonText { text, position: 0, dialect, depth: 0 }
    }

    /// Starts the next value.
    pub fn value(&mut self) -> Result<Start<'a>, Malformed> {
        match self.clean() {
            Some(b'{') => self.open().map(|()| Start::Object),
            Some(b'[') => self.open().map(|()| Start::Array),
            Some(b'"') => self.quoted(b'"').map(Start::Text),
            Some(b'\'') if self.dialect == Dialect::Lenient => self.quoted(b'\'').map(Start::Text),
            _ => self.bare(),
        }
    }

    /// The next key of the object at hand, its colon read; none at its end. `is_first` says whether it is the first.
    pub fn key(&mut self, is_first: &mut bool) -> Result<Option<Cow<'a, str>>, Malformed> {
        let missing = "Expected a ',' or '}'";
        match (self.clean(), *is_first) {
            (None, true) => return Err(self.error_at_end("A JSONObject text must end with '}'", "OBJECT")),
            (None, false) => return Err(self.error_at_end(missing, "OBJECT")),
            (Some(b'}'), _) => return Ok(self.close()),
            (Some(_), true) => {}
            (Some(byte), false) if self.is_comma(byte) => {
                self.position += 1;
                match self.clean() {
                    None => return Err(self.error_at_end("A JSONObject text must end with '}'", "OBJECT")),
                    Some(b'}') if self.dialect == Dialect::Lenient => return Ok(self.close()),
                    Some(_) => {}
                }
            }
            (Some(_), false) => return Err(self.error(missing)),
        }
        *is_first = false;
        let key = match (self.dialect, self.text.as_bytes()[self.position]) {
            (_, b'"') => self.quoted(b'"')?,
            (Dialect::Strict, _) => return Err(self.error("")),
            (Dialect::Lenient, b'\'') => self.quoted(b'\'')?,
            (Dialect::Lenient, b'{' | b'[') => return Err(self.error("Missing value")),
            (Dialect::Lenient, _) => match self.bare()? {
                Start::Bare(text) => Cow::Borrowed(text),
                _ => Cow::Borrowed("null"),
            },
        };
        match (self.clean(), self.dialect) {
            (Some(b':'), _) => self.position += 1,
            (Some(b'='), Dialect::Lenient) => {
                self.position += 1;
                self.position += usize::from(self.text.as_bytes().get(self.position) == Some(&b'>'));
            }
            (None, _) => return Err(self.error_at_end("Expected a ':' after a key", "OBJECT")),
            (Some(_), _) => return Err(self.error("Expected a ':' after a key")),
        }
        Ok(Some(key))
    }

    /// Whether the array at hand has another element, which is to be read then.
    pub fn element(&mut self, is_first: &mut bool) -> Result<bool, Malformed> {
        let missing = "Expected a ',' or ']'";
        match (self.clean(), *is_first) {
            (None, _) => return Err(self.error_at_end(missing, "ARRAY")),
            (Some(b']'), _) => {
                self.close::<()>();
                return Ok(false);
            }
            (Some(_), true) => {}
            (Some(byte), false) if self.is_comma(byte) => {
                self.position += 1;
                if self.dialect == Dialect::Lenient && self.clean() == Some(b']') {
                    self.close::<()>();
                    return Ok(false);
                }
            }
            (Some(_), false) => return Err(self.error(missing)),
        }
        *is_first = false;
        Ok(true)
    }

    /// Reads past the value that `start` began.
    pub fn skip(&mut self, start: &Start<'_>) -> Result<(), Malformed> {
        let mut is_first = true;
        match start {
            Start::Object => {
                while self.key(&mut is_first)?.is_some() {
                    let value = self.value()?;
                    self.skip(&value)?;
                }
            }
            Start::Array => {
                while self.element(&mut is_first)? {
                    let value = self.value()?;
                    self.skip(&value)?;
                }
            }
            Start::Text(_) | Start::Bare(_) | Start::Null => {}
        }
        Ok(())
    }

    /// Appends the value that `start` began as compact JSON.
    pub fn render(&mut self, start: &Start<'_>, out: &mut String) -> Result<(), Malformed> {
        let mut is_first = true;
        match start {
            Start::Object => {
                out.push('{');
                let mut is_written = false;
                while let Some(key) = self.key(&mut is_first)? {
                    if is_written {
                        out.push(',');
                    }
                    is_written = true;
                    push_quoted(&key, out);
                    out.push(':');
                    let value = self.value()?;
                    self.render(&value, out)?;
                }
                out.push('}');
            }
            Start::Array => {
                out.push('[');
                let mut is_written = false;
                while self.element(&mut is_first)? {
                    if is_written {
                        out.push(',');
                    }
                    is_written = true;
                    let value = self.value()?;
                    self.render(&value, out)?;
                }
                out.push(']');
            }
            Start::Text(text) => push_quoted(text, out),
            Start::Bare(text) => out.push_str(text),
            Start::Null => out.push_str("null"),
        }
        Ok(())
    }

    fn open(&mut self) -> Result<(), Malformed> {
        self.position += 1;
        self.depth += 1;
        if self.depth > DEPTH_MAX { Err(Malformed(format!("nested deeper than {DEPTH_MAX} levels"))) } else { Ok(()) }
    }

    fn close<T>(&mut self) -> Option<T> {
        self.position += 1;
        self.depth = self.depth.saturating_sub(1);
        None
    }

    fn is_comma(&self, byte: u8) -> bool {
        byte == b',' || byte == b';' && self.dialect == Dialect::Lenient
    }

    /// The next byte that is no white space, not read yet.
    fn clean(&mut self) -> Option<u8> {
        let rest = &self.text.as_bytes()[self.position..];
        let blanks = match self.dialect {
            Dialect::Strict => rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n')),
            Dialect::Lenient => rest.iter().position(|byte| *byte > b' '),
        };
        self.position += blanks.unwrap_or(rest.len());
        self.text.as_bytes().get(self.position).copied()
    }

    fn quoted(&mut self, quote: u8) -> Result<Cow<'a, str>, Malformed> {
        let start = self.position + 1;
        let bytes = self.text.as_bytes();
        let Some(end) = memchr::memchr2(quote, b'\\', &bytes[start..]).map(|found| start + found) else {
            self.position = bytes.len();
            return Err(self.error_at_end("Unterminated string", ""));
        };
        if bytes[end] == quote {
            self.position = end + 1;
            return Ok(Cow::Borrowed(&self.text[start..end]));
        }
        self.escaped(quote, start, end).map(Cow::Owned)
    }

    /// The rest of a text whose first escape is at `at`.
    fn escaped(&mut self, quote: u8, start: usize, at: usize) -> Result<String, Malformed> {
        let bytes = self.text.as_bytes();
        let mut plain = String::from(&self.text[start..at]);
        self.position = at;
        loop {
            let from = self.position;
            let Some(end) = memchr::memchr2(quote, b'\\', &bytes[from..]).map(|found| from + found) else {
                self.position = bytes.len();
                return Err(self.error_at_end("Unterminated string", ""));
            };
            plain.push_str(&self.text[from..end]);
            self.position = end + 1;
            if bytes[end] == quote {
                return Ok(plain);
            }
            let Some(letter) = bytes.get(self.position) else { return Err(self.error_at_end("Unterminated string", "")) };
            let character = match letter {
                b'b' => '\u{8}',
                b't' => '\t',
                b'n' => '\n',
                b'f' => '\u{c}',
                b'r' => '\r',
                b'"' | b'\\' | b'/' => char::from(*letter),
                b'\'' if self.dialect == Dialect::Lenient => '\'',
                b'u' => {
                    self.position += 1;
                    plain.push(self.unicode()?);
                    continue;
                }
                _ => return Err(self.error("Illegal escape.")),
            };
            plain.push(character);
            self.position += 1;
        }
    }

    /// The character of four hexadecimal digits, or of two surrogates; half of one is the replacement character.
    fn unicode(&mut self) -> Result<char, Malformed> {
        let high = self.hexadecimal()?;
        if (0xD800..0xDC00).contains(&high) && self.text.as_bytes()[self.position..].starts_with(b"\\u") {
            let before = self.position;
            self.position += 2;
            let low = self.hexadecimal()?;
            if (0xDC00..0xE000).contains(&low) {
                return Ok(char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.position = before;
        }
        Ok(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hexadecimal(&mut self) -> Result<u32, Malformed> {
        let digits = self.text.get(self.position..self.position + 4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let value = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let value = value.ok_or_else(|| self.error("Illegal escape."))?;
        self.position += 4;
        Ok(value)
    }

    fn bare(&mut self) -> Result<Start<'a>, Malformed> {
        let start = self.position;
        let rest = &self.text.as_bytes()[start..];
        let ends = |byte: &u8| match self.dialect {
            Dialect::Strict => !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')),
            Dialect::Lenient => *byte < b' ' || b",:]}/\\\"[{;=#".contains(byte),
        };
        let length = rest.iter().position(ends).unwrap_or(rest.len());
        let word = self.text[start..start + length].trim();
        let is_value = match self.dialect {
            Dialect::Strict => matches!(word, "true" | "false" | "null") || is_number(word),
            Dialect::Lenient => !word.is_empty(),
        };
        if !is_value {
            return match (self.dialect, rest.is_empty()) {
                (_, true) => Err(self.error_at_end("Missing value", "OBJECT")),
                (Dialect::Strict, false) if !word.is_empty() => Err(Malformed(format!("Unrecognized token '{word}'"))),
                _ => Err(self.error("Missing value")),
            };
        }
        self.position += length;
        let is_null = if self.dialect == Dialect::Strict { word == "null" } else { word.eq_ignore_ascii_case("null") };
        Ok(if is_null { Start::Null } else { Start::Bare(word) })
    }

    /// An error about the byte at hand.
    fn error(&self, lenient: &str) -> Malformed {
        match self.dialect {
            Dialect::Lenient => {
                let index = self.text[..self.position].encode_utf16().count() + 1;
                Malformed(format!("{lenient} at {index} [character {} line 1]", index + 1))
            }
            Dialect::Strict => {
                let character = self.text[self.position..].chars().next().unwrap_or(' ');
                Malformed(format!("Unexpected character ('{character}' (code {}))", character as u32))
            }
        }
    }

    fn error_at_end(&self, lenient: &str, open: &str) -> Malformed {
        match self.dialect {
            Dialect::Lenient => self.error(lenient),
            Dialect::Strict if open.is_empty() => Malformed("Unexpected end-of-input in VALUE_STRING".to_owned()),
            Dialect::Strict => Malformed(format!("Unexpected end-of-input: expected close marker for {open}")),
        }
    }
}

/// Is it a number by RFC 8259?
fn is_number(word: &str) -> bool {
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    let whole = unsigned.bytes().take_while(u8::is_ascii_digit).count();
    if whole == 0 || whole > 1 && unsigned.starts_with('0') {
        return false;
    }
    let mut rest = &unsigned[whole..];
    if let Some(fraction) = rest.strip_prefix('.') {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return false;
        }
        rest = &fraction[digits..];
    }
    match rest.strip_prefix(['e', 'E']) {
        None => rest.is_empty(),
        Some(exponent) => {
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        }
    }
}

fn push_quoted(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\0'..'\u{20}' => out.push_str(&format!("\\u{:04x}", character as u32)),
            _ => out.push(character),
        }
    }
    out.push('"');
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn rendered(text: &str, dialect: Dialect) -> Result<String, String> {
        let mut json = JsonText::new(text, dialect);
        let mut out = String::new();
        let start = json.value().map_err(|error| error.0)?;
        json.render(&start, &mut out).map_err(|error| error.0)?;
        Ok(out)
    }

    #[test]
    fn both_read_json() {
        let text = r#" { "a" : [ 1 , -2.5e3 , true , null ] , "b\n\u00e9\ud83d\ude00" : { } , "c" : "x\"y" , "d" : [ ] } "#;
        let expected = "{\"a\":[1,-2.5e3,true,null],\"b\\né😀\":{},\"c\":\"x\\\"y\",\"d\":[]}";
        for dialect in [Dialect::Strict, Dialect::Lenient] {
            assert_eq!(rendered(text, dialect).unwrap(), expected);
        }
    }

    #[test]
    fn the_lenient_reader_takes_what_org_json_takes() {
        assert_eq!(rendered("{a:x y, 'b'=>'c'; d = 1,}", Dialect::Lenient).unwrap(), r#"{"a":x y,"b":"c","d":1}"#);
        assert_eq!(rendered("[1;2,]", Dialect::Lenient).unwrap(), "[1,2]");
    }

    #[test]
    fn lenient_errors_are_org_json_s() {
        // Ref: org.json `JSONObject` and `JSONTokener`, `syntaxError`.
        for (text, error) in [
            ("{\"a\":1", "Expected a ',' or '}' at 7 [character 8 line 1]"),
            ("{\"a\" 1}", "Expected a ':' after a key at 6 [character 7 line 1]"),
            ("{\"a\":\"b", "Unterminated string at 8 [character 9 line 1]"),
            ("{\"a\":1,", "A JSONObject text must end with '}' at 8 [character 9 line 1]"),
            ("{", "A JSONObject text must end with '}' at 2 [character 3 line 1]"),
            ("{\"a\":}", "Missing value at 6 [character 7 line 1]"),
            ("{\"a\":[1 2", "Expected a ',' or ']' at 10 [character 11 line 1]"),
        ] {
            assert_eq!(rendered(text, Dialect::Lenient).unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn the_strict_reader_refuses_more() {
        // Ref: Athena user guide "Troubleshooting", pretty-printed JSON.
        assert_eq!(rendered("{", Dialect::Strict).unwrap_err(), "Unexpected end-of-input: expected close marker for OBJECT");
        for text in ["{a:1}", "{'a':1}", "{\"a\":01}", "{\"a\":1.}", "{\"a\":nul}", "{\"a\":1,}", "[1;2]", "{\"a\":\"\\x\"}", "x"] {
            assert!(rendered(text, Dialect::Strict).is_err(), "{text}");
        }
        let deep = "[".repeat(DEPTH_MAX + 1);
        assert!(rendered(&deep, Dialect::Strict).unwrap_err().contains("nested deeper"));
    }
}
