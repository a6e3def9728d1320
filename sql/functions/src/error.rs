//! How does a function say that a value is wrong? Ref: Trino 401 `StandardErrorCode`.

use std::fmt;

/// A failure of an expression at run time or of a type rule, under Trino's error name.
///
/// Travels through DataFusion as `DataFusionError::External`; the engine takes it out again, so the name and
/// the text reach the client unchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionError {
    /// Trino's error name, such as `DIVISION_BY_ZERO` or `INVALID_FUNCTION_ARGUMENT`.
    pub name: &'static str,
    /// The text after the name, as Trino prints it.
    pub message: String,
}

impl FunctionError {
    pub fn new(name: &'static str, message: impl Into<String>) -> Self {
        FunctionError { name, message: message.into() }
    }

    /// `INVALID_FUNCTION_ARGUMENT`.
    pub fn argument(message: impl Into<String>) -> Self {
        Self::new("INVALID_FUNCTION_ARGUMENT", message)
    }

    /// `INVALID_CAST_ARGUMENT`.
    pub fn cast(message: impl Into<String>) -> Self {
        Self::new("INVALID_CAST_ARGUMENT", message)
    }

    /// `NUMERIC_VALUE_OUT_OF_RANGE`.
    pub fn out_of_range(message: impl Into<String>) -> Self {
        Self::new("NUMERIC_VALUE_OUT_OF_RANGE", message)
    }

    /// `DIVISION_BY_ZERO: Division by zero`.
    pub fn division_by_zero() -> Self {
        Self::new("DIVISION_BY_ZERO", "Division by zero")
    }

    /// `NOT_SUPPORTED`.
    pub fn not_supported(message: impl Into<String>) -> Self {
        Self::new("NOT_SUPPORTED", message)
    }

    /// The impossible: our own fault, said with a sentence.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new("GENERIC_INTERNAL_ERROR", message)
    }
}

impl fmt::Display for FunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.message)
    }
}

impl std::error::Error for FunctionError {}

impl From<FunctionError> for datafusion::error::DataFusionError {
    fn from(error: FunctionError) -> Self {
        datafusion::error::DataFusionError::External(Box::new(error))
    }
}

impl From<arrow::error::ArrowError> for FunctionError {
    fn from(error: arrow::error::ArrowError) -> Self {
        FunctionError::internal(error.to_string())
    }
}

impl From<datafusion::error::DataFusionError> for FunctionError {
    /// Takes a function's own error out again, however deep it is wrapped; anything else is internal.
    fn from(error: datafusion::error::DataFusionError) -> Self {
        let mut source: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(cause) = source {
            if let Some(found) = cause.downcast_ref::<FunctionError>() {
                return found.clone();
            }
            source = match cause.downcast_ref::<datafusion::error::DataFusionError>() {
                Some(datafusion::error::DataFusionError::External(inner)) => Some(inner.as_ref()),
                Some(datafusion::error::DataFusionError::Shared(inner)) => Some(inner.as_ref()),
                _ => cause.source(),
            };
        }
        FunctionError::internal(error.to_string())
    }
}
