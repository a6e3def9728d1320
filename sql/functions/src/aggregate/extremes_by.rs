//! `max_by`, `min_by` and `arbitrary`: a value of the row that another value chooses. Ref: Trino 401 `MaxMinByAggregation`, `MinMaxByNAggregation`.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
};
use datafusion::logical_expr::AggregateUDF;

use super::extremes::{best_double, is_better};
use super::fold::{Fold, Folded, Placed};
use super::pick::{Held, Pick, gather, gather_lists, hold, hold_rows, saved_range};
use super::udaf::AggregateUdf;
use crate::call::Binding;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::types::TrinoType;
use crate::types::arrow_form::{arrow_type, item_field};

pub const MAX_BY: Function = Function {
    name: "max_by",
    description: "The value beside the largest key, or those beside the n largest",
    overloads: &[
        Overload::aggregate("<K: orderable, V>(V, K) -> V", max_by),
        Overload::aggregate("<K: orderable, V>(V, K, bigint) -> array(V)", max_by_n),
    ],
    examples: &[
        ("(SELECT max_by(x, y) FROM (VALUES ('a', 1), ('b', 2)) t(x, y))", "b"),
        ("(SELECT max_by(x, y, 2) FROM (VALUES ('a', 1), ('b', 2), ('c', 3)) t(x, y))", "[c, b]"),
    ],
    ..Function::AGGREGATE
};

pub const MIN_BY: Function = Function {
    name: "min_by",
    description: "The value beside the smallest key, or those beside the n smallest",
    overloads: &[
        Overload::aggregate("<K: orderable, V>(V, K) -> V", min_by),
        Overload::aggregate("<K: orderable, V>(V, K, bigint) -> array(V)", min_by_n),
    ],
    examples: &[("(SELECT min_by(x, y) FROM (VALUES ('a', 1), ('b', 2)) t(x, y))", "a")],
    ..Function::AGGREGATE
};

/// Basis: inferred for the alias, which later releases have.
pub const ARBITRARY: Function = Function {
    name: "arbitrary",
    aliases: &["any_value"],
    description: "Any value that is not null",
    overloads: &[Overload::aggregate("<T>(T) -> T", arbitrary)],
    examples: &[("(SELECT arbitrary(x) FROM (VALUES NULL, 1) t(x))", "1")],
    ..Function::AGGREGATE
};

fn max_by(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    Ok(AggregateUdf::build(binding, Folded::new(Chosen { by: By::new(binding, Ordering::Greater) })))
}

fn min_by(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    Ok(AggregateUdf::build(binding, Folded::new(Chosen { by: By::new(binding, Ordering::Less) })))
}

fn max_by_n(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    Ok(AggregateUdf::build(binding, Folded::new(ChosenN { by: By::new(binding, Ordering::Greater) })))
}

fn min_by_n(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    Ok(AggregateUdf::build(binding, Folded::new(ChosenN { by: By::new(binding, Ordering::Less) })))
}

fn arbitrary(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    Ok(AggregateUdf::build(binding, Folded::new(First { arrow: binding.return_arrow.clone() })))
}

/// Which of two keys is better.
struct By {
    value: TrinoType,
    key: TrinoType,
    wanted: Ordering,
}

impl By {
    fn new(binding: &Binding, wanted: Ordering) -> By {
        let argument = |position: usize| binding.argument_types.get(position).cloned().unwrap_or(TrinoType::Unknown);
        By { value: argument(0), key: argument(1), wanted }
    }

    /// Is `keys[row]` better than the held key?
    fn is_better(&self, keys: &ArrayRef, row: usize, held: &Pick) -> Result<bool, FunctionError> {
        is_better(&self.key, self.wanted, keys, row, held.column(1), held.row as usize)
    }
}

/// Moves the picks made in this batch to a copy of just their rows.
fn settle(states: &mut [Option<Pick>], whole: &Arc<Held>, columns: &[ArrayRef], touched: Vec<usize>) -> Result<(), FunctionError> {
    let is_current = |state: &Option<Pick>| state.as_ref().is_some_and(|pick| Arc::ptr_eq(&pick.held, whole));
    let rows = touched.iter().filter_map(|group| states[*group].as_ref().map(|pick| pick.row)).collect();
    let copied = hold_rows(columns, rows)?;
    for (place, group) in touched.into_iter().enumerate() {
        if is_current(&states[group]) {
            states[group] = Some(Pick { held: Arc::clone(&copied), row: place as u32 });
        }
    }
    Ok(())
}

/// The value beside the best key.
struct Chosen {
    by: By,
}

