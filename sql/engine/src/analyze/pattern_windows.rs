//! What does a row pattern in a window mean? Its clauses, measures over it, and functions over the rows it matches.
//! Ref: Trino 401 "Row pattern recognition in window structures", `ExpressionAnalyzer.analyzeWindow`, `QueryPlanner.planPatternRecognition`.

use std::rc::Rc;
use std::sync::Arc;

use owlake_functions::registry::{BoundFunction, FunctionKind};
use owlake_syntax::location::Location;
use owlake_syntax::trino::ast::{
    AfterMatchSkip, Expression, FrameBound as WrittenBound, FrameUnit, Identifier, PatternSearchMode, RowPatternKind, Window, WindowFrame,
};

use crate::error::EngineError;
use crate::ir::pattern::{Matching, PatternExpr, PatternFunction, PatternWindow, PointerValue, RowsPerMatch};
use crate::ir::{self, Column, Expr, ExprKind, FrameBound, Ordering, Relation, Symbol};

use super::analyzer::{Analyzer, Clause, Place};
use super::failure::{Analysis, fail_at};
use super::patterns::{Clauses, check_clauses, first_pattern, label, pattern_function, search_mode};
use super::select::GroupCheck;
use super::visit::find;
use super::windows::{ResolvedWindow, TypedWindow};

/// The pattern of a window frame, typed.
#[derive(Debug)]
pub(crate) struct FramePattern {
    pub matching: Matching,
    /// Each measure with its name as it is compared.
    pub measures: Vec<(String, Column, PatternExpr)>,
    pub is_seek: bool,
}

/// A window with a pattern, and what the SELECT takes from it.
#[derive(Debug)]
pub(crate) struct PendingPattern<'a> {
    pub window: ResolvedWindow<'a>,
    pub partition_by: Vec<Expr>,
    pub order_by: Vec<Ordering>,
    pub end: FrameBound,
    pub pattern: FramePattern,
    pub functions: Vec<PatternFunction>,
}

impl<'a> Analyzer<'a> {
    /// The pattern clauses of a window frame; `None` without a pattern. Errors: what is wrong with them.
    pub(crate) fn pattern_frame(&mut self, frame: &'a WindowFrame, place: &Place<'a>) -> Analysis<Option<FramePattern>> {
        let Some(pattern) = &frame.pattern else { return refuse_stray_clauses(frame).map(|()| None) };
        if frame.definitions.is_empty() {
            return Err(fail_at(frame.location, "MISSING_VARIABLE_DEFINITIONS", "Pattern recognition requires DEFINE clause"));
        }
        if frame.unit != FrameUnit::Rows {
            return Err(fail_at(frame.location, "INVALID_WINDOW_FRAME", "Pattern recognition requires ROWS frame type"));
        }
        if !matches!(frame.start, WrittenBound::CurrentRow(_)) || frame.end.is_none() {
            let message = "Pattern recognition requires frame specified as BETWEEN CURRENT ROW AND ...";
            return Err(fail_at(frame.location, "INVALID_WINDOW_FRAME", message));
        }
        let clauses = Clauses {
            pattern,
            subsets: &frame.subsets,
            definitions: &frame.definitions,
            measures: &frame.measures,
            skip: frame.after_match_skip.as_ref(),
        };
        let labels = check_clauses(&clauses)?;
        let is_anchor = |kind: &RowPatternKind| matches!(kind, RowPatternKind::PartitionStart | RowPatternKind::PartitionEnd);
        if let Some(at) = first_pattern(pattern, &is_anchor) {
            return Err(fail_at(at, "INVALID_ROW_PATTERN", "Anchor pattern syntax is not allowed in window"));
        }
        let inner = Place { labels: Some(Rc::clone(&labels)), allows_outer: false, ..place.clone() };
        let (matching, measures) = self.pattern_expressions(&clauses, &labels, &inner, false)?;
        let written = clauses.measures.iter().map(|measure| &measure.expression);
        let written = written.chain(clauses.definitions.iter().map(|definition| &definition.condition));
        let is_match_number = |part: &Expression| pattern_function(part).is_some_and(|(name, _)| name == "match_number");
        if let Some(call) = written.flat_map(|expression| find(expression, &is_match_number)).next() {
            let message = "MATCH_NUMBER function is not supported in window";
            return Err(fail_at(call.location, "INVALID_PATTERN_RECOGNITION_FUNCTION", message));
        }
        let names = frame.measures.iter().map(|measure| label(&measure.name));
        let measures = names.zip(measures).map(|(name, (field, measure))| (name, field.column(), measure)).collect();
        let is_seek = matches!(frame.search_mode, Some(PatternSearchMode::Seek(_)));
        Ok(Some(FramePattern { matching, measures, is_seek }))
    }

