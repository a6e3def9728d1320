//! Which states does a query pass through? QUEUED → RUNNING → one of three ends.
//!
//! Ref: Athena API reference, QueryExecutionStatus.

use serde::{Deserialize, Serialize};

/// The state of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum QueryState {
    /// Accepted, waiting for its turn.
    Queued,
    /// The engine has it.
    Running,
    /// Its results are complete.
    Succeeded,
    /// It ended with an error.
    Failed,
    /// It was stopped by a user or a limit.
    Cancelled,
}

impl QueryState {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            QueryState::Queued => "QUEUED",
            QueryState::Running => "RUNNING",
            QueryState::Succeeded => "SUCCEEDED",
            QueryState::Failed => "FAILED",
            QueryState::Cancelled => "CANCELLED",
        }
    }

    /// Whether no other state follows.
    pub fn is_terminal(self) -> bool {
        matches!(self, QueryState::Succeeded | QueryState::Failed | QueryState::Cancelled)
    }
}
