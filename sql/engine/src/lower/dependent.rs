//! How is a relation computed for every combination of outer values at once? The dependent join, pushed down to nothing.
//!
//! Ref: Neumann and Kemper, "Unnesting Arbitrary Queries" (BTW 2015). The *domain* is the set of distinct values of the
//! outer columns; each operator of the inner relation is rewritten to carry the domain's columns along, so that in the
//! end an ordinary join brings both sides together. Works for every operator that keeps rows of different outer values apart.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::common::ScalarValue;
use owlake_functions::registry::{BoundFunction, Operator, resolve_function, resolve_operator};
use owlake_functions::types::TrinoType;

use super::lowerer::Lowerer;
use super::rewrite::{Renames, relation_refers_to, rename, rename_aggregate, rename_ordering, rename_relation, rename_window};
use crate::error::EngineError;
use crate::ir::{
    AggregateCall, Column, Expr, ExprKind, Frame, FrameBound, FrameUnit, GroupingSets, JoinKind, Ordering, Relation, Symbol, WindowCall,
};

/// The distinct outer values: a plan registered under `id`, one column an outer column.
#[derive(Debug, Clone)]
pub(super) struct Domain {
    pub id: u32,
    pub outer: Vec<Column>,
}

/// A relation that carries the domain's values in `columns`, in the order of `Domain::outer`.
pub(super) struct Carried {
    pub relation: Relation,
    pub columns: Vec<Column>,
}

impl Domain {
    fn symbols(&self) -> HashSet<Symbol> {
        self.outer.iter().map(|column| column.symbol).collect()
    }
}

impl Carried {
    fn renames(&self, domain: &Domain) -> Renames {
        domain.outer.iter().zip(&self.columns).map(|(outer, carried)| (outer.symbol, carried.symbol)).collect()
    }
}

