//! What can be asked of a value? Comparisons, `BETWEEN`, `IN`, `LIKE`, `IS`.
//!
//! Ref: Trino 401 grammar rule `predicate`; a predicate stands where its first keyword stands, a comparison at
//! its operator.

use super::cursor::{Parsed, Parser};
use crate::location::Location;
use crate::trino::ast::{ComparisonOperator, Expression, ExpressionKind, Quantifier};

impl Parser<'_> {
    /// Reads the predicate after `value`, if there is one.
    pub fn predicate(&mut self, start: usize, value: Expression) -> Parsed<Expression> {
        let location = self.location();
        if let Some(operator) = comparison_operator(self.token().word) {
            self.advance();
            return self.comparison(start, location, operator, value);
        }
        match self.token().word {
            "IS" => {
                self.advance();
                self.is_predicate(start, location, value)
            }
            "NOT" if matches!(self.ahead(1).word, "BETWEEN" | "IN" | "LIKE") => {
                self.advance();
                let inner = self.keyword_predicate(start, location, value)?;
                Ok(self.negated(inner, location, start))
            }
            "NOT" => {
                self.advance();
                self.unexpected()
            }
            "BETWEEN" | "IN" | "LIKE" => self.keyword_predicate(start, location, value),
            _ => Ok(value),
        }
    }

    fn comparison(&mut self, start: usize, location: Location, operator: ComparisonOperator, value: Expression) -> Parsed<Expression> {
        let quantifier = match self.token().word {
            "ALL" => Some(Quantifier::All),
            "ANY" => Some(Quantifier::Any),
            "SOME" => Some(Quantifier::Some),
            _ => None,
        };
        let value = Box::new(value);
        if let Some(quantifier) = quantifier
            && self.ahead(1).is("(")
            && self.is_query_at(self.at + 1)
        {
            self.advance();
            self.advance();
            let (place, begin) = (self.location(), self.start());
            let query = self.query()?;
            let subquery = self.finish(ExpressionKind::Subquery(Box::new(query)), place, begin);
            self.expect(")")?;
            let kind = ExpressionKind::QuantifiedComparison { operator, quantifier, value, subquery: Box::new(subquery) };
            return Ok(self.finish(kind, location, start));
        }
        let right = Box::new(self.value_expression()?);
        let kind = ExpressionKind::Comparison { operator, left: value, right };
        Ok(self.finish(kind, location, start))
    }

    fn is_predicate(&mut self, start: usize, location: Location, value: Expression) -> Parsed<Expression> {
        let is_negated = self.accept("NOT");
        let value = Box::new(value);
        if self.accept("NULL") {
            let kind = if is_negated { ExpressionKind::IsNotNull(value) } else { ExpressionKind::IsNull(value) };
            return Ok(self.finish(kind, location, start));
        }
        self.expect_sequence(&["DISTINCT", "FROM"])?;
        let right = Box::new(self.value_expression()?);
        let kind = ExpressionKind::Comparison { operator: ComparisonOperator::IsDistinctFrom, left: value, right };
        let comparison = self.finish(kind, location, start);
        Ok(if is_negated { self.negated(comparison, location, start) } else { comparison })
    }

    fn keyword_predicate(&mut self, start: usize, location: Location, value: Expression) -> Parsed<Expression> {
        let value = Box::new(value);
        let kind = match self.advance().word {
            "BETWEEN" => {
                let min = Box::new(self.value_expression()?);
                self.expect("AND")?;
                let max = Box::new(self.value_expression()?);
                ExpressionKind::Between { value, min, max }
            }
            "LIKE" => {
                let pattern = Box::new(self.value_expression()?);
                let escape = if self.accept("ESCAPE") { Some(Box::new(self.value_expression()?)) } else { None };
                ExpressionKind::Like { value, pattern, escape }
            }
            _ => self.in_predicate(location, value)?,
        };
        Ok(self.finish(kind, location, start))
    }

    fn in_predicate(&mut self, location: Location, value: Box<Expression>) -> Parsed<ExpressionKind> {
        let open = self.at;
        self.expect("(")?;
        if self.is_query_at(open) && !self.is_parenthesized_value_at(self.at) {
            let begin = self.start();
            let query = self.query()?;
            let subquery = self.finish(ExpressionKind::Subquery(Box::new(query)), location, begin);
            self.expect(")")?;
            return Ok(ExpressionKind::InSubquery { value, subquery: Box::new(subquery) });
        }
        let items = self.comma_separated(Self::expression)?;
        self.expect(")")?;
        Ok(ExpressionKind::InList { value, items })
    }

    fn negated(&self, inner: Expression, location: Location, start: usize) -> Expression {
        self.finish(ExpressionKind::Not(Box::new(inner)), location, start)
    }
}

fn comparison_operator(word: &str) -> Option<ComparisonOperator> {
    Some(match word {
        "=" => ComparisonOperator::Equal,
        "<>" => ComparisonOperator::NotEqual,
        "<" => ComparisonOperator::LessThan,
        "<=" => ComparisonOperator::LessThanOrEqual,
        ">" => ComparisonOperator::GreaterThan,
        ">=" => ComparisonOperator::GreaterThanOrEqual,
        _ => return None,
    })
}
