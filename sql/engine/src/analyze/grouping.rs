//! How does GROUP BY change what an expression may read? The keys, the sets and the rewriting of what stands above them.
//! Ref: Trino 401 `AggregationAnalyzer`, `QueryPlanner.aggregate`.

use std::collections::HashSet;

use datafusion::common::ScalarValue;
use owlake_functions::types::TrinoType;

use crate::ir::{Column, Expr, ExprKind, GroupingSets, Symbol};

use super::structure::{is_same, rewrite};

/// The keys of a GROUP BY and the product of its elements.
#[derive(Debug, Default)]
pub(crate) struct Grouping {
    pub keys: Vec<(Column, Expr)>,
    /// One list of sets (of key indexes) an element of GROUP BY.
    pub elements: Vec<Vec<Vec<usize>>>,
    /// Columns of the source: as keys they keep their symbols, columns of outer queries get new ones.
    pub own: HashSet<Symbol>,
}

/// A `grouping(…)` call: the placeholder that stands for it until the sets are known.
#[derive(Debug)]
pub(crate) struct GroupingCall {
    pub placeholder: Column,
    pub arguments: Vec<Expr>,
}

impl Grouping {
    /// The index of a key, which is added when it is new; `fresh` makes the symbol of a key that is no plain column.
    pub(crate) fn add_key(&mut self, expr: Expr, fresh: impl FnOnce() -> Symbol) -> usize {
        if let Some(index) = self.key_of(&expr) {
            return index;
        }
        let symbol = match &expr.kind {
            ExprKind::Column(symbol) if self.own.contains(symbol) => *symbol,
            _ => fresh(),
        };
        self.keys.push((Column { symbol, data_type: expr.data_type.clone() }, expr));
        self.keys.len() - 1
    }

    pub(crate) fn key_of(&self, expr: &Expr) -> Option<usize> {
        self.keys.iter().position(|(_, key)| is_same(key, expr))
    }

    /// Whether a source column is a key by itself.
    pub(crate) fn is_key(&self, symbol: Symbol) -> bool {
        self.keys.iter().any(|(column, expr)| column.symbol == symbol && matches!(expr.kind, ExprKind::Column(own) if own == symbol))
    }

    /// All combinations of one set an element.
    pub(crate) fn sets(&self) -> Vec<Vec<usize>> {
        let mut sets = vec![Vec::new()];
        for element in &self.elements {
            sets = sets
                .iter()
                .flat_map(|set: &Vec<usize>| {
                    element.iter().map(move |addition| {
                        let mut union = set.clone();
                        union.extend(addition.iter().filter(|key| !set.contains(key)));
                        union
                    })
                })
                .collect();
        }
        for set in &mut sets {
            set.sort_unstable();
            set.dedup();
        }
        sets
    }

    /// Puts keys and `grouping(…)` values in the place of the expressions they stand for.
    pub(crate) fn rewrite(&self, expr: &mut Expr, calls: &[(Symbol, Expr)]) {
        if self.keys.is_empty() && calls.is_empty() {
            return;
        }
        rewrite(expr, &mut |part| {
            if let ExprKind::Column(symbol) = part.kind
                && let Some((_, value)) = calls.iter().find(|(placeholder, _)| *placeholder == symbol)
            {
                return Some(value.clone());
            }
            let index = self.key_of(part)?;
            let (column, _) = &self.keys[index];
            Some(Expr { kind: ExprKind::Column(column.symbol), data_type: column.data_type.clone() })
        });
    }

    /// The value of a `grouping(…)` call over the keys `arguments`, leftmost most significant: a bit is set where the key
    /// is not in the row's set.
    pub(crate) fn grouping_value(
        &self,
        arguments: &[usize],
        sets: &[Vec<usize>],
        grouping_id: Option<&Column>,
        data_type: &TrinoType,
    ) -> Expr {
        let literal = |value: i64| {
            let scalar = match data_type {
                TrinoType::Integer => ScalarValue::Int32(i32::try_from(value).ok()),
                _ => ScalarValue::Int64(Some(value)),
            };
            Expr { kind: ExprKind::Literal(scalar), data_type: data_type.clone() }
        };
        let mask = |set: &[usize]| arguments.iter().fold(0_i64, |mask, key| (mask << 1) | i64::from(!set.contains(key)));
        let Some(grouping_id) = grouping_id else {
            return literal(sets.first().map_or(0, |set| mask(set)));
        };
        let mut seen = HashSet::new();
        let mut branches = Vec::with_capacity(sets.len());
        for set in sets {
            let id = self.grouping_id(set);
            if seen.insert(id) {
                let label = Expr { kind: ExprKind::Literal(ScalarValue::Int64(Some(id))), data_type: TrinoType::Bigint };
                branches.push((label, literal(mask(set))));
            }
        }
        let operand = Expr { kind: ExprKind::Column(grouping_id.symbol), data_type: TrinoType::Bigint };
        Expr { kind: ExprKind::SimpleCase { operand: Box::new(operand), branches, otherwise: None }, data_type: data_type.clone() }
    }

    /// The `grouping_id` of a set: bit `keys.len()-1-i` is set when key `i` is missing.
    fn grouping_id(&self, set: &[usize]) -> i64 {
        (0..self.keys.len()).fold(0_i64, |id, key| (id << 1) | i64::from(!set.contains(&key)))
    }

    pub(crate) fn into_sets(self, sets: Vec<Vec<usize>>, grouping_id: Option<Column>) -> GroupingSets {
        GroupingSets { keys: self.keys, sets, grouping_id }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(symbol: u32) -> Expr {
        Expr { kind: ExprKind::Column(Symbol(symbol)), data_type: TrinoType::Bigint }
    }

    #[test]
    fn elements_multiply_and_a_set_holds_a_key_once() {
        let mut grouping = Grouping { own: (0..3).map(Symbol).collect(), ..Grouping::default() };
        for symbol in 0..3 {
            grouping.add_key(column(symbol), || Symbol(100));
        }
        grouping.elements = vec![vec![vec![0]], vec![vec![0, 1], vec![2], vec![]]];
        assert_eq!(grouping.sets(), vec![vec![0, 1], vec![0, 2], vec![0]]);
    }

    #[test]
    fn grouping_bits_count_from_the_leftmost_argument() {
        let mut grouping = Grouping { own: (0..2).map(Symbol).collect(), ..Grouping::default() };
        grouping.add_key(column(0), || Symbol(100));
        grouping.add_key(column(1), || Symbol(100));
        let sets = vec![vec![0], vec![0, 1]];
        let id = Column { symbol: Symbol(9), data_type: TrinoType::Bigint };
        let value = grouping.grouping_value(&[0, 1], &sets, Some(&id), &TrinoType::Integer);
        let ExprKind::SimpleCase { branches, .. } = value.kind else { unreachable!("a case") };
        let results: Vec<_> = branches.iter().map(|(label, result)| format!("{:?} {:?}", label.kind, result.kind)).collect();
        assert_eq!(results, ["Literal(Int64(1)) Literal(Int32(1))", "Literal(Int64(0)) Literal(Int32(0))"]);
    }
}
