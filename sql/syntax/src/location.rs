//! Where in a statement's text does something stand? Lines and columns as Trino reports them, and byte spans.

use std::fmt;

/// A position in the statement: both numbers count from 1, and a column is one UTF-16 code unit.
///
/// Ref: Trino 401 `NodeLocation`; the Java client counts `char`s, so a supplementary character takes two columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Location {
    /// Line, counted from 1.
    pub line: u32,
    /// Column in UTF-16 code units, counted from 1.
    pub column: u32,
}

impl Location {
    /// The first character of a statement.
    pub const START: Self = Self { line: 1, column: 1 };

    /// A position from its two one-based numbers.
    #[must_use]
    pub const fn new(line: u32, column: u32) -> Self {
        Self { line, column }
    }
}

impl fmt::Display for Location {
    /// Prints `line:column`, as error texts do.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.line, self.column)
    }
}

/// A half-open byte range `[start, end)` of the statement's UTF-8 text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// A span from its two byte offsets.
    #[must_use]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The text the span covers; empty when the span lies outside `statement`.
    #[must_use]
    pub fn text(self, statement: &str) -> &str {
        statement.get(self.start..self.end).unwrap_or_default()
    }
}
