//! What is an analysed query? The typed tree between the analyzer and the lowering.
//!
//! Every column of every relation is a [`Symbol`], unique within the query, so duplicate and missing names are no
//! matter below the analyzer; the names a client sees live in [`Query::columns`] alone. Every coercion is an explicit
//! [`ExprKind::Cast`], so whatever executes this tree has no typing left to do.

pub mod expr;
pub mod pattern;
pub mod relation;

pub use expr::{AggregateCall, Expr, ExprKind, Frame, FrameBound, FrameUnit, Literal, Ordering, SubqueryKind, WindowCall};
pub use pattern::PatternRecognition;
pub use relation::{GroupingSets, JoinKind, Relation, SetOperation, UnnestItem};

use owlake_functions::types::TrinoType;

/// A column within one query, written `#n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(pub u32);

impl std::fmt::Display for Symbol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// A column that a relation puts out.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub symbol: Symbol,
    pub data_type: TrinoType,
}

/// A column of a result, as the client sees it: the name as written (`_col0` when there is none) and its type.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputColumn {
    pub name: String,
    pub symbol: Symbol,
    pub data_type: TrinoType,
}

/// A whole analysed query: a relation and the columns of it that are the result, in order. A symbol may appear twice.
#[derive(Debug, Clone)]
pub struct Query {
    pub relation: Relation,
    pub columns: Vec<OutputColumn>,
}
