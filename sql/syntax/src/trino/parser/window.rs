//! What follows `OVER`? Window names, specifications and frames.
//!
//! Ref: Trino 401 grammar rules `over`, `windowSpecification`, `windowFrame`, `frameBound`.

use super::cursor::{Parsed, Parser};
use crate::trino::ast::{Expression, ExpressionKind, FrameBound, FrameUnit, Window, WindowDefinition, WindowFrame, WindowSpecification};

impl Parser<'_> {
    /// Whether `OVER` with a window stands at token `index`.
    pub fn is_over_at(&self, index: usize) -> bool {
        let next = self.token_at(index + 1);
        self.token_at(index).is("OVER") && (next.is("(") || next.is_identifier())
    }

    /// Reads `measure OVER window`.
    pub fn measure(&mut self) -> Parsed<Expression> {
        let (location, start) = (self.location(), self.start());
        let name = self.identifier()?;
        self.expect("OVER")?;
        let window = Box::new(self.window()?);
        Ok(self.finish(ExpressionKind::WindowOperation { name, window }, location, start))
    }

    /// Reads a window's name or specification.
    pub fn window(&mut self) -> Parsed<Window> {
        if !self.accept("(") {
            return Ok(Window::Reference(self.identifier()?));
        }
        let window = self.window_specification()?;
        self.expect(")")?;
        Ok(Window::Specification(Box::new(window)))
    }

    /// Reads `name AS (specification)`.
    pub fn window_definition(&mut self) -> Parsed<WindowDefinition> {
        let location = self.location();
        let name = self.identifier()?;
        self.expect_sequence(&["AS", "("])?;
        let window = self.window_specification()?;
        self.expect(")")?;
        Ok(WindowDefinition { name, window, location })
    }

    fn window_specification(&mut self) -> Parsed<WindowSpecification> {
        let location = self.location();
        let begins_clause = match self.token().word {
            "PARTITION" => self.ahead(1).is("BY"),
            "MEASURES" | "ROWS" | "RANGE" | "GROUPS" => !matches!(self.ahead(1).word, ")" | "ORDER" | "PARTITION"),
            _ => false,
        };
        let existing_window_name = if self.token().is_identifier() && !begins_clause { Some(self.identifier()?) } else { None };
        let partition_by = self.partition_by()?;
        let order_by = self.order_by()?;
        let frame = if matches!(self.token().word, "MEASURES" | "ROWS" | "RANGE" | "GROUPS") { Some(self.window_frame()?) } else { None };
        Ok(WindowSpecification { existing_window_name, partition_by, order_by, frame, location })
    }

    /// Reads `[PARTITION BY …]`.
    pub fn partition_by(&mut self) -> Parsed<Vec<Expression>> {
        if self.accept("PARTITION") {
            self.expect("BY")?;
            self.comma_separated(Self::expression)
        } else {
            Ok(Vec::new())
        }
    }

    fn window_frame(&mut self) -> Parsed<WindowFrame> {
        let location = self.location();
        let measures = self.measures()?;
        let unit = match self.token().word {
            "ROWS" => FrameUnit::Rows,
            "RANGE" => FrameUnit::Range,
            "GROUPS" => FrameUnit::Groups,
            _ => return self.unexpected(),
        };
        self.advance();
        let (start, end) = if self.accept("BETWEEN") {
            let start = self.frame_bound()?;
            self.expect("AND")?;
            (start, Some(self.frame_bound()?))
        } else {
            (self.frame_bound()?, None)
        };
        let after_match_skip = self.after_match_skip()?;
        let search_mode = self.search_mode();
        let pattern = if self.accept("PATTERN") { Some(self.parenthesized_pattern()?) } else { None };
        let subsets = self.subsets()?;
        let definitions = if self.accept("DEFINE") { self.comma_separated(Self::variable_definition)? } else { Vec::new() };
        Ok(WindowFrame { unit, start, end, measures, after_match_skip, search_mode, pattern, subsets, definitions, location })
    }

    fn frame_bound(&mut self) -> Parsed<FrameBound> {
        let location = self.location();
        if self.is("UNBOUNDED") && matches!(self.ahead(1).word, "PRECEDING" | "FOLLOWING" | ")" | "AND") {
            self.advance();
            if self.accept("PRECEDING") {
                return Ok(FrameBound::UnboundedPreceding(location));
            }
            self.expect("FOLLOWING")?;
            return Ok(FrameBound::UnboundedFollowing(location));
        }
        if self.accept_sequence(&["CURRENT", "ROW"]) {
            return Ok(FrameBound::CurrentRow(location));
        }
        let value = Box::new(self.expression()?);
        if self.accept("PRECEDING") {
            return Ok(FrameBound::Preceding(value, location));
        }
        self.expect("FOLLOWING")?;
        Ok(FrameBound::Following(value, location))
    }
}
