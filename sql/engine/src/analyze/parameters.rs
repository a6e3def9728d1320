//! What does a `?` stand for? Athena's execution parameters. Ref: measured Athena behaviour, "ExecutionParameters".

use owlake_syntax::location::Location;
use owlake_syntax::trino::ast::{Expression, ExpressionKind};

use crate::error::EngineError;
use crate::ir::Expr;

use super::analyzer::{Analyzer, Place};
use super::failure::{Analysis, fail_at};
use super::visit::find;

/// The value of one `?`: an expression without names.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    pub expression: Expression,
}

/// Reads the texts sent as execution parameters: a text that parses as an expression without names is that expression,
/// any other is a varchar literal. Texts are ignored by a statement without `?`.
/// Errors: INVALID_PARAMETER_USAGE when there are more or fewer than `expected_count`.
pub fn bind(texts: &[String], expected_count: usize) -> Result<Vec<Parameter>, EngineError> {
    if expected_count == 0 {
        return Ok(Vec::new());
    }
    check_count(texts.len(), expected_count)?;
    Ok(texts.iter().map(|text| Parameter { expression: parse_parameter(text) }).collect())
}

/// `EXECUTE … USING`: expressions that are parsed already. Errors: as [`bind`].
pub fn bind_expressions(expressions: Vec<Expression>, expected_count: usize) -> Result<Vec<Parameter>, EngineError> {
    check_count(expressions.len(), expected_count)?;
    Ok(expressions.into_iter().map(|expression| Parameter { expression }).collect())
}

fn check_count(found: usize, expected: usize) -> Result<(), EngineError> {
    if found == expected {
        return Ok(());
    }
    let message = format!("Incorrect number of parameters: expected {expected} but found {found}");
    Err(fail_at(Location::START, "INVALID_PARAMETER_USAGE", message))
}

fn parse_parameter(text: &str) -> Expression {
    let has_names = |expression: &Expression| {
        let is_name = |part: &Expression| {
            matches!(
                part.kind,
                ExpressionKind::Identifier(_)
                    | ExpressionKind::Dereference { .. }
                    | ExpressionKind::Parameter(_)
                    | ExpressionKind::Subquery(_)
                    | ExpressionKind::Exists(_)
                    | ExpressionKind::InSubquery { .. }
                    | ExpressionKind::QuantifiedComparison { .. }
            )
        };
        !find(expression, &is_name).is_empty()
    };
    match owlake_syntax::trino::parse_expression(text) {
        Ok(expression) if !has_names(&expression) => expression,
        Ok(_) | Err(_) => Expression {
            kind: ExpressionKind::StringLiteral(text.to_owned()),
            location: Location::START,
            span: owlake_syntax::location::Span::new(0, text.len()),
        },
    }
}

impl<'a> Analyzer<'a> {
    pub(crate) fn parameter(&mut self, index: usize, place: &Place<'a>) -> Analysis<Expr> {
        let context = self.context;
        let Some(parameter) = context.parameters.get(index) else {
            let message = format!("Incorrect number of parameters: expected {} but found {}", index + 1, context.parameters.len());
            return Err(fail_at(Location::START, "INVALID_PARAMETER_USAGE", message));
        };
        self.expression(&parameter.expression, place)
    }
}
