//! `min` and `max`, also of the n smallest and largest. NaN is passed over while there is another value. Ref: Trino 401 `MinMaxCompare`, `MaxNAggregation`.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float32Array, Float64Array, ListArray};
use arrow::buffer::OffsetBuffer;
use arrow::compute::concat;
use arrow::datatypes::{DataType, Float32Type, Float64Type, Int64Type};
use datafusion::functions_aggregate::min_max::{max_udaf, min_udaf};
use datafusion::logical_expr::AggregateUDF;

use super::fold::{Fold, Folded, Placed};
use super::kept::{Kept, gather, keep};
use super::udaf::AggregateUdf;
use crate::call::Binding;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::operator::compare::order_at;
use crate::operator::native::has_native_order;
use crate::types::TrinoType;
use crate::types::arrow_form::{arrow_type, item_field};

pub const MIN: Function = Function {
    name: "min",
    description: "Smallest value, or the n smallest",
    overloads: &[Overload::aggregate("<T: orderable>(T) -> T", min), Overload::aggregate("<E: orderable>(E, bigint) -> array(E)", min_n)],
    examples: &[("(SELECT min(x) FROM (VALUES 2, 1, 3) t(x))", "1"), ("(SELECT min(x, 2) FROM (VALUES 2, 1, 3) t(x))", "[1, 2]")],
    ..Function::AGGREGATE
};

pub const MAX: Function = Function {
    name: "max",
    description: "Largest value, or the n largest",
    overloads: &[Overload::aggregate("<T: orderable>(T) -> T", max), Overload::aggregate("<E: orderable>(E, bigint) -> array(E)", max_n)],
    examples: &[("(SELECT max(x) FROM (VALUES 2, 1, 3) t(x))", "3"), ("(SELECT max(x, 2) FROM (VALUES 2, 1, 3) t(x))", "[3, 2]")],
    ..Function::AGGREGATE
};

fn min(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    extreme(binding, Ordering::Less)
}

fn max(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    extreme(binding, Ordering::Greater)
}

fn extreme(binding: &Arc<Binding>, wanted: Ordering) -> Result<Arc<AggregateUDF>, FunctionError> {
    Ok(match &binding.return_type {
        TrinoType::Uuid | TrinoType::IpAddress => AggregateUdf::build(binding, Folded::new(Extreme::new(binding, wanted))),
        // Packed timestamps order by instant first.
        flat if has_native_order(flat) || matches!(flat, TrinoType::TimestampWithTimeZone(_)) => {
            if wanted == Ordering::Less {
                min_udaf()
            } else {
                max_udaf()
            }
        }
        TrinoType::Double | TrinoType::Real => {
            AggregateUdf::build(binding, Folded::new(ExtremeFloat { is_real: matches!(binding.return_type, TrinoType::Real), wanted }))
        }
        _ => AggregateUdf::build(binding, Folded::new(Extreme::new(binding, wanted))),
    })
}

fn min_n(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    Ok(AggregateUdf::build(binding, Folded::new(ExtremeN::new(binding, Ordering::Less))))
}

fn max_n(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    Ok(AggregateUdf::build(binding, Folded::new(ExtremeN::new(binding, Ordering::Greater))))
}

/// Of floats.
struct ExtremeFloat {
    is_real: bool,
    wanted: Ordering,
}

impl ExtremeFloat {
    fn put(&self, state: &mut Option<f64>, value: f64) {
        let is_better = match *state {
            None => true,
            Some(held) if held.is_nan() => true,
            Some(held) => value.partial_cmp(&held) == Some(self.wanted),
        };
        if is_better {
            *state = Some(value);
        }
    }
}

/// The greatest, or the least, of the values that are numbers; `None` when that is an infinity on the other side, or nothing.
pub fn best_double(values: &[f64], wanted: Ordering) -> Option<f64> {
    match wanted {
        Ordering::Greater => best_of(values, f64::NEG_INFINITY, |value, held| value > held),
        _ => best_of(values, f64::INFINITY, |value, held| value < held),
    }
}

/// The best of the values, by lanes that fill a vector register; `None` when none is better than `worst`, the infinity on the other side.
fn best_of(values: &[f64], worst: f64, is_better: impl Fn(f64, f64) -> bool) -> Option<f64> {
    const LANES: usize = 8;
    let mut lanes = [worst; LANES];
    let chunks = values.chunks_exact(LANES);
    let mut best = worst;
    for value in chunks.remainder() {
        if is_better(*value, best) {
            best = *value;
        }
    }
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = if is_better(*value, *lane) { *value } else { *lane };
        }
    }
    for lane in lanes {
        if is_better(lane, best) {
            best = lane;
        }
    }
    (best != worst).then_some(best)
}

