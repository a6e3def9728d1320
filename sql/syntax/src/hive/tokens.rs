//! What are the tokens of Hive-style DDL? Both quotes make strings, backticks make names. Ref: Apache Hive `HiveLexer`.

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// An unquoted word: a keyword or a name.
    Word,
    /// A name in backticks, without them.
    Backticked,
    /// A string in single quotes, escapes resolved.
    SingleQuoted,
    /// A string in double quotes, escapes resolved.
    DoubleQuoted,
    Number,
    Symbol,
    End,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: TokenKind,
    /// What the token says: a word as written, a string's content.
    pub text: String,
    /// Byte offsets in the statement.
    pub start: usize,
    pub end: usize,
}

/// Cuts a statement into tokens; the last is `End`. Comments are skipped. An unterminated quote gives `Err` at its start.
pub(super) fn tokenize(text: &str) -> Result<Vec<Token>, usize> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        match byte {
            _ if byte.is_ascii_whitespace() => at += 1,
            b'-' if bytes.get(at + 1) == Some(&b'-') => at = text[at..].find('\n').map_or(bytes.len(), |length| at + length),
            b'/' if bytes.get(at + 1) == Some(&b'*') => at = text[at + 2..].find("*/").map(|length| at + length + 4).ok_or(at)?,
            b'\'' | b'"' => {
                let (content, end) = quoted(text, at).ok_or(at)?;
                let kind = if byte == b'\'' { TokenKind::SingleQuoted } else { TokenKind::DoubleQuoted };
                tokens.push(Token { kind, text: content, start: at, end });
                at = end;
            }
            b'`' => {
                let (content, end) = backticked(text, at).ok_or(at)?;
                tokens.push(Token { kind: TokenKind::Backticked, text: content, start: at, end });
                at = end;
            }
            _ if byte.is_ascii_digit() => {
                let length = text[at..].find(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '_')).unwrap_or(text.len() - at);
                let word = &text[at..at + length];
                let kind = if word.bytes().all(|b| b.is_ascii_digit() || b == b'.') { TokenKind::Number } else { TokenKind::Word };
                tokens.push(Token { kind, text: word.to_string(), start: at, end: at + length });
                at += length;
            }
            _ if byte == b'_' || byte.is_ascii_alphabetic() || byte >= 0x80 => {
                let length = text[at..].find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(text.len() - at);
                let length = if length == 0 { text[at..].chars().next().map_or(1, char::len_utf8) } else { length };
                tokens.push(Token { kind: TokenKind::Word, text: text[at..at + length].to_string(), start: at, end: at + length });
                at += length;
            }
            _ => {
                tokens.push(Token { kind: TokenKind::Symbol, text: char::from(byte).to_string(), start: at, end: at + 1 });
                at += 1;
            }
        }
    }
    tokens.push(Token { kind: TokenKind::End, text: "<EOF>".to_string(), start: text.len(), end: text.len() });
    Ok(tokens)
}

/// A string from its opening quote: content with escapes resolved, and the offset past the closing quote.
fn quoted(text: &str, start: usize) -> Option<(String, usize)> {
    let mut characters = text[start..].char_indices();
    let (_, quote) = characters.next()?;
    let mut content = String::new();
    let mut characters = characters.peekable();
    while let Some((offset, character)) = characters.next() {
        if character == '\\' {
            let (_, escaped) = characters.next()?;
            unescape(escaped, &mut characters, &mut content);
        } else if character == quote {
            // A doubled quote stands for one.
            if characters.peek().is_some_and(|(_, next)| *next == quote) {
                characters.next();
                content.push(quote);
            } else {
                return Some((content, start + offset + character.len_utf8()));
            }
        } else {
            content.push(character);
        }
    }
    None
}

/// Hive's escapes: `\n`, `\t`, …, `\uXXXX`, octal `\001`; anything else keeps its character, but `\%` and `\_` keep the backslash too.
fn unescape(escaped: char, rest: &mut std::iter::Peekable<std::str::CharIndices<'_>>, content: &mut String) {
    match escaped {
        'n' => content.push('\n'),
        't' => content.push('\t'),
        'r' => content.push('\r'),
        'b' => content.push('\u{8}'),
        'Z' => content.push('\u{1a}'),
        '%' | '_' => {
            content.push('\\');
            content.push(escaped);
        }
        'u' => {
            let mut ahead = rest.clone();
            let digits: String = ahead.by_ref().take(4).map(|(_, digit)| digit).collect();
            match u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 4).and_then(char::from_u32) {
                Some(character) => {
                    content.push(character);
                    *rest = ahead;
                }
                None => content.push('u'),
            }
        }
        '0'..='7' => {
            let mut value = u32::from(escaped) - u32::from('0');
            for _ in 0..2 {
                match rest.peek() {
                    Some((_, digit @ '0'..='7')) => {
                        value = value * 8 + u32::from(*digit) - u32::from('0');
                        rest.next();
                    }
                    Some(_) | None => break,
                }
            }
            content.push(char::from_u32(value).unwrap_or('\u{0}'));
        }
        other => content.push(other),
    }
}

/// A backticked name: its content (a doubled backtick stands for one) and the offset past the closing backtick.
fn backticked(text: &str, start: usize) -> Option<(String, usize)> {
    let mut content = String::new();
    let mut characters = text[start + 1..].char_indices().peekable();
    while let Some((offset, character)) = characters.next() {
        if character != '`' {
            content.push(character);
        } else if characters.peek().is_some_and(|(_, next)| *next == '`') {
            characters.next();
            content.push('`');
        } else {
            return Some((content, start + 1 + offset + 1));
        }
    }
    None
}
