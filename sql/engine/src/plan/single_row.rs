//! When does a scalar subquery give too many rows? Ref: Trino 401 `EnforceSingleRowOperator`.

use std::sync::{Arc, LazyLock};

use arrow::array::AsArray;
use arrow::compute::max;
use arrow::datatypes::{DataType, Int64Type};
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

use crate::error::from_datafusion::{external, multiple_rows};

/// `$single_row(rows, value)`: the value. Errors: SUBQUERY_MULTIPLE_ROWS when `rows` exceeds 1.
pub fn single_row() -> Arc<ScalarUDF> {
    static UDF: LazyLock<Arc<ScalarUDF>> =
        LazyLock::new(|| Arc::new(ScalarUDF::new_from_impl(SingleRow { signature: Signature::any(2, Volatility::Immutable) })));
    Arc::clone(&UDF)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct SingleRow {
    signature: Signature,
}

impl ScalarUDFImpl for SingleRow {
    fn name(&self) -> &str {
        "$single_row"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        Ok(arg_types[1].clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.args[0].to_array(args.number_rows)?;
        if max(rows.as_primitive::<Int64Type>()).unwrap_or(0) > 1 {
            return Err(external(multiple_rows()));
        }
        Ok(args.args[1].clone())
    }
}
