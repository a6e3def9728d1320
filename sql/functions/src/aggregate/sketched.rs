//! How is a summary an aggregate? Rows go in, partial ones travel as bytes, the result is read off at the end.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryViewBuilder};
use arrow::datatypes::DataType;

use super::fold::{Fold, Placed};
use crate::error::FunctionError;
use crate::sketch::Sketch;

/// One aggregate over a summary.
pub trait Summary: Send + Sync + 'static {
    type Sketch: Sketch;

    /// Takes rows in; no argument is null in them. A group's summary is made by its first row.
    fn fold(&self, states: &mut [Option<Self::Sketch>], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError>;
    /// As [`Fold::fold_all`].
    fn fold_all(&self, _state: &mut Option<Self::Sketch>, _columns: &[ArrayRef]) -> Result<bool, FunctionError> {
        Ok(false)
    }
    /// The results; a group without rows has no summary.
    fn finish(&self, states: &[Option<Self::Sketch>]) -> Result<ArrayRef, FunctionError>;
}

/// A [`Summary`] as a fold.
pub struct Summarized<S: Summary>(pub S);

impl<S: Summary> Fold for Summarized<S> {
    type State = Option<S::Sketch>;

    fn create(&self) -> Option<S::Sketch> {
        None
    }

    fn state_types(&self) -> Vec<DataType> {
        vec![DataType::BinaryView]
    }

    fn fold(&self, states: &mut [Option<S::Sketch>], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        self.0.fold(states, columns, rows)
    }

    fn fold_all(&self, state: &mut Option<S::Sketch>, columns: &[ArrayRef]) -> Result<bool, FunctionError> {
        self.0.fold_all(state, columns)
    }

    fn merge(&self, states: &mut [Option<S::Sketch>], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        merge_bytes(states, &columns[0], rows)
    }

    fn save(&self, states: &[Option<S::Sketch>]) -> Result<Vec<ArrayRef>, FunctionError> {
        Ok(vec![bytes_of(states)])
    }

    fn finish(&self, states: &[Option<S::Sketch>]) -> Result<ArrayRef, FunctionError> {
        self.0.finish(states)
    }

    fn held_bytes(&self, state: &Option<S::Sketch>) -> usize {
        state.as_ref().map_or(0, Sketch::held_bytes)
    }
}

/// Merges summaries given as bytes into those of their groups.
pub fn merge_bytes<S: Sketch>(states: &mut [Option<S>], column: &ArrayRef, rows: &[Placed]) -> Result<(), FunctionError> {
    let bytes = column.as_binary_view();
    for placed in rows.iter().filter(|placed| bytes.is_valid(placed.row)) {
        let other = S::from_bytes(bytes.value(placed.row))?;
        match &mut states[placed.group] {
            Some(state) => state.merge(other)?,
            state => *state = Some(other),
        }
    }
    Ok(())
}

/// The summaries as bytes.
pub fn bytes_of<S: Sketch>(states: &[Option<S>]) -> ArrayRef {
    let mut bytes = BinaryViewBuilder::with_capacity(states.len());
    states.iter().for_each(|state| bytes.append_option(state.as_ref().map(Sketch::to_bytes)));
    Arc::new(bytes.finish())
}

/// `merge`: summaries in, their union out.
pub struct Union<S>(pub std::marker::PhantomData<fn() -> S>);

impl<S: Sketch> Summary for Union<S> {
    type Sketch = S;

    fn fold(&self, states: &mut [Option<S>], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        merge_bytes(states, &columns[0], rows)
    }

    fn finish(&self, states: &[Option<S>]) -> Result<ArrayRef, FunctionError> {
        Ok(bytes_of(states))
    }
}
