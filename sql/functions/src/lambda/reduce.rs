//! `reduce`: an array folded into one value. Step by step over all rows at once. Ref: Trino 401 `ArrayReduceFunction`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use arrow::compute::{interleave, take};

use crate::array::list::range;
use crate::call::{Call, Operand};
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const REDUCE: Function = Function {
    name: "reduce",
    description: "An array folded into one value: initial state, step, final result",
    overloads: &[Overload::lambda("<T, S, R>(array(T), S, function(S, T, S), function(S, R)) -> R", reduce)],
    examples: &[("reduce(ARRAY[5, 20, 50], 0, (s, x) -> s + x, s -> s)", "75")],
    ..Function::SCALAR
};

fn reduce(call: &Call<'_>, operands: &[Operand<'_>]) -> Result<ArrayRef, FunctionError> {
    let list = operands[0].value()?.as_list::<i32>();
    let mut states = Arc::clone(operands[1].value()?);
    let (step, finish) = (operands[2].lambda()?, operands[3].lambda()?);
    let lengths: Vec<usize> = (0..call.rows()).map(|row| if list.is_valid(row) { range(list, row).len() } else { 0 }).collect();
    let steps = lengths.iter().copied().max().unwrap_or(0);
    for position in 0..steps {
        // The rows that still have an element here.
        let rows: Vec<u32> = (0..call.rows()).filter(|row| lengths[*row] > position).map(|row| row as u32).collect();
        let elements: UInt32Array = rows.iter().map(|row| Some((range(list, *row as usize).start + position) as u32)).collect();
        let active = UInt32Array::from(rows);
        let next = step.evaluate(&active, &[take(&states, &active, None)?, take(list.values(), &elements, None)?])?;
        states = replace(&states, &active, &next)?;
    }
    let valid: UInt32Array = (0..call.rows()).filter(|row| list.is_valid(*row)).map(|row| Some(row as u32)).collect();
    let results = finish.evaluate(&valid, &[take(&states, &valid, None)?])?;
    let mut next = 0u32;
    let places = (0..call.rows()).map(|row| {
        let is_valid = list.is_valid(row);
        let place = is_valid.then_some(next);
        next += u32::from(is_valid);
        place
    });
    Ok(take(&results, &places.collect::<UInt32Array>(), None)?)
}

/// `states` with the values of `rows` replaced by `next`.
fn replace(states: &ArrayRef, rows: &UInt32Array, next: &ArrayRef) -> Result<ArrayRef, FunctionError> {
    if rows.len() == states.len() {
        return Ok(Arc::clone(next));
    }
    let mut places: Vec<(usize, usize)> = (0..states.len()).map(|row| (0, row)).collect();
    for (index, row) in rows.values().iter().enumerate() {
        places[*row as usize] = (1, index);
    }
    Ok(interleave(&[states.as_ref(), next.as_ref()], &places)?)
}
