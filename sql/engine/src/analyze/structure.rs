//! Are two analysed expressions the same, and which columns do they read? Basis: Trino 401 `ScopeAware` equality, over symbols instead of names.

use std::collections::HashMap;

use owlake_functions::registry::BoundFunction;

use crate::ir::expr::{Subquery, SubqueryKind};
use crate::ir::{Expr, ExprKind, FrameBound, Ordering, Symbol};

/// Whether two expressions mean the same: same kinds, functions, types and columns; lambda parameters match by position.
/// Subqueries are compared as they are written, and by the outer columns their names mean. Ref: Trino 401 `ScopeAware`.
pub(crate) fn is_same(left: &Expr, right: &Expr) -> bool {
    Comparison::default().is_same(left, right)
}

pub(crate) fn is_same_function(left: &BoundFunction, right: &BoundFunction) -> bool {
    left.name == right.name
        && left.kind == right.kind
        && left.argument_types == right.argument_types
        && left.return_type == right.return_type
}

pub(crate) fn are_same(left: &[Expr], right: &[Expr]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| is_same(left, right))
}

pub(crate) fn are_same_orderings(left: &[Ordering], right: &[Ordering]) -> bool {
    left.len() == right.len()
        && left.iter().zip(right).all(|(left, right)| {
            left.is_descending == right.is_descending && left.nulls_first == right.nulls_first && is_same(&left.expr, &right.expr)
        })
}

pub(crate) fn are_same_optional(left: Option<&Expr>, right: Option<&Expr>) -> bool {
    match (left, right) {
        (None, None) => true,
        (Some(left), Some(right)) => is_same(left, right),
        (None, Some(_)) | (Some(_), None) => false,
    }
}

pub(crate) fn is_same_bound(left: &FrameBound, right: &FrameBound) -> bool {
    match (left, right) {
        (FrameBound::UnboundedPreceding, FrameBound::UnboundedPreceding)
        | (FrameBound::CurrentRow, FrameBound::CurrentRow)
        | (FrameBound::UnboundedFollowing, FrameBound::UnboundedFollowing) => true,
        (FrameBound::Preceding(left), FrameBound::Preceding(right)) | (FrameBound::Following(left), FrameBound::Following(right)) => {
            is_same(left, right)
        }
        _ => false,
    }
}

#[derive(Default)]
struct Comparison {
    /// Lambda parameters of the left side and what they are on the right.
    parameters: HashMap<Symbol, Symbol>,
}

