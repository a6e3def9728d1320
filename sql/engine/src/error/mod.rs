//! How does a statement fail? The engine's one error type.

pub mod from_datafusion;

use std::fmt;

use owlake_functions::error::FunctionError;

/// A failure of a statement, under Trino's (or Hive's) name. `Display` gives what Athena prints as the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineError {
    /// Trino's error name, such as `COLUMN_NOT_FOUND`; empty for Hive DDL, whose text stands alone.
    pub name: String,
    /// The text after the name, with its `line L:C: ` when it has a position.
    pub message: String,
    /// Which of Athena's failure habits applies.
    pub path: FailurePath,
    /// Hive DDL: the metastore-level text of `AthenaError.ErrorMessage` where it differs from the reason.
    pub detail: Option<String>,
}

/// The three ways a statement fails. Ref: measured Athena behaviour, "Failure model".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailurePath {
    /// The text or the call is refused before a query exists: StartQueryExecution itself fails (`name` is the AthenaErrorCode).
    Refused,
    /// `ERROR_NAME: message`.
    Engine,
    /// `FAILED: …`, the reason goes to `<id>.txt` too.
    HiveDdl,
    /// Bare text.
    IcebergDdl,
}

impl EngineError {
    pub fn engine(name: impl Into<String>, message: impl Into<String>) -> Self {
        EngineError { name: name.into(), message: message.into(), path: FailurePath::Engine, detail: None }
    }

    pub fn hive(message: impl Into<String>, detail: Option<String>) -> Self {
        EngineError { name: String::new(), message: message.into(), path: FailurePath::HiveDdl, detail }
    }

    pub fn refused(code: impl Into<String>, message: impl Into<String>) -> Self {
        EngineError { name: code.into(), message: message.into(), path: FailurePath::Refused, detail: None }
    }

    /// Our own fault; the cause is logged, the client reads a sentence.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::engine("GENERIC_INTERNAL_ERROR", message)
    }
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path {
            FailurePath::Engine if !self.name.is_empty() => write!(f, "{}: {}", self.name, self.message),
            FailurePath::Engine | FailurePath::Refused | FailurePath::HiveDdl | FailurePath::IcebergDdl => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for EngineError {}

impl From<FunctionError> for EngineError {
    fn from(error: FunctionError) -> Self {
        EngineError::engine(error.name, error.message)
    }
}
