//! What are the sum, product and quotient of floats? As IEEE 754 says, never an error. Ref: Trino 401 `DoubleOperators`, `RealOperators`.

use std::ops::{Add, Div, Mul, Rem, Sub};
use std::sync::Arc;

use arrow::array::{ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::datatypes::{Float32Type, Float64Type};

use super::sequence::{union_nulls, zip_map};
use crate::call::Call;
use crate::error::FunctionError;
use crate::types::TrinoType;

macro_rules! kernel {
    ($name:ident, $method:path) => {
        pub fn $name(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
            match call.return_type() {
                TrinoType::Real => run::<Float32Type>(call, arguments, $method),
                _ => run::<Float64Type>(call, arguments, $method),
            }
        }
    };
}

kernel!(add, Add::add);
kernel!(subtract, Sub::sub);
kernel!(multiply, Mul::mul);
kernel!(divide, Div::div);
kernel!(modulus, Rem::rem);

fn run<T: ArrowPrimitiveType>(
    call: &Call<'_>,
    arguments: &[ArrayRef],
    op: impl Fn(T::Native, T::Native) -> T::Native,
) -> Result<ArrayRef, FunctionError> {
    let (left, right) = (arguments[0].as_primitive::<T>(), arguments[1].as_primitive::<T>());
    let values = zip_map(left, right, call.rows(), op);
    Ok(Arc::new(PrimitiveArray::<T>::new(values.into(), union_nulls(left, right, call.rows()))))
}

pub fn negate(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    Ok(match call.return_type() {
        TrinoType::Real => Arc::new(arguments[0].as_primitive::<Float32Type>().unary::<_, Float32Type>(|value| -value)),
        _ => Arc::new(arguments[0].as_primitive::<Float64Type>().unary::<_, Float64Type>(|value| -value)),
    })
}
