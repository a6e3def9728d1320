//! Which values does an expression see of a match? Navigation, labels and aggregates. Ref: Trino 401 `LogicalIndexNavigation`, `MeasureComputation`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, UInt32Array, new_null_array};
use arrow::compute::take;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};

use super::aggregates::{AggregateState, Seen};
use super::matcher::Conditions;
use super::spec::{Compiled, Spec, Value};
use crate::error::EngineError;
use crate::error::from_datafusion::external;
use crate::ir::pattern::Navigation;

/// The rows of a partition and what is known about them.
pub struct Values<'a> {
    spec: &'a Spec,
    pub partition: RecordBatch,
    /// The condition of each label for all rows at once, where that is possible.
    vectors: Vec<Vector>,
    aggregates: Vec<AggregateState>,
    pub search: Search,
}

/// A search under way: where it began, its number, and the rows navigation may reach.
#[derive(Debug, Clone, Copy)]
pub struct Search {
    pub start: usize,
    pub match_number: i64,
    pub reach_start: usize,
    pub reach_end: usize,
}

impl Search {
    /// Are the rows the expression reads at `position`, where the partition has them at all, within reach?
    fn holds_reach(&self, compiled: &Compiled, position: usize, rows: usize) -> bool {
        let (back, on) = compiled.reach;
        let from = position.saturating_sub(back);
        let to = position.saturating_add(on).min(rows.saturating_sub(1));
        from >= self.reach_start && to < self.reach_end
    }
}

enum Vector {
    Unknown,
    RowByRow,
    Known(BooleanArray),
}

/// One row of a match: labels are counted from `start`; no labels for an empty match.
#[derive(Debug, Clone, Copy)]
pub struct Point<'a> {
    pub labels: &'a [u16],
    pub start: usize,
    pub current: usize,
}

impl Navigation {
    /// The row of the partition it leads to.
    fn resolve(&self, point: Point<'_>, search: &Search) -> Option<usize> {
        if point.labels.is_empty() {
            return None;
        }
        let seen = if self.is_running { &point.labels[..=(point.current - point.start).min(point.labels.len() - 1)] } else { point.labels };
        let fits = |label: &u16| self.labels.as_ref().is_none_or(|labels| labels.contains(&usize::from(*label)));
        let mut fitting = seen.iter().enumerate().filter(|(_, label)| fits(label)).map(|(offset, _)| offset);
        let offset = if self.is_last { fitting.nth_back(self.logical_offset as usize) } else { fitting.nth(self.logical_offset as usize) }?;
        let row = (point.start + offset) as i64 + self.physical_offset;
        (row >= search.reach_start as i64 && row < search.reach_end as i64).then_some(row as usize)
    }
}

impl<'a> Values<'a> {
    pub fn new(spec: &'a Spec, partition: RecordBatch) -> Self {
        let vectors = spec.conditions.iter().map(|_| Vector::Unknown).collect();
        let aggregates = spec.aggregates.iter().map(|_| AggregateState::default()).collect();
        let search = Search { start: 0, match_number: 1, reach_start: 0, reach_end: partition.num_rows() };
        Values { spec, partition, vectors, aggregates, search }
    }

    fn aggregate(&mut self, number: usize, point: Point<'_>) -> Result<ScalarValue> {
        let aggregate = &self.spec.aggregates[number];
        let seen =
            if aggregate.is_running && !point.labels.is_empty() { &point.labels[..=point.current - point.start] } else { point.labels };
        let seen = Seen { labels: seen, start: point.start, match_number: self.search.match_number };
        self.aggregates[number].value(aggregate, seen, &self.partition, &self.spec.label_names)
    }

    fn label_at(&self, at: &Navigation, point: Point<'_>) -> Option<u32> {
        let row = at.resolve(point, &self.search)?;
        let offset = row.checked_sub(point.start)?;
        point.labels.get(offset).map(|label| u32::from(*label))
    }

    /// The expression's value at one row of a match.
    fn evaluate_one(&mut self, compiled: &Compiled, point: Point<'_>) -> Result<ArrayRef> {
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(compiled.values.len());
        for value in &compiled.values {
            columns.push(match value {
                Value::Column { column, at } => {
                    let values = self.partition.column(*column);
                    match at.resolve(point, &self.search) {
                        Some(row) => values.slice(row, 1),
                        None => new_null_array(values.data_type(), 1),
                    }
                }
                Value::Classifier { at } => match self.label_at(at, point) {
                    Some(label) => self.spec.label_names.slice(label as usize, 1),
                    None => new_null_array(self.spec.label_names.data_type(), 1),
                },
                Value::MatchNumber => Arc::new(Int64Array::from_value(self.search.match_number, 1)),
                Value::Constant { column } => self.partition.column(*column).slice(0, 1),
                Value::Aggregate(number) => self.aggregate(*number, point)?.to_array_of_size(1)?,
            });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(1));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&compiled.schema), columns, &options)?;
        compiled.expr.evaluate(&batch)?.into_array(1)
    }

    /// A label's condition for all rows; `None` where it can't be had that way.
    fn vector(&self, label: u16, compiled: &Compiled) -> Option<BooleanArray> {
        let rows = self.partition.num_rows();
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(compiled.values.len());
        for value in &compiled.values {
            columns.push(match value {
                Value::Column { column, at } if at.physical_offset == 0 => Arc::clone(self.partition.column(*column)),
                Value::Column { column, at } => {
                    let row = |row: usize| {
                        let row = row as i64 + at.physical_offset;
                        (row >= 0 && row < rows as i64).then_some(row as u32)
                    };
                    let indices: UInt32Array = (0..rows).map(row).collect();
                    take(self.partition.column(*column), &indices, None).ok()?
                }
                Value::Classifier { .. } => take(&self.spec.label_names, &UInt32Array::from_value(u32::from(label), rows), None).ok()?,
                Value::Constant { column } => take(self.partition.column(*column), &UInt32Array::from_value(0, rows), None).ok()?,
                Value::MatchNumber | Value::Aggregate(_) => return None,
            });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&compiled.schema), columns, &options).ok()?;
        // A row that fails may be one that is never asked about: the search itself finds out.
        let values = compiled.expr.evaluate(&batch).and_then(|values| values.into_array(rows)).ok()?;
        values.as_boolean_opt().cloned()
    }
}

