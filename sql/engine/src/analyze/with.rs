//! Which queries does a WITH clause name? Plain ones, and recursive ones with their rules. Ref: Trino 401 `StatementAnalyzer.analyzeWith`, `tryProcessRecursiveQuery`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use owlake_functions::types::coercion::can_coerce;
use owlake_syntax::location::Location;
use owlake_syntax::trino::ast::{
    Expression, ExpressionKind, Identifier, JoinKind, NamedQuery as WithQuery, Query, QueryBody, QueryBodyKind, QuerySpecification,
    Relation, RelationKind, SetOperator, SetQuantifier, With,
};

use crate::error::EngineError;
use crate::ir;

use super::analyzer::Analyzer;
use super::failure::{Analysis, fail_at, mismatch, unsupported};
use super::query::Output;
use super::scope::{Definition, Field, Link, NamedQuery, NamedQueryKind, Scope, ScopeRole};
use super::visit::parts;

/// Trino's `max_recursion_depth`.
const RECURSION_DEPTH_MAX: u32 = 10;

impl<'a> Analyzer<'a> {
    /// The scope with the clause's names in it. Each query sees those before it.
    pub(crate) fn with(&mut self, with: &'a With, scope: &Rc<Scope<'a>>) -> Analysis<Rc<Scope<'a>>> {
        let mut current = Rc::clone(scope);
        let mut seen: Vec<String> = Vec::new();
        for definition in &with.queries {
            let name = definition.name.canonical();
            if seen.contains(&name) {
                let message = format!("WITH query name '{name}' specified more than once");
                return Err(fail_at(definition.location, "DUPLICATE_NAMED_QUERY", message));
            }
            seen.push(name.clone());
            if with.is_recursive
                && let Some(at) = super::patterns::recognition_in_query(&definition.query)
            {
                let message = "nested row pattern recognition in recursive query";
                return Err(fail_at(at, "NESTED_ROW_PATTERN_RECOGNITION", message));
            }
            let is_recursive = with.is_recursive && self.is_recursive_query(definition)?;
            let kind = if is_recursive {
                self.recursive_query(definition, &current)?;
                NamedQueryKind::Recursive { query: definition, scope: Rc::clone(&current) }
            } else {
                if with.is_recursive
                    && let Some(reference) = references_in_query(&definition.query, &definition.name).first()
                {
                    return Err(recursion(*reference, "recursive reference not allowed in this context"));
                }
                let mark = self.shared.references.len();
                let output = self.query(&definition.query, &current, false)?;
                // What the definition refers to counts where it is used.
                let references = self.shared.references.split_off(mark);
                if let Some(names) = &definition.column_names {
                    check_column_names(names, output.fields.iter().filter(|field| !field.is_hidden).count())?;
                }
                let kept = Definition { output, references, depth: self.shared.depth };
                NamedQueryKind::Plain { query: definition, scope: Rc::clone(&current), definition: Box::new(RefCell::new(Some(kept))) }
            };
            let named = Rc::new(NamedQuery { kind });
            current = Rc::new(Scope {
                fields: Vec::new(),
                parent: Some((Rc::clone(&current), Link::Local)),
                level: current.level,
                role: ScopeRole::Source,
                named_queries: HashMap::from([(name, named)]),
            });
        }
        Ok(current)
    }

    /// Whether a query of WITH RECURSIVE has the shape of a recursion. Errors: a shape that only a broken one has.
    fn is_recursive_query(&self, definition: &'a WithQuery) -> Analysis<bool> {
        if definition.column_names.is_none() {
            let message = "missing column aliases in recursive WITH query";
            return Err(fail_at(definition.location, "MISSING_COLUMN_ALIASES", message));
        }
        if let Some(at) = nested_recursive_with(&definition.query) {
            return Err(fail_at(at, "NESTED_RECURSIVE", "nested recursive WITH query"));
        }
        let Some((base, step)) = base_and_step(&definition.query) else { return Ok(false) };
        if let Some(reference) = references_in_body(base, &definition.name).first() {
            return Err(recursion(*reference, "WITH table name is referenced in the base relation of recursion"));
        }
        let references = references_in_body(step, &definition.name);
        let reference = match references.as_slice() {
            [] => return Ok(false),
            [only] => *only,
            [_, second, ..] => return Err(recursion(*second, "multiple recursive references in the step relation of recursion")),
        };
        let outside = || recursion(reference, "recursive reference outside of FROM clause of the step relation of recursion");
        let mut body = step;
        while let QueryBodyKind::Subquery(query) = &body.kind {
            if let Some(limit) = &query.limit {
                let message = "FETCH FIRST / LIMIT clause in the step relation of recursion";
                return Err(fail_at(limit_location(limit), "INVALID_LIMIT_CLAUSE", message));
            }
            body = &query.body;
        }
        let QueryBodyKind::Select(specification) = &body.kind else { return Err(outside()) };
        let Some(from) = &specification.from else { return Err(outside()) };
        let mut in_from = Vec::new();
        relation_references(from, &definition.name, &mut in_from);
        if in_from.is_empty() {
            return Err(outside());
        }
        let query = &definition.query;
        if let Some(with) = &query.with {
            return Err(unsupported(with.location, "immediate WITH clause in recursive query"));
        }
        if let Some(order_by) = &query.order_by {
            return Err(unsupported(order_by.location, "immediate ORDER BY clause in recursive query"));
        }
        if let Some(offset) = &query.offset {
            return Err(unsupported(offset.location, "immediate OFFSET clause in recursive query"));
        }
        if let Some(limit) = &query.limit {
            let message = "immediate FETCH FIRST / LIMIT clause in recursive query";
            return Err(fail_at(limit_location(limit), "INVALID_LIMIT_CLAUSE", message));
        }
        check_from(from, &definition.name)?;
        Ok(true)
    }

    /// A recursion: the base, and the step over the working table.
    pub(crate) fn recursive_query(&mut self, definition: &'a WithQuery, scope: &Rc<Scope<'a>>) -> Analysis<Output> {
        let Some((base, step)) = base_and_step(&definition.query) else {
            return Err(EngineError::internal("a recursive query without its two parts"));
        };
        let QueryBodyKind::SetOperation { quantifier, .. } = &definition.query.body.kind else {
            return Err(EngineError::internal("a recursive query that is no union"));
        };
        let base_output = self.body(base, scope)?;
        let names = definition.column_names.as_deref().unwrap_or_default();
        check_column_names(names, base_output.fields.len())?;
        let fields: Vec<Field> = base_output
            .fields
            .iter()
            .zip(names)
            .map(|(field, name)| Field {
                relation_alias: Some(vec![definition.name.canonical()].into()),
                name: Some(name.value.as_str().into()),
                ..field.clone()
            })
            .collect();
        let id = self.fresh_recursion();
        let name = definition.name.canonical();
        let working = NamedQuery { kind: NamedQueryKind::WorkingTable { id, fields: fields.clone() } };
        let step_scope = Rc::new(Scope {
            fields: Vec::new(),
            parent: Some((Rc::clone(scope), Link::Local)),
            level: scope.level,
            role: ScopeRole::Source,
            named_queries: HashMap::from([(name, Rc::new(working))]),
        });
        let mut step_output = self.body(step, &step_scope)?;
        let step_at = body_location(step);
        if step_output.fields.len() != fields.len() {
            let message = format!(
                "base and step relations of recursion have different number of fields: {}, {}",
                fields.len(),
                step_output.fields.len()
            );
            return Err(mismatch(step_at, message));
        }
        for (position, (base, step)) in fields.iter().zip(&step_output.fields).enumerate() {
            if !can_coerce(&step.data_type, &base.data_type) {
                let message = format!(
                    "recursion step relation output type ({}) is not coercible to recursion base relation output type ({}) at column {}",
                    step.data_type,
                    base.data_type,
                    position + 1
                );
                return Err(mismatch(step_at, message));
            }
        }
        let step_columns = self.coerce_columns(&mut step_output.relation, &step_output.fields, fields.iter().map(|field| &field.data_type));
        let columns: Vec<ir::Column> = fields.iter().map(|field| self.fresh_column(&field.data_type)).collect();
        let relation = ir::Relation::RecursiveUnion {
            id,
            columns: columns.clone(),
            base: Box::new(base_output.relation),
            base_columns: base_output.fields.iter().map(|field| field.symbol).collect(),
            step: Box::new(step_output.relation),
            step_columns: step_columns.iter().map(|column| column.symbol).collect(),
            is_distinct: *quantifier == SetQuantifier::Distinct,
            depth_max: RECURSION_DEPTH_MAX,
        };
        let fields = fields.into_iter().zip(columns).map(|(field, column)| Field { symbol: column.symbol, ..field }).collect();
        Ok(Output { relation, fields })
    }
}

