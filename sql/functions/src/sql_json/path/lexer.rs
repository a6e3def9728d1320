//! Which words does a path consist of? Ref: Trino 401 grammar `JsonPath.g4`; key words are told from names by the parser.

/// A word of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Symbol,
    /// A name or key word.
    Word,
    /// `$name`
    Variable,
    Integer,
    Decimal,
    Double,
    /// In double quotes, each quote inside doubled.
    Text,
    /// A character no word begins with.
    Unknown,
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    /// Byte offset.
    pub at: usize,
}

const SYMBOLS: &[&str] =
    &["&&", "||", "==", "<>", "!=", "<=", ">=", "..", "+", "-", "*", "/", "%", ".", "[", "]", "(", ")", "?", ",", "!", "<", ">", "@", "$"];

/// All words, the last of them [`Kind::End`].
pub fn words(path: &str) -> Vec<Token<'_>> {
    let mut tokens = vec![];
    let mut at = 0;
    while at < path.len() {
        let rest = &path[at..];
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        if blanks > 0 {
            at += blanks;
            continue;
        }
        let (kind, length) = word(rest);
        tokens.push(Token { kind, text: &rest[..length], at });
        at += length;
    }
    tokens.push(Token { kind: Kind::End, text: "<EOF>", at });
    tokens
}

fn word(rest: &str) -> (Kind, usize) {
    if let Some(found) = number(rest) {
        return found;
    }
    let name = name_length(rest);
    if name > 0 {
        return (Kind::Word, name);
    }
    if let Some(after) = rest.strip_prefix('$') {
        let name = name_length(after);
        return if name > 0 { (Kind::Variable, name + 1) } else { (Kind::Symbol, 1) };
    }
    if let Some(length) = text_length(rest) {
        return (Kind::Text, length);
    }
    match SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
        Some(symbol) => (Kind::Symbol, symbol.len()),
        None => (Kind::Unknown, rest.chars().next().map_or(1, char::len_utf8)),
    }
}

fn name_length(text: &str) -> usize {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return 0;
    }
    text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len())
}

fn text_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    if bytes.first() != Some(&b'"') {
        return None;
    }
    let mut at = 1;
    loop {
        at += bytes[at..].iter().position(|byte| *byte == b'"')? + 1;
        if bytes.get(at) != Some(&b'"') {
            return Some(at);
        }
        at += 1;
    }
}

fn number(text: &str) -> Option<(Kind, usize)> {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from.min(bytes.len())..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = digits(0);
    let mut end = whole;
    let has_point = bytes.get(end) == Some(&b'.') && (whole > 0 || digits(end + 1) > 0);
    if has_point {
        end += 1 + digits(end + 1);
    }
    if end == 0 {
        return None;
    }
    if let Some(b'e' | b'E') = bytes.get(end) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent > 0 {
            return Some((Kind::Double, end + 1 + sign + exponent));
        }
    }
    Some((if has_point { Kind::Decimal } else { Kind::Integer }, end))
}
