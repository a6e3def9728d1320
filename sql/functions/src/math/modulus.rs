//! What is the remainder of a division? Ref: Trino 401 `mod`, the `%` operator as a function.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Decimal128Array, PrimitiveArray};
use arrow::datatypes::{
    ArrowNativeTypeOp, ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use num_bigint::BigInt;

use super::decimal_rows::{decimal_of, ten_to};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const MOD: Function = Function {
    name: "mod",
    overloads: &[
        Overload::scalar("(tinyint, tinyint) -> tinyint", mod_integers::<Int8Type>),
        Overload::scalar("(smallint, smallint) -> smallint", mod_integers::<Int16Type>),
        Overload::scalar("(integer, integer) -> integer", mod_integers::<Int32Type>),
        Overload::scalar("(bigint, bigint) -> bigint", mod_integers::<Int64Type>),
        Overload::scalar("(double, double) -> double", mod_floats::<Float64Type>),
        Overload::scalar("(real, real) -> real", mod_floats::<Float32Type>),
        Overload::scalar(
            "(decimal(a_precision,a_scale), decimal(b_precision,b_scale)) -> decimal(min(b_precision - b_scale, a_precision - a_scale) + max(a_scale, b_scale), max(a_scale, b_scale))",
            mod_decimals,
        ),
    ],
    description: "Remainder of given quotient",
    examples: &[("mod(-7, 3)", "-1"), ("mod(DECIMAL '5.5', DECIMAL '2')", "1.5")],
    ..Function::SCALAR
};

fn mod_integers<T: ArrowPrimitiveType>(_call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (left, right) = (arguments[0].as_primitive::<T>().values(), arguments[1].as_primitive::<T>().values());
    let remainders = left.iter().zip(right).map(|(a, b)| if b.is_zero() { Err(by_zero()) } else { Ok(a.mod_wrapping(*b)) });
    Ok(Arc::new(PrimitiveArray::<T>::new(remainders.collect::<Result<Vec<_>, _>>()?.into(), None)))
}

/// Unlike `%`, the function lets Java's own exception through.
fn by_zero() -> FunctionError {
    FunctionError::new("GENERIC_INTERNAL_ERROR", "/ by zero")
}

fn mod_floats<T: ArrowPrimitiveType>(_call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (left, right) = (arguments[0].as_primitive::<T>().values(), arguments[1].as_primitive::<T>().values());
    let remainders: Vec<T::Native> = left.iter().zip(right).map(|(a, b)| a.mod_wrapping(*b)).collect();
    Ok(Arc::new(PrimitiveArray::<T>::new(remainders.into(), None)))
}

/// Both sides are brought to the larger scale, with more than 128 bits where that takes them.
fn mod_decimals(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let scale_of = |position| decimal_of(call.argument_type(position)).map_or(0, |(_, scale)| scale);
    let (left_scale, right_scale) = (scale_of(0), scale_of(1));
    let scale = left_scale.max(right_scale);
    let (left_unit, right_unit) = (ten_to(scale - left_scale), ten_to(scale - right_scale));
    let (left, right) = (arguments[0].as_primitive::<Decimal128Type>(), arguments[1].as_primitive::<Decimal128Type>());
    let mut remainders = Vec::with_capacity(left.len());
    for (a, b) in left.values().iter().zip(right.values()) {
        if *b == 0 {
            return Err(FunctionError::division_by_zero());
        }
        remainders.push(match (a.checked_mul(left_unit), b.checked_mul(right_unit)) {
            (Some(a), Some(b)) => a % b,
            _ => {
                let remainder = (BigInt::from(*a) * left_unit) % (BigInt::from(*b) * right_unit);
                i128::try_from(remainder).map_err(|_| FunctionError::out_of_range("Decimal overflow"))?
            }
        });
    }
    let (precision, scale) = decimal_of(call.return_type()).unwrap_or((38, 0));
    Ok(Arc::new(Decimal128Array::from(remainders).with_precision_and_scale(precision as u8, scale as i8)?))
}
