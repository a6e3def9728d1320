//! How does DataFusion run a bound function? One generic wrapper a kind: scalar kernels, lambda kernels.

pub mod higher_order;
pub mod scalar;

use arrow::array::{Array, ArrayRef, new_null_array};
use arrow::datatypes::DataType;
use datafusion::logical_expr::{Signature, Volatility};

/// The signature DataFusion is told: so many arguments, of types that are never coerced.
pub fn signature(arguments: usize, volatility: Volatility) -> Signature {
    if arguments == 0 { Signature::nullary(volatility) } else { Signature::any(arguments, volatility) }
}

/// The values in the form the kernel was bound to. DataFusion's optimizer asks what a condition says of null columns by evaluating it over
/// columns of Arrow's null type, whatever their real types. Ref: DataFusion 55.2 `is_restrict_null_predicate`.
fn typed(values: ArrayRef, expected: Option<&DataType>) -> ArrayRef {
    match (values.data_type(), expected) {
        (DataType::Null, Some(expected)) if *expected != DataType::Null => new_null_array(expected, values.len()),
        _ => values,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::NullArray;

    use super::*;

    #[test]
    fn untyped_nulls_get_the_type_of_the_argument() {
        let untyped: ArrayRef = Arc::new(NullArray::new(2));
        let values = typed(Arc::clone(&untyped), Some(&DataType::Int32));
        assert_eq!((values.data_type(), values.null_count()), (&DataType::Int32, 2));
        assert_eq!(typed(untyped, Some(&DataType::Null)).data_type(), &DataType::Null);
    }
}
