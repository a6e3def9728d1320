//! How is a regular expression of Java's syntax written for the two engines we have? Ref: Java `Pattern`, Joni `Syntax.Java`, which Trino 401 uses.
//!
//! The `regex` crate runs what it can in linear time; the rest (look-around, back-references, atomic and possessive
//! groups) goes to `fancy-regex`, which backtracks. Constructs that both would read in another sense are rewritten here:
//! `\h` (a blank, not a hexadecimal digit), `\v`, `\Q…\E`, `a++`, octal and surrogate escapes, Java's property names,
//! `{` that opens no interval, and `$` and `\Z`, which also match before a final line feed.

use std::fmt::Write;

use super::property;
use crate::error::FunctionError;

/// A pattern for both engines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translation {
    /// For `regex`, right for texts that don't end in a line feed; none when only `fancy-regex` will do.
    pub fast: Option<String>,
    /// For `fancy-regex`, right for every text.
    pub full: String,
    /// True when the two forms differ on texts that end in a line feed.
    pub has_end_anchor: bool,
}

/// Translates `pattern`. Errors: INVALID_FUNCTION_ARGUMENT, with Joni's text where there is one.
pub fn translate(pattern: &str) -> Result<Translation, FunctionError> {
    let mut translator = Translator {
        source: pattern.chars().collect(),
        position: 0,
        fast: String::with_capacity(pattern.len() + 8),
        full: String::with_capacity(pattern.len() + 8),
        needs_full: false,
        has_end_anchor: false,
        flags: vec![Flags { is_multi_line: false, is_verbose: false }],
        groups: count_groups(pattern),
        can_repeat: false,
        class_depth: 0,
    };
    translator.run()?;
    let fast = (!translator.needs_full).then_some(translator.fast);
    Ok(Translation { fast, full: translator.full, has_end_anchor: translator.has_end_anchor })
}

/// Classes within classes; each is a call deep.
const CLASS_DEPTH_MAX: usize = 100;

#[derive(Debug, Clone, Copy)]
struct Flags {
    is_multi_line: bool,
    is_verbose: bool,
}

struct Translator {
    source: Vec<char>,
    position: usize,
    fast: String,
    full: String,
    needs_full: bool,
    has_end_anchor: bool,
    /// One entry an open group; the last one holds here.
    flags: Vec<Flags>,
    groups: usize,
    /// True after something a quantifier may follow.
    can_repeat: bool,
    /// Classes open around this one.
    class_depth: usize,
}

fn bad(message: impl Into<String>) -> FunctionError {
    FunctionError::argument(message)
}

/// Capturing groups of a pattern, for telling `\11` from `\1` followed by `1`.
fn count_groups(pattern: &str) -> usize {
    let characters: Vec<char> = pattern.chars().collect();
    let (mut count, mut depth, mut index) = (0, 0usize, 0);
    while index < characters.len() {
        match characters[index] {
            '\\' => index += 1,
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            '(' if depth == 0 => {
                let is_named = characters.get(index + 1) == Some(&'?')
                    && characters.get(index + 2) == Some(&'<')
                    && !matches!(characters.get(index + 3), Some('=' | '!'));
                count += usize::from(characters.get(index + 1) != Some(&'?') || is_named);
            }
            _ => {}
        }
        index += 1;
    }
    count
}

