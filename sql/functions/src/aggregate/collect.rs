//! How are DISTINCT and ORDER BY inside an aggregate done? The rows are kept, and fed in order, once each, at the end.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, StructArray, UInt32Array};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{SortColumn, SortOptions, concat, lexsort_to_indices, take};
use arrow::datatypes::{DataType, Field, Fields};
use arrow::row::{OwnedRow, RowConverter, SortField};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::Accumulator;
use datafusion::logical_expr::function::AccumulatorArgs;

use super::udaf::Aggregate;
use crate::call::Binding;
use crate::identity;

/// The state of a collecting accumulator: one list of the rows' columns.
pub fn state_type(columns: &[DataType]) -> DataType {
    DataType::List(item(columns))
}

fn item(columns: &[DataType]) -> Arc<Field> {
    let fields: Fields =
        columns.iter().enumerate().map(|(position, data_type)| Field::new(format!("c{position}"), data_type.clone(), true)).collect();
    Arc::new(Field::new("item", DataType::Struct(fields), true))
}

/// Keeps the rows of one group.
pub struct CollectingAccumulator {
    binding: Arc<Binding>,
    aggregate: Arc<dyn Aggregate>,
    /// Types of the arguments, then of the sort keys.
    columns: Vec<DataType>,
    arguments: usize,
    sort: Vec<SortOptions>,
    /// Rows seen, when only distinct ones count.
    seen: Option<(RowConverter, HashSet<OwnedRow>)>,
    batches: Vec<Vec<ArrayRef>>,
}

impl fmt::Debug for CollectingAccumulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CollectingAccumulator").field("binding", &self.binding).finish_non_exhaustive()
    }
}

impl CollectingAccumulator {
    pub fn new(binding: &Arc<Binding>, aggregate: &Arc<dyn Aggregate>, args: &AccumulatorArgs) -> Result<CollectingAccumulator> {
        let mut columns: Vec<DataType> = args.expr_fields.iter().map(|field| field.data_type().clone()).collect();
        let arguments = columns.len();
        let is_sorted = aggregate.is_order_sensitive() && !args.order_bys.is_empty();
        let mut sort = vec![];
        if is_sorted {
            for key in args.order_bys {
                columns.push(key.expr.data_type(args.schema)?);
                sort.push(key.options);
            }
        }
        let seen = args.is_distinct.then(|| distinct_rows(binding)).transpose()?;
        Ok(CollectingAccumulator {
            binding: Arc::clone(binding),
            aggregate: Arc::clone(aggregate),
            columns,
            arguments,
            sort,
            seen,
            batches: vec![],
        })
    }

    /// All rows kept so far, a column each.
    fn rows(&self) -> Result<Vec<ArrayRef>> {
        (0..self.columns.len())
            .map(|position| {
                let parts: Vec<&dyn Array> = self.batches.iter().map(|batch| batch[position].as_ref()).collect();
                if parts.is_empty() { Ok(arrow::array::new_empty_array(&self.columns[position])) } else { Ok(concat(&parts)?) }
            })
            .collect()
    }
}

fn distinct_rows(binding: &Binding) -> Result<(RowConverter, HashSet<OwnedRow>)> {
    let fields = binding.argument_types.iter().map(|argument| SortField::new(identity::normal_form(argument))).collect();
    Ok((RowConverter::new(fields)?, HashSet::new()))
}

/// Indices of the rows not seen before.
pub fn unseen(binding: &Binding, seen: &mut (RowConverter, HashSet<OwnedRow>), columns: &[ArrayRef]) -> Result<UInt32Array> {
    let (converter, seen) = seen;
    let normal = columns
        .iter()
        .zip(&binding.argument_types)
        .map(|(column, data_type)| identity::normalize(column, data_type))
        .collect::<Result<Vec<_>, _>>()?;
    let rows = converter.convert_columns(&normal)?;
    let mut fresh = vec![];
    for (index, row) in rows.iter().enumerate() {
        if seen.insert(row.owned()) {
            fresh.push(index as u32);
        }
    }
    Ok(UInt32Array::from(fresh))
}

impl Accumulator for CollectingAccumulator {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let Some(values) = values.get(..self.columns.len()) else {
            return Err(crate::error::FunctionError::internal(format!("aggregate '{}' lacks its sort keys", self.binding.name)).into());
        };
        let batch = match &mut self.seen {
            None => values.to_vec(),
            Some(seen) => {
                let fresh = unseen(&self.binding, seen, &values[..self.arguments])?;
                values.iter().map(|column| take(column, &fresh, None)).collect::<Result<Vec<_>, _>>()?
            }
        };
        self.batches.push(batch);
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let mut rows = self.rows()?;
        if !self.sort.is_empty() {
            let keys: Vec<SortColumn> = rows[self.arguments..]
                .iter()
                .zip(&self.sort)
                .map(|(values, options)| SortColumn { values: Arc::clone(values), options: Some(*options) })
                .collect();
            let order = lexsort_to_indices(&keys, None)?;
            rows = rows.iter().map(|column| take(column, &order, None)).collect::<Result<Vec<_>, _>>()?;
        }
        rows.truncate(self.arguments);
        let mut inner = self.aggregate.accumulator();
        inner.update_batch(&rows)?;
        inner.evaluate()
    }

    fn size(&self) -> usize {
        let held: usize = self.batches.iter().flatten().map(|column| column.get_array_memory_size()).sum();
        let seen = self.seen.as_ref().map_or(0, |(_, seen)| seen.iter().map(|row| row.as_ref().len() + 32).sum());
        std::mem::size_of_val(self) + held + seen
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let rows = self.rows()?;
        let item = item(&self.columns);
        let DataType::Struct(fields) = item.data_type().clone() else { return Ok(vec![]) };
        let entries = StructArray::try_new(fields, rows, None)?;
        let offsets = OffsetBuffer::from_lengths([entries.len()]);
        Ok(vec![ScalarValue::List(Arc::new(ListArray::try_new(item, offsets, Arc::new(entries), None)?))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let lists = states[0].as_list::<i32>();
        for entries in lists.iter().flatten() {
            let columns = entries.as_struct().columns().to_vec();
            self.update_batch(&columns)?;
        }
        Ok(())
    }
}