impl Fold for ExtremeFloat {
    type State = Option<f64>;

    fn create(&self) -> Option<f64> {
        None
    }

    fn state_types(&self) -> Vec<DataType> {
        vec![if self.is_real { DataType::Float32 } else { DataType::Float64 }]
    }

    fn fold(&self, states: &mut [Option<f64>], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        if self.is_real {
            let values = columns[0].as_primitive::<Float32Type>();
            rows.iter().for_each(|placed| self.put(&mut states[placed.group], f64::from(values.value(placed.row))));
        } else {
            let values = columns[0].as_primitive::<Float64Type>();
            rows.iter().for_each(|placed| self.put(&mut states[placed.group], values.value(placed.row)));
        }
        Ok(())
    }

    fn fold_all(&self, state: &mut Option<f64>, columns: &[ArrayRef]) -> Result<bool, FunctionError> {
        let (false, Some(values)) = (self.is_real, columns[0].as_primitive_opt::<Float64Type>()) else { return Ok(false) };
        if values.null_count() > 0 {
            return Ok(false);
        }
        match best_double(values.values(), self.wanted) {
            Some(best) => self.put(state, best),
            None => values.values().iter().for_each(|value| self.put(state, *value)),
        }
        Ok(true)
    }

    fn fold_groups(&self, states: &mut [Option<f64>], columns: &[ArrayRef], groups: &[usize]) -> Result<bool, FunctionError> {
        let (false, Some(values)) = (self.is_real, columns[0].as_primitive_opt::<Float64Type>()) else { return Ok(false) };
        if values.null_count() > 0 {
            return Ok(false);
        }
        groups.iter().zip(values.values()).for_each(|(group, value)| self.put(&mut states[*group], *value));
        Ok(true)
    }

    fn merge(&self, states: &mut [Option<f64>], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        let valid: Vec<Placed> = rows.iter().copied().filter(|placed| columns[0].is_valid(placed.row)).collect();
        self.fold(states, columns, &valid)
    }

    fn save(&self, states: &[Option<f64>]) -> Result<Vec<ArrayRef>, FunctionError> {
        Ok(vec![self.finish(states)?])
    }

    fn finish(&self, states: &[Option<f64>]) -> Result<ArrayRef, FunctionError> {
        Ok(if self.is_real {
            Arc::new(states.iter().map(|state| state.map(|value| value as f32)).collect::<Float32Array>())
        } else {
            Arc::new(states.iter().copied().collect::<Float64Array>())
        })
    }
}

/// Is `values[row]` better than `held[at]`, neither null? NaN is worse than any number.
pub fn is_better(
    data_type: &TrinoType,
    wanted: Ordering,
    values: &ArrayRef,
    row: usize,
    held: &ArrayRef,
    at: usize,
) -> Result<bool, FunctionError> {
    let is_better_float = |value: f64, held: f64| if held.is_nan() { !value.is_nan() } else { value.partial_cmp(&held) == Some(wanted) };
    Ok(match data_type {
        TrinoType::Double => is_better_float(values.as_primitive::<Float64Type>().value(row), held.as_primitive::<Float64Type>().value(at)),
        TrinoType::Real => is_better_float(
            f64::from(values.as_primitive::<Float32Type>().value(row)),
            f64::from(held.as_primitive::<Float32Type>().value(at)),
        ),
        _ => order_at(data_type, values.as_ref(), row, held.as_ref(), at)? == wanted,
    })
}

/// Of any other type.
struct Extreme {
    data_type: TrinoType,
    arrow: DataType,
    wanted: Ordering,
}

impl Extreme {
    fn new(binding: &Binding, wanted: Ordering) -> Extreme {
        Extreme { data_type: binding.return_type.clone(), arrow: binding.return_arrow.clone(), wanted }
    }
}

impl Fold for Extreme {
    type State = Option<Kept>;

    fn create(&self) -> Option<Kept> {
        None
    }

    fn state_types(&self) -> Vec<DataType> {
        vec![self.arrow.clone()]
    }

