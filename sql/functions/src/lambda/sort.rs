//! `array_sort` with a comparator: merges run by run, so that the lambda sees a batch of pairs at a time. Ref: Trino 401 `ArraySortComparatorFunction`.

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::Int32Type;

use crate::array::list::{Picks, element_type, range};
use crate::call::{Call, Lambda, Operand};
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const ARRAY_SORT: Function = Function {
    name: "array_sort",
    description: "The array in the order of a comparator that gives -1, 0 or 1",
    overloads: &[Overload::lambda("<T>(array(T), function(T, T, integer)) -> array(T)", sort)],
    examples: &[("array_sort(ARRAY[1, 3, 2], (x, y) -> IF(x < y, 1, IF(x = y, 0, -1)))", "[3, 2, 1]")],
    ..Function::SCALAR
};

/// Two sorted runs of one row being merged.
struct Merge {
    row: usize,
    left: Vec<usize>,
    right: Vec<usize>,
    left_at: usize,
    right_at: usize,
    merged: Vec<usize>,
}

impl Merge {
    fn is_open(&self) -> bool {
        self.left_at < self.left.len() && self.right_at < self.right.len()
    }

    fn close(mut self) -> (usize, Vec<usize>) {
        self.merged.extend_from_slice(&self.left[self.left_at..]);
        self.merged.extend_from_slice(&self.right[self.right_at..]);
        (self.row, self.merged)
    }
}

fn sort(call: &Call<'_>, operands: &[Operand<'_>]) -> Result<ArrayRef, FunctionError> {
    let list = operands[0].value()?.as_list::<i32>();
    let comparator = operands[1].lambda()?;
    // Every row starts as runs of one element; each round merges neighbours.
    let mut runs: Vec<Vec<Vec<usize>>> =
        (0..call.rows()).map(|row| if list.is_valid(row) { range(list, row).map(|index| vec![index]).collect() } else { vec![] }).collect();
    while runs.iter().any(|row| row.len() > 1) {
        let mut merges = vec![];
        for (row, runs) in runs.iter_mut().enumerate() {
            let mut halves = std::mem::take(runs).into_iter();
            while let Some(left) = halves.next() {
                merges.push(Merge { row, left, right: halves.next().unwrap_or_default(), left_at: 0, right_at: 0, merged: vec![] });
            }
        }
        merge_all(&mut merges, list.values(), comparator)?;
        for (row, merged) in merges.into_iter().map(Merge::close) {
            runs[row].push(merged);
        }
    }
    let mut picks = Picks::with_capacity(call.rows());
    for (row, runs) in runs.into_iter().enumerate() {
        if list.is_valid(row) { picks.push(runs.into_iter().flatten()) } else { picks.push_null() }
    }
    picks.finish(element_type(call.return_type()), list.values())
}

/// Compares the heads of all open merges at once, until none is open.
fn merge_all(merges: &mut [Merge], values: &ArrayRef, comparator: &Lambda<'_>) -> Result<(), FunctionError> {
    loop {
        let open: Vec<usize> = (0..merges.len()).filter(|index| merges[*index].is_open()).collect();
        if open.is_empty() {
            return Ok(());
        }
        let heads = |head: fn(&Merge) -> usize| open.iter().map(|index| Some(head(&merges[*index]) as u32)).collect::<UInt32Array>();
        let left = take(values, &heads(|merge| merge.left[merge.left_at]), None)?;
        let right = take(values, &heads(|merge| merge.right[merge.right_at]), None)?;
        let rows = heads(|merge| merge.row);
        // The later element first, as in Java's sort: which pairs a wrong comparator is refused for depends on it.
        let orders = comparator.evaluate(&rows, &[right, left])?;
        let orders = orders.as_primitive::<Int32Type>();
        for (position, index) in open.iter().enumerate() {
            let order = orders.is_valid(position).then(|| orders.value(position)).filter(|order| matches!(order, -1..=1));
            let order = order.ok_or_else(|| FunctionError::argument("Lambda comparator must return either -1, 0, or 1"))?;
            let merge = &mut merges[*index];
            if order >= 0 {
                merge.merged.push(merge.left[merge.left_at]);
                merge.left_at += 1;
            } else {
                merge.merged.push(merge.right[merge.right_at]);
                merge.right_at += 1;
            }
        }
    }
}
