//! How does SQL reach the prepared statements? PREPARE, EXECUTE and DEALLOCATE see those of the query's workgroup.

use crate::app::App;
use crate::error::ApiErrorKind;
use crate::query::prepared_statements::PreparedStatement;
use owlake_engine::error::EngineError;
use owlake_engine::session::PreparedStore;
use std::sync::Arc;

/// The prepared statements of one workgroup.
pub struct WorkgroupStatements {
    /// The server.
    pub app: Arc<App>,
    /// The workgroup's name.
    pub workgroup: String,
}

impl std::fmt::Debug for WorkgroupStatements {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WorkgroupStatements({})", self.workgroup)
    }
}

impl PreparedStore for WorkgroupStatements {
    fn find(&self, name: &str) -> Option<String> {
        self.app.prepared_statements.find(&self.workgroup, name).map(|statement| statement.text)
    }

    fn keep(&self, name: &str, text: &str) -> Result<(), EngineError> {
        let modified_at_ms = self.app.clock.now_ms();
        let statements = &self.app.prepared_statements;
        let outcome = match statements.find(&self.workgroup, name) {
            Some(_) => statements.update(&self.workgroup, name, |statement| {
                statement.text = text.to_owned();
                statement.modified_at_ms = modified_at_ms;
            }),
            None => statements.create(PreparedStatement {
                name: name.to_owned(),
                text: text.to_owned(),
                workgroup: self.workgroup.clone(),
                description: None,
                modified_at_ms,
            }),
        };
        outcome.map_err(failure)
    }

    fn remove(&self, name: &str) -> Result<(), EngineError> {
        self.app.prepared_statements.delete(&self.workgroup, name).map_err(failure)
    }
}

/// The service's text is the query's reason; only what is missing has a name of the engine's. Basis: inferred.
fn failure(error: crate::error::ApiError) -> EngineError {
    let name = if matches!(error.kind, ApiErrorKind::ResourceNotFound) { "NOT_FOUND" } else { "" };
    EngineError::engine(name, error.message.unwrap_or_default())
}
