//! Which texts can be parsed on their own? Statements, queries, expressions, types, row patterns and paths.

use super::cursor::{Failure, Parsed, Parser, TOO_LARGE};
use super::expected::{self, StartRule};
use crate::error::SyntaxError;
use crate::trino::ast::{DataType, Expression, Identifier, Query, RowPattern, Statement};

/// Parses one statement.
///
/// # Errors
/// Trino's text with the position and what could have stood there. Ref: Trino 401 `SqlParser.createStatement`.
pub fn parse_statement(text: &str) -> Result<Statement, SyntaxError> {
    parse(text, StartRule::Statement, |parser| parser.statement())
}

/// Parses a query, `WITH` allowed.
///
/// # Errors
/// As [`parse_statement`].
pub fn parse_query(text: &str) -> Result<Query, SyntaxError> {
    parse(text, StartRule::Query, |parser| parser.query())
}

/// Parses an expression.
///
/// # Errors
/// As [`parse_statement`]. Ref: Trino 401 `SqlParser.createExpression`.
pub fn parse_expression(text: &str) -> Result<Expression, SyntaxError> {
    parse(text, StartRule::Expression, |parser| parser.expression())
}

/// Parses a type.
///
/// # Errors
/// As [`parse_statement`]. Ref: Trino 401 `SqlParser.createType`.
pub fn parse_type(text: &str) -> Result<DataType, SyntaxError> {
    parse(text, StartRule::Type, |parser| parser.data_type())
}

/// Parses a row pattern.
///
/// # Errors
/// As [`parse_statement`]. Ref: Trino 401 `SqlParser.createRowPattern`.
pub fn parse_row_pattern(text: &str) -> Result<RowPattern, SyntaxError> {
    parse(text, StartRule::RowPattern, |parser| parser.row_pattern())
}

/// Parses a SQL path: `[catalog.]schema, …`, one or two names an element.
///
/// # Errors
/// As [`parse_statement`]. Ref: Trino 401 `SqlParser.createPathSpecification`.
pub fn parse_path(text: &str) -> Result<Vec<Vec<Identifier>>, SyntaxError> {
    parse(text, StartRule::Path, |parser| parser.path_specification())
}

/// Runs a rule over the whole text and turns its failure into the engine's text.
fn parse<T>(text: &str, start: StartRule, rule: impl FnOnce(&mut Parser<'_>) -> Parsed<T>) -> Result<T, SyntaxError> {
    let mut parser = Parser::new(text);
    let result = rule(&mut parser).and_then(|node| if parser.at + 1 >= parser.tokens.len() { Ok(node) } else { parser.unexpected() });
    match result {
        Ok(node) => match parser.take_deferred() {
            Some(error) => Err(error),
            None => Ok(node),
        },
        Err(Failure::Refused(error)) => Err(refused(&parser, start, *error)),
        Err(Failure::Unexpected) => Err(expected::explain(&parser.tokens, start, parser.furthest)),
    }
}

/// A refusal, or the syntax error that comes before it. A name that is refused is refused as soon as it has been read, but
/// the engine may see a syntax error first when it looks ahead.
fn refused(parser: &Parser<'_>, start: StartRule, refusal: SyntaxError) -> SyntaxError {
    let is_name = refusal.text() != TOO_LARGE;
    let at = parser.tokens.iter().position(|token| Some(token.location) == refusal.location).filter(|_| is_name);
    at.and_then(|at| expected::explain_before(&parser.tokens, start, at)).unwrap_or(refusal)
}
