//! Which function does a call mean? Signatures in Trino notation, resolved by Trino's rules. Ref: Trino 401 `FunctionResolver`, `SignatureBinder`.
//!
//! DataFusion's own registry is never searched by name: a function exists here or it does not exist.

use std::sync::Arc;

use datafusion::logical_expr::{AggregateUDF, ScalarUDF, WindowUDF};

use crate::error::FunctionError;
use crate::types::TrinoType;

/// What an expression may know about its query. Fixed for the whole of a query.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionInfo {
    /// Zone name, such as `UTC` or `America/Los_Angeles`, or an offset such as `+02:00`.
    pub zone: Arc<str>,
    /// The instant of the query's start, in microseconds since the epoch: what `now()` answers.
    pub start_micros: i64,
    pub user: Arc<str>,
    pub catalog: Arc<str>,
    pub schema: Option<Arc<str>>,
}

/// What a call passes at one position, before coercion.
#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    Value(TrinoType),
    /// A lambda with this many parameters; its body is typed once the parameters' types are known.
    Lambda { parameters: usize },
}

/// Types a lambda's body: `(argument position, parameter types) -> body type`. The analyzer implements it.
pub type LambdaTyper<'a> = dyn FnMut(usize, &[TrinoType]) -> Result<TrinoType, FunctionError> + 'a;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FunctionKind {
    Scalar,
    Aggregate,
    Window,
}

/// An operator of the language; each is resolved like a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulus,
    Negate,
    Equal,
    NotEqual,
    LessThan,
    LessThanOrEqual,
    GreaterThan,
    GreaterThanOrEqual,
    IsDistinctFrom,
    Subscript,
}

/// A function or operator resolved for given argument types.
#[derive(Debug, Clone)]
pub struct BoundFunction {
    pub name: &'static str,
    pub kind: FunctionKind,
    /// What each argument must be cast to before the call; `TrinoType::Function` where a lambda stands.
    pub argument_types: Vec<TrinoType>,
    pub return_type: TrinoType,
    /// False for `random()` and the like: never folded, never moved.
    pub is_deterministic: bool,
    pub(crate) kernel: Kernel,
}

/// How a bound function computes. Grows with the library; the engine only sees the `…_udf` methods.
#[derive(Debug, Clone)]
pub(crate) enum Kernel {
    Unbuilt,
}

impl BoundFunction {
    /// The DataFusion scalar function that computes this call; arguments in physical form, in order.
    pub fn scalar_udf(&self, _session: &Arc<SessionInfo>) -> Result<Arc<ScalarUDF>, FunctionError> {
        Err(FunctionError::internal(format!("{} is not a scalar function", self.name)))
    }

    /// The DataFusion aggregate that computes this call.
    pub fn aggregate_udf(&self, _session: &Arc<SessionInfo>) -> Result<Arc<AggregateUDF>, FunctionError> {
        Err(FunctionError::internal(format!("{} is not an aggregate function", self.name)))
    }

    /// The DataFusion window function that computes this call.
    pub fn window_udf(&self, _session: &Arc<SessionInfo>) -> Result<Arc<WindowUDF>, FunctionError> {
        Err(FunctionError::internal(format!("{} is not a window function", self.name)))
    }
}

/// Is there any function of this name (case-insensitive)? Tells FUNCTION_NOT_FOUND's two texts apart.
pub fn find_kind(_name: &str) -> Option<FunctionKind> {
    None
}

/// Resolves a call. Errors: FUNCTION_NOT_FOUND with Trino's text (`Function 'f' not registered`,
/// `Unexpected parameters (varchar) for function f. Expected: …`), TYPE_MISMATCH from a lambda's body.
pub fn resolve_function(name: &str, _arguments: &[Argument], _type_lambda: &mut LambdaTyper<'_>) -> Result<BoundFunction, FunctionError> {
    Err(FunctionError::new("FUNCTION_NOT_FOUND", format!("Function '{}' not registered", name.to_lowercase())))
}

/// Resolves an operator. Errors: TYPE_MISMATCH with Trino's text (`Cannot apply operator: varchar(1) = integer`).
pub fn resolve_operator(_operator: Operator, _arguments: &[TrinoType]) -> Result<BoundFunction, FunctionError> {
    Err(FunctionError::new("TYPE_MISMATCH", "Cannot apply operator"))
}
