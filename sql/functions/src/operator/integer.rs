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

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use arrow::array::{Array, Int32Array, Int64Array};

    use super::*;
    use crate::call::Binding;
    use crate::registry::SessionInfo;

    fn run_on<F>(kernel: F, data_type: TrinoType, arguments: &[ArrayRef], rows: usize) -> Result<ArrayRef, FunctionError>
    where
        F: Fn(&Call<'_>, &[ArrayRef]) -> Result<ArrayRef, FunctionError>,
    {
        let session = Arc::new(SessionInfo { zone: "UTC".into(), start_micros: 0, user: "u".into(), catalog: "c".into(), schema: None });
        let binding = Binding::new("f", vec![data_type.clone(); arguments.len()], data_type, &session);
        kernel(&Call::new(&binding, rows, &[]), arguments)
    }

    #[test]
    fn overflow_is_told_with_its_operands() {
        let left: ArrayRef = Arc::new(Int64Array::from(vec![1, i64::MAX]));
        let one: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        let error = run_on(add, TrinoType::Bigint, &[left, one], 2).unwrap_err();
        assert_eq!(
            (error.name, error.message.as_str()),
            ("NUMERIC_VALUE_OUT_OF_RANGE", "bigint addition overflow: 9223372036854775807 + 1")
        );
        let small: ArrayRef = Arc::new(Int32Array::from(vec![i32::MIN]));
        assert_eq!(run_on(negate, TrinoType::Integer, &[small], 1).unwrap_err().message, "integer negation overflow: -2147483648");
    }

    #[test]
    fn what_lies_under_a_null_does_not_count() {
        let left: ArrayRef = Arc::new(Int64Array::new(vec![7, 7].into(), Some(vec![true, false].into())));
        let right: ArrayRef = Arc::new(Int64Array::from(vec![2, 0]));
        let quotients = run_on(divide, TrinoType::Bigint, &[Arc::clone(&left), right], 2).unwrap();
        assert_eq!(quotients.as_primitive::<Int64Type>().value(0), 3);
        assert!(quotients.is_null(1));
        let zero: ArrayRef = Arc::new(Int64Array::from(vec![0]));
        assert_eq!(run_on(modulus, TrinoType::Bigint, &[left, zero], 2).unwrap_err(), FunctionError::division_by_zero());
    }
}
