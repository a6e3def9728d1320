//! What do PREPARE and EXECUTE work on? The statements kept for the query's workgroup. Ref: Athena user guide, "Use prepared statements".

use std::sync::Arc;

use owlake_syntax::Parsed;
use owlake_syntax::trino::ast::{Expression, StatementKind};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::session::{PreparedStore, Session};

/// The store of the session. Errors: there is none here.
pub(crate) fn store(session: &Session) -> Result<Arc<dyn PreparedStore>, EngineError> {
    session.prepared.clone().ok_or_else(|| EngineError::engine("NOT_SUPPORTED", "Prepared statements are not kept here"))
}

/// The statement that EXECUTE names, and the session it runs under: the values of USING stand for its `?`; without USING
/// the execution parameters of the call do. Errors: NOT_FOUND, NOT_SUPPORTED for a statement that cannot be executed.
pub(crate) fn statement(
    engine: &Engine,
    session: Session,
    name: &str,
    using: &[Expression],
    text: &str,
) -> Result<(Session, Parsed), EngineError> {
    let kept =
        store(&session)?.find(name).ok_or_else(|| EngineError::engine("NOT_FOUND", format!("Prepared statement not found: {name}")))?;
    let parsed = engine.parse(&kept)?;
    if let owlake_syntax::Statement::Trino(statement) = &parsed.statement
        && matches!(statement.kind, StatementKind::Prepare { .. } | StatementKind::Execute { .. } | StatementKind::Deallocate(_))
    {
        return Err(EngineError::engine("NOT_SUPPORTED", format!("Invalid statement type for prepared statement: {name}")));
    }
    if using.is_empty() {
        return Ok((session, parsed));
    }
    let parameters = using.iter().map(|value| value.span.text(text).to_owned()).collect();
    Ok((Session { parameters, ..session }, parsed))
}
