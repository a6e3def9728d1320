//! How is `GROUP BY` read? Simple elements, `ROLLUP`, `CUBE`, `GROUPING SETS`.
//!
//! Ref: Trino 401 grammar rules `groupBy`, `groupingElement`, `groupingSet`.

use super::cursor::{Parsed, Parser};
use crate::lexer::TokenKind;
use crate::trino::ast::{Expression, GroupBy, GroupingElement, SetQuantifier};

impl Parser<'_> {
    /// Reads what follows `GROUP BY`.
    pub fn group_by(&mut self) -> Parsed<GroupBy> {
        let location = self.location();
        let quantifier = if self.is("ALL") && self.ends_grouping_set(self.at + 1) {
            // A column named `all`.
            SetQuantifier::All
        } else {
            self.set_quantifier().unwrap_or(SetQuantifier::All)
        };
        let elements = self.comma_separated(Self::grouping_element)?;
        Ok(GroupBy { quantifier, elements, location })
    }

    fn grouping_element(&mut self) -> Parsed<GroupingElement> {
        let location = self.location();
        match self.token().word {
            "ROLLUP" => {
                self.advance();
                Ok(GroupingElement::Rollup { sets: self.grouping_sets()?, location })
            }
            "CUBE" => {
                self.advance();
                Ok(GroupingElement::Cube { sets: self.grouping_sets()?, location })
            }
            "GROUPING" if self.ahead(1).is("SETS") => {
                self.at += 2;
                Ok(GroupingElement::GroupingSets { sets: self.grouping_sets()?, location })
            }
            _ => Ok(GroupingElement::Simple { expressions: self.grouping_set()?, location }),
        }
    }

    /// Reads `(set, …)`, perhaps none.
    fn grouping_sets(&mut self) -> Parsed<Vec<Vec<Expression>>> {
        self.expect("(")?;
        let sets = if self.is(")") { Vec::new() } else { self.comma_separated(Self::grouping_set)? };
        self.expect(")")?;
        Ok(sets)
    }

    /// Reads `(a, b)`, `()` or one expression. A parenthesis that closes the set is its list, not a row.
    fn grouping_set(&mut self) -> Parsed<Vec<Expression>> {
        let is_list =
            self.is("(") && !self.is_query_at(self.at) && self.partner(self.at).is_some_and(|partner| self.ends_grouping_set(partner + 1));
        if !is_list {
            return Ok(vec![self.expression()?]);
        }
        self.expect("(")?;
        let set = if self.is(")") { Vec::new() } else { self.comma_separated(Self::expression)? };
        self.expect(")")?;
        Ok(set)
    }

    /// Whether the token at `index` cannot go on with an expression.
    fn ends_grouping_set(&self, index: usize) -> bool {
        let token = self.token_at(index);
        token.kind == TokenKind::End
            || matches!(
                token.word,
                "," | ")" | "HAVING" | "WINDOW" | "ORDER" | "LIMIT" | "OFFSET" | "FETCH" | "UNION" | "INTERSECT" | "EXCEPT" | "WITH"
            )
    }
}
