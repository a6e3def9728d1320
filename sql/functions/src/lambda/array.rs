//! Lambdas over the elements of an array: `transform`, `filter`, `zip_with`, the matches. Ref: Trino 401 "Array functions".

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, UInt32Array};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{prep_null_mask_filter, take};

use crate::array::list::{element_type, list_of, range};
use crate::call::{Call, Lambda, Operand};
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const TRANSFORM: Function = Function {
    name: "transform",
    description: "The array with a lambda applied to every element",
    overloads: &[Overload::lambda("<T!, U!>(array(T), function(T, U)) -> array(U)", transform)],
    examples: &[("transform(ARRAY[1, 2], x -> x + 1)", "[2, 3]")],
    ..Function::SCALAR
};

pub const FILTER: Function = Function {
    name: "filter",
    description: "The elements for which a lambda is true",
    overloads: &[Overload::lambda("<T>(array(T), function(T, boolean)) -> array(T)", filter)],
    examples: &[("filter(ARRAY[1, 2, 3], x -> x > 1)", "[2, 3]")],
    ..Function::SCALAR
};

pub const ALL_MATCH: Function = Function {
    name: "all_match",
    description: "Is a lambda true for every element?",
    overloads: &[Overload::lambda("<T>(array(T), function(T, boolean)) -> boolean", |call, operands| {
        matching(call, operands, false, false)
    })],
    examples: &[("all_match(ARRAY[1, 2], x -> x > 0)", "true")],
    ..Function::SCALAR
};

pub const ANY_MATCH: Function = Function {
    name: "any_match",
    description: "Is a lambda true for any element?",
    overloads: &[Overload::lambda("<T>(array(T), function(T, boolean)) -> boolean", |call, operands| matching(call, operands, true, true))],
    examples: &[("any_match(ARRAY[1, 2], x -> x > 1)", "true")],
    ..Function::SCALAR
};

pub const NONE_MATCH: Function = Function {
    name: "none_match",
    description: "Is a lambda true for no element?",
    overloads: &[Overload::lambda("<T>(array(T), function(T, boolean)) -> boolean", |call, operands| {
        matching(call, operands, true, false)
    })],
    examples: &[("none_match(ARRAY[1, 2], x -> x > 2)", "true")],
    ..Function::SCALAR
};

pub const ZIP_WITH: Function = Function {
    name: "zip_with",
    description: "A lambda applied to the elements of two arrays at the same position",
    overloads: &[Overload::lambda("<T!, U!, R!>(array(T), array(U), function(T, U, R)) -> array(R)", zip_with)],
    examples: &[("zip_with(ARRAY[1, 2], ARRAY[3, 4], (x, y) -> x * y)", "[3, 8]")],
    ..Function::SCALAR
};

/// The elements of the lists that are not null, the row of each, and the lengths.
struct Flat {
    elements: ArrayRef,
    rows: UInt32Array,
    lengths: Vec<usize>,
    validity: Vec<bool>,
}

fn flatten(lists: &ArrayRef) -> Result<Flat, FunctionError> {
    let list = lists.as_list::<i32>();
    let validity: Vec<bool> = (0..list.len()).map(|row| list.is_valid(row)).collect();
    let lengths: Vec<usize> = (0..list.len()).map(|row| if validity[row] { range(list, row).len() } else { 0 }).collect();
    let total = lengths.iter().sum();
    let mut rows = Vec::with_capacity(total);
    lengths.iter().enumerate().for_each(|(row, length)| rows.extend(std::iter::repeat_n(row as u32, *length)));
    let (first, last) = (list.value_offsets()[0] as usize, list.value_offsets()[list.len()] as usize);
    let elements = if last - first == total {
        list.values().slice(first, total)
    } else {
        // Something lies under a null: the lambda must not see it.
        let kept = (0..list.len()).filter(|row| validity[*row]).flat_map(|row| range(list, row).map(|index| index as u32));
        take(list.values(), &UInt32Array::from_iter_values(kept), None)?
    };
    Ok(Flat { elements, rows: UInt32Array::from(rows), lengths, validity })
}

fn transform(call: &Call<'_>, operands: &[Operand<'_>]) -> Result<ArrayRef, FunctionError> {
    let flat = flatten(operands[0].value()?)?;
    let results = operands[1].lambda()?.evaluate(&flat.rows, &[flat.elements])?;
    list_of(element_type(call.return_type()), results, flat.lengths, flat.validity)
}

