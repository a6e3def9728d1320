//! What are the sum, product, quotient and remainder of decimals? Ref: Trino 401 `DecimalOperators`.
//!
//! The result types are in the signatures; a result past 38 digits fails. Division rounds half up.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Decimal128Array};
use arrow::datatypes::{Decimal128Type, i256};

use super::sequence::{pair, union_nulls, zip_map};
use crate::call::Call;
use crate::cast::number::power_of_ten;
use crate::error::FunctionError;
use crate::types::TrinoType;

fn scale_of(data_type: &TrinoType) -> (u8, u8) {
    match data_type {
        TrinoType::Decimal { precision, scale } => (*precision, *scale),
        _ => (38, 0),
    }
}

fn overflow() -> FunctionError {
    FunctionError::out_of_range("Decimal overflow")
}

/// Runs `op`, which says `None` for a value that overflows; `is_bounded` results are never out of range.
fn run(
    call: &Call<'_>,
    arguments: &[ArrayRef],
    op: impl Fn(i128, i128) -> Option<i128>,
    checks_zero: bool,
) -> Result<ArrayRef, FunctionError> {
    let rows = call.rows();
    let (left, right) = (arguments[0].as_primitive::<Decimal128Type>(), arguments[1].as_primitive::<Decimal128Type>());
    let nulls = union_nulls(left, right, rows);
    let mut is_wrong = false;
    let values = zip_map(left, right, rows, |left, right| match op(left, right) {
        Some(value) => value,
        None => {
            is_wrong = true;
            0
        }
    });
    if is_wrong {
        for row in (0..rows).filter(|row| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(*row))) {
            let (left, right) = pair(left, right, row);
            if op(left, right).is_none() {
                return Err(if checks_zero && right == 0 { FunctionError::division_by_zero() } else { overflow() });
            }
        }
    }
    let (precision, scale) = scale_of(call.return_type());
    Ok(Arc::new(Decimal128Array::new(values.into(), nulls).with_precision_and_scale(precision, scale as i8)?))
}

const BOUND: u128 = 100_000_000_000_000_000_000_000_000_000_000_000_000;

#[inline]
fn within_38_digits(value: i128) -> Option<i128> {
    (value.unsigned_abs() < BOUND).then_some(value)
}

/// Factors that bring both operands to the result's scale.
fn factors(call: &Call<'_>) -> (i128, i128, u8) {
    let (precision, scale) = scale_of(call.return_type());
    let factor = |position: usize| power_of_ten(scale - scale_of(call.argument_type(position)).1.min(scale));
    (factor(0), factor(1), precision)
}

pub fn add(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (left_factor, right_factor, precision) = factors(call);
    if precision < 38 {
        return run(
            call,
            arguments,
            |left, right| Some(left.wrapping_mul(left_factor).wrapping_add(right.wrapping_mul(right_factor))),
            false,
        );
    }
    run(
        call,
        arguments,
        |left, right| left.checked_mul(left_factor)?.checked_add(right.checked_mul(right_factor)?).and_then(within_38_digits),
        false,
    )
}

pub fn subtract(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (left_factor, right_factor, precision) = factors(call);
    if precision < 38 {
        return run(
            call,
            arguments,
            |left, right| Some(left.wrapping_mul(left_factor).wrapping_sub(right.wrapping_mul(right_factor))),
            false,
        );
    }
    run(
        call,
        arguments,
        |left, right| left.checked_mul(left_factor)?.checked_sub(right.checked_mul(right_factor)?).and_then(within_38_digits),
        false,
    )
}

pub fn multiply(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (precision, _) = scale_of(call.return_type());
    if precision < 38 {
        // Both fit 64 bits: one hardware multiplication does.
        let is_short = scale_of(call.argument_type(0)).0 <= 18 && scale_of(call.argument_type(1)).0 <= 18;
        return if is_short {
            run(call, arguments, |left, right| Some(i128::from(left as i64) * i128::from(right as i64)), false)
        } else {
            run(call, arguments, |left, right| Some(left.wrapping_mul(right)), false)
        };
    }
    run(call, arguments, |left, right| left.checked_mul(right).and_then(within_38_digits), false)
}

pub fn divide(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (_, result_scale) = scale_of(call.return_type());
    let (left_scale, right_scale) = (scale_of(call.argument_type(0)).1, scale_of(call.argument_type(1)).1);
    // result = left / 10^ls / (right / 10^rs), at the result's scale.
    let shift = u32::from(result_scale) + u32::from(right_scale) - u32::from(left_scale);
    let short_factor = (shift <= 38).then(|| power_of_ten(shift as u8));
    let long_factor = i256::from_i128(10).wrapping_pow(shift);
    run(
        call,
        arguments,
        |left, right| {
            if right == 0 {
                return None;
            }
            if let Some(numerator) = short_factor.and_then(|factor| left.checked_mul(factor)) {
                return within_38_digits(crate::cast::number::divide_half_up(numerator, right));
            }
            let numerator = i256::from_i128(left).checked_mul(long_factor)?;
            let divisor = i256::from_i128(right);
            let (quotient, remainder) = (numerator.wrapping_div(divisor), numerator.wrapping_rem(divisor));
            let is_up = remainder.wrapping_abs() >= divisor.wrapping_abs().wrapping_sub(remainder.wrapping_abs());
            let one = i256::from_i128(if (left < 0) == (right < 0) { 1 } else { -1 });
            let rounded = if is_up { quotient.checked_add(one)? } else { quotient };
            rounded.to_i128().and_then(within_38_digits)
        },
        true,
    )
}

pub fn modulus(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (left_factor, right_factor, _) = factors(call);
    run(
        call,
        arguments,
        |left, right| {
            if right == 0 {
                return None;
            }
            match (left.checked_mul(left_factor), right.checked_mul(right_factor)) {
                (Some(left), Some(right)) => Some(left.wrapping_rem(right)),
                _ => {
                    let left = i256::from_i128(left).checked_mul(i256::from_i128(left_factor))?;
                    let right = i256::from_i128(right).checked_mul(i256::from_i128(right_factor))?;
                    left.wrapping_rem(right).to_i128()
                }
            }
        },
        true,
    )
}

pub fn negate(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (precision, scale) = scale_of(call.return_type());
    let negated: Decimal128Array = arguments[0].as_primitive::<Decimal128Type>().unary(|value: i128| value.wrapping_neg());
    Ok(Arc::new(negated.with_precision_and_scale(precision, scale as i8)?))
}
