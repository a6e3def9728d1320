//! How is a row pattern read? Alternation, concatenation, quantifiers, and the clauses around patterns.
//!
//! Ref: Trino 401 grammar rules `rowPattern`, `patternPrimary`, `patternQuantifier`, `skipTo`.

use super::cursor::{Parsed, Parser};
use crate::lexer::TokenKind;
use crate::location::Location;
use crate::trino::ast::{
    AfterMatchSkip, MeasureDefinition, PatternQuantifier, PatternQuantifierKind, PatternSearchMode, RowPattern, RowPatternKind,
    SubsetDefinition, VariableDefinition,
};

impl Parser<'_> {
    /// Reads `a | b`.
    pub fn row_pattern(&mut self) -> Parsed<RowPattern> {
        self.nested(|parser| {
            let location = parser.location();
            let mut alternatives = vec![parser.pattern_concatenation()?];
            while parser.accept("|") {
                alternatives.push(parser.pattern_concatenation()?);
            }
            Ok(one_or(alternatives, location, RowPatternKind::Alternation))
        })
    }

    /// Reads `a b c`.
    fn pattern_concatenation(&mut self) -> Parsed<RowPattern> {
        let location = self.location();
        let mut parts = vec![self.quantified_pattern()?];
        while self.token().is_identifier() || matches!(self.token().word, "(" | "^" | "$" | "{-") {
            parts.push(self.quantified_pattern()?);
        }
        Ok(one_or(parts, location, RowPatternKind::Concatenation))
    }

    fn quantified_pattern(&mut self) -> Parsed<RowPattern> {
        let location = self.location();
        let pattern = self.pattern_primary()?;
        let Some(quantifier) = self.pattern_quantifier()? else {
            return Ok(pattern);
        };
        Ok(RowPattern { kind: RowPatternKind::Quantified(Box::new(pattern), quantifier), location })
    }

    fn pattern_primary(&mut self) -> Parsed<RowPattern> {
        let token = self.token();
        let location = token.location;
        let kind = match token.word {
            "^" => {
                self.advance();
                RowPatternKind::PartitionStart
            }
            "$" => {
                self.advance();
                RowPatternKind::PartitionEnd
            }
            "{-" => {
                self.advance();
                let inner = self.row_pattern()?;
                self.expect("-}")?;
                RowPatternKind::Excluded(Box::new(inner))
            }
            "(" => {
                self.advance();
                if self.accept(")") {
                    RowPatternKind::Empty
                } else {
                    let inner = self.row_pattern()?;
                    self.expect(")")?;
                    return Ok(inner);
                }
            }
            "PERMUTE" if self.ahead(1).is("(") => {
                self.advance();
                RowPatternKind::Permutation(self.parenthesized(Self::row_pattern)?)
            }
            _ => RowPatternKind::Variable(self.identifier()?),
        };
        Ok(RowPattern { kind, location })
    }

    fn pattern_quantifier(&mut self) -> Parsed<Option<PatternQuantifier>> {
        let location = self.location();
        let kind = match self.token().word {
            "*" => PatternQuantifierKind::ZeroOrMore,
            "+" => PatternQuantifierKind::OneOrMore,
            "?" => PatternQuantifierKind::ZeroOrOne,
            "{" => return self.pattern_range(location).map(Some),
            _ => return Ok(None),
        };
        self.advance();
        let is_greedy = !self.accept("?");
        Ok(Some(PatternQuantifier { kind, is_greedy, location }))
    }

    /// Reads `{n}`, `{n,}`, `{,m}` or `{n,m}`.
    fn pattern_range(&mut self, location: Location) -> Parsed<PatternQuantifier> {
        self.expect("{")?;
        let at_least = self.optional_integer();
        let at_most = if self.accept(",") {
            self.optional_integer()
        } else if at_least.is_some() {
            at_least.clone()
        } else {
            return self.unexpected();
        };
        self.expect("}")?;
        let is_greedy = !self.accept("?");
        Ok(PatternQuantifier { kind: PatternQuantifierKind::Range { at_least, at_most }, is_greedy, location })
    }

    fn optional_integer(&mut self) -> Option<String> {
        (self.token().kind == TokenKind::Integer).then(|| self.advance().text.to_owned())
    }

    /// Reads `(pattern)`.
    pub fn parenthesized_pattern(&mut self) -> Parsed<RowPattern> {
        self.expect("(")?;
        let pattern = self.row_pattern()?;
        self.expect(")")?;
        Ok(pattern)
    }

    /// Reads `[MEASURES a AS b, …]`.
    pub fn measures(&mut self) -> Parsed<Vec<MeasureDefinition>> {
        if !self.accept("MEASURES") {
            return Ok(Vec::new());
        }
        self.comma_separated(|parser| {
            let location = parser.location();
            let expression = parser.expression()?;
            parser.expect("AS")?;
            let name = parser.identifier()?;
            Ok(MeasureDefinition { expression, name, location })
        })
    }

    /// Reads `[AFTER MATCH SKIP …]`.
    pub fn after_match_skip(&mut self) -> Parsed<Option<AfterMatchSkip>> {
        if !self.accept("AFTER") {
            return Ok(None);
        }
        self.expect("MATCH")?;
        let location = self.location();
        self.expect("SKIP")?;
        if self.accept_sequence(&["PAST"]) {
            self.expect_sequence(&["LAST", "ROW"])?;
            return Ok(Some(AfterMatchSkip::PastLastRow(location)));
        }
        self.expect("TO")?;
        if self.accept_sequence(&["NEXT", "ROW"]) {
            return Ok(Some(AfterMatchSkip::ToNextRow(location)));
        }
        let names_row = self.ahead(1).is_identifier() && !self.is_pattern_clause_at(self.at + 1);
        if self.is("FIRST") && names_row {
            self.advance();
            return Ok(Some(AfterMatchSkip::ToFirst(self.identifier()?, location)));
        }
        if self.is("LAST") && names_row {
            self.advance();
        }
        Ok(Some(AfterMatchSkip::ToLast(self.identifier()?, location)))
    }

    /// Whether the word at `index` begins the clause after a skip rather than naming a variable.
    fn is_pattern_clause_at(&self, index: usize) -> bool {
        let next = self.token_at(index + 1);
        match self.token_at(index).word {
            "PATTERN" => next.is("("),
            "INITIAL" | "SEEK" => next.is("PATTERN"),
            _ => false,
        }
    }

    /// Reads `[INITIAL | SEEK]`.
    pub fn search_mode(&mut self) -> Option<PatternSearchMode> {
        let location = self.location();
        if self.accept("INITIAL") {
            Some(PatternSearchMode::Initial(location))
        } else if self.accept("SEEK") {
            Some(PatternSearchMode::Seek(location))
        } else {
            None
        }
    }

    /// Reads `[SUBSET name = (a, b), …]`.
    pub fn subsets(&mut self) -> Parsed<Vec<SubsetDefinition>> {
        if !self.accept("SUBSET") {
            return Ok(Vec::new());
        }
        self.comma_separated(|parser| {
            let location = parser.location();
            let name = parser.identifier()?;
            parser.expect("=")?;
            let variables = parser.column_aliases()?;
            Ok(SubsetDefinition { name, variables, location })
        })
    }

    /// Reads `name AS condition`.
    pub fn variable_definition(&mut self) -> Parsed<VariableDefinition> {
        let location = self.location();
        let name = self.identifier()?;
        self.expect("AS")?;
        let condition = self.expression()?;
        Ok(VariableDefinition { name, condition, location })
    }
}

/// The only part itself, or all of them as one node.
fn one_or(mut parts: Vec<RowPattern>, location: Location, kind: impl FnOnce(Vec<RowPattern>) -> RowPatternKind) -> RowPattern {
    if parts.len() == 1
        && let Some(part) = parts.pop()
    {
        return part;
    }
    RowPattern { kind: kind(parts), location }
}
