//! Which hidden columns does a scan have to bring? Only those the query names: every other one is taken out of its scan.

use std::collections::HashSet;

use super::structure::children_mut;
use crate::ir::expr::SubqueryKind;
use crate::ir::{Expr, ExprKind, FrameBound, Ordering, Relation, Symbol};

/// Takes the columns in `unused` out of every scan and of the projections that would pass them on.
pub(crate) fn drop_unused(relation: &mut Relation, unused: &HashSet<Symbol>) {
    match relation {
        Relation::Scan { columns, .. } => columns.retain(|(column, _)| !unused.contains(&column.symbol)),
        Relation::Values { rows, .. } => rows.iter_mut().flatten().for_each(|expr| in_expr(expr, unused)),
        Relation::Filter { input, predicate } => {
            drop_unused(input, unused);
            in_expr(predicate, unused);
        }
        Relation::Project { input, expressions } => {
            drop_unused(input, unused);
            expressions.retain(|(column, _)| !unused.contains(&column.symbol));
            expressions.iter_mut().for_each(|(_, expr)| in_expr(expr, unused));
        }
        Relation::Join { left, right, condition, .. } | Relation::Lateral { left, right, condition, .. } => {
            drop_unused(left, unused);
            drop_unused(right, unused);
            condition.iter_mut().for_each(|expr| in_expr(expr, unused));
        }
        Relation::Unnest { input, items, .. } => {
            drop_unused(input, unused);
            items.iter_mut().for_each(|item| in_expr(&mut item.expr, unused));
        }
        Relation::Aggregate { input, groups, aggregates } => {
            drop_unused(input, unused);
            groups.keys.iter_mut().for_each(|(_, expr)| in_expr(expr, unused));
            for call in aggregates {
                call.arguments.iter_mut().chain(call.filter.iter_mut()).for_each(|expr| in_expr(expr, unused));
                in_orderings(&mut call.order_by, unused);
            }
        }
        Relation::Window { input, calls } => {
            drop_unused(input, unused);
            for call in calls {
                call.arguments
                    .iter_mut()
                    .chain(&mut call.partition_by)
                    .chain(call.filter.iter_mut())
                    .for_each(|expr| in_expr(expr, unused));
                in_orderings(&mut call.order_by, unused);
                for bound in [&mut call.frame.start, &mut call.frame.end] {
                    if let FrameBound::Preceding(expr) | FrameBound::Following(expr) = bound {
                        in_expr(expr, unused);
                    }
                }
            }
        }
        Relation::Distinct { input } => drop_unused(input, unused),
        Relation::PatternRecognition(recognition) => {
            drop_unused(&mut recognition.input, unused);
            recognition.columns.retain(|column| !unused.contains(&column.symbol));
            recognition.expressions_mut().for_each(|expression| in_expr(&mut expression.expr, unused));
            recognition.input_expressions_mut().for_each(|expr| in_expr(expr, unused));
        }
        Relation::Sort { input, order_by } => {
            drop_unused(input, unused);
            in_orderings(order_by, unused);
        }
        Relation::Limit { input, .. } | Relation::Sample { input, .. } => drop_unused(input, unused),
        Relation::SetOperation { inputs, .. } => inputs.iter_mut().for_each(|(input, _)| drop_unused(input, unused)),
        Relation::RecursiveUnion { base, step, .. } => {
            drop_unused(base, unused);
            drop_unused(step, unused);
        }
        Relation::RecursiveReference { .. } => {}
    }
}

fn in_orderings(orderings: &mut [Ordering], unused: &HashSet<Symbol>) {
    orderings.iter_mut().for_each(|ordering| in_expr(&mut ordering.expr, unused));
}

fn in_expr(expr: &mut Expr, unused: &HashSet<Symbol>) {
    if let ExprKind::Subquery(subquery) = &mut expr.kind {
        match &mut subquery.kind {
            SubqueryKind::Scalar | SubqueryKind::Exists => {}
            SubqueryKind::In { value } | SubqueryKind::Quantified { value, .. } => in_expr(value, unused),
        }
        drop_unused(&mut subquery.relation, unused);
        return;
    }
    children_mut(expr, &mut |child| in_expr(child, unused));
}