    fn fold(&self, states: &mut [Option<Kept>], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        for placed in rows {
            let state = &mut states[placed.group];
            let is_better = match state {
                None => true,
                Some(held) => order_at(&self.data_type, columns[0].as_ref(), placed.row, held.as_ref(), 0)? == self.wanted,
            };
            if is_better {
                *state = Some(keep(&columns[0], placed.row)?);
            }
        }
        Ok(())
    }

    fn merge(&self, states: &mut [Option<Kept>], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        let valid: Vec<Placed> = rows.iter().copied().filter(|placed| columns[0].is_valid(placed.row)).collect();
        self.fold(states, columns, &valid)
    }

    fn save(&self, states: &[Option<Kept>]) -> Result<Vec<ArrayRef>, FunctionError> {
        Ok(vec![self.finish(states)?])
    }

    fn finish(&self, states: &[Option<Kept>]) -> Result<ArrayRef, FunctionError> {
        gather(states.iter().map(Option::as_ref), &self.arrow)
    }

    fn held_bytes(&self, state: &Option<Kept>) -> usize {
        state.as_ref().map_or(0, |held| held.get_array_memory_size())
    }
}

/// Most values `min(x, n)` may be asked for. Ref: Trino 401 `MaxNAggregation`.
const COUNT_MAX: i64 = 10_000;

/// Of the n best, in order.
struct ExtremeN {
    data_type: TrinoType,
    arrow: DataType,
    wanted: Ordering,
}

impl ExtremeN {
    fn new(binding: &Binding, wanted: Ordering) -> ExtremeN {
        let data_type = binding.argument_types.first().cloned().unwrap_or(TrinoType::Unknown);
        ExtremeN { arrow: arrow_type(&data_type), data_type, wanted }
    }

    fn put(&self, state: &mut Best, values: &ArrayRef, row: usize, count: i64) -> Result<(), FunctionError> {
        if count <= 0 {
            return Err(FunctionError::argument(format!("second argument of max_n/min_n must be positive, but was {count}")));
        }
        if count > COUNT_MAX {
            return Err(FunctionError::argument(format!(
                "second argument of max_n/min_n must be less than or equal to {COUNT_MAX}; found {count}"
            )));
        }
        state.count = count;
        let mut at = state.values.len();
        while at > 0 && is_better(&self.data_type, self.wanted, values, row, &state.values[at - 1], 0)? {
            at -= 1;
        }
        if at < count as usize {
            state.values.insert(at, keep(values, row)?);
            state.values.truncate(count as usize);
        }
        Ok(())
    }

    fn lists(&self, states: &[Best], marks_empty: bool) -> Result<ArrayRef, FunctionError> {
        let parts: Vec<&dyn Array> = states.iter().flat_map(|state| state.values.iter().map(|value| value.as_ref())).collect();
        let values = if parts.is_empty() { arrow::array::new_empty_array(&self.arrow) } else { concat(&parts)? };
        let offsets = OffsetBuffer::from_lengths(states.iter().map(|state| state.values.len()));
        let nulls = marks_empty.then(|| states.iter().map(|state| !state.values.is_empty()).collect());
        Ok(Arc::new(ListArray::try_new(item_field(&self.data_type), offsets, values, nulls)?))
    }
}

#[derive(Default)]
struct Best {
    count: i64,
    values: Vec<Kept>,
}

impl Fold for ExtremeN {
    type State = Best;

    fn create(&self) -> Best {
        Best::default()
    }

    fn state_types(&self) -> Vec<DataType> {
        vec![DataType::List(item_field(&self.data_type)), DataType::Int64]
    }

    fn fold(&self, states: &mut [Best], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        let counts = columns[1].as_primitive::<Int64Type>();
        for placed in rows {
            self.put(&mut states[placed.group], &columns[0], placed.row, counts.value(placed.row))?;
        }
        Ok(())
    }

    fn merge(&self, states: &mut [Best], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        let (lists, counts) = (columns[0].as_list::<i32>(), columns[1].as_primitive::<Int64Type>());
        for placed in rows {
            let values = lists.value(placed.row);
            for row in 0..values.len() {
                self.put(&mut states[placed.group], &values, row, counts.value(placed.row))?;
            }
        }
        Ok(())
    }

    fn save(&self, states: &[Best]) -> Result<Vec<ArrayRef>, FunctionError> {
        Ok(vec![self.lists(states, false)?, Arc::new(states.iter().map(|state| Some(state.count)).collect::<arrow::array::Int64Array>())])
    }

    fn finish(&self, states: &[Best]) -> Result<ArrayRef, FunctionError> {
        self.lists(states, true)
    }
}
