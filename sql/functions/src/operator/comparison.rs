//! Which comparisons hold, row by row? Ref: Trino 401 comparison operators; the meaning is in [`super::compare`].

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, BooleanBuilder, Datum, PrimitiveArray, Scalar};
use arrow::buffer::BooleanBuffer;
use arrow::compute::kernels::cmp;
use arrow::datatypes::{Decimal128Type, Float32Type, Float64Type, Int64Type};
use arrow::error::ArrowError;

use super::compare::{equal_at, is_identical_at, order_at, time_instant};
use super::native::has_native_order;
use super::sequence::union_nulls;
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Constants, Function, Nulls, Overload};
use crate::types::TrinoType;

const COMPARISON: Function = Function { nulls: Nulls::Propagated, constants: Constants::Single, ..Function::SCALAR };

pub const EQUAL: Function =
    Function { name: "$equal", overloads: &[Overload::scalar("<T: comparable>(T, T) -> boolean", equal)], ..COMPARISON };
pub const NOT_EQUAL: Function =
    Function { name: "$not_equal", overloads: &[Overload::scalar("<T: comparable>(T, T) -> boolean", not_equal)], ..COMPARISON };
pub const LESS_THAN: Function =
    Function { name: "$less_than", overloads: &[Overload::scalar("<T: orderable>(T, T) -> boolean", less_than)], ..COMPARISON };
pub const LESS_THAN_OR_EQUAL: Function = Function {
    name: "$less_than_or_equal",
    overloads: &[Overload::scalar("<T: orderable>(T, T) -> boolean", less_than_or_equal)],
    ..COMPARISON
};
pub const GREATER_THAN: Function =
    Function { name: "$greater_than", overloads: &[Overload::scalar("<T: orderable>(T, T) -> boolean", greater_than)], ..COMPARISON };
pub const GREATER_THAN_OR_EQUAL: Function = Function {
    name: "$greater_than_or_equal",
    overloads: &[Overload::scalar("<T: orderable>(T, T) -> boolean", greater_than_or_equal)],
    ..COMPARISON
};
pub const IS_DISTINCT_FROM: Function = Function {
    name: "$is_distinct_from",
    nulls: Nulls::Seen,
    overloads: &[Overload::scalar("<T: comparable>(T, T) -> boolean", is_distinct_from)],
    ..COMPARISON
};

type ArrowComparison = fn(&dyn Datum, &dyn Datum) -> Result<BooleanArray, ArrowError>;

fn equal(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    run(call, arguments, cmp::eq, |left, right| left == right, |left, right| left == right, |order| order == Ordering::Equal, true)
}

fn not_equal(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    run(call, arguments, cmp::neq, |left, right| left != right, |left, right| left != right, |order| order != Ordering::Equal, true)
}

fn less_than(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    run(call, arguments, cmp::lt, |left, right| left < right, |left, right| left < right, |order| order == Ordering::Less, false)
}

fn less_than_or_equal(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    run(call, arguments, cmp::lt_eq, |left, right| left <= right, |left, right| left <= right, |order| order != Ordering::Greater, false)
}

fn greater_than(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    run(call, arguments, cmp::gt, |left, right| left > right, |left, right| left > right, |order| order == Ordering::Greater, false)
}

fn greater_than_or_equal(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    run(call, arguments, cmp::gt_eq, |left, right| left >= right, |left, right| left >= right, |order| order != Ordering::Less, false)
}

/// `is_equality` tells `=` and `<>`, which nested types answer three-valued, from the order operators.
fn run(
    call: &Call<'_>,
    arguments: &[ArrayRef],
    arrow: ArrowComparison,
    doubles: impl Fn(f64, f64) -> bool,
    reals: impl Fn(f32, f32) -> bool,
    accepts: fn(Ordering) -> bool,
    is_equality: bool,
) -> Result<ArrayRef, FunctionError> {
    let (left, right) = (&arguments[0], &arguments[1]);
    let data_type = call.argument_type(0);
    Ok(match data_type {
        flat if has_native_order(flat) || (is_equality && matches!(flat, TrinoType::Char(_) | TrinoType::Json)) => {
            Arc::new(run_arrow(call, left, right, arrow)?)
        }
        TrinoType::Double => run_floats::<Float64Type>(call, left, right, doubles),
        TrinoType::Real => run_floats::<Float32Type>(call, left, right, reals),
        TrinoType::TimestampWithTimeZone(0..=3) => {
            let instants = |packed: &ArrayRef| -> ArrayRef {
                Arc::new(packed.as_primitive::<Int64Type>().unary::<_, Int64Type>(|packed| packed >> 12))
            };
            Arc::new(run_arrow(call, &instants(left), &instants(right), arrow)?)
        }
        TrinoType::TimestampWithTimeZone(_) => {
            let instants = |packed: &ArrayRef| -> ArrayRef {
                Arc::new(packed.as_primitive::<Decimal128Type>().unary::<_, Decimal128Type>(|packed| packed >> 12))
            };
            Arc::new(run_arrow(call, &instants(left), &instants(right), arrow)?)
        }
        TrinoType::TimeWithTimeZone(_) => {
            let instants =
                |packed: &ArrayRef| -> ArrayRef { Arc::new(packed.as_primitive::<Decimal128Type>().unary::<_, Int64Type>(time_instant)) };
            Arc::new(run_arrow(call, &instants(left), &instants(right), arrow)?)
        }
        _ => run_nested(call, left, right, accepts, is_equality)?,
    })
}

