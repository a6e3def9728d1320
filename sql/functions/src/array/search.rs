//! Elements found: `contains`, `array_position`, `array_remove`, `arrays_overlap`, `contains_sequence`, `element_at`. Ref: Trino 401 "Array functions".

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::Int64Type;

use super::list::{Picks, element_type, pool, range};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::identity;
use crate::operator::compare::{equal_at, is_identical_at};

pub const CONTAINS: Function = Function {
    name: "contains",
    description: "Is a value among the elements?",
    overloads: &[Overload::scalar("<T: comparable>(array(T), T) -> boolean", contains)],
    examples: &[("contains(ARRAY[1, 2], 2)", "true")],
    ..Function::SCALAR
};

pub const ARRAY_POSITION: Function = Function {
    name: "array_position",
    description: "Position of a value's first occurrence, from 1; 0 without one",
    overloads: &[Overload::scalar("<T: comparable>(array(T), T) -> bigint", position)],
    examples: &[("array_position(ARRAY[5, 6], 6)", "2")],
    ..Function::SCALAR
};

pub const ARRAY_REMOVE: Function = Function {
    name: "array_remove",
    description: "The array without the elements equal to a value",
    overloads: &[Overload::scalar("<E: comparable>(array(E), E) -> array(E)", remove)],
    examples: &[("array_remove(ARRAY[1, 2, 1], 1)", "[2]")],
    ..Function::SCALAR
};

pub const ARRAYS_OVERLAP: Function = Function {
    name: "arrays_overlap",
    description: "Have the arrays an element in common? Unknown when only a null could be one",
    overloads: &[Overload::scalar("<E: comparable>(array(E), array(E)) -> boolean", overlap)],
    examples: &[("arrays_overlap(ARRAY[1, 2], ARRAY[2, 3])", "true")],
    ..Function::SCALAR
};

pub const CONTAINS_SEQUENCE: Function = Function {
    name: "contains_sequence",
    description: "Do the second array's elements occur in the first, one after the other?",
    overloads: &[Overload::scalar("<T: comparable>(array(T), array(T)) -> boolean", contains_sequence)],
    examples: &[("contains_sequence(ARRAY[1, 2, 3], ARRAY[2, 3])", "true")],
    ..Function::SCALAR
};

pub const ELEMENT_AT: Function = Function {
    name: "element_at",
    description: "Element at a position, from 1, or from the end when negative; null when there is none",
    overloads: &[Overload::scalar("<E>(array(E), bigint) -> E", element_at)],
    examples: &[("element_at(ARRAY[1, 2], -1)", "2"), ("element_at(ARRAY[1, 2], 3)", "")],
    ..Function::SCALAR
};

fn contains(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (list, wanted) = (arguments[0].as_list::<i32>(), &arguments[1]);
    let element = call.argument_type(1);
    let mut found = Vec::with_capacity(call.rows());
    for row in 0..call.rows() {
        let mut answer = Some(false);
        for index in range(list, row) {
            if list.values().is_null(index) {
                answer = None;
                continue;
            }
            match equal_at(element, list.values().as_ref(), index, wanted.as_ref(), row) {
                Some(true) => {
                    answer = Some(true);
                    break;
                }
                Some(false) => {}
                None => {
                    return Err(FunctionError::not_supported(
                        "contains does not support arrays with elements that are null or contain null",
                    ));
                }
            }
        }
        found.push(answer);
    }
    Ok(Arc::new(BooleanArray::from(found)))
}

fn position(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (list, wanted) = (arguments[0].as_list::<i32>(), &arguments[1]);
    let element = call.argument_type(1);
    let positions = (0..call.rows()).map(|row| {
        let mut elements = range(list, row);
        let start = elements.start;
        let found = elements.find(|index| {
            list.values().is_valid(*index) && equal_at(element, list.values().as_ref(), *index, wanted.as_ref(), row) == Some(true)
        });
        found.map_or(0, |index| (index - start) as i64 + 1)
    });
    Ok(Arc::new(positions.collect::<Vec<i64>>().into_iter().collect::<Int64Array>()))
}

fn remove(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (list, unwanted) = (arguments[0].as_list::<i32>(), &arguments[1]);
    let element = call.argument_type(1);
    let mut picks = Picks::with_capacity(call.rows());
    for row in 0..call.rows() {
        let kept = range(list, row).filter(|index| {
            list.values().is_null(*index) || equal_at(element, list.values().as_ref(), *index, unwanted.as_ref(), row) != Some(true)
        });
        picks.push(kept);
    }
    picks.finish(element, list.values())
}

fn overlap(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let element = element_type(call.argument_type(0));
    let (values, starts) = pool(arguments)?;
    let encoded = identity::encode(&values, element)?;
    let (left, right) = (arguments[0].as_list::<i32>(), arguments[1].as_list::<i32>());
    let answers = (0..call.rows()).map(|row| {
        let (left, right) = (range(left, row), range(right, row));
        if left.is_empty() || right.is_empty() {
            return Some(false);
        }
        let is_valid = |index: &usize| values.is_valid(*index);
        let held: HashSet<_> = left.clone().map(|index| starts[0] + index).filter(is_valid).map(|index| encoded.row(index)).collect();
        let mut others = right.clone().map(|index| starts[1] + index).filter(is_valid);
        if others.any(|index| held.contains(&encoded.row(index))) {
            return Some(true);
        }
        let has_null = left.map(|index| starts[0] + index).chain(right.map(|index| starts[1] + index)).any(|index| values.is_null(index));
        if has_null { None } else { Some(false) }
    });
    Ok(Arc::new(answers.collect::<BooleanArray>()))
}

fn contains_sequence(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let element = element_type(call.argument_type(0));
    let (list, part) = (arguments[0].as_list::<i32>(), arguments[1].as_list::<i32>());
    let answers = (0..call.rows()).map(|row| {
        let (all, part_range) = (range(list, row), range(part, row));
        let length = part_range.len();
        let matches_at = |start: usize| {
            (0..length)
                .all(|step| is_identical_at(element, list.values().as_ref(), start + step, part.values().as_ref(), part_range.start + step))
        };
        Some(length == 0 || (length <= all.len() && (all.start..=all.end - length).any(matches_at)))
    });
    Ok(Arc::new(answers.collect::<BooleanArray>()))
}

fn element_at(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (list, positions) = (arguments[0].as_list::<i32>(), arguments[1].as_primitive::<Int64Type>());
    let mut places = Vec::with_capacity(call.rows());
    for row in 0..call.rows() {
        let (position, elements) = (positions.value(row), range(list, row));
        let length = elements.len() as i64;
        if position == 0 {
            return Err(FunctionError::argument("SQL array indices start at 1"));
        }
        let index = if position > 0 { position - 1 } else { length.saturating_add(position) };
        places.push((0..length).contains(&index).then(|| (elements.start as i64 + index) as u32));
    }
    Ok(take(list.values(), &UInt32Array::from(places), None)?)
}
