//! What are two integers joined bit by bit? Ref: Trino 401 `bitwise_and`, `bitwise_or`, `bitwise_xor`, `bitwise_not`.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray};
use arrow::compute::{binary, unary};
use arrow::datatypes::Int64Type;

use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Nulls, Overload};

pub const BITWISE_AND: Function = Function {
    name: "bitwise_and",
    overloads: &[Overload::scalar("(bigint, bigint) -> bigint", bitwise_and)],
    description: "Bitwise AND in 2's complement arithmetic",
    nulls: Nulls::Propagated,
    examples: &[("bitwise_and(19, 25)", "17")],
    ..Function::SCALAR
};

pub const BITWISE_OR: Function = Function {
    name: "bitwise_or",
    overloads: &[Overload::scalar("(bigint, bigint) -> bigint", bitwise_or)],
    description: "Bitwise OR in 2's complement arithmetic",
    nulls: Nulls::Propagated,
    examples: &[("bitwise_or(19, 25)", "27")],
    ..Function::SCALAR
};

pub const BITWISE_XOR: Function = Function {
    name: "bitwise_xor",
    overloads: &[Overload::scalar("(bigint, bigint) -> bigint", bitwise_xor)],
    description: "Bitwise XOR in 2's complement arithmetic",
    nulls: Nulls::Propagated,
    examples: &[("bitwise_xor(19, 25)", "10")],
    ..Function::SCALAR
};

pub const BITWISE_NOT: Function = Function {
    name: "bitwise_not",
    overloads: &[Overload::scalar("(bigint) -> bigint", bitwise_not)],
    description: "Bitwise NOT in 2's complement arithmetic",
    nulls: Nulls::Propagated,
    examples: &[("bitwise_not(19)", "-20")],
    ..Function::SCALAR
};

fn combine(arguments: &[ArrayRef], operation: impl Fn(i64, i64) -> i64) -> Result<ArrayRef, FunctionError> {
    let (left, right) = (arguments[0].as_primitive::<Int64Type>(), arguments[1].as_primitive::<Int64Type>());
    Ok(Arc::new(binary::<_, _, _, Int64Type>(left, right, operation)?))
}

fn bitwise_and(_call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    combine(arguments, |left, right| left & right)
}

fn bitwise_or(_call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    combine(arguments, |left, right| left | right)
}

fn bitwise_xor(_call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    combine(arguments, |left, right| left ^ right)
}

fn bitwise_not(_call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    Ok(Arc::new(unary::<_, _, Int64Type>(arguments[0].as_primitive::<Int64Type>(), |value| !value)))
}
