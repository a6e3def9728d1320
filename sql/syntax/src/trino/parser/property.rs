//! How are properties read? `WITH (name = value, …)`.
//!
//! Ref: Trino 401 grammar rules `properties`, `propertyAssignments`, `property`.

use super::cursor::{Parsed, Parser};
use crate::trino::ast::{Property, UpdateAssignment};

impl Parser<'_> {
    /// Reads `(name = value, …)`.
    pub fn properties(&mut self) -> Parsed<Vec<Property>> {
        self.parenthesized(|parser| {
            let location = parser.location();
            let name = parser.identifier()?;
            parser.expect("=")?;
            let is_default = parser.is("DEFAULT") && matches!(parser.ahead(1).word, "," | ")");
            let value = if is_default {
                parser.advance();
                None
            } else {
                Some(parser.expression()?)
            };
            Ok(Property { name, value, location })
        })
    }

    /// Reads `[WITH (…)]`.
    pub fn with_properties(&mut self) -> Parsed<Vec<Property>> {
        if self.accept("WITH") { self.properties() } else { Ok(Vec::new()) }
    }

    /// Reads `column = value`.
    pub fn update_assignment(&mut self) -> Parsed<UpdateAssignment> {
        let location = self.location();
        let column = self.identifier()?;
        self.expect("=")?;
        let value = self.expression()?;
        Ok(UpdateAssignment { column, value, location })
    }

    /// Reads `[COMMENT 'text']`.
    pub fn comment(&mut self) -> Parsed<Option<String>> {
        if self.accept("COMMENT") { self.string().map(Some) } else { Ok(None) }
    }
}
