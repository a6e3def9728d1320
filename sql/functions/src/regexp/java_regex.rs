//! Where does a Java regular expression match? Two engines behind one search. Ref: Trino 401 `JoniRegexpFunctions`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use arrow::array::{ArrayRef, StringViewArray};

use super::translate::{Translation, translate};
use crate::call::Call;
use crate::error::FunctionError;
use crate::string::text_rows::padded_texts;

/// Steps the backtracking engine may take on one text.
const BACKTRACK_STEPS_MAX: usize = 10_000_000;
/// Bytes a compiled pattern may take.
const PROGRAM_BYTES_MAX: usize = 64 << 20;
/// Patterns a thread keeps compiled.
const CACHED_MAX: usize = 64;

/// A compiled pattern.
#[derive(Debug)]
pub struct JavaRegex {
    fast: Option<regex::Regex>,
    full_pattern: String,
    full: OnceLock<Result<fancy_regex::Regex, FunctionError>>,
    has_end_anchor: bool,
    /// Names by group number; none for numbered groups.
    names: Vec<Option<String>>,
    /// Tells patterns apart.
    number: u64,
}

/// The spans of a match, by group; group 0 is the whole of it.
pub type Spans = Vec<Option<(usize, usize)>>;

/// Room for the spans of a match, used again and again.
#[derive(Debug, Default)]
pub struct Captures {
    pub spans: Spans,
    /// The fast engine's own room, and the pattern it is for.
    locations: Option<(u64, regex::CaptureLocations)>,
}

impl JavaRegex {
    /// Errors: INVALID_FUNCTION_ARGUMENT for a pattern that is none.
    pub fn compile(pattern: &str) -> Result<JavaRegex, FunctionError> {
        let Translation { fast, full, has_end_anchor } = translate(pattern)?;
        // A pattern the fast engine finds too large may still do for the other.
        let fast = fast.and_then(|fast| regex::RegexBuilder::new(&fast).size_limit(PROGRAM_BYTES_MAX).build().ok());
        static NEXT_NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NEXT_NUMBER.fetch_add(1, Ordering::Relaxed);
        let mut compiled = JavaRegex { fast, full_pattern: full, full: OnceLock::new(), has_end_anchor, names: vec![], number };
        compiled.names = match &compiled.fast {
            Some(fast) => fast.capture_names().map(|name| name.map(str::to_string)).collect(),
            None => compiled.full()?.capture_names().map(|name| name.map(str::to_string)).collect(),
        };
        Ok(compiled)
    }

    /// The pattern compiled, or as this thread compiled it before.
    pub fn cached(pattern: &str) -> Result<Arc<JavaRegex>, FunctionError> {
        thread_local! {
            static COMPILED: RefCell<HashMap<String, Arc<JavaRegex>>> = RefCell::new(HashMap::new());
        }
        COMPILED.with_borrow_mut(|compiled| {
            if let Some(found) = compiled.get(pattern) {
                return Ok(Arc::clone(found));
            }
            let regex = Arc::new(JavaRegex::compile(pattern)?);
            if compiled.len() >= CACHED_MAX {
                compiled.clear();
            }
            compiled.insert(pattern.to_string(), Arc::clone(&regex));
            Ok(regex)
        })
    }

    fn full(&self) -> Result<&fancy_regex::Regex, FunctionError> {
        let full = self.full.get_or_init(|| {
            let built = fancy_regex::RegexBuilder::new(&self.full_pattern)
                .backtrack_limit(BACKTRACK_STEPS_MAX)
                .delegate_size_limit(PROGRAM_BYTES_MAX)
                .build();
            built.map_err(|error| FunctionError::argument(format!("invalid regular expression: {error}")))
        });
        full.as_ref().map_err(Clone::clone)
    }

    /// The fast engine, where it is right for `text`.
    #[inline]
    fn fast_for(&self, text: &str) -> Option<&regex::Regex> {
        self.fast.as_ref().filter(|_| !self.has_end_anchor || !text.ends_with('\n'))
    }

