//! Is a row pattern well formed? MATCH_RECOGNIZE and pattern windows: labels, quantifiers and the expressions over them.
//! Ref: Trino 401 `PatternRecognitionAnalyzer`, `StatementAnalyzer.visitPatternRecognitionRelation`, `ExpressionAnalyzer`.
//!
//! Size: the checks follow one class of the reference, clause by clause; what the expressions become is in [`super::pattern_values`].

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use owlake_functions::registry::{FunctionKind, find_kind};
use owlake_functions::types::TrinoType;
use owlake_syntax::location::Location;
use owlake_syntax::trino::ast::{
    AfterMatchSkip, Expression, ExpressionKind, FunctionCall, Identifier, MeasureDefinition, PatternQuantifierKind, PatternRecognition,
    PatternSearchMode, ProcessingMode, QueryBodyKind, Relation, RelationKind, RowPattern, RowPatternKind, RowsPerMatch, SubsetDefinition,
    VariableDefinition, Window,
};

use crate::ir::pattern::{Matching, Navigation, PatternExpr, PointerValue};
use crate::ir::{self, Column, Expr, ExprKind};

use super::analyzer::{Analyzer, Clause, Place};
use super::calls::ordering;
use super::expression::{dotted_name, dotted_text};
use super::expression_text::{expression_text, name_text};
use super::failure::{Analysis, fail_at, mismatch, unsupported};
use super::literals::long_literal;
use super::pattern_values::{pattern_of, skip_of};
use super::relations::Source;
use super::scope::{Field, Scope};
use super::visit::{find, is_aggregate, is_window};

/// Pattern variables and unions of them, folded as SQL folds names.
pub(crate) type Labels = Rc<LabelSets>;

/// The variables of a pattern in the order they first stand in it, and what each label means in terms of them.
#[derive(Debug, Default)]
pub(crate) struct LabelSets {
    pub variables: Vec<String>,
    pub sets: HashMap<String, Vec<usize>>,
}

impl LabelSets {
    pub(crate) fn contains(&self, label: &str) -> bool {
        self.sets.contains_key(label)
    }

    /// The variables a label stands for.
    pub(crate) fn variables_of(&self, label: &str) -> Vec<usize> {
        self.sets.get(label).cloned().unwrap_or_default()
    }
}

/// A label as it is compared: quoted names as they are, others in capitals.
pub(crate) fn label(name: &Identifier) -> String {
    if name.is_delimited { name.value.clone() } else { name.value.to_uppercase() }
}

/// Whether a name is a pattern variable where an expression stands.
pub(crate) fn is_label(name: &Identifier, place: &Place<'_>) -> bool {
    place.labels.as_ref().is_some_and(|labels| labels.contains(&label(name)))
}

/// The clauses a pattern stands in, of a MATCH_RECOGNIZE or of a window frame.
pub(crate) struct Clauses<'a> {
    pub pattern: &'a RowPattern,
    pub subsets: &'a [SubsetDefinition],
    pub definitions: &'a [VariableDefinition],
    pub measures: &'a [MeasureDefinition],
    pub skip: Option<&'a AfterMatchSkip>,
}

