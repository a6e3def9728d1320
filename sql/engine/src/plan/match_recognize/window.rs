//! What does a pattern in a window give for each row? The match of the row's own frame, if a search starts there.
//! Ref: Trino 401 "Row pattern recognition in window structures", `PatternRecognitionPartition`.

use std::ops::Range as Rows;

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::Int64Type;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::PartitionEvaluator;
use datafusion::logical_expr::function::PartitionEvaluatorArgs;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;

use super::matcher::{Match, Matcher, Range};
use super::partition::{ROWS_BETWEEN_YIELDS, Walk, next_start};
use super::spec::{CompiledFunction, Computation, SearchEnd, WindowSpec};
use super::values::{Point, Search};
use crate::error::EngineError;
use crate::error::from_datafusion::external;
use crate::ir::pattern::Skip;
use crate::plan::row_frame::{aggregate_ranges, check_offsets};

/// Walks over the rows of a partition. A row that an AFTER MATCH SKIP passes over has no match, and no rows in its frame.
/// Gives false when nobody listens any more. Errors: as [`super::partition::recognize`]; INVALID_WINDOW_FRAME.
pub(super) async fn over_rows(walk: &mut Walk<'_>, window: &WindowSpec, matcher: &mut Matcher) -> Result<bool> {
    let rows = walk.values.partition.num_rows();
    let ends = Ends::new(window.end, &walk.values.partition)?;
    let mut match_number = 1;
    // Rows before this one start no search.
    let mut next_search = 0;
    for current in 0..rows {
        if current % ROWS_BETWEEN_YIELDS == 0 {
            tokio::task::yield_now().await;
        }
        let found = match current < next_search {
            true => None,
            false => {
                walk.values.search = Search { start: current, match_number, reach_start: current, reach_end: ends.of(current, rows) };
                find(walk, window, matcher).await?
            }
        };
        match found {
            None => {
                walk.frames.push(0..0);
                walk.put(current, None)?;
            }
            Some(found) if found.labels.is_empty() => {
                let start = walk.values.search.start;
                walk.frames.push(0..0);
                walk.put(current, Some(Point { labels: &[], start, current: start }))?;
                match_number += 1;
            }
            Some(found) => {
                let start = walk.values.search.start;
                let end = start + found.labels.len();
                walk.frames.push(start..end);
                walk.put(current, Some(Point { labels: &found.labels, start, current: end - 1 }))?;
                next_search = match walk.spec.skip {
                    // From the row itself, wherever SEEK found its match.
                    Skip::ToNextRow => current + 1,
                    _ => next_start(&walk.spec.skip, start, &found.labels)?,
                };
                match_number += 1;
            }
        }
        if walk.rows.len() >= walk.batch_rows && !walk.flush().await? {
            return Ok(false);
        }
    }
    walk.flush().await
}

/// The match of the frame the search is set to; the search is left where it begins.
async fn find(walk: &mut Walk<'_>, window: &WindowSpec, matcher: &mut Matcher) -> Result<Option<Match>> {
    let rows = walk.values.partition.num_rows();
    let reach_end = walk.values.search.reach_end;
    loop {
        let range = Range { start: walk.values.search.start, end: reach_end, partition_rows: rows };
        let found = matcher.find(&walk.spec.program, range, walk.spec.is_memoryless, &mut walk.values).await?;
        if found.is_some() || !window.is_seek || range.start + 1 >= reach_end {
            return Ok(found);
        }
        walk.values.search.start += 1;
    }
}

/// Where the frame of each row ends.
enum Ends {
    CurrentRow,
    Following(ArrayRef),
    Partition,
}

impl Ends {
    /// Errors: INVALID_WINDOW_FRAME for an offset that is negative or null.
    fn new(end: SearchEnd, partition: &RecordBatch) -> Result<Self> {
        Ok(match end {
            SearchEnd::CurrentRow => Ends::CurrentRow,
            SearchEnd::Partition => Ends::Partition,
            SearchEnd::Following(column) => {
                let offsets = partition.column(column);
                check_offsets(offsets)?;
                Ends::Following(std::sync::Arc::clone(offsets))
            }
        })
    }

    fn of(&self, row: usize, rows: usize) -> usize {
        match self {
            Ends::CurrentRow => row + 1,
            Ends::Partition => rows,
            Ends::Following(offsets) => {
                let offset = offsets.as_primitive::<Int64Type>().value(row);
                usize::try_from(offset).unwrap_or(usize::MAX).saturating_add(row + 1).min(rows)
            }
        }
    }
}

/// A function while it walks over one partition.
pub(super) struct Function<'a> {
    state: State<'a>,
    /// Of all rows of the partition.
    arguments: Vec<ArrayRef>,
}

enum State<'a> {
    Aggregate(&'a AggregateFunctionExpr),
    Value(Box<dyn PartitionEvaluator>),
}

impl<'a> Function<'a> {
    /// Errors: the arguments'.
    pub(super) fn new(compiled: &'a CompiledFunction, partition: &RecordBatch) -> Result<Self> {
        let columns = compiled.columns_read.iter().map(|column| std::sync::Arc::clone(partition.column(*column))).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(partition.num_rows()));
        let batch = RecordBatch::try_new_with_options(std::sync::Arc::clone(&compiled.schema), columns, &options)?;
        let mut arguments = Vec::with_capacity(compiled.arguments.len());
        for argument in &compiled.arguments {
            arguments.push(argument.evaluate(&batch)?.into_array(partition.num_rows())?);
        }
        let state = match &compiled.computation {
            Computation::Aggregate(aggregate) => State::Aggregate(aggregate),
            Computation::Value(function) => {
                let fields =
                    compiled.arguments.iter().map(|argument| argument.return_field(&compiled.schema)).collect::<Result<Vec<_>>>()?;
                let args = PartitionEvaluatorArgs::new(&compiled.arguments, &fields, false, compiled.ignores_nulls);
                State::Value(function.partition_evaluator_factory(args)?)
            }
        };
        Ok(Function { state, arguments })
    }

    /// Its value over each of the frames.
    pub(super) fn over(&mut self, frames: &[Rows<usize>]) -> Result<ArrayRef> {
        match &mut self.state {
            State::Aggregate(aggregate) => aggregate_ranges(aggregate, &self.arguments, None, frames),
            State::Value(evaluator) => {
                let values = frames.iter().map(|frame| evaluator.evaluate(&self.arguments, frame)).collect::<Result<Vec<ScalarValue>>>()?;
                if values.is_empty() {
                    return Err(external(EngineError::internal("a window function over no frames")));
                }
                ScalarValue::iter_to_array(values)
            }
        }
    }
}
