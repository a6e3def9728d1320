//! What is an integer shifted by bits? Ref: Trino 401 `bitwise_left_shift`, `bitwise_right_shift`, `bitwise_right_shift_arithmetic`.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray};
use arrow::compute::binary;
use arrow::datatypes::{ArrowPrimitiveType, Int8Type, Int16Type, Int32Type, Int64Type};

use crate::error::FunctionError;
use crate::function::{Function, Nulls, Overload};

pub const BITWISE_LEFT_SHIFT: Function = Function {
    name: "bitwise_left_shift",
    overloads: &[
        Overload::scalar("(tinyint, integer) -> tinyint", |_, arguments| shift::<Int8Type>(arguments, left)),
        Overload::scalar("(smallint, integer) -> smallint", |_, arguments| shift::<Int16Type>(arguments, left)),
        Overload::scalar("(integer, integer) -> integer", |_, arguments| shift::<Int32Type>(arguments, left)),
        Overload::scalar("(bigint, integer) -> bigint", |_, arguments| shift::<Int64Type>(arguments, left)),
    ],
    description: "Bitwise left shift",
    nulls: Nulls::Propagated,
    examples: &[("bitwise_left_shift(1, 2)", "4"), ("bitwise_left_shift(TINYINT '-128', 1)", "0")],
    ..Function::SCALAR
};

pub const BITWISE_RIGHT_SHIFT: Function = Function {
    name: "bitwise_right_shift",
    overloads: &[
        Overload::scalar("(tinyint, integer) -> tinyint", |_, arguments| shift::<Int8Type>(arguments, right)),
        Overload::scalar("(smallint, integer) -> smallint", |_, arguments| shift::<Int16Type>(arguments, right)),
        Overload::scalar("(integer, integer) -> integer", |_, arguments| shift::<Int32Type>(arguments, right)),
        Overload::scalar("(bigint, integer) -> bigint", |_, arguments| shift::<Int64Type>(arguments, right)),
    ],
    description: "Bitwise logical right shift",
    nulls: Nulls::Propagated,
    examples: &[("bitwise_right_shift(8, 3)", "1"), ("bitwise_right_shift(SMALLINT '-7', 2)", "16382")],
    ..Function::SCALAR
};

pub const BITWISE_RIGHT_SHIFT_ARITHMETIC: Function = Function {
    name: "bitwise_right_shift_arithmetic",
    overloads: &[
        Overload::scalar("(tinyint, integer) -> tinyint", |_, arguments| shift::<Int8Type>(arguments, right_arithmetic)),
        Overload::scalar("(smallint, integer) -> smallint", |_, arguments| shift::<Int16Type>(arguments, right_arithmetic)),
        Overload::scalar("(integer, integer) -> integer", |_, arguments| shift::<Int32Type>(arguments, right_arithmetic)),
        Overload::scalar("(bigint, integer) -> bigint", |_, arguments| shift::<Int64Type>(arguments, right_arithmetic)),
    ],
    description: "Bitwise arithmetic right shift",
    nulls: Nulls::Propagated,
    examples: &[("bitwise_right_shift_arithmetic(-8, 3)", "-1"), ("bitwise_right_shift_arithmetic(-1, 64)", "-1")],
    ..Function::SCALAR
};

/// Shifts of the value's width or more give the fill; the operation sees the value widened and its width in bits.
fn shift<T>(arguments: &[ArrayRef], operation: fn(i64, u32, i64) -> i64) -> Result<ArrayRef, FunctionError>
where
    T: ArrowPrimitiveType,
    T::Native: Into<i64> + Narrow,
{
    let width = (size_of::<T::Native>() * 8) as u32;
    let (values, counts) = (arguments[0].as_primitive::<T>(), arguments[1].as_primitive::<Int32Type>());
    Ok(Arc::new(binary::<_, _, _, T>(values, counts, |value, count| T::Native::narrow(operation(value.into(), width, count.into())))?))
}

/// Keeps the low bits.
trait Narrow {
    fn narrow(value: i64) -> Self;
}

impl Narrow for i8 {
    fn narrow(value: i64) -> i8 {
        value as i8
    }
}

impl Narrow for i16 {
    fn narrow(value: i64) -> i16 {
        value as i16
    }
}

impl Narrow for i32 {
    fn narrow(value: i64) -> i32 {
        value as i32
    }
}

impl Narrow for i64 {
    fn narrow(value: i64) -> i64 {
        value
    }
}

/// Java masks a shift count to its low bits; only counts of the width or more are caught before.
fn left(value: i64, width: u32, count: i64) -> i64 {
    if count >= i64::from(width) { 0 } else { value.wrapping_shl(count as u32) }
}

fn right(value: i64, width: u32, count: i64) -> i64 {
    if count >= i64::from(width) {
        return 0;
    }
    // A shift by nothing keeps the sign.
    if count == 0 {
        return value;
    }
    let mask = u64::MAX >> (64 - width);
    ((value as u64) & mask).wrapping_shr(count as u32) as i64
}

fn right_arithmetic(value: i64, width: u32, count: i64) -> i64 {
    if count >= i64::from(width) { if value >= 0 { 0 } else { -1 } } else { value.wrapping_shr(count as u32) }
}
