//! What does one SELECT give? Its clauses in Trino's order, put together as relational operators. Ref: Trino 401 `StatementAnalyzer.visitQuerySpecification`, `QueryPlanner.plan`.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use owlake_functions::types::TrinoType;
use owlake_syntax::location::Location;
use owlake_syntax::trino::ast::{Expression, Identifier, QuerySpecification, SelectItem, SetQuantifier};

use crate::error::EngineError;
use crate::ir::{Column, Expr, ExprKind, FrameBound, Ordering, Relation, Symbol, WindowCall};

use super::analyzer::{Analyzer, Clause, PendingWindow, Place, SelectState};
use super::calls::ordering;
use super::coercion::coerced;
use super::expression::{dotted_name, field_of};
use super::expression_text::expression_text;
use super::failure::{Analysis, fail_at, mismatch, unsupported};
use super::grouping::Grouping;
use super::pattern_windows::PendingPattern;
use super::query::{Output, Tail, check_orderable};
use super::scope::{AsteriskBasis, Field, Link, Scope, ScopeRole};
use super::structure::{is_deterministic, is_same, walk};
use super::visit::{find, is_window};
use super::windows::ResolvedWindow;

/// The windows that only ORDER BY uses.
struct OrderByWindows<'a> {
    calls: Vec<WindowCall>,
    patterns: Vec<PendingPattern<'a>>,
}

/// One output column of a SELECT.
#[derive(Debug)]
pub(crate) struct Item<'a> {
    pub name: Option<Rc<str>>,
    pub expr: Expr,
    pub written: Written<'a>,
}

/// What an output column was written as, for error texts.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Written<'a> {
    Expression(&'a Expression),
    /// Field of the source by index: a column of `*`.
    SourceField(usize),
}

