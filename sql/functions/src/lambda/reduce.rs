//! `reduce`: an array folded into one value. Step by step over all rows at once. Ref: Trino 401 `ArrayReduceFunction`.

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use arrow::compute::{concat, take};

use crate::array::list::range;
use crate::call::{Call, Operand};
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const REDUCE: Function = Function {
    name: "reduce",
    description: "An array folded into one value: initial state, step, final result",
    overloads: &[Overload::lambda("<T!, S!, R!>(array(T), S, function(S, T, S), function(S, R)) -> R", reduce)],
    examples: &[("reduce(ARRAY[5, 20, 50], 0, (s, x) -> s + x, s -> s)", "75")],
    ..Function::SCALAR
};

fn reduce(call: &Call<'_>, operands: &[Operand<'_>]) -> Result<ArrayRef, FunctionError> {
    let (list, initial) = (operands[0].value()?.as_list::<i32>(), operands[1].value()?);
    let (step, finish) = (operands[2].lambda()?, operands[3].lambda()?);
    // The longest arrays first: the rows that still have an element are the first ones at every step.
    let mut rows: Vec<u32> = (0..call.rows()).filter(|row| list.is_valid(*row)).map(|row| row as u32).collect();
    let length = |row: u32| range(list, row as usize).len();
    rows.sort_by_key(|row| std::cmp::Reverse(length(*row)));
    let rows = UInt32Array::from(rows);
    let mut states = take(initial, &rows, None)?;
    let mut finished = vec![];
    let steps = rows.values().first().map_or(0, |row| length(*row));
    for position in 0..steps {
        let active = rows.values().partition_point(|row| length(*row) > position);
        if active < states.len() {
            finished.push(states.slice(active, states.len() - active));
            states = states.slice(0, active);
        }
        let active = rows.slice(0, active);
        let places = active.values().iter().map(|row| (range(list, *row as usize).start + position) as u32);
        let elements = take(list.values(), &UInt32Array::from_iter_values(places), None)?;
        states = step.evaluate(&active, &[states, elements])?;
    }
    finished.push(states);
    let states = concat(&finished.iter().rev().map(AsRef::as_ref).collect::<Vec<_>>())?;
    let results = finish.evaluate(&rows, &[states])?;
    let mut places = vec![None; call.rows()];
    rows.values().iter().enumerate().for_each(|(place, row)| places[*row as usize] = Some(place as u32));
    Ok(take(&results, &UInt32Array::from(places), None)?)
}
