//! What are the sum, product and quotient of integers? Exact, or an error. Ref: Trino 401 `BigintOperators` and its narrower kin.

use std::sync::Arc;

use arrow::array::{ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::datatypes::{ArrowNativeTypeOp, Int8Type, Int16Type, Int32Type, Int64Type};

use super::sequence::{pair, union_nulls, zip_map};
use crate::call::Call;
use crate::error::FunctionError;
use crate::types::TrinoType;

/// A value and whether it is wrong.
trait CheckedInteger: Copy + std::fmt::Display + PartialEq + Default {
    fn add(self, other: Self) -> (Self, bool);
    fn subtract(self, other: Self) -> (Self, bool);
    fn multiply(self, other: Self) -> (Self, bool);
    fn divide(self, other: Self) -> (Self, bool);
    fn modulus(self, other: Self) -> (Self, bool);
}

macro_rules! checked_integer {
    ($($native:ty),*) => {$(
        impl CheckedInteger for $native {
            #[inline]
            fn add(self, other: Self) -> (Self, bool) {
                self.overflowing_add(other)
            }
            #[inline]
            fn subtract(self, other: Self) -> (Self, bool) {
                self.overflowing_sub(other)
            }
            #[inline]
            fn multiply(self, other: Self) -> (Self, bool) {
                self.overflowing_mul(other)
            }
            #[inline]
            fn divide(self, other: Self) -> (Self, bool) {
                if other == 0 { (0, true) } else { self.overflowing_div(other) }
            }
            #[inline]
            fn modulus(self, other: Self) -> (Self, bool) {
                if other == 0 { (0, true) } else { (self.wrapping_rem(other), false) }
            }
        }
    )*};
}

checked_integer!(i8, i16, i32, i64);

macro_rules! dispatch {
    ($call:expr, $arguments:expr, $method:ident, $word:literal, $sign:literal) => {
        match $call.return_type() {
            TrinoType::Tinyint => run::<Int8Type>($call, $arguments, i8::$method, $word, $sign),
            TrinoType::Smallint => run::<Int16Type>($call, $arguments, i16::$method, $word, $sign),
            TrinoType::Integer => run::<Int32Type>($call, $arguments, i32::$method, $word, $sign),
            _ => run::<Int64Type>($call, $arguments, i64::$method, $word, $sign),
        }
    };
}

pub fn add(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    match call.return_type() {
        TrinoType::Tinyint => run::<Int8Type>(call, arguments, <i8 as CheckedInteger>::add, "addition", "+"),
        TrinoType::Smallint => run::<Int16Type>(call, arguments, <i16 as CheckedInteger>::add, "addition", "+"),
        TrinoType::Integer => run::<Int32Type>(call, arguments, <i32 as CheckedInteger>::add, "addition", "+"),
        _ => run::<Int64Type>(call, arguments, <i64 as CheckedInteger>::add, "addition", "+"),
    }
}

pub fn subtract(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    dispatch!(call, arguments, subtract, "subtraction", "-")
}

pub fn multiply(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    dispatch!(call, arguments, multiply, "multiplication", "*")
}

pub fn divide(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    dispatch!(call, arguments, divide, "division", "/")
}

pub fn modulus(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    dispatch!(call, arguments, modulus, "modulus", "%")
}

fn run<T>(
    call: &Call<'_>,
    arguments: &[ArrayRef],
    op: impl Fn(T::Native, T::Native) -> (T::Native, bool) + Copy,
    word: &str,
    sign: &str,
) -> Result<ArrayRef, FunctionError>
where
    T: ArrowPrimitiveType,
    T::Native: CheckedInteger,
{
    let rows = call.rows();
    let (left, right) = (arguments[0].as_primitive::<T>(), arguments[1].as_primitive::<T>());
    let nulls = union_nulls(left, right, rows);
    let mut is_wrong = false;
    let values = zip_map(left, right, rows, |left, right| {
        let (value, wrong) = op(left, right);
        is_wrong |= wrong;
        value
    });
    if is_wrong {
        // Something is wrong somewhere; what lies under a null does not count.
        for row in (0..rows).filter(|row| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(*row))) {
            let (left, right) = pair(left, right, row);
            if op(left, right).1 {
                let is_zero = matches!(sign, "/" | "%") && right == T::Native::default();
                return Err(if is_zero {
                    FunctionError::division_by_zero()
                } else {
                    FunctionError::out_of_range(format!("{} {word} overflow: {left} {sign} {right}", call.return_type()))
                });
            }
        }
    }
    Ok(Arc::new(PrimitiveArray::<T>::new(values.into(), nulls)))
}

pub fn negate(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    match call.return_type() {
        TrinoType::Tinyint => negate_all::<Int8Type>(call, &arguments[0]),
        TrinoType::Smallint => negate_all::<Int16Type>(call, &arguments[0]),
        TrinoType::Integer => negate_all::<Int32Type>(call, &arguments[0]),
        _ => negate_all::<Int64Type>(call, &arguments[0]),
    }
}

fn negate_all<T: ArrowPrimitiveType>(call: &Call<'_>, values: &ArrayRef) -> Result<ArrayRef, FunctionError>
where
    T::Native: std::fmt::Display,
{
    let input = values.as_primitive::<T>();
    let negated = input.try_unary::<_, T, FunctionError>(|value| {
        value.neg_checked().map_err(|_| FunctionError::out_of_range(format!("{} negation overflow: {value}", call.return_type())))
    })?;
    Ok(Arc::new(negated))
}
