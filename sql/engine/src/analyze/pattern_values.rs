//! Which values of a match does a row pattern's expression stand on? Columns, labels and aggregates become pointers.
//! Ref: Trino 401 `LogicalIndexExtractor`, `RowPatternToIrRewriter`.

use owlake_functions::types::TrinoType;
use owlake_syntax::trino::ast::{AfterMatchSkip, Expression, PatternQuantifierKind, RowPattern, RowPatternKind};

use crate::ir::pattern::{Navigation, Pattern, PatternExpr, Pointer, PointerValue, Skip};
use crate::ir::{Column, Expr, ExprKind};

use super::analyzer::{Analyzer, Place};
use super::failure::Analysis;
use super::patterns::{LabelSets, label};
use super::scope::Field;

/// What the pattern expression being read refers to so far, and where its current part stands.
#[derive(Debug, Default)]
pub(crate) struct Pointers {
    found: Vec<Pointer>,
    navigation: Option<Navigation>,
    aggregated: Option<Aggregated>,
}

/// Within an aggregate's arguments: what the row at hand is called.
#[derive(Debug, Clone)]
pub(crate) struct Aggregated {
    pub classifier: Column,
    pub match_number: Column,
}

impl<'a> Analyzer<'a> {
    /// Types an expression of DEFINE or MEASURES. Errors: as any expression's.
    pub(crate) fn pattern_expression(&mut self, expression: &'a Expression, place: &Place<'a>) -> Analysis<PatternExpr> {
        let around = std::mem::take(&mut self.shared.pointers);
        let typed = self.expression(expression, place);
        let own = std::mem::replace(&mut self.shared.pointers, around);
        Ok(PatternExpr { expr: typed?, pointers: own.found })
    }

    /// A reference to a value of the match.
    pub(crate) fn pointer(&mut self, value: PointerValue, data_type: &TrinoType) -> Expr {
        let same = |found: &&Pointer| match (&found.value, &value) {
            (PointerValue::Column { source: left, at: left_at }, PointerValue::Column { source: right, at: right_at }) => {
                left == right && left_at == right_at
            }
            (PointerValue::Classifier { at: left }, PointerValue::Classifier { at: right }) => left == right,
            (PointerValue::MatchNumber, PointerValue::MatchNumber) => true,
            _ => false,
        };
        let existing = self.shared.pointers.found.iter().find(same).map(|found| found.column.symbol);
        let symbol = existing.unwrap_or_else(|| {
            let column = self.fresh_column(data_type);
            let symbol = column.symbol;
            self.shared.pointers.found.push(Pointer { column, value });
            symbol
        });
        Expr { kind: ExprKind::Column(symbol), data_type: data_type.clone() }
    }

    /// A column of the input, of the rows with the labels.
    pub(crate) fn matched_column(&mut self, field: &Field, labels: Option<Vec<usize>>) -> Expr {
        if self.shared.pointers.aggregated.is_some() {
            return Expr { kind: ExprKind::Column(field.symbol), data_type: field.data_type.clone() };
        }
        let at = self.navigation_of(labels);
        self.pointer(PointerValue::Column { source: field.symbol, at }, &field.data_type)
    }

    pub(crate) fn classifier(&mut self, labels: Option<Vec<usize>>) -> Expr {
        if let Some(aggregated) = &self.shared.pointers.aggregated {
            return Expr { kind: ExprKind::Column(aggregated.classifier.symbol), data_type: TrinoType::VARCHAR };
        }
        let at = self.navigation_of(labels);
        self.pointer(PointerValue::Classifier { at }, &TrinoType::VARCHAR)
    }

    pub(crate) fn match_number(&mut self) -> Expr {
        if let Some(aggregated) = &self.shared.pointers.aggregated {
            return Expr { kind: ExprKind::Column(aggregated.match_number.symbol), data_type: TrinoType::Bigint };
        }
        self.pointer(PointerValue::MatchNumber, &TrinoType::Bigint)
    }