/// Arrow's kernel, with a constant as a scalar.
fn run_arrow(call: &Call<'_>, left: &ArrayRef, right: &ArrayRef, arrow: ArrowComparison) -> Result<BooleanArray, FunctionError> {
    let rows = call.rows();
    Ok(match (left.len() == rows, right.len() == rows) {
        (true, true) => arrow(left, right)?,
        (true, false) => arrow(left, &Scalar::new(right))?,
        (false, true) => arrow(&Scalar::new(left), right)?,
        (false, false) => {
            let one = arrow(left, right)?;
            (0..rows).map(|_| one.is_valid(0).then(|| one.value(0))).collect()
        }
    })
}

fn run_floats<T: ArrowPrimitiveType>(
    call: &Call<'_>,
    left: &ArrayRef,
    right: &ArrayRef,
    holds: impl Fn(T::Native, T::Native) -> bool,
) -> ArrayRef {
    let (left, right): (&PrimitiveArray<T>, &PrimitiveArray<T>) = (left.as_primitive(), right.as_primitive());
    let rows = call.rows();
    let values = match (left.len() == rows, right.len() == rows) {
        (true, true) => {
            let (left, right) = (left.values(), right.values());
            BooleanBuffer::collect_bool(rows.min(left.len()).min(right.len()), |row| holds(left[row], right[row]))
        }
        (true, false) => {
            let (left, right) = (left.values(), right.value(0));
            BooleanBuffer::collect_bool(rows.min(left.len()), |row| holds(left[row], right))
        }
        (false, true) => {
            let (left, right) = (left.value(0), right.values());
            BooleanBuffer::collect_bool(rows.min(right.len()), |row| holds(left, right[row]))
        }
        (false, false) => {
            let is_so = holds(left.value(0), right.value(0));
            BooleanBuffer::collect_bool(rows, |_| is_so)
        }
    };
    Arc::new(BooleanArray::new(values, union_nulls(left, right, rows)))
}

fn run_nested(
    call: &Call<'_>,
    left: &ArrayRef,
    right: &ArrayRef,
    accepts: fn(Ordering) -> bool,
    is_equality: bool,
) -> Result<ArrayRef, FunctionError> {
    let data_type = call.argument_type(0);
    let rows = call.rows();
    let mut builder = BooleanBuilder::with_capacity(rows);
    for row in 0..rows {
        let (i, j) = (if left.len() == rows { row } else { 0 }, if right.len() == rows { row } else { 0 });
        if left.is_null(i) || right.is_null(j) {
            builder.append_null();
        } else if is_equality {
            let is_equal = equal_at(data_type, left.as_ref(), i, right.as_ref(), j);
            builder.append_option(is_equal.map(|is_equal| accepts(if is_equal { Ordering::Equal } else { Ordering::Less })));
        } else {
            builder.append_value(accepts(order_at(data_type, left.as_ref(), i, right.as_ref(), j)?));
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn is_distinct_from(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (left, right) = (&arguments[0], &arguments[1]);
    let data_type = call.argument_type(0);
    if has_native_order(data_type) {
        return Ok(Arc::new(run_arrow(call, left, right, cmp::distinct)?));
    }
    let rows = call.rows();
    let index = |array: &ArrayRef, row: usize| if array.len() == rows { row } else { 0 };
    let distinct = (0..rows).map(|row| !is_identical_at(data_type, left.as_ref(), index(left, row), right.as_ref(), index(right, row)));
    Ok(Arc::new(BooleanArray::new(distinct.collect::<BooleanBuffer>(), None)))
}
