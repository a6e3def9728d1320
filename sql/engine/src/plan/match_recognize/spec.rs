//! What is a row pattern recognition to do? Its program, compiled expressions and layout.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::SchemaRef;
use datafusion::logical_expr::WindowUDF;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;

use super::program::Program;
use crate::ir::pattern::{Navigation, RowsPerMatch, Skip};

/// Everything but the input. Columns of the input are numbered as in its schema.
#[derive(Debug)]
pub struct Spec {
    pub program: Program,
    /// The names of the labels, one a row, in the physical form of varchar.
    pub label_names: ArrayRef,
    /// The condition of each label.
    pub conditions: Vec<Option<Compiled>>,
    pub measures: Vec<Compiled>,
    pub aggregates: Vec<CompiledAggregate>,
    pub skip: Skip,
    pub rows: RowsPerMatch,
    /// For a pattern in a window, which puts out every row once.
    pub window: Option<WindowSpec>,
    pub partition_by: Vec<usize>,
    pub order_by: Vec<SortKey>,
    pub output: Vec<OutputColumn>,
    pub output_schema: SchemaRef,
    /// Conditions depend on nothing but the row and its label.
    pub is_memoryless: bool,
}

#[derive(Debug, Clone, Copy)]
pub struct SortKey {
    pub column: usize,
    pub is_descending: bool,
    pub nulls_first: bool,
}

#[derive(Debug, Clone, Copy)]
pub enum OutputColumn {
    Input(usize),
    Measure(usize),
    Function(usize),
}

/// An expression over a batch with one column a pointer.
#[derive(Debug)]
pub struct Compiled {
    pub expr: Arc<dyn PhysicalExpr>,
    pub schema: SchemaRef,
    pub values: Vec<Value>,
    /// Can be computed for all rows of a partition at once: it reads rows at fixed distances.
    pub is_vectorised: bool,
    /// How many rows before and after the current one it reads at most, where it is vectorised.
    pub reach: (usize, usize),
}

/// What a column of that batch holds.
#[derive(Debug)]
pub enum Value {
    Column {
        column: usize,
        at: Navigation,
    },
    Classifier {
        at: Navigation,
    },
    MatchNumber,
    Constant {
        column: usize,
    },
    /// By its number in [`Spec::aggregates`].
    Aggregate(usize),
}

/// An aggregate over matched rows.
#[derive(Debug)]
pub struct CompiledAggregate {
    pub function: AggregateFunctionExpr,
    /// Over `schema`.
    pub arguments: Vec<Arc<dyn PhysicalExpr>>,
    pub schema: SchemaRef,
    pub labels: Option<Vec<usize>>,
    pub is_running: bool,
    /// The columns of the input that `schema` begins with; the classifier and the match number follow.
    pub columns_read: Vec<usize>,
    /// The arguments read the classifier or the match number.
    pub reads_match: bool,
}

/// A pattern in a window: every row's frame starts at the row.
#[derive(Debug)]
pub struct WindowSpec {
    pub end: SearchEnd,
    /// The match may begin at a later row of the frame.
    pub is_seek: bool,
    pub functions: Vec<CompiledFunction>,
}

/// The last row of a row's frame.
#[derive(Debug, Clone, Copy)]
pub enum SearchEnd {
    CurrentRow,
    /// As many rows on as this column (bigint) of the input says.
    Following(usize),
    Partition,
}

/// A window function over the rows a row's frame matches.
#[derive(Debug)]
pub struct CompiledFunction {
    pub computation: Computation,
    /// Over `schema`, whose columns are `columns_read` of the input.
    pub arguments: Vec<Arc<dyn PhysicalExpr>>,
    pub schema: SchemaRef,
    pub columns_read: Vec<usize>,
    pub ignores_nulls: bool,
}

#[derive(Debug)]
pub enum Computation {
    Aggregate(Box<AggregateFunctionExpr>),
    /// `first_value`, `last_value`, `nth_value`.
    Value(Arc<WindowUDF>),
}