/// The first row with the best key, by a typed loop. `None` for types without one, nulls, NaN and empty columns.
fn best_row(keys: &ArrayRef, data_type: &TrinoType, wanted: Ordering) -> Option<usize> {
    if keys.null_count() > 0 {
        return None;
    }
    macro_rules! whole {
        ($arrow:ty) => {{
            let values = keys.as_primitive_opt::<$arrow>()?.values();
            let best = if wanted == Ordering::Greater { values.iter().max() } else { values.iter().min() }?;
            values.iter().position(|value| value == best)
        }};
    }
    match data_type {
        TrinoType::Double => {
            let values = keys.as_primitive_opt::<Float64Type>()?.values();
            let best = best_double(values, wanted)?;
            values.iter().position(|value| *value == best)
        }
        TrinoType::Integer => whole!(Int32Type),
        TrinoType::Bigint => whole!(Int64Type),
        TrinoType::Date => whole!(Date32Type),
        TrinoType::Timestamp(0..=3) => whole!(TimestampMillisecondType),
        TrinoType::Timestamp(4..=6) => whole!(TimestampMicrosecondType),
        TrinoType::Decimal { .. } => whole!(Decimal128Type),
        _ => None,
    }
}

impl Fold for Chosen {
    type State = Option<Pick>;

    fn create(&self) -> Option<Pick> {
        None
    }

    fn skips_nulls(&self) -> bool {
        false
    }

    fn state_types(&self) -> Vec<DataType> {
        vec![arrow_type(&self.by.value), arrow_type(&self.by.key)]
    }

    fn fold(&self, states: &mut [Option<Pick>], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        let columns = &columns[..2];
        let whole = hold(columns);
        let mut touched = vec![];
        for placed in rows.iter().filter(|placed| columns[1].is_valid(placed.row)) {
            let state = &mut states[placed.group];
            let is_better = match state {
                None => true,
                Some(held) => self.by.is_better(&columns[1], placed.row, held)?,
            };
            if is_better {
                if !state.as_ref().is_some_and(|pick| Arc::ptr_eq(&pick.held, &whole)) {
                    touched.push(placed.group);
                }
                *state = Some(Pick { held: Arc::clone(&whole), row: placed.row as u32 });
            }
        }
        settle(states, &whole, columns, touched)
    }

    fn fold_all(&self, state: &mut Option<Pick>, columns: &[ArrayRef]) -> Result<bool, FunctionError> {
        let Some(row) = best_row(&columns[1], &self.by.key, self.by.wanted) else { return Ok(false) };
        self.fold(std::slice::from_mut(state), columns, &[Placed { row, group: 0 }])?;
        Ok(true)
    }

    fn merge(&self, states: &mut [Option<Pick>], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        self.fold(states, columns, rows)
    }

    fn save(&self, states: &[Option<Pick>]) -> Result<Vec<ArrayRef>, FunctionError> {
        Ok(vec![
            gather(states.iter().map(Option::as_ref), 0, &arrow_type(&self.by.value))?,
            gather(states.iter().map(Option::as_ref), 1, &arrow_type(&self.by.key))?,
        ])
    }

    fn finish(&self, states: &[Option<Pick>]) -> Result<ArrayRef, FunctionError> {
        gather(states.iter().map(Option::as_ref), 0, &arrow_type(&self.by.value))
    }

    fn held_bytes(&self, state: &Option<Pick>) -> usize {
        state.as_ref().map_or(0, Pick::bytes)
    }
}

/// The first value that is not null.
struct First {
    arrow: DataType,
}

impl Fold for First {
    type State = Option<Pick>;

    fn create(&self) -> Option<Pick> {
        None
    }

    fn state_types(&self) -> Vec<DataType> {
        vec![self.arrow.clone()]
    }

    fn fold(&self, states: &mut [Option<Pick>], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        let mut chosen = vec![];
        let columns = &columns[..1];
        let whole = hold(columns);
        for placed in rows {
            let state = &mut states[placed.group];
            if state.is_none() {
                *state = Some(Pick { held: Arc::clone(&whole), row: placed.row as u32 });
                chosen.push(placed.group);
            }
        }
        if chosen.is_empty() { Ok(()) } else { settle(states, &whole, columns, chosen) }
    }

    fn merge(&self, states: &mut [Option<Pick>], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        let valid: Vec<Placed> = rows.iter().copied().filter(|placed| columns[0].is_valid(placed.row)).collect();
        self.fold(states, columns, &valid)
    }

    fn save(&self, states: &[Option<Pick>]) -> Result<Vec<ArrayRef>, FunctionError> {
        Ok(vec![self.finish(states)?])
    }

    fn finish(&self, states: &[Option<Pick>]) -> Result<ArrayRef, FunctionError> {
        gather(states.iter().map(Option::as_ref), 0, &self.arrow)
    }

    fn held_bytes(&self, state: &Option<Pick>) -> usize {
        state.as_ref().map_or(0, Pick::bytes)
    }
}

/// Most values `max_by(x, y, n)` may be asked for. Ref: Trino 401 `MinMaxByNStateFactory`.
const COUNT_MAX: i64 = 10_000;

/// The values beside the n best keys, best first.
struct ChosenN {
    by: By,
}

