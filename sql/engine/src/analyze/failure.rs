//! How does the analyzer refuse a query? Trino's error name and text with the position in front. Ref: Trino 401 `SemanticExceptions`.

use owlake_functions::error::FunctionError;
use owlake_syntax::location::Location;

use crate::error::EngineError;

/// What analysis steps return.
pub(crate) type Analysis<T> = Result<T, EngineError>;

/// `name: line L:C: message`.
pub(crate) fn fail_at(location: Location, name: &str, message: impl AsRef<str>) -> EngineError {
    EngineError::engine(name, format!("line {location}: {}", message.as_ref()))
}

/// `TYPE_MISMATCH` at a position.
pub(crate) fn mismatch(location: Location, message: impl AsRef<str>) -> EngineError {
    fail_at(location, "TYPE_MISMATCH", message)
}

/// `NOT_SUPPORTED` at a position.
pub(crate) fn unsupported(location: Location, message: impl AsRef<str>) -> EngineError {
    fail_at(location, "NOT_SUPPORTED", message)
}

/// A function's or operator's own failure, at the call.
pub(crate) fn of_function(location: Location, error: &FunctionError) -> EngineError {
    fail_at(location, error.name, &error.message)
}
