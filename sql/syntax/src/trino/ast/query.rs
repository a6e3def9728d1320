//! What is a query made of? `WITH`, the body with its set operations, ordering and limits.
//!
//! Ref: Trino 401 grammar rules `query`, `queryNoWith`, `queryTerm`, `querySpecification`.

use super::expression::{Expression, WindowSpecification};
use super::identifier::{Identifier, QualifiedName};
use super::relation::Relation;
use crate::location::{Location, Span};

/// A query: the statement, a subquery, or a parenthesised part of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// `WITH`.
    pub with: Option<With>,
    /// The body.
    pub body: QueryBody,
    /// `ORDER BY` over the whole body.
    pub order_by: Option<OrderBy>,
    /// `OFFSET`.
    pub offset: Option<Offset>,
    /// `LIMIT` or `FETCH FIRST`.
    pub limit: Option<Limit>,
    /// Where it begins.
    pub location: Location,
    /// Its text, parentheses around it not included.
    pub span: Span,
}

/// `WITH [RECURSIVE] …`.
#[derive(Debug, Clone, PartialEq)]
pub struct With {
    /// `RECURSIVE`.
    pub is_recursive: bool,
    /// At least one named query.
    pub queries: Vec<NamedQuery>,
    /// Where `WITH` stands.
    pub location: Location,
}

/// `name [(columns)] AS (query)`.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedQuery {
    /// The name.
    pub name: Identifier,
    /// Column aliases, when written.
    pub column_names: Option<Vec<Identifier>>,
    /// The query.
    pub query: Box<Query>,
    /// Where it begins.
    pub location: Location,
}

/// The part of a query between `WITH` and `ORDER BY`, with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryBody {
    /// What it is.
    pub kind: QueryBodyKind,
    /// Where it begins; a set operation stands at its last operator.
    pub location: Location,
    /// Its text.
    pub span: Span,
}

/// The forms of a query body.
#[derive(Debug, Clone, PartialEq)]
pub enum QueryBodyKind {
    /// `SELECT …`.
    Select(Box<QuerySpecification>),
    /// `TABLE name`.
    Table(QualifiedName),
    /// `VALUES a, (b, c)`: at least one row; a parenthesised row is an `ExpressionKind::Row`.
    Values(Vec<Expression>),
    /// `a UNION b …`: two or more inputs. A run of the same operator and quantifier, written without
    /// parentheses, is one node, in order; the meaning is left-associative.
    SetOperation {
        /// The operator.
        operator: SetOperator,
        /// `ALL` or `DISTINCT`; distinct when not written.
        quantifier: SetQuantifier,
        /// At least two.
        inputs: Vec<QueryBody>,
        /// Where the operator before each input but the first stands: one fewer than the inputs.
        operator_locations: Vec<Location>,
    },
    /// `(query)`.
    Subquery(Box<Query>),
}

/// Set operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SetOperator {
    /// `UNION`.
    Union,
    /// `INTERSECT`.
    Intersect,
    /// `EXCEPT`.
    Except,
}

impl SetOperator {
    /// The operator's keyword.
    #[must_use]
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Union => "UNION",
            Self::Intersect => "INTERSECT",
            Self::Except => "EXCEPT",
        }
    }
}

/// `ALL` or `DISTINCT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SetQuantifier {
    /// Keep duplicates.
    All,
    /// Remove duplicates.
    Distinct,
}

/// `SELECT … FROM … WHERE … GROUP BY … HAVING … WINDOW …`.
#[derive(Debug, Clone, PartialEq)]
pub struct QuerySpecification {
    /// `SELECT DISTINCT`.
    pub is_distinct: bool,
    /// At least one item.
    pub select_items: Vec<SelectItem>,
    /// Where `SELECT`'s list belongs; Trino reports the `SELECT` keyword.
    pub select_location: Location,
    /// `FROM`; a comma is an implicit cross join, leftmost innermost.
    pub from: Option<Relation>,
    /// `WHERE`.
    pub where_clause: Option<Expression>,
    /// `GROUP BY`.
    pub group_by: Option<GroupBy>,
    /// `HAVING`.
    pub having: Option<Expression>,
    /// `WINDOW` definitions.
    pub windows: Vec<WindowDefinition>,
}