#[derive(Default)]
struct Best {
    count: i64,
    is_seen: bool,
    /// A binary heap with the worst pick at the root. Among equal keys it decides who stays and who comes first. Ref: Trino 401 `TypedKeyValueHeap`.
    picks: Vec<Pick>,
}

impl ChosenN {
    fn put(&self, state: &mut Best, held: &Arc<Held>, row: u32, count: i64) -> Result<(), FunctionError> {
        if count <= 0 {
            return Err(FunctionError::argument("third argument of max_by/min_by must be a positive integer"));
        }
        if count > COUNT_MAX {
            return Err(FunctionError::argument(format!(
                "third argument of max_by/min_by must be less than or equal to {COUNT_MAX}; found {count}"
            )));
        }
        state.is_seen = true;
        state.count = count;
        let is_full = state.picks.len() >= count as usize;
        if is_full && !self.by.is_better(&held.columns[1], row as usize, &state.picks[0])? {
            return Ok(());
        }
        let pick = Pick { held: hold_rows(&held.columns, vec![row])?, row: 0 };
        if is_full {
            state.picks[0] = pick;
            self.sift_down(&mut state.picks)?;
        } else {
            state.picks.push(pick);
            self.sift_up(&mut state.picks)?;
        }
        Ok(())
    }
}

impl ChosenN {
    fn is_better(&self, picks: &[Pick], left: usize, right: usize) -> Result<bool, FunctionError> {
        self.by.is_better(picks[left].column(1), picks[left].row as usize, &picks[right])
    }

    fn sift_up(&self, picks: &mut [Pick]) -> Result<(), FunctionError> {
        let mut at = picks.len() - 1;
        while at > 0 {
            let parent = (at - 1) / 2;
            if !self.is_better(picks, parent, at)? {
                break;
            }
            picks.swap(at, parent);
            at = parent;
        }
        Ok(())
    }

    fn sift_down(&self, picks: &mut [Pick]) -> Result<(), FunctionError> {
        let mut at = 0;
        loop {
            let left = 2 * at + 1;
            if left >= picks.len() {
                return Ok(());
            }
            let right = left + 1;
            let child = if right < picks.len() && !self.is_better(picks, right, left)? { right } else { left };
            if !self.is_better(picks, at, child)? {
                return Ok(());
            }
            picks.swap(at, child);
            at = child;
        }
    }

    /// The picks, best first: the heap's roots as they are taken off, turned round.
    fn sorted(&self, picks: &[Pick]) -> Result<Vec<Pick>, FunctionError> {
        let mut heap = picks.to_vec();
        let mut sorted = Vec::with_capacity(heap.len());
        while !heap.is_empty() {
            sorted.push(heap.swap_remove(0));
            self.sift_down(&mut heap)?;
        }
        sorted.reverse();
        Ok(sorted)
    }
}

impl Fold for ChosenN {
    type State = Best;

    fn create(&self) -> Best {
        Best::default()
    }

    fn skips_nulls(&self) -> bool {
        false
    }

    fn state_types(&self) -> Vec<DataType> {
        vec![DataType::List(item_field(&self.by.value)), DataType::List(item_field(&self.by.key)), DataType::Int64, DataType::Boolean]
    }

    fn fold(&self, states: &mut [Best], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        let counts = columns[2].as_primitive::<Int64Type>();
        let held = hold(&columns[..2]);
        for placed in rows.iter().filter(|placed| columns[1].is_valid(placed.row) && counts.is_valid(placed.row)) {
            self.put(&mut states[placed.group], &held, placed.row as u32, counts.value(placed.row))?;
        }
        Ok(())
    }

    fn merge(&self, states: &mut [Best], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        let (values, keys) = (columns[0].as_list::<i32>(), columns[1].as_list::<i32>());
        let counts = columns[2].as_primitive::<Int64Type>();
        let held = hold(&[Arc::clone(values.values()), Arc::clone(keys.values())]);
        for placed in rows {
            for row in saved_range(values, placed.row) {
                self.put(&mut states[placed.group], &held, row, counts.value(placed.row))?;
            }
        }
        Ok(())
    }

    fn save(&self, states: &[Best]) -> Result<Vec<ArrayRef>, FunctionError> {
        Ok(vec![
            gather_lists(states, |state| &state.picks, 0, &self.by.value, false)?,
            gather_lists(states, |state| &state.picks, 1, &self.by.key, false)?,
            Arc::new(Int64Array::from_iter_values(states.iter().map(|state| state.count))),
            Arc::new(states.iter().map(|state| Some(state.is_seen)).collect::<BooleanArray>()),
        ])
    }

    fn finish(&self, states: &[Best]) -> Result<ArrayRef, FunctionError> {
        let sorted = states.iter().map(|state| self.sorted(&state.picks)).collect::<Result<Vec<_>, _>>()?;
        gather_lists(&sorted, |picks| picks, 0, &self.by.value, true)
    }

    fn held_bytes(&self, state: &Best) -> usize {
        state.picks.iter().map(Pick::bytes).sum()
    }
}