impl<'a> Analyzer<'a> {
    /// MATCH_RECOGNIZE. Errors: what is wrong with it.
    pub(crate) fn pattern_recognition(
        &mut self,
        recognition: &'a PatternRecognition,
        at: Location,
        scope: &Rc<Scope<'a>>,
    ) -> Analysis<Source<'a>> {
        let input = self.relation(&recognition.input, scope)?;
        let mut names = HashSet::new();
        for name in input.scope.fields.iter().filter_map(|field| field.name.as_ref()) {
            if !names.insert(name.to_uppercase()) {
                let message = format!("ambiguous column: {name} in row pattern input relation");
                return Err(fail_at(recognition.input.location, "AMBIGUOUS_NAME", message));
            }
        }
        let mut outputs: Vec<Field> = Vec::new();
        let (mut partition_by, mut order_by) = (Vec::new(), Vec::new());
        for expression in &recognition.partition_by {
            let field = input_field(expression, &input.scope)?;
            if !field.data_type.is_comparable() {
                let message = format!("{} is not comparable, and therefore cannot be used in PARTITION BY", field.data_type);
                return Err(mismatch(expression.location, message));
            }
            self.shared.unused_hidden.remove(&field.symbol);
            partition_by.push(Expr { kind: ExprKind::Column(field.symbol), data_type: field.data_type.clone() });
            outputs.push(Field { relation_alias: None, is_hidden: false, ..field });
        }
        let is_one_row = matches!(recognition.rows_per_match, None | Some(RowsPerMatch::One));
        for item in recognition.order_by.iter().flat_map(|order_by| &order_by.items) {
            let field = input_field(&item.expression, &input.scope)?;
            if !field.data_type.is_orderable() {
                let message = format!("{} is not orderable, and therefore cannot be used in ORDER BY", field.data_type);
                return Err(mismatch(item.location, message));
            }
            self.shared.unused_hidden.remove(&field.symbol);
            let key = Expr { kind: ExprKind::Column(field.symbol), data_type: field.data_type.clone() };
            order_by.push(ordering(key, item.is_descending, item.nulls));
            if !is_one_row {
                outputs.push(Field { relation_alias: None, is_hidden: false, ..field });
            }
        }
        let clauses = Clauses {
            pattern: &recognition.pattern,
            subsets: &recognition.subsets,
            definitions: &recognition.definitions,
            measures: &recognition.measures,
            skip: recognition.after_match_skip.as_ref(),
        };
        let labels = check_clauses(&clauses)?;
        if let Some(mode) = &recognition.search_mode {
            let (word, at) = search_mode(*mode);
            return Err(unsupported(at, format!("Pattern search modifier: {word} is not allowed in MATCH_RECOGNIZE clause")));
        }
        if recognition.rows_per_match == Some(RowsPerMatch::AllWithUnmatched)
            && let Some(at) = first_pattern(&recognition.pattern, &|kind| matches!(kind, RowPatternKind::Excluded(_)))
        {
            let message = "Pattern exclusion syntax is not allowed when ALL ROWS PER MATCH WITH UNMATCHED ROWS is specified";
            return Err(fail_at(at, "INVALID_ROW_PATTERN", message));
        }
        let place = Place { labels: Some(Rc::clone(&labels)), allows_outer: false, ..Place::of(&input.scope, Clause::Plain) };
        let selects = std::mem::take(&mut self.selects);
        let result = self.pattern_expressions(&clauses, &labels, &place, true);
        self.selects = selects;
        let (matching, measured) = result?;
        let mut measures = Vec::with_capacity(measured.len());
        for (field, measure) in measured {
            measures.push((field.column(), measure));
            outputs.push(field);
        }
        if !is_one_row {
            let remaining = input.scope.fields.iter().filter(|field| !outputs.iter().any(|output| output.symbol == field.symbol));
            let remaining: Vec<Field> = remaining.cloned().collect();
            outputs.extend(remaining);
        }
        if outputs.is_empty() {
            return Err(fail_at(at, "TABLE_HAS_NO_COLUMNS", "pattern recognition output table has no columns"));
        }
        for field in &mut outputs {
            field.relation_alias = None;
        }
        let mut columns: Vec<Column> = Vec::with_capacity(outputs.len());
        for field in &outputs {
            if !columns.iter().any(|column| column.symbol == field.symbol) {
                columns.push(field.column());
            }
        }
        let rows = match recognition.rows_per_match {
            None | Some(RowsPerMatch::One) => ir::pattern::RowsPerMatch::One,
            Some(RowsPerMatch::AllShowEmpty) => ir::pattern::RowsPerMatch::AllShowEmpty,
            Some(RowsPerMatch::AllOmitEmpty) => ir::pattern::RowsPerMatch::AllOmitEmpty,
            Some(RowsPerMatch::AllWithUnmatched) => ir::pattern::RowsPerMatch::AllWithUnmatched,
        };
        let recognition =
            ir::PatternRecognition { input: input.relation, partition_by, order_by, matching, measures, rows, window: None, columns };
        Ok(Source { relation: ir::Relation::PatternRecognition(Box::new(recognition)), scope: Scope::within(scope, outputs) })
    }

    /// Types DEFINE and MEASURES; gives what a match is, and the measures as fields.
    pub(crate) fn pattern_expressions(
        &mut self,
        clauses: &Clauses<'a>,
        labels: &Labels,
        place: &Place<'a>,
        refuses_windows: bool,
    ) -> Analysis<(Matching, Vec<(Field, PatternExpr)>)> {
        let around = std::mem::take(&mut self.shared.pattern_computed);
        let mut definitions: Vec<Option<PatternExpr>> = labels.variables.iter().map(|_| None).collect();
        for definition in clauses.definitions {
            self.refuse_nested_window(&definition.condition, refuses_windows)?;
            let typed = self.pattern_expression(&definition.condition, place)?;
            if typed.expr.data_type != TrinoType::Boolean {
                let message = format!("Expression defining a label must be boolean (actual type: {})", typed.expr.data_type);
                return Err(mismatch(definition.condition.location, message));
            }
            for variable in labels.variables_of(&label(&definition.name)) {
                definitions[variable] = Some(typed.clone());
            }
        }
        let mut measures = Vec::with_capacity(clauses.measures.len());
        for measure in clauses.measures {
            self.refuse_nested_window(&measure.expression, refuses_windows)?;
            let typed = self.pattern_expression(&measure.expression, place)?;
            let field = Field {
                relation_alias: None,
                name: Some(measure.name.value.as_str().into()),
                symbol: self.fresh_symbol(),
                data_type: typed.expr.data_type.clone(),
                is_hidden: false,
            };
            measures.push((field, typed));
        }
        let pattern = pattern_of(clauses.pattern, labels);
        let computed = std::mem::replace(&mut self.shared.pattern_computed, around);
        let skip = skip_of(clauses.skip, labels);
        let matching = Matching { pattern, labels: labels.variables.clone(), definitions, skip, computed };
        Ok((matching, measures))
    }

    fn refuse_nested_window(&self, expression: &Expression, refuses: bool) -> Analysis<()> {
        match find(expression, &is_window).first() {
            Some(nested) if refuses => {
                let message = "Cannot nest window functions or row pattern measures inside pattern recognition expressions";
                Err(fail_at(nested.location, "NESTED_WINDOW", message))
            }
            _ => Ok(()),
        }
    }

    /// `A.x` where A is a label: the column. `None` when the name does not begin with a label.
    pub(crate) fn labeled_column(&mut self, name: &[&'a Identifier], at: Location, place: &Place<'a>) -> Analysis<Option<Expr>> {
        let Some(labels) = place.labels.clone() else { return Ok(None) };
        let [first, rest @ ..] = name else { return Ok(None) };
        if !labels.contains(&label(first)) {
            // Tables can't qualify columns here.
            return Err(self.column_missing(at, &dotted_text(name)));
        }
        let missing = || {
            let message = format!("Column {} prefixed with label {} cannot be resolved", dotted_text(rest), label(first));
            fail_at(at, "COLUMN_NOT_FOUND", message)
        };
        let [column] = rest else { return Err(missing()) };
        match place.scope.resolve(&[column.value.as_str()]) {
            Ok(Some(resolved)) if resolved.is_local => {
                self.note_reference(&resolved, at, || dotted_text(name));
                let variables = labels.variables_of(&label(first));
                Ok(Some(self.matched_column(&resolved.field, Some(variables))))
            }
            _ => Err(missing()),
        }
    }

    /// FIRST, LAST, PREV, NEXT, CLASSIFIER and MATCH_NUMBER, and aggregates, over pattern variables.
    /// `None` when the call is an ordinary one.
    pub(crate) fn pattern_call(&mut self, expression: &'a Expression, call: &'a FunctionCall, place: &Place<'a>) -> Analysis<Option<Expr>> {
        let Some(labels) = place.labels.clone() else { return Ok(None) };
        let at = expression.location;
        if let Some((name, _)) = pattern_function(expression) {
            return self.pattern_function_call(name, call, at, &labels, place).map(Some);
        }
        if find_kind(&call.name.suffix()) != Some(FunctionKind::Aggregate) {
            return Ok(None);
        }
        let name = &call.name;
        for (clause, is_used) in [("FILTER", call.filter.is_some()), ("ORDER BY", call.order_by.is_some()), ("DISTINCT", call.is_distinct)]
        {
            if is_used {
                let message = format!("Cannot use {clause} with {name} aggregate function in pattern recognition context");
                return Err(unsupported(at, message));
            }
        }
        refuse_nested_aggregates(call, &name.to_string())?;
        let navigations = call.arguments.iter().flat_map(|argument| find(argument, &is_navigation)).next();
        if let Some(nested) = navigations {
            let inner = pattern_function(nested).map_or("", |(name, _)| name);
            let message = format!("Cannot nest {inner} pattern navigation function inside {name} function");
            return Err(fail_at(nested.location, "INVALID_NAVIGATION_NESTING", message));
        }
        if let Some(star) = &call.star_label
            && call.name.suffix() != "count"
        {
            let message = "label.* syntax is only supported as the only argument of row pattern count function";
            return Err(fail_at(star.location, "INVALID_FUNCTION_ARGUMENT", message));
        }
        if let Some(star) = &call.star_label
            && !labels.contains(&label(star))
        {
            let message = format!("{} is not a primary pattern variable or subset name", label(star));
            return Err(fail_at(star.location, "INVALID_FUNCTION_ARGUMENT", message));
        }
        let (aggregated, (function, arguments)) = self.in_aggregate(|analyzer| analyzer.resolve_call(call, at, place))?;
        let mut argument_labels: HashSet<Option<String>> = HashSet::new();
        for argument in &call.arguments {
            if let Some(found) = argument_label(argument, call, at, &labels, false)? {
                argument_labels.insert(found);
            }
        }
        if argument_labels.len() > 1 {
            let message = "All aggregate function arguments must apply to rows matched with the same label";
            return Err(fail_at(at, "INVALID_ARGUMENTS", message));
        }
        let only = match &call.star_label {
            Some(star) => Some(label(star)),
            None => argument_labels.into_iter().next().flatten(),
        };
        let return_type = function.return_type.clone();
        let value = PointerValue::Aggregate {
            function,
            arguments,
            classifier: aggregated.classifier,
            match_number: aggregated.match_number,
            labels: only.map(|only| labels.variables_of(&only)),
            is_running: call.processing_mode != Some(ProcessingMode::Final),
        };
        Ok(Some(self.pointer(value, &return_type)))
    }

    fn pattern_function_call(
        &mut self,
        name: &'static str,
        call: &'a FunctionCall,
        at: Location,
        labels: &Labels,
        place: &Place<'a>,
    ) -> Analysis<Expr> {
        let refuse = |clause: &str| {
            let message = format!("Cannot use {clause} with {name} pattern recognition function");
            Err(fail_at(at, "INVALID_PATTERN_RECOGNITION_FUNCTION", message))
        };
        if call.window.is_some() {
            return refuse("OVER");
        }
        if call.filter.is_some() {
            return refuse("FILTER");
        }
        if call.order_by.is_some() {
            return refuse("ORDER BY");
        }
        if call.is_distinct {
            return refuse("DISTINCT");
        }
        if let Some(mode) = call.processing_mode
            && !matches!(name, "first" | "last")
        {
            let mode = if mode == ProcessingMode::Final { "FINAL" } else { "RUNNING" };
            let message = format!("{mode} semantics is not supported with {name} pattern recognition function");
            return Err(fail_at(at, "INVALID_PROCESSING_MODE", message));
        }
        let invalid = |at: Location, message: String| Err(fail_at(at, "INVALID_FUNCTION_ARGUMENT", message));
        match name {
            "match_number" => {
                if !call.arguments.is_empty() {
                    return invalid(at, "MATCH_NUMBER pattern recognition function takes no arguments".to_owned());
                }
                Ok(self.match_number())
            }
            "classifier" => match call.arguments.as_slice() {
                [] => Ok(self.classifier(None)),
                [Expression { kind: ExpressionKind::Identifier(variable), location, .. }] => {
                    if !labels.contains(&label(variable)) {
                        return invalid(*location, format!("{} is not a primary pattern variable or subset name", variable.value));
                    }
                    Ok(self.classifier(Some(labels.variables_of(&label(variable)))))
                }
                [other] => {
                    let kind =
                        if matches!(other.kind, ExpressionKind::Dereference { .. }) { "DereferenceExpression" } else { "Expression" };
                    let message = format!("CLASSIFIER function argument should be primary pattern variable or subset name. Actual: {kind}");
                    Err(mismatch(other.location, message))
                }
                _ => invalid(at, "CLASSIFIER pattern recognition function takes no arguments or 1 argument".to_owned()),
            },
            _ => self.navigation(name, call, at, labels, place),
        }
    }

    fn navigation(&mut self, name: &str, call: &'a FunctionCall, at: Location, labels: &Labels, place: &Place<'a>) -> Analysis<Expr> {
        let (value, offset) = match call.arguments.as_slice() {
            [value] => (value, None),
            [value, offset] => (value, Some(offset)),
            _ => {
                let message = format!("{name} pattern recognition function requires 1 or 2 arguments");
                return Err(fail_at(at, "INVALID_FUNCTION_ARGUMENT", message));
            }
        };
        let number = offset.and_then(long_literal);
        let typed = self.navigated(navigation_to(name, number, call.processing_mode), |analyzer| analyzer.expression(value, place))?;
        if let Some(offset) = offset {
            self.expression(offset, place)?;
            let Some(number) = number else {
                let message = format!("{name} pattern recognition navigation function requires a number as the second argument");
                return Err(fail_at(at, "INVALID_FUNCTION_ARGUMENT", message));
            };
            if number < 0 {
                let message = format!(
                    "{name} pattern recognition navigation function requires a non-negative number as the second argument (actual: {number})"
                );
                return Err(fail_at(at, "NUMERIC_VALUE_OUT_OF_RANGE", message));
            }
            if number > i64::from(i32::MAX) {
                let message = format!(
                    "The second argument of {name} pattern recognition navigation function must not exceed {} (actual: {number})",
                    i32::MAX
                );
                return Err(fail_at(at, "NUMERIC_VALUE_OUT_OF_RANGE", message));
            }
        }
        check_nesting(name, value)?;
        refuse_nested_aggregates(call, name)?;
        argument_label(value, call, at, labels, true)?;
        Ok(typed)
    }
}