fn recursion(at: Location, message: &str) -> EngineError {
    fail_at(at, "INVALID_RECURSIVE_REFERENCE", message)
}

/// Errors: MISMATCHED_COLUMN_ALIASES; DUPLICATE_COLUMN_NAME.
pub(crate) fn check_column_names(names: &[Identifier], columns: usize) -> Analysis<()> {
    let Some(first) = names.first() else { return Ok(()) };
    if names.len() != columns {
        let message = format!("Column alias list has {} entries but relation has {columns} columns", names.len());
        return Err(fail_at(first.location, "MISMATCHED_COLUMN_ALIASES", message));
    }
    let mut seen: Vec<String> = Vec::with_capacity(names.len());
    for name in names {
        if seen.contains(&name.canonical()) {
            let message = format!("Column name '{}' specified more than once", name.value);
            return Err(fail_at(name.location, "DUPLICATE_COLUMN_NAME", message));
        }
        seen.push(name.canonical());
    }
    Ok(())
}

fn limit_location(limit: &owlake_syntax::trino::ast::Limit) -> Location {
    use owlake_syntax::trino::ast::Limit;
    match limit {
        Limit::Rows { location, .. } | Limit::All { location } | Limit::Fetch { location, .. } => *location,
    }
}

fn body_location(body: &QueryBody) -> Location {
    body.location
}

