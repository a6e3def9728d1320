//! `array_agg` and `listagg`: the values one after the other. Ref: Trino 401 "array_agg", "listagg" (`ListaggAggregationFunction`).

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, StringViewBuilder};
use arrow::datatypes::DataType;
use datafusion::logical_expr::AggregateUDF;

use super::fold::{Fold, Folded, Placed};
use super::lists::Lists;
use super::pick::{Pick, gather_lists, hold, hold_placed, saved_range};
use super::udaf::AggregateUdf;
use crate::call::Binding;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::types::TrinoType;
use crate::types::arrow_form::item_field;

pub const ARRAY_AGG: Function = Function {
    name: "array_agg",
    description: "An array of the values, nulls too; null without any row",
    overloads: &[Overload::aggregate("<T>(T) -> array(T)", array_agg)],
    examples: &[("(SELECT array_agg(x ORDER BY x DESC) FROM (VALUES 1, 2, 3) t(x))", "[3, 2, 1]")],
    ..Function::AGGREGATE
};

pub const LISTAGG: Function = Function {
    name: "listagg",
    description: "The values joined by a separator; null without any",
    overloads: &[Overload::aggregate("(varchar, varchar, boolean, varchar, boolean) -> varchar", listagg)],
    examples: &[("(SELECT listagg(x, ',') WITHIN GROUP (ORDER BY x) FROM (VALUES 'b', 'a') t(x))", "a,b")],
    ..Function::AGGREGATE
};

fn array_agg(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    let element = binding.argument_types.first().cloned().unwrap_or(TrinoType::Unknown);
    Ok(AggregateUdf::build(binding, Lists { item: item_field(&element) }))
}

fn listagg(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    Ok(AggregateUdf::build(binding, Folded::new(Collect { columns: binding.argument_types.clone() })))
}

/// Bytes a `listagg` may give. Ref: Trino 401 `MAX_OUTPUT_LENGTH`.
const TEXT_BYTES_MAX: usize = 1_048_576;
/// Bytes its overflow filler may have.
const FILLER_BYTES_MAX: usize = 65_536;

/// Keeps every row of `listagg`.
struct Collect {
    columns: Vec<TrinoType>,
}

impl Fold for Collect {
    type State = Vec<Pick>;

    fn create(&self) -> Vec<Pick> {
        vec![]
    }

    fn is_order_sensitive(&self) -> bool {
        true
    }

    fn state_types(&self) -> Vec<DataType> {
        self.columns.iter().map(|column| DataType::List(item_field(column))).collect()
    }

    fn fold(&self, states: &mut [Vec<Pick>], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        let (held, is_dense) = hold_placed(&columns[..self.columns.len()], rows)?;
        for (position, placed) in rows.iter().enumerate() {
            let row = if is_dense { position } else { placed.row } as u32;
            states[placed.group].push(Pick { held: Arc::clone(&held), row });
        }
        Ok(())
    }

    fn merge(&self, states: &mut [Vec<Pick>], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        let lists: Vec<_> = columns.iter().map(|column| column.as_list::<i32>()).collect();
        let values: Vec<ArrayRef> = lists.iter().map(|list| Arc::clone(list.values())).collect();
        let held = hold(&values);
        for placed in rows {
            let range = saved_range(lists[0], placed.row);
            states[placed.group].extend(range.map(|row| Pick { held: Arc::clone(&held), row }));
        }
        Ok(())
    }

    fn save(&self, states: &[Vec<Pick>]) -> Result<Vec<ArrayRef>, FunctionError> {
        self.columns.iter().enumerate().map(|(position, column)| gather_lists(states, Vec::as_slice, position, column, false)).collect()
    }

    fn finish(&self, states: &[Vec<Pick>]) -> Result<ArrayRef, FunctionError> {
        let mut texts = StringViewBuilder::with_capacity(states.len());
        for state in states {
            match state.first() {
                None => texts.append_null(),
                Some(first) => texts.append_value(joined(state, first)?),
            }
        }
        Ok(Arc::new(texts.finish()))
    }

    fn held_bytes(&self, state: &Vec<Pick>) -> usize {
        state.iter().map(Pick::bytes).sum()
    }
}

/// The text of a group; past the limit it fails, or ends in the filler and maybe the count of values left out.
fn joined(picks: &[Pick], first: &Pick) -> Result<String, FunctionError> {
    let text = |pick: &Pick, position: usize| -> String { pick.column(position).as_string_view().value(pick.row as usize).to_string() };
    let flag = |position: usize| first.column(position).as_boolean().value(first.row as usize);
    let (separator, is_error, filler, has_count) = (text(first, 1), flag(2), text(first, 3), flag(4));
    if filler.len() > FILLER_BYTES_MAX {
        let message = format!("Overflow filler length {} exceeds maximum length {FILLER_BYTES_MAX}", filler.len());
        return Err(FunctionError::argument(message));
    }
    let mut joined = String::new();
    for (written, pick) in picks.iter().enumerate() {
        let column = pick.column(0).as_string_view();
        let value = column.value(pick.row as usize);
        let separated = if written == 0 { 0 } else { separator.len() };
        if joined.len() + separated + value.len() > TEXT_BYTES_MAX {
            if is_error {
                return Err(FunctionError::new(
                    "EXCEEDED_FUNCTION_MEMORY_LIMIT",
                    format!("Concatenated string has the length in bytes larger than the maximum output length {TEXT_BYTES_MAX}"),
                ));
            }
            if written > 0 {
                joined.push_str(&separator);
            }
            joined.push_str(&filler);
            if has_count {
                joined.push_str(&format!("({})", picks.len() - written));
            }
            return Ok(joined);
        }
        if written > 0 {
            joined.push_str(&separator);
        }
        joined.push_str(value);
    }
    Ok(joined)
}
