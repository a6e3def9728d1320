//! What is a random number? Ref: Trino 401 `random`.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, PrimitiveArray};
use arrow::datatypes::{ArrowPrimitiveType, Int8Type, Int16Type, Int32Type, Int64Type};
use rand::Rng;
use rand::distr::uniform::SampleUniform;

use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const RANDOM: Function = Function {
    name: "random",
    aliases: &["rand"],
    overloads: &[
        Overload::scalar("() -> double", random_double),
        Overload::scalar("(tinyint) -> tinyint", random_below::<Int8Type>),
        Overload::scalar("(smallint) -> smallint", random_below::<Int16Type>),
        Overload::scalar("(integer) -> integer", random_below::<Int32Type>),
        Overload::scalar("(bigint) -> bigint", random_below::<Int64Type>),
        Overload::scalar("(tinyint, tinyint) -> tinyint", random_between::<Int8Type>),
        Overload::scalar("(smallint, smallint) -> smallint", random_between::<Int16Type>),
        Overload::scalar("(integer, integer) -> integer", random_between::<Int32Type>),
        Overload::scalar("(bigint, bigint) -> bigint", random_between::<Int64Type>),
    ],
    description: "A pseudo-random number: from 0 to 1, below a bound, or from a start below a stop",
    is_deterministic: false,
    examples: &[("random(1)", "0"), ("random(5, 6)", "5")],
    ..Function::SCALAR
};

fn random_double(call: &Call<'_>, _arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let mut generator = rand::rng();
    Ok(Arc::new(Float64Array::from_iter_values((0..call.rows()).map(|_| generator.random::<f64>()))))
}

fn random_below<T>(_call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError>
where
    T: ArrowPrimitiveType,
    T::Native: SampleUniform + PartialOrd + Default,
{
    let mut generator = rand::rng();
    let zero = T::Native::default();
    let numbers = arguments[0].as_primitive::<T>().values().iter().map(|bound| {
        if *bound <= zero { Err(FunctionError::argument("bound must be positive")) } else { Ok(generator.random_range(zero..*bound)) }
    });
    Ok(Arc::new(PrimitiveArray::<T>::new(numbers.collect::<Result<Vec<_>, _>>()?.into(), None)))
}

fn random_between<T>(_call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError>
where
    T: ArrowPrimitiveType,
    T::Native: SampleUniform + PartialOrd,
{
    let mut generator = rand::rng();
    let (starts, stops) = (arguments[0].as_primitive::<T>().values(), arguments[1].as_primitive::<T>().values());
    let numbers = starts.iter().zip(stops).map(|(start, stop)| {
        if start >= stop {
            Err(FunctionError::argument("start value must be less than stop value"))
        } else {
            Ok(generator.random_range(*start..*stop))
        }
    });
    Ok(Arc::new(PrimitiveArray::<T>::new(numbers.collect::<Result<Vec<_>, _>>()?.into(), None)))
}
