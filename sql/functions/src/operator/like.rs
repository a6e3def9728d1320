//! Which texts does a LIKE pattern match? Any escape character, none by default. Ref: Trino 401 `LikeFunctions`, `LikeMatcher`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Scalar, StringViewArray};
use arrow::buffer::BooleanBuffer;
use arrow::compute::kernels::{cmp, comparison};

use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Nulls, Overload};
use crate::types::TrinoType;

/// `$like(value, pattern[, escape])`, resolved for the LIKE predicate.
pub const FUNCTION: Function = Function {
    name: "$like",
    nulls: Nulls::Propagated,
    overloads: &[
        Overload::scalar("(varchar, varchar) -> boolean", like),
        Overload::scalar("(varchar, varchar, varchar) -> boolean", like),
        Overload::scalar("(char(x), varchar) -> boolean", like),
        Overload::scalar("(char(x), varchar, varchar) -> boolean", like),
    ],
    ..Function::SCALAR
};

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LikePattern {
    /// The parts between `%`: there is one more of them than of `%`.
    segments: Vec<Segment>,
}

/// A run of literal text and `_`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Segment {
    parts: Vec<Part>,
    /// The text when there is no `_` in it.
    literal: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    /// So many code points, whatever they are.
    Any(usize),
}

impl LikePattern {
    /// Errors: INVALID_FUNCTION_ARGUMENT for an escape that is not one character or escapes nothing.
    pub fn compile(pattern: &str, escape: Option<&str>) -> Result<LikePattern, FunctionError> {
        let escape = escape.map(escape_character).transpose()?.flatten();
        let mut segments = vec![Segment::default()];
        let mut characters = pattern.chars();
        while let Some(mut c) = characters.next() {
            let is_escaped = Some(c) == escape;
            if is_escaped {
                c = characters.next().filter(|next| matches!(next, '%' | '_') || Some(*next) == escape).ok_or_else(|| {
                    FunctionError::argument("Escape character must be followed by '%', '_' or the escape character itself")
                })?;
            }
            match c {
                '%' if !is_escaped => segments.push(Segment::default()),
                '_' if !is_escaped => last(&mut segments).push_any(),
                _ => last(&mut segments).push_literal(c),
            }
        }
        for segment in &mut segments {
            segment.literal = match segment.parts.as_slice() {
                [] => Some(String::new()),
                [Part::Literal(text)] => Some(text.clone()),
                _ => None,
            };
        }
        Ok(LikePattern { segments })
    }

    /// Does the whole of `text` match?
    pub fn matches(&self, text: &str) -> bool {
        let [first, middle @ .., last] = self.segments.as_slice() else {
            return self.segments.first().is_some_and(|only| only.match_start(text).is_some_and(|end| end == text.len()));
        };
        let Some(mut at) = first.match_start(text) else { return false };
        for segment in middle {
            match segment.find(&text[at..]) {
                Some(end) => at += end,
                None => return false,
            }
        }
        last.match_end(&text[at..])
    }

    /// The literal text of the only segments of `x`, `x%`, `%x`, `%x%`.
    fn simple(&self) -> Option<Simple<'_>> {
        let literal = |segment: &'_ Segment| segment.literal.is_some();
        match self.segments.as_slice() {
            [only] if literal(only) => Some(Simple::Equal(only.literal.as_deref()?)),
            [first, last] if literal(first) && last.is_empty() => Some(Simple::Prefix(first.literal.as_deref()?)),
            [first, last] if first.is_empty() && literal(last) => Some(Simple::Suffix(last.literal.as_deref()?)),
            [first, middle, last] if first.is_empty() && last.is_empty() && literal(middle) => {
                Some(Simple::Contains(middle.literal.as_deref()?))
            }
            _ => None,
        }
    }
}

