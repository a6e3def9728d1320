//! How are row patterns and skips printed?

use super::printer::Printer;
use crate::trino::ast::{AfterMatchSkip, PatternQuantifier, PatternQuantifierKind, RowPattern, RowPatternKind};

impl Printer {
    /// Prints a row pattern, every compound one in parentheses.
    pub fn row_pattern(&mut self, pattern: &RowPattern) {
        match &pattern.kind {
            RowPatternKind::Alternation(parts) => self.pattern_parts("(", parts, " | ", ")"),
            RowPatternKind::Concatenation(parts) => self.pattern_parts("(", parts, " ", ")"),
            RowPatternKind::Permutation(parts) => self.pattern_parts("PERMUTE(", parts, ", ", ")"),
            RowPatternKind::Quantified(inner, quantifier) => {
                self.text("(");
                self.row_pattern(inner);
                self.quantifier(quantifier);
                self.text(")");
            }
            RowPatternKind::Variable(name) => self.identifier(name),
            RowPatternKind::Empty => self.text("()"),
            RowPatternKind::PartitionStart => self.text("^"),
            RowPatternKind::PartitionEnd => self.text("$"),
            RowPatternKind::Excluded(inner) => {
                self.text("{-");
                self.row_pattern(inner);
                self.text("-}");
            }
        }
    }

    fn pattern_parts(&mut self, before: &str, parts: &[RowPattern], separator: &str, after: &str) {
        self.text(before);
        self.separated(parts, separator, Self::row_pattern);
        self.text(after);
    }

    fn quantifier(&mut self, quantifier: &PatternQuantifier) {
        match &quantifier.kind {
            PatternQuantifierKind::ZeroOrMore => self.text("*"),
            PatternQuantifierKind::OneOrMore => self.text("+"),
            PatternQuantifierKind::ZeroOrOne => self.text("?"),
            PatternQuantifierKind::Range { at_least, at_most } => {
                self.text("{");
                self.text(at_least.as_deref().unwrap_or_default());
                self.text(",");
                self.text(at_most.as_deref().unwrap_or_default());
                self.text("}");
            }
        }
        if !quantifier.is_greedy {
            self.text("?");
        }
    }

    pub(super) fn after_match_skip(&mut self, skip: &AfterMatchSkip) {
        self.text("AFTER MATCH SKIP ");
        match skip {
            AfterMatchSkip::ToNextRow(_) => self.text("TO NEXT ROW"),
            AfterMatchSkip::PastLastRow(_) => self.text("PAST LAST ROW"),
            AfterMatchSkip::ToFirst(name, _) => {
                self.text("TO FIRST ");
                self.identifier(name);
            }
            AfterMatchSkip::ToLast(name, _) => {
                self.text("TO LAST ");
                self.identifier(name);
            }
        }
    }
}
