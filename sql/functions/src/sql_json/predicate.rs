//! Does a filter's condition hold for an item? True, false or unknown; never an error. Ref: Trino 401 `PathPredicateEvaluationVisitor`.

use super::evaluate::{Evaluator, Scope};
use super::item::{Item, SqlValue};
use super::operate::compare;
use super::path::tree::{Comparison, Node, Predicate};
use crate::json::tree::Json;

/// What two sequences have of each kind.
#[derive(Default)]
struct Kinds<'a> {
    has_null: bool,
    has_structure: bool,
    scalars: Vec<&'a Item<'a>>,
}

impl<'a> Evaluator<'a> {
    /// None is unknown.
    pub fn holds(&mut self, predicate: &'a Predicate, scope: &Scope<'a>) -> Option<bool> {
        match predicate {
            Predicate::And(left, right) => match self.holds(left, scope) {
                Some(false) => Some(false),
                left => match (left, self.holds(right, scope)) {
                    (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                },
            },
            Predicate::Or(left, right) => match self.holds(left, scope) {
                Some(true) => Some(true),
                left => match (left, self.holds(right, scope)) {
                    (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                },
            },
            Predicate::Not(inner) => self.holds(inner, scope).map(|value| !value),
            Predicate::IsUnknown(inner) => Some(self.holds(inner, scope).is_none()),
            Predicate::Exists(node) => self.sequence(node, scope).ok().map(|found| !found.is_empty()),
            Predicate::Compare(comparison, left, right) => self.compares(*comparison, left, right, scope),
            Predicate::StartsWith(whole, prefix) => self.starts_with(whole, prefix, scope),
        }
    }

    fn compares(&mut self, comparison: Comparison, left: &'a Node, right: &'a Node, scope: &Scope<'a>) -> Option<bool> {
        let left = self.sequence(left, scope).ok()?;
        let right = self.sequence(right, scope).ok()?;
        let (left, right) = (self.unwrapped(left), self.unwrapped(right));
        if left.is_empty() || right.is_empty() {
            return Some(false);
        }
        let (left, right) = (kinds(&left), kinds(&right));
        let (left_scalar, right_scalar) = (!left.scalars.is_empty(), !right.scalars.is_empty());
        if left.has_structure && (right.has_structure || right_scalar) || left_scalar && right.has_structure {
            return None;
        }
        let is_lax = self.path.is_lax;
        let mut is_found = match comparison {
            Comparison::Equal => left.has_null && right.has_null,
            Comparison::NotEqual => {
                left.has_null && (right_scalar || right.has_structure) || right.has_null && (left_scalar || left.has_structure)
            }
            _ => false,
        };
        if is_found && is_lax {
            return Some(true);
        }
        let (left, right) = (scalars(&left.scalars)?, scalars(&right.scalars)?);
        for left in &left {
            for right in &right {
                if compare(comparison, left, right, self.session)? {
                    is_found = true;
                    if is_lax {
                        return Some(true);
                    }
                }
            }
        }
        Some(is_found)
    }

    fn starts_with(&mut self, whole: &'a Node, prefix: &'a Node, scope: &Scope<'a>) -> Option<bool> {
        let whole = self.sequence(whole, scope).ok()?;
        let prefixes = self.sequence(prefix, scope).ok()?;
        let [prefix] = prefixes.as_slice() else { return None };
        let prefix = text(prefix)?;
        let prefix = prefix.text()?;
        let mut is_found = false;
        for item in self.unwrapped(whole) {
            if text(&item)?.text()?.starts_with(prefix.as_ref()) {
                is_found = true;
                if self.path.is_lax {
                    return Some(true);
                }
            }
        }
        Some(is_found)
    }
}

fn kinds<'a>(items: &'a [Item<'a>]) -> Kinds<'a> {
    let mut kinds = Kinds::default();
    for item in items {
        match item {
            Item::Node(Json::Null) => kinds.has_null = true,
            Item::Node(Json::Array(_) | Json::Object(_)) | Item::Pair(_) => kinds.has_structure = true,
            _ => kinds.scalars.push(item),
        }
    }
    kinds
}

/// None when one of them is no SQL value.
fn scalars<'a>(items: &[&'a Item<'a>]) -> Option<Vec<SqlValue<'a>>> {
    items.iter().map(|item| item.scalar().ok().flatten()).collect()
}

fn text<'a>(item: &Item<'a>) -> Option<SqlValue<'a>> {
    match item {
        Item::Value(_) | Item::Node(Json::Text(_)) => item.scalar().ok().flatten(),
        _ => None,
    }
}
