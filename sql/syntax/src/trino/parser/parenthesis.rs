//! What does an opening parenthesis begin? A query, a lambda, a row or a grouped expression.
//!
//! The engine's parser looks ahead without bound here. Looking at the token after the partner of a parenthesis
//! decides the same cases in one pass, so nested parentheses are never parsed twice.

use super::cursor::{Parsed, Parser};
use crate::lexer::TokenKind;
use crate::trino::ast::{Expression, ExpressionKind};

impl Parser<'_> {
    /// Whether the parenthesis at token `index` holds a query.
    pub fn is_query_at(&self, index: usize) -> bool {
        let mut open = index;
        loop {
            let next = self.token_at(open + 1);
            match next.word {
                "SELECT" | "VALUES" | "WITH" => return true,
                "TABLE" => return !self.token_at(open + 2).is("("),
                "(" => {}
                _ => return false,
            }
            let Some(partner) = self.partner(open + 1) else {
                // An unclosed statement fails anyway; the innermost word decides how.
                open += 1;
                continue;
            };
            let goes_on = self.token_at(partner + 1).is(")") || self.continues_query(partner + 1);
            if !goes_on {
                return false;
            }
            open += 1;
        }
    }

    /// Whether the token at `index` goes on with a query rather than with something that holds one.
    fn continues_query(&self, index: usize) -> bool {
        let (token, next) = (self.token_at(index), self.token_at(index + 1));
        match token.word {
            "UNION" | "INTERSECT" | "EXCEPT" | "ORDER" => true,
            "LIMIT" => next.kind == TokenKind::Integer || next.is("ALL") || next.is("?"),
            "OFFSET" => next.kind == TokenKind::Integer || next.is("?"),
            "FETCH" => next.is("FIRST") || next.is("NEXT"),
            _ => false,
        }
    }

    /// Whether a parenthesis at token `index` ends right before another closing one, `((SELECT 1))`: a list
    /// of one value takes precedence over a parenthesised query in `IN`.
    pub fn is_parenthesized_value_at(&self, index: usize) -> bool {
        self.token_at(index).is("(") && self.partner(index).is_some_and(|partner| self.token_at(partner + 1).is(")"))
    }

    /// Reads whatever begins with a parenthesis.
    pub fn parenthesis(&mut self) -> Parsed<Expression> {
        let (open, location, start) = (self.at, self.location(), self.start());
        let is_lambda = self.partner(open).is_some_and(|partner| self.token_at(partner + 1).is("->"));
        if is_lambda {
            return self.lambda();
        }
        if self.is_query_at(open) {
            self.expect("(")?;
            let query = self.query()?;
            self.expect(")")?;
            return Ok(self.finish(ExpressionKind::Subquery(Box::new(query)), location, start));
        }
        self.expect("(")?;
        let first = self.expression()?;
        if self.accept(")") {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.accept(",") {
            items.push(self.expression()?);
        }
        self.expect(")")?;
        Ok(self.finish(ExpressionKind::Row(items), location, start))
    }

    /// Reads `x -> body`, `(x, y) -> body` or `() -> body`.
    pub fn lambda(&mut self) -> Parsed<Expression> {
        let (location, start) = (self.location(), self.start());
        let arguments = if self.accept("(") {
            let arguments = if self.is(")") { Vec::new() } else { self.comma_separated(Self::identifier)? };
            self.expect(")")?;
            arguments
        } else {
            vec![self.identifier()?]
        };
        self.expect("->")?;
        let body = Box::new(self.expression()?);
        Ok(self.finish(ExpressionKind::Lambda { arguments, body }, location, start))
    }
}