/// One item of a select list.
#[derive(Debug, Clone, PartialEq)]
pub enum SelectItem {
    /// `expression [AS alias]`.
    Expression {
        /// The value.
        expression: Expression,
        /// Its alias.
        alias: Option<Identifier>,
        /// Where it begins.
        location: Location,
    },
    /// `*` or `target.* [AS (a, b)]`.
    All {
        /// What stands before the star.
        target: Option<Expression>,
        /// Column aliases.
        aliases: Vec<Identifier>,
        /// Where it begins.
        location: Location,
    },
}

/// `GROUP BY [ALL|DISTINCT] …`.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupBy {
    /// `DISTINCT` removes duplicate grouping sets; all when not written.
    pub quantifier: SetQuantifier,
    /// At least one element.
    pub elements: Vec<GroupingElement>,
    /// Where its elements begin.
    pub location: Location,
}

/// One element of `GROUP BY`.
#[derive(Debug, Clone, PartialEq)]
pub enum GroupingElement {
    /// One expression, or a parenthesised list.
    Simple {
        /// The expressions; empty for `()`.
        expressions: Vec<Expression>,
        /// Where it begins.
        location: Location,
    },
    /// `ROLLUP (…)`.
    Rollup {
        /// One set an entry.
        sets: Vec<Vec<Expression>>,
        /// Where it begins.
        location: Location,
    },
    /// `CUBE (…)`.
    Cube {
        /// One set an entry.
        sets: Vec<Vec<Expression>>,
        /// Where it begins.
        location: Location,
    },
    /// `GROUPING SETS (…)`.
    GroupingSets {
        /// One set an entry.
        sets: Vec<Vec<Expression>>,
        /// Where it begins.
        location: Location,
    },
}

/// `name AS (specification)`.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowDefinition {
    /// The name.
    pub name: Identifier,
    /// The specification.
    pub window: WindowSpecification,
    /// Where it begins.
    pub location: Location,
}

/// `ORDER BY …`.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderBy {
    /// At least one item.
    pub items: Vec<SortItem>,
    /// Where `ORDER` stands.
    pub location: Location,
}

/// `expression [ASC|DESC] [NULLS FIRST|LAST]`.
#[derive(Debug, Clone, PartialEq)]
pub struct SortItem {
    /// The key.
    pub expression: Expression,
    /// `DESC`.
    pub is_descending: bool,
    /// `NULLS …`; Trino puts nulls last when not written, in both directions.
    pub nulls: NullOrdering,
    /// Where it begins.
    pub location: Location,
}

/// Place of nulls in an ordering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NullOrdering {
    /// Not written.
    Undefined,
    /// `NULLS FIRST`.
    First,
    /// `NULLS LAST`.
    Last,
}

/// `OFFSET n [ROW|ROWS]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Offset {
    /// How many rows to skip.
    pub rows: RowCount,
    /// Where `OFFSET` stands.
    pub location: Location,
}

/// A row count as written.
#[derive(Debug, Clone, PartialEq)]
pub enum RowCount {
    /// Digits; kept as text, since the engine reports the range itself.
    Number(String, Location),
    /// `?`, its index counted from 0 over the statement.
    Parameter(usize, Location),
}

/// `LIMIT` or `FETCH FIRST`.
#[derive(Debug, Clone, PartialEq)]
pub enum Limit {
    /// `LIMIT n`.
    Rows {
        /// How many rows.
        rows: RowCount,
        /// Where it begins.
        location: Location,
    },
    /// `LIMIT ALL`.
    All {
        /// Where it begins.
        location: Location,
    },
    /// `FETCH FIRST [n] ROWS ONLY|WITH TIES`.
    Fetch {
        /// How many rows; one when not written.
        rows: Option<RowCount>,
        /// `WITH TIES`.
        with_ties: bool,
        /// Where it begins.
        location: Location,
    },
}
