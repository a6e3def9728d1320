//! How is `MATCH_RECOGNIZE` read?
//!
//! Ref: Trino 401 grammar rules `patternRecognition`, `rowsPerMatch`.

use super::cursor::{Parsed, Parser};
use crate::trino::ast::{PatternRecognition, Relation, RelationKind, RowsPerMatch};

impl Parser<'_> {
    /// Reads a relation with its alias and, when there is one, the pattern recognition over it.
    pub fn pattern_recognition(&mut self) -> Parsed<Relation> {
        let (location, start) = (self.location(), self.start());
        let input = self.aliased_relation()?;
        if !self.is("MATCH_RECOGNIZE") {
            return Ok(input);
        }
        self.advance();
        self.expect("(")?;
        let partition_by = self.partition_by()?;
        let order_by = self.order_by()?;
        let measures = self.measures()?;
        let rows_per_match = self.rows_per_match()?;
        let after_match_skip = self.after_match_skip()?;
        let search_mode = self.search_mode();
        self.expect("PATTERN")?;
        let pattern = self.parenthesized_pattern()?;
        let subsets = self.subsets()?;
        self.expect("DEFINE")?;
        let definitions = self.comma_separated(Self::variable_definition)?;
        self.expect(")")?;
        let recognition = PatternRecognition {
            input,
            partition_by,
            order_by,
            measures,
            rows_per_match,
            after_match_skip,
            search_mode,
            pattern,
            subsets,
            definitions,
        };
        let kind = RelationKind::PatternRecognition(Box::new(recognition));
        let relation = self.finish_relation(kind, location, start);
        self.aliased(relation, location, start)
    }

    fn rows_per_match(&mut self) -> Parsed<Option<RowsPerMatch>> {
        if self.accept("ONE") {
            self.expect_sequence(&["ROW", "PER", "MATCH"])?;
            return Ok(Some(RowsPerMatch::One));
        }
        if !self.accept("ALL") {
            return Ok(None);
        }
        self.expect_sequence(&["ROWS", "PER", "MATCH"])?;
        Ok(Some(if self.accept("SHOW") {
            self.expect_sequence(&["EMPTY", "MATCHES"])?;
            RowsPerMatch::AllShowEmpty
        } else if self.accept("OMIT") {
            self.expect_sequence(&["EMPTY", "MATCHES"])?;
            RowsPerMatch::AllOmitEmpty
        } else if self.accept("WITH") {
            self.expect_sequence(&["UNMATCHED", "ROWS"])?;
            RowsPerMatch::AllWithUnmatched
        } else {
            RowsPerMatch::AllShowEmpty
        }))
    }
}
