//! Which numbers does WITH ORDINALITY give? For each row the list 1, 2, … up to the longest of its lists.

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, ListArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::DataType;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use owlake_functions::types::TrinoType;
use owlake_functions::types::arrow_form::item_field;

use crate::error::EngineError;
use crate::error::from_datafusion::external;

/// `$ordinality(list, …)`: a list of bigint; a null list counts as empty.
pub fn ordinality() -> Arc<ScalarUDF> {
    static UDF: LazyLock<Arc<ScalarUDF>> =
        LazyLock::new(|| Arc::new(ScalarUDF::new_from_impl(Ordinality { signature: Signature::variadic_any(Volatility::Immutable) })));
    Arc::clone(&UDF)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Ordinality {
    signature: Signature,
}

impl ScalarUDFImpl for Ordinality {
    fn name(&self) -> &str {
        "$ordinality"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(crate::lower::unnest::ordinality_type())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let mut lengths = vec![0usize; rows];
        for argument in &args.args {
            let values: ArrayRef = argument.to_array(rows)?;
            let lists =
                values.as_list_opt::<i32>().ok_or_else(|| external(EngineError::internal("ordinality of something that is no list")))?;
            for (row, length) in lengths.iter_mut().enumerate() {
                if lists.is_valid(row) {
                    *length = (*length).max(lists.value_length(row) as usize);
                }
            }
        }
        let mut numbers: Vec<i64> = Vec::with_capacity(lengths.iter().sum());
        for length in &lengths {
            numbers.extend(1..=*length as i64);
        }
        let list = ListArray::try_new(
            item_field(&TrinoType::Bigint),
            OffsetBuffer::from_lengths(lengths),
            Arc::new(Int64Array::from(numbers)),
            None,
        )
        .map_err(DataFusionError::from)?;
        Ok(ColumnarValue::Array(Arc::new(list)))
    }
}
