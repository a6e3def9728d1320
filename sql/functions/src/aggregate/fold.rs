//! How is an aggregate written as a fold over rows? States in a vector, one a group; the plumbing is here.

use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray};
use arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{Accumulator, EmitTo, GroupsAccumulator};

use super::udaf::Aggregate;
use crate::error::FunctionError;

/// A row of the batch and the group it belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Placed {
    pub row: usize,
    pub group: usize,
}

/// An aggregate as a fold.
pub trait Fold: Send + Sync + 'static {
    /// What a group has seen so far.
    type State: Send + Sync + 'static;

    /// A group that has seen nothing.
    fn create(&self) -> Self::State;
    /// Are rows with a null argument left out before [`Fold::fold`]?
    fn skips_nulls(&self) -> bool {
        true
    }
    /// Does the order of the rows change the result?
    fn is_order_sensitive(&self) -> bool {
        false
    }
    /// Physical types of a saved state.
    fn state_types(&self) -> Vec<DataType>;
    /// Takes in the rows.
    fn fold(&self, states: &mut [Self::State], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError>;
    /// Takes in every row of a batch, nulls and all, for one group, when there is a faster way than row by row.
    /// Answers whether it did.
    fn fold_all(&self, _state: &mut Self::State, _columns: &[ArrayRef]) -> Result<bool, FunctionError> {
        Ok(false)
    }
    /// Takes in every row of a batch, nulls and all, row `i` for group `groups[i]`, when there is a faster way than by
    /// rows picked out. Answers whether it did.
    fn fold_groups(&self, _states: &mut [Self::State], _columns: &[ArrayRef], _groups: &[usize]) -> Result<bool, FunctionError> {
        Ok(false)
    }
    /// Takes in saved states.
    fn merge(&self, states: &mut [Self::State], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError>;
    /// Saves states, one a row.
    fn save(&self, states: &[Self::State]) -> Result<Vec<ArrayRef>, FunctionError>;
    /// The results, one a row.
    fn finish(&self, states: &[Self::State]) -> Result<ArrayRef, FunctionError>;
    /// Bytes a state holds beside itself.
    fn held_bytes(&self, _state: &Self::State) -> usize {
        0
    }
}

/// A fold as an [`Aggregate`].
pub struct Folded<F: Fold>(Arc<F>);

impl<F: Fold> Folded<F> {
    pub fn new(fold: F) -> Folded<F> {
        Folded(Arc::new(fold))
    }
}

impl<F: Fold> Aggregate for Folded<F> {
    fn state_types(&self) -> Vec<DataType> {
        self.0.state_types()
    }

    fn accumulator(&self) -> Box<dyn Accumulator> {
        Box::new(OneFold { fold: Arc::clone(&self.0), states: vec![self.0.create()], rows: vec![] })
    }

    fn groups_accumulator(&self) -> Box<dyn GroupsAccumulator> {
        Box::new(GroupFold { fold: Arc::clone(&self.0), states: vec![], held_bytes: 0, rows_unmeasured: 0, rows: vec![] })
    }

    fn is_order_sensitive(&self) -> bool {
        self.0.is_order_sensitive()
    }
}

/// Gathers the rows that count: let in by the filter and, if nulls are skipped, without one.
fn place<F: Fold>(
    fold: &F,
    values: &[ArrayRef],
    rows: usize,
    group_of: impl Fn(usize) -> usize,
    filter: Option<&BooleanArray>,
    placed: &mut Vec<Placed>,
) {
    placed.clear();
    let nullable: Vec<&ArrayRef> = values.iter().filter(|column| fold.skips_nulls() && column.null_count() > 0).collect();
    if filter.is_none() && nullable.is_empty() {
        placed.extend((0..rows).map(|row| Placed { row, group: group_of(row) }));
        return;
    }
    placed.extend(
        (0..rows)
            .filter(|row| {
                filter.is_none_or(|filter| filter.is_valid(*row) && filter.value(*row))
                    && nullable.iter().all(|column| column.is_valid(*row))
            })
            .map(|row| Placed { row, group: group_of(row) }),
    );
}

struct GroupFold<F: Fold> {
    fold: Arc<F>,
    states: Vec<F::State>,
    held_bytes: usize,
    /// Rows since the states were last measured.
    rows_unmeasured: usize,
    /// Room for the rows of a batch, used again and again.
    rows: Vec<Placed>,
}

impl<F: Fold> GroupFold<F> {
    fn resize(&mut self, groups: usize) {
        while self.states.len() < groups {
            self.states.push(self.fold.create());
        }
    }

    /// Every so many rows, for looking at each state costs.
    fn measure(&mut self, rows: usize) {
        self.rows_unmeasured += rows;
        if self.rows_unmeasured < self.states.len() {
            return;
        }
        self.rows_unmeasured = 0;
        self.held_bytes = self.states.iter().map(|state| self.fold.held_bytes(state)).sum();
    }
}

impl<F: Fold> GroupsAccumulator for GroupFold<F> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.resize(total_num_groups);
        if opt_filter.is_some() || !self.fold.fold_groups(&mut self.states, values, group_indices)? {
            place(self.fold.as_ref(), values, group_indices.len(), |row| group_indices[row], opt_filter, &mut self.rows);
            self.fold.fold(&mut self.states, values, &self.rows)?;
        }
        self.measure(group_indices.len());
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let states = emit_to.take_needed(&mut self.states);
        Ok(self.fold.finish(&states)?)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let states = emit_to.take_needed(&mut self.states);
        Ok(self.fold.save(&states)?)
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.resize(total_num_groups);
        let rows: Vec<Placed> = group_indices.iter().enumerate().map(|(row, group)| Placed { row, group: *group }).collect();
        self.fold.merge(&mut self.states, values, &rows)?;
        self.measure(group_indices.len());
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let rows = values.first().map_or(0, |column| column.len());
        let mut states: Vec<F::State> = (0..rows).map(|_| self.fold.create()).collect();
        let mut placed = vec![];
        place(self.fold.as_ref(), values, rows, |row| row, opt_filter, &mut placed);
        self.fold.fold(&mut states, values, &placed)?;
        Ok(self.fold.save(&states)?)
    }

    fn size(&self) -> usize {
        self.states.capacity() * std::mem::size_of::<F::State>() + self.held_bytes
    }
}

struct OneFold<F: Fold> {
    fold: Arc<F>,
    /// One.
    states: Vec<F::State>,
    /// Room for the rows of a batch, used again and again.
    rows: Vec<Placed>,
}

impl<F: Fold> fmt::Debug for OneFold<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneFold")
    }
}

impl<F: Fold> Accumulator for OneFold<F> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        if self.fold.fold_all(&mut self.states[0], values)? {
            return Ok(());
        }
        let rows = values.first().map_or(0, |column| column.len());
        place(self.fold.as_ref(), values, rows, |_| 0, None, &mut self.rows);
        Ok(self.fold.fold(&mut self.states, values, &self.rows)?)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        ScalarValue::try_from_array(&self.fold.finish(&self.states)?, 0)
    }

    fn size(&self) -> usize {
        std::mem::size_of_val(self)
            + self.states.iter().map(|state| std::mem::size_of::<F::State>() + self.fold.held_bytes(state)).sum::<usize>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.fold.save(&self.states)?.iter().map(|array| ScalarValue::try_from_array(array, 0)).collect()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let rows = states.first().map_or(0, |column| column.len());
        let placed: Vec<Placed> = (0..rows).map(|row| Placed { row, group: 0 }).collect();
        Ok(self.fold.merge(&mut self.states, states, &placed)?)
    }
}