impl Translator {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.source.get(self.position + ahead).copied()
    }

    fn next(&mut self) -> Option<char> {
        let character = self.peek(0);
        self.position += usize::from(character.is_some());
        character
    }

    /// The text up to `end`, which is passed over; to the end of the pattern where there is none.
    fn take_until(&mut self, end: char) -> String {
        let text: String = self.source.iter().skip(self.position).take_while(|character| **character != end).collect();
        self.position = (self.position + text.chars().count() + 1).min(self.source.len());
        text
    }

    fn starts_with(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(ahead, character)| self.peek(ahead) == Some(character))
    }

    fn push(&mut self, text: &str) {
        self.fast.push_str(text);
        self.full.push_str(text);
    }

    fn push_literal(&mut self, character: char) {
        let mut text = String::new();
        push_escaped(&mut text, character);
        self.push(&text);
        self.can_repeat = true;
    }

    fn flags(&self) -> Flags {
        self.flags.last().copied().unwrap_or(Flags { is_multi_line: false, is_verbose: false })
    }

    fn run(&mut self) -> Result<(), FunctionError> {
        while let Some(character) = self.next() {
            match character {
                '\\' => self.escape()?,
                '[' => {
                    let class = self.class()?;
                    self.push(&class);
                    self.can_repeat = true;
                }
                '(' => self.open_group()?,
                ')' => {
                    if self.flags.len() == 1 {
                        return Err(bad("unmatched close parenthesis"));
                    }
                    self.flags.pop();
                    self.push(")");
                    self.can_repeat = true;
                }
                '^' => {
                    let anchor = if self.flags().is_multi_line { "^" } else { "\\A" };
                    self.push(anchor);
                    self.can_repeat = false;
                }
                '$' if self.flags().is_multi_line => {
                    self.push("$");
                    self.can_repeat = false;
                }
                '$' => self.end_anchor(),
                '*' | '+' | '?' => self.quantifier(character)?,
                '{' => self.interval()?,
                '|' => {
                    self.push("|");
                    self.can_repeat = false;
                }
                '.' => {
                    self.push(".");
                    self.can_repeat = true;
                }
                '#' if self.flags().is_verbose => while self.next().is_some_and(|character| character != '\n') {},
                _ if self.flags().is_verbose && character.is_whitespace() => {}
                _ => self.push_literal(character),
            }
        }
        if self.flags.len() > 1 {
            return Err(bad("end pattern with unmatched parenthesis"));
        }
        Ok(())
    }

    /// The end, or before a line feed at the end.
    fn end_anchor(&mut self) {
        self.fast.push_str("\\z");
        self.full.push_str("(?=\\n?\\z)");
        self.has_end_anchor = true;
        self.can_repeat = false;
    }

    fn quantifier(&mut self, quantifier: char) -> Result<(), FunctionError> {
        if !self.can_repeat {
            return Err(bad("target of repeat operator is not specified"));
        }
        self.push(&quantifier.to_string());
        self.quantifier_mode();
        Ok(())
    }

    /// `?` makes a quantifier reluctant, `+` possessive; the fast engine has no possessive ones.
    fn quantifier_mode(&mut self) {
        match self.peek(0) {
            Some('?') => {
                self.position += 1;
                self.push("?");
            }
            Some('+') => {
                self.position += 1;
                self.needs_full = true;
                self.push("+");
            }
            _ => {}
        }
    }

    /// `{2}`, `{2,}`, `{2,3}`; any other brace is itself.
    fn interval(&mut self) -> Result<(), FunctionError> {
        let rest: String = self.source.iter().skip(self.position).collect();
        let interval = rest.split_once('}').map(|(inside, _)| inside.to_string()).filter(|inside| {
            let (low, high) = inside.split_once(',').unwrap_or((inside, "0"));
            !low.is_empty() && low.bytes().chain(high.bytes()).all(|byte| byte.is_ascii_digit())
        });
        let Some(interval) = interval.filter(|_| self.can_repeat) else {
            self.push_literal('{');
            return Ok(());
        };
        if interval.split(',').any(|bound| bound.parse::<u32>().is_ok_and(|bound| bound > 100_000)) {
            return Err(bad("too big number for repeat range"));
        }
        let bounds = interval.split_once(',').and_then(|(low, high)| Some((low.parse::<u32>().ok()?, high.parse::<u32>().ok()?)));
        if bounds.is_some_and(|(low, high)| high < low) {
            return Err(bad("upper is smaller than lower in repeat range"));
        }
        self.position += interval.chars().count() + 1;
        self.push(&format!("{{{interval}}}"));
        self.quantifier_mode();
        Ok(())
    }

    fn open_group(&mut self) -> Result<(), FunctionError> {
        self.can_repeat = false;
        let flags = self.flags();
        if self.peek(0) != Some('?') {
            self.push("(");
            self.flags.push(flags);
            return Ok(());
        }
        self.position += 1;
        for opening in ["<=", "<!", "=", "!", ">"] {
            if self.starts_with(opening) {
                self.position += opening.len();
                self.needs_full = true;
                self.push(&format!("(?{opening}"));
                self.flags.push(flags);
                return Ok(());
            }
        }
        match self.peek(0) {
            Some('<') => {
                self.position += 1;
                let name = self.take_until('>');
                let is_name = name.starts_with(|first: char| first.is_alphabetic() || first == '_')
                    && name.chars().all(|character| character.is_alphanumeric() || character == '_');
                if !is_name {
                    return Err(bad(if name.is_empty() {
                        "group name is empty".to_string()
                    } else {
                        format!("invalid group name <{name}>")
                    }));
                }
                self.push(&format!("(?P<{name}>"));
                self.flags.push(flags);
                Ok(())
            }
            Some('#') => {
                while self.next().is_some_and(|character| character != ')') {}
                self.can_repeat = true;
                Ok(())
            }
            _ => self.flag_group(flags),
        }
    }

    /// `(?im-s)` to the end of the enclosing group, `(?im-s:…)` for its own.
    fn flag_group(&mut self, outer: Flags) -> Result<(), FunctionError> {
        let mut flags = outer;
        let (mut set, mut cleared) = (String::new(), String::new());
        let mut is_set = true;
        loop {
            match self.next() {
                Some('-') => is_set = false,
                Some('m') => {
                    flags.is_multi_line = is_set;
                    if is_set { set.push('m') } else { cleared.push('m') }
                }
                Some('x') => flags.is_verbose = is_set,
                Some(flag @ ('i' | 's')) => {
                    if is_set {
                        set.push(flag);
                    } else {
                        cleared.push(flag);
                    }
                }
                // Unix lines, Unicode case and Unicode classes are how both engines work anyway.
                Some('d' | 'u' | 'U') => {}
                Some(end @ (':' | ')')) => {
                    let minus = if cleared.is_empty() { "" } else { "-" };
                    if end == ':' {
                        self.push(&format!("(?{set}{minus}{cleared}:"));
                        self.flags.push(flags);
                    } else {
                        if !set.is_empty() || !cleared.is_empty() {
                            self.push(&format!("(?{set}{minus}{cleared})"));
                        }
                        if let Some(current) = self.flags.last_mut() {
                            *current = flags;
                        }
                    }
                    return Ok(());
                }
                Some(_) => return Err(bad("undefined group option")),
                None => return Err(bad("end pattern in group")),
            }
        }
    }

    fn escape(&mut self) -> Result<(), FunctionError> {
        let Some(character) = self.next() else { return Err(bad("end pattern at escape")) };
        self.can_repeat = true;
        match character {
            'd' | 'D' | 'w' | 'W' | 's' | 'S' => self.push(&format!("\\{character}")),
            'b' | 'B' | 'A' | 'z' => {
                self.push(&format!("\\{character}"));
                self.can_repeat = false;
            }
            'Z' => self.end_anchor(),
            'G' => {
                self.needs_full = true;
                self.push("\\G");
                self.can_repeat = false;
            }
            'R' => self.push("(?:\\r\\n|[\\n-\\r\\x{85}\\x{2028}\\x{2029}])"),
            'h' | 'H' | 'v' | 'V' => self.push(&format!("[{}]", shorthand(character))),
            'p' | 'P' => {
                let class = self.property(character == 'P')?;
                self.push(&class);
            }
            'Q' => {
                // A quoted run; without its end it reaches to the end of the pattern.
                while let Some(quoted) = self.next() {
                    if quoted == '\\' && self.peek(0) == Some('E') {
                        self.position += 1;
                        break;
                    }
                    self.push_literal(quoted);
                }
            }
            'E' => self.can_repeat = false,
            'k' if self.peek(0) == Some('<') => {
                self.position += 1;
                let name = self.take_until('>');
                self.needs_full = true;
                self.push(&format!("\\k<{name}>"));
            }
            '1'..='9' => self.back_reference(character),
            'X' | 'N' => return Err(FunctionError::not_supported(format!("regular expression construct \\{character}"))),
            _ => {
                let literal = self.escaped_character(character)?;
                self.push_literal(literal);
            }
        }
        Ok(())
    }

    /// The longest number of an existing group.
    fn back_reference(&mut self, first: char) {
        let mut number = first.to_digit(10).unwrap_or(0) as usize;
        while let Some(digit) = self.peek(0).and_then(|next| next.to_digit(10)) {
            if number * 10 + digit as usize > self.groups {
                break;
            }
            number = number * 10 + digit as usize;
            self.position += 1;
        }
        self.needs_full = true;
        if number > self.groups {
            // A group that does not exist never matches.
            self.push("(?!)");
        } else {
            self.push(&format!("(?:\\{number})"));
        }
    }

    /// A single character written as an escape; the letter is read already.
    fn escaped_character(&mut self, letter: char) -> Result<char, FunctionError> {
        Ok(match letter {
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'f' => '\u{C}',
            'a' => '\u{7}',
            'e' => '\u{1B}',
            'c' => {
                let control = self.next().filter(char::is_ascii).ok_or_else(|| bad("too short control sequence"))?;
                char::from(control.to_ascii_uppercase() as u8 ^ 0x40)
            }
            '0' => {
                let mut code = 0;
                for limit in [0o37, 0o37, 0o37] {
                    match self.peek(0).and_then(|digit| digit.to_digit(8)) {
                        Some(digit) if code <= limit => {
                            code = code * 8 + digit;
                            self.position += 1;
                        }
                        _ => break,
                    }
                }
                char::from_u32(code).ok_or_else(|| bad("too big number"))?
            }
            'x' if self.peek(0) == Some('{') => {
                self.position += 1;
                let digits = self.take_until('}');
                let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                code.ok_or_else(|| bad("invalid code point value"))?
            }
            'x' => char::from_u32(self.hex(2)?).ok_or_else(|| bad("invalid code point value"))?,
            'u' => {
                let unit = self.hex(4)?;
                let code = if (0xD800..0xDC00).contains(&unit) && self.starts_with("\\u") {
                    self.position += 2;
                    let low = self.hex(4)?;
                    0x10000 + ((unit - 0xD800) << 10) + low.wrapping_sub(0xDC00)
                } else {
                    unit
                };
                char::from_u32(code).ok_or_else(|| bad("invalid code point value"))?
            }
            other => other,
        })
    }

    fn hex(&mut self, digits: usize) -> Result<u32, FunctionError> {
        let text: String = self.source.iter().skip(self.position).take(digits).collect();
        self.position += text.chars().count();
        if text.chars().count() < digits {
            return Err(bad("too short digits"));
        }
        u32::from_str_radix(&text, 16).map_err(|_| bad("invalid code point value"))
    }

    /// `{Name}` or one letter, as a class.
    fn property(&mut self, is_negated: bool) -> Result<String, FunctionError> {
        let name = match self.next() {
            Some('{') => self.take_until('}'),
            Some(letter) => letter.to_string(),
            None => return Err(bad("invalid character property name {}")),
        };
        let (name, is_negated) = match name.strip_prefix('^') {
            Some(bare) => (bare.to_string(), !is_negated),
            None => (name, is_negated),
        };
        let members = property::members(&name).ok_or_else(|| bad(format!("invalid character property name {{{name}}}")))?;
        Ok(format!("[{}{members}]", if is_negated { "^" } else { "" }))
    }

    /// A bracketed class; the opening bracket is read already.
    fn class(&mut self) -> Result<String, FunctionError> {
        if self.class_depth >= CLASS_DEPTH_MAX {
            return Err(bad("too deep nest level of char-class"));
        }
        self.class_depth += 1;
        let class = self.class_members();
        self.class_depth -= 1;
        class
    }

    fn class_members(&mut self) -> Result<String, FunctionError> {
        let mut class = String::from("[");
        if self.peek(0) == Some('^') {
            self.position += 1;
            class.push('^');
        }
        let mut is_first = true;
        loop {
            let Some(character) = self.next() else { return Err(bad("premature end of char-class")) };
            match character {
                ']' if is_first => class.push_str("\\]"),
                ']' => {
                    class.push(']');
                    return Ok(class);
                }
                '[' if self.peek(0) == Some(':') => class.push_str(&self.posix_class()?),
                '[' => class.push_str(&self.class()?),
                '&' if self.peek(0) == Some('&') => {
                    self.position += 1;
                    class.push_str("&&");
                }
                '-' => {
                    // A range's hyphen stands between two characters; any other is itself.
                    let is_range = !is_first
                        && !class.ends_with(['[', '^'])
                        && !class.ends_with("&&")
                        && !matches!(self.peek(0), Some(']' | '[' | '-') | None);
                    class.push_str(if is_range { "-" } else { "\\-" });
                }
                '\\' => self.class_escape(&mut class)?,
                _ => push_escaped(&mut class, character),
            }
            is_first = false;
        }
    }

    fn class_escape(&mut self, class: &mut String) -> Result<(), FunctionError> {
        let Some(character) = self.next() else { return Err(bad("end pattern at escape")) };
        match character {
            'd' | 'D' | 'w' | 'W' | 's' | 'S' => {
                class.push('\\');
                class.push(character);
            }
            'h' | 'H' | 'v' | 'V' => {
                let _ = write!(class, "[{}]", shorthand(character));
            }
            'p' | 'P' => class.push_str(&self.property(character == 'P')?),
            'b' => push_escaped(class, '\u{8}'),
            'Q' => {
                while let Some(quoted) = self.next() {
                    if quoted == '\\' && self.peek(0) == Some('E') {
                        self.position += 1;
                        break;
                    }
                    push_escaped(class, quoted);
                }
            }
            'E' => {}
            _ => {
                let literal = self.escaped_character(character)?;
                push_escaped(class, literal);
            }
        }
        Ok(())
    }

    /// `[:alpha:]` within a class.
    fn posix_class(&mut self) -> Result<String, FunctionError> {
        let rest: String = self.source.iter().skip(self.position + 1).collect();
        let Some((name, _)) = rest.split_once(":]") else {
            return self.class();
        };
        let (bare, is_negated) = name.strip_prefix('^').map_or((name, false), |bare| (bare, true));
        let Some(members) = property::members(bare) else { return self.class() };
        self.position += name.chars().count() + 3;
        Ok(format!("[{}{members}]", if is_negated { "^" } else { "" }))
    }
}

