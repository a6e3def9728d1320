//! `greatest` and `least`: null when any argument is, NaN only when every one is. Ref: Trino 401 "Comparison functions".

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::compute::interleave;
use arrow::datatypes::*;

use crate::array::list::range;
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::operator::compare::order_at;
use crate::types::TrinoType;

pub const GREATEST: Function = Function {
    name: "greatest",
    description: "Largest of the arguments; null when one is null",
    overloads: &[Overload::scalar("<E!: orderable>(E...) -> E", |call, arguments| choose(call, arguments, Ordering::Greater))],
    examples: &[("greatest(1, 3, 2)", "3"), ("greatest(1, NULL)", "NULL")],
    ..Function::SCALAR
};

pub const LEAST: Function = Function {
    name: "least",
    description: "Smallest of the arguments; null when one is null",
    overloads: &[Overload::scalar("<E!: orderable>(E...) -> E", |call, arguments| choose(call, arguments, Ordering::Less))],
    examples: &[("least(1, 3, 2)", "1")],
    ..Function::SCALAR
};

fn choose(call: &Call<'_>, arguments: &[ArrayRef], wanted: Ordering) -> Result<ArrayRef, FunctionError> {
    if let Some(chosen) = choose_primitive(call, arguments, wanted) {
        return Ok(chosen);
    }
    let data_type = call.return_type();
    let mut places = Vec::with_capacity(call.rows());
    for row in 0..call.rows() {
        let mut best = 0;
        for (candidate, values) in arguments.iter().enumerate().skip(1) {
            let held = &arguments[best];
            let is_better = if is_nan(data_type, held.as_ref(), row) {
                true
            } else if is_nan(data_type, values.as_ref(), row) {
                false
            } else {
                order_at(data_type, values.as_ref(), row, held.as_ref(), row)? == wanted
            };
            if is_better {
                best = candidate;
            }
        }
        places.push((best, row));
    }
    let columns: Vec<&dyn Array> = arguments.iter().map(|argument| argument.as_ref()).collect();
    Ok(interleave(&columns, &places)?)
}

/// Numbers, dates and timestamps without a zone: a loop an argument.
fn choose_primitive(call: &Call<'_>, arguments: &[ArrayRef], wanted: Ordering) -> Option<ArrayRef> {
    macro_rules! of {
        ($arrow:ty) => {
            if wanted == Ordering::Greater {
                reduce::<$arrow>(arguments, call.return_arrow(), |held, value| if value > held { value } else { held })
            } else {
                reduce::<$arrow>(arguments, call.return_arrow(), |held, value| if value < held { value } else { held })
            }
        };
    }
    macro_rules! of_floats {
        ($arrow:ty) => {
            if wanted == Ordering::Greater {
                reduce::<$arrow>(arguments, call.return_arrow(), |held, value| if value > held || held.is_nan() { value } else { held })
            } else {
                reduce::<$arrow>(arguments, call.return_arrow(), |held, value| if value < held || held.is_nan() { value } else { held })
            }
        };
    }
    match call.return_type() {
        TrinoType::Tinyint => of!(Int8Type),
        TrinoType::Smallint => of!(Int16Type),
        TrinoType::Integer => of!(Int32Type),
        TrinoType::Bigint | TrinoType::IntervalDayToSecond | TrinoType::Time(_) => of!(Int64Type),
        TrinoType::Decimal { .. } | TrinoType::Timestamp(7..) => of!(Decimal128Type),
        TrinoType::Date => of!(Date32Type),
        TrinoType::Timestamp(0..=3) => of!(TimestampMillisecondType),
        TrinoType::Timestamp(_) => of!(TimestampMicrosecondType),
        TrinoType::Double => of_floats!(Float64Type),
        TrinoType::Real => of_floats!(Float32Type),
        _ => None,
    }
}

/// The choice among all arguments, pair by pair; no argument is null.
fn reduce<T: ArrowPrimitiveType>(
    arguments: &[ArrayRef],
    data_type: &DataType,
    choose: impl Fn(T::Native, T::Native) -> T::Native,
) -> Option<ArrayRef> {
    let (first, rest) = arguments.split_first()?;
    let mut chosen = first.as_primitive_opt::<T>()?.values().to_vec();
    for argument in rest {
        for (held, value) in chosen.iter_mut().zip(argument.as_primitive_opt::<T>()?.values()) {
            *held = choose(*held, *value);
        }
    }
    Some(Arc::new(PrimitiveArray::<T>::new(chosen.into(), None).with_data_type(data_type.clone())))
}

/// Is the value a NaN, or a row or array with one?
fn is_nan(data_type: &TrinoType, values: &dyn Array, row: usize) -> bool {
    match data_type {
        TrinoType::Double => values.as_primitive::<Float64Type>().value(row).is_nan(),
        TrinoType::Real => values.as_primitive::<Float32Type>().value(row).is_nan(),
        TrinoType::Row(fields) => fields
            .iter()
            .zip(values.as_struct().columns())
            .any(|(field, column)| column.is_valid(row) && is_nan(&field.data_type, column.as_ref(), row)),
        TrinoType::Array(element) => {
            let list = values.as_list::<i32>();
            range(list, row).any(|index| list.values().is_valid(index) && is_nan(element, list.values().as_ref(), index))
        }
        _ => false,
    }
}