    fn failed(&self, error: &fancy_regex::Error) -> FunctionError {
        FunctionError::new(
            "GENERIC_INSUFFICIENT_RESOURCES",
            format!("regular expression gave up after {BACKTRACK_STEPS_MAX} steps: {error}"),
        )
    }

    /// Capturing groups.
    pub fn groups(&self) -> usize {
        self.names.len().saturating_sub(1)
    }

    /// The number of a named group.
    pub fn group_of_name(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|candidate| candidate.as_deref() == Some(name))
    }

    #[inline]
    pub fn is_match(&self, text: &str) -> Result<bool, FunctionError> {
        match self.fast_for(text) {
            Some(fast) => Ok(fast.is_match(text)),
            None => self.full()?.is_match(text).map_err(|error| self.failed(&error)),
        }
    }

    /// The first match at or after `from`, a character boundary.
    pub fn find_at(&self, text: &str, from: usize) -> Result<Option<(usize, usize)>, FunctionError> {
        match self.fast_for(text) {
            Some(fast) => Ok(fast.find_at(text, from).map(|found| (found.start(), found.end()))),
            None => {
                let found = self.full()?.find_from_pos(text, from).map_err(|error| self.failed(&error))?;
                Ok(found.map(|found| (found.start(), found.end())))
            }
        }
    }

    /// As [`JavaRegex::find_at`], with the groups' spans; false without a match.
    pub fn captures_at(&self, text: &str, from: usize, captures: &mut Captures) -> Result<bool, FunctionError> {
        let Captures { spans, locations } = captures;
        spans.clear();
        match self.fast_for(text) {
            Some(fast) => {
                let known = locations.take().filter(|(number, _)| *number == self.number);
                let (_, locations) = locations.insert(known.unwrap_or_else(|| (self.number, fast.capture_locations())));
                if fast.captures_read_at(locations, text, from).is_none() {
                    return Ok(false);
                }
                spans.extend((0..locations.len()).map(|group| locations.get(group)));
            }
            None => {
                let Some(found) = self.full()?.captures_from_pos(text, from).map_err(|error| self.failed(&error))? else {
                    return Ok(false);
                };
                spans.extend((0..found.len()).map(|group| found.get(group).map(|span| (span.start(), span.end()))));
            }
        }
        Ok(true)
    }

    /// Calls `visit` with each match in turn, left to right; an empty one may follow right on another.
    pub fn for_each_match(
        &self,
        text: &str,
        mut visit: impl FnMut(usize, usize) -> Result<(), FunctionError>,
    ) -> Result<(), FunctionError> {
        let mut from = Some(0);
        while let Some(start) = from {
            let Some((begin, end)) = self.find_at(text, start)? else { break };
            visit(begin, end)?;
            from = next_start(text, begin, end);
        }
        Ok(())
    }

    /// As [`JavaRegex::for_each_match`], with the groups' spans.
    pub fn for_each_captures(
        &self,
        text: &str,
        captures: &mut Captures,
        mut visit: impl FnMut(&Spans) -> Result<(), FunctionError>,
    ) -> Result<(), FunctionError> {
        let mut from = Some(0);
        while let Some(start) = from {
            if !self.captures_at(text, start, captures)? {
                break;
            }
            visit(&captures.spans)?;
            let (begin, end) = captures.spans.first().copied().flatten().unwrap_or((start, start));
            from = next_start(text, begin, end);
        }
        Ok(())
    }

    /// Checks a group number of a call. Errors: INVALID_FUNCTION_ARGUMENT.
    pub fn check_group(&self, group: i64) -> Result<usize, FunctionError> {
        match usize::try_from(group) {
            Err(_) => Err(FunctionError::argument("Group cannot be negative")),
            Ok(number) if number > self.groups() => {
                Err(FunctionError::argument(format!("Pattern has {} groups. Cannot access group {group}", self.groups())))
            }
            Ok(number) => Ok(number),
        }
    }
}

