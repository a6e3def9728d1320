//! Arrays put together: `concat`, `zip`, `ngrams`, `combinations`. Ref: Trino 401 "Array functions".

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, StructArray, UInt32Array};
use arrow::compute::{concat, take};
use arrow::datatypes::Int64Type;

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
        Overload::scalar("<E>(array(E), E) -> array(E)", |call, arguments| with_element(call, &arguments[0], &arguments[1], false)),
        Overload::scalar("<E>(E, array(E)) -> array(E)", |call, arguments| with_element(call, &arguments[1], &arguments[0], true)),
        Overload::scalar("<E>(array(E)...) -> array(E)", concat_all),
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
    overloads: &[Overload::scalar("<T>(array(T), bigint) -> array(array(T))", ngrams)],
    examples: &[("ngrams(ARRAY['a', 'b', 'c'], 2)", "[[a, b], [b, c]]")],
    ..Function::SCALAR
};

pub const COMBINATIONS: Function = Function {
    name: "combinations",
    description: "Every combination of n elements",
    overloads: &[Overload::scalar("<T>(array(T), bigint) -> array(array(T))", combinations)],
    examples: &[("combinations(ARRAY['a', 'b', 'c'], 2)", "[[a, b], [a, c], [b, c]]")],
    ..Function::SCALAR
};

fn concat_all(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
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

/// The element may be null; the array may not.
fn with_element(call: &Call<'_>, lists: &ArrayRef, elements: &ArrayRef, is_first: bool) -> Result<ArrayRef, FunctionError> {
    let list = lists.as_list::<i32>();
    let values = concat(&[list.values().as_ref(), elements.as_ref()])?;
    let mut picks = Picks::with_capacity(call.rows());
    for row in 0..call.rows() {
        let added = list.values().len() + row;
        if list.is_null(row) {
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

/// Lists of lists of chosen elements.
fn nested(call: &Call<'_>, values: &ArrayRef, rows: Vec<Vec<Vec<usize>>>) -> Result<ArrayRef, FunctionError> {
    let inner_type = element_type(call.return_type());
    let lengths = rows.iter().map(Vec::len).collect();
    let validity = vec![true; rows.len()];
    let mut inner = Picks::default();
    rows.into_iter().flatten().for_each(|group| inner.push(group));
    list_of(inner_type, inner.finish(element_type(inner_type), values)?, lengths, validity)
}

fn ngrams(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (list, sizes) = (arguments[0].as_list::<i32>(), arguments[1].as_primitive::<Int64Type>());
    let mut rows = Vec::with_capacity(call.rows());
    for row in 0..call.rows() {
        let elements = range(list, row);
        if sizes.value(row) <= 0 {
            return Err(FunctionError::argument("N must be positive"));
        }
        // A run longer than the array is the array.
        let size = usize::try_from(sizes.value(row)).unwrap_or(usize::MAX).min(elements.len());
        rows.push((elements.start..=elements.end - size).map(|start| (start..start + size).collect()).collect());
    }
    nested(call, list.values(), rows)
}

/// Largest combination, and most elements of a result. Ref: Trino 401 `ArrayCombinationsFunction`.
const COMBINATION_SIZE_MAX: i64 = 5;
const COMBINATION_ELEMENTS_MAX: usize = 100_000;

fn combinations(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (list, sizes) = (arguments[0].as_list::<i32>(), arguments[1].as_primitive::<Int64Type>());
    let mut rows = Vec::with_capacity(call.rows());
    for row in 0..call.rows() {
        let (size, elements) = (sizes.value(row), range(list, row));
        if size < 0 {
            return Err(FunctionError::argument(format!("combination size must not be negative: {size}")));
        }
        if size > COMBINATION_SIZE_MAX {
            return Err(FunctionError::argument(format!("combination size must not exceed {COMBINATION_SIZE_MAX}: {size}")));
        }
        rows.push(combinations_of(elements.start, elements.len(), size as usize)?);
    }
    nested(call, list.values(), rows)
}

/// In the order of the last element, then the one before it.
fn combinations_of(start: usize, count: usize, size: usize) -> Result<Vec<Vec<usize>>, FunctionError> {
    if size > count {
        return Ok(vec![]);
    }
    let mut current: Vec<usize> = (0..size).collect();
    let mut found = vec![];
    loop {
        if (found.len() + 1) * size.max(1) > COMBINATION_ELEMENTS_MAX {
            return Err(FunctionError::argument(format!("combinations exceed max size of {COMBINATION_ELEMENTS_MAX}")));
        }
        found.push(current.iter().map(|index| start + index).collect());
        // The first position that can move without reaching the next one; those before it start over.
        let Some(moving) = (0..size).find(|position| current[*position] + 1 < current.get(position + 1).copied().unwrap_or(count)) else {
            return Ok(found);
        };
        current[moving] += 1;
        (0..moving).for_each(|position| current[position] = position);
    }
}
