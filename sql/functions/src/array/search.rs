//! Elements found: `contains`, `array_position`, `array_remove`, `arrays_overlap`, `contains_sequence`, `element_at`. Ref: Trino 401 "Array functions".

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, BooleanBuilder, Int64Array, ListArray, Scalar, UInt32Array};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::compute::kernels::cmp;
use arrow::compute::take;
use arrow::datatypes::Int64Type;

use super::interned::{NULL, Places, intern};
use super::list::{Picks, element_type, pool, range};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Constants, Function, Overload};
use crate::operator::compare::equal_at;
use crate::operator::native::is_native;
use crate::registry::Operator;
use crate::types::TrinoType;

pub const CONTAINS: Function = Function {
    name: "contains",
    description: "Is a value among the elements?",
    overloads: &[Overload::scalar("<T: comparable>(array(T), T) -> boolean", contains)],
    examples: &[("contains(ARRAY[1, 2], 2)", "true")],
    constants: Constants::Single,
    ..Function::SCALAR
};

pub const ARRAY_POSITION: Function = Function {
    name: "array_position",
    description: "Position of a value's first occurrence, from 1; 0 without one",
    overloads: &[Overload::scalar("<T: comparable>(array(T), T) -> bigint", position)],
    examples: &[("array_position(ARRAY[5, 6], 6)", "2")],
    constants: Constants::Single,
    ..Function::SCALAR
};

pub const ARRAY_REMOVE: Function = Function {
    name: "array_remove",
    description: "The array without the elements equal to a value",
    overloads: &[Overload::scalar("<E: comparable>(array(E), E) -> array(E)", remove)],
    examples: &[("array_remove(ARRAY[1, 2, 1], 1)", "[2]")],
    constants: Constants::Single,
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
    examples: &[("element_at(ARRAY[1, 2], -1)", "2"), ("element_at(ARRAY[1, 2], 3)", "NULL")],
    ..Function::SCALAR
};

/// Tells whether an element, not null, equals the value its row looks for; `None` when a null inside leaves it open.
struct Equality<'a> {
    element: &'a TrinoType,
    elements: &'a ArrayRef,
    wanted: &'a ArrayRef,
    /// One bit an element, where one comparison of arrays answers for all rows.
    mask: Option<BooleanBuffer>,
}

impl<'a> Equality<'a> {
    fn new(call: &'a Call<'_>, elements: &'a ArrayRef, wanted: &'a ArrayRef) -> Result<Equality<'a>, FunctionError> {
        let element = call.argument_type(1);
        let is_one_comparison = wanted.len() == 1 && call.rows() > 1 && is_native(Operator::Equal, element);
        let mask = if is_one_comparison { Some(cmp::eq(elements, &Scalar::new(wanted))?.values().clone()) } else { None };
        Ok(Equality { element, elements, wanted, mask })
    }

    #[inline]
    fn at(&self, index: usize, row: usize) -> Option<bool> {
        match &self.mask {
            Some(mask) => Some(mask.value(index)),
            None => {
                equal_at(self.element, self.elements.as_ref(), index, self.wanted.as_ref(), if self.wanted.len() == 1 { 0 } else { row })
            }
        }
    }
}

fn indeterminate(name: &str) -> FunctionError {
    FunctionError::not_supported(format!("{name} does not support arrays with elements that are null or contain null"))
}

/// The elements of `row`; those of a constant array are the same in every row.
fn elements_of(list: &ListArray, row: usize) -> Range<usize> {
    range(list, if list.len() == 1 { 0 } else { row })
}

/// The longest constant array that is looked through by a comparison of whole columns for every element.
const CONSTANT_ARRAY_MAX: usize = 32;