/// What a navigation function does to the way of the columns in it.
fn navigation_to(name: &str, number: Option<i64>, mode: Option<ProcessingMode>) -> impl FnOnce(Navigation) -> Navigation {
    let is_last = name == "last";
    let is_logical = is_last || name == "first";
    let default = if is_logical { 0 } else { 1 };
    // Offsets out of range are refused right after.
    let offset = number.unwrap_or(default).clamp(0, i64::from(i32::MAX));
    let is_backwards = name == "prev";
    move |at: Navigation| {
        if is_logical {
            Navigation {
                is_last,
                is_running: mode != Some(ProcessingMode::Final),
                logical_offset: u32::try_from(offset).unwrap_or(u32::MAX),
                ..at
            }
        } else {
            Navigation { physical_offset: if is_backwards { -offset } else { offset }, ..at }
        }
    }
}

/// The lower-case name and the call, when an expression is one of the functions only patterns have.
pub(crate) fn pattern_function(expression: &Expression) -> Option<(&'static str, &FunctionCall)> {
    const NAMES: [&str; 6] = ["first", "last", "prev", "next", "classifier", "match_number"];
    let ExpressionKind::FunctionCall(call) = &expression.kind else { return None };
    let [name] = call.name.parts.as_slice() else { return None };
    if name.is_delimited {
        return None;
    }
    NAMES.iter().find(|known| name.is_same_name(known)).map(|known| (*known, &**call))
}

