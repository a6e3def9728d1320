//! Elements in order: `array_sort`, `array_min`, `array_max`. Nulls come last; NaN is passed over by the extremes. Ref: Trino 401 "Array functions".

use std::cmp::Ordering;

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{DataType, Float32Type, Float64Type, Int32Type, Int64Type};

use super::list::{Picks, element_type, range};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::operator::compare::{order_at, order_floats};
use crate::operator::native::has_native_order;
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
    let mut sorted = vec![];
    for row in 0..call.rows() {
        sorted.clear();
        sorted.extend(range(list, row).filter(|index| values.is_valid(*index)));
        sort_indices(element, values, &mut sorted)?;
        picks.push(sorted.iter().copied().chain(range(list, row).filter(|index| values.is_null(*index))));
    }
    picks.finish(element, values)
}

/// Sorts the indices of elements, none null. The common types compare without asking for the type each time.
fn sort_indices(element: &TrinoType, values: &ArrayRef, indices: &mut [usize]) -> Result<(), FunctionError> {
    match values.data_type() {
        DataType::Int64 if has_native_order(element) => {
            let values = values.as_primitive::<Int64Type>().values();
            indices.sort_by_key(|index| values[*index]);
        }
        DataType::Int32 if has_native_order(element) => {
            let values = values.as_primitive::<Int32Type>().values();
            indices.sort_by_key(|index| values[*index]);
        }
        DataType::Float64 => {
            let values = values.as_primitive::<Float64Type>().values();
            indices.sort_by(|left, right| order_floats(values[*left], values[*right]));
        }
        DataType::Utf8View if has_native_order(element) => {
            let values = values.as_string_view();
            indices.sort_by(|left, right| values.value(*left).cmp(values.value(*right)));
        }
        _ => {
            let mut failure = None;
            indices.sort_by(|left, right| {
                order_at(element, values.as_ref(), *left, values.as_ref(), *right).unwrap_or_else(|error| {
                    failure.get_or_insert(error);
                    Ordering::Equal
                })
            });
            if let Some(error) = failure {
                return Err(error);
            }
        }
    }
    Ok(())
}

/// As [`order_at`], but NaN is the smallest, also inside rows and arrays: so that it is never the largest.
fn order_nan_first(data_type: &TrinoType, values: &dyn Array, i: usize, j: usize) -> Result<Ordering, FunctionError> {
    let floats = |left: f64, right: f64| left.partial_cmp(&right).unwrap_or_else(|| right.is_nan().cmp(&left.is_nan()));
    match data_type {
        TrinoType::Double => {
            let values = values.as_primitive::<Float64Type>().values();
            Ok(floats(values[i], values[j]))
        }
        TrinoType::Real => {
            let values = values.as_primitive::<Float32Type>().values();
            Ok(floats(f64::from(values[i]), f64::from(values[j])))
        }
        TrinoType::Row(fields) => {
            for (field, column) in fields.iter().zip(values.as_struct().columns()) {
                if column.is_null(i) || column.is_null(j) {
                    return Err(FunctionError::not_supported("ROW comparison not supported for fields with null elements"));
                }
                let order = order_nan_first(&field.data_type, column.as_ref(), i, j)?;
                if order != Ordering::Equal {
                    return Ok(order);
                }
            }
            Ok(Ordering::Equal)
        }
        TrinoType::Array(element) => {
            let list = values.as_list::<i32>();
            let (left, right) = (range(list, i), range(list, j));
            let lengths = left.len().cmp(&right.len());
            for (i, j) in left.zip(right) {
                if list.values().is_null(i) || list.values().is_null(j) {
                    return Err(FunctionError::not_supported("ARRAY comparison not supported for arrays with null elements"));
                }
                let order = order_nan_first(element, list.values().as_ref(), i, j)?;
                if order != Ordering::Equal {
                    return Ok(order);
                }
            }
            Ok(lengths)
        }
        _ => order_at(data_type, values, i, values, j),
    }
}

/// The first of the smallest, or of the largest, elements; null when there is none or one is null.
fn extreme(call: &Call<'_>, arguments: &[ArrayRef], wanted: Ordering) -> Result<ArrayRef, FunctionError> {
    let list = arguments[0].as_list::<i32>();
    let element = call.return_type();
    let values = list.values();
    let mut places = Vec::with_capacity(call.rows());
    for row in 0..call.rows() {
        let elements = range(list, row);
        let has_null = values.null_count() > 0 && elements.clone().any(|index| values.is_null(index));
        let mut best: Option<usize> = None;
        for index in if has_null { 0..0 } else { elements } {
            let is_better = match best {
                None => true,
                Some(held) => {
                    wanted
                        == if wanted == Ordering::Less {
                            order_at(element, values.as_ref(), index, values.as_ref(), held)?
                        } else {
                            order_nan_first(element, values.as_ref(), index, held)?
                        }
                }
            };
            if is_better {
                best = Some(index);
            }
        }
        places.push(best.map(|index| index as u32));
    }
    Ok(take(values, &UInt32Array::from(places), None)?)
}
