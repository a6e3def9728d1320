//! What does a whole query give? Bodies, set operations, VALUES, ordering and limits. Ref: Trino 401 `StatementAnalyzer.visitQuery`, `visitSetOperation`, `visitValues`.

use std::rc::Rc;

use owlake_functions::types::coercion::common_supertype;
use owlake_functions::types::{RowField, TrinoType};
use owlake_syntax::location::Location;
use owlake_syntax::trino::ast::{
    Expression, ExpressionKind, Limit, Offset, OrderBy, Query, QueryBody, QueryBodyKind, RowCount, SetOperator, SetQuantifier,
};

use crate::error::EngineError;
use crate::ir::{Column, Expr, ExprKind, Ordering, Relation, SetOperation};

use super::analyzer::{Analyzer, Clause, Place, SelectState};
use super::calls::ordering;
use super::coercion::coerced;
use super::expression::field_of;
use super::expression_text::expression_text;
use super::failure::{Analysis, fail_at, mismatch};
use super::literals::long_literal;
use super::scope::{Field, Scope};
use super::structure::walk;

/// The most rows that are sorted out of more. Ref: Trino 401 `LocalExecutionPlanner.visitTopN`, which counts those of OFFSET, too.
const SORTED_ROWS_MAX: u64 = i32::MAX as u64;

/// A query analysed: its relation, and the fields that are its result, in order.
#[derive(Debug)]
pub(crate) struct Output {
    pub relation: Relation,
    pub fields: Vec<Field>,
}

/// The clauses behind a query's body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tail<'a> {
    pub order_by: Option<&'a OrderBy>,
    pub offset: Option<&'a Offset>,
    pub limit: Option<&'a Limit>,
    /// An ordering matters at the top, or where rows are cut off.
    pub is_top_level: bool,
}

impl Tail<'_> {
    const NONE: Tail<'static> = Tail { order_by: None, offset: None, limit: None, is_top_level: false };

    pub(crate) fn ordering_matters(&self) -> bool {
        self.is_top_level || self.limit.is_some() || self.offset.is_some()
    }
}

impl<'a> Analyzer<'a> {
    pub(crate) fn query(&mut self, query: &'a Query, scope: &Rc<Scope<'a>>, is_top_level: bool) -> Analysis<Output> {
        let scope = match &query.with {
            Some(with) => self.with(with, scope)?,
            None => Rc::clone(scope),
        };
        let tail = Tail { order_by: query.order_by.as_ref(), offset: query.offset.as_ref(), limit: query.limit.as_ref(), is_top_level };
        if let QueryBodyKind::Select(specification) = &query.body.kind {
            return self.select(specification, query.body.location, tail, &scope);
        }
        let mut output = self.body(&query.body, &scope)?;
        let mut orderings = Vec::new();
        if let Some(order_by) = tail.order_by {
            let place = Place::plain(&Scope::within(&scope, output.fields.clone()));
            for item in &order_by.items {
                super::visit::check_scalar(&item.expression, "ORDER BY clause")?;
                let expr = match self.ordinal(&item.expression, &output.fields, query.location)? {
                    Some(expr) => expr,
                    None => self.expression(&item.expression, &place)?,
                };
                check_orderable(&expr, &item.expression, query.location)?;
                orderings.push(ordering(expr, item.is_descending, item.nulls));
            }
            if tail.ordering_matters() {
                output.relation = Relation::Sort { input: Box::new(output.relation), order_by: orderings.clone() };
            }
        }
        output.relation = self.limited(output.relation, tail, &orderings)?;
        Ok(output)
    }

    pub(crate) fn body(&mut self, body: &'a QueryBody, scope: &Rc<Scope<'a>>) -> Analysis<Output> {
        match &body.kind {
            QueryBodyKind::Select(specification) => self.select(specification, body.location, Tail::NONE, scope),
            QueryBodyKind::Table(name) => {
                let source = self.table(name, None, body.location, scope)?;
                let fields = source.scope.fields.iter().filter(|field| !field.is_hidden).cloned().collect();
                Ok(Output { relation: source.relation, fields })
            }
            QueryBodyKind::Values(rows) => self.values(rows, body.location, scope),
            QueryBodyKind::SetOperation { operator, quantifier, inputs, operator_locations } => {
                self.set_operation(*operator, *quantifier, inputs, operator_locations, scope)
            }
            QueryBodyKind::Subquery(query) => self.query(query, scope, false),
        }
    }