impl<'a> Analyzer<'a> {
    pub(crate) fn select(
        &mut self,
        specification: &'a QuerySpecification,
        at: Location,
        tail: Tail<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Analysis<Output> {
        let (relation, source) = match &specification.from {
            Some(from) => {
                let source = self.relation(from, scope)?;
                (source.relation, source.scope)
            }
            None => (Relation::Values { columns: Vec::new(), rows: vec![Vec::new()] }, Scope::within(scope, Vec::new())),
        };
        self.selects.push(SelectState::new(at, Rc::clone(&source)));
        let result = self.select_clauses(specification, at, tail, relation, &source);
        self.selects.pop();
        result
    }

    fn select_clauses(
        &mut self,
        specification: &'a QuerySpecification,
        at: Location,
        tail: Tail<'a>,
        mut relation: Relation,
        source: &Rc<Scope<'a>>,
    ) -> Analysis<Output> {
        let select_place = Place::of(source, Clause::Select);
        for definition in &specification.windows {
            self.window_definition(&definition.name, &definition.window, definition.location, &select_place)?;
        }
        if let Some(predicate) = &specification.where_clause {
            let predicate = self.where_predicate(predicate, source)?;
            relation = Relation::Filter { input: Box::new(relation), predicate };
        }
        let mut items = self.select_items(specification, source, &select_place)?;
        let mut grouping = self.group_by(specification, at, &items, source)?;
        let mut having = match &specification.having {
            Some(predicate) => Some(self.having_predicate(predicate, source)?),
            None => None,
        };
        let outputs = self.output_fields(&items, source);
        let mut orderings = self.order_by(specification, at, tail, &items, &outputs, source)?;
        let limit_probe = Relation::Values { columns: Vec::new(), rows: Vec::new() };
        self.limited(limit_probe, tail, &[])?;

        let Some(mut state) = self.selects.pop() else { return Err(EngineError::internal("a SELECT without its state")) };
        let is_aggregation = specification.group_by.is_some() || !state.aggregates.is_empty() || having.is_some();
        if !state.grouping_calls.is_empty() && specification.group_by.is_none() {
            let message = "A GROUPING() operation can only be used with a corresponding GROUPING SET/CUBE/ROLLUP/GROUP BY clause";
            return Err(fail_at(at, "MISSING_GROUP_BY", message));
        }
        if is_aggregation {
            let sets = self.distinct_sets(specification, &grouping);
            let grouping_id = (!state.grouping_calls.is_empty() && sets.len() > 1).then(|| self.fresh_column(&TrinoType::Bigint));
            let values = grouping_values(&state, &grouping, &sets, grouping_id.as_ref())?;
            let sources: HashSet<Symbol> =
                source.fields.iter().map(|field| field.symbol).filter(|symbol| !grouping.is_key(*symbol)).collect();
            for item in &mut items {
                grouping.rewrite(&mut item.expr, &values);
            }
            having.iter_mut().for_each(|expr| grouping.rewrite(expr, &values));
            for pending in state.window_calls.iter_mut().chain(&mut state.order_by_window_calls) {
                for_each_window_expr(&mut pending.call, &mut |expr| grouping.rewrite(expr, &values));
            }
            for pending in state.patterns.iter_mut().chain(&mut state.order_by_patterns) {
                pending.for_each_expr(&mut |expr| grouping.rewrite(expr, &values));
            }
            orderings.iter_mut().for_each(|(key, _)| grouping.rewrite(&mut key.expr, &values));
            let check = GroupCheck { analyzer: self, sources: &sources, source, state: &state };
            check.outputs(&items)?;
            if let (Some(having), Some(written)) = (&having, &specification.having) {
                check.expression(having, written)?;
            }
            check.definitions(specification, &grouping, &values)?;
            for (key, written) in &orderings {
                match written {
                    Written::Expression(written) => check.expression(&key.expr, written)?,
                    Written::SourceField(_) => {}
                }
            }
            let keys = std::mem::take(&mut grouping);
            relation = Relation::Aggregate {
                input: Box::new(relation),
                groups: keys.into_sets(sets, grouping_id),
                aggregates: std::mem::take(&mut state.aggregates),
            };
            if let Some(predicate) = having {
                relation = Relation::Filter { input: Box::new(relation), predicate };
            }
        }
        if let Some(refusal) = state.window_refusal.take() {
            return Err(refusal);
        }
        if !state.window_calls.is_empty() {
            let calls = std::mem::take(&mut state.window_calls).into_iter().map(|pending| pending.call).collect();
            relation = Relation::Window { input: Box::new(relation), calls };
        }
        for pending in state.patterns.drain(..) {
            relation = pending.over(relation);
        }
        let order_by_windows = OrderByWindows {
            calls: state.order_by_window_calls.drain(..).map(|pending| pending.call).collect(),
            patterns: std::mem::take(&mut state.order_by_patterns),
        };
        self.selects.push(state);
        self.project(specification, tail, relation, items, outputs, orderings, order_by_windows)
    }

    fn where_predicate(&mut self, predicate: &'a Expression, source: &Rc<Scope<'a>>) -> Analysis<Expr> {
        super::visit::check_scalar(predicate, "WHERE clause")?;
        let typed = self.expression(predicate, &Place::plain(source))?;
        if typed.data_type != TrinoType::Boolean && typed.data_type != TrinoType::Unknown {
            let message = format!("WHERE clause must evaluate to a boolean: actual type {}", typed.data_type);
            return Err(mismatch(predicate.location, message));
        }
        Ok(coerced(typed, &TrinoType::Boolean))
    }

    fn having_predicate(&mut self, predicate: &'a Expression, source: &Rc<Scope<'a>>) -> Analysis<Expr> {
        if let Some(window) = find(predicate, &is_window).first() {
            let message = "HAVING clause cannot contain window functions or row pattern measures";
            return Err(fail_at(window.location, "NESTED_WINDOW", message));
        }
        let typed = self.expression(predicate, &Place::of(source, Clause::Having))?;
        if typed.data_type != TrinoType::Boolean && typed.data_type != TrinoType::Unknown {
            let message = format!("HAVING clause must evaluate to a boolean: actual type {}", typed.data_type);
            return Err(mismatch(predicate.location, message));
        }
        Ok(coerced(typed, &TrinoType::Boolean))
    }

    fn select_items(
        &mut self,
        specification: &'a QuerySpecification,
        source: &Rc<Scope<'a>>,
        place: &Place<'a>,
    ) -> Analysis<Vec<Item<'a>>> {
        let mut items = Vec::new();
        for item in &specification.select_items {
            match item {
                SelectItem::Expression { expression, alias, .. } => {
                    let expr = self.expression(expression, place)?;
                    if specification.is_distinct && !expr.data_type.is_comparable() {
                        let message = format!(
                            "DISTINCT can only be applied to comparable types (actual: {}): {}",
                            expr.data_type,
                            expression_text(expression)
                        );
                        return Err(mismatch(specification.select_location, message));
                    }
                    let name = alias.as_ref().or_else(|| dotted_name(expression).and_then(|parts| parts.last().copied()));
                    items.push(Item { name: name.map(|name| name.value.as_str().into()), expr, written: Written::Expression(expression) });
                }
                SelectItem::All { target, aliases, location } => {
                    let added = self.asterisk(target.as_ref(), aliases, *location, specification, source, place)?;
                    if let Some(refused) = added.iter().find(|item| specification.is_distinct && !item.expr.data_type.is_comparable()) {
                        let message = format!("DISTINCT can only be applied to comparable types (actual: {})", refused.expr.data_type);
                        return Err(mismatch(specification.select_location, message));
                    }
                    items.extend(added);
                }
            }
        }
        Ok(items)
    }