/// The two inputs of a union of two.
fn base_and_step(query: &Query) -> Option<(&QueryBody, &QueryBody)> {
    match &query.body.kind {
        QueryBodyKind::SetOperation { operator: SetOperator::Union, inputs, .. } => match inputs.as_slice() {
            [base, step] => Some((base, step)),
            _ => None,
        },
        _ => None,
    }
}

/// Outer joins and set operations that a recursion can't pass.
fn check_from(from: &Relation, name: &Identifier) -> Analysis<()> {
    match &from.kind {
        RelationKind::Join(join) => {
            let label = match join.kind {
                JoinKind::Left => "LEFT",
                JoinKind::Right => "RIGHT",
                JoinKind::Full => "FULL",
                JoinKind::Cross | JoinKind::Inner | JoinKind::Implicit => "",
            };
            let first_in = |relation: &Relation| {
                let mut found = Vec::new();
                relation_references(relation, name, &mut found);
                found.first().copied()
            };
            if matches!(join.kind, JoinKind::Right | JoinKind::Full)
                && let Some(at) = first_in(&join.left)
            {
                return Err(recursion(at, &format!("recursive reference in left source of {label} join")));
            }
            if matches!(join.kind, JoinKind::Left | JoinKind::Full)
                && let Some(at) = first_in(&join.right)
            {
                return Err(recursion(at, &format!("recursive reference in right source of {label} join")));
            }
            check_from(&join.left, name)?;
            check_from(&join.right, name)
        }
        RelationKind::Aliased(aliased) => check_from(&aliased.relation, name),
        RelationKind::Sampled(sampled) => check_from(&sampled.relation, name),
        RelationKind::Subquery(query) | RelationKind::Lateral(query) => check_body(&query.body, name),
        RelationKind::PatternRecognition(recognition) => check_from(&recognition.input, name),
        RelationKind::Table { .. } | RelationKind::Unnest(_) | RelationKind::TableFunction(_) => Ok(()),
    }
}

fn check_body(body: &QueryBody, name: &Identifier) -> Analysis<()> {
    match &body.kind {
        QueryBodyKind::SetOperation { operator, quantifier, inputs, .. } => {
            let first_in = |input: &QueryBody| references_in_body(input, name).first().copied();
            let is_all = *quantifier == SetQuantifier::All;
            if *operator == SetOperator::Intersect
                && is_all
                && let Some(at) = inputs.iter().find_map(first_in)
            {
                return Err(recursion(at, "recursive reference in INTERSECT ALL"));
            }
            if *operator == SetOperator::Except {
                let keyword = if is_all { "ALL" } else { "DISTINCT" };
                if let Some(at) = inputs.iter().skip(1).find_map(first_in) {
                    return Err(recursion(at, &format!("recursive reference in right relation of EXCEPT {keyword}")));
                }
                if is_all && let Some(at) = inputs.first().and_then(first_in) {
                    return Err(recursion(at, "recursive reference in left relation of EXCEPT ALL"));
                }
            }
            inputs.iter().try_for_each(|input| check_body(input, name))
        }
        QueryBodyKind::Subquery(query) => check_body(&query.body, name),
        QueryBodyKind::Select(specification) => specification.from.as_ref().map_or(Ok(()), |from| check_from(from, name)),
        QueryBodyKind::Table(_) | QueryBodyKind::Values(_) => Ok(()),
    }
}

/// Where a query names a table `name` that no inner WITH shadows.
fn references_in_query(query: &Query, name: &Identifier) -> Vec<Location> {
    let mut found = Vec::new();
    query_references(query, name, &mut found);
    found
}

fn references_in_body(body: &QueryBody, name: &Identifier) -> Vec<Location> {
    let mut found = Vec::new();
    body_references(body, name, &mut found);
    found
}

fn query_references(query: &Query, name: &Identifier, found: &mut Vec<Location>) {
    if let Some(with) = &query.with {
        if with.queries.iter().any(|definition| definition.name.is_same_name(&name.value)) {
            return;
        }
        with.queries.iter().for_each(|definition| query_references(&definition.query, name, found));
    }
    body_references(&query.body, name, found);
    query.order_by.iter().flat_map(|order_by| &order_by.items).for_each(|item| expression_references(&item.expression, name, found));
}