    /// `ORDER BY 2`: the output column, or `None` when the key is no plain number.
    pub(crate) fn ordinal(&mut self, key: &'a Expression, fields: &[Field], at: Location) -> Analysis<Option<Expr>> {
        let Some(number) = long_literal(key) else { return Ok(None) };
        let visible: Vec<&Field> = fields.iter().filter(|field| !field.is_hidden).collect();
        let position = usize::try_from(number).ok().filter(|number| (1..=visible.len()).contains(number));
        let Some(field) = position.and_then(|number| visible.get(number - 1)) else {
            let message = format!("ORDER BY position {number} is not in select list");
            return Err(fail_at(key.location, "INVALID_COLUMN_REFERENCE", message));
        };
        if !field.data_type.is_orderable() {
            let message = format!(
                "Type {} is not orderable, and therefore cannot be used in ORDER BY: :input({})",
                field.data_type,
                position.unwrap_or(1) - 1
            );
            return Err(mismatch(at, message));
        }
        Ok(Some(Expr { kind: ExprKind::Column(field.symbol), data_type: field.data_type.clone() }))
    }

    /// OFFSET, LIMIT and FETCH FIRST over a relation.
    pub(crate) fn limited(&mut self, relation: Relation, tail: Tail<'a>, orderings: &[Ordering]) -> Analysis<Relation> {
        let offset_rows = match tail.offset {
            Some(offset) => self.row_count(&offset.rows, "OFFSET")?,
            None => 0,
        };
        let (limit_rows, with_ties) = match tail.limit {
            None | Some(Limit::All { .. }) => (None, None),
            Some(Limit::Rows { rows, .. }) => (Some(self.row_count(rows, "LIMIT")?), None),
            Some(Limit::Fetch { rows, with_ties, location }) => {
                let count = match rows {
                    Some(rows) => self.row_count(rows, "FETCH FIRST")?,
                    None => 1,
                };
                if count == 0 {
                    let message = format!("FETCH FIRST row count must be positive (actual value: {count})");
                    return Err(fail_at(*location, "NUMERIC_VALUE_OUT_OF_RANGE", message));
                }
                if *with_ties && tail.order_by.is_none() {
                    return Err(fail_at(*location, "MISSING_ORDER_BY", "FETCH FIRST WITH TIES clause requires ORDER BY"));
                }
                (Some(count), with_ties.then(|| orderings.to_vec()))
            }
        };
        if tail.order_by.is_some()
            && with_ties.is_none()
            && limit_rows.is_some_and(|rows| rows.saturating_add(offset_rows) > SORTED_ROWS_MAX)
        {
            let text = format!("ORDER BY LIMIT > {SORTED_ROWS_MAX} is not supported");
            self.shared.deferred.get_or_insert_with(|| EngineError::engine("NOT_SUPPORTED", text));
        }
        if offset_rows == 0 && limit_rows.is_none() {
            return Ok(relation);
        }
        Ok(Relation::Limit { input: Box::new(relation), offset_rows, limit_rows, with_ties })
    }

    fn row_count(&mut self, count: &'a RowCount, clause: &str) -> Analysis<u64> {
        let (digits, at) = match count {
            RowCount::Number(digits, at) => (digits.clone(), *at),
            RowCount::Parameter(index, at) => {
                let place = Place::plain(&Scope::root(self.shared.depth));
                self.parameter(*index, &place)?;
                let context = self.context;
                let expression = context.parameters.get(*index).map(|parameter| &parameter.expression);
                match expression {
                    Some(Expression { kind: ExpressionKind::NullLiteral, .. }) => {
                        let message = format!("Parameter value provided for {clause} is NULL: null");
                        return Err(fail_at(*at, "INVALID_ARGUMENTS", message));
                    }
                    Some(expression) => match long_literal(expression) {
                        Some(number) if number < 0 => {
                            let need = if clause == "FETCH FIRST" { "must be positive" } else { "must be greater or equal to 0" };
                            let message = format!("{clause} row count {need} (actual value: {number})");
                            return Err(fail_at(*at, "NUMERIC_VALUE_OUT_OF_RANGE", message));
                        }
                        Some(number) => (number.to_string(), *at),
                        None => {
                            let message = format!("Non constant parameter value for {clause}: {}", expression_text(expression));
                            return Err(fail_at(*at, "INVALID_ARGUMENTS", message));
                        }
                    },
                    None => return Err(EngineError::internal("a parameter that was read is missing")),
                }
            }
        };
        match digits.parse::<i64>().ok().and_then(|count| u64::try_from(count).ok()) {
            Some(count) => Ok(count),
            None => Err(fail_at(at, "INVALID_LITERAL", format!("Invalid numeric literal: {digits}"))),
        }
    }