    /// `*`, `t.*` and `row.*`, with aliases.
    #[allow(clippy::too_many_arguments)]
    fn asterisk(
        &mut self,
        target: Option<&'a Expression>,
        aliases: &'a [Identifier],
        at: Location,
        specification: &'a QuerySpecification,
        source: &Rc<Scope<'a>>,
        place: &Place<'a>,
    ) -> Analysis<Vec<Item<'a>>> {
        let Some(target) = target else {
            if !aliases.is_empty() {
                return Err(unsupported(at, "Column aliases not supported"));
            }
            let fields: Vec<Field> = source.fields.iter().filter(|field| !field.is_hidden).cloned().collect();
            if fields.is_empty() {
                let message = if specification.from.is_none() {
                    "SELECT * not allowed in queries without FROM clause"
                } else {
                    "SELECT * not allowed from relation that has no columns"
                };
                return Err(fail_at(at, "COLUMN_NOT_FOUND", message));
            }
            return Ok(fields.into_iter().map(|field| field_item(field, source)).collect());
        };
        if let Some(name) = dotted_name(target) {
            let lower: Vec<String> = name.iter().map(|part| part.canonical()).collect();
            let lowered: Vec<&str> = lower.iter().map(String::as_str).collect();
            let basis = source.asterisk_basis(&lowered).map_err(|message| fail_at(at, "AMBIGUOUS_NAME", message))?;
            match basis {
                None => return Err(fail_at(at, "TABLE_NOT_FOUND", format!("Unable to resolve reference {}", lower.join(".")))),
                Some(AsteriskBasis::Table { fields, level, is_local }) => {
                    if fields.is_empty() {
                        return Err(fail_at(at, "COLUMN_NOT_FOUND", "SELECT * not allowed from relation that has no columns"));
                    }
                    check_alias_count(aliases, fields.len(), at)?;
                    if !is_local {
                        return self.outer_asterisk(fields, level, aliases, specification.select_location, target);
                    }
                    let items = fields.into_iter().map(|field| field_item(field, source));
                    return Ok(with_aliases(items.collect(), aliases));
                }
                Some(AsteriskBasis::Column) => {}
            }
        }
        let row = self.expression(target, place)?;
        let TrinoType::Row(fields) = &row.data_type else {
            return Err(mismatch(specification.select_location, "expected expression of type Row"));
        };
        check_alias_count(aliases, fields.len(), at)?;
        let items = fields.iter().enumerate().map(|(index, field)| Item {
            name: field.name.as_deref().map(Rc::from),
            expr: field_of(row.clone(), index, field.data_type.clone()),
            written: Written::Expression(target),
        });
        Ok(with_aliases(items.collect(), aliases))
    }

    /// `t.*` of an outer query's table.
    fn outer_asterisk(
        &mut self,
        fields: Vec<Field>,
        level: usize,
        aliases: &'a [Identifier],
        select_at: Location,
        target: &'a Expression,
    ) -> Analysis<Vec<Item<'a>>> {
        if fields.iter().any(|field| field.name.is_none()) {
            return Err(unsupported(select_at, "SELECT * from outer scope table not supported with anonymous columns"));
        }
        let mut items = Vec::with_capacity(fields.len());
        for field in fields {
            let text = field.name.as_deref().unwrap_or_default().to_owned();
            let resolved = super::scope::Resolved { field: field.clone(), level, role: ScopeRole::Source, is_local: false };
            self.note_reference(&resolved, target.location, || text);
            items.push(Item {
                name: field.name.clone(),
                expr: Expr { kind: ExprKind::Column(field.symbol), data_type: field.data_type },
                written: Written::Expression(target),
            });
        }
        Ok(with_aliases(items, aliases))
    }

    fn output_fields(&mut self, items: &[Item<'a>], source: &Rc<Scope<'a>>) -> Vec<Field> {
        let own: HashSet<Symbol> = source.fields.iter().map(|field| field.symbol).collect();
        items
            .iter()
            .map(|item| {
                // A plain column of this query keeps its symbol; a column of an outer query becomes one of this query's own.
                let symbol = match &item.expr.kind {
                    ExprKind::Column(symbol) if own.contains(symbol) => *symbol,
                    _ => self.fresh_symbol(),
                };
                Field { relation_alias: None, name: item.name.clone(), symbol, data_type: item.expr.data_type.clone(), is_hidden: false }
            })
            .collect()
    }

    fn order_by(
        &mut self,
        specification: &'a QuerySpecification,
        at: Location,
        tail: Tail<'a>,
        items: &[Item<'a>],
        outputs: &[Field],
        source: &Rc<Scope<'a>>,
    ) -> Analysis<Vec<(Ordering, Written<'a>)>> {
        let Some(order_by) = tail.order_by else { return Ok(Vec::new()) };
        let scope = Rc::new(Scope {
            fields: outputs.to_vec(),
            parent: Some((Rc::clone(source), Link::Local)),
            level: source.level,
            role: ScopeRole::Output,
            named_queries: HashMap::new(),
        });
        let place = Place::of(&scope, Clause::OrderBy);
        let mut orderings = Vec::with_capacity(order_by.items.len());
        let mut reads_outputs = Vec::with_capacity(order_by.items.len());
        for item in &order_by.items {
            self.shared.reads_outputs = false;
            let (expr, written) = match self.ordinal(&item.expression, outputs, at)? {
                Some(expr) => (expr, Written::SourceField(0)),
                None => {
                    let expr = self.expression(&item.expression, &place)?;
                    check_orderable(&expr, &item.expression, at)?;
                    (expr, Written::Expression(&item.expression))
                }
            };
            orderings.push((ordering(expr, item.is_descending, item.nulls), written));
            reads_outputs.push(self.shared.reads_outputs);
        }
        if specification.is_distinct {
            self.check_distinct_order(specification, items, outputs, &mut orderings, &reads_outputs)?;
        }
        Ok(orderings)
    }

    /// With DISTINCT only outputs can be sorted by: keys that are an output's expression become that output.
    fn check_distinct_order(
        &mut self,
        specification: &QuerySpecification,
        items: &[Item<'a>],
        outputs: &[Field],
        orderings: &mut [(Ordering, Written<'a>)],
        reads_outputs: &[bool],
    ) -> Analysis<()> {
        for ((key, _), reads_output) in orderings.iter_mut().zip(reads_outputs) {
            if let ExprKind::Column(symbol) = key.expr.kind
                && outputs.iter().any(|field| field.symbol == symbol)
            {
                continue;
            }
            // A name within a longer key that means an output is not what the output was computed from.
            let found = items.iter().position(|item| !reads_output && is_same(&item.expr, &key.expr));
            let Some(position) = found else {
                let message = "For SELECT DISTINCT, ORDER BY expressions must appear in select list";
                return Err(fail_at(specification.select_location, "EXPRESSION_NOT_IN_DISTINCT", message));
            };
            if !is_deterministic(&key.expr) {
                let message = "Non deterministic ORDER BY expression is not supported with SELECT DISTINCT";
                return Err(fail_at(specification.select_location, "EXPRESSION_NOT_IN_DISTINCT", message));
            }
            key.expr.kind = ExprKind::Column(outputs[position].symbol);
        }
        Ok(())
    }

    /// Grouping sets; equal ones once when GROUP BY DISTINCT says so.
    fn distinct_sets(&self, specification: &QuerySpecification, grouping: &Grouping) -> Vec<Vec<usize>> {
        let mut sets = grouping.sets();
        if specification.group_by.as_ref().is_some_and(|group_by| group_by.quantifier == SetQuantifier::Distinct) {
            let mut seen = HashSet::new();
            sets.retain(|set| seen.insert(set.clone()));
        }
        sets
    }

    /// Projection, DISTINCT, ordering and limit over what the SELECT computed.
    #[allow(clippy::too_many_arguments)]
    fn project(
        &mut self,
        specification: &QuerySpecification,
        tail: Tail<'a>,
        relation: Relation,
        items: Vec<Item<'a>>,
        outputs: Vec<Field>,
        orderings: Vec<(Ordering, Written<'a>)>,
        mut order_by_windows: OrderByWindows<'a>,
    ) -> Analysis<Output> {
        let mut expressions: Vec<(Column, Expr)> = Vec::with_capacity(items.len());
        for (item, field) in items.into_iter().zip(&outputs) {
            if !expressions.iter().any(|(column, _)| column.symbol == field.symbol) {
                expressions.push((field.column(), item.expr));
            }
        }
        let orderings: Vec<Ordering> = orderings.into_iter().map(|(ordering, _)| ordering).collect();
        let sorts = !orderings.is_empty() && tail.ordering_matters();
        let output_columns: Vec<(Column, Expr)> = outputs_once(&outputs);
        let mut has_extras = false;
        if sorts {
            let available: HashMap<Symbol, Column> = relation.columns().into_iter().map(|column| (column.symbol, column)).collect();
            let mut needed: Vec<Symbol> = Vec::new();
            for ordering in &orderings {
                self.collect_columns(&ordering.expr, &mut needed);
            }
            for call in &order_by_windows.calls {
                self.collect_window_columns(call, &mut needed);
            }
            for pending in &mut order_by_windows.patterns {
                pending.for_each_expr(&mut |expr| self.collect_columns(expr, &mut needed));
                needed.extend(pending.sources().iter().map(|column| column.symbol));
            }
            for symbol in needed {
                if let Some(column) = available.get(&symbol)
                    && !expressions.iter().any(|(present, _)| present.symbol == symbol)
                {
                    has_extras = true;
                    let expr = Expr { kind: ExprKind::Column(symbol), data_type: column.data_type.clone() };
                    expressions.push((column.clone(), expr));
                }
            }
        }
        let mut relation = Relation::Project { input: Box::new(relation), expressions };
        if specification.is_distinct {
            relation = Relation::Distinct { input: Box::new(relation) };
        }
        if sorts {
            if !order_by_windows.calls.is_empty() {
                has_extras = true;
                relation = Relation::Window { input: Box::new(relation), calls: order_by_windows.calls };
            }
            for pending in order_by_windows.patterns {
                has_extras = true;
                relation = pending.over(relation);
            }
            relation = Relation::Sort { input: Box::new(relation), order_by: orderings.clone() };
        }
        relation = self.limited(relation, tail, &orderings)?;
        if has_extras {
            relation = Relation::Project { input: Box::new(relation), expressions: output_columns };
        }
        Ok(Output { relation, fields: outputs })
    }

    fn collect_columns(&self, expr: &Expr, into: &mut Vec<Symbol>) {
        walk(expr, &mut |part| {
            match &part.kind {
                ExprKind::Column(symbol) => into.push(*symbol),
                ExprKind::Subquery(subquery) => into.extend(subquery.correlation.iter().map(|column| column.symbol)),
                _ => {}
            }
            true
        });
    }

    fn collect_window_columns(&self, call: &WindowCall, into: &mut Vec<Symbol>) {
        let mut call = call.clone();
        for_each_window_expr(&mut call, &mut |expr| self.collect_columns(expr, into));
    }
}

fn outputs_once(outputs: &[Field]) -> Vec<(Column, Expr)> {
    let mut columns: Vec<(Column, Expr)> = Vec::with_capacity(outputs.len());
    for field in outputs {
        if !columns.iter().any(|(column, _)| column.symbol == field.symbol) {
            let expr = Expr { kind: ExprKind::Column(field.symbol), data_type: field.data_type.clone() };
            columns.push((field.column(), expr));
        }
    }
    columns
}

fn field_item<'a>(field: Field, source: &Scope<'a>) -> Item<'a> {
    let index = source.fields.iter().position(|candidate| candidate.symbol == field.symbol && candidate.name == field.name).unwrap_or(0);
    Item {
        name: field.name,
        expr: Expr { kind: ExprKind::Column(field.symbol), data_type: field.data_type },
        written: Written::SourceField(index),
    }
}

fn check_alias_count(aliases: &[Identifier], columns: usize, at: Location) -> Analysis<()> {
    if aliases.is_empty() || aliases.len() == columns {
        return Ok(());
    }
    let at = aliases.first().map_or(at, |alias| alias.location);
    let message = format!("Column alias list has {} entries but relation has {columns} columns", aliases.len());
    Err(fail_at(at, "MISMATCHED_COLUMN_ALIASES", message))
}

fn with_aliases<'a>(mut items: Vec<Item<'a>>, aliases: &[Identifier]) -> Vec<Item<'a>> {
    for (item, alias) in items.iter_mut().zip(aliases) {
        item.name = Some(alias.value.as_str().into());
    }
    items
}

/// Every expression of a window call.
pub(crate) fn for_each_window_expr(call: &mut WindowCall, visit: &mut dyn FnMut(&mut Expr)) {
    call.arguments.iter_mut().for_each(&mut *visit);
    call.partition_by.iter_mut().for_each(&mut *visit);
    call.order_by.iter_mut().for_each(|ordering| visit(&mut ordering.expr));
    for bound in [&mut call.frame.start, &mut call.frame.end] {
        if let FrameBound::Preceding(expr) | FrameBound::Following(expr) = bound {
            visit(expr);
        }
    }
}

/// What each `grouping(…)` placeholder stands for.
fn grouping_values(
    state: &SelectState<'_>,
    grouping: &Grouping,
    sets: &[Vec<usize>],
    grouping_id: Option<&Column>,
) -> Analysis<Vec<(Symbol, Expr)>> {
    let mut values = Vec::with_capacity(state.grouping_calls.len());
    for pending in &state.grouping_calls {
        if pending.reads_output {
            let message = "Invalid reference to output of SELECT clause from grouping() expression in ORDER BY";
            return Err(EngineError::engine("INVALID_ARGUMENTS", message));
        }
        let mut keys = Vec::with_capacity(pending.call.arguments.len());
        for (argument, text) in pending.call.arguments.iter().zip(&pending.argument_texts) {
            let Some(key) = grouping.key_of(argument) else {
                let message = format!(
                    "The arguments to GROUPING() must be expressions referenced by the GROUP BY at the associated query level. Mismatch due to {text}."
                );
                return Err(fail_at(pending.location, "INVALID_ARGUMENTS", message));
            };
            keys.push(key);
        }
        let placeholder = &pending.call.placeholder;
        let value = grouping.grouping_value(&keys, sets, grouping_id, &placeholder.data_type);
        values.push((placeholder.symbol, value));
    }
    Ok(values)
}

/// Checks that what stands above a grouping reads keys and aggregates only.
pub(crate) struct GroupCheck<'c, 'a> {
    analyzer: &'c Analyzer<'a>,
    /// Columns of the source that are no keys.
    pub sources: &'c HashSet<Symbol>,
    source: &'c Scope<'a>,
    state: &'c SelectState<'a>,
}

impl<'a> GroupCheck<'_, 'a> {
    fn outputs(&self, items: &[Item<'a>]) -> Analysis<()> {
        for item in items {
            match item.written {
                Written::Expression(written) => self.expression(&item.expr, written)?,
                Written::SourceField(index) => {
                    if self.is_grouped(&item.expr)? {
                        continue;
                    }
                    let field = self.source.fields.get(index);
                    let column = match field.map(|field| (field.name.as_ref(), field.relation_alias.as_ref())) {
                        Some((Some(name), Some(alias))) => format!("'{}.{name}'", alias.join(".")),
                        Some((Some(name), None)) => format!("'{name}'"),
                        _ => (index + 1).to_string(),
                    };
                    let message = format!("Column {column} not in GROUP BY clause");
                    return Err(EngineError::engine("EXPRESSION_NOT_AGGREGATE", message));
                }
            }
        }
        Ok(())
    }

    fn expression(&self, expr: &Expr, written: &Expression) -> Analysis<()> {
        if self.is_grouped(expr)? {
            return Ok(());
        }
        let message = format!("'{}' must be an aggregate expression or appear in GROUP BY clause", expression_text(written));
        Err(fail_at(written.location, "EXPRESSION_NOT_AGGREGATE", message))
    }

    /// Named windows are checked even when nobody uses them.
    fn definitions(&self, specification: &'a QuerySpecification, grouping: &Grouping, values: &[(Symbol, Expr)]) -> Analysis<()> {
        for definition in &specification.windows {
            for part in super::visit::window_parts(&definition.window) {
                // The typed form was made for its errors and dropped; columns are looked up again by name here.
                if let Some(parts) = dotted_name(part) {
                    let names: Vec<&str> = parts.iter().map(|part| part.value.as_str()).collect();
                    if let Ok(Some(resolved)) = self.source.resolve(&names) {
                        let mut expr = Expr { kind: ExprKind::Column(resolved.field.symbol), data_type: resolved.field.data_type };
                        grouping.rewrite(&mut expr, values);
                        self.expression(&expr, part)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether an expression reads no source column but keys. Errors: a subquery that does, and window clauses that do.
    pub(crate) fn is_grouped(&self, expr: &Expr) -> Analysis<bool> {
        let mut is_grouped = true;
        let mut failure = None;
        let mut windows: Vec<&PendingWindow<'a>> = Vec::new();
        let mut patterns: Vec<&PendingPattern<'a>> = Vec::new();
        walk(expr, &mut |part| {
            match &part.kind {
                ExprKind::Column(symbol) => {
                    if self.sources.contains(symbol) {
                        is_grouped = false;
                    }
                    let pending = self.state.window_calls.iter().chain(&self.state.order_by_window_calls);
                    windows.extend(pending.filter(|pending| pending.call.output.symbol == *symbol));
                    let pending = self.state.patterns.iter().chain(&self.state.order_by_patterns);
                    patterns.extend(pending.filter(|pending| pending.gives(*symbol)));
                }
                ExprKind::Subquery(subquery) => {
                    let references = subquery.columns.first().and_then(|column| self.analyzer.shared.outer_references.get(&column.symbol));
                    let bad = references.into_iter().flatten().find(|reference| self.sources.contains(&reference.column.symbol));
                    if let (Some(reference), None) = (bad, &failure) {
                        let text = reference.outer_text.clone().unwrap_or_default();
                        let message = format!("Subquery uses '{text}' which must appear in GROUP BY clause");
                        failure = Some(fail_at(reference.location, "EXPRESSION_NOT_AGGREGATE", message));
                    }
                }
                _ => {}
            }
            is_grouped && failure.is_none()
        });
        if let Some(failure) = failure {
            return Err(failure);
        }
        for pending in windows {
            self.window(pending)?;
            for argument in &pending.call.arguments {
                is_grouped &= self.is_grouped(argument)?;
            }
        }
        for pending in patterns {
            is_grouped &= pending.is_grouped(self)?;
        }
        Ok(is_grouped)
    }

    fn window(&self, pending: &PendingWindow<'a>) -> Analysis<()> {
        let WindowCall { partition_by, order_by, frame, .. } = &pending.call;
        self.window_clauses(&pending.window, partition_by, order_by, &[(&frame.start, "start"), (&frame.end, "end")])
    }

    /// Errors: a clause of a window that reads a column which is not grouped.
    pub(crate) fn window_clauses(
        &self,
        window: &ResolvedWindow<'_>,
        partition_by: &[Expr],
        order_by: &[Ordering],
        bounds: &[(&FrameBound, &str)],
    ) -> Analysis<()> {
        let refuse = |at: Location, message: String| Err(fail_at(at, "EXPRESSION_NOT_AGGREGATE", message));
        for (expr, written) in partition_by.iter().zip(window.partition_by) {
            if !self.is_grouped(expr)? {
                let text = expression_text(written);
                let message = format!("PARTITION BY expression '{text}' must be an aggregate expression or appear in GROUP BY clause");
                return refuse(written.location, message);
            }
        }
        let items = window.order_by.iter().flat_map(|order_by| &order_by.items);
        for (key, item) in order_by.iter().zip(items) {
            if !self.is_grouped(&key.expr)? {
                let text = expression_text(&item.expression);
                let message = format!("ORDER BY expression '{text}' must be an aggregate expression or appear in GROUP BY clause");
                return refuse(item.expression.location, message);
            }
        }
        for (bound, side) in bounds {
            if let Some(expr) = bound.offset()
                && !self.is_grouped(expr)?
            {
                let at = window.offset_location(*side == "start");
                return refuse(at, format!("Window frame {side} must be an aggregate expression or appear in GROUP BY clause"));
            }
        }
        Ok(())
    }
}
