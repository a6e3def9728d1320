//! How does an aggregate that can't take rows back follow a sliding frame? It keeps the frame's rows and starts anew.

use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef};
use arrow::compute::{concat, take};
use arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::Accumulator;

use super::collect::unseen;
use super::udaf::Aggregate;
use crate::call::Binding;
use crate::error::FunctionError;
use crate::identity;

/// The rows of a frame, oldest first.
pub struct SlidingAccumulator {
    binding: Arc<Binding>,
    aggregate: Arc<dyn Aggregate>,
    columns: Vec<DataType>,
    is_distinct: bool,
    batches: Vec<Vec<ArrayRef>>,
    /// Rows at the front that have left the frame.
    gone: usize,
}

impl SlidingAccumulator {
    pub fn new(binding: &Arc<Binding>, aggregate: &Arc<dyn Aggregate>, columns: Vec<DataType>, is_distinct: bool) -> SlidingAccumulator {
        SlidingAccumulator {
            binding: Arc::clone(binding),
            aggregate: Arc::clone(aggregate),
            columns,
            is_distinct,
            batches: vec![],
            gone: 0,
        }
    }
}

impl fmt::Debug for SlidingAccumulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlidingAccumulator").field("binding", &self.binding).finish_non_exhaustive()
    }
}

impl Accumulator for SlidingAccumulator {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.batches.push(values.iter().take(self.columns.len()).cloned().collect());
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        if self.batches.len() > 1 || self.gone > 0 {
            let mut merged = vec![];
            for position in 0..self.columns.len() {
                let parts: Vec<&dyn Array> = self.batches.iter().map(|batch| batch[position].as_ref()).collect();
                let all = concat(&parts)?;
                merged.push(all.slice(self.gone.min(all.len()), all.len().saturating_sub(self.gone)));
            }
            self.batches = vec![merged];
            self.gone = 0;
        }
        let mut inner = self.aggregate.accumulator();
        if let Some(rows) = self.batches.first() {
            if self.is_distinct {
                let fields = self
                    .binding
                    .argument_types
                    .iter()
                    .map(|argument| arrow::row::SortField::new(identity::normal_form(argument)))
                    .collect();
                let mut seen = (arrow::row::RowConverter::new(fields)?, std::collections::HashSet::new());
                let fresh = unseen(&self.binding, &mut seen, rows)?;
                inner.update_batch(&rows.iter().map(|column| take(column, &fresh, None)).collect::<Result<Vec<_>, _>>()?)?;
            } else {
                inner.update_batch(rows)?;
            }
        }
        inner.evaluate()
    }

    fn size(&self) -> usize {
        std::mem::size_of_val(self) + self.batches.iter().flatten().map(|column| column.get_array_memory_size()).sum::<usize>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Err(FunctionError::internal("a sliding frame has no partial state").into())
    }

    fn merge_batch(&mut self, _states: &[ArrayRef]) -> Result<()> {
        Err(FunctionError::internal("a sliding frame has no partial state").into())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.gone += values.first().map_or(0, |column| column.len());
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }
}
