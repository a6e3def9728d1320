//! How is JSON text read? Into a tree that borrows from it. Ref: RFC 8259, as Jackson reads it.

use std::borrow::Cow;

use super::path::Step;

/// A JSON value. Numbers keep their text.
#[derive(Debug, Clone, PartialEq)]
pub enum Json<'a> {
    Null,
    Bool(bool),
    /// Digits as written; an integer when there is neither a point nor an exponent.
    Number(&'a str),
    Text(Cow<'a, str>),
    Array(Vec<Json<'a>>),
    /// In the order written; a key may come twice.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl Json<'_> {
    /// Is this number written without point and exponent?
    pub fn is_integer(number: &str) -> bool {
        !number.contains(['.', 'e', 'E'])
    }
}

/// Where and why a text is not JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonError {
    /// Broken at this byte.
    Syntax(usize),
    /// A whole value, and something after it, from this byte.
    Trailing(usize),
}

/// Nesting deeper than this is refused. Basis: inferred, Jackson's own limit is 1000.
const DEPTH_MAX: usize = 1000;

/// Parses one value with blanks around it.
pub fn parse(text: &str) -> Result<Json<'_>, JsonError> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, depth: 0 };
    let value = reader.value()?;
    reader.skip_blanks();
    if reader.at == text.len() { Ok(value) } else { Err(JsonError::Trailing(reader.at)) }
}

/// As [`parse`], without a look at what follows the value.
pub fn parse_first(text: &str) -> Result<Json<'_>, JsonError> {
    Reader { text, bytes: text.as_bytes(), at: 0, depth: 0 }.value()
}

/// The value at a path, read without a tree of what lies beside it. `None` where there is none, or the text breaks before
/// the value ends; what follows the value is not looked at. Ref: Trino 401 `JsonExtract.ObjectFieldJsonExtractor`, Jackson's stream.
pub fn parse_at<'a>(text: &'a str, steps: &[Step]) -> Option<Json<'a>> {
    reader_at(text, steps)?.value().ok()
}

/// As [`parse_at`], but `None` for an object or an array.
pub fn parse_scalar_at<'a>(text: &'a str, steps: &[Step]) -> Option<Json<'a>> {
    let mut reader = reader_at(text, steps)?;
    reader.skip_blanks();
    if matches!(reader.bytes.get(reader.at), Some(b'{' | b'[')) { None } else { reader.value().ok() }
}

