//! How is an IR tree searched and rewritten? Visits and substitutions of symbols, through nested subqueries too.

use std::collections::{HashMap, HashSet};

use crate::ir::expr::Subquery;
use crate::ir::pattern::PointerValue;
use crate::ir::{AggregateCall, Column, Expr, ExprKind, Frame, FrameBound, Ordering, Relation, SubqueryKind, Symbol, WindowCall};

/// New names for symbols.
pub type Renames = HashMap<Symbol, Symbol>;

/// Runs over every expression node, not into the relations of subqueries.
pub fn visit(expr: &Expr, on_node: &mut dyn FnMut(&Expr)) {
    on_node(expr);
    for child in children(expr) {
        visit(child, on_node);
    }
}

fn children(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Column(_) | ExprKind::LambdaVariable(_) => Vec::new(),
        ExprKind::Call { arguments, .. } => arguments.iter().collect(),
        ExprKind::Lambda { body, .. } => vec![body],
        ExprKind::Cast { input, .. }
        | ExprKind::Not(input)
        | ExprKind::IsNull(input)
        | ExprKind::Field { input, .. }
        | ExprKind::Try(input) => vec![input],
        ExprKind::And(terms) | ExprKind::Or(terms) | ExprKind::Coalesce(terms) | ExprKind::Row(terms) | ExprKind::Array(terms) => {
            terms.iter().collect()
        }
        ExprKind::Case { branches, otherwise } => {
            branches.iter().flat_map(|(when, then)| [when, then]).chain(otherwise.as_deref()).collect()
        }
        ExprKind::SimpleCase { operand, branches, otherwise } => std::iter::once(operand.as_ref())
            .chain(branches.iter().flat_map(|(when, then)| [when, then]))
            .chain(otherwise.as_deref())
            .collect(),
        ExprKind::NullIf { first, equal } => vec![first, equal],
        ExprKind::InList { value, list } => std::iter::once(value.as_ref()).chain(list).collect(),
        ExprKind::Subquery(subquery) => comparand(&subquery.kind).into_iter().collect(),
    }
}

/// What an IN or a quantified comparison compares.
pub fn comparand(kind: &SubqueryKind) -> Option<&Expr> {
    match kind {
        SubqueryKind::Scalar | SubqueryKind::Exists => None,
        SubqueryKind::In { value } | SubqueryKind::Quantified { value, .. } => Some(value),
    }
}

/// Rewrites the expression bottom up; `on_node` gives a replacement or takes the node as it is.
pub fn transform(expr: &Expr, on_node: &mut dyn FnMut(Expr) -> Expr) -> Expr {
    let mut boxed = |expr: &Expr| Box::new(transform(expr, on_node));
    let kind = match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Column(_) | ExprKind::LambdaVariable(_) => expr.kind.clone(),
        ExprKind::Call { function, arguments } => ExprKind::Call { function: function.clone(), arguments: all(arguments, on_node) },
        ExprKind::Lambda { parameters, body } => ExprKind::Lambda { parameters: parameters.clone(), body: boxed(body) },
        ExprKind::Cast { input, is_safe } => ExprKind::Cast { input: boxed(input), is_safe: *is_safe },
        ExprKind::Not(input) => ExprKind::Not(boxed(input)),
        ExprKind::IsNull(input) => ExprKind::IsNull(boxed(input)),
        ExprKind::Field { input, index } => ExprKind::Field { input: boxed(input), index: *index },
        ExprKind::Try(input) => ExprKind::Try(boxed(input)),
        ExprKind::And(terms) => ExprKind::And(all(terms, on_node)),
        ExprKind::Or(terms) => ExprKind::Or(all(terms, on_node)),
        ExprKind::Coalesce(terms) => ExprKind::Coalesce(all(terms, on_node)),
        ExprKind::Row(terms) => ExprKind::Row(all(terms, on_node)),
        ExprKind::Array(terms) => ExprKind::Array(all(terms, on_node)),
        ExprKind::Case { branches, otherwise } => {
            ExprKind::Case { otherwise: otherwise.as_deref().map(&mut boxed), branches: pairs(branches, on_node) }
        }
        ExprKind::SimpleCase { operand, branches, otherwise } => ExprKind::SimpleCase {
            operand: boxed(operand),
            otherwise: otherwise.as_deref().map(&mut boxed),
            branches: pairs(branches, on_node),
        },
        ExprKind::NullIf { first, equal } => ExprKind::NullIf { first: boxed(first), equal: boxed(equal) },
        ExprKind::InList { value, list } => ExprKind::InList { value: boxed(value), list: all(list, on_node) },
        ExprKind::Subquery(subquery) => {
            let kind = match &subquery.kind {
                SubqueryKind::Scalar => SubqueryKind::Scalar,
                SubqueryKind::Exists => SubqueryKind::Exists,
                SubqueryKind::In { value } => SubqueryKind::In { value: boxed(value) },
                SubqueryKind::Quantified { value, operator, is_all } => {
                    SubqueryKind::Quantified { value: boxed(value), operator: *operator, is_all: *is_all }
                }
            };
            ExprKind::Subquery(Box::new(Subquery { kind, ..(**subquery).clone() }))
        }
    };
    on_node(Expr { kind, data_type: expr.data_type.clone() })
}

