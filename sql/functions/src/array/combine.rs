//! Arrays put together: `concat`, `zip`, `ngrams`, `combinations`. Ref: Trino 401 "Array functions".

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, StructArray, UInt32Array};
use arrow::compute::{concat, take};
use arrow::datatypes::Int32Type;

use super::list::{Picks, element_type, list_of, pool, range};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Nulls, Overload};
use crate::types::TrinoType;
use crate::types::arrow_form::row_fields;

pub const CONCAT: Function = Function {
    name: "concat",
    description: "The arrays one after the other",
    nulls: Nulls::Seen,
    overloads: &[
        Overload::scalar("<E!>(array(E), E) -> array(E)", |call, arguments| with_element(call, &arguments[0], &arguments[1], false)),
        Overload::scalar("<E!>(E, array(E)) -> array(E)", |call, arguments| with_element(call, &arguments[1], &arguments[0], true)),
        Overload::scalar("<E!>(array(E)...) -> array(E)", concat_all),
    ],
    examples: &[("concat(ARRAY[1], ARRAY[2, 3])", "[1, 2, 3]"), ("ARRAY[1] || 2", "[1, 2]")],
    ..Function::SCALAR
};

pub const ZIP: Function = Function {
    name: "zip",
    description: "Rows of the elements at the same position; the shorter arrays are padded with nulls",
    overloads: &[
        Overload::scalar("<A, B>(array(A), array(B)) -> array(row(A, B))", zip),
        Overload::scalar("<A, B, C>(array(A), array(B), array(C)) -> array(row(A, B, C))", zip),
        Overload::scalar("<A, B, C, D>(array(A), array(B), array(C), array(D)) -> array(row(A, B, C, D))", zip),
        Overload::scalar("<A, B, C, D, F>(array(A), array(B), array(C), array(D), array(F)) -> array(row(A, B, C, D, F))", zip),
    ],
    examples: &[("zip(ARRAY[1, 2], ARRAY['a'])", "[{1, a}, {2, null}]")],
    ..Function::SCALAR
};

pub const NGRAMS: Function = Function {
    name: "ngrams",
    description: "Every run of n neighbouring elements",
    overloads: &[Overload::scalar("<T>(array(T), integer) -> array(array(T))", ngrams)],
    examples: &[("ngrams(ARRAY['a', 'b', 'c'], 2)", "[[a, b], [b, c]]")],
    ..Function::SCALAR
};

pub const COMBINATIONS: Function = Function {
    name: "combinations",
    description: "Every combination of n elements",
    overloads: &[Overload::scalar("<T>(array(T), integer) -> array(array(T))", combinations)],
    examples: &[("combinations(ARRAY['a', 'b', 'c'], 2)", "[[a, b], [a, c], [b, c]]")],
    ..Function::SCALAR
};

fn concat_all(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    if arguments.len() < 2 {
        return Err(FunctionError::argument("There must be two or more arguments to concat"));
    }
    let (values, starts) = pool(arguments)?;
    let mut picks = Picks::with_capacity(call.rows());
    for row in 0..call.rows() {
        if arguments.iter().any(|argument| argument.is_null(row)) {
            picks.push_null();
        } else {
            picks.push(
                arguments
                    .iter()
                    .zip(&starts)
                    .flat_map(|(argument, start)| range(argument.as_list::<i32>(), row).map(move |index| start + index)),
            );
        }
    }
    picks.finish(element_type(call.return_type()), &values)
}

/// Null when either is. Ref: Trino 401 `ArrayToElementConcatFunction`.
fn with_element(call: &Call<'_>, lists: &ArrayRef, elements: &ArrayRef, is_first: bool) -> Result<ArrayRef, FunctionError> {
    let list = lists.as_list::<i32>();
    let values = concat(&[list.values().as_ref(), elements.as_ref()])?;
    let mut picks = Picks::with_capacity(call.rows());
    for row in 0..call.rows() {
        let added = list.values().len() + row;
        if list.is_null(row) || elements.is_null(row) {
            picks.push_null();
        } else if is_first {
            picks.push(std::iter::once(added).chain(range(list, row)));
        } else {
            picks.push(range(list, row).chain(std::iter::once(added)));
        }
    }
    picks.finish(element_type(call.return_type()), &values)
}

