//! Which keys and sets does a GROUP BY clause name? Ordinals, expressions, ROLLUP, CUBE, GROUPING SETS. Ref: Trino 401 `StatementAnalyzer.analyzeGroupBy`.

use std::rc::Rc;

use owlake_syntax::location::Location;
use owlake_syntax::trino::ast::{Expression, GroupBy, GroupingElement, QuerySpecification};

use crate::ir::ExprKind;

use super::analyzer::{Analyzer, Place};
use super::expression_text::expression_text;
use super::failure::{Analysis, fail_at, mismatch};
use super::grouping::Grouping;
use super::literals::long_literal;
use super::scope::Scope;
use super::select::{Item, Written};
use super::visit::check_scalar;

const GROUPING_SETS_MAX: u64 = 2048;
/// More columns in one CUBE than this overflow Trino's counter.
const CUBE_COLUMNS_MAX: usize = 30;

impl<'a> Analyzer<'a> {
    /// The keys and sets; none of either for a global aggregation.
    pub(crate) fn group_by(
        &mut self,
        specification: &'a QuerySpecification,
        at: Location,
        items: &[Item<'a>],
        source: &Rc<Scope<'a>>,
    ) -> Analysis<Grouping> {
        let mut grouping = Grouping { own: source.fields.iter().map(|field| field.symbol).collect(), ..Grouping::default() };
        let Some(group_by) = &specification.group_by else { return Ok(grouping) };
        check_set_count(group_by)?;
        let place = Place::plain(source);
        for element in &group_by.elements {
            match element {
                GroupingElement::Simple { expressions, .. } => {
                    let mut set = Vec::with_capacity(expressions.len());
                    for expression in expressions {
                        set.push(self.simple_key(expression, items, &mut grouping, &place)?);
                    }
                    grouping.elements.push(vec![set]);
                }
                GroupingElement::Rollup { sets, .. } => {
                    let sets = self.column_sets(sets, &mut grouping, &place)?;
                    grouping.elements.push((0..=sets.len()).rev().map(|length| sets[..length].concat()).collect());
                }
                GroupingElement::Cube { sets, .. } => {
                    let sets = self.column_sets(sets, &mut grouping, &place)?;
                    let subsets = (0..1_usize << sets.len()).rev().map(|mask| {
                        let chosen = sets.iter().enumerate().filter(|(index, _)| mask & (1 << (sets.len() - 1 - index)) != 0);
                        chosen.flat_map(|(_, set)| set.iter().copied()).collect()
                    });
                    grouping.elements.push(subsets.collect());
                }
                GroupingElement::GroupingSets { sets, .. } => {
                    let sets = self.column_sets(sets, &mut grouping, &place)?;
                    grouping.elements.push(sets);
                }
            }
        }
        if let Some((column, _)) = grouping.keys.iter().find(|(column, _)| !column.data_type.is_comparable()) {
            let message = format!("{} is not comparable, and therefore cannot be used in GROUP BY", column.data_type);
            return Err(mismatch(at, message));
        }
        Ok(grouping)
    }

    fn simple_key(
        &mut self,
        expression: &'a Expression,
        items: &[Item<'a>],
        grouping: &mut Grouping,
        place: &Place<'a>,
    ) -> Analysis<usize> {
        let key = match long_literal(expression) {
            Some(ordinal) => {
                let position = usize::try_from(ordinal).ok().filter(|ordinal| (1..=items.len()).contains(ordinal));
                let Some(item) = position.and_then(|ordinal| items.get(ordinal - 1)) else {
                    let message = format!("GROUP BY position {ordinal} is not in select list");
                    return Err(fail_at(expression.location, "INVALID_COLUMN_REFERENCE", message));
                };
                if let Written::Expression(written) = item.written {
                    check_scalar(written, "GROUP BY clause")?;
                }
                item.expr.clone()
            }
            None => {
                check_scalar(expression, "GROUP BY clause")?;
                self.expression(expression, place)?
            }
        };
        Ok(grouping.add_key(key, || self.fresh_symbol()))
    }

    fn column_sets(&mut self, sets: &'a [Vec<Expression>], grouping: &mut Grouping, place: &Place<'a>) -> Analysis<Vec<Vec<usize>>> {
        let mut indexes = Vec::with_capacity(sets.len());
        for set in sets {
            let mut keys = Vec::with_capacity(set.len());
            for expression in set {
                check_scalar(expression, "GROUP BY clause")?;
                let typed = self.expression(expression, place)?;
                if !matches!(typed.kind, ExprKind::Column(_)) {
                    let message = format!("GROUP BY expression must be a column reference: {}", expression_text(expression));
                    return Err(fail_at(expression.location, "INVALID_COLUMN_REFERENCE", message));
                }
                keys.push(grouping.add_key(typed, || self.fresh_symbol()));
            }
            indexes.push(keys);
        }
        Ok(indexes)
    }
}

/// Errors: TOO_MANY_GROUPING_SETS.
fn check_set_count(group_by: &GroupBy) -> Analysis<()> {
    let mut product: u64 = 1;
    for element in &group_by.elements {
        let count = match element {
            GroupingElement::Simple { .. } => Some(1),
            GroupingElement::Rollup { sets, .. } => Some(sets.len() as u64 + 1),
            GroupingElement::GroupingSets { sets, .. } => Some(sets.len() as u64),
            GroupingElement::Cube { sets, .. } if sets.len() > CUBE_COLUMNS_MAX => None,
            GroupingElement::Cube { sets, .. } => Some(1 << sets.len()),
        };
        let total = count.and_then(|count| product.checked_mul(count)).filter(|total| i32::try_from(*total).is_ok());
        let Some(total) = total else {
            let message = format!("GROUP BY has more than {} grouping sets but can contain at most {GROUPING_SETS_MAX}", i32::MAX);
            return Err(fail_at(group_by.location, "TOO_MANY_GROUPING_SETS", message));
        };
        if total > GROUPING_SETS_MAX {
            let message = format!("GROUP BY has {total} grouping sets but can contain at most {GROUPING_SETS_MAX}");
            return Err(fail_at(group_by.location, "TOO_MANY_GROUPING_SETS", message));
        }
        product = total;
    }
    Ok(())
}
