//! How is `TRIM` written? Its sides, characters and `FROM`.
//!
//! Ref: Trino 401 grammar alternative `trim`.

use super::cursor::{Parsed, Parser};
use crate::lexer::TokenKind;
use crate::trino::ast::{Expression, ExpressionKind, TrimSpecification};

impl Parser<'_> {
    /// Reads `TRIM([side] [characters] FROM source)`, `TRIM(source)` or `TRIM(source, characters)`.
    pub fn trim(&mut self) -> Parsed<Expression> {
        let (location, start) = (self.location(), self.start());
        let has_from = self.has_word_in_call("FROM");
        self.expect_sequence(&["TRIM", "("])?;
        let side = self.trim_side(has_from);
        let (mut source, mut characters) = (None, None);
        if !self.is("FROM") {
            source = Some(Box::new(self.value_expression()?));
        }
        if self.is("FROM") || side.is_some() {
            self.expect("FROM")?;
            characters = source.take();
            self.check(
                side.is_some() || characters.is_some(),
                location,
                "The 'trim' function must have specification, char or both arguments when it takes FROM",
            );
            source = Some(Box::new(self.value_expression()?));
        } else if self.accept(",") {
            characters = Some(Box::new(self.value_expression()?));
        }
        self.expect(")")?;
        let Some(source) = source else {
            return self.unexpected();
        };
        let specification = side.unwrap_or(TrimSpecification::Both);
        Ok(self.finish(ExpressionKind::Trim { specification, source, characters }, location, start))
    }

    /// Reads a side, unless the word is the name of a column or type.
    fn trim_side(&mut self, has_from: bool) -> Option<TrimSpecification> {
        let side = match self.token().word {
            "BOTH" => TrimSpecification::Both,
            "LEADING" => TrimSpecification::Leading,
            "TRAILING" => TrimSpecification::Trailing,
            _ => return None,
        };
        let next = self.ahead(1);
        let is_side = match next.kind {
            TokenKind::Symbol => has_from && matches!(next.word, "(" | "?"),
            // Without FROM the word is the type of a literal, as `BOTH 'x'` is.
            TokenKind::String => has_from,
            TokenKind::End | TokenKind::Unrecognized => false,
            _ => true,
        };
        if !is_side {
            return None;
        }
        self.advance();
        Some(side)
    }
}