impl Comparison {
    fn is_same(&mut self, left: &Expr, right: &Expr) -> bool {
        if left.data_type != right.data_type {
            return false;
        }
        match (&left.kind, &right.kind) {
            (ExprKind::Literal(left), ExprKind::Literal(right)) => left == right,
            (ExprKind::Column(left), ExprKind::Column(right)) => left == right,
            (ExprKind::LambdaVariable(left), ExprKind::LambdaVariable(right)) => self.parameters.get(left).unwrap_or(left) == right,
            (
                ExprKind::Call { function: left, arguments: left_arguments },
                ExprKind::Call { function: right, arguments: right_arguments },
            ) => is_same_function(left, right) && self.all(left_arguments, right_arguments),
            (
                ExprKind::Lambda { parameters: left_parameters, body: left },
                ExprKind::Lambda { parameters: right_parameters, body: right },
            ) => {
                if left_parameters.len() != right_parameters.len() {
                    return false;
                }
                for (left, right) in left_parameters.iter().zip(right_parameters) {
                    self.parameters.insert(left.symbol, right.symbol);
                }
                self.is_same(left, right)
            }
            (ExprKind::Cast { input: left, is_safe: left_safe }, ExprKind::Cast { input: right, is_safe: right_safe }) => {
                left_safe == right_safe && self.is_same(left, right)
            }
            (ExprKind::And(left), ExprKind::And(right))
            | (ExprKind::Or(left), ExprKind::Or(right))
            | (ExprKind::Coalesce(left), ExprKind::Coalesce(right))
            | (ExprKind::Row(left), ExprKind::Row(right))
            | (ExprKind::Array(left), ExprKind::Array(right)) => self.all(left, right),
            (ExprKind::Not(left), ExprKind::Not(right))
            | (ExprKind::IsNull(left), ExprKind::IsNull(right))
            | (ExprKind::Try(left), ExprKind::Try(right)) => self.is_same(left, right),
            (
                ExprKind::Case { branches: left, otherwise: left_otherwise },
                ExprKind::Case { branches: right, otherwise: right_otherwise },
            ) => self.branches(left, right) && self.optional(left_otherwise.as_deref(), right_otherwise.as_deref()),
            (
                ExprKind::SimpleCase { operand: left_operand, branches: left, otherwise: left_otherwise },
                ExprKind::SimpleCase { operand: right_operand, branches: right, otherwise: right_otherwise },
            ) => {
                self.is_same(left_operand, right_operand)
                    && self.branches(left, right)
                    && self.optional(left_otherwise.as_deref(), right_otherwise.as_deref())
            }
            (ExprKind::NullIf { first: left, equal: left_equal }, ExprKind::NullIf { first: right, equal: right_equal }) => {
                self.is_same(left, right) && self.is_same(left_equal, right_equal)
            }
            (ExprKind::InList { value: left, list: left_list }, ExprKind::InList { value: right, list: right_list }) => {
                self.is_same(left, right) && self.all(left_list, right_list)
            }
            (ExprKind::Field { input: left, index: left_index }, ExprKind::Field { input: right, index: right_index }) => {
                left_index == right_index && self.is_same(left, right)
            }
            (ExprKind::Subquery(left), ExprKind::Subquery(right)) => {
                is_same_predicate(&left.kind, &right.kind)
                    && left.text == right.text
                    && left.correlation.len() == right.correlation.len()
                    && left.correlation.iter().zip(&right.correlation).all(|(left, right)| left.symbol == right.symbol)
                    && self.optional(compared_value(left), compared_value(right))
            }
            _ => false,
        }
    }

    fn all(&mut self, left: &[Expr], right: &[Expr]) -> bool {
        left.len() == right.len() && left.iter().zip(right).all(|(left, right)| self.is_same(left, right))
    }

    fn branches(&mut self, left: &[(Expr, Expr)], right: &[(Expr, Expr)]) -> bool {
        left.len() == right.len()
            && left.iter().zip(right).all(|(left, right)| self.is_same(&left.0, &right.0) && self.is_same(&left.1, &right.1))
    }

    fn optional(&mut self, left: Option<&Expr>, right: Option<&Expr>) -> bool {
        match (left, right) {
            (None, None) => true,
            (Some(left), Some(right)) => self.is_same(left, right),
            (None, Some(_)) | (Some(_), None) => false,
        }
    }
}

/// Replaces parts of an expression, outermost first: where `replace` gives something, that stands there and nothing
/// below it is looked at. Relations of subqueries are left alone, the values they are compared to are not.
pub(crate) fn rewrite(expr: &mut Expr, replace: &mut dyn FnMut(&Expr) -> Option<Expr>) {
    if let Some(replacement) = replace(expr) {
        *expr = replacement;
        return;
    }
    children_mut(expr, &mut |child| rewrite(child, replace));
}

/// Visits an expression and everything below it, outermost first; `visit` says whether to go deeper. Relations of
/// subqueries are not entered.
pub(crate) fn walk<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Expr) -> bool) {
    if !visit(expr) {
        return;
    }
    for child in children(expr) {
        walk(child, visit);
    }
}

/// Whether every function in it gives the same for the same arguments.
pub(crate) fn is_deterministic(expr: &Expr) -> bool {
    let mut answer = true;
    walk(expr, &mut |part| {
        if let ExprKind::Call { function, .. } = &part.kind {
            answer &= function.is_deterministic;
        }
        answer
    });
    answer
}

