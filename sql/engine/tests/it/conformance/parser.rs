//! Does the query grammar take or refuse a text as expected? Each text at the entry point its flags name.

use owlake_engine::error::EngineError;
use owlake_syntax::trino;

use super::case::Case;
use super::verdict::{self, Verdict};

/// Parses the case's text and judges the error, or that there is none.
pub fn judge(case: &Case) -> Verdict {
    // Some cases of expressions hold whole queries.
    let parsed = if case.has_flag("grammar:type") {
        trino::parse_type(&case.sql).map(drop)
    } else if case.has_flag("grammar:expression") && !case.sql.starts_with("SELECT ") {
        trino::parse_expression(&case.sql).map(drop)
    } else {
        trino::parse_statement(&case.sql).map(drop)
    };
    let answer = parsed.map_err(|error| EngineError::engine("SYNTAX_ERROR", error.message));
    match (&case.error, answer) {
        (Some(error), answer) => verdict::judge_error(case, error, answer),
        (None, Ok(())) => Verdict::Right,
        (None, Err(error)) => Verdict::refused(&error),
    }
}
