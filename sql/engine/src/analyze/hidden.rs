//! Which hidden columns does a scan have to bring? Only those the query names: every other one is taken out of its scan.

use std::collections::HashSet;

use crate::ir::expr::SubqueryKind;
use crate::ir::{Expr, ExprKind, FrameBound, Ordering, Relation, Symbol};
use crate::table::ColumnKind;

use super::structure::children_mut;

/// Takes hidden columns nobody refers to out of every scan. `used` are the hidden columns' symbols that names resolved to.
pub(crate) fn drop_unused(relation: &mut Relation, used: &HashSet<Symbol>) {
    match relation {
        Relation::Scan { table, columns } => columns.retain(|(column, index)| {
            let is_hidden = matches!(table.columns.get(*index).map(|column| column.kind), Some(ColumnKind::Hidden(_)));
            !is_hidden || used.contains(&column.symbol)
        }),
        Relation::Values { rows, .. } => rows.iter_mut().flatten().for_each(|expr| in_expr(expr, used)),
        Relation::Filter { input, predicate } => {
            drop_unused(input, used);
            in_expr(predicate, used);
        }
        Relation::Project { input, expressions } => {
            drop_unused(input, used);
            expressions.iter_mut().for_each(|(_, expr)| in_expr(expr, used));
        }
        Relation::Join { left, right, condition, .. } | Relation::Lateral { left, right, condition, .. } => {
            drop_unused(left, used);
            drop_unused(right, used);
            condition.iter_mut().for_each(|expr| in_expr(expr, used));
        }
        Relation::Unnest { input, items, .. } => {
            drop_unused(input, used);
            items.iter_mut().for_each(|item| in_expr(&mut item.expr, used));
        }
        Relation::Aggregate { input, groups, aggregates } => {
            drop_unused(input, used);
            groups.keys.iter_mut().for_each(|(_, expr)| in_expr(expr, used));
            for call in aggregates {
                call.arguments.iter_mut().chain(call.filter.iter_mut()).for_each(|expr| in_expr(expr, used));
                in_orderings(&mut call.order_by, used);
            }
        }
        Relation::Window { input, calls } => {
            drop_unused(input, used);
            for call in calls {
                call.arguments.iter_mut().chain(&mut call.partition_by).chain(call.filter.iter_mut()).for_each(|expr| in_expr(expr, used));
                in_orderings(&mut call.order_by, used);
                for bound in [&mut call.frame.start, &mut call.frame.end] {
                    if let FrameBound::Preceding(expr) | FrameBound::Following(expr) = bound {
                        in_expr(expr, used);
                    }
                }
            }
        }
        Relation::Distinct { input } => drop_unused(input, used),
        Relation::Sort { input, order_by } => {
            drop_unused(input, used);
            in_orderings(order_by, used);
        }
        Relation::Limit { input, .. } | Relation::Sample { input, .. } => drop_unused(input, used),
        Relation::SetOperation { inputs, .. } => inputs.iter_mut().for_each(|(input, _)| drop_unused(input, used)),
        Relation::RecursiveUnion { base, step, .. } => {
            drop_unused(base, used);
            drop_unused(step, used);
        }
        Relation::RecursiveReference { .. } => {}
    }
}

fn in_orderings(orderings: &mut [Ordering], used: &HashSet<Symbol>) {
    orderings.iter_mut().for_each(|ordering| in_expr(&mut ordering.expr, used));
}

fn in_expr(expr: &mut Expr, used: &HashSet<Symbol>) {
    if let ExprKind::Subquery(subquery) = &mut expr.kind {
        match &mut subquery.kind {
            SubqueryKind::Scalar | SubqueryKind::Exists => {}
            SubqueryKind::In { value } | SubqueryKind::Quantified { value, .. } => in_expr(value, used),
        }
        drop_unused(&mut subquery.relation, used);
        return;
    }
    children_mut(expr, &mut |child| in_expr(child, used));
}
