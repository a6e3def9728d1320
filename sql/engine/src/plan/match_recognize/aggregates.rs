//! What does an aggregate over matched rows give? Rows that were taken in once are not taken in again while a match grows.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, UInt32Array};
use arrow::compute::take;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::Accumulator;

use super::spec::CompiledAggregate;

/// An aggregate's state over one partition.
#[derive(Default)]
pub struct AggregateState {
    /// What the accumulator holds: rows of the partition and their labels.
    rows: Vec<u32>,
    row_labels: Vec<u16>,
    match_number: i64,
    accumulator: Option<Box<dyn Accumulator>>,
    value: Option<ScalarValue>,
    /// The rows asked for now, filled anew each time.
    wanted: Vec<u32>,
    wanted_labels: Vec<u16>,
}

/// The match as an aggregate sees it: `labels` of the rows from `start` on.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    pub labels: &'a [u16],
    pub start: usize,
    pub match_number: i64,
}

impl AggregateState {
    /// The value over the rows seen. Errors: the arguments' and the aggregate's.
    pub fn value(
        &mut self,
        aggregate: &CompiledAggregate,
        seen: Seen<'_>,
        partition: &RecordBatch,
        label_names: &ArrayRef,
    ) -> Result<ScalarValue> {
        self.wanted.clear();
        self.wanted_labels.clear();
        for (offset, label) in seen.labels.iter().enumerate() {
            if aggregate.labels.as_ref().is_none_or(|labels| labels.contains(&usize::from(*label))) {
                self.wanted.push((seen.start + offset) as u32);
                self.wanted_labels.push(*label);
            }
        }
        let is_same_match =
            !aggregate.reads_match || (self.match_number == seen.match_number && self.wanted_labels.starts_with(&self.row_labels));
        let grows = self.accumulator.is_some() && is_same_match && self.wanted.starts_with(&self.rows);
        if grows
            && self.wanted.len() == self.rows.len()
            && let Some(value) = &self.value
        {
            return Ok(value.clone());
        }
        let known = if grows { self.rows.len() } else { 0 };
        let mut accumulator = match self.accumulator.take() {
            Some(accumulator) if grows => accumulator,
            _ => aggregate.function.create_accumulator()?,
        };
        if known < self.wanted.len() {
            let arguments =
                arguments(aggregate, &self.wanted[known..], &self.wanted_labels[known..], seen.match_number, partition, label_names)?;
            accumulator.update_batch(&arguments)?;
        }
        let value = accumulator.evaluate()?;
        self.accumulator = Some(accumulator);
        std::mem::swap(&mut self.rows, &mut self.wanted);
        std::mem::swap(&mut self.row_labels, &mut self.wanted_labels);
        self.match_number = seen.match_number;
        self.value = Some(value.clone());
        Ok(value)
    }
}

fn arguments(
    aggregate: &CompiledAggregate,
    rows: &[u32],
    labels: &[u16],
    match_number: i64,
    partition: &RecordBatch,
    label_names: &ArrayRef,
) -> Result<Vec<ArrayRef>> {
    let indices = UInt32Array::from(rows.to_vec());
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(aggregate.schema.fields().len());
    for column in &aggregate.columns_read {
        columns.push(take(partition.column(*column), &indices, None)?);
    }
    let label_indices: UInt32Array = labels.iter().map(|label| Some(u32::from(*label))).collect();
    columns.push(take(label_names, &label_indices, None)?);
    columns.push(Arc::new(Int64Array::from_value(match_number, rows.len())));
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    let batch = RecordBatch::try_new_with_options(Arc::clone(&aggregate.schema), columns, &options)?;
    aggregate.arguments.iter().map(|argument| argument.evaluate(&batch)?.into_array(rows.len())).collect()
}
