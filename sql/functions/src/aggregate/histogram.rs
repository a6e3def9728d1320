//! `histogram` and `multimap_agg`: how often, or with which values, each key came. Ref: Trino 401 "Map aggregate functions".

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, ListArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Int64Type};
use datafusion::logical_expr::AggregateUDF;

use super::fold::{Fold, Folded, Placed};
use super::keyed::{Entries, Keyed, maps};
use super::pick::{Pick, gather_lists, hold, saved_range};
use super::udaf::AggregateUdf;
use crate::call::Binding;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::identity;
use crate::types::TrinoType;
use crate::types::arrow_form::item_field;

pub const HISTOGRAM: Function = Function {
    name: "histogram",
    description: "A map of how often each value came",
    overloads: &[Overload::aggregate("<T: comparable>(T) -> map(T,bigint)", histogram)],
    examples: &[("(SELECT histogram(x) FROM (VALUES 7, NULL, 7) t(x))", "{7=2}")],
    ..Function::AGGREGATE
};

pub const MULTIMAP_AGG: Function = Function {
    name: "multimap_agg",
    description: "A map of all values each key came with; null keys are left out",
    overloads: &[Overload::aggregate("<K: comparable, V>(K, V) -> map(K,array(V))", multimap_agg)],
    examples: &[("(SELECT multimap_agg(x, y ORDER BY y) FROM (VALUES (1, 'a'), (1, 'b')) t(x, y))", "{1=[a, b]}")],
    ..Function::AGGREGATE
};

fn key_of(binding: &Binding) -> TrinoType {
    binding.argument_types.first().cloned().unwrap_or(TrinoType::Unknown)
}

fn histogram(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    Ok(AggregateUdf::build(binding, Folded::new(Histogram { key: key_of(binding) })))
}

fn multimap_agg(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    let value = binding.argument_types.get(1).cloned().unwrap_or(TrinoType::Unknown);
    Ok(AggregateUdf::build(binding, Folded::new(Multimap { key: key_of(binding), value })))
}

struct Histogram {
    key: TrinoType,
}

impl Fold for Histogram {
    type State = Keyed<i64>;

    fn create(&self) -> Keyed<i64> {
        Keyed::default()
    }

    fn state_types(&self) -> Vec<DataType> {
        vec![DataType::List(item_field(&self.key)), DataType::List(item_field(&TrinoType::Bigint))]
    }

    fn fold(&self, states: &mut [Keyed<i64>], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        let encoded = identity::encode(&columns[0], &self.key)?;
        let mut entries = Entries::new(&columns[..1], &encoded);
        for placed in rows {
            states[placed.group].is_seen = true;
            *entries.entry(states, placed.group, placed.row, || 0) += 1;
        }
        entries.settle(states)
    }

    fn merge(&self, states: &mut [Keyed<i64>], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        let (keys, counts) = (columns[0].as_list::<i32>(), columns[1].as_list::<i32>());
        let encoded = identity::encode(keys.values(), &self.key)?;
        let held = [Arc::clone(keys.values())];
        let mut entries = Entries::new(&held, &encoded);
        let values = counts.values().as_primitive::<Int64Type>();
        for placed in rows {
            for (row, count) in saved_range(keys, placed.row).zip(saved_range(counts, placed.row)) {
                states[placed.group].is_seen = true;
                *entries.entry(states, placed.group, row as usize, || 0) += values.value(count as usize);
            }
        }
        entries.settle(states)
    }

    fn save(&self, states: &[Keyed<i64>]) -> Result<Vec<ArrayRef>, FunctionError> {
        let offsets = OffsetBuffer::from_lengths(states.iter().map(|state| state.extras.len()));
        let counts = ListArray::try_new(item_field(&TrinoType::Bigint), offsets, counts(states), None)?;
        Ok(vec![gather_lists(states, |state| &state.picks, 0, &self.key, false)?, Arc::new(counts)])
    }

    fn finish(&self, states: &[Keyed<i64>]) -> Result<ArrayRef, FunctionError> {
        maps(states, &self.key, &TrinoType::Bigint, counts(states))
    }

    fn held_bytes(&self, state: &Keyed<i64>) -> usize {
        state.bytes()
    }
}

fn counts(states: &[Keyed<i64>]) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(states.iter().flat_map(|state| state.extras.iter().copied())))
}

struct Multimap {
    key: TrinoType,
    value: TrinoType,
}

impl Multimap {
    /// All values, a list a key.
    fn values(&self, states: &[Keyed<Vec<Pick>>]) -> Result<ArrayRef, FunctionError> {
        let lists: Vec<&Vec<Pick>> = states.iter().flat_map(|state| state.extras.iter()).collect();
        gather_lists(&lists, |list| list.as_slice(), 0, &self.value, false)
    }
}

impl Fold for Multimap {
    type State = Keyed<Vec<Pick>>;

    fn create(&self) -> Keyed<Vec<Pick>> {
        Keyed::default()
    }

    fn skips_nulls(&self) -> bool {
        false
    }

    fn is_order_sensitive(&self) -> bool {
        true
    }

    fn state_types(&self) -> Vec<DataType> {
        let lists = TrinoType::array(self.value.clone());
        vec![DataType::List(item_field(&self.key)), DataType::List(item_field(&lists))]
    }

    fn fold(&self, states: &mut [Keyed<Vec<Pick>>], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        let encoded = identity::encode(&columns[0], &self.key)?;
        let mut entries = Entries::new(&columns[..1], &encoded);
        let values = hold(&columns[1..2]);
        for placed in rows.iter().filter(|placed| columns[0].is_valid(placed.row)) {
            states[placed.group].is_seen = true;
            let pick = Pick { held: Arc::clone(&values), row: placed.row as u32 };
            entries.entry(states, placed.group, placed.row, Vec::new).push(pick);
        }
        entries.settle(states)
    }

    fn merge(&self, states: &mut [Keyed<Vec<Pick>>], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        let (keys, lists) = (columns[0].as_list::<i32>(), columns[1].as_list::<i32>());
        let inner = lists.values().as_list::<i32>();
        let encoded = identity::encode(keys.values(), &self.key)?;
        let key_columns = [Arc::clone(keys.values())];
        let mut entries = Entries::new(&key_columns, &encoded);
        let values = hold(&[Arc::clone(inner.values())]);
        for placed in rows {
            for (row, list) in saved_range(keys, placed.row).zip(saved_range(lists, placed.row)) {
                states[placed.group].is_seen = true;
                let picks = saved_range(inner, list as usize).map(|row| Pick { held: Arc::clone(&values), row });
                entries.entry(states, placed.group, row as usize, Vec::new).extend(picks);
            }
        }
        entries.settle(states)
    }

    fn save(&self, states: &[Keyed<Vec<Pick>>]) -> Result<Vec<ArrayRef>, FunctionError> {
        let offsets = OffsetBuffer::from_lengths(states.iter().map(|state| state.extras.len()));
        let field = item_field(&TrinoType::array(self.value.clone()));
        let lists = ListArray::try_new(field, offsets, self.values(states)?, None)?;
        Ok(vec![gather_lists(states, |state| &state.picks, 0, &self.key, false)?, Arc::new(lists)])
    }

    fn finish(&self, states: &[Keyed<Vec<Pick>>]) -> Result<ArrayRef, FunctionError> {
        maps(states, &self.key, &TrinoType::array(self.value.clone()), self.values(states)?)
    }

    fn held_bytes(&self, state: &Keyed<Vec<Pick>>) -> usize {
        state.bytes() + state.extras.iter().flatten().map(Pick::bytes).sum::<usize>()
    }
}