fn is_navigation(expression: &Expression) -> bool {
    pattern_function(expression).is_some_and(|(name, _)| matches!(name, "first" | "last" | "prev" | "next"))
}

/// PREV and NEXT may hold FIRST or LAST directly; nothing else nests.
fn check_nesting(name: &str, value: &Expression) -> Analysis<()> {
    let nested = find(value, &is_navigation);
    let Some(first) = nested.first() else { return Ok(()) };
    let inner = pattern_function(first).map_or("", |(name, _)| name);
    let refuse = |at: Location, message: String| Err(fail_at(at, "INVALID_NAVIGATION_NESTING", message));
    let outer_label = name;
    if matches!(name, "first" | "last") {
        return refuse(
            first.location,
            format!("Cannot nest {inner} pattern navigation function inside {outer_label} pattern navigation function"),
        );
    }
    if let Some(second) = nested.get(1) {
        return refuse(
            second.location,
            format!("Cannot nest multiple pattern navigation functions inside {outer_label} pattern navigation function"),
        );
    }
    if matches!(inner, "prev" | "next") {
        return refuse(
            first.location,
            format!("Cannot nest {inner} pattern navigation function inside {outer_label} pattern navigation function"),
        );
    }
    if !std::ptr::eq(*first, value) {
        return refuse(first.location, "Immediate nesting is required for pattern navigation functions".to_owned());
    }
    Ok(())
}

