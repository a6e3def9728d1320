//! How is a `SELECT` read? Its items, aliases and clauses.
//!
//! Ref: Trino 401 grammar rules `querySpecification`, `selectItem`.

use super::cursor::{Parsed, Parser};
use crate::lexer::TokenKind;
use crate::trino::ast::{Identifier, QuerySpecification, SelectItem, SetQuantifier};

impl Parser<'_> {
    /// Reads a `SELECT` up to its `WINDOW` clause.
    pub fn query_specification(&mut self) -> Parsed<QuerySpecification> {
        let select_location = self.location();
        self.expect("SELECT")?;
        let is_distinct = if self.is("ALL") && matches!(self.ahead(1).word, "," | "FROM" | "." | "[" | "->") {
            // A column named `all`.
            false
        } else {
            self.set_quantifier() == Some(SetQuantifier::Distinct)
        };
        let select_items = self.comma_separated(Self::select_item)?;
        let from = if self.accept("FROM") { Some(self.from(select_location)?) } else { None };
        let where_clause = if self.accept("WHERE") { Some(self.expression()?) } else { None };
        let group_by = if self.accept("GROUP") {
            self.expect("BY")?;
            Some(self.group_by()?)
        } else {
            None
        };
        let having = if self.accept("HAVING") { Some(self.expression()?) } else { None };
        let windows = if self.accept("WINDOW") { self.comma_separated(Self::window_definition)? } else { Vec::new() };
        Ok(QuerySpecification { is_distinct, select_items, select_location, from, where_clause, group_by, having, windows })
    }

    fn select_item(&mut self) -> Parsed<SelectItem> {
        let location = self.location();
        if self.accept("*") {
            return Ok(SelectItem::All { target: None, aliases: Vec::new(), location });
        }
        let expression = self.expression()?;
        if self.is_sequence(&[".", "*"]) {
            self.at += 2;
            let aliases = if self.accept("AS") { self.column_aliases()? } else { Vec::new() };
            return Ok(SelectItem::All { target: Some(expression), aliases, location });
        }
        let alias = self.alias()?;
        Ok(SelectItem::Expression { expression, alias, location })
    }

    /// Reads `[[AS] name]`. A word that can go on with the query instead is not taken as a name.
    pub fn alias(&mut self) -> Parsed<Option<Identifier>> {
        if self.accept("AS") {
            return self.identifier().map(Some);
        }
        if self.token().is_identifier() && !self.begins_clause() {
            return self.identifier().map(Some);
        }
        Ok(None)
    }

    /// Whether the words here begin a clause although the first of them could be a name.
    fn begins_clause(&self) -> bool {
        let (next, third) = (self.ahead(1), self.ahead(2));
        match self.token().word {
            "LIMIT" => next.kind == TokenKind::Integer || next.is("ALL") || next.is("?"),
            "OFFSET" => next.kind == TokenKind::Integer || next.is("?"),
            "FETCH" => next.is("FIRST") || next.is("NEXT"),
            "WINDOW" => next.is_identifier() && third.is("AS"),
            "TABLESAMPLE" => next.is("BERNOULLI") || next.is("SYSTEM"),
            "MATCH_RECOGNIZE" => next.is("(") && !matches!(self.ahead(3).word, "," | ")"),
            _ => false,
        }
    }
}
