//! Arrays as sets: `array_distinct`, `array_union`, `array_intersect`, `array_except`. Nulls and NaNs are equal here. Ref: Trino 401 "Array functions".

use arrow::array::{ArrayRef, AsArray, ListArray};

use super::interned::{Places, intern};
use super::list::{Picks, element_type, pool, range};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const ARRAY_DISTINCT: Function = Function {
    name: "array_distinct",
    description: "The array without repetitions",
    overloads: &[Overload::scalar("<E: comparable>(array(E)) -> array(E)", distinct)],
    examples: &[("array_distinct(ARRAY[1, 2, 1, NULL, NULL])", "[1, 2, null]")],
    ..Function::SCALAR
};

pub const ARRAY_UNION: Function = Function {
    name: "array_union",
    description: "Elements of either array, without repetitions",
    overloads: &[Overload::scalar("<E: comparable>(array(E), array(E)) -> array(E)", distinct)],
    examples: &[("array_union(ARRAY[1, 2], ARRAY[2, 3])", "[1, 2, 3]")],
    ..Function::SCALAR
};

pub const ARRAY_INTERSECT: Function = Function {
    name: "array_intersect",
    description: "Elements of both arrays, without repetitions",
    overloads: &[Overload::scalar("<E: comparable>(array(E), array(E)) -> array(E)", |call, arguments| select(call, arguments, true))],
    examples: &[("array_intersect(ARRAY[1, 2], ARRAY[2, 3])", "[2]")],
    ..Function::SCALAR
};

pub const ARRAY_EXCEPT: Function = Function {
    name: "array_except",
    description: "Elements of the first array that are not in the second, without repetitions",
    overloads: &[Overload::scalar("<E: comparable>(array(E), array(E)) -> array(E)", |call, arguments| select(call, arguments, false))],
    examples: &[("array_except(ARRAY[1, 2], ARRAY[2, 3])", "[1]")],
    ..Function::SCALAR
};

/// Every element once, of one array or of several in turn.
fn distinct(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let element = element_type(call.return_type());
    let (values, starts) = pool(arguments)?;
    let interned = intern(&values, element)?;
    let mut seen = Places::new(&interned);
    let mut picks = Picks::with_capacity(call.rows());
    for row in 0..call.rows() {
        seen.clear();
        let all = arguments
            .iter()
            .zip(&starts)
            .flat_map(|(argument, start)| range(argument.as_list::<i32>(), row).map(move |index| start + index));
        picks.push(all.filter(|index| seen.insert(interned.numbers[*index], 0)));
    }
    picks.finish(element, &values)
}

/// The first array's elements that are, or are not, in the second. What both have is listed as the longer array has it.
fn select(call: &Call<'_>, arguments: &[ArrayRef], wants_common: bool) -> Result<ArrayRef, FunctionError> {
    let element = element_type(call.return_type());
    let (left, right) = (arguments[0].as_list::<i32>(), arguments[1].as_list::<i32>());
    let (values, starts) = pool(arguments)?;
    let interned = intern(&values, element)?;
    let (mut others, mut seen) = (Places::new(&interned), Places::new(&interned));
    let mut picks = Picks::with_capacity(call.rows());
    for row in 0..call.rows() {
        others.clear();
        seen.clear();
        let shifted = |list: &ListArray, start: usize| range(list, row).start + start..range(list, row).end + start;
        let (mut left, mut right) = (shifted(left, starts[0]), shifted(right, starts[1]));
        if wants_common && left.len() < right.len() {
            std::mem::swap(&mut left, &mut right);
        }
        // Nothing taken away: Trino gives the first array back, repetitions and all.
        if !wants_common && right.is_empty() {
            picks.push(left);
            continue;
        }
        for index in right {
            others.insert(interned.numbers[index], 0);
        }
        picks.push(left.filter(|index| {
            let number = interned.numbers[*index];
            others.find(number).is_some() == wants_common && seen.insert(number, 0)
        }));
    }
    picks.finish(element, &values)
}
