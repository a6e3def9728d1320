//! What do PREPARE and EXECUTE work on? The statements kept for the query's workgroup. Ref: Athena user guide, "Use prepared statements".

use std::sync::Arc;

use owlake_syntax::Parsed;
use owlake_syntax::trino::ast::{Expression, ExpressionKind, StatementKind};

use crate::analyze::failure::fail_at;
use crate::analyze::visit::find;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::session::{PreparedStore, Session};

/// The store of the session. Errors: there is none here.
pub(crate) fn store(session: &Session) -> Result<Arc<dyn PreparedStore>, EngineError> {
    session.prepared.clone().ok_or_else(|| EngineError::engine("NOT_SUPPORTED", "Prepared statements are not kept here"))
}

/// Refuses to prepare what prepares. Errors: NOT_SUPPORTED. Ref: Trino 401 `PrepareTask`.
pub(crate) fn check_statement(statement: &StatementKind) -> Result<(), EngineError> {
    let refused = match statement {
        StatementKind::Prepare { .. } => "PREPARE",
        StatementKind::Execute { .. } => "EXECUTE",
        StatementKind::Deallocate(_) => "DEALLOCATE",
        _ => return Ok(()),
    };
    Err(EngineError::engine("NOT_SUPPORTED", format!("Invalid statement type for prepared statement: {refused}")))
}

/// The statement that EXECUTE names, and the session it runs under: the values of USING stand for its `?`; without USING
/// the execution parameters of the call do. Errors: NOT_FOUND; NOT_SUPPORTED for a statement that cannot be executed;
/// EXPRESSION_NOT_CONSTANT for a value that names a column.
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
    // The API keeps any text.
    if let owlake_syntax::Statement::Trino(statement) = &parsed.statement {
        check_statement(&statement.kind)?;
    }
    if using.is_empty() {
        return Ok((session, parsed));
    }
    // Ref: Trino 401 `ConstantExpressionVerifier`.
    let is_name = |part: &Expression| matches!(part.kind, ExpressionKind::Identifier(_) | ExpressionKind::Dereference { .. });
    if let Some(named) = using.iter().find_map(|value| find(value, &is_name).first().copied()) {
        return Err(fail_at(named.location, "EXPRESSION_NOT_CONSTANT", "Constant expression cannot contain column references"));
    }
    let parameters = using.iter().map(|value| value.span.text(text).to_owned()).collect();
    Ok((Session { parameters, ..session }, parsed))
}
