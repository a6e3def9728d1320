//! What is a number without its digits after the point, or after a place? Ref: Trino 401 `truncate`.

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::Int32Type;

use super::decimal_rows::{decimal_of, map_decimals, ten_to};
use super::whole::{divide_decimals, map_doubles, map_reals};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const TRUNCATE: Function = Function {
    name: "truncate",
    overloads: &[
        Overload::scalar("(double) -> double", |_, arguments| map_doubles(arguments, f64::trunc)),
        Overload::scalar("(real) -> real", |_, arguments| map_reals(arguments, f32::trunc)),
        Overload::scalar("(decimal(p,s)) -> decimal(max(1, p - s), 0)", |call, arguments| {
            divide_decimals(call, arguments, |value, unit| value / unit)
        }),
        Overload::scalar("(decimal(p,s), integer) -> decimal(p, s)", truncate_at),
    ],
    description: "Round to integer by dropping digits after decimal point",
    examples: &[("truncate(-1.8e0)", "-1.0"), ("truncate(DECIMAL '123.456', 1)", "123.400")],
    ..Function::SCALAR
};

fn truncate_at(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (precision, scale) = decimal_of(call.argument_type(0)).unwrap_or((38, 0));
    let places = arguments[1].as_primitive::<Int32Type>().values();
    map_decimals(call, arguments, |value, row| {
        let dropped = i64::from(scale) - i64::from(places[row]);
        Ok(match u32::try_from(dropped) {
            Err(_) => value,
            Ok(dropped) if dropped >= precision => 0,
            Ok(dropped) => value / ten_to(dropped) * ten_to(dropped),
        })
    })
}