    /// `measure OVER w`.
    pub(crate) fn window_measure(&mut self, name: &'a Identifier, window: &'a Window, at: Location, place: &Place<'a>) -> Analysis<Expr> {
        if !matches!(place.clause, Clause::Select | Clause::OrderBy) || self.selects.is_empty() {
            return Err(fail_at(at, "EXPRESSION_NOT_SCALAR", "window functions are not allowed here"));
        }
        let (resolved, own) = self.resolve_window(window)?;
        let missing = || {
            let message = format!("Measure {} is not defined in the corresponding window", name.value);
            fail_at(at, "INVALID_WINDOW_MEASURE", message)
        };
        let frame = resolved.frame.ok_or_else(missing)?;
        let named = frame.measures.iter().filter(|measure| label(&measure.name) == label(name)).count();
        if named == 0 {
            return Err(missing());
        }
        if named > 1 {
            return Err(fail_at(at, "AMBIGUOUS_NAME", format!("Measure {} is defined more than once", name.value)));
        }
        let pending = match self.pending_patterns(place.clause)?.iter().position(|pending| pending.is_of(&resolved)) {
            Some(index) => index,
            None => {
                let typed = self.typed_window(&resolved, own, place)?;
                self.pending_pattern(&resolved, typed, place.clause)?
            }
        };
        let measures = self.pending_patterns(place.clause)?.get(pending).map(|pending| &pending.pattern.measures);
        let found = measures.into_iter().flatten().find(|(measure, ..)| *measure == label(name));
        let (_, column, _) = found.ok_or_else(missing)?;
        Ok(Expr { kind: ExprKind::Column(column.symbol), data_type: column.data_type.clone() })
    }

    /// A call over the rows the window's pattern matches. Ranks are not over them: they count the partition's rows as ever.
    pub(crate) fn pattern_window_call(
        &mut self,
        function: Arc<BoundFunction>,
        arguments: Vec<Expr>,
        ignore_nulls: bool,
        resolved: &ResolvedWindow<'a>,
        typed: TypedWindow,
        clause: Clause,
    ) -> Analysis<Expr> {
        let data_type = function.return_type.clone();
        let output = self.fresh_column(&data_type);
        let symbol = output.symbol;
        let pending = self.pending_pattern(resolved, typed, clause)?;
        if let Some(pending) = self.pending_patterns(clause)?.get_mut(pending) {
            pending.functions.push(PatternFunction { output, function, arguments, ignore_nulls });
        }
        Ok(Expr { kind: ExprKind::Column(symbol), data_type })
    }

    fn pending_patterns(&mut self, clause: Clause) -> Analysis<&mut Vec<PendingPattern<'a>>> {
        let Some(select) = self.selects.last_mut() else { return Err(EngineError::internal("a window outside of a SELECT")) };
        Ok(match clause {
            Clause::OrderBy => &mut select.order_by_patterns,
            Clause::Select | Clause::Having | Clause::Plain => &mut select.patterns,
        })
    }

    /// Where the window stands among those of the SELECT; one written once is matched once.
    fn pending_pattern(&mut self, resolved: &ResolvedWindow<'a>, typed: TypedWindow, clause: Clause) -> Analysis<usize> {
        let patterns = self.pending_patterns(clause)?;
        if let Some(index) = patterns.iter().position(|pending| pending.is_of(resolved)) {
            return Ok(index);
        }
        let Some(pattern) = typed.pattern else { return Err(EngineError::internal("a window's pattern is missing")) };
        let TypedWindow { partition_by, order_by, frame, .. } = typed;
        patterns.push(PendingPattern { window: resolved.clone(), partition_by, order_by, end: frame.end, pattern, functions: Vec::new() });
        Ok(patterns.len() - 1)
    }
}