fn all(exprs: &[Expr], on_node: &mut dyn FnMut(Expr) -> Expr) -> Vec<Expr> {
    exprs.iter().map(|expr| transform(expr, on_node)).collect()
}

fn pairs(branches: &[(Expr, Expr)], on_node: &mut dyn FnMut(Expr) -> Expr) -> Vec<(Expr, Expr)> {
    branches.iter().map(|(when, then)| (transform(when, on_node), transform(then, on_node))).collect()
}

/// Does the expression, or a subquery in it, refer to one of the symbols?
pub fn refers_to(expr: &Expr, symbols: &HashSet<Symbol>) -> bool {
    let mut found = false;
    visit(expr, &mut |node| match &node.kind {
        ExprKind::Column(symbol) => found |= symbols.contains(symbol),
        ExprKind::Subquery(subquery) => found |= subquery.correlation.iter().any(|column| symbols.contains(&column.symbol)),
        _ => {}
    });
    found
}

/// The columns an expression refers to, those its subqueries take from outside included.
pub fn references(expr: &Expr) -> HashSet<Symbol> {
    let mut found = HashSet::new();
    visit(expr, &mut |node| match &node.kind {
        ExprKind::Column(symbol) => {
            found.insert(*symbol);
        }
        ExprKind::Subquery(subquery) => found.extend(subquery.correlation.iter().map(|column| column.symbol)),
        _ => {}
    });
    found
}

/// Does anything in the relation refer to one of the symbols?
pub fn relation_refers_to(relation: &Relation, symbols: &HashSet<Symbol>) -> bool {
    exprs_of(relation).into_iter().any(|expr| refers_to(expr, symbols))
        || inputs_of(relation).into_iter().any(|input| relation_refers_to(input, symbols))
}

/// The relations right below.
pub fn inputs_of(relation: &Relation) -> Vec<&Relation> {
    match relation {
        Relation::Values { .. } | Relation::Scan { .. } | Relation::RecursiveReference { .. } => Vec::new(),
        Relation::Filter { input, .. }
        | Relation::Project { input, .. }
        | Relation::Unnest { input, .. }
        | Relation::Aggregate { input, .. }
        | Relation::Window { input, .. }
        | Relation::Distinct { input }
        | Relation::Sort { input, .. }
        | Relation::Limit { input, .. }
        | Relation::Sample { input, .. } => vec![input],
        Relation::Join { left, right, .. } | Relation::Lateral { left, right, .. } => vec![left, right],
        Relation::PatternRecognition(recognition) => vec![&recognition.input],
        Relation::SetOperation { inputs, .. } => inputs.iter().map(|(input, _)| input).collect(),
        Relation::RecursiveUnion { base, step, .. } => vec![base, step],
    }
}

