//! How do operators bind? Logical and arithmetic expressions.
//!
//! Ref: Trino 401 grammar rules `booleanExpression`, `valueExpression`. From loose to tight: OR, AND, NOT,
//! predicates, `||`, `+ -`, `* / %`, sign, `AT TIME ZONE`.

use super::cursor::{Parsed, Parser};
use crate::location::Location;
use crate::trino::ast::{ArithmeticOperator, Expression, ExpressionKind, LogicalOperator, Operand, Sign};

/// Binding strengths of the infix operators over values.
const CONCAT: u8 = 1;
const ADD: u8 = 2;
const MULTIPLY: u8 = 3;
const AT_TIME_ZONE: u8 = 5;

impl Parser<'_> {
    /// Reads any expression.
    pub fn expression(&mut self) -> Parsed<Expression> {
        self.nested(Self::disjunction)
    }

    fn disjunction(&mut self) -> Parsed<Expression> {
        self.logical(LogicalOperator::Or, "OR", |parser| parser.logical(LogicalOperator::And, "AND", Self::negation))
    }

    /// Reads `term (word term)*`; one node however many terms, at the place of the first token.
    fn logical(&mut self, operator: LogicalOperator, word: &str, term: impl Fn(&mut Self) -> Parsed<Expression>) -> Parsed<Expression> {
        let location = self.location();
        let start = self.start();
        let first = term(self)?;
        if !self.is(word) {
            return Ok(first);
        }
        let mut terms = vec![first];
        while self.accept(word) {
            terms.push(term(self)?);
        }
        Ok(Expression { kind: ExpressionKind::Logical { operator, terms }, location, span: self.span_from(start) })
    }

    fn negation(&mut self) -> Parsed<Expression> {
        let location = self.location();
        let start = self.start();
        if self.accept("NOT") {
            let value = self.nested(Self::negation)?;
            return Ok(Expression { kind: ExpressionKind::Not(Box::new(value)), location, span: self.span_from(start) });
        }
        let value = self.value_expression()?;
        self.predicate(start, value)
    }

    /// Reads an expression of operators over values; no comparison or logic outside parentheses.
    pub fn value_expression(&mut self) -> Parsed<Expression> {
        self.binary(CONCAT)
    }

    /// Reads operators that bind at least as strongly as `strength`. A chain of them is a loop, not a recursion.
    fn binary(&mut self, strength: u8) -> Parsed<Expression> {
        let start = self.start();
        let mut left = self.signed()?;
        loop {
            let token = self.token();
            let (own, arithmetic) = match token.word {
                "||" => (CONCAT, None),
                "+" => (ADD, Some(ArithmeticOperator::Add)),
                "-" => (ADD, Some(ArithmeticOperator::Subtract)),
                "*" => (MULTIPLY, Some(ArithmeticOperator::Multiply)),
                "/" => (MULTIPLY, Some(ArithmeticOperator::Divide)),
                "%" => (MULTIPLY, Some(ArithmeticOperator::Modulus)),
                "AT" if self.is_sequence(&["AT", "TIME", "ZONE"]) => (AT_TIME_ZONE, None),
                _ => return Ok(left),
            };
            if own < strength {
                return Ok(left);
            }
            let kind = if own == AT_TIME_ZONE {
                self.at += 3;
                let zone = self.time_zone_specifier()?;
                ExpressionKind::AtTimeZone { value: Operand::new(left), zone: Box::new(zone) }
            } else {
                self.advance();
                let right = Box::new(self.binary(own + 1)?);
                let left = Operand::new(left);
                match arithmetic {
                    Some(operator) => ExpressionKind::ArithmeticBinary { operator, left, right },
                    None => ExpressionKind::Concat { left, right },
                }
            };
            left = self.finish(kind, token.location, start);
        }
    }

    /// Reads signs before a value. A minus before digits belongs to the number.
    fn signed(&mut self) -> Parsed<Expression> {
        let token = self.token();
        let sign = match token.word {
            "-" if !self.is_number_at(1) => Sign::Minus,
            "+" => Sign::Plus,
            _ => return self.primary_expression(),
        };
        self.advance();
        let value = self.nested(|parser| parser.binary(AT_TIME_ZONE - 1))?;
        let kind = ExpressionKind::ArithmeticUnary { sign, value: Box::new(value) };
        Ok(self.finish(kind, token.location, token.span.start))
    }

    /// A finished node whose text began at `start`.
    pub fn finish(&self, kind: ExpressionKind, location: Location, start: usize) -> Expression {
        Expression { kind, location, span: self.span_from(start) }
    }
}