fn contains(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (list, wanted) = (arguments[0].as_list::<i32>(), &arguments[1]);
    let is_constant = list.len() == 1 && call.rows() > 1 && wanted.len() > 1;
    if is_constant && range(list, 0).len() <= CONSTANT_ARRAY_MAX && is_native(Operator::Equal, call.argument_type(1)) {
        return contains_any(&list.value(0), wanted);
    }
    let equality = Equality::new(call, list.values(), wanted)?;
    let mut found = BooleanBuilder::with_capacity(call.rows());
    for row in 0..call.rows() {
        let mut answer = Some(false);
        for index in elements_of(list, row) {
            if list.values().is_null(index) {
                answer = None;
            } else if equality.at(index, row).ok_or_else(|| indeterminate("contains"))? {
                answer = Some(true);
                break;
            }
        }
        found.append_option(answer);
    }
    Ok(Arc::new(found.finish()))
}

/// Which values, none null, are among these few elements?
fn contains_any(elements: &ArrayRef, wanted: &ArrayRef) -> Result<ArrayRef, FunctionError> {
    let mut found = BooleanBuffer::new_unset(wanted.len());
    for index in (0..elements.len()).filter(|index| elements.is_valid(*index)) {
        found = &found | cmp::eq(wanted, &Scalar::new(elements.slice(index, 1)))?.values();
    }
    // With a null among the elements, what is not found is unknown.
    let nulls = (elements.null_count() > 0).then(|| NullBuffer::new(found.clone()));
    Ok(Arc::new(BooleanArray::new(found, nulls)))
}

fn position(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (list, wanted) = (arguments[0].as_list::<i32>(), &arguments[1]);
    let equality = Equality::new(call, list.values(), wanted)?;
    let mut positions = Vec::with_capacity(call.rows());
    for row in 0..call.rows() {
        let mut position = 0;
        for (place, index) in elements_of(list, row).enumerate() {
            if list.values().is_valid(index) && equality.at(index, row).ok_or_else(|| indeterminate("array_position"))? {
                position = place as i64 + 1;
                break;
            }
        }
        positions.push(position);
    }
    Ok(Arc::new(Int64Array::from(positions)))
}

fn remove(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (list, unwanted) = (arguments[0].as_list::<i32>(), &arguments[1]);
    let equality = Equality::new(call, list.values(), unwanted)?;
    let mut picks = Picks::with_capacity(call.rows());
    let mut kept = vec![];
    for row in 0..call.rows() {
        kept.clear();
        for index in elements_of(list, row) {
            if list.values().is_null(index) || !equality.at(index, row).ok_or_else(|| indeterminate("array_remove"))? {
                kept.push(index);
            }
        }
        picks.push(kept.iter().copied());
    }
    picks.finish(call.argument_type(1), list.values())
}

fn overlap(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (values, starts) = pool(arguments)?;
    let interned = intern(&values, element_type(call.argument_type(0)))?;
    let (left, right) = (arguments[0].as_list::<i32>(), arguments[1].as_list::<i32>());
    let mut held = Places::new(&interned);
    let answers = (0..call.rows()).map(|row| {
        let left = interned.numbers[starts[0]..].get(range(left, row)).unwrap_or_default();
        let right = interned.numbers[starts[1]..].get(range(right, row)).unwrap_or_default();
        if left.is_empty() || right.is_empty() {
            return Some(false);
        }
        held.clear();
        for number in left {
            held.insert(*number, 0);
        }
        if right.iter().any(|number| *number != NULL && held.find(*number).is_some()) {
            return Some(true);
        }
        if held.find(NULL).is_some() || right.contains(&NULL) { None } else { Some(false) }
    });
    Ok(Arc::new(answers.collect::<BooleanArray>()))
}

fn contains_sequence(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (values, starts) = pool(arguments)?;
    let interned = intern(&values, element_type(call.argument_type(0)))?;
    let (list, part) = (arguments[0].as_list::<i32>(), arguments[1].as_list::<i32>());
    let answers = (0..call.rows()).map(|row| {
        let all = interned.numbers[starts[0]..].get(range(list, row)).unwrap_or_default();
        let part = interned.numbers[starts[1]..].get(range(part, row)).unwrap_or_default();
        Some(part.is_empty() || all.windows(part.len()).any(|window| window == part))
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
