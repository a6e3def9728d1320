//! Which rows does a partition give? Search, output and skip, row by row. Ref: Trino 401 `PatternRecognitionPartition`.

use std::sync::Arc;

use arrow::array::{ArrayRef, UInt32Array};
use arrow::compute::take;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::error::Result;
use tokio::sync::mpsc::Sender;

use super::matcher::{Match, Matcher, Range};
use super::spec::{OutputColumn, Spec};
use super::values::{MeasureRows, Point, Search, Values};
use super::window::{Function, over_rows};
use crate::error::EngineError;
use crate::error::from_datafusion::external;
use crate::ir::pattern::{RowsPerMatch, Skip};

/// Rows between two chances for other work where nothing matches.
pub(super) const ROWS_BETWEEN_YIELDS: usize = 4096;

/// Where finished rows go; nobody listens any more once it is closed.
pub type Sink = Sender<Result<RecordBatch>>;

/// A partition being walked over.
pub(super) struct Walk<'a> {
    pub spec: &'a Spec,
    pub values: Values<'a>,
    measures: MeasureRows,
    /// The rows to put out, and where each one's measures stand; none for a row without a match.
    pub rows: Vec<u32>,
    measured: Vec<Option<u32>>,
    /// For a window, the rows each of them matches.
    pub frames: Vec<std::ops::Range<usize>>,
    functions: Vec<Function<'a>>,
    pub batch_rows: usize,
    sink: &'a Sink,
}

/// Finds every match of the partition and sends what is put out in batches of about `batch_rows`.
/// Gives false when nobody listens any more. Errors: those of expressions, and an AFTER MATCH SKIP that can't be done.
pub async fn recognize(spec: &Spec, partition: RecordBatch, batch_rows: usize, matcher: &mut Matcher, sink: &Sink) -> Result<bool> {
    let rows = partition.num_rows();
    if rows > u32::MAX as usize {
        return Err(external(EngineError::engine(
            "NOT_SUPPORTED",
            format!("MATCH_RECOGNIZE over a partition of more than {} rows is not supported", u32::MAX),
        )));
    }
    let compiled = spec.window.iter().flat_map(|window| &window.functions);
    let functions = compiled.map(|function| Function::new(function, &partition)).collect::<Result<_>>()?;
    let mut walk = Walk {
        spec,
        values: Values::new(spec, partition),
        measures: MeasureRows::new(spec),
        rows: Vec::new(),
        measured: Vec::new(),
        frames: Vec::new(),
        functions,
        batch_rows,
        sink,
    };
    if let Some(window) = &spec.window {
        return over_rows(&mut walk, window, matcher).await;
    }
    let with_unmatched = spec.rows == RowsPerMatch::AllWithUnmatched;
    let (mut position, mut match_number) = (0, 1);
    // Rows before this one have been part of a match.
    let mut matched_to = 0;
    while position < rows {
        if position % ROWS_BETWEEN_YIELDS == 0 {
            tokio::task::yield_now().await;
        }
        walk.values.search = Search { start: position, match_number, reach_start: 0, reach_end: rows };
        let range = Range { start: position, end: rows, partition_rows: rows };
        let found = matcher.find(&spec.program, range, spec.is_memoryless, &mut walk.values).await?;
        match found {
            None => {
                if with_unmatched && position >= matched_to {
                    walk.put(position, None)?;
                }
                position += 1;
            }
            Some(found) if found.labels.is_empty() => {
                if spec.rows != RowsPerMatch::AllOmitEmpty {
                    walk.put(position, Some(Point { labels: &[], start: position, current: position }))?;
                }
                match_number += 1;
                position += 1;
            }
            Some(found) => {
                walk.matched(position, &found).await?;
                match_number += 1;
                let end = position + found.labels.len();
                let next = next_start(&spec.skip, position, &found.labels)?;
                if with_unmatched {
                    // Rows skipped over belong to the match; so do those it is searched again from.
                    matched_to = matched_to.max(end);
                }
                position = next;
            }
        }
        if walk.rows.len() >= batch_rows && !walk.flush().await? {
            return Ok(false);
        }
    }
    walk.flush().await
}

impl Walk<'_> {
    async fn matched(&mut self, start: usize, found: &Match) -> Result<()> {
        let labels = found.labels.as_slice();
        if self.spec.rows == RowsPerMatch::One {
            return self.put(start, Some(Point { labels, start, current: start + labels.len() - 1 }));
        }
        for current in start..start + labels.len() {
            if found.excluded.iter().any(|(from, to)| (*from..*to).contains(&current)) {
                continue;
            }
            self.put(current, Some(Point { labels, start, current }))?;
            if self.rows.len() >= self.batch_rows {
                self.flush().await?;
            }
        }
        Ok(())
    }

    pub(super) fn put(&mut self, row: usize, point: Option<Point<'_>>) -> Result<()> {
        self.rows.push(row as u32);
        match point {
            None => self.measured.push(None),
            Some(point) => {
                self.measured.push(Some(self.measures.len() as u32));
                self.measures.push(&mut self.values, point)?;
            }
        }
        Ok(())
    }

    /// Sends the rows so far; false when nobody listens.
    pub(super) async fn flush(&mut self) -> Result<bool> {
        if self.rows.is_empty() {
            return Ok(!self.sink.is_closed());
        }
        let mut measures = self.measures.compute(&self.values)?;
        let measured = std::mem::take(&mut self.measured);
        if measured.iter().any(Option::is_none) {
            let indices = UInt32Array::from(measured);
            measures = measures.iter().map(|values| Ok(take(values, &indices, None)?)).collect::<Result<_>>()?;
        }
        let rows = UInt32Array::from(std::mem::take(&mut self.rows));
        let frames = std::mem::take(&mut self.frames);
        let functions = self.functions.iter_mut().map(|function| function.over(&frames)).collect::<Result<Vec<_>>>()?;
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.spec.output.len());
        for column in &self.spec.output {
            columns.push(match column {
                OutputColumn::Input(column) => take(self.values.partition.column(*column), &rows, None)?,
                OutputColumn::Measure(measure) => Arc::clone(&measures[*measure]),
                OutputColumn::Function(function) => Arc::clone(&functions[*function]),
            });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.spec.output_schema), columns, &options)?;
        Ok(self.sink.send(Ok(batch)).await.is_ok())
    }
}

/// Where the next search begins. Errors: the variable is not in the match, or is its first row.
pub(super) fn next_start(skip: &Skip, start: usize, labels: &[u16]) -> Result<usize> {
    let fits = |variables: &[usize], label: &u16| variables.contains(&usize::from(*label));
    let offset = match skip {
        Skip::PastLastRow => return Ok(start + labels.len()),
        Skip::ToNextRow => return Ok(start + 1),
        Skip::ToFirst(variables) => labels.iter().position(|label| fits(variables, label)),
        Skip::ToLast(variables) => labels.iter().rposition(|label| fits(variables, label)),
    };
    let fail = |text: &str| external(EngineError::engine("GENERIC_USER_ERROR", format!("AFTER MATCH SKIP failed: {text}")));
    match offset {
        None => Err(fail("pattern variable is not present in match")),
        Some(0) => Err(fail("cannot skip to first row of match")),
        Some(offset) => Ok(start + offset),
    }
}
