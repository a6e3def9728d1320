//! How is an integer written in a base from 2 to 36, and read? Ref: Trino 401 `to_base`, `from_base`.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array};

use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::string::text_rows::{bigints, texts, write_texts};

pub const TO_BASE: Function = Function {
    name: "to_base",
    overloads: &[Overload::scalar("(bigint, bigint) -> varchar(64)", to_base)],
    description: "Convert a number to a string in the given base",
    examples: &[("to_base(255, 16)", "ff")],
    ..Function::SCALAR
};

pub const FROM_BASE: Function = Function {
    name: "from_base",
    overloads: &[Overload::scalar("(varchar(x), bigint) -> bigint", from_base)],
    description: "Convert a string in the given base to a number",
    examples: &[("from_base('-7f', 16)", "-127")],
    ..Function::SCALAR
};

fn check_radix(radix: i64) -> Result<u32, FunctionError> {
    u32::try_from(radix)
        .ok()
        .filter(|radix| (2..=36).contains(radix))
        .ok_or_else(|| FunctionError::argument("Radix must be between 2 and 36"))
}

fn to_base(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (values, radixes) = (bigints(arguments, 0), bigints(arguments, 1));
    write_texts(call.rows(), |row, buffer| {
        let radix = check_radix(radixes[row])?;
        let mut digits = [0u8; 64];
        let mut rest = values[row].unsigned_abs();
        let mut first = digits.len();
        loop {
            first -= 1;
            digits[first] = char::from_digit((rest % u64::from(radix)) as u32, radix).map_or(b'0', |digit| digit as u8);
            rest /= u64::from(radix);
            if rest == 0 {
                break;
            }
        }
        if values[row] < 0 {
            buffer.push('-');
        }
        buffer.extend(digits[first..].iter().map(|digit| *digit as char));
        Ok(())
    })
}

fn from_base(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (values, radixes) = (texts(arguments, 0), bigints(arguments, 1));
    let numbers = (0..call.rows()).map(|row| {
        let (text, radix) = (values.value(row), check_radix(radixes[row])?);
        i64::from_str_radix(text, radix).map_err(|_| FunctionError::argument(format!("Not a valid base-{radix} number: {text}")))
    });
    Ok(Arc::new(numbers.collect::<Result<Vec<_>, _>>().map(Int64Array::from)?))
}
