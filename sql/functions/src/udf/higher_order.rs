//! How does a kernel with lambdas run inside DataFusion? Through its higher-order functions.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::Result;
use datafusion::logical_expr::{
    ColumnarValue, HigherOrderFunctionArgs, HigherOrderReturnFieldArgs, HigherOrderSignature, HigherOrderUDF, HigherOrderUDFImpl,
    LambdaParametersProgress, ValueOrLambda, Volatility,
};

use crate::call::{Binding, Call, Lambda, Operand};
use crate::error::FunctionError;
use crate::function::{Function, LambdaKernel};
use crate::types::TrinoType;
use crate::types::arrow_form::arrow_type;

/// A lambda kernel as a DataFusion function.
#[derive(Debug)]
pub struct LambdaKernelUdf {
    binding: Binding,
    kernel: LambdaKernel,
    signature: HigherOrderSignature,
    return_field: FieldRef,
    /// Per argument: the lambda's parameters and its physical return type.
    lambdas: Vec<Option<(Vec<FieldRef>, DataType)>>,
}

impl LambdaKernelUdf {
    /// The wrapped kernel of `function`'s overload.
    pub fn build(binding: Binding, function: &Function, kernel: LambdaKernel) -> Arc<HigherOrderUDF> {
        let volatility = if function.is_deterministic { Volatility::Immutable } else { Volatility::Volatile };
        let return_field = Arc::new(Field::new(binding.name, binding.return_arrow.clone(), true));
        let lambdas = binding
            .argument_types
            .iter()
            .map(|argument| match argument {
                TrinoType::Function(parameters, result) => {
                    let fields = parameters
                        .iter()
                        .enumerate()
                        .map(|(position, parameter)| Arc::new(Field::new(format!("p{position}"), arrow_type(parameter), true)));
                    Some((fields.collect(), arrow_type(result)))
                }
                _ => None,
            })
            .collect();
        let signature = HigherOrderSignature::variadic_any(volatility);
        Arc::new(HigherOrderUDF::new_from_impl(LambdaKernelUdf { binding, kernel, signature, return_field, lambdas }))
    }
}

impl PartialEq for LambdaKernelUdf {
    fn eq(&self, other: &Self) -> bool {
        self.binding == other.binding
    }
}

impl Eq for LambdaKernelUdf {}

impl Hash for LambdaKernelUdf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.binding.hash(state);
    }
}

impl HigherOrderUDFImpl for LambdaKernelUdf {
    fn name(&self) -> &str {
        self.binding.name
    }

    fn signature(&self) -> &HigherOrderSignature {
        &self.signature
    }

    fn lambda_parameters(&self, _step: usize, _fields: &[ValueOrLambda<FieldRef, Option<FieldRef>>]) -> Result<LambdaParametersProgress> {
        Ok(LambdaParametersProgress::Complete(self.lambdas.iter().flatten().map(|(fields, _)| fields.clone()).collect()))
    }

    fn return_field_from_args(&self, _args: HigherOrderReturnFieldArgs) -> Result<FieldRef> {
        Ok(Arc::clone(&self.return_field))
    }

    fn short_circuits(&self) -> bool {
        true
    }

    fn conditional_arguments<'a>(
        &self,
        args: &'a [datafusion::logical_expr::Expr],
    ) -> Option<(Vec<&'a datafusion::logical_expr::Expr>, Vec<&'a datafusion::logical_expr::Expr>)> {
        // Values are computed once a row in any case; only a lambda's body may never run.
        Some(args.iter().enumerate().fold((vec![], vec![]), |(mut eager, mut lazy), (position, argument)| {
            if matches!(self.lambdas.get(position), Some(Some(_))) {
                lazy.push(argument)
            } else {
                eager.push(argument)
            }
            (eager, lazy)
        }))
    }

    fn invoke_with_args(&self, args: HigherOrderFunctionArgs) -> Result<ColumnarValue> {
        let mut operands = Vec::with_capacity(args.args.len());
        for (position, argument) in args.args.iter().enumerate() {
            operands.push(match (argument, self.lambdas.get(position)) {
                (ValueOrLambda::Value(value), _) => {
                    let expected = self.binding.argument_arrows.get(position);
                    Operand::Value(super::typed(value.to_array(args.number_rows)?, expected))
                }
                (ValueOrLambda::Lambda(lambda), Some(Some((_, return_arrow)))) => Operand::Lambda(Lambda::new(lambda, return_arrow)),
                (ValueOrLambda::Lambda(_), _) => {
                    return Err(FunctionError::internal(format!("'{}' takes no lambda at position {position}", self.binding.name)).into());
                }
            });
        }
        let values = (self.kernel)(&Call::new(&self.binding, args.number_rows, &[]), &operands)?;
        if values.len() != args.number_rows || values.data_type() != &self.binding.return_arrow {
            return Err(FunctionError::internal(format!(
                "function '{}' gave {} rows of {}",
                self.binding.name,
                values.len(),
                values.data_type()
            ))
            .into());
        }
        Ok(ColumnarValue::Array(values))
    }
}