    fn set_operation(
        &mut self,
        operator: SetOperator,
        quantifier: SetQuantifier,
        inputs: &'a [QueryBody],
        locations: &[Location],
        scope: &Rc<Scope<'a>>,
    ) -> Analysis<Output> {
        let outputs = inputs.iter().map(|input| self.body(input, scope)).collect::<Analysis<Vec<_>>>()?;
        let keyword = operator.keyword();
        let Some(first) = outputs.first() else { return Err(EngineError::internal("a set operation without inputs")) };
        let mut types: Vec<TrinoType> = first.fields.iter().map(|field| field.data_type.clone()).collect();
        let is_distinct = quantifier == SetQuantifier::Distinct;
        for (output, at) in outputs[1..].iter().zip(locations) {
            let at = *at;
            if output.fields.len() != types.len() {
                let message = format!("{keyword} query has different number of fields: {}, {}", types.len(), output.fields.len());
                return Err(mismatch(at, message));
            }
            for (position, (common, field)) in types.iter_mut().zip(&output.fields).enumerate() {
                *common = common_supertype(common, &field.data_type).ok_or_else(|| {
                    let message =
                        format!("column {} in {keyword} query has incompatible types: {common}, {}", position + 1, field.data_type);
                    mismatch(at, message)
                })?;
            }
        }
        if is_distinct || operator != SetOperator::Union {
            let suffix = if operator == SetOperator::Union { " DISTINCT" } else { "" };
            if let Some(refused) = types.iter().find(|data_type| !data_type.is_comparable()) {
                let message = format!("Type {refused} is not comparable and therefore cannot be used in {keyword}{suffix}");
                return Err(mismatch(locations.first().copied().unwrap_or(Location::START), message));
            }
        }
        let names: Vec<Field> = first.fields.clone();
        let mut inputs = Vec::with_capacity(outputs.len());
        for output in outputs {
            let Output { mut relation, fields } = output;
            let columns = self.coerce_columns(&mut relation, &fields, types.iter());
            inputs.push((relation, columns.iter().map(|column| column.symbol).collect::<Vec<_>>()));
        }
        let operation = match operator {
            SetOperator::Union => SetOperation::Union,
            SetOperator::Intersect => SetOperation::Intersect,
            SetOperator::Except => SetOperation::Except,
        };
        let (relation, columns) = self.combine(operation, is_distinct, inputs, &types);
        let fields = names
            .into_iter()
            .zip(columns)
            .map(|(field, column)| Field { symbol: column.symbol, data_type: column.data_type, ..field })
            .collect();
        Ok(Output { relation, fields })
    }

    /// UNION takes any number of inputs at once; the others are taken two by two from the left.
    fn combine(
        &mut self,
        operation: SetOperation,
        is_distinct: bool,
        mut inputs: Vec<(Relation, Vec<crate::ir::Symbol>)>,
        types: &[TrinoType],
    ) -> (Relation, Vec<Column>) {
        if operation == SetOperation::Union || inputs.len() <= 2 {
            let columns: Vec<Column> = types.iter().map(|data_type| self.fresh_column(data_type)).collect();
            return (Relation::SetOperation { operation, is_distinct, inputs, columns: columns.clone() }, columns);
        }
        let last = inputs.pop();
        let (relation, columns) = self.combine(operation, is_distinct, inputs, types);
        let left = (relation, columns.iter().map(|column| column.symbol).collect());
        let columns: Vec<Column> = types.iter().map(|data_type| self.fresh_column(data_type)).collect();
        let inputs = std::iter::once(left).chain(last).collect();
        (Relation::SetOperation { operation, is_distinct, inputs, columns: columns.clone() }, columns)
    }

    pub(crate) fn values(&mut self, rows: &'a [Expression], at: Location, scope: &Rc<Scope<'a>>) -> Analysis<Output> {
        let typed = self.values_rows(rows, at, scope)?;
        let row_type = |expr: &Expr| match &expr.data_type {
            TrinoType::Row(fields) => fields.iter().map(|field| field.data_type.clone()).collect::<Vec<_>>(),
            other => vec![other.clone()],
        };
        let mut types = typed.first().map(row_type).unwrap_or_default();
        let first_types = types.clone();
        let width = types.len();
        for expr in &typed {
            let row = row_type(expr);
            if row.len() != width {
                return Err(mismatch(at, format!("Values rows have mismatched sizes: {width} vs {}", row.len())));
            }
            for (common, data_type) in types.iter_mut().zip(&row) {
                *common = common_supertype(data_type, common).ok_or_else(|| {
                    let message = format!("Values rows have mismatched types: {} vs {}", anonymous_row(&first_types), anonymous_row(&row));
                    mismatch(at, message)
                })?;
            }
        }
        let rows: Vec<Vec<Expr>> = typed.into_iter().map(|expr| row_items(expr, &types)).collect();
        let columns: Vec<Column> = types.iter().map(|data_type| self.fresh_column(data_type)).collect();
        let fields = columns.iter().map(|column| Field {
            relation_alias: None,
            name: None,
            symbol: column.symbol,
            data_type: column.data_type.clone(),
            is_hidden: false,
        });
        let fields = fields.collect();
        Ok(Output { relation: self.values_relation(columns, rows), fields })
    }