impl Conditions for Values<'_> {
    fn holds(&mut self, position: usize, labels: &[u16]) -> Result<bool> {
        let spec = self.spec;
        let Some(label) = labels.last().copied() else { return Err(external(EngineError::internal("a condition without a label"))) };
        let Some(compiled) = spec.conditions.get(usize::from(label)).and_then(Option::as_ref) else { return Ok(true) };
        let slot = usize::from(label);
        if matches!(self.vectors[slot], Vector::Unknown) {
            let vector = if compiled.is_vectorised { self.vector(label, compiled) } else { None };
            self.vectors[slot] = vector.map_or(Vector::RowByRow, Vector::Known);
        }
        if let Vector::Known(vector) = &self.vectors[slot]
            && self.search.holds_reach(compiled, position, self.partition.num_rows())
        {
            return Ok(vector.is_valid(position) && vector.value(position));
        }
        let point = Point { labels, start: self.search.start, current: position };
        let value = self.evaluate_one(compiled, point)?;
        let value = value.as_boolean_opt().ok_or_else(|| external(EngineError::internal("a condition that is not boolean")))?;
        Ok(value.is_valid(0) && value.value(0))
    }
}

/// The measures of some rows, gathered column by column until they are computed together.
pub struct MeasureRows {
    rows: usize,
    gathered: Vec<Vec<Gathered>>,
}

enum Gathered {
    Rows(usize, Vec<Option<u32>>),
    Labels(Vec<Option<u32>>),
    Numbers(Vec<i64>),
    Scalars(Vec<ScalarValue>),
}

impl MeasureRows {
    pub fn new(spec: &Spec) -> Self {
        let gathered = |value: &Value| match value {
            Value::Column { column, .. } | Value::Constant { column } => Gathered::Rows(*column, Vec::new()),
            Value::Classifier { .. } => Gathered::Labels(Vec::new()),
            Value::MatchNumber => Gathered::Numbers(Vec::new()),
            Value::Aggregate(_) => Gathered::Scalars(Vec::new()),
        };
        MeasureRows { rows: 0, gathered: spec.measures.iter().map(|measure| measure.values.iter().map(gathered).collect()).collect() }
    }

    pub fn len(&self) -> usize {
        self.rows
    }

    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Notes what the measures read at a row of a match.
    pub fn push(&mut self, values: &mut Values<'_>, point: Point<'_>) -> Result<()> {
        let spec = values.spec;
        for (measure, gathered) in spec.measures.iter().zip(&mut self.gathered) {
            for (value, gathered) in measure.values.iter().zip(gathered) {
                match (value, gathered) {
                    (Value::Column { at, .. }, Gathered::Rows(_, rows)) => {
                        rows.push(at.resolve(point, &values.search).map(|row| row as u32))
                    }
                    (Value::Constant { .. }, Gathered::Rows(_, rows)) => rows.push(Some(0)),
                    (Value::Classifier { at }, Gathered::Labels(labels)) => labels.push(values.label_at(at, point)),
                    (Value::MatchNumber, Gathered::Numbers(numbers)) => numbers.push(values.search.match_number),
                    (Value::Aggregate(number), Gathered::Scalars(scalars)) => scalars.push(values.aggregate(*number, point)?),
                    _ => return Err(external(EngineError::internal("a measure changed its form"))),
                }
            }
        }
        self.rows += 1;
        Ok(())
    }

    /// The measures of the rows so far, which are forgotten. Errors: the expressions'.
    pub fn compute(&mut self, values: &Values<'_>) -> Result<Vec<ArrayRef>> {
        let rows = std::mem::take(&mut self.rows);
        let mut measures = Vec::with_capacity(self.gathered.len());
        for (measure, gathered) in values.spec.measures.iter().zip(&mut self.gathered) {
            let mut columns: Vec<ArrayRef> = Vec::with_capacity(gathered.len());
            for (gathered, field) in gathered.iter_mut().zip(measure.schema.fields()) {
                columns.push(match gathered {
                    Gathered::Rows(column, rows) => take(values.partition.column(*column), &UInt32Array::from(std::mem::take(rows)), None)?,
                    Gathered::Labels(labels) => take(&values.spec.label_names, &UInt32Array::from(std::mem::take(labels)), None)?,
                    Gathered::Numbers(numbers) => Arc::new(Int64Array::from(std::mem::take(numbers))),
                    Gathered::Scalars(scalars) if scalars.is_empty() => arrow::array::new_empty_array(field.data_type()),
                    Gathered::Scalars(scalars) => ScalarValue::iter_to_array(std::mem::take(scalars))?,
                });
            }
            let options = RecordBatchOptions::new().with_row_count(Some(rows));
            let batch = RecordBatch::try_new_with_options(Arc::clone(&measure.schema), columns, &options).map_err(DataFusionError::from)?;
            measures.push(measure.expr.evaluate(&batch)?.into_array(rows)?);
        }
        Ok(measures)
    }
}
