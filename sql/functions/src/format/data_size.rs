//! `parse_data_size`: how many bytes is `2.3MB`? Units of 1024. Ref: Trino 401 `DataSizeFunctions`.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::Decimal128Type;
use num_bigint::BigInt;

use crate::call::Call;
use crate::cast::number::power_of_ten;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const FUNCTION: Function = Function {
    name: "parse_data_size",
    description: "Number of bytes of a text with a unit",
    overloads: &[Overload::scalar("(varchar) -> decimal(38,0)", parse_data_size)],
    examples: &[("parse_data_size('2.3MB')", "2411724")],
    ..Function::SCALAR
};

const UNITS: [&str; 9] = ["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];

fn parse(text: &str) -> Result<i128, FunctionError> {
    let invalid = || FunctionError::argument(format!("Invalid data size: '{text}'"));
    let trimmed = text.trim();
    let split = trimmed.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(invalid)?;
    let (number, unit) = trimmed.split_at(split);
    let power = UNITS.iter().position(|known| *known == unit).ok_or_else(invalid)?;
    let (whole, fraction) = match number.split_once('.') {
        Some((_, "")) => return Err(invalid()),
        Some(parts) => parts,
        None => (number, ""),
    };
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return Err(invalid());
    }
    let digits: BigInt = format!("{whole}{fraction}").parse().map_err(|_| invalid())?;
    let size = (digits << (10 * power)) / BigInt::from(10).pow(fraction.len() as u32);
    i128::try_from(&size)
        .ok()
        .filter(|size| *size < power_of_ten(38))
        .ok_or_else(|| FunctionError::out_of_range(format!("Value out of range: '{text}' ('{size}B')")))
}

fn parse_data_size(_call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let sizes = arguments[0].as_string_view().iter().map(|text| text.map(parse).transpose());
    let sizes = sizes.collect::<Result<arrow::array::PrimitiveArray<Decimal128Type>, FunctionError>>()?;
    Ok(Arc::new(sizes.with_precision_and_scale(38, 0)?))
}