/// The expressions of this operator alone.
pub fn exprs_of(relation: &Relation) -> Vec<&Expr> {
    match relation {
        Relation::Values { rows, .. } => rows.iter().flatten().collect(),
        Relation::Filter { predicate, .. } => vec![predicate],
        Relation::Project { expressions, .. } => expressions.iter().map(|(_, expr)| expr).collect(),
        Relation::Join { condition, .. } | Relation::Lateral { condition, .. } => condition.iter().collect(),
        Relation::Unnest { items, .. } => items.iter().map(|item| &item.expr).collect(),
        Relation::Aggregate { groups, aggregates, .. } => groups
            .keys
            .iter()
            .map(|(_, key)| key)
            .chain(
                aggregates
                    .iter()
                    .flat_map(|call| call.arguments.iter().chain(&call.filter).chain(call.order_by.iter().map(|key| &key.expr))),
            )
            .collect(),
        Relation::Window { calls, .. } => calls.iter().flat_map(window_exprs).collect(),
        Relation::Sort { order_by, .. } => order_by.iter().map(|key| &key.expr).collect(),
        Relation::Limit { with_ties, .. } => with_ties.iter().flatten().map(|key| &key.expr).collect(),
        Relation::Sample { percentage, .. } => vec![percentage],
        Relation::PatternRecognition(recognition) => {
            let aggregated =
                recognition.expressions().flat_map(|expression| &expression.pointers).flat_map(|pointer| match &pointer.value {
                    PointerValue::Aggregate { arguments, .. } => arguments.as_slice(),
                    PointerValue::Column { .. }
                    | PointerValue::Classifier { .. }
                    | PointerValue::MatchNumber
                    | PointerValue::Constant { .. } => &[],
                });
            let written = recognition.expressions().map(|expression| &expression.expr);
            recognition.input_expressions().chain(written).chain(aggregated).collect()
        }
        Relation::Scan { .. }
        | Relation::Distinct { .. }
        | Relation::SetOperation { .. }
        | Relation::RecursiveUnion { .. }
        | Relation::RecursiveReference { .. } => Vec::new(),
    }
}

fn window_exprs(call: &WindowCall) -> Vec<&Expr> {
    let bounds = [&call.frame.start, &call.frame.end].into_iter().filter_map(|bound| match bound {
        FrameBound::Preceding(offset) | FrameBound::Following(offset) => Some(offset),
        FrameBound::UnboundedPreceding | FrameBound::CurrentRow | FrameBound::UnboundedFollowing => None,
    });
    call.arguments
        .iter()
        .chain(&call.partition_by)
        .chain(call.order_by.iter().map(|key| &key.expr))
        .chain(&call.filter)
        .chain(bounds)
        .collect()
}

/// The expression with symbols renamed, inside its subqueries too.
pub fn rename(expr: &Expr, renames: &Renames) -> Expr {
    if renames.is_empty() {
        return expr.clone();
    }
    transform(expr, &mut |node| {
        let kind = match node.kind {
            ExprKind::Column(symbol) => ExprKind::Column(renames.get(&symbol).copied().unwrap_or(symbol)),
            ExprKind::Subquery(subquery) => ExprKind::Subquery(Box::new(Subquery {
                relation: rename_relation(&subquery.relation, renames),
                correlation: rename_columns(&subquery.correlation, renames),
                ..*subquery
            })),
            other => other,
        };
        Expr { kind, data_type: node.data_type }
    })
}

fn rename_columns(columns: &[Column], renames: &Renames) -> Vec<Column> {
    let renamed = columns.iter().map(|column| Column {
        symbol: renames.get(&column.symbol).copied().unwrap_or(column.symbol),
        data_type: column.data_type.clone(),
    });
    renamed.collect()
}

pub fn rename_ordering(order_by: &[Ordering], renames: &Renames) -> Vec<Ordering> {
    order_by.iter().map(|key| Ordering { expr: rename(&key.expr, renames), ..key.clone() }).collect()
}

pub fn rename_aggregate(call: &AggregateCall, renames: &Renames) -> AggregateCall {
    AggregateCall {
        arguments: call.arguments.iter().map(|argument| rename(argument, renames)).collect(),
        filter: call.filter.as_ref().map(|filter| rename(filter, renames)),
        order_by: rename_ordering(&call.order_by, renames),
        ..call.clone()
    }
}

pub fn rename_window(call: &WindowCall, renames: &Renames) -> WindowCall {
    let bound = |bound: &FrameBound| match bound {
        FrameBound::Preceding(offset) => FrameBound::Preceding(rename(offset, renames)),
        FrameBound::Following(offset) => FrameBound::Following(rename(offset, renames)),
        other => other.clone(),
    };
    WindowCall {
        arguments: call.arguments.iter().map(|argument| rename(argument, renames)).collect(),
        partition_by: call.partition_by.iter().map(|key| rename(key, renames)).collect(),
        order_by: rename_ordering(&call.order_by, renames),
        filter: call.filter.as_ref().map(|filter| rename(filter, renames)),
        frame: Frame { unit: call.frame.unit, start: bound(&call.frame.start), end: bound(&call.frame.end) },
        ..call.clone()
    }
}

