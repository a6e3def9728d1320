//! What is an analysed expression? A kind and its Trino type. Ref: Trino 401 `io.trino.sql.relational.RowExpression`.

use std::sync::Arc;

use datafusion::common::ScalarValue;
use owlake_functions::registry::BoundFunction;
use owlake_functions::types::TrinoType;
use owlake_syntax::location::Location;

use super::{Column, Relation, Symbol};

/// A typed expression. `data_type` is the exact type of every value it gives.
#[derive(Debug, Clone)]
pub struct Expr {
    pub kind: ExprKind,
    pub data_type: TrinoType,
}

/// A constant in the physical form of its type (see `owlake_functions::types`).
pub type Literal = ScalarValue;

#[derive(Debug, Clone)]
pub enum ExprKind {
    Literal(Literal),
    /// A column of the input, or of an outer query when the enclosing subquery lists it in `correlation`.
    Column(Symbol),
    /// A lambda's parameter, by the unique symbol its [`ExprKind::Lambda`] declares.
    LambdaVariable(Symbol),
    /// A function or operator whose arguments already have the types it takes.
    Call {
        function: Arc<BoundFunction>,
        arguments: Vec<Expr>,
    },
    Lambda {
        parameters: Vec<Column>,
        body: Box<Expr>,
    },
    /// `CAST`, or `TRY_CAST` when `is_safe` (a value that does not fit gives null). The target is `data_type`.
    Cast {
        input: Box<Expr>,
        is_safe: bool,
    },
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    IsNull(Box<Expr>),
    /// Searched CASE: conditions are boolean; every result has the type of the whole.
    Case {
        branches: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
    /// Simple CASE: the operand is evaluated once; every label has the operand's type.
    SimpleCase {
        operand: Box<Expr>,
        branches: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
    Coalesce(Vec<Expr>),
    /// `NULLIF(first, second)`: `first`, or null where `equal` (which compares the two, coerced) is true.
    NullIf {
        first: Box<Expr>,
        equal: Box<Expr>,
    },
    /// `value [NOT] IN (…)`: all of one type.
    InList {
        value: Box<Expr>,
        list: Vec<Expr>,
    },
    /// `ROW(…)`.
    Row(Vec<Expr>),
    /// Field `index` (from 0) of a row.
    Field {
        input: Box<Expr>,
        index: usize,
    },
    /// `ARRAY[…]`: elements have the array's element type.
    Array(Vec<Expr>),
    /// `TRY(e)`: null where `e` fails for a value's sake.
    Try(Box<Expr>),
    Subquery(Box<Subquery>),
}

/// A subquery inside an expression. `correlation` lists the outer columns its relation refers to, directly or deeper.
#[derive(Debug, Clone)]
pub struct Subquery {
    pub kind: SubqueryKind,
    pub relation: Relation,
    /// The columns the subquery gives, in order (one for scalar, IN and quantified; a row comparand's width otherwise).
    pub columns: Vec<Column>,
    pub correlation: Vec<Column>,
    /// Where it is refused: its query, or the predicate of EXISTS and IN.
    pub location: Location,
    /// The query spelled anew, its unquoted names in lower case: two of one text over the same columns are one subquery.
    pub text: std::sync::Arc<str>,
}

#[derive(Debug, Clone)]
pub enum SubqueryKind {
    /// One value; null without rows; SUBQUERY_MULTIPLE_ROWS with several.
    Scalar,
    Exists,
    /// `value IN (subquery)`, three-valued; `value` has the subquery column's type (a row when the comparand is one).
    In {
        value: Box<Expr>,
    },
    /// `value op ALL (subquery)` when `is_all`, else `ANY`/`SOME`.
    Quantified {
        value: Box<Expr>,
        operator: owlake_functions::registry::Operator,
        is_all: bool,
    },
}

/// One sort key. Trino's default puts nulls last in either direction.
#[derive(Debug, Clone)]
pub struct Ordering {
    pub expr: Expr,
    pub is_descending: bool,
    pub nulls_first: bool,
}

/// An aggregate: `output` names its value.
#[derive(Debug, Clone)]
pub struct AggregateCall {
    pub output: Column,
    pub function: Arc<BoundFunction>,
    pub arguments: Vec<Expr>,
    pub is_distinct: bool,
    pub filter: Option<Expr>,
    pub order_by: Vec<Ordering>,
}

/// A window function over its specification; aggregates may stand here too.
#[derive(Debug, Clone)]
pub struct WindowCall {
    pub output: Column,
    pub function: Arc<BoundFunction>,
    pub arguments: Vec<Expr>,
    pub ignore_nulls: bool,
    pub partition_by: Vec<Expr>,
    pub order_by: Vec<Ordering>,
    pub frame: Frame,
    pub filter: Option<Expr>,
    pub is_distinct: bool,
}

/// A window frame. Without one written: RANGE UNBOUNDED PRECEDING to CURRENT ROW.
#[derive(Debug, Clone)]
pub struct Frame {
    pub unit: FrameUnit,
    pub start: FrameBound,
    pub end: FrameBound,
}

impl Default for Frame {
    fn default() -> Self {
        Frame { unit: FrameUnit::Range, start: FrameBound::UnboundedPreceding, end: FrameBound::CurrentRow }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FrameUnit {
    Rows,
    Range,
    Groups,
}

#[derive(Debug, Clone)]
pub enum FrameBound {
    UnboundedPreceding,
    Preceding(Expr),
    CurrentRow,
    Following(Expr),
    UnboundedFollowing,
}

impl FrameBound {
    /// How far the bound is from the current row, where that is written.
    pub fn offset(&self) -> Option<&Expr> {
        match self {
            FrameBound::Preceding(offset) | FrameBound::Following(offset) => Some(offset),
            FrameBound::UnboundedPreceding | FrameBound::CurrentRow | FrameBound::UnboundedFollowing => None,
        }
    }

    pub fn offset_mut(&mut self) -> Option<&mut Expr> {
        match self {
            FrameBound::Preceding(offset) | FrameBound::Following(offset) => Some(offset),
            FrameBound::UnboundedPreceding | FrameBound::CurrentRow | FrameBound::UnboundedFollowing => None,
        }
    }
}