/// The direct parts of an expression, in the order written.
pub(crate) fn children(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Column(_) | ExprKind::LambdaVariable(_) => Vec::new(),
        ExprKind::Call { arguments: parts, .. }
        | ExprKind::And(parts)
        | ExprKind::Or(parts)
        | ExprKind::Coalesce(parts)
        | ExprKind::Row(parts)
        | ExprKind::Array(parts) => parts.iter().collect(),
        ExprKind::Lambda { body: input, .. }
        | ExprKind::Cast { input, .. }
        | ExprKind::Not(input)
        | ExprKind::IsNull(input)
        | ExprKind::Field { input, .. }
        | ExprKind::Try(input) => vec![input],
        ExprKind::Case { branches, otherwise } => {
            let mut parts: Vec<&Expr> = branches.iter().flat_map(|(condition, result)| [condition, result]).collect();
            parts.extend(otherwise.iter().map(Box::as_ref));
            parts
        }
        ExprKind::SimpleCase { operand, branches, otherwise } => {
            let mut parts: Vec<&Expr> = vec![operand];
            parts.extend(branches.iter().flat_map(|(label, result)| [label, result]));
            parts.extend(otherwise.iter().map(Box::as_ref));
            parts
        }
        ExprKind::NullIf { first, equal } => vec![first, equal],
        ExprKind::InList { value, list } => std::iter::once(value.as_ref()).chain(list).collect(),
        ExprKind::Subquery(subquery) => compared_value(subquery).into_iter().collect(),
    }
}

/// Is the same asked of both subqueries, whatever is compared with them?
fn is_same_predicate(left: &SubqueryKind, right: &SubqueryKind) -> bool {
    match (left, right) {
        (SubqueryKind::Scalar, SubqueryKind::Scalar)
        | (SubqueryKind::Exists, SubqueryKind::Exists)
        | (SubqueryKind::In { .. }, SubqueryKind::In { .. }) => true,
        (
            SubqueryKind::Quantified { operator: left, is_all: left_all, .. },
            SubqueryKind::Quantified { operator: right, is_all: right_all, .. },
        ) => left == right && left_all == right_all,
        _ => false,
    }
}

fn compared_value(subquery: &Subquery) -> Option<&Expr> {
    match &subquery.kind {
        SubqueryKind::Scalar | SubqueryKind::Exists => None,
        SubqueryKind::In { value } | SubqueryKind::Quantified { value, .. } => Some(value),
    }
}

pub(crate) fn children_mut(expr: &mut Expr, visit: &mut dyn FnMut(&mut Expr)) {
    match &mut expr.kind {
        ExprKind::Literal(_) | ExprKind::Column(_) | ExprKind::LambdaVariable(_) => {}
        ExprKind::Call { arguments: parts, .. }
        | ExprKind::And(parts)
        | ExprKind::Or(parts)
        | ExprKind::Coalesce(parts)
        | ExprKind::Row(parts)
        | ExprKind::Array(parts) => parts.iter_mut().for_each(visit),
        ExprKind::Lambda { body: input, .. }
        | ExprKind::Cast { input, .. }
        | ExprKind::Not(input)
        | ExprKind::IsNull(input)
        | ExprKind::Field { input, .. }
        | ExprKind::Try(input) => visit(input),
        ExprKind::Case { branches, otherwise } => {
            for (condition, result) in branches {
                visit(condition);
                visit(result);
            }
            otherwise.iter_mut().for_each(|otherwise| visit(otherwise));
        }
        ExprKind::SimpleCase { operand, branches, otherwise } => {
            visit(operand);
            for (label, result) in branches {
                visit(label);
                visit(result);
            }
            otherwise.iter_mut().for_each(|otherwise| visit(otherwise));
        }
        ExprKind::NullIf { first, equal } => {
            visit(first);
            visit(equal);
        }
        ExprKind::InList { value, list } => {
            visit(value);
            list.iter_mut().for_each(visit);
        }
        ExprKind::Subquery(subquery) => match &mut subquery.kind {
            SubqueryKind::Scalar | SubqueryKind::Exists => {}
            SubqueryKind::In { value } | SubqueryKind::Quantified { value, .. } => visit(value),
        },
    }
}
