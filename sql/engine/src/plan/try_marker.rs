//! What stands for TRY(e) in a logical plan? A function that marks `e`; the physical rule of [`super::lazy_errors`] makes it catch errors.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::DataType;
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

/// The marker's name.
pub const TRY_MARKER: &str = "$try";

/// `$try(e)`: `e`. Never folded, and nothing inside is moved out of it.
pub fn try_marker() -> Arc<ScalarUDF> {
    static UDF: LazyLock<Arc<ScalarUDF>> =
        LazyLock::new(|| Arc::new(ScalarUDF::new_from_impl(TryMarker { signature: Signature::any(1, Volatility::Volatile) })));
    Arc::clone(&UDF)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct TryMarker {
    signature: Signature,
}

impl ScalarUDFImpl for TryMarker {
    fn name(&self) -> &str {
        TRY_MARKER
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        Ok(arg_types[0].clone())
    }

    fn short_circuits(&self) -> bool {
        true
    }

    fn conditional_arguments<'a>(&self, args: &'a [Expr]) -> Option<(Vec<&'a Expr>, Vec<&'a Expr>)> {
        Some((Vec::new(), args.iter().collect()))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Ok(args.args[0].clone())
    }
}