impl Lowerer {
    /// `relation` for every row of the domain.
    pub(super) fn dependent(&mut self, relation: &Relation, domain: &Domain) -> Result<Carried, EngineError> {
        if !relation_refers_to(relation, &domain.symbols()) {
            let instance = self.instance(domain);
            let relation = cross(instance.relation, relation.clone());
            return Ok(Carried { relation, columns: instance.columns });
        }
        match relation {
            Relation::Filter { input, predicate } => {
                let input = self.dependent(input, domain)?;
                let predicate = rename(predicate, &input.renames(domain));
                Ok(Carried { relation: Relation::Filter { input: Box::new(input.relation), predicate }, columns: input.columns })
            }
            Relation::Project { input, expressions } => {
                let input = self.dependent(input, domain)?;
                let renames = input.renames(domain);
                let mut renamed: Vec<(Column, Expr)> =
                    expressions.iter().map(|(column, expr)| (column.clone(), rename(expr, &renames))).collect();
                renamed.extend(input.columns.iter().map(|column| (column.clone(), reference(column))));
                Ok(Carried {
                    relation: Relation::Project { input: Box::new(input.relation), expressions: renamed },
                    columns: input.columns,
                })
            }
            Relation::Values { columns, rows } => self.dependent_values(columns, rows, domain),
            Relation::Join { kind, left, right, condition } => self.dependent_join(*kind, left, right, condition.as_ref(), domain),
            Relation::Lateral { kind, left, right, correlation, condition, location } => {
                let left = self.dependent(left, domain)?;
                let renames = left.renames(domain);
                let mut correlation = correlation.clone();
                correlation.retain(|column| !renames.contains_key(&column.symbol));
                correlation.extend(left.columns.iter().cloned());
                let relation = Relation::Lateral {
                    kind: *kind,
                    left: Box::new(left.relation),
                    right: Box::new(rename_relation(right, &renames)),
                    correlation,
                    condition: condition.as_ref().map(|condition| rename(condition, &renames)),
                    location: *location,
                };
                Ok(Carried { relation, columns: left.columns })
            }
            Relation::Unnest { input, items, ordinality, keeps_empty } => {
                let input = self.dependent(input, domain)?;
                let renames = input.renames(domain);
                let mut items = items.clone();
                for item in &mut items {
                    item.expr = rename(&item.expr, &renames);
                }
                let relation =
                    Relation::Unnest { input: Box::new(input.relation), items, ordinality: ordinality.clone(), keeps_empty: *keeps_empty };
                Ok(Carried { relation, columns: input.columns })
            }
            Relation::Aggregate { input, groups, aggregates } => self.dependent_aggregate(input, groups, aggregates, domain),
            Relation::Window { input, calls } => {
                let input = self.dependent(input, domain)?;
                let renames = input.renames(domain);
                let mut calls: Vec<WindowCall> = calls.iter().map(|call| rename_window(call, &renames)).collect();
                for call in &mut calls {
                    call.partition_by.extend(input.columns.iter().map(reference));
                }
                Ok(Carried { relation: Relation::Window { input: Box::new(input.relation), calls }, columns: input.columns })
            }
            Relation::Distinct { input } => {
                let input = self.dependent(input, domain)?;
                Ok(Carried { relation: Relation::Distinct { input: Box::new(input.relation) }, columns: input.columns })
            }
            // An order within a subquery means nothing once its limit is gone.
            Relation::Sort { input, .. } => self.dependent(input, domain),
            Relation::Limit { input, offset_rows, limit_rows, with_ties } => {
                self.dependent_limit(input, *offset_rows, *limit_rows, with_ties.as_deref(), domain)
            }
            Relation::SetOperation { operation, is_distinct, inputs, columns } => {
                let mut carried_inputs = Vec::with_capacity(inputs.len());
                for (input, symbols) in inputs {
                    let carried = self.dependent(input, domain)?;
                    let mut symbols = symbols.clone();
                    symbols.extend(carried.columns.iter().map(|column| column.symbol));
                    carried_inputs.push((carried.relation, symbols));
                }
                let own: Vec<Column> = domain.outer.iter().map(|column| self.fresh_column(column.data_type.clone())).collect();
                let columns = columns.iter().chain(&own).cloned().collect();
                Ok(Carried {
                    relation: Relation::SetOperation { operation: *operation, is_distinct: *is_distinct, inputs: carried_inputs, columns },
                    columns: own,
                })
            }
            Relation::PatternRecognition(recognition) => {
                let input = self.dependent(&recognition.input, domain)?;
                let mut recognition = recognition.clone();
                let renames = input.renames(domain);
                for expression in recognition.expressions_mut() {
                    expression.expr = rename(&expression.expr, &renames);
                }
                recognition.input_expressions_mut().for_each(|expr| *expr = rename(expr, &renames));
                recognition.input = input.relation;
                recognition.partition_by.extend(input.columns.iter().map(reference));
                recognition.columns.extend(input.columns.iter().cloned());
                Ok(Carried { relation: Relation::PatternRecognition(recognition), columns: input.columns })
            }
            Relation::Sample { .. } | Relation::RecursiveUnion { .. } | Relation::RecursiveReference { .. } | Relation::Scan { .. } => {
                Err(EngineError::engine("NOT_SUPPORTED", "Given correlated subquery is not supported"))
            }
        }
    }

    /// A reading of the domain, with columns of its own.
    fn instance(&mut self, domain: &Domain) -> Carried {
        let columns: Vec<Column> = domain.outer.iter().map(|column| self.fresh_column(column.data_type.clone())).collect();
        Carried { relation: Relation::RecursiveReference { id: domain.id, columns: columns.clone() }, columns }
    }

    fn dependent_values(&mut self, columns: &[Column], rows: &[Vec<Expr>], domain: &Domain) -> Result<Carried, EngineError> {
        let mut inputs = Vec::with_capacity(rows.len());
        let own: Vec<Column> = domain.outer.iter().map(|column| self.fresh_column(column.data_type.clone())).collect();
        let all: Vec<Column> = columns.iter().chain(&own).cloned().collect();
        for row in rows {
            let instance = self.instance(domain);
            let renames = instance.renames(domain);
            let values = columns.iter().cloned().zip(row.iter().map(|value| rename(value, &renames)));
            let carried = own.iter().cloned().zip(instance.columns.iter().map(reference));
            let expressions = values.chain(carried).collect();
            let symbols = all.iter().map(|column| column.symbol).collect();
            inputs.push((Relation::Project { input: Box::new(instance.relation), expressions }, symbols));
        }
        let relation = match inputs.len() {
            1 => inputs.remove(0).0,
            _ => Relation::SetOperation { operation: crate::ir::SetOperation::Union, is_distinct: false, inputs, columns: all },
        };
        Ok(Carried { relation, columns: own })
    }

