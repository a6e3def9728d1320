//! When is a recursion too deep? Ref: Trino 401 `RelationPlanner.planExpand`: `max_recursion_depth`, 10 by default.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::compute::max;
use arrow::datatypes::{DataType, Int64Type};
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

use crate::error::EngineError;
use crate::error::from_datafusion::external;

/// `$recursion_depth(depth)`: the depth itself. Errors: NOT_SUPPORTED once it exceeds the limit.
pub fn recursion_depth(depth_max: i64) -> Arc<ScalarUDF> {
    let signature = Signature::exact(vec![DataType::Int64], Volatility::Volatile);
    Arc::new(ScalarUDF::new_from_impl(RecursionDepth { depth_max, signature }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct RecursionDepth {
    depth_max: i64,
    signature: Signature,
}

impl ScalarUDFImpl for RecursionDepth {
    fn name(&self) -> &str {
        "$recursion_depth"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let depths = args.args[0].to_array(args.number_rows)?;
        let deepest = max(depths.as_primitive::<Int64Type>()).unwrap_or(0);
        if deepest > self.depth_max {
            let message = format!(
                "Recursion depth limit exceeded ({}). Use 'max_recursion_depth' session property to modify the limit.",
                self.depth_max
            );
            return Err(external(EngineError::engine("NOT_SUPPORTED", message)));
        }
        Ok(ColumnarValue::Array(depths))
    }
}