fn refuse_nested_aggregates(call: &FunctionCall, name: &str) -> Analysis<()> {
    let Some(nested) = call.arguments.iter().flat_map(|argument| find(argument, &is_aggregate)).next() else { return Ok(()) };
    let inner = match &nested.kind {
        ExpressionKind::FunctionCall(call) => call.name.to_string(),
        _ => String::new(),
    };
    Err(fail_at(nested.location, "NESTED_AGGREGATION", format!("Cannot nest {inner} aggregate function inside {name} function")))
}

/// The one label an argument is about: `Some(None)` for all rows, `None` when it reads no row.
fn argument_label(
    argument: &Expression,
    call: &FunctionCall,
    at: Location,
    labels: &Labels,
    is_required: bool,
) -> Analysis<Option<Option<String>>> {
    let name = &call.name;
    let mut unlabeled = false;
    let mut labeled: Vec<(String, Location)> = Vec::new();
    let mut classifiers: Vec<Option<String>> = Vec::new();
    let mut pending = vec![argument];
    while let Some(part) = pending.pop() {
        if let Some(("classifier", call)) = pattern_function(part) {
            classifiers.push(match call.arguments.first().map(|argument| &argument.kind) {
                Some(ExpressionKind::Identifier(variable)) => Some(label(variable)),
                _ => None,
            });
            continue;
        }
        match &part.kind {
            ExpressionKind::Identifier(_) => unlabeled = true,
            ExpressionKind::Dereference { .. } => {
                if let Some(parts) = dotted_name(part)
                    && let Some(first) = parts.first()
                    && labels.contains(&label(first))
                {
                    labeled.push((label(first), part.location));
                    continue;
                }
            }
            _ => {}
        }
        pending.extend(super::visit::parts(part).into_iter().rev());
    }
    let refuse = |at: Location, message: String| Err(fail_at(at, "INVALID_ARGUMENTS", message));
    if !unlabeled && labeled.is_empty() && classifiers.is_empty() {
        if is_required {
            return refuse(at, format!("Pattern navigation function {name} must contain at least one column reference or CLASSIFIER()"));
        }
        return Ok(None);
    }
    let mixed =
        format!("Column references inside argument of function {name} must all either be prefixed with the same label or be not prefixed");
    if let Some((first, place)) = labeled.first()
        && (unlabeled || labeled.iter().any(|(other, _)| other != first))
    {
        return refuse(*place, mixed);
    }
    if let Some(first) = classifiers.first()
        && classifiers.iter().any(|other| other != first)
    {
        let message = format!(
            "CLASSIFIER() calls inside argument of function {name} must all either have the same label as the argument or have no arguments"
        );
        return refuse(at, message);
    }
    let column_label = labeled.first().map(|(label, _)| label.clone());
    if let Some(classifier) = classifiers.first()
        && (unlabeled || column_label.is_some())
        && *classifier != column_label
    {
        let message = format!(
            "Column references inside argument of function {name} must all be prefixed with the same label that all CLASSIFIER() calls have as the argument"
        );
        return refuse(at, message);
    }
    Ok(Some(column_label.or_else(|| classifiers.into_iter().next().flatten())))
}

