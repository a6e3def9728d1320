//! Elements in order: `array_sort`, `array_min`, `array_max`. Nulls come last; NaN is passed over by the extremes. Ref: Trino 401 "Array functions".

use std::cmp::Ordering;

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{Float32Type, Float64Type};

use super::list::{Picks, element_type, range};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::operator::compare::order_at;
use crate::types::TrinoType;

pub const ARRAY_SORT: Function = Function {
    name: "array_sort",
    description: "The array in ascending order, nulls last",
    overloads: &[Overload::scalar("<E: orderable>(array(E)) -> array(E)", sort)],
    examples: &[("array_sort(ARRAY[3, NULL, 1])", "[1, 3, null]")],
    ..Function::SCALAR
};

pub const ARRAY_MIN: Function = Function {
    name: "array_min",
    description: "Smallest element; null when there is none or one is null",
    overloads: &[Overload::scalar("<T: orderable>(array(T)) -> T", |call, arguments| extreme(call, arguments, Ordering::Less))],
    examples: &[("array_min(ARRAY[3, 1])", "1")],
    ..Function::SCALAR
};

pub const ARRAY_MAX: Function = Function {
    name: "array_max",
    description: "Largest element; null when there is none or one is null",
    overloads: &[Overload::scalar("<T: orderable>(array(T)) -> T", |call, arguments| extreme(call, arguments, Ordering::Greater))],
    examples: &[("array_max(ARRAY[3, 1])", "3")],
    ..Function::SCALAR
};

fn sort(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let list = arguments[0].as_list::<i32>();
    let element = element_type(call.return_type());
    let values = list.values();
    let mut picks = Picks::with_capacity(call.rows());
    for row in 0..call.rows() {
        let (mut sorted, nulls): (Vec<usize>, Vec<usize>) = range(list, row).partition(|index| values.is_valid(*index));
        let mut failure = None;
        sorted.sort_by(|left, right| {
            order_at(element, values.as_ref(), *left, values.as_ref(), *right).unwrap_or_else(|error| {
                failure.get_or_insert(error);
                Ordering::Equal
            })
        });
        if let Some(error) = failure {
            return Err(error);
        }
        picks.push(sorted.into_iter().chain(nulls));
    }
    picks.finish(element, values)
}

/// The NaN-ness of an element: a NaN, or a row that starts with one, loses to anything.
fn is_nan(data_type: &TrinoType, values: &dyn Array, index: usize) -> bool {
    match data_type {
        TrinoType::Double => values.as_primitive::<Float64Type>().value(index).is_nan(),
        TrinoType::Real => values.as_primitive::<Float32Type>().value(index).is_nan(),
        TrinoType::Row(fields) => {
            let rows = values.as_struct();
            fields
                .iter()
                .zip(rows.columns())
                .any(|(field, column)| column.is_valid(index) && is_nan(&field.data_type, column.as_ref(), index))
        }
        TrinoType::Array(element) => {
            let list = values.as_list::<i32>();
            range(list, index).any(|index| list.values().is_valid(index) && is_nan(element, list.values().as_ref(), index))
        }
        _ => false,
    }
}

fn extreme(call: &Call<'_>, arguments: &[ArrayRef], wanted: Ordering) -> Result<ArrayRef, FunctionError> {
    let list = arguments[0].as_list::<i32>();
    let element = call.return_type();
    let values = list.values();
    let mut places = Vec::with_capacity(call.rows());
    for row in 0..call.rows() {
        let mut best: Option<usize> = None;
        for index in range(list, row) {
            if values.is_null(index) {
                best = None;
                break;
            }
            let is_better = match best {
                None => true,
                Some(held) if is_nan(element, values.as_ref(), held) => true,
                Some(_) if is_nan(element, values.as_ref(), index) => false,
                Some(held) => order_at(element, values.as_ref(), index, values.as_ref(), held)? == wanted,
            };
            if is_better {
                best = Some(index);
            }
        }
        places.push(best.map(|index| index as u32));
    }
    Ok(take(values, &UInt32Array::from(places), None)?)
}