/// The members of `\h`, `\v` and their complements, as the inside of a class.
fn shorthand(letter: char) -> &'static str {
    match letter {
        'h' => " \\t\\x{A0}\\x{1680}\\x{180E}\\x{2000}-\\x{200A}\\x{202F}\\x{205F}\\x{3000}",
        'H' => "^ \\t\\x{A0}\\x{1680}\\x{180E}\\x{2000}-\\x{200A}\\x{202F}\\x{205F}\\x{3000}",
        'v' => "\\n-\\r\\x{85}\\x{2028}\\x{2029}",
        _ => "^\\n-\\r\\x{85}\\x{2028}\\x{2029}",
    }
}

/// A character as itself, inside a class or outside.
fn push_escaped(text: &mut String, character: char) {
    match character {
        '\\' | '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$' | '#' | '&' | '-' | '~' => {
            text.push('\\');
            text.push(character);
        }
        _ if character.is_control() => {
            let _ = write!(text, "\\x{{{:X}}}", character as u32);
        }
        _ => text.push(character),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn chooses_the_engine() {
        assert!(translate("a+b*?[^c]\\d{2,3}$").unwrap().fast.is_some());
        for pattern in ["a++", "(?<=a)b", "(a)\\1", "(?>a*)", "a(?!b)", "\\Ga", "a{2}+"] {
            assert!(translate(pattern).unwrap().fast.is_none(), "{pattern}");
        }
    }

    #[test]
    fn says_what_is_wrong() {
        for (pattern, message) in [
            ("(", "end pattern with unmatched parenthesis"),
            (")", "unmatched close parenthesis"),
            ("[a", "premature end of char-class"),
            ("*", "target of repeat operator is not specified"),
            ("\\", "end pattern at escape"),
            ("(?<>a)", "group name is empty"),
            ("\\p{Nonsense}", "invalid character property name {Nonsense}"),
        ] {
            assert_eq!(translate(pattern).unwrap_err().message, message, "{pattern}");
        }
    }

    // No input may panic: every head of some full patterns, and characters in odd places.
    #[test]
    fn broken_patterns_are_refused_not_fatal() {
        let patterns = [
            "(?<name>a[^b-d&&[x\\p{Alpha}]]\\x{41}\\u0041\\Q*\\E)\\k<name>{2,3}+",
            "\\p{javaLowerCase}[[:^alpha:]]\\0101\\cA(?i-s:é)(?#c)$\\Z",
            "[]-a\\b\\-z]&~#-\\1",
        ];
        for pattern in patterns {
            let characters: Vec<char> = pattern.chars().collect();
            for length in 0..=characters.len() {
                let head: String = characters[..length].iter().collect();
                let _ = translate(&head);
            }
        }
        assert!(translate(&"[".repeat(10_000)).is_err());
    }
}