fn reader_at<'a>(text: &'a str, steps: &[Step]) -> Option<Reader<'a>> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, depth: 0 };
    for step in steps {
        if !reader.enter(step).ok()? {
            return None;
        }
    }
    Some(reader)
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn broken<T>(&self) -> Result<T, JsonError> {
        Err(JsonError::Syntax(self.at))
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    fn value(&mut self) -> Result<Json<'a>, JsonError> {
        self.skip_blanks();
        match self.bytes.get(self.at) {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => Ok(Json::Text(self.string()?)),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.broken(),
        }
    }

    /// Goes to the value a step leads to; false without one.
    fn enter(&mut self, step: &Step) -> Result<bool, JsonError> {
        self.skip_blanks();
        if self.eats(b'{') {
            self.skip_blanks();
            if self.eats(b'}') {
                return Ok(false);
            }
            loop {
                self.skip_blanks();
                if self.bytes.get(self.at) != Some(&b'"') {
                    return self.broken();
                }
                let is_found = self.string()? == step.key;
                self.skip_blanks();
                if !self.eats(b':') {
                    return self.broken();
                }
                if is_found {
                    return Ok(true);
                }
                self.skip_value()?;
                self.skip_blanks();
                if self.eats(b'}') {
                    return Ok(false);
                }
                if !self.eats(b',') {
                    return self.broken();
                }
            }
        }
        let (true, Some(index)) = (self.eats(b'['), step.index) else { return Ok(false) };
        self.skip_blanks();
        if self.eats(b']') {
            return Ok(false);
        }
        for _ in 0..index {
            self.skip_value()?;
            self.skip_blanks();
            if self.eats(b']') {
                return Ok(false);
            }
            if !self.eats(b',') {
                return self.broken();
            }
        }
        Ok(true)
    }

    /// Reads past a value as strictly as [`Reader::value`], and keeps nothing of it.
    fn skip_value(&mut self) -> Result<(), JsonError> {
        self.skip_blanks();
        let (closing, has_keys) = match self.bytes.get(self.at) {
            Some(b'"') => return self.skip_string(),
            Some(b'{') => (b'}', true),
            Some(b'[') => (b']', false),
            _ => return self.value().map(|_| ()),
        };
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return self.broken();
        }
        self.at += 1;
        self.skip_blanks();
        if !self.eats(closing) {
            loop {
                if has_keys {
                    self.skip_blanks();
                    if self.bytes.get(self.at) != Some(&b'"') {
                        return self.broken();
                    }
                    self.skip_string()?;
                    self.skip_blanks();
                    if !self.eats(b':') {
                        return self.broken();
                    }
                }
                self.skip_value()?;
                self.skip_blanks();
                if self.eats(closing) {
                    break;
                }
                if !self.eats(b',') {
                    return self.broken();
                }
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn skip_string(&mut self) -> Result<(), JsonError> {
        self.at += 1;
        loop {
            let rest = &self.bytes[self.at..];
            let Some(length) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)) else {
                self.at = self.bytes.len();
                return self.broken();
            };
            self.at += length + 1;
            match rest[length] {
                b'"' => return Ok(()),
                b'\\' => {
                    self.escape()?;
                }
                _ => return self.broken(),
            }
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Json<'a>, JsonError>) -> Result<Json<'a>, JsonError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return self.broken();
        }
        self.at += 1;
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn object(&mut self) -> Result<Json<'a>, JsonError> {
        let mut members = vec![];
        self.skip_blanks();
        if self.eats(b'}') {
            return Ok(Json::Object(members));
        }
        loop {
            self.skip_blanks();
            if self.bytes.get(self.at) != Some(&b'"') {
                return self.broken();
            }
            let key = self.string()?;
            self.skip_blanks();
            if !self.eats(b':') {
                return self.broken();
            }
            members.push((key, self.value()?));
            self.skip_blanks();
            if self.eats(b'}') {
                return Ok(Json::Object(members));
            }
            if !self.eats(b',') {
                return self.broken();
            }
        }
    }

    fn array(&mut self) -> Result<Json<'a>, JsonError> {
        let mut elements = vec![];
        self.skip_blanks();
        if self.eats(b']') {
            return Ok(Json::Array(elements));
        }
        loop {
            elements.push(self.value()?);
            self.skip_blanks();
            if self.eats(b']') {
                return Ok(Json::Array(elements));
            }
            if !self.eats(b',') {
                return self.broken();
            }
        }
    }

    fn eats(&mut self, byte: u8) -> bool {
        let fits = self.bytes.get(self.at) == Some(&byte);
        self.at += usize::from(fits);
        fits
    }

    fn word(&mut self, word: &str, value: Json<'a>) -> Result<Json<'a>, JsonError> {
        let rest = &self.bytes[self.at..];
        let is_whole = rest.get(word.len()).is_none_or(|byte| !byte.is_ascii_alphanumeric());
        if rest.starts_with(word.as_bytes()) && is_whole {
            self.at += word.len();
            Ok(value)
        } else {
            self.broken()
        }
    }

    fn number(&mut self) -> Result<Json<'a>, JsonError> {
        let start = self.at;
        self.eats(b'-');
        if self.eats(b'0') {
            if let Some(b'0'..=b'9') = self.bytes.get(self.at) {
                return self.broken();
            }
        } else if self.digits() == 0 {
            return self.broken();
        }
        if self.eats(b'.') && self.digits() == 0 {
            return self.broken();
        }
        if self.eats(b'e') || self.eats(b'E') {
            if !self.eats(b'+') {
                self.eats(b'-');
            }
            if self.digits() == 0 {
                return self.broken();
            }
        }
        if self.bytes.get(self.at).is_some_and(u8::is_ascii_alphabetic) {
            return self.broken();
        }
        Ok(Json::Number(&self.text[start..self.at]))
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.bytes.get(self.at) {
            self.at += 1;
        }
        self.at - start
    }

    fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        self.at += 1;
        let start = self.at;
        loop {
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Borrowed(&self.text[start..self.at - 1]));
                }
                Some(b'\\') => break,
                Some(0..0x20) | None => return self.broken(),
                Some(_) => self.at += 1,
            }
        }
        let mut owned = self.text[start..self.at].to_string();
        loop {
            let from = self.at;
            while !matches!(self.bytes.get(self.at), Some(b'"' | b'\\' | 0..0x20) | None) {
                self.at += 1;
            }
            owned.push_str(&self.text[from..self.at]);
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Owned(owned));
                }
                Some(b'\\') => {
                    self.at += 1;
                    owned.push(self.escape()?);
                }
                _ => return self.broken(),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let Some(byte) = self.bytes.get(self.at) else { return self.broken() };
        self.at += 1;
        Ok(match byte {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let high = self.hex4()?;
                if !(0xD800..0xDC00).contains(&high) {
                    return Ok(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                if self.bytes[self.at..].starts_with(b"\\u") {
                    self.at += 2;
                    let low = self.hex4()?;
                    if (0xDC00..0xE000).contains(&low) {
                        return Ok(
                            char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)).unwrap_or(char::REPLACEMENT_CHARACTER)
                        );
                    }
                }
                char::REPLACEMENT_CHARACTER
            }
            _ => return self.broken(),
        })
    }

    fn hex4(&mut self) -> Result<u32, JsonError> {
        let digits = self.text.get(self.at..self.at + 4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        match digits {
            Some(code) => {
                self.at += 4;
                Ok(code)
            }
            None => self.broken(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn json_is_read_strictly() {
        assert_eq!(parse(" [1, -2.5e3, \"a\\u00e9\\n\", {\"k\": null}] ").unwrap().to_canonical(), "[1,-2500.0,\"aé\\n\",{\"k\":null}]");
        assert_eq!(parse("{\"b\": 1, \"a\": 2, \"b\": 3}").unwrap().to_canonical(), "{\"a\":2,\"b\":3}");
        for wrong in ["", "{", "[1,]", "01", "1.", "tru", "'a'", "{a:1}", "\"\\x\"", "nul", "[1 2]"] {
            assert!(matches!(parse(wrong), Err(JsonError::Syntax(_))), "{wrong}");
        }
        assert_eq!(parse("{}{"), Err(JsonError::Trailing(2)));
        assert_eq!(parse("\"\\ud83d\\ude00\"").unwrap(), Json::Text("😀".into()));
    }
}