/// Labels, quantifiers, skip target and nesting. Gives all labels.
pub(crate) fn check_clauses(clauses: &Clauses<'_>) -> Analysis<Labels> {
    let mut primary = Vec::new();
    collect_labels(clauses.pattern, &mut primary);
    let invalid = |name: &Identifier, message: String| Err(fail_at(name.location, "INVALID_LABEL", message));
    let mut unions = HashSet::new();
    for subset in clauses.subsets {
        let name = name_text(&subset.name);
        if primary.contains(&label(&subset.name)) {
            return invalid(&subset.name, format!("union pattern variable name: {name} is a duplicate of primary pattern variable name"));
        }
        if !unions.insert(label(&subset.name)) {
            return invalid(&subset.name, format!("union pattern variable name: {name} is declared twice"));
        }
        for element in &subset.variables {
            if !primary.contains(&label(element)) {
                return invalid(element, format!("subset element: {} is not a primary pattern variable", name_text(element)));
            }
        }
    }
    let mut defined = HashSet::new();
    for definition in clauses.definitions {
        let name = name_text(&definition.name);
        if !primary.contains(&label(&definition.name)) {
            return invalid(&definition.name, format!("defined variable: {name} is not a primary pattern variable"));
        }
        if !defined.insert(label(&definition.name)) {
            return invalid(&definition.name, format!("pattern variable with name: {name} is defined twice"));
        }
        let is_final = |part: &Expression| matches!(&part.kind, ExpressionKind::FunctionCall(call) if call.processing_mode == Some(ProcessingMode::Final));
        if let Some(call) = find(&definition.condition, &is_final).first() {
            let message = "FINAL semantics is not supported in DEFINE clause";
            return Err(fail_at(call.location, "INVALID_PROCESSING_MODE", message));
        }
    }
    check_quantifiers(clauses.pattern)?;
    if let Some(AfterMatchSkip::ToFirst(target, _) | AfterMatchSkip::ToLast(target, _)) = clauses.skip
        && !primary.contains(&label(target))
        && !unions.contains(&label(target))
    {
        return invalid(target, format!("{} is not a primary or union pattern variable", name_text(target)));
    }
    let written = clauses.measures.iter().map(|measure| &measure.expression);
    let mut written = written.chain(clauses.definitions.iter().map(|definition| &definition.condition));
    if let Some(at) = written.find_map(nested_recognition) {
        let message = "nested row pattern recognition in row pattern recognition";
        return Err(fail_at(at, "NESTED_ROW_PATTERN_RECOGNITION", message));
    }
    let mut sets: HashMap<String, Vec<usize>> = primary.iter().enumerate().map(|(index, name)| (name.clone(), vec![index])).collect();
    for subset in clauses.subsets {
        let members = subset.variables.iter().filter_map(|variable| primary.iter().position(|name| *name == label(variable)));
        sets.insert(label(&subset.name), members.collect());
    }
    Ok(Rc::new(LabelSets { variables: primary, sets }))
}

