//! What is an analysed relation? The relational operators, over symbols. Ref: Trino 401 `io.trino.sql.planner.plan`.

use std::sync::Arc;

use owlake_syntax::location::Location;

use crate::table::TableHandle;

use super::{AggregateCall, Column, Expr, Ordering, PatternRecognition, Symbol, WindowCall};

/// A relational operator. Its output is a list of [`Column`]s, see [`Relation::columns`].
#[derive(Debug, Clone)]
pub enum Relation {
    /// Rows of expressions without columns in them; zero columns and one row is the input of `SELECT 1`.
    Values {
        columns: Vec<Column>,
        rows: Vec<Vec<Expr>>,
    },
    /// A table of the catalog; `columns` pairs each symbol with the table column (by index in `TableHandle::columns`).
    Scan {
        table: Arc<TableHandle>,
        columns: Vec<(Column, usize)>,
    },
    Filter {
        input: Box<Relation>,
        predicate: Expr,
    },
    /// Gives exactly `expressions`.
    Project {
        input: Box<Relation>,
        expressions: Vec<(Column, Expr)>,
    },
    /// `condition` may be any boolean over both sides; `None` for a cross join.
    Join {
        kind: JoinKind,
        left: Box<Relation>,
        right: Box<Relation>,
        condition: Option<Expr>,
    },
    /// A join whose right side refers to columns of the left (`correlation`): LATERAL.
    Lateral {
        kind: JoinKind,
        left: Box<Relation>,
        right: Box<Relation>,
        correlation: Vec<Column>,
        condition: Option<Expr>,
        /// Where the right side's query begins, for who refuses it.
        location: Location,
    },
    /// Replicates `input`'s columns and appends each item's columns, zipped and padded with nulls, and the ordinality (bigint).
    /// `keeps_empty` is LEFT JOIN … ON TRUE: a row without elements stays.
    Unnest {
        input: Box<Relation>,
        items: Vec<UnnestItem>,
        ordinality: Option<Column>,
        keeps_empty: bool,
    },
    /// Gives the grouping columns, then `grouping_id` when asked for, then the aggregates.
    Aggregate {
        input: Box<Relation>,
        groups: GroupingSets,
        aggregates: Vec<AggregateCall>,
    },
    /// Appends the calls' outputs to the input's columns.
    Window {
        input: Box<Relation>,
        calls: Vec<WindowCall>,
    },
    /// All columns of the input, once each.
    Distinct {
        input: Box<Relation>,
    },
    Sort {
        input: Box<Relation>,
        order_by: Vec<Ordering>,
    },
    /// `with_ties` needs the ordering that decides what a tie is (FETCH FIRST … WITH TIES).
    Limit {
        input: Box<Relation>,
        offset_rows: u64,
        limit_rows: Option<u64>,
        with_ties: Option<Vec<Ordering>>,
    },
    /// Each input's columns are matched by position; types are already equal.
    SetOperation {
        operation: SetOperation,
        is_distinct: bool,
        inputs: Vec<(Relation, Vec<Symbol>)>,
        columns: Vec<Column>,
    },
    Sample {
        input: Box<Relation>,
        is_bernoulli: bool,
        percentage: Expr,
    },
    /// WITH RECURSIVE: `step` reads the working table through [`Relation::RecursiveReference`] of the same `id`.
    RecursiveUnion {
        id: u32,
        columns: Vec<Column>,
        base: Box<Relation>,
        base_columns: Vec<Symbol>,
        step: Box<Relation>,
        step_columns: Vec<Symbol>,
        is_distinct: bool,
        depth_max: u32,
    },
    RecursiveReference {
        id: u32,
        columns: Vec<Column>,
    },
    /// MATCH_RECOGNIZE.
    PatternRecognition(Box<PatternRecognition>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinKind {
    Inner,
    Left,
    Right,
    Full,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetOperation {
    Union,
    Intersect,
    Except,
}

/// One argument of UNNEST: an array (one column; a row's fields when its elements are rows) or a map (key, value).
#[derive(Debug, Clone)]
pub struct UnnestItem {
    pub expr: Expr,
    pub columns: Vec<Column>,
}

/// GROUP BY: the keys computed once, and the sets of them (by index). A plain GROUP BY is one set of all keys; a global
/// aggregate one empty set.
#[derive(Debug, Clone)]
pub struct GroupingSets {
    pub keys: Vec<(Column, Expr)>,
    pub sets: Vec<Vec<usize>>,
    /// A bigint bit mask per row, bit `keys.len()-1-i` set when key `i` is not in the row's set: what `grouping()` reads.
    pub grouping_id: Option<Column>,
}

impl Relation {
    /// The columns this relation gives, in order.
    pub fn columns(&self) -> Vec<Column> {
        match self {
            Relation::Values { columns, .. }
            | Relation::SetOperation { columns, .. }
            | Relation::RecursiveUnion { columns, .. }
            | Relation::RecursiveReference { columns, .. } => columns.clone(),
            Relation::PatternRecognition(recognition) => recognition.columns.clone(),
            Relation::Scan { columns, .. } => columns.iter().map(|(column, _)| column.clone()).collect(),
            Relation::Filter { input, .. }
            | Relation::Distinct { input }
            | Relation::Sort { input, .. }
            | Relation::Limit { input, .. }
            | Relation::Sample { input, .. } => input.columns(),
            Relation::Project { expressions, .. } => expressions.iter().map(|(column, _)| column.clone()).collect(),
            Relation::Join { left, right, .. } | Relation::Lateral { left, right, .. } => {
                let mut columns = left.columns();
                columns.extend(right.columns());
                columns
            }
            Relation::Unnest { input, items, ordinality, .. } => {
                let mut columns = input.columns();
                columns.extend(items.iter().flat_map(|item| item.columns.iter().cloned()));
                columns.extend(ordinality.iter().cloned());
                columns
            }
            Relation::Aggregate { groups, aggregates, .. } => {
                let mut columns: Vec<Column> = groups.keys.iter().map(|(column, _)| column.clone()).collect();
                columns.extend(groups.grouping_id.iter().cloned());
                columns.extend(aggregates.iter().map(|call| call.output.clone()));
                columns
            }
            Relation::Window { input, calls } => {
                let mut columns = input.columns();
                columns.extend(calls.iter().map(|call| call.output.clone()));
                columns
            }
        }
    }
}