    fn dependent_join(
        &mut self,
        kind: JoinKind,
        left: &Relation,
        right: &Relation,
        condition: Option<&Expr>,
        domain: &Domain,
    ) -> Result<Carried, EngineError> {
        let symbols = domain.symbols();
        let (left_refers, right_refers) = (relation_refers_to(left, &symbols), relation_refers_to(right, &symbols));
        let carries_left = left_refers || !right_refers || kind != JoinKind::Inner && kind != JoinKind::Right;
        let carries_right = right_refers || kind == JoinKind::Right || kind == JoinKind::Full;
        let left = if carries_left { Some(self.dependent(left, domain)?) } else { None }.ok_or(left);
        let right = if carries_right { Some(self.dependent(right, domain)?) } else { None }.ok_or(right);
        let mut terms: Vec<Expr> = Vec::new();
        if let (Ok(left), Ok(right)) = (&left, &right) {
            for (one, other) in left.columns.iter().zip(&right.columns) {
                terms.push(not_distinct(one, other)?);
            }
        }
        let renames = match (&left, &right) {
            (_, Ok(right)) if kind == JoinKind::Right => right.renames(domain),
            (Ok(left), _) => left.renames(domain),
            (Err(_), Ok(right)) => right.renames(domain),
            (Err(_), Err(_)) => Renames::new(),
        };
        terms.extend(condition.map(|condition| rename(condition, &renames)));
        let condition = conjunction(terms);
        let (left_columns, right_columns) =
            (left.as_ref().ok().map(|side| side.columns.clone()), right.as_ref().ok().map(|side| side.columns.clone()));
        let left = left.map_or_else(Clone::clone, |side| side.relation);
        let right = right.map_or_else(Clone::clone, |side| side.relation);
        let join = Relation::Join { kind, left: Box::new(left), right: Box::new(right), condition };
        match (kind, left_columns, right_columns) {
            (JoinKind::Full, Some(left), Some(right)) => {
                // Either side may be missing; the value is in the other.
                let own: Vec<Column> = left.iter().map(|column| self.fresh_column(column.data_type.clone())).collect();
                let mut expressions: Vec<(Column, Expr)> =
                    join.columns().into_iter().map(|column| (column.clone(), reference(&column))).collect();
                for ((own, left), right) in own.iter().zip(&left).zip(&right) {
                    let either =
                        Expr { kind: ExprKind::Coalesce(vec![reference(left), reference(right)]), data_type: own.data_type.clone() };
                    expressions.push((own.clone(), either));
                }
                Ok(Carried { relation: Relation::Project { input: Box::new(join), expressions }, columns: own })
            }
            (JoinKind::Right, _, Some(columns)) | (_, Some(columns), _) | (_, None, Some(columns)) => {
                Ok(Carried { relation: join, columns })
            }
            (_, None, None) => Err(EngineError::internal("a dependent join carries nothing")),
        }
    }

    fn dependent_aggregate(
        &mut self,
        input: &Relation,
        groups: &GroupingSets,
        aggregates: &[AggregateCall],
        domain: &Domain,
    ) -> Result<Carried, EngineError> {
        let input = self.dependent(input, domain)?;
        let empty_input = Relation::Values { columns: input.relation.columns(), rows: Vec::new() };
        let renames = input.renames(domain);
        let aggregates: Vec<AggregateCall> = aggregates.iter().map(|call| rename_aggregate(call, &renames)).collect();
        let added = input.columns.len();
        let own: Vec<Column> = input.columns.iter().map(|column| self.fresh_column(column.data_type.clone())).collect();
        let mut keys: Vec<(Column, Expr)> = own.iter().cloned().zip(input.columns.iter().map(reference)).collect();
        keys.extend(groups.keys.iter().map(|(column, key)| (column.clone(), rename(key, &renames))));
        let sets = groups.sets.iter().map(|set| (0..added).chain(set.iter().map(|key| key + added)).collect()).collect();
        let carried_groups = GroupingSets { keys, sets, grouping_id: groups.grouping_id.clone() };
        let is_global = groups.keys.is_empty() && groups.sets.iter().all(Vec::is_empty);
        let grouped = Relation::Aggregate { input: Box::new(input.relation), groups: carried_groups, aggregates: aggregates.clone() };
        if !is_global {
            if groups.sets.iter().any(Vec::is_empty) {
                return Err(EngineError::engine("NOT_SUPPORTED", "Given correlated subquery is not supported"));
            }
            return Ok(Carried { relation: grouped, columns: own });
        }
        let instance = self.instance(domain);
        let on = instance.columns.iter().zip(&own).map(|(one, other)| not_distinct(one, other)).collect::<Result<Vec<_>, _>>()?;
        let relation = self.with_defaults(instance.relation, grouped, on, &aggregates, empty_input)?;
        Ok(Carried { relation, columns: instance.columns })
    }

