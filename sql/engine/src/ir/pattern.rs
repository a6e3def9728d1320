//! What is an analysed row pattern? The pattern over numbered labels, and expressions over values of matched rows.
//! Ref: Trino 401 `io.trino.sql.planner.rowpattern`.

use std::sync::Arc;

use owlake_functions::registry::BoundFunction;

use super::{Column, Expr, FrameBound, Ordering, Relation, Symbol};

/// MATCH_RECOGNIZE, or a pattern in a window. `columns` is its output: columns of the input, measures, and what functions give.
#[derive(Debug, Clone)]
pub struct PatternRecognition {
    pub input: Relation,
    pub partition_by: Vec<Expr>,
    pub order_by: Vec<Ordering>,
    pub matching: Matching,
    pub measures: Vec<(Column, PatternExpr)>,
    pub rows: RowsPerMatch,
    /// Set for a window, where `rows` is not looked at: every row is put out once, with the match its own frame has.
    pub window: Option<PatternWindow>,
    pub columns: Vec<Column>,
}

/// What a pattern in a window has beyond one in FROM. Each frame starts at the current row.
#[derive(Debug, Clone)]
pub struct PatternWindow {
    /// CURRENT ROW, UNBOUNDED FOLLOWING or an offset FOLLOWING, in rows.
    pub end: FrameBound,
    /// SEEK: the match may begin at any row of the frame; INITIAL: at the current row only.
    pub is_seek: bool,
    /// Aggregates and value functions over the rows of the match.
    pub functions: Vec<PatternFunction>,
}

/// A window function over the rows of the match a row's frame has; over no rows without one.
#[derive(Debug, Clone)]
pub struct PatternFunction {
    pub output: Column,
    pub function: Arc<BoundFunction>,
    pub arguments: Vec<Expr>,
    pub ignore_nulls: bool,
}

/// What a match is and where the next one is looked for.
#[derive(Debug, Clone)]
pub struct Matching {
    pub pattern: Pattern,
    /// The pattern's variables as `CLASSIFIER()` gives them; everything else refers to them by index.
    pub labels: Vec<String>,
    /// The condition of each label; a label without one fits every row.
    pub definitions: Vec<Option<PatternExpr>>,
    pub skip: Skip,
    /// Values of each row of the input that expressions navigate to like columns: predicates over subqueries.
    pub computed: Vec<(Column, Expr)>,
}

#[derive(Debug, Clone)]
pub enum Pattern {
    Empty,
    Label(usize),
    PartitionStart,
    PartitionEnd,
    Concatenation(Vec<Pattern>),
    /// Earlier alternatives are preferred.
    Alternation(Vec<Pattern>),
    Permutation(Vec<Pattern>),
    /// `{- … -}`: its rows are matched and not put out.
    Excluded(Box<Pattern>),
    Quantified {
        inner: Box<Pattern>,
        at_least: u32,
        at_most: Option<u32>,
        is_greedy: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowsPerMatch {
    One,
    AllShowEmpty,
    AllOmitEmpty,
    AllWithUnmatched,
}

/// AFTER MATCH SKIP; the labels of a union variable are all named.
#[derive(Debug, Clone)]
pub enum Skip {
    PastLastRow,
    ToNextRow,
    ToFirst(Vec<usize>),
    ToLast(Vec<usize>),
}

/// An expression over values of a match: each pointer's symbol stands for one such value.
#[derive(Debug, Clone)]
pub struct PatternExpr {
    pub expr: Expr,
    pub pointers: Vec<Pointer>,
}

#[derive(Debug, Clone)]
pub struct Pointer {
    pub column: Column,
    pub value: PointerValue,
}

#[derive(Debug, Clone)]
pub enum PointerValue {
    /// A column of the row the navigation leads to; null without such a row.
    Column {
        source: Symbol,
        at: Navigation,
    },
    /// The label of that row; null outside of the match.
    Classifier {
        at: Navigation,
    },
    MatchNumber,
    /// The same in every row of the input: what a subquery gave.
    Constant {
        source: Symbol,
    },
    /// An aggregate over the matched rows with one of the labels (all rows for `None`). Its arguments are over columns of
    /// the input, and over `classifier` and `match_number` for the row at hand.
    Aggregate {
        function: Arc<BoundFunction>,
        arguments: Vec<Expr>,
        classifier: Column,
        match_number: Column,
        labels: Option<Vec<usize>>,
        is_running: bool,
    },
}

/// From the current row of a match to another one: first by labels (all for `None`), then by physical rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Navigation {
    pub labels: Option<Vec<usize>>,
    /// Counted from the end of what is seen, not from the start.
    pub is_last: bool,
    /// Rows up to the current one are seen, not the whole match.
    pub is_running: bool,
    /// How many rows with the labels to pass.
    pub logical_offset: u32,
    pub physical_offset: i64,
}

impl Navigation {
    /// Where an unadorned column stands: the last row so far.
    pub fn current() -> Self {
        Navigation { labels: None, is_last: true, is_running: true, logical_offset: 0, physical_offset: 0 }
    }
}

impl PatternRecognition {
    /// DEFINE and MEASURES: the columns of the input they read are pointers' sources, or stand in aggregates' arguments.
    pub fn expressions(&self) -> impl Iterator<Item = &PatternExpr> {
        self.matching.definitions.iter().flatten().chain(self.measures.iter().map(|(_, measure)| measure))
    }

    pub fn expressions_mut(&mut self) -> impl Iterator<Item = &mut PatternExpr> {
        self.matching.definitions.iter_mut().flatten().chain(self.measures.iter_mut().map(|(_, measure)| measure))
    }

    /// The expressions over columns of the input, but for those in [`PatternRecognition::expressions`].
    pub fn input_expressions(&self) -> impl Iterator<Item = &Expr> {
        let keys = self.partition_by.iter().chain(self.order_by.iter().map(|key| &key.expr));
        let end = self.window.iter().filter_map(|window| window.end.offset());
        let arguments = self.window.iter().flat_map(|window| &window.functions).flat_map(|call| &call.arguments);
        keys.chain(end).chain(arguments).chain(self.matching.computed.iter().map(|(_, expr)| expr))
    }

    pub fn input_expressions_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        let keys = self.partition_by.iter_mut().chain(self.order_by.iter_mut().map(|key| &mut key.expr));
        let window = self.window.iter_mut().flat_map(|window| {
            let arguments = window.functions.iter_mut().flat_map(|call| &mut call.arguments);
            window.end.offset_mut().into_iter().chain(arguments)
        });
        keys.chain(window).chain(self.matching.computed.iter_mut().map(|(_, expr)| expr))
    }
}