    /// The rows, typed. An aggregate among them has its type, and fails the query when nothing else does. Ref: Trino 401 finds it
    /// while it plans.
    fn values_rows(&mut self, rows: &'a [Expression], at: Location, scope: &Rc<Scope<'a>>) -> Analysis<Vec<Expr>> {
        let place = Place::plain(scope);
        let typed: Analysis<Vec<Expr>> = rows.iter().map(|row| self.expression(row, &place)).collect();
        let failure = match typed {
            Err(failure) if failure.name == "EXPRESSION_NOT_SCALAR" => failure,
            typed => return typed,
        };
        self.selects.push(SelectState::new(at, Rc::clone(scope)));
        let place = Place::of(scope, Clause::Select);
        let retyped: Analysis<Vec<Expr>> = rows.iter().map(|row| self.expression(row, &place)).collect();
        let has_only_aggregates = self.selects.pop().is_some_and(|select| {
            !select.aggregates.is_empty()
                && select.window_calls.is_empty()
                && select.patterns.is_empty()
                && select.grouping_calls.is_empty()
        });
        match retyped {
            Ok(typed) if has_only_aggregates => {
                self.shared.deferred.get_or_insert(failure);
                Ok(typed)
            }
            _ => Err(failure),
        }
    }

    /// Rows that read outer columns or hold subqueries are projections of one empty row; the rest is a table of constants.
    fn values_relation(&mut self, columns: Vec<Column>, rows: Vec<Vec<Expr>>) -> Relation {
        let mut needs_projection = false;
        for expr in rows.iter().flatten() {
            walk(expr, &mut |part| {
                needs_projection |= matches!(part.kind, ExprKind::Column(_) | ExprKind::Subquery(_));
                !needs_projection
            });
        }
        if !needs_projection {
            return Relation::Values { columns, rows };
        }
        let one_row = || Box::new(Relation::Values { columns: Vec::new(), rows: vec![Vec::new()] });
        if rows.len() == 1 {
            let expressions = rows.into_iter().flatten().zip(columns).map(|(expr, column)| (column, expr)).collect();
            return Relation::Project { input: one_row(), expressions };
        }
        let mut inputs = Vec::with_capacity(rows.len());
        for row in rows {
            let expressions: Vec<(Column, Expr)> = row.into_iter().map(|expr| (self.fresh_column(&expr.data_type), expr)).collect();
            let symbols = expressions.iter().map(|(column, _)| column.symbol).collect();
            inputs.push((Relation::Project { input: one_row(), expressions }, symbols));
        }
        Relation::SetOperation { operation: SetOperation::Union, is_distinct: false, inputs, columns }
    }
}

/// Errors: TYPE_MISMATCH when a sort key's type has no order.
pub(crate) fn check_orderable(expr: &Expr, written: &Expression, at: Location) -> Analysis<()> {
    if expr.data_type.is_orderable() {
        return Ok(());
    }
    let text = expression_text(written);
    Err(mismatch(at, format!("Type {} is not orderable, and therefore cannot be used in ORDER BY: {text}", expr.data_type)))
}

fn anonymous_row(types: &[TrinoType]) -> TrinoType {
    TrinoType::Row(types.iter().map(|data_type| RowField { name: None, data_type: data_type.clone() }).collect::<Vec<_>>().into())
}

/// The columns of one row of VALUES, as `types`.
fn row_items(expr: Expr, types: &[TrinoType]) -> Vec<Expr> {
    match expr {
        Expr { kind: ExprKind::Row(items), .. } => items.into_iter().zip(types).map(|(item, to)| coerced(item, to)).collect(),
        Expr { data_type: TrinoType::Row(ref fields), .. } => fields
            .iter()
            .enumerate()
            .zip(types)
            .map(|((index, field), to)| coerced(field_of(expr.clone(), index, field.data_type.clone()), to))
            .collect(),
        expr => types.first().map(|to| vec![coerced(expr, to)]).unwrap_or_default(),
    }
}