fn body_references(body: &QueryBody, name: &Identifier, found: &mut Vec<Location>) {
    match &body.kind {
        QueryBodyKind::Table(table) => table_reference(table, body.location, name, found),
        QueryBodyKind::Values(rows) => rows.iter().for_each(|row| expression_references(row, name, found)),
        QueryBodyKind::SetOperation { inputs, .. } => inputs.iter().for_each(|input| body_references(input, name, found)),
        QueryBodyKind::Subquery(query) => query_references(query, name, found),
        QueryBodyKind::Select(specification) => specification_references(specification, name, found),
    }
}

fn specification_references(specification: &QuerySpecification, name: &Identifier, found: &mut Vec<Location>) {
    use owlake_syntax::trino::ast::SelectItem;
    for item in &specification.select_items {
        match item {
            SelectItem::Expression { expression, .. } => expression_references(expression, name, found),
            SelectItem::All { target, .. } => target.iter().for_each(|target| expression_references(target, name, found)),
        }
    }
    specification.from.iter().for_each(|from| relation_references(from, name, found));
    for clause in [&specification.where_clause, &specification.having] {
        clause.iter().for_each(|expression| expression_references(expression, name, found));
    }
}

fn relation_references(relation: &Relation, name: &Identifier, found: &mut Vec<Location>) {
    match &relation.kind {
        RelationKind::Table { name: table, .. } => table_reference(table, relation.location, name, found),
        RelationKind::Subquery(query) | RelationKind::Lateral(query) => query_references(query, name, found),
        RelationKind::Unnest(unnest) => unnest.expressions.iter().for_each(|expression| expression_references(expression, name, found)),
        RelationKind::TableFunction(_) => {}
        RelationKind::Sampled(sampled) => relation_references(&sampled.relation, name, found),
        RelationKind::Aliased(aliased) => relation_references(&aliased.relation, name, found),
        RelationKind::Join(join) => {
            relation_references(&join.left, name, found);
            relation_references(&join.right, name, found);
            if let Some(owlake_syntax::trino::ast::JoinCriteria::On(expression)) = &join.criteria {
                expression_references(expression, name, found);
            }
        }
        RelationKind::PatternRecognition(recognition) => relation_references(&recognition.input, name, found),
    }
}

fn expression_references(expression: &Expression, name: &Identifier, found: &mut Vec<Location>) {
    let mut pending = vec![expression];
    while let Some(current) = pending.pop() {
        match &current.kind {
            ExpressionKind::Subquery(query) => query_references(query, name, found),
            ExpressionKind::Exists(subquery)
            | ExpressionKind::InSubquery { subquery, .. }
            | ExpressionKind::QuantifiedComparison { subquery, .. } => pending.push(subquery),
            _ => {}
        }
        pending.extend(parts(current).into_iter().rev());
    }
}

fn table_reference(table: &owlake_syntax::trino::ast::QualifiedName, at: Location, name: &Identifier, found: &mut Vec<Location>) {
    if let [only] = table.parts.as_slice()
        && only.is_same_name(&name.value)
    {
        found.push(at);
    }
}

/// Where an inner WITH RECURSIVE stands.
fn nested_recursive_with(query: &Query) -> Option<Location> {
    if let Some(with) = &query.with {
        if with.is_recursive {
            return Some(with.location);
        }
        if let Some(found) = with.queries.iter().find_map(|definition| nested_recursive_with(&definition.query)) {
            return Some(found);
        }
    }
    nested_in_body(&query.body)
}

fn nested_in_body(body: &QueryBody) -> Option<Location> {
    match &body.kind {
        QueryBodyKind::SetOperation { inputs, .. } => inputs.iter().find_map(nested_in_body),
        QueryBodyKind::Subquery(query) => nested_recursive_with(query),
        QueryBodyKind::Select(specification) => specification.from.as_ref().and_then(nested_in_relation),
        QueryBodyKind::Table(_) | QueryBodyKind::Values(_) => None,
    }
}

fn nested_in_relation(relation: &Relation) -> Option<Location> {
    match &relation.kind {
        RelationKind::Subquery(query) | RelationKind::Lateral(query) => nested_recursive_with(query),
        RelationKind::Sampled(sampled) => nested_in_relation(&sampled.relation),
        RelationKind::Aliased(aliased) => nested_in_relation(&aliased.relation),
        RelationKind::Join(join) => nested_in_relation(&join.left).or_else(|| nested_in_relation(&join.right)),
        RelationKind::PatternRecognition(recognition) => nested_in_relation(&recognition.input),
        RelationKind::Table { .. } | RelationKind::Unnest(_) | RelationKind::TableFunction(_) => None,
    }
}
