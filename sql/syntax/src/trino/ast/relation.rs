//! What can a query read from? Tables, subqueries, joins and the things derived from them.
//!
//! Ref: Trino 401 grammar rules `relation`, `sampledRelation`, `patternRecognition`, `relationPrimary`.

use super::expression::Expression;
use super::identifier::{Identifier, QualifiedName};
use super::pattern::{
    AfterMatchSkip, MeasureDefinition, PatternSearchMode, RowPattern, RowsPerMatch, SubsetDefinition, VariableDefinition,
};
use super::query::{OrderBy, Query};
use crate::location::{Location, Span};

/// A relation with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Relation {
    /// What it is.
    pub kind: RelationKind,
    /// Where it begins.
    pub location: Location,
    /// Its text.
    pub span: Span,
}

/// The forms of a relation. A parenthesised relation is the relation itself.
#[derive(Debug, Clone, PartialEq)]
pub enum RelationKind {
    /// A table or view, perhaps at a point of its history.
    Table {
        /// Its name.
        name: QualifiedName,
        /// `FOR TIMESTAMP|VERSION AS OF`.
        period: Option<Box<QueryPeriod>>,
    },
    /// `(query)`.
    Subquery(Box<Query>),
    /// `LATERAL (query)`.
    Lateral(Box<Query>),
    /// `UNNEST(…)`.
    Unnest(Unnest),
    /// `TABLE(function(…))`, polymorphic table functions; parsed to be refused by name.
    TableFunction(QualifiedName),
    /// `relation TABLESAMPLE …`.
    Sampled(Box<SampledRelation>),
    /// `relation [AS] alias [(columns)]`.
    Aliased(Box<AliasedRelation>),
    /// Two relations joined.
    Join(Box<Join>),
    /// `relation MATCH_RECOGNIZE (…)`.
    PatternRecognition(Box<PatternRecognition>),
}

/// `FOR TIMESTAMP|VERSION AS OF end`.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryPeriod {
    /// Timestamp or version.
    pub kind: QueryPeriodKind,
    /// The point.
    pub end: Expression,
    /// Where `FOR` stands.
    pub location: Location,
}

/// What a query period counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QueryPeriodKind {
    /// `FOR TIMESTAMP`.
    Timestamp,
    /// `FOR VERSION`.
    Version,
}

/// `UNNEST(a, b) [WITH ORDINALITY]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Unnest {
    /// At least one array or map.
    pub expressions: Vec<Expression>,
    /// `WITH ORDINALITY`.
    pub with_ordinality: bool,
}

/// `relation TABLESAMPLE BERNOULLI|SYSTEM (percentage)`.
#[derive(Debug, Clone, PartialEq)]
pub struct SampledRelation {
    /// The sampled relation.
    pub relation: Relation,
    /// The method.
    pub kind: SampleKind,
    /// Percentage, 0 to 100.
    pub percentage: Expression,
}

/// Sampling methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SampleKind {
    /// Each row by itself.
    Bernoulli,
    /// Whole segments.
    System,
}

/// `relation [AS] alias [(columns)]`.
#[derive(Debug, Clone, PartialEq)]
pub struct AliasedRelation {
    /// The relation.
    pub relation: Relation,
    /// The alias.
    pub alias: Identifier,
    /// Column aliases, when written.
    pub column_names: Option<Vec<Identifier>>,
}

/// Two relations joined.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// Kind of join.
    pub kind: JoinKind,
    /// Left input.
    pub left: Relation,
    /// Right input.
    pub right: Relation,
    /// Condition; none for cross and implicit joins only.
    pub criteria: Option<JoinCriteria>,
}

/// Kinds of join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JoinKind {
    /// `CROSS JOIN`.
    Cross,
    /// `[INNER] JOIN`.
    Inner,
    /// `LEFT [OUTER] JOIN`.
    Left,
    /// `RIGHT [OUTER] JOIN`.
    Right,
    /// `FULL [OUTER] JOIN`.
    Full,
    /// A comma in `FROM`.
    Implicit,
}

/// Condition of a join.
#[derive(Debug, Clone, PartialEq)]
pub enum JoinCriteria {
    /// `ON condition`.
    On(Expression),
    /// `USING (columns)`.
    Using(Vec<Identifier>),
    /// `NATURAL`.
    Natural,
}

/// `relation MATCH_RECOGNIZE (…)`.
#[derive(Debug, Clone, PartialEq)]
pub struct PatternRecognition {
    /// The input.
    pub input: Relation,
    /// `PARTITION BY`.
    pub partition_by: Vec<Expression>,
    /// `ORDER BY`.
    pub order_by: Option<OrderBy>,
    /// `MEASURES`.
    pub measures: Vec<MeasureDefinition>,
    /// `ONE|ALL ROWS PER MATCH`, when written.
    pub rows_per_match: Option<RowsPerMatch>,
    /// `AFTER MATCH SKIP`.
    pub after_match_skip: Option<AfterMatchSkip>,
    /// `INITIAL` or `SEEK`.
    pub search_mode: Option<PatternSearchMode>,
    /// `PATTERN (…)`.
    pub pattern: RowPattern,
    /// `SUBSET`.
    pub subsets: Vec<SubsetDefinition>,
    /// `DEFINE`: at least one.
    pub definitions: Vec<VariableDefinition>,
}