fn filter(call: &Call<'_>, operands: &[Operand<'_>]) -> Result<ArrayRef, FunctionError> {
    let flat = flatten(operands[0].value()?)?;
    let kept = operands[1].lambda()?.evaluate(&flat.rows, &[Arc::clone(&flat.elements)])?;
    let kept = match kept.as_boolean() {
        kept if kept.null_count() > 0 => prep_null_mask_filter(kept),
        kept => kept.clone(),
    };
    let mut start = 0;
    let lengths = flat.lengths.iter().map(|length| {
        let count = kept.values().slice(start, *length).count_set_bits();
        start += length;
        count
    });
    let lengths = lengths.collect();
    list_of(element_type(call.return_type()), arrow::compute::filter(&flat.elements, &kept)?, lengths, flat.validity)
}

/// Looks for an element where the lambda is `wanted`; found gives `answer`, else a null among the results gives null.
fn matching(call: &Call<'_>, operands: &[Operand<'_>], wanted: bool, answer: bool) -> Result<ArrayRef, FunctionError> {
    let flat = flatten(operands[0].value()?)?;
    let lambda = operands[1].lambda()?;
    let Ok(results) = lambda.evaluate(&flat.rows, std::slice::from_ref(&flat.elements)) else {
        return matching_in_turn(call, &flat, lambda, wanted, answer);
    };
    let results = results.as_boolean();
    let mut start = 0;
    let answers = flat.lengths.iter().zip(&flat.validity).map(|(length, is_valid)| {
        let mut range = start..start + length;
        start += length;
        if !is_valid {
            None
        } else if range.clone().any(|index| results.is_valid(index) && results.value(index) == wanted) {
            Some(answer)
        } else if range.any(|index| results.is_null(index)) {
            None
        } else {
            Some(!answer)
        }
    });
    Ok(Arc::new(answers.collect::<BooleanArray>()))
}

/// The same, element by element: where the lambda fails behind the element that decides, it must not be asked.
fn matching_in_turn(call: &Call<'_>, flat: &Flat, lambda: &Lambda<'_>, wanted: bool, answer: bool) -> Result<ArrayRef, FunctionError> {
    let offsets = OffsetBuffer::<i32>::from_lengths(flat.lengths.iter().copied());
    let mut answers: Vec<Option<bool>> = flat.validity.iter().map(|is_valid| is_valid.then_some(!answer)).collect();
    let mut open: Vec<usize> = (0..call.rows()).filter(|row| flat.lengths[*row] > 0).collect();
    let mut position = 0;
    while !open.is_empty() {
        let rows: UInt32Array = open.iter().map(|row| Some(*row as u32)).collect();
        let places: UInt32Array = open.iter().map(|row| Some((offsets[*row] as usize + position) as u32)).collect();
        let results = lambda.evaluate(&rows, &[take(&flat.elements, &places, None)?])?;
        let results = results.as_boolean();
        let decided: Vec<bool> = (0..open.len()).map(|index| results.is_valid(index) && results.value(index) == wanted).collect();
        for (index, row) in open.iter().enumerate() {
            if decided[index] {
                answers[*row] = Some(answer);
            } else if results.is_null(index) {
                answers[*row] = None;
            }
        }
        position += 1;
        let mut index = 0;
        open.retain(|row| {
            index += 1;
            !decided[index - 1] && flat.lengths[*row] > position
        });
    }
    Ok(Arc::new(BooleanArray::from(answers)))
}

fn zip_with(call: &Call<'_>, operands: &[Operand<'_>]) -> Result<ArrayRef, FunctionError> {
    let (left, right) = (operands[0].value()?.as_list::<i32>(), operands[1].value()?.as_list::<i32>());
    let (mut left_places, mut right_places, mut rows) = (vec![], vec![], vec![]);
    let (mut lengths, mut validity) = (vec![], vec![]);
    for row in 0..call.rows() {
        let is_valid = left.is_valid(row) && right.is_valid(row);
        let (from, to) = if is_valid { (range(left, row), range(right, row)) } else { (0..0, 0..0) };
        let length = from.len().max(to.len());
        left_places.extend((0..length).map(|step| (step < from.len()).then(|| (from.start + step) as u32)));
        right_places.extend((0..length).map(|step| (step < to.len()).then(|| (to.start + step) as u32)));
        rows.extend(std::iter::repeat_n(row as u32, length));
        lengths.push(length);
        validity.push(is_valid);
    }
    let parameters =
        [take(left.values(), &UInt32Array::from(left_places), None)?, take(right.values(), &UInt32Array::from(right_places), None)?];
    let results = operands[2].lambda()?.evaluate(&UInt32Array::from(rows), &parameters)?;
    list_of(element_type(call.return_type()), results, lengths, validity)
}