    /// `outer LEFT JOIN grouped ON on`, where an outer row without a group has the values of an aggregation over no rows.
    pub(super) fn with_defaults(
        &mut self,
        outer: Relation,
        grouped: Relation,
        on: Vec<Expr>,
        aggregates: &[AggregateCall],
        empty_input: Relation,
    ) -> Result<Relation, EngineError> {
        let outer_columns = outer.columns();
        // The groups' own values, and a mark that there is a group.
        let mark = self.fresh_column(TrinoType::Boolean);
        let mut renamed = Renames::new();
        let mut marked: Vec<(Column, Expr)> = vec![(mark.clone(), literal(ScalarValue::Boolean(Some(true)), TrinoType::Boolean))];
        for column in grouped.columns() {
            let is_value = aggregates.iter().any(|call| call.output.symbol == column.symbol);
            let own = if is_value { self.fresh_column(column.data_type.clone()) } else { column.clone() };
            if is_value {
                renamed.insert(column.symbol, own.symbol);
            }
            marked.push((own, reference(&column)));
        }
        let marked = Relation::Project { input: Box::new(grouped), expressions: marked };
        let mut joined =
            Relation::Join { kind: JoinKind::Left, left: Box::new(outer), right: Box::new(marked), condition: conjunction(on) };
        // Only aggregates that are not null over no rows need their default.
        let defaulted: Vec<&AggregateCall> = aggregates.iter().filter(|call| !is_null_over_no_rows(&call.function)).collect();
        let mut defaults = Renames::new();
        if !defaulted.is_empty() {
            let mut calls = Vec::with_capacity(defaulted.len());
            for call in &defaulted {
                let output = self.fresh_column(call.output.data_type.clone());
                defaults.insert(call.output.symbol, output.symbol);
                calls.push(AggregateCall { output, filter: None, order_by: Vec::new(), ..(*call).clone() });
            }
            let groups = GroupingSets { keys: Vec::new(), sets: vec![Vec::new()], grouping_id: None };
            joined = cross(joined, Relation::Aggregate { input: Box::new(empty_input), groups, aggregates: calls });
        }
        let mut expressions: Vec<(Column, Expr)> = outer_columns.iter().map(|column| (column.clone(), reference(column))).collect();
        for call in aggregates {
            let column = |symbol: Symbol| Column { symbol, data_type: call.output.data_type.clone() };
            let Some(own) = renamed.get(&call.output.symbol) else { continue };
            let value = reference(&column(*own));
            let value = match defaults.get(&call.output.symbol) {
                None => value,
                Some(default) => Expr {
                    data_type: call.output.data_type.clone(),
                    kind: ExprKind::Case {
                        branches: vec![(
                            Expr { kind: ExprKind::IsNull(Box::new(reference(&mark))), data_type: TrinoType::Boolean },
                            reference(&column(*default)),
                        )],
                        otherwise: Some(Box::new(value)),
                    },
                },
            };
            expressions.push((call.output.clone(), value));
        }
        Ok(Relation::Project { input: Box::new(joined), expressions })
    }

