//! What does a query inside an expression give? Scalar, EXISTS, IN and quantified subqueries. Ref: Trino 401 `ExpressionAnalyzer.analyzePredicateWithSubquery`.

use owlake_functions::types::coercion::common_supertype;
use owlake_functions::types::{RowField, TrinoType};
use owlake_syntax::location::Location;
use owlake_syntax::trino::ast::{ComparisonOperator, Expression, ExpressionKind, Quantifier, Query};

use crate::error::EngineError;
use crate::ir::expr::Subquery;
use crate::ir::{Column, Expr, ExprKind, Relation, SubqueryKind};

use super::analyzer::{Analyzer, Place, Reference, distinct_columns};
use super::coercion::coerced;
use super::expression::{boolean, comparison_operator};
use super::failure::{Analysis, mismatch, unsupported};
use super::scope::{Field, Link, Scope, ScopeRole};

/// A subquery's relation with the columns it gives and what it reads outside.
struct Inner {
    relation: Relation,
    fields: Vec<Field>,
    outer: Vec<Reference>,
    location: Location,
    text: std::sync::Arc<str>,
}

impl<'a> Analyzer<'a> {
    /// The scope inside a subquery or lateral relation: everything here is outside there.
    pub(crate) fn subquery_scope(&self, outer: &std::rc::Rc<Scope<'a>>) -> std::rc::Rc<Scope<'a>> {
        std::rc::Rc::new(Scope {
            fields: Vec::new(),
            parent: Some((std::rc::Rc::clone(outer), Link::OuterQuery)),
            level: self.shared.depth,
            role: ScopeRole::Source,
            named_queries: std::collections::HashMap::new(),
        })
    }

    /// `at` is where the subquery's expression stands, `location` where a refusal of the subquery points.
    fn inner_query(&mut self, query: &'a Query, at: Location, location: Location, place: &Place<'a>) -> Analysis<Inner> {
        if place.is_in_lambda {
            return Err(unsupported(at, "Lambda expression cannot contain subqueries"));
        }
        let selects = std::mem::take(&mut self.selects);
        let result = self.in_frame(|analyzer| {
            let scope = analyzer.subquery_scope(&place.scope);
            analyzer.query(query, &scope, false)
        });
        self.selects = selects;
        let (output, outer) = result?;
        if !place.allows_outer
            && let Some(reference) = outer.first()
        {
            let text = reference.outer_text.clone().unwrap_or_default();
            let message = format!("Reference to column '{text}' from outer scope not allowed in this context");
            return Err(unsupported(reference.location, message));
        }
        let fields = output.fields.into_iter().filter(|field| !field.is_hidden).collect();
        Ok(Inner { relation: output.relation, fields, outer, location, text: canonical_text(query) })
    }

    fn subquery(&mut self, kind: SubqueryKind, inner: Inner, columns: Vec<Column>) -> Box<Subquery> {
        let correlation = distinct_columns(&inner.outer);
        if let Some(first) = columns.first()
            && !inner.outer.is_empty()
        {
            self.shared.outer_references.insert(first.symbol, inner.outer);
        }
        Box::new(Subquery { kind, relation: inner.relation, columns, correlation, location: inner.location, text: inner.text })
    }

    /// `(query)`: its value; several columns make a row.
    pub(crate) fn scalar_subquery(&mut self, query: &'a Query, at: Location, place: &Place<'a>) -> Analysis<Expr> {
        let mut inner = self.inner_query(query, at, query.location, place)?;
        let column = match inner.fields.as_slice() {
            [field] => field.column(),
            fields => {
                let data_type = row_type(fields);
                let column = self.fresh_column(&data_type);
                let items = fields.iter().map(|field| Expr { kind: ExprKind::Column(field.symbol), data_type: field.data_type.clone() });
                let row = Expr { kind: ExprKind::Row(items.collect()), data_type };
                inner.relation = Relation::Project { input: Box::new(inner.relation), expressions: vec![(column.clone(), row)] };
                column
            }
        };
        let data_type = column.data_type.clone();
        let subquery = self.subquery(SubqueryKind::Scalar, inner, vec![column]);
        Ok(Expr { kind: ExprKind::Subquery(subquery), data_type })
    }

    pub(crate) fn exists(&mut self, subquery: &'a Expression, place: &Place<'a>) -> Analysis<Expr> {
        let query = query_of(subquery)?;
        let inner = self.inner_query(query, subquery.location, subquery.location, place)?;
        let columns = inner.fields.iter().map(Field::column).collect();
        Ok(boolean(ExprKind::Subquery(self.subquery(SubqueryKind::Exists, inner, columns))))
    }

    pub(crate) fn in_subquery(
        &mut self,
        value: &'a Expression,
        subquery: &'a Expression,
        at: Location,
        place: &Place<'a>,
    ) -> Analysis<Expr> {
        if place.labels.is_some() {
            refuse_pattern_parts(value, place)?;
            return self.computed(|analyzer| analyzer.in_predicate(value, subquery, at, place));
        }
        self.in_predicate(value, subquery, at, place)
    }

    fn in_predicate(&mut self, value: &'a Expression, subquery: &'a Expression, at: Location, place: &Place<'a>) -> Analysis<Expr> {
        let value = self.expression(value, place)?;
        let (value, inner, columns, _) = self.compared(value, subquery, at, place)?;
        let kind = SubqueryKind::In { value: Box::new(value) };
        Ok(boolean(ExprKind::Subquery(self.subquery(kind, inner, columns))))
    }

    pub(crate) fn quantified(
        &mut self,
        operator: ComparisonOperator,
        quantifier: Quantifier,
        value: &'a Expression,
        subquery: &'a Expression,
        at: Location,
        place: &Place<'a>,
    ) -> Analysis<Expr> {
        let value = self.expression(value, place)?;
        let (value, mut inner, columns, row) = self.compared(value, subquery, at, place)?;
        if matches!(
            (operator, quantifier),
            (ComparisonOperator::Equal, Quantifier::Any | Quantifier::Some) | (ComparisonOperator::NotEqual, Quantifier::All)
        ) {
            // These are IN and NOT IN, and are refused as those.
            inner.location = at;
        }
        let (is_allowed, need) = match operator {
            ComparisonOperator::Equal | ComparisonOperator::NotEqual | ComparisonOperator::IsDistinctFrom => {
                (row.is_comparable(), "comparable")
            }
            ComparisonOperator::LessThan
            | ComparisonOperator::LessThanOrEqual
            | ComparisonOperator::GreaterThan
            | ComparisonOperator::GreaterThanOrEqual => (row.is_orderable(), "orderable"),
        };
        if !is_allowed {
            return Err(mismatch(at, format!("Type [{row}] must be {need} in order to be used in quantified comparison")));
        }
        let kind = SubqueryKind::Quantified {
            value: Box::new(value),
            operator: comparison_operator(operator),
            is_all: quantifier == Quantifier::All,
        };
        Ok(boolean(ExprKind::Subquery(self.subquery(kind, inner, columns))))
    }

    /// Brings a value and a subquery to one type: both are rows to the rules, a row of one field is its field to the tree.
    fn compared(
        &mut self,
        value: Expr,
        subquery: &'a Expression,
        at: Location,
        place: &Place<'a>,
    ) -> Analysis<(Expr, Inner, Vec<Column>, TrinoType)> {
        let query = query_of(subquery)?;
        let mut inner = self.inner_query(query, subquery.location, subquery.location, place)?;
        let value_row = match &value.data_type {
            TrinoType::Row(_) | TrinoType::Unknown => value.data_type.clone(),
            other => TrinoType::Row([RowField { name: None, data_type: other.clone() }].into()),
        };
        let subquery_row = row_type(&inner.fields);
        let common = common_supertype(&value_row, &subquery_row).ok_or_else(|| {
            mismatch(at, format!("Value expression and result of subquery must be of the same type: {value_row} vs {subquery_row}"))
        })?;
        let TrinoType::Row(common_fields) = &common else {
            return Err(EngineError::internal("the common type of two rows is no row"));
        };
        let columns = self.coerce_columns(&mut inner.relation, &inner.fields, common_fields.iter().map(|field| &field.data_type));
        let value = match (&value.data_type, common_fields.as_ref()) {
            // A row of one field compares as the field itself.
            (TrinoType::Row(_), [field]) => {
                let from = match &value.data_type {
                    TrinoType::Row(fields) => fields.first().map_or(TrinoType::Unknown, |field| field.data_type.clone()),
                    other => other.clone(),
                };
                coerced(super::expression::field_of(value, 0, from), &field.data_type)
            }
            (_, [field]) => coerced(value, &field.data_type),
            _ => coerced(value, &common),
        };
        Ok((value, inner, columns, common))
    }

    /// Puts casts on top of a relation where its columns are not yet of the types wanted; gives the columns then.
    pub(crate) fn coerce_columns<'t>(
        &mut self,
        relation: &mut Relation,
        fields: &[Field],
        types: impl Iterator<Item = &'t TrinoType>,
    ) -> Vec<Column> {
        let mut expressions: Vec<(Column, Expr)> = Vec::with_capacity(fields.len());
        let mut changes = false;
        for (field, to) in fields.iter().zip(types) {
            let column = Expr { kind: ExprKind::Column(field.symbol), data_type: field.data_type.clone() };
            // A symbol may stand twice among the fields, but a relation gives each once.
            let is_repeated = expressions.iter().any(|(seen, _)| seen.symbol == field.symbol);
            let output = if field.data_type == *to && !is_repeated {
                field.column()
            } else {
                changes = true;
                self.fresh_column(to)
            };
            expressions.push((output, coerced(column, to)));
        }
        let columns: Vec<Column> = expressions.iter().map(|(column, _)| column.clone()).collect();
        if changes {
            let input = std::mem::replace(relation, Relation::Values { columns: Vec::new(), rows: Vec::new() });
            *relation = Relation::Project { input: Box::new(input), expressions };
        }
        columns
    }
}