fn sub_patterns(pattern: &RowPattern) -> Vec<&RowPattern> {
    match &pattern.kind {
        RowPatternKind::Alternation(parts) | RowPatternKind::Concatenation(parts) | RowPatternKind::Permutation(parts) => {
            parts.iter().collect()
        }
        RowPatternKind::Quantified(inner, _) | RowPatternKind::Excluded(inner) => vec![inner],
        RowPatternKind::Variable(_) | RowPatternKind::Empty | RowPatternKind::PartitionStart | RowPatternKind::PartitionEnd => Vec::new(),
    }
}

fn collect_labels(pattern: &RowPattern, into: &mut Vec<String>) {
    if let RowPatternKind::Variable(name) = &pattern.kind
        && !into.contains(&label(name))
    {
        into.push(label(name));
    }
    sub_patterns(pattern).into_iter().for_each(|part| collect_labels(part, into));
}

pub(crate) fn first_pattern(pattern: &RowPattern, is_wanted: &dyn Fn(&RowPatternKind) -> bool) -> Option<Location> {
    if is_wanted(&pattern.kind) {
        return Some(pattern.location);
    }
    sub_patterns(pattern).into_iter().find_map(|part| first_pattern(part, is_wanted))
}

fn check_quantifiers(pattern: &RowPattern) -> Analysis<()> {
    if let RowPatternKind::Quantified(_, quantifier) = &pattern.kind
        && let PatternQuantifierKind::Range { at_least, at_most } = &quantifier.kind
    {
        let number = |digits: &Option<String>| digits.as_ref().map(|digits| digits.parse::<i64>().unwrap_or(i64::MAX));
        let (at_least, at_most) = (number(at_least), number(at_most));
        let refuse = |name: &str, message: String| Err(fail_at(quantifier.location, name, message));
        if at_least.is_some_and(|bound| bound > i64::from(i32::MAX)) {
            let message = format!("Pattern quantifier lower bound must not exceed {}", i32::MAX);
            return refuse("NUMERIC_VALUE_OUT_OF_RANGE", message);
        }
        if at_most.is_some_and(|bound| bound < 1) {
            let message = "Pattern quantifier upper bound must be greater than or equal to 1".to_owned();
            return refuse("NUMERIC_VALUE_OUT_OF_RANGE", message);
        }
        if at_most.is_some_and(|bound| bound > i64::from(i32::MAX)) {
            let message = format!("Pattern quantifier upper bound must not exceed {}", i32::MAX);
            return refuse("NUMERIC_VALUE_OUT_OF_RANGE", message);
        }
        if let (Some(low), Some(high)) = (at_least, at_most)
            && low > high
        {
            return refuse("INVALID_RANGE", "Pattern quantifier lower bound must not exceed upper bound".to_owned());
        }
    }
    sub_patterns(pattern).into_iter().try_for_each(check_quantifiers)
}