fn zip(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let lists: Vec<&ListArray> = arguments.iter().map(|argument| argument.as_list::<i32>()).collect();
    let lengths: Vec<usize> = (0..call.rows()).map(|row| lists.iter().map(|list| range(list, row).len()).max().unwrap_or(0)).collect();
    let element = element_type(call.return_type());
    let TrinoType::Row(fields) = element else { return Err(FunctionError::internal("zip gives rows")) };
    let columns = lists.iter().map(|list| {
        let indices = lengths.iter().enumerate().flat_map(|(row, length)| {
            let elements = range(list, row);
            (0..*length).map(move |position| (position < elements.len()).then(|| (elements.start + position) as u32))
        });
        take(list.values(), &indices.collect::<UInt32Array>(), None)
    });
    let rows = StructArray::try_new(row_fields(fields), columns.collect::<Result<Vec<_>, _>>()?, None)?;
    let validity = vec![true; lengths.len()];
    list_of(element, Arc::new(rows), lengths, validity)
}

/// Lists of lists of chosen elements, one after the other.
#[derive(Default)]
struct NestedPicks {
    indices: Vec<u32>,
    inner_lengths: Vec<usize>,
    outer_lengths: Vec<usize>,
}

impl NestedPicks {
    fn push_inner(&mut self, elements: impl ExactSizeIterator<Item = usize>) {
        self.inner_lengths.push(elements.len());
        self.indices.extend(elements.map(|index| index as u32));
    }

    fn push_outer(&mut self, length: usize) {
        self.outer_lengths.push(length);
    }

    fn finish(self, call: &Call<'_>, values: &ArrayRef) -> Result<ArrayRef, FunctionError> {
        let inner_type = element_type(call.return_type());
        let elements = take(values, &UInt32Array::from(self.indices), None)?;
        let inner_validity = vec![true; self.inner_lengths.len()];
        let inner = list_of(element_type(inner_type), elements, self.inner_lengths, inner_validity)?;
        let outer_validity = vec![true; self.outer_lengths.len()];
        list_of(inner_type, inner, self.outer_lengths, outer_validity)
    }
}

fn ngrams(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (list, sizes) = (arguments[0].as_list::<i32>(), arguments[1].as_primitive::<Int32Type>());
    let mut picks = NestedPicks::default();
    for row in 0..call.rows() {
        let elements = range(list, row);
        if sizes.value(row) <= 0 {
            return Err(FunctionError::argument("N must be positive"));
        }
        // A run longer than the array is the array.
        let size = (sizes.value(row) as usize).min(elements.len());
        let last = elements.end - size;
        (elements.start..=last).for_each(|start| picks.push_inner(start..start + size));
        picks.push_outer(last + 1 - elements.start);
    }
    picks.finish(call, list.values())
}

/// Largest combination, and most elements of a result. Ref: Trino 401 `ArrayCombinationsFunction`.
const COMBINATION_SIZE_MAX: i32 = 5;
const COMBINATION_ELEMENTS_MAX: u64 = 100_000;

fn combinations(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (list, sizes) = (arguments[0].as_list::<i32>(), arguments[1].as_primitive::<Int32Type>());
    let mut picks = NestedPicks::default();
    for row in 0..call.rows() {
        let (size, elements) = (sizes.value(row), range(list, row));
        if size < 0 {
            return Err(FunctionError::argument(format!("combination size must not be negative: {size}")));
        }
        if size > COMBINATION_SIZE_MAX {
            return Err(FunctionError::argument(format!("combination size must not exceed {COMBINATION_SIZE_MAX}: {size}")));
        }
        let count = count_combinations(elements.len() as u64, size as u64)?;
        if count > 0 {
            push_combinations(&mut picks, elements.start, elements.len(), size as usize);
        }
        picks.push_outer(count);
    }
    picks.finish(call, list.values())
}

/// How many combinations there are. Errors: too many of them.
fn count_combinations(length: u64, size: u64) -> Result<usize, FunctionError> {
    if size > length {
        return Ok(0);
    }
    let mut count = 1u64;
    for step in 1..=size {
        let product = count * (length - size + step);
        if product > i32::MAX as u64 {
            return Err(FunctionError::argument(format!(
                "Number of combinations too large for array of size {length} and combination length {size}"
            )));
        }
        count = product / step;
    }
    if count * size > COMBINATION_ELEMENTS_MAX { Err(FunctionError::argument("combinations exceed max size")) } else { Ok(count as usize) }
}

/// In the order of the last element, then the one before it.
fn push_combinations(picks: &mut NestedPicks, start: usize, length: usize, size: usize) {
    let mut current: Vec<usize> = (0..size).collect();
    loop {
        picks.push_inner(current.iter().map(|index| start + index));
        // The first position that can move without reaching the next one; those before it start over.
        let Some(moving) = (0..size).find(|position| current[*position] + 1 < current.get(position + 1).copied().unwrap_or(length)) else {
            return;
        };
        current[moving] += 1;
        (0..moving).for_each(|position| current[position] = position);
    }
}
