//! How does a scalar kernel run inside DataFusion? Constants, nulls and errors are dealt with here, once for all kernels.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, UInt32Array, new_null_array};
use arrow::buffer::NullBuffer;
use arrow::compute::{filter, take};
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

use crate::call::{Binding, Call};
use crate::error::FunctionError;
use crate::function::{Constants, Function, Nulls, ScalarKernel};

/// A kernel as a DataFusion function. Equality is the binding's: name, types and session.
#[derive(Debug)]
pub struct KernelUdf {
    binding: Binding,
    kernel: ScalarKernel,
    nulls: Nulls,
    constants: Constants,
    signature: Signature,
    return_field: FieldRef,
    is_deterministic: bool,
}

impl KernelUdf {
    /// The wrapped kernel of `function`'s overload.
    pub fn build(binding: Binding, function: &Function, kernel: ScalarKernel) -> Arc<ScalarUDF> {
        Self::from_parts(binding, kernel, function.nulls, function.constants, function.is_deterministic)
    }

    /// A kernel without a descriptor, such as a cast.
    pub fn from_parts(
        binding: Binding,
        kernel: ScalarKernel,
        nulls: Nulls,
        constants: Constants,
        is_deterministic: bool,
    ) -> Arc<ScalarUDF> {
        let volatility = if is_deterministic { Volatility::Immutable } else { Volatility::Volatile };
        let return_field = Arc::new(Field::new(binding.name, binding.return_arrow.clone(), true));
        let signature = super::signature(binding.argument_types.len(), volatility);
        Arc::new(ScalarUDF::new_from_impl(KernelUdf { binding, kernel, nulls, constants, signature, return_field, is_deterministic }))
    }

    fn run(&self, arguments: &[ColumnarValue], number_rows: usize) -> Result<ColumnarValue, FunctionError> {
        let is_constant = self.is_deterministic && arguments.iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_)));
        let rows = if is_constant { 1 } else { number_rows };
        let mut constants = Vec::with_capacity(arguments.len());
        for (argument, expected) in arguments.iter().zip(&self.binding.argument_arrows) {
            constants.push(match argument {
                ColumnarValue::Scalar(value) => Some(super::typed(value.to_array_of_size(1)?, Some(expected))),
                ColumnarValue::Array(_) => None,
            });
        }
        let is_strict = self.nulls != Nulls::Seen;
        if is_strict && constants.iter().flatten().any(|constant| constant.is_null(0)) {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_new_null(&self.binding.return_arrow)?));
        }
        let keeps_single = self.constants == Constants::Single;
        let mut arrays = Vec::with_capacity(arguments.len());
        for ((argument, constant), expected) in arguments.iter().zip(&constants).zip(&self.binding.argument_arrows) {
            arrays.push(match (argument, constant) {
                (ColumnarValue::Array(values), _) => super::typed(Arc::clone(values), Some(expected)),
                (ColumnarValue::Scalar(_), Some(constant)) if rows == 1 || keeps_single => Arc::clone(constant),
                (ColumnarValue::Scalar(value), _) => super::typed(value.to_array_of_size(rows)?, Some(expected)),
            });
        }
        let values = match self.nulls {
            Nulls::Skipped => self.run_without_nulls(&arrays, &constants, rows)?,
            Nulls::Propagated | Nulls::Seen => (self.kernel)(&Call::new(&self.binding, rows, &constants), &arrays)?,
        };
        if values.len() != rows || values.data_type() != &self.binding.return_arrow {
            return Err(FunctionError::internal(format!(
                "function '{}' gave {} rows of {} where {rows} rows of {} were due",
                self.binding.name,
                values.len(),
                values.data_type(),
                self.binding.return_arrow
            )));
        }
        if is_constant { Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&values, 0)?)) } else { Ok(ColumnarValue::Array(values)) }
    }

    /// Runs the kernel over the rows where no argument is null, and puts nulls back in between.
    fn run_without_nulls(&self, arrays: &[ArrayRef], constants: &[Option<ArrayRef>], rows: usize) -> Result<ArrayRef, FunctionError> {
        let mut nulls: Option<NullBuffer> = None;
        for (array, constant) in arrays.iter().zip(constants) {
            if constant.is_none() && array.null_count() > 0 {
                nulls = NullBuffer::union(nulls.as_ref(), array.logical_nulls().as_ref());
            }
        }
        let Some(nulls) = nulls.filter(|nulls| nulls.null_count() > 0) else {
            return (self.kernel)(&Call::new(&self.binding, rows, constants), arrays);
        };
        let kept = rows - nulls.null_count();
        if kept == 0 {
            return Ok(new_null_array(&self.binding.return_arrow, rows));
        }
        let mask = BooleanArray::new(nulls.inner().clone(), None);
        let dense = arrays
            .iter()
            .map(|array| if array.len() == rows { filter(array, &mask) } else { Ok(Arc::clone(array)) })
            .collect::<Result<Vec<_>, _>>()?;
        let values = (self.kernel)(&Call::new(&self.binding, kept, constants), &dense)?;
        if values.len() != kept {
            return Err(FunctionError::internal(format!(
                "function '{}' gave {} rows where {kept} were due",
                self.binding.name,
                values.len()
            )));
        }
        let mut next = 0u32;
        let places = nulls.iter().map(|is_valid| {
            let place = is_valid.then_some(next);
            next += u32::from(is_valid);
            place
        });
        Ok(take(&values, &places.collect::<UInt32Array>(), None)?)
    }
}

impl PartialEq for KernelUdf {
    fn eq(&self, other: &Self) -> bool {
        self.binding == other.binding
    }
}

impl Eq for KernelUdf {}

impl Hash for KernelUdf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.binding.hash(state);
    }
}

impl ScalarUDFImpl for KernelUdf {
    fn name(&self) -> &str {
        self.binding.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(self.binding.return_arrow.clone())
    }

    fn return_field_from_args(&self, _args: ReturnFieldArgs) -> Result<FieldRef> {
        Ok(Arc::clone(&self.return_field))
    }

    fn is_strict(&self) -> bool {
        self.nulls != Nulls::Seen
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Ok(self.run(&args.args, args.number_rows)?)
    }
}
