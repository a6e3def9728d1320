//! How is a row pattern written? The parts of `MATCH_RECOGNIZE` and of pattern windows.
//!
//! Ref: Trino 401 grammar rules `rowPattern`, `patternPrimary`, `skipTo`, `rowsPerMatch`.

use super::expression::Expression;
use super::identifier::Identifier;
use crate::location::Location;

/// A row pattern with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct RowPattern {
    /// What it is.
    pub kind: RowPatternKind,
    /// Where it begins.
    pub location: Location,
}

/// The forms of a row pattern.
#[derive(Debug, Clone, PartialEq)]
pub enum RowPatternKind {
    /// `a | b`, at least two.
    Alternation(Vec<RowPattern>),
    /// `a b`, at least two.
    Concatenation(Vec<RowPattern>),
    /// `a*` and its kin.
    Quantified(Box<RowPattern>, PatternQuantifier),
    /// A pattern variable.
    Variable(Identifier),
    /// `()`.
    Empty,
    /// `PERMUTE(a, b)`.
    Permutation(Vec<RowPattern>),
    /// `^`.
    PartitionStart,
    /// `$`.
    PartitionEnd,
    /// `{- a -}`.
    Excluded(Box<RowPattern>),
}

/// A quantifier.
#[derive(Debug, Clone, PartialEq)]
pub struct PatternQuantifier {
    /// How often.
    pub kind: PatternQuantifierKind,
    /// Greedy unless a `?` follows.
    pub is_greedy: bool,
    /// Where it begins.
    pub location: Location,
}

/// How often a pattern repeats.
#[derive(Debug, Clone, PartialEq)]
pub enum PatternQuantifierKind {
    /// `*`.
    ZeroOrMore,
    /// `+`.
    OneOrMore,
    /// `?`.
    ZeroOrOne,
    /// `{n}`, `{n,}`, `{,m}`, `{n,m}`; the digits as written.
    Range {
        /// Lower bound.
        at_least: Option<String>,
        /// Upper bound.
        at_most: Option<String>,
    },
}

/// `expression AS name`.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasureDefinition {
    /// The measure.
    pub expression: Expression,
    /// Its name.
    pub name: Identifier,
    /// Where it begins.
    pub location: Location,
}

/// `name = (a, b)`.
#[derive(Debug, Clone, PartialEq)]
pub struct SubsetDefinition {
    /// The union variable.
    pub name: Identifier,
    /// The variables it stands for.
    pub variables: Vec<Identifier>,
    /// Where it begins.
    pub location: Location,
}

/// `name AS condition`.
#[derive(Debug, Clone, PartialEq)]
pub struct VariableDefinition {
    /// The variable.
    pub name: Identifier,
    /// Its condition.
    pub condition: Expression,
    /// Where it begins.
    pub location: Location,
}

/// `ONE ROW PER MATCH` and its kin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RowsPerMatch {
    /// `ONE ROW PER MATCH`.
    One,
    /// `ALL ROWS PER MATCH [SHOW EMPTY MATCHES]`.
    AllShowEmpty,
    /// `ALL ROWS PER MATCH OMIT EMPTY MATCHES`.
    AllOmitEmpty,
    /// `ALL ROWS PER MATCH WITH UNMATCHED ROWS`.
    AllWithUnmatched,
}

/// `AFTER MATCH SKIP …`, with its position.
#[derive(Debug, Clone, PartialEq)]
pub enum AfterMatchSkip {
    /// `TO NEXT ROW`.
    ToNextRow(Location),
    /// `PAST LAST ROW`.
    PastLastRow(Location),
    /// `TO FIRST name`.
    ToFirst(Identifier, Location),
    /// `TO [LAST] name`.
    ToLast(Identifier, Location),
}

/// Where a pattern window searches, with its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatternSearchMode {
    /// `INITIAL`.
    Initial(Location),
    /// `SEEK`.
    Seek(Location),
}