enum Simple<'a> {
    Equal(&'a str),
    Prefix(&'a str),
    Suffix(&'a str),
    Contains(&'a str),
}

/// The escape's character; an empty escape is none.
fn escape_character(escape: &str) -> Result<Option<char>, FunctionError> {
    let mut characters = escape.chars();
    match (characters.next(), characters.next()) {
        (character, None) => Ok(character),
        _ => Err(FunctionError::argument("Escape string must be a single character")),
    }
}

fn last(segments: &mut Vec<Segment>) -> &mut Segment {
    if segments.is_empty() {
        segments.push(Segment::default());
    }
    let index = segments.len() - 1;
    &mut segments[index]
}

impl Segment {
    fn push_any(&mut self) {
        match self.parts.last_mut() {
            Some(Part::Any(count)) => *count += 1,
            _ => self.parts.push(Part::Any(1)),
        }
    }

    fn push_literal(&mut self, c: char) {
        match self.parts.last_mut() {
            Some(Part::Literal(text)) => text.push(c),
            _ => self.parts.push(Part::Literal(c.to_string())),
        }
    }

    fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Where the match at the start of `text` ends.
    fn match_start(&self, text: &str) -> Option<usize> {
        let mut at = 0;
        for part in &self.parts {
            match part {
                Part::Literal(literal) => at += text[at..].starts_with(literal.as_str()).then_some(literal.len())?,
                Part::Any(count) => at += skip(&text[at..], *count)?,
            }
        }
        Some(at)
    }

    /// Where the first match within `text` ends.
    fn find(&self, text: &str) -> Option<usize> {
        if let Some(literal) = &self.literal {
            return text.find(literal.as_str()).map(|at| at + literal.len());
        }
        text.char_indices()
            .map(|(at, _)| at)
            .chain(std::iter::once(text.len()))
            .find_map(|at| self.match_start(&text[at..]).map(|end| at + end))
    }

    /// Does a suffix of `text` match?
    fn match_end(&self, text: &str) -> bool {
        if let Some(literal) = &self.literal {
            return text.ends_with(literal.as_str());
        }
        let width: usize = self
            .parts
            .iter()
            .map(|part| match part {
                Part::Literal(literal) => literal.chars().count(),
                Part::Any(count) => *count,
            })
            .sum();
        let count = text.chars().count();
        if count < width {
            return false;
        }
        skip(text, count - width).is_some_and(|at| self.match_start(&text[at..]).is_some_and(|end| at + end == text.len()))
    }
}

/// The byte length of the first `count` code points; none when there are fewer.
fn skip(text: &str, count: usize) -> Option<usize> {
    let mut characters = text.chars();
    for _ in 0..count {
        characters.next()?;
    }
    Some(text.len() - characters.as_str().len())
}

fn like(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = match call.argument_type(0) {
        TrinoType::Char(length) => crate::cast::to_text::pad_to_varchar(&arguments[0], *length, None),
        _ => Arc::clone(&arguments[0]),
    };
    let texts = values.as_string_view();
    let has_constant_escape = arguments.len() < 3 || call.constant(2).is_some();
    if let (Some(pattern), true) = (call.constant(1), has_constant_escape) {
        let escape = call.constant(2).map(|escape| escape.as_string_view().value(0));
        let pattern = LikePattern::compile(pattern.as_string_view().value(0), escape)?;
        return match_constant(texts, &pattern);
    }
    match_varying(texts, arguments)
}

fn match_constant(texts: &StringViewArray, pattern: &LikePattern) -> Result<ArrayRef, FunctionError> {
    let scalar = |text: &str| Scalar::new(StringViewArray::from_iter_values([text]));
    Ok(Arc::new(match pattern.simple() {
        Some(Simple::Equal(text)) => cmp::eq(texts, &scalar(text))?,
        Some(Simple::Prefix(text)) => comparison::starts_with(texts, &scalar(text))?,
        Some(Simple::Suffix(text)) => comparison::ends_with(texts, &scalar(text))?,
        Some(Simple::Contains(text)) => comparison::contains(texts, &scalar(text))?,
        None => {
            let matched = (0..texts.len()).map(|row| texts.is_valid(row) && pattern.matches(texts.value(row)));
            BooleanArray::new(matched.collect::<BooleanBuffer>(), texts.nulls().cloned())
        }
    }))
}

fn match_varying(texts: &StringViewArray, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let patterns = arguments[1].as_string_view();
    let escapes = arguments.get(2).map(|escapes| escapes.as_string_view());
    let mut compiled: HashMap<(Cow<'_, str>, Option<Cow<'_, str>>), LikePattern> = HashMap::new();
    let mut matched = Vec::with_capacity(texts.len());
    for row in 0..texts.len() {
        if texts.is_null(row) || patterns.is_null(row) || escapes.is_some_and(|escapes| escapes.is_null(row)) {
            matched.push(None);
            continue;
        }
        let key = (Cow::Borrowed(patterns.value(row)), escapes.map(|escapes| Cow::Borrowed(escapes.value(row))));
        let pattern = match compiled.entry(key) {
            std::collections::hash_map::Entry::Occupied(found) => found.into_mut(),
            std::collections::hash_map::Entry::Vacant(slot) => {
                let pattern = LikePattern::compile(&slot.key().0, slot.key().1.as_deref())?;
                slot.insert(pattern)
            }
        };
        matched.push(Some(pattern.matches(texts.value(row))));
    }
    Ok(Arc::new(BooleanArray::from(matched)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_sql() {
        for (text, pattern, escape, expected) in [
            ("foo", "foo", None, true),
            ("foobar", "foo%", None, true),
            ("foobar", "%bar", None, true),
            ("foobar", "%oba%", None, true),
            ("foobar", "f_o%r", None, true),
            ("foobar", "f_b%", None, false),
            ("", "%", None, true),
            ("", "_", None, false),
            ("ab", "%_%_%", None, true),
            ("a", "%_%_%", None, false),
            ("héé", "h__", None, true),
            ("a\\%", "a\\%", None, true),
            ("a%", "a#%", Some("#"), true),
            ("ab", "a#%", Some("#"), false),
            ("a special set of requests", "%special%requests%", None, true),
            ("requests special", "%special%requests%", None, false),
            ("aab", "%ab", None, true),
            ("xaxb", "%a_b", None, true),
        ] {
            assert_eq!(LikePattern::compile(pattern, escape).unwrap().matches(text), expected, "{text} LIKE {pattern}");
        }
        assert_eq!(
            LikePattern::compile("a#", Some("#")).unwrap_err().message,
            "Escape character must be followed by '%', '_' or the escape character itself"
        );
        assert_eq!(LikePattern::compile("a", Some("##")).unwrap_err().message, "Escape string must be a single character");
    }
}