/// Where a row pattern stands inside an expression: in a subquery's FROM or in a window.
pub(crate) fn nested_recognition(expression: &Expression) -> Option<Location> {
    let mut pending = vec![expression];
    while let Some(part) = pending.pop() {
        let window = match &part.kind {
            ExpressionKind::FunctionCall(call) => call.window.as_ref(),
            ExpressionKind::WindowOperation { window, .. } => Some(&**window),
            _ => None,
        };
        if let Some(Window::Specification(specification)) = window
            && let Some(pattern) = specification.frame.as_ref().and_then(|frame| frame.pattern.as_ref())
        {
            return Some(pattern.location);
        }
        match &part.kind {
            ExpressionKind::Subquery(query) => {
                if let Some(at) = recognition_in_query(query) {
                    return Some(at);
                }
            }
            ExpressionKind::Exists(subquery)
            | ExpressionKind::InSubquery { subquery, .. }
            | ExpressionKind::QuantifiedComparison { subquery, .. } => pending.push(subquery),
            _ => {}
        }
        pending.extend(super::visit::parts(part).into_iter().rev());
    }
    None
}

/// Where a query's relations or windows hold a row pattern.
pub(crate) fn recognition_in_query(query: &owlake_syntax::trino::ast::Query) -> Option<Location> {
    let in_with = query.with.iter().flat_map(|with| &with.queries).find_map(|definition| recognition_in_query(&definition.query));
    in_with.or_else(|| recognition_in_body(&query.body))
}

fn recognition_in_body(body: &owlake_syntax::trino::ast::QueryBody) -> Option<Location> {
    match &body.kind {
        QueryBodyKind::Select(specification) => {
            let in_windows = || {
                let frames = specification.windows.iter().filter_map(|definition| definition.window.frame.as_ref());
                frames.filter_map(|frame| frame.pattern.as_ref()).map(|pattern| pattern.location).next()
            };
            specification.from.as_ref().and_then(recognition_in_relation).or_else(in_windows)
        }
        QueryBodyKind::SetOperation { inputs, .. } => inputs.iter().find_map(recognition_in_body),
        QueryBodyKind::Subquery(query) => recognition_in_query(query),
        QueryBodyKind::Table(_) | QueryBodyKind::Values(_) => None,
    }
}

fn recognition_in_relation(relation: &Relation) -> Option<Location> {
    match &relation.kind {
        RelationKind::PatternRecognition(_) => Some(relation.location),
        RelationKind::Subquery(query) | RelationKind::Lateral(query) => recognition_in_query(query),
        RelationKind::Sampled(sampled) => recognition_in_relation(&sampled.relation),
        RelationKind::Aliased(aliased) => recognition_in_relation(&aliased.relation),
        RelationKind::Join(join) => recognition_in_relation(&join.left).or_else(|| recognition_in_relation(&join.right)),
        RelationKind::Table { .. } | RelationKind::Unnest(_) | RelationKind::TableFunction(_) => None,
    }
}

/// PARTITION BY and ORDER BY of a pattern name columns of the input, nothing else.
fn input_field(expression: &Expression, scope: &Scope<'_>) -> Analysis<Field> {
    let Some(name) = dotted_name(expression) else {
        let message = format!("Expected column reference. Actual: {}", expression_text(expression));
        return Err(fail_at(expression.location, "INVALID_COLUMN_REFERENCE", message));
    };
    let parts: Vec<&str> = name.iter().map(|part| part.value.as_str()).collect();
    match scope.resolve(&parts) {
        Ok(Some(resolved)) if resolved.is_local => Ok(resolved.field),
        _ => {
            let message = format!("Column {} is not present in the input relation", expression_text(expression));
            Err(fail_at(expression.location, "COLUMN_NOT_FOUND", message))
        }
    }
}

pub(crate) fn search_mode(mode: PatternSearchMode) -> (&'static str, Location) {
    match mode {
        PatternSearchMode::Initial(at) => ("INITIAL", at),
        PatternSearchMode::Seek(at) => ("SEEK", at),
    }
}
