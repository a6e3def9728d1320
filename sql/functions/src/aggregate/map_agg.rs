//! `map_agg` and `map_union`: a key keeps the first value it came with. Ref: Trino 401 "Map aggregate functions".

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::datatypes::DataType;
use datafusion::logical_expr::AggregateUDF;

use super::fold::{Fold, Folded, Placed};
use super::keyed::{Entries, Keyed, maps};
use super::pick::{gather, gather_lists, saved_range};
use super::udaf::AggregateUdf;
use crate::call::Binding;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::identity;
use crate::types::TrinoType;
use crate::types::arrow_form::{arrow_type, item_field};

pub const MAP_AGG: Function = Function {
    name: "map_agg",
    description: "A map of the pairs; null keys are left out",
    overloads: &[Overload::aggregate("<K: comparable, V>(K, V) -> map(K,V)", map_agg)],
    examples: &[("(SELECT map_agg(x, y) FROM (VALUES (1, 'a'), (1, 'b')) t(x, y))", "{1=a}")],
    ..Function::AGGREGATE
};

pub const MAP_UNION: Function = Function {
    name: "map_union",
    description: "The union of the maps; a key in several of them keeps one of its values",
    overloads: &[Overload::aggregate("<K: comparable, V>(map(K,V)) -> map(K,V)", map_union)],
    examples: &[("(SELECT map_union(m) FROM (VALUES map(ARRAY[1], ARRAY['a'])) t(m))", "{1=a}")],
    ..Function::AGGREGATE
};

fn map_agg(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    pairs(binding, false)
}

fn map_union(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    pairs(binding, true)
}

fn pairs(binding: &Arc<Binding>, takes_maps: bool) -> Result<Arc<AggregateUDF>, FunctionError> {
    let TrinoType::Map(key, value) = &binding.return_type else {
        return Err(FunctionError::internal("map_agg gives a map"));
    };
    Ok(AggregateUdf::build(binding, Folded::new(Pairs { key: (**key).clone(), value: (**value).clone(), takes_maps })))
}

/// Pairs, or maps of them.
struct Pairs {
    key: TrinoType,
    value: TrinoType,
    takes_maps: bool,
}

impl Fold for Pairs {
    type State = Keyed<()>;

    fn create(&self) -> Keyed<()> {
        Keyed::default()
    }

    fn skips_nulls(&self) -> bool {
        self.takes_maps
    }

    fn is_order_sensitive(&self) -> bool {
        true
    }

    fn state_types(&self) -> Vec<DataType> {
        vec![DataType::List(item_field(&self.key)), DataType::List(item_field(&self.value)), DataType::Boolean]
    }

    fn fold(&self, states: &mut [Keyed<()>], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        if self.takes_maps {
            let map = columns[0].as_map();
            let pairs = [Arc::clone(map.keys()), Arc::clone(map.values())];
            let encoded = identity::encode(&pairs[0], &self.key)?;
            let mut entries = Entries::new(&pairs, &encoded);
            let offsets = map.value_offsets();
            for placed in rows {
                states[placed.group].is_seen = true;
                for row in offsets[placed.row] as usize..offsets[placed.row + 1] as usize {
                    entries.entry(states, placed.group, row, || ());
                }
            }
            return entries.settle(states);
        }
        let encoded = identity::encode(&columns[0], &self.key)?;
        let mut entries = Entries::new(&columns[..2], &encoded);
        for placed in rows.iter().filter(|placed| columns[0].is_valid(placed.row)) {
            states[placed.group].is_seen = true;
            entries.entry(states, placed.group, placed.row, || ());
        }
        entries.settle(states)
    }

    fn merge(&self, states: &mut [Keyed<()>], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        let (keys, values, seen) = (columns[0].as_list::<i32>(), columns[1].as_list::<i32>(), columns[2].as_boolean());
        let pairs = [Arc::clone(keys.values()), Arc::clone(values.values())];
        let encoded = identity::encode(&pairs[0], &self.key)?;
        let mut entries = Entries::new(&pairs, &encoded);
        for placed in rows {
            states[placed.group].is_seen |= seen.value(placed.row);
            for row in saved_range(keys, placed.row) {
                entries.entry(states, placed.group, row as usize, || ());
            }
        }
        entries.settle(states)
    }

    fn save(&self, states: &[Keyed<()>]) -> Result<Vec<ArrayRef>, FunctionError> {
        Ok(vec![
            gather_lists(states, |state| &state.picks, 0, &self.key, false)?,
            gather_lists(states, |state| &state.picks, 1, &self.value, false)?,
            Arc::new(states.iter().map(|state| Some(state.is_seen)).collect::<BooleanArray>()),
        ])
    }

    fn finish(&self, states: &[Keyed<()>]) -> Result<ArrayRef, FunctionError> {
        let values = gather(states.iter().flat_map(|state| state.picks.iter().map(Some)), 1, &arrow_type(&self.value))?;
        maps(states, &self.key, &self.value, values)
    }

    fn held_bytes(&self, state: &Keyed<()>) -> usize {
        state.bytes()
    }
}