/// What can't be compared with a subquery inside a row pattern.
fn refuse_pattern_parts(value: &Expression, place: &Place<'_>) -> Analysis<()> {
    let is_function = |part: &Expression| super::patterns::pattern_function(part).is_some();
    if let Some(found) = super::visit::find(value, &is_function).first() {
        let name = super::patterns::pattern_function(found).map_or("", |(name, _)| name);
        return Err(unsupported(found.location, format!("IN-PREDICATE with {name} function is not yet supported")));
    }
    let is_labeled = |part: &Expression| {
        let first = super::expression::dotted_name(part).filter(|parts| parts.len() > 1).and_then(|parts| parts.first().copied());
        first.is_some_and(|name| super::patterns::is_label(name, place))
    };
    match super::visit::find(value, &is_labeled).first() {
        Some(found) => Err(unsupported(found.location, "IN-PREDICATE with labeled column reference is not yet supported")),
        None => Ok(()),
    }
}

/// The query in the printer's spelling, letters outside of quotes in lower case. Ref: Trino 401 `CanonicalizationAware`.
fn canonical_text(query: &Query) -> std::sync::Arc<str> {
    let mut text = owlake_syntax::format::format_query(query);
    let mut quote: Option<u8> = None;
    let is_quoted: Vec<bool> = text
        .bytes()
        .map(|byte| {
            match (quote, byte) {
                (None, b'\'' | b'"') => quote = Some(byte),
                (Some(open), _) if open == byte => quote = None,
                _ => {}
            }
            quote.is_some()
        })
        .collect();
    if text.bytes().zip(&is_quoted).any(|(byte, is_quoted)| !is_quoted && byte.is_ascii_uppercase()) {
        text = text.char_indices().map(|(at, c)| if is_quoted[at] { c } else { c.to_ascii_lowercase() }).collect();
    }
    text.into()
}

fn query_of(subquery: &Expression) -> Analysis<&Query> {
    match &subquery.kind {
        ExpressionKind::Subquery(query) => Ok(query),
        _ => Err(EngineError::internal("a subquery's place holds something else")),
    }
}

fn row_type(fields: &[Field]) -> TrinoType {
    let fields: Vec<RowField> = fields
        .iter()
        .map(|field| RowField { name: field.name.clone().map(|name| name.as_ref().into()), data_type: field.data_type.clone() })
        .collect();
    TrinoType::Row(fields.into())
}