impl PendingPattern<'_> {
    /// Is it this window, as written?
    fn is_of(&self, window: &ResolvedWindow<'_>) -> bool {
        let same_frame = match (self.window.frame, window.frame) {
            (Some(own), Some(other)) => std::ptr::eq(own, other),
            _ => false,
        };
        let same_order = match (self.window.order_by, window.order_by) {
            (Some(own), Some(other)) => std::ptr::eq(own, other),
            (None, None) => true,
            _ => false,
        };
        same_frame && same_order && std::ptr::eq(self.window.partition_by, window.partition_by)
    }

    /// Does it give this column?
    pub(crate) fn gives(&self, symbol: Symbol) -> bool {
        let mut measures = self.pattern.measures.iter();
        measures.any(|(_, column, _)| column.symbol == symbol) || self.functions.iter().any(|call| call.output.symbol == symbol)
    }

    /// The expressions over columns below the window.
    pub(crate) fn for_each_expr(&mut self, visit: &mut dyn FnMut(&mut Expr)) {
        self.partition_by.iter_mut().for_each(&mut *visit);
        self.order_by.iter_mut().for_each(|key| visit(&mut key.expr));
        self.end.offset_mut().into_iter().for_each(&mut *visit);
        self.functions.iter_mut().flat_map(|call| &mut call.arguments).for_each(&mut *visit);
        self.pattern.matching.computed.iter_mut().for_each(|(_, expr)| visit(expr));
        for expression in written_mut(&mut self.pattern) {
            for pointer in &mut expression.pointers {
                if let PointerValue::Aggregate { arguments, .. } = &mut pointer.value {
                    arguments.iter_mut().for_each(&mut *visit);
                }
            }
        }
    }

    /// The columns below the window that DEFINE and MEASURES navigate to.
    pub(crate) fn sources(&self) -> Vec<Column> {
        let written = self.pattern.matching.definitions.iter().flatten().chain(self.pattern.measures.iter().map(|(.., measure)| measure));
        let pointers = written.flat_map(|expression| &expression.pointers);
        let sources = pointers.filter_map(|pointer| match &pointer.value {
            PointerValue::Column { source, .. } => Some(Column { symbol: *source, data_type: pointer.column.data_type.clone() }),
            PointerValue::Classifier { .. }
            | PointerValue::MatchNumber
            | PointerValue::Constant { .. }
            | PointerValue::Aggregate { .. } => None,
        });
        let computed = &self.pattern.matching.computed;
        sources.filter(|source| !computed.iter().any(|(column, _)| column.symbol == source.symbol)).collect()
    }

    /// The relation with what the window gives appended.
    pub(crate) fn over(self, input: Relation) -> Relation {
        let mut columns = input.columns();
        let measures: Vec<(Column, PatternExpr)> =
            self.pattern.measures.into_iter().map(|(_, column, measure)| (column, measure)).collect();
        columns.extend(measures.iter().map(|(column, _)| column.clone()));
        columns.extend(self.functions.iter().map(|call| call.output.clone()));
        Relation::PatternRecognition(Box::new(ir::PatternRecognition {
            input,
            partition_by: self.partition_by,
            order_by: self.order_by,
            matching: self.pattern.matching,
            measures,
            rows: RowsPerMatch::One,
            window: Some(PatternWindow { end: self.end, is_seek: self.pattern.is_seek, functions: self.functions }),
            columns,
        }))
    }

    /// Does it read grouped columns only? Errors: the window's clauses that don't.
    pub(crate) fn is_grouped(&self, check: &GroupCheck<'_, '_>) -> Analysis<bool> {
        check.window_clauses(&self.window, &self.partition_by, &self.order_by, &[(&self.end, "end")])?;
        if self.sources().iter().any(|column| check.sources.contains(&column.symbol)) {
            return Ok(false);
        }
        let written = self.pattern.matching.definitions.iter().flatten().chain(self.pattern.measures.iter().map(|(.., measure)| measure));
        let aggregated = written.flat_map(|expression| &expression.pointers).flat_map(|pointer| match &pointer.value {
            PointerValue::Aggregate { arguments, .. } => arguments.as_slice(),
            PointerValue::Column { .. } | PointerValue::Classifier { .. } | PointerValue::MatchNumber | PointerValue::Constant { .. } => {
                &[]
            }
        });
        let arguments = self.functions.iter().flat_map(|call| &call.arguments);
        let computed = self.pattern.matching.computed.iter().map(|(_, expr)| expr);
        for expr in aggregated.chain(arguments).chain(computed) {
            if !check.is_grouped(expr)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn written_mut(pattern: &mut FramePattern) -> impl Iterator<Item = &mut PatternExpr> {
    pattern.matching.definitions.iter_mut().flatten().chain(pattern.measures.iter_mut().map(|(.., measure)| measure))
}

/// Does a function look at its frame?
pub(crate) fn reads_frame(function: &BoundFunction) -> bool {
    function.kind == FunctionKind::Aggregate || matches!(function.name, "first_value" | "last_value" | "nth_value")
}

/// Clauses that only make sense with a PATTERN.
fn refuse_stray_clauses(frame: &WindowFrame) -> Analysis<()> {
    let missing = |at: Location, message: String| -> Analysis<()> { Err(fail_at(at, "MISSING_ROW_PATTERN", message)) };
    if !frame.measures.is_empty() {
        return missing(frame.location, "Row pattern measures require PATTERN clause".to_owned());
    }
    if let Some(skip) = &frame.after_match_skip {
        let at = match skip {
            AfterMatchSkip::ToNextRow(at)
            | AfterMatchSkip::PastLastRow(at)
            | AfterMatchSkip::ToFirst(_, at)
            | AfterMatchSkip::ToLast(_, at) => *at,
        };
        return missing(at, "AFTER MATCH SKIP clause requires PATTERN clause".to_owned());
    }
    if let Some(mode) = frame.search_mode {
        let (word, at) = search_mode(mode);
        return missing(at, format!("{word} modifier requires PATTERN clause"));
    }
    if let Some(subset) = frame.subsets.first() {
        return missing(subset.location, "Union variable definitions require PATTERN clause".to_owned());
    }
    if let Some(definition) = frame.definitions.first() {
        return missing(definition.location, "Primary pattern variable definitions require PATTERN clause".to_owned());
    }
    Ok(())
}
