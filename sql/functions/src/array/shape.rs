//! Parts and turns of an array: `cardinality`, `slice`, `trim_array`, `reverse`, `shuffle`, `flatten`. Ref: Trino 401 "Array functions".

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use arrow::datatypes::Int64Type;
use rand::seq::SliceRandom;

use super::list::{Picks, element_type, range};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Nulls, Overload};

pub const CARDINALITY: Function = Function {
    name: "cardinality",
    description: "Number of elements",
    overloads: &[Overload::scalar("<E>(array(E)) -> bigint", cardinality)],
    nulls: Nulls::Propagated,
    examples: &[("cardinality(ARRAY[1, 2])", "2")],
    ..Function::SCALAR
};

pub const SLICE: Function = Function {
    name: "slice",
    description: "Part of an array, from a position (from the end when negative) and of a length",
    overloads: &[Overload::scalar("<E>(array(E), bigint, bigint) -> array(E)", slice)],
    examples: &[("slice(ARRAY[1, 2, 3, 4], 2, 2)", "[2, 3]")],
    ..Function::SCALAR
};

pub const TRIM_ARRAY: Function = Function {
    name: "trim_array",
    description: "The array without its last n elements",
    overloads: &[Overload::scalar("<E>(array(E), bigint) -> array(E)", trim)],
    examples: &[("trim_array(ARRAY[1, 2, 3], 1)", "[1, 2]")],
    ..Function::SCALAR
};

pub const REVERSE: Function = Function {
    name: "reverse",
    description: "The array from its end",
    overloads: &[Overload::scalar("<E>(array(E)) -> array(E)", reverse)],
    examples: &[("reverse(ARRAY[1, 2])", "[2, 1]")],
    ..Function::SCALAR
};

pub const SHUFFLE: Function = Function {
    name: "shuffle",
    description: "The array in random order",
    overloads: &[Overload::scalar("<E>(array(E)) -> array(E)", shuffle)],
    is_deterministic: false,
    ..Function::SCALAR
};

pub const FLATTEN: Function = Function {
    name: "flatten",
    description: "The elements of the arrays within an array",
    overloads: &[Overload::scalar("<E!>(array(array(E))) -> array(E)", flatten)],
    examples: &[("flatten(ARRAY[ARRAY[1], ARRAY[2, 3]])", "[1, 2, 3]")],
    ..Function::SCALAR
};

fn cardinality(_call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let list = arguments[0].as_list::<i32>();
    let lengths: Vec<i64> = list.offsets().lengths().map(|length| length as i64).collect();
    Ok(Arc::new(Int64Array::new(lengths.into(), list.nulls().cloned())))
}

fn slice(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let list = arguments[0].as_list::<i32>();
    let (starts, lengths) = (arguments[1].as_primitive::<Int64Type>(), arguments[2].as_primitive::<Int64Type>());
    let mut picks = Picks::with_capacity(call.rows());
    for row in 0..call.rows() {
        let (start, length, elements) = (starts.value(row), lengths.value(row), range(list, row));
        if length < 0 {
            return Err(FunctionError::argument("length must be greater than or equal to 0"));
        }
        if start == 0 {
            return Err(FunctionError::argument("SQL array indices start at 1"));
        }
        let count = elements.len() as i64;
        let from = if start > 0 { start - 1 } else { count.saturating_add(start) };
        if from < 0 || from >= count {
            picks.push([]);
            continue;
        }
        let until = from.saturating_add(length).min(count);
        picks.push(elements.start + from as usize..elements.start + until as usize);
    }
    picks.finish(element_type(call.return_type()), list.values())
}

fn trim(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (list, sizes) = (arguments[0].as_list::<i32>(), arguments[1].as_primitive::<Int64Type>());
    let mut picks = Picks::with_capacity(call.rows());
    for row in 0..call.rows() {
        let (size, elements) = (sizes.value(row), range(list, row));
        if size < 0 {
            return Err(FunctionError::argument(format!("size must not be negative: {size}")));
        }
        if size > elements.len() as i64 {
            return Err(FunctionError::argument(format!("size must not exceed array cardinality {}: {size}", elements.len())));
        }
        picks.push(elements.start..elements.end - size as usize);
    }
    picks.finish(element_type(call.return_type()), list.values())
}

fn reverse(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let list = arguments[0].as_list::<i32>();
    let mut picks = Picks::with_capacity(call.rows());
    (0..call.rows()).for_each(|row| picks.push(range(list, row).rev()));
    picks.finish(element_type(call.return_type()), list.values())
}

fn shuffle(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let list = arguments[0].as_list::<i32>();
    let mut random = rand::rng();
    let mut picks = Picks::with_capacity(call.rows());
    for row in 0..call.rows() {
        let mut elements: Vec<usize> = range(list, row).collect();
        elements.shuffle(&mut random);
        picks.push(elements);
    }
    picks.finish(element_type(call.return_type()), list.values())
}

fn flatten(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let outer = arguments[0].as_list::<i32>();
    let inner = outer.values().as_list::<i32>();
    let mut picks = Picks::with_capacity(call.rows());
    for row in 0..call.rows() {
        picks.push(range(outer, row).filter(|index| inner.is_valid(*index)).flat_map(|index| range(inner, index)));
    }
    picks.finish(element_type(call.return_type()), inner.values())
}
