//! How do the decimal kernels read their scale and gather results? Ref: Trino 401 `DecimalOperators`, `MathFunctions`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array};
use arrow::datatypes::Decimal128Type;

use crate::call::Call;
use crate::error::FunctionError;
use crate::types::TrinoType;

/// Precision and scale of a decimal type; none of any other.
pub fn decimal_of(data_type: &TrinoType) -> Option<(u32, u32)> {
    match data_type {
        TrinoType::Decimal { precision, scale } => Some((u32::from(*precision), u32::from(*scale))),
        _ => None,
    }
}

/// Ten to a power of at most 38.
pub fn ten_to(power: u32) -> i128 {
    10i128.pow(power.min(38))
}

/// Maps the unscaled values of the first argument into the call's decimal type.
/// Errors: NUMERIC_VALUE_OUT_OF_RANGE for a result of too many digits, which under a null is no error.
pub fn map_decimals(
    call: &Call<'_>,
    arguments: &[ArrayRef],
    mut map: impl FnMut(i128, usize) -> Result<i128, FunctionError>,
) -> Result<ArrayRef, FunctionError> {
    let (precision, scale) = decimal_of(call.return_type()).unwrap_or((38, 0));
    let values = arguments[0].as_primitive::<Decimal128Type>();
    let limit = ten_to(precision);
    let mut mapped = Vec::with_capacity(values.len());
    for (row, value) in values.values().iter().enumerate() {
        if values.is_null(row) {
            mapped.push(0);
            continue;
        }
        let result = map(*value, row)?;
        if result.unsigned_abs() >= limit.unsigned_abs() {
            return Err(FunctionError::out_of_range("Decimal overflow"));
        }
        mapped.push(result);
    }
    let array = Decimal128Array::new(mapped.into(), values.nulls().cloned());
    Ok(Arc::new(array.with_precision_and_scale(precision as u8, scale as i8)?))
}

/// Division by a power of ten, half away from zero.
pub fn divide_half_up(value: i128, divisor: i128) -> i128 {
    let quotient = value / divisor;
    if (value % divisor).unsigned_abs() * 2 >= divisor.unsigned_abs() { quotient + value.signum() } else { quotient }
}
