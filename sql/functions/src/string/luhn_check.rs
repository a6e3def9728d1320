//! Does a number pass the Luhn check of card numbers? Ref: Trino 401 `luhn_check`.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray};

use super::text_rows::texts;
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const LUHN_CHECK: Function = Function {
    name: "luhn_check",
    overloads: &[Overload::scalar("(varchar) -> boolean", luhn_check)],
    description: "Checks that a string of digits is valid according to the Luhn algorithm",
    examples: &[("luhn_check('79927398713')", "true")],
    ..Function::SCALAR
};

fn luhn_check(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = texts(arguments, 0);
    let check = |row| {
        let digits = values.value(row).as_bytes();
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(FunctionError::argument("Input contains non-digit character"));
        }
        let sum: u32 = digits
            .iter()
            .rev()
            .enumerate()
            .map(|(position, digit)| {
                let value = u32::from(digit - b'0');
                let doubled = if position % 2 == 1 { value * 2 } else { value };
                if doubled > 9 { doubled - 9 } else { doubled }
            })
            .sum();
        Ok(!digits.is_empty() && sum.is_multiple_of(10))
    };
    Ok(Arc::new((0..call.rows()).map(check).collect::<Result<Vec<bool>, _>>().map(BooleanArray::from)?))
}