/// The relation with references renamed; the columns it makes itself keep their symbols.
pub fn rename_relation(relation: &Relation, renames: &Renames) -> Relation {
    let input_of = |input: &Relation| Box::new(rename_relation(input, renames));
    match relation {
        Relation::Values { columns, rows } => Relation::Values {
            columns: columns.clone(),
            rows: rows.iter().map(|row| row.iter().map(|value| rename(value, renames)).collect()).collect(),
        },
        Relation::Scan { .. } | Relation::RecursiveReference { .. } => relation.clone(),
        Relation::Filter { input, predicate } => Relation::Filter { input: input_of(input), predicate: rename(predicate, renames) },
        Relation::Project { input, expressions } => Relation::Project {
            input: input_of(input),
            expressions: expressions.iter().map(|(column, expr)| (column.clone(), rename(expr, renames))).collect(),
        },
        Relation::Join { kind, left, right, condition } => Relation::Join {
            kind: *kind,
            left: input_of(left),
            right: input_of(right),
            condition: condition.as_ref().map(|condition| rename(condition, renames)),
        },
        Relation::Lateral { kind, left, right, correlation, condition, location } => Relation::Lateral {
            kind: *kind,
            left: input_of(left),
            right: input_of(right),
            correlation: rename_columns(correlation, renames),
            condition: condition.as_ref().map(|condition| rename(condition, renames)),
            location: *location,
        },
        Relation::Unnest { input, items, ordinality, keeps_empty } => {
            let mut items = items.clone();
            for item in &mut items {
                item.expr = rename(&item.expr, renames);
            }
            Relation::Unnest { input: input_of(input), items, ordinality: ordinality.clone(), keeps_empty: *keeps_empty }
        }
        Relation::Aggregate { input, groups, aggregates } => {
            let mut groups = groups.clone();
            for (_, key) in &mut groups.keys {
                *key = rename(key, renames);
            }
            Relation::Aggregate {
                input: input_of(input),
                groups,
                aggregates: aggregates.iter().map(|call| rename_aggregate(call, renames)).collect(),
            }
        }
        Relation::Window { input, calls } => {
            Relation::Window { input: input_of(input), calls: calls.iter().map(|call| rename_window(call, renames)).collect() }
        }
        Relation::Distinct { input } => Relation::Distinct { input: input_of(input) },
        Relation::Sort { input, order_by } => Relation::Sort { input: input_of(input), order_by: rename_ordering(order_by, renames) },
        Relation::Limit { input, offset_rows, limit_rows, with_ties } => Relation::Limit {
            input: input_of(input),
            offset_rows: *offset_rows,
            limit_rows: *limit_rows,
            with_ties: with_ties.as_ref().map(|order_by| rename_ordering(order_by, renames)),
        },
        Relation::SetOperation { operation, is_distinct, inputs, columns } => Relation::SetOperation {
            operation: *operation,
            is_distinct: *is_distinct,
            inputs: inputs.iter().map(|(input, symbols)| (rename_relation(input, renames), symbols.clone())).collect(),
            columns: columns.clone(),
        },
        Relation::PatternRecognition(recognition) => {
            let mut recognition = recognition.clone();
            recognition.input = rename_relation(&recognition.input, renames);
            for expression in recognition.expressions_mut() {
                expression.expr = rename(&expression.expr, renames);
            }
            recognition.input_expressions_mut().for_each(|expr| *expr = rename(expr, renames));
            Relation::PatternRecognition(recognition)
        }
        Relation::Sample { input, is_bernoulli, percentage } => {
            Relation::Sample { input: input_of(input), is_bernoulli: *is_bernoulli, percentage: rename(percentage, renames) }
        }
        Relation::RecursiveUnion { id, columns, base, base_columns, step, step_columns, is_distinct, depth_max } => {
            Relation::RecursiveUnion {
                id: *id,
                columns: columns.clone(),
                base: input_of(base),
                base_columns: base_columns.clone(),
                step: input_of(step),
                step_columns: step_columns.clone(),
                is_distinct: *is_distinct,
                depth_max: *depth_max,
            }
        }
    }
}
