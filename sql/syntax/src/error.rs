//! What does a rejected statement answer? The one error type of this crate, with Athena's text.

use thiserror::Error;

use crate::location::Location;

/// A statement that cannot be parsed. The fault is always the user's.
///
/// `message` is the whole client text, `line L:C: ` included where the engine prints one.
/// Ref: Trino 401 `ParsingException`; Athena returns this text from `StartQueryExecution` unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// Full text for the client.
    pub message: String,
    /// The position named by the text, where there is one.
    pub location: Option<Location>,
}

impl SyntaxError {
    /// An error at a position: the text gets the `line L:C: ` prefix.
    #[must_use]
    pub fn at(location: Location, text: impl AsRef<str>) -> Self {
        Self { message: format!("line {location}: {}", text.as_ref()), location: Some(location) }
    }

    /// An error whose text names no position.
    #[must_use]
    pub fn unlocated(text: impl Into<String>) -> Self {
        Self { message: text.into(), location: None }
    }

    /// The text without the `line L:C: ` prefix.
    #[must_use]
    pub fn text(&self) -> &str {
        match self.location {
            Some(location) => {
                let prefix = format!("line {location}: ");
                self.message.strip_prefix(&prefix).unwrap_or(&self.message)
            }
            None => &self.message,
        }
    }
}
