//! What does a kernel know about the call it computes? Types, session, row count and constants.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, UInt32Array};
use arrow::compute::take_arrays;
use arrow::datatypes::DataType;
use datafusion::common::DataFusionError;
use datafusion::logical_expr::LambdaArgument;

use crate::error::FunctionError;
use crate::registry::SessionInfo;
use crate::types::TrinoType;
use crate::types::arrow_form::arrow_type;

/// A function bound to types and a session: what stays the same from batch to batch. Two equal bindings compute the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Binding {
    pub name: &'static str,
    pub argument_types: Vec<TrinoType>,
    pub return_type: TrinoType,
    /// Physical form of `return_type`.
    pub return_arrow: DataType,
    /// Physical forms of `argument_types`.
    pub argument_arrows: Vec<DataType>,
    pub session: Arc<SessionInfo>,
}

impl Binding {
    pub fn new(name: &'static str, argument_types: Vec<TrinoType>, return_type: TrinoType, session: &Arc<SessionInfo>) -> Binding {
        let argument_arrows = argument_types.iter().map(arrow_type).collect();
        let return_arrow = arrow_type(&return_type);
        Binding { name, argument_types, return_type, return_arrow, argument_arrows, session: Arc::clone(session) }
    }
}

/// One batch of a scalar call.
#[derive(Debug)]
pub struct Call<'a> {
    binding: &'a Binding,
    rows: usize,
    constants: &'a [Option<ArrayRef>],
}

impl<'a> Call<'a> {
    /// `constants` is empty or as long as the arguments.
    pub fn new(binding: &'a Binding, rows: usize, constants: &'a [Option<ArrayRef>]) -> Call<'a> {
        Call { binding, rows, constants }
    }

    /// Rows of the result; every expanded argument has as many.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The function's name as registered.
    pub fn name(&self) -> &'static str {
        self.binding.name
    }

    pub fn argument_types(&self) -> &'a [TrinoType] {
        &self.binding.argument_types
    }

    /// The type of argument `position`; `unknown` past the end.
    pub fn argument_type(&self, position: usize) -> &'a TrinoType {
        self.binding.argument_types.get(position).unwrap_or(&TrinoType::Unknown)
    }

    pub fn return_type(&self) -> &'a TrinoType {
        &self.binding.return_type
    }

    /// Physical form of the return type.
    pub fn return_arrow(&self) -> &'a DataType {
        &self.binding.return_arrow
    }

    pub fn session(&self) -> &'a SessionInfo {
        &self.binding.session
    }

    /// Argument `position` as an array of length 1 when it is the same in every row (a literal, a pattern).
    pub fn constant(&self, position: usize) -> Option<&'a ArrayRef> {
        self.constants.get(position).and_then(Option::as_ref)
    }
}

/// An argument of a lambda-taking function.
pub enum Operand<'a> {
    Value(ArrayRef),
    Lambda(Lambda<'a>),
}

impl<'a> Operand<'a> {
    /// The values. Errors: an internal error where a lambda stands.
    pub fn value(&self) -> Result<&ArrayRef, FunctionError> {
        match self {
            Operand::Value(values) => Ok(values),
            Operand::Lambda(_) => Err(FunctionError::internal("a lambda stands where a value should")),
        }
    }

    /// The lambda. Errors: an internal error where a value stands.
    pub fn lambda(&self) -> Result<&Lambda<'a>, FunctionError> {
        match self {
            Operand::Lambda(lambda) => Ok(lambda),
            Operand::Value(_) => Err(FunctionError::internal("a value stands where a lambda should")),
        }
    }
}

/// A lambda with the outer columns it captures.
pub struct Lambda<'a> {
    argument: &'a LambdaArgument,
    return_arrow: &'a DataType,
}

impl<'a> Lambda<'a> {
    pub(crate) fn new(argument: &'a LambdaArgument, return_arrow: &'a DataType) -> Lambda<'a> {
        Lambda { argument, return_arrow }
    }

    /// Evaluates the body for `outer_rows.len()` calls: call `i` has the parameters `parameters[..][i]` and sees the
    /// captured columns of outer row `outer_rows[i]`. The result has one value a call.
    pub fn evaluate(&self, outer_rows: &UInt32Array, parameters: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
        let calls = outer_rows.len();
        let row_counter: ArrayRef = Arc::new(BooleanArray::new_null(calls));
        let all: Vec<ArrayRef> = if parameters.is_empty() { vec![row_counter] } else { parameters.to_vec() };
        let closures: Vec<Box<dyn Fn() -> Result<ArrayRef, DataFusionError>>> = all
            .into_iter()
            .map(|values| Box::new(move || Ok(Arc::clone(&values))) as Box<dyn Fn() -> Result<ArrayRef, DataFusionError>>)
            .collect();
        let references: Vec<&dyn Fn() -> Result<ArrayRef, DataFusionError>> =
            closures.iter().map(|closure| closure.as_ref() as _).collect();
        let value =
            self.argument.evaluate(&references, |captures| Ok(take_arrays(captures, outer_rows, None)?)).map_err(FunctionError::from)?;
        let values = value.into_array(calls).map_err(FunctionError::from)?;
        if values.data_type() == self.return_arrow { Ok(values) } else { Ok(arrow::compute::cast(&values, self.return_arrow)?) }
    }
}
