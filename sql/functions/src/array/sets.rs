//! Arrays as sets: `array_distinct`, `array_union`, `array_intersect`, `array_except`. Nulls and NaNs are equal here. Ref: Trino 401 "Array functions".

use std::collections::HashSet;

use arrow::array::{ArrayRef, AsArray};

use super::list::{Picks, element_type, pool, range};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::identity;

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
    let encoded = identity::encode(&values, element)?;
    let mut picks = Picks::with_capacity(call.rows());
    let mut seen = HashSet::new();
    for row in 0..call.rows() {
        seen.clear();
        let all = arguments
            .iter()
            .zip(&starts)
            .flat_map(|(argument, start)| range(argument.as_list::<i32>(), row).map(move |index| start + index));
        let fresh: Vec<usize> = all.filter(|index| seen.insert(encoded.row(*index))).collect();
        picks.push(fresh);
    }
    picks.finish(element, &values)
}

/// The first array's elements that are, or are not, in the second.
fn select(call: &Call<'_>, arguments: &[ArrayRef], wants_common: bool) -> Result<ArrayRef, FunctionError> {
    let element = element_type(call.return_type());
    let (values, starts) = pool(arguments)?;
    let encoded = identity::encode(&values, element)?;
    let mut picks = Picks::with_capacity(call.rows());
    for row in 0..call.rows() {
        let other: HashSet<_> = range(arguments[1].as_list::<i32>(), row).map(|index| encoded.row(starts[1] + index)).collect();
        let mut seen = HashSet::new();
        let chosen: Vec<usize> = range(arguments[0].as_list::<i32>(), row)
            .filter(|index| {
                let value = encoded.row(*index);
                other.contains(&value) == wants_common && seen.insert(value)
            })
            .collect();
        picks.push(chosen);
    }
    picks.finish(element, &values)
}