    /// The first rows of each outer value: by number in the order, or by rank where ties stay.
    fn dependent_limit(
        &mut self,
        input: &Relation,
        offset_rows: u64,
        limit_rows: Option<u64>,
        with_ties: Option<&[Ordering]>,
        domain: &Domain,
    ) -> Result<Carried, EngineError> {
        let (sorted, order_by): (&Relation, &[Ordering]) = match input {
            Relation::Sort { input, order_by } => (input, order_by),
            Relation::Project { input: below, .. } if matches!(below.as_ref(), Relation::Sort { .. }) && with_ties.is_none() => {
                match below.as_ref() {
                    Relation::Sort { order_by, .. } if order_by.iter().all(|key| !refers_to_missing(&key.expr, input)) => (input, order_by),
                    _ => (input, &[]),
                }
            }
            _ => (input, &[]),
        };
        let carried = self.dependent(sorted, domain)?;
        let renames = carried.renames(domain);
        let order_by = rename_ordering(with_ties.unwrap_or(order_by), &renames);
        let is_ranked = with_ties.is_some();
        if is_ranked && offset_rows > 0 {
            return Err(EngineError::engine("NOT_SUPPORTED", "Given correlated subquery is not supported"));
        }
        let number = self.fresh_column(TrinoType::Bigint);
        let call = WindowCall {
            output: number.clone(),
            function: named_function(if is_ranked { "rank" } else { "row_number" }, &[])?,
            arguments: Vec::new(),
            ignore_nulls: false,
            partition_by: carried.columns.iter().map(reference).collect(),
            order_by,
            frame: Frame { unit: FrameUnit::Range, start: FrameBound::UnboundedPreceding, end: FrameBound::CurrentRow },
            filter: None,
            is_distinct: false,
        };
        let numbered = Relation::Window { input: Box::new(carried.relation), calls: vec![call] };
        let bigint = |rows: u64| literal(ScalarValue::Int64(Some(i64::try_from(rows).unwrap_or(i64::MAX))), TrinoType::Bigint);
        let mut terms = vec![compare(Operator::GreaterThan, reference(&number), bigint(offset_rows))?];
        if let Some(limit_rows) = limit_rows {
            terms.push(compare(Operator::LessThanOrEqual, reference(&number), bigint(offset_rows.saturating_add(limit_rows)))?);
        }
        let Some(predicate) = conjunction(terms) else { return Err(EngineError::internal("a limit without bounds")) };
        Ok(Carried { relation: Relation::Filter { input: Box::new(numbered), predicate }, columns: carried.columns })
    }
}

/// Does the expression refer to a column the relation does not give?
fn refers_to_missing(expr: &Expr, relation: &Relation) -> bool {
    let given: HashSet<Symbol> = relation.columns().into_iter().map(|column| column.symbol).collect();
    super::rewrite::references(expr).iter().any(|symbol| !given.contains(symbol))
}

/// Aggregates that give null when there are no rows. The others (counts and the like) get a default.
fn is_null_over_no_rows(function: &BoundFunction) -> bool {
    matches!(function.name, "sum" | "min" | "max" | "avg" | "arbitrary" | "any_value" | "min_by" | "max_by")
}

/// A relation's rows beside every row of another.
pub(super) fn cross(left: Relation, right: Relation) -> Relation {
    Relation::Join { kind: JoinKind::Inner, left: Box::new(left), right: Box::new(right), condition: None }
}

/// A reference to a column.
pub(super) fn reference(column: &Column) -> Expr {
    Expr { kind: ExprKind::Column(column.symbol), data_type: column.data_type.clone() }
}

pub(super) fn literal(value: ScalarValue, data_type: TrinoType) -> Expr {
    Expr { kind: ExprKind::Literal(value), data_type }
}

/// Terms under one AND.
pub(super) fn conjunction(mut terms: Vec<Expr>) -> Option<Expr> {
    match terms.len() {
        0 | 1 => terms.pop(),
        _ => Some(Expr { kind: ExprKind::And(terms), data_type: TrinoType::Boolean }),
    }
}

/// The terms of a conjunction, nested ones included.
pub(super) fn conjuncts(predicate: &Expr) -> Vec<Expr> {
    match &predicate.kind {
        ExprKind::And(terms) => terms.iter().flat_map(conjuncts).collect(),
        _ => vec![predicate.clone()],
    }
}

pub(super) fn not(expr: Expr) -> Expr {
    Expr { kind: ExprKind::Not(Box::new(expr)), data_type: TrinoType::Boolean }
}

/// `left op right` of one type.
pub(super) fn compare(operator: Operator, left: Expr, right: Expr) -> Result<Expr, EngineError> {
    let function = Arc::new(resolve_operator(operator, &[left.data_type.clone(), right.data_type.clone()])?);
    let data_type = function.return_type.clone();
    Ok(Expr { kind: ExprKind::Call { function, arguments: vec![left, right] }, data_type })
}

fn not_distinct(one: &Column, other: &Column) -> Result<Expr, EngineError> {
    Ok(not(compare(Operator::IsDistinctFrom, reference(one), reference(other))?))
}

/// A function of the library for these argument types, none of them a lambda.
pub(super) fn named_function(name: &str, arguments: &[TrinoType]) -> Result<Arc<BoundFunction>, EngineError> {
    let arguments: Vec<_> = arguments.iter().cloned().map(owlake_functions::registry::Argument::Value).collect();
    let mut no_lambda = |_: usize, _: &[TrinoType]| Err(owlake_functions::error::FunctionError::internal("no lambda is due"));
    Ok(Arc::new(resolve_function(name, &arguments, &mut no_lambda)?))
}