    /// Reads a predicate over a subquery: it is computed for each row of the input, and navigated to like a column.
    pub(crate) fn computed(&mut self, analyze: impl FnOnce(&mut Self) -> Analysis<Expr>) -> Analysis<Expr> {
        if self.shared.pointers.aggregated.is_some() {
            return analyze(self);
        }
        let (_, expr) = self.in_aggregate(analyze)?;
        let column = self.fresh_column(&expr.data_type);
        let value = PointerValue::Column { source: column.symbol, at: self.navigation_of(None) };
        let data_type = expr.data_type.clone();
        self.shared.pattern_computed.push((column, expr));
        Ok(self.pointer(value, &data_type))
    }

    /// Runs `analyze` with the way to columns changed.
    pub(crate) fn navigated<T>(&mut self, change: impl FnOnce(Navigation) -> Navigation, analyze: impl FnOnce(&mut Self) -> T) -> T {
        let around = self.shared.pointers.navigation.clone();
        self.shared.pointers.navigation = Some(change(around.clone().unwrap_or_else(Navigation::current)));
        let result = analyze(self);
        self.shared.pointers.navigation = around;
        result
    }

    /// Runs `analyze` for the arguments of an aggregate: columns are those of each row it takes in.
    pub(crate) fn in_aggregate<T>(&mut self, analyze: impl FnOnce(&mut Self) -> Analysis<T>) -> Analysis<(Aggregated, T)> {
        let aggregated =
            Aggregated { classifier: self.fresh_column(&TrinoType::VARCHAR), match_number: self.fresh_column(&TrinoType::Bigint) };
        let around = self.shared.pointers.aggregated.replace(aggregated.clone());
        let result = analyze(self);
        self.shared.pointers.aggregated = around;
        Ok((aggregated, result?))
    }

    fn navigation_of(&self, labels: Option<Vec<usize>>) -> Navigation {
        Navigation { labels, ..self.shared.pointers.navigation.clone().unwrap_or_else(Navigation::current) }
    }
}

/// The pattern over numbered labels. Its quantifiers have been checked.
pub(crate) fn pattern_of(pattern: &RowPattern, labels: &LabelSets) -> Pattern {
    let all = |parts: &[RowPattern]| parts.iter().map(|part| pattern_of(part, labels)).collect();
    match &pattern.kind {
        RowPatternKind::Alternation(parts) => Pattern::Alternation(all(parts)),
        RowPatternKind::Concatenation(parts) => Pattern::Concatenation(all(parts)),
        RowPatternKind::Permutation(parts) => Pattern::Permutation(all(parts)),
        RowPatternKind::Variable(name) => Pattern::Label(labels.variables_of(&label(name)).first().copied().unwrap_or_default()),
        RowPatternKind::Empty => Pattern::Empty,
        RowPatternKind::PartitionStart => Pattern::PartitionStart,
        RowPatternKind::PartitionEnd => Pattern::PartitionEnd,
        RowPatternKind::Excluded(inner) => Pattern::Excluded(Box::new(pattern_of(inner, labels))),
        RowPatternKind::Quantified(inner, quantifier) => {
            let number = |digits: &Option<String>| digits.as_ref().map(|digits| digits.parse::<u32>().unwrap_or(u32::MAX));
            let (at_least, at_most) = match &quantifier.kind {
                PatternQuantifierKind::ZeroOrMore => (0, None),
                PatternQuantifierKind::OneOrMore => (1, None),
                PatternQuantifierKind::ZeroOrOne => (0, Some(1)),
                PatternQuantifierKind::Range { at_least, at_most } => (number(at_least).unwrap_or(0), number(at_most)),
            };
            Pattern::Quantified { inner: Box::new(pattern_of(inner, labels)), at_least, at_most, is_greedy: quantifier.is_greedy }
        }
    }
}

/// Where matching goes on after a match.
pub(crate) fn skip_of(skip: Option<&AfterMatchSkip>, labels: &LabelSets) -> Skip {
    match skip {
        None | Some(AfterMatchSkip::PastLastRow(_)) => Skip::PastLastRow,
        Some(AfterMatchSkip::ToNextRow(_)) => Skip::ToNextRow,
        Some(AfterMatchSkip::ToFirst(target, _)) => Skip::ToFirst(labels.variables_of(&label(target))),
        Some(AfterMatchSkip::ToLast(target, _)) => Skip::ToLast(labels.variables_of(&label(target))),
    }
}