/// Where the search goes on after a match; none past the end.
pub fn next_start(text: &str, begin: usize, end: usize) -> Option<usize> {
    if end > begin {
        return Some(end);
    }
    text.get(end..).and_then(|rest| rest.chars().next()).map(|character| end + character.len_utf8())
}

/// The pattern of each row: compiled once when constant, once a change otherwise.
pub struct RowPatterns {
    values: StringViewArray,
    is_constant: bool,
    last: Option<(usize, Arc<JavaRegex>)>,
}

impl RowPatterns {
    /// Patterns of argument `position`.
    pub fn new(call: &Call<'_>, arguments: &[ArrayRef], position: usize) -> RowPatterns {
        RowPatterns { values: padded_texts(call, arguments, position), is_constant: call.constant(position).is_some(), last: None }
    }

    pub fn row(&mut self, row: usize) -> Result<Arc<JavaRegex>, FunctionError> {
        if let Some((last_row, last)) = &self.last
            && (self.is_constant || self.values.value(*last_row) == self.values.value(row))
        {
            return Ok(Arc::clone(last));
        }
        let regex = JavaRegex::cached(self.values.value(row))?;
        self.last = Some((row, Arc::clone(&regex)));
        Ok(regex)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn find(pattern: &str, text: &str) -> Option<(usize, usize)> {
        JavaRegex::compile(pattern).unwrap().find_at(text, 0).unwrap()
    }

    // java.util.regex.Pattern's documentation, construct by construct.
    #[test]
    fn matches_as_java_does() {
        assert_eq!(find("a\\hb", "ahb a\u{A0}b"), Some((4, 8)));
        assert_eq!(find("a++a", "aaa"), None);
        assert_eq!(find("\\Qa.b\\E+", "axb a.bb"), Some((4, 8)));
        assert_eq!(find("(?<=\\d)x", "ax1x"), Some((3, 4)));
        assert_eq!(find("(\\w)\\1", "abccd"), Some((2, 4)));
        assert_eq!(find("[a-z&&[^bc]]+", "bcade"), Some((2, 5)));
        assert_eq!(find("\\x{1F600}|\\uD83D\\uDCA9", "💩"), Some((0, 4)));
        assert_eq!(find("\\011", "a\tb"), Some((1, 2)));
        assert_eq!(find("a{2", "a{2"), Some((0, 3)));
        assert_eq!(find("\\p{javaUpperCase}\\p{InGreek}", "aBβ"), Some((1, 4)));
        assert_eq!(find("(?i)straSSE", "STRASSE"), Some((0, 7)));
        assert_eq!(find("(?m)^b$", "a\nb\nc"), Some((2, 3)));
        assert_eq!(find("(?x) a b # comment", "ab"), Some((0, 2)));
    }

    #[test]
    fn dollar_matches_before_a_final_line_feed() {
        assert_eq!(find("b$", "ab"), Some((1, 2)));
        assert_eq!(find("b$", "ab\n"), Some((1, 2)));
        assert_eq!(find("b$", "ab\nc"), None);
        assert_eq!(find("b\\z", "ab\n"), None);
        assert_eq!(find("^b", "a\nb"), None);
    }

    #[test]
    fn runaway_patterns_give_up() {
        let text = "a".repeat(40);
        let error = JavaRegex::compile("(?=a)(a|aa)+$(?<!b)c").unwrap().is_match(&text).err();
        assert_eq!(error.map(|error| error.name), Some("GENERIC_INSUFFICIENT_RESOURCES"));
    }

    #[test]
    fn empty_matches_follow_on() {
        let mut spans = vec![];
        JavaRegex::compile("x*")
            .unwrap()
            .for_each_match("axb", |begin, end| {
                spans.push((begin, end));
                Ok(())
            })
            .unwrap();
        assert_eq!(spans, [(0, 0), (1, 2), (2, 2), (3, 3)]);
    }
}
