//! How many bits of an integer are set? Ref: Trino 401 `bit_count`.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array};

use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::string::text_rows::bigints;

pub const BIT_COUNT: Function = Function {
    name: "bit_count",
    overloads: &[Overload::scalar("(bigint, bigint) -> bigint", bit_count)],
    description: "Count number of set bits in 2's complement representation",
    examples: &[("bit_count(-7, 64)", "62"), ("bit_count(9, 8)", "2")],
    ..Function::SCALAR
};

fn bit_count(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (values, widths) = (bigints(arguments, 0), bigints(arguments, 1));
    let count = |row: usize| {
        let (value, bits) = (values[row], widths[row]);
        if !(2..=64).contains(&bits) {
            return Err(FunctionError::argument(format!("Bits specified in bit_count must be between 2 and 64, got {bits}")));
        }
        let unused = 64 - bits as u32;
        if (value << unused) >> unused != value {
            return Err(FunctionError::argument(format!(
                "Number must be representable with the bits specified. {value} cannot be represented with {bits} bits"
            )));
        }
        Ok(i64::from((value as u64 & (u64::MAX >> unused)).count_ones()))
    };
    Ok(Arc::new((0..call.rows()).map(count).collect::<Result<Vec<i64>, _>>().map(Int64Array::from)?))
}
