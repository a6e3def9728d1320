//! Which correlated subqueries does the reference refuse? Those its planner has no rule for, found by the rules' own conditions.
//!
//! The lowering itself takes any correlation. Athena does not, and a query that it refuses has to be refused here too. Where a
//! rule's reach can't be told from the tree alone (subqueries that look past their own query, several levels of them) a
//! subquery passes: refusing one that Athena takes would be worse.
//! Ref: Trino 401 `CheckSubqueryNodesAreRewritten`, `PlanNodeDecorrelator`, `TransformCorrelated…`, `DecorrelateUnnest`.

use std::collections::HashSet;

use datafusion::common::ScalarValue;
use owlake_functions::types::TrinoType;
use owlake_syntax::location::Location;

use super::dependent::conjuncts;
use super::expr::has_subquery;
use super::rewrite::{exprs_of, inputs_of, references, refers_to, relation_refers_to, visit};
use crate::error::EngineError;
use crate::ir::expr::Subquery;
use crate::ir::{Expr, ExprKind, JoinKind, Ordering, Relation, SubqueryKind, Symbol};

/// Errors: NOT_SUPPORTED at the first subquery that the reference can't decorrelate.
pub(super) fn check(relation: &Relation) -> Result<(), EngineError> {
    if let Relation::Lateral { kind, left, right, location, .. } = relation {
        let available = symbols_of(left);
        refuse(*location, Rules::of(right, &available).is_some_and(|rules| !rules.lateral(*kind, right)))?;
    }
    let inputs = inputs_of(relation);
    let available: HashSet<Symbol> = inputs.iter().flat_map(|input| symbols_of(input)).collect();
    for expr in exprs_of(relation) {
        let mut result = Ok(());
        visit(expr, &mut |node| {
            if let (ExprKind::Subquery(subquery), Ok(())) = (&node.kind, &result) {
                let is_refused = Rules::of(&subquery.relation, &available)
                    .is_some_and(|rules| !rules.reads_nothing(&subquery.relation) && !rules.subquery(subquery, &subquery.relation));
                result = refuse(subquery.location, is_refused).and_then(|()| check(&subquery.relation));
            }
        });
        result?;
    }
    inputs.into_iter().try_for_each(check)
}

fn refuse(at: Location, is_refused: bool) -> Result<(), EngineError> {
    if is_refused {
        return Err(EngineError::engine("NOT_SUPPORTED", format!("line {at}: Given correlated subquery is not supported")));
    }
    Ok(())
}

fn is_empty(relation: &Relation) -> bool {
    match relation {
        Relation::Limit { limit_rows: Some(0), .. } => true,
        Relation::Filter { input, predicate } => conjuncts(predicate).iter().any(is_false) || is_empty(input),
        Relation::Project { input, .. }
        | Relation::Sort { input, .. }
        | Relation::Distinct { input }
        | Relation::Limit { input, .. }
        | Relation::Window { input, .. } => is_empty(input),
        Relation::Join { kind: JoinKind::Inner, left, right, .. } => is_empty(left) || is_empty(right),
        _ => false,
    }
}

/// `false`, or a comparison of two constants that does not hold.
fn is_false(predicate: &Expr) -> bool {
    use owlake_functions::registry::Operator;
    match &predicate.kind {
        ExprKind::Literal(ScalarValue::Boolean(Some(false))) => true,
        ExprKind::Not(input) => is_true(input),
        ExprKind::Call { function, arguments } => {
            let [Expr { kind: ExprKind::Literal(left), .. }, Expr { kind: ExprKind::Literal(right), .. }] = arguments.as_slice() else {
                return false;
            };
            let is_comparable = !left.is_null() && !right.is_null() && left.data_type() == right.data_type();
            is_comparable
                && match left.partial_cmp(right) {
                    Some(order) if function.name == Operator::Equal.function_name() => order.is_ne(),
                    Some(order) if function.name == Operator::NotEqual.function_name() => order.is_eq(),
                    _ => false,
                }
        }
        _ => false,
    }
}

fn symbols_of(relation: &Relation) -> HashSet<Symbol> {
    relation.columns().into_iter().map(|column| column.symbol).collect()
}

/// The columns of the query right around a subquery that the subquery reads.
struct Rules {
    outer: HashSet<Symbol>,
}

/// What decorrelating a relation leaves behind.
#[derive(Default)]
struct Pulled {
    /// Own columns that the conditions pulled out read.
    propagated: HashSet<Symbol>,
    /// Own columns that have one value for each outer row.
    constant: HashSet<Symbol>,
    is_single_row: bool,
}

/// What stands over an UNNEST.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Rows,
    Aggregated,
}

/// Why a relation can't be decorrelated, or that nobody can tell here.
enum Stop {
    Refused,
    Unsure,
}

type Step = Result<Pulled, Stop>;

impl Rules {
    /// `None` when there is nothing to find out: no correlation, or one that is not with the query right around alone.
    fn of(relation: &Relation, available: &HashSet<Symbol>) -> Option<Self> {
        let mut free = HashSet::new();
        free_symbols(relation, &mut free);
        let is_known = !free.is_empty() && free.iter().all(|symbol| available.contains(symbol));
        is_known.then_some(Rules { outer: free })
    }

    /// Below what does not read the outer query, is there a relation that has no rows whatever they are? It goes away before
    /// anything is decorrelated. Ref: Trino 401 `EvaluateZeroLimit`, `RemoveTrivialFilters`, `RemoveEmpty…`.
    fn reads_nothing(&self, relation: &Relation) -> bool {
        is_empty(relation)
            || match relation {
                Relation::Project { input, .. }
                | Relation::Aggregate { input, .. }
                | Relation::Filter { input, .. }
                | Relation::Sort { input, .. }
                | Relation::Distinct { input }
                | Relation::Limit { input, .. } => {
                    !exprs_of(relation).into_iter().any(|expr| refers_to(expr, &self.outer)) && self.reads_nothing(input)
                }
                _ => false,
            }
    }

    fn subquery(&self, subquery: &Subquery, relation: &Relation) -> bool {
        let used: HashSet<Symbol> = subquery.columns.iter().map(|column| column.symbol).collect();
        match &subquery.kind {
            SubqueryKind::Exists => self.exists(relation),
            SubqueryKind::In { .. } => self.membership(relation),
            SubqueryKind::Quantified { operator, is_all, .. } => {
                use owlake_functions::registry::Operator;
                match (operator, is_all) {
                    // These are IN and NOT IN.
                    (Operator::Equal, false) | (Operator::NotEqual, true) => self.membership(relation),
                    // The others compare with extremes: a global aggregation stands over the subquery.
                    _ => self.unnested(relation, Shape::Aggregated) || self.passes(self.decorrelated(relation, &used)),
                }
            }
            SubqueryKind::Scalar => {
                self.single_row(relation, &used) || self.unnested(relation, Shape::Rows) || self.aggregated(relation, &used)
            }
        }
    }

    fn lateral(&self, kind: JoinKind, relation: &Relation) -> bool {
        let used = symbols_of(relation);
        matches!(kind, JoinKind::Inner | JoinKind::Left)
            && (self.single_row(relation, &used) || self.unnested(relation, Shape::Rows) || self.aggregated(relation, &used))
    }

    fn passes(&self, step: Step) -> bool {
        !matches!(step, Err(Stop::Refused))
    }

    /// Only whether there are rows matters: what the SELECT computes for them is not computed at all.
    fn exists(&self, relation: &Relation) -> bool {
        let inner = below_projections(relation);
        if is_global(inner) {
            return true;
        }
        self.unnested(inner, Shape::Aggregated) || self.passes(self.decorrelated(inner, &HashSet::new()))
    }

    /// IN: the outer columns stand in conditions right below projections that don't read them.
    fn membership(&self, relation: &Relation) -> bool {
        match relation {
            Relation::Project { input, expressions } => {
                !expressions.iter().any(|(_, expr)| refers_to(expr, &self.outer)) && self.membership(input)
            }
            Relation::Filter { input, predicate } => has_subquery(predicate) || self.membership(input),
            Relation::Join { kind: JoinKind::Inner, left, right, .. } => self.membership(left) && self.membership(right),
            Relation::Sort { input, order_by } => !self.sorts_by_outer(order_by) && self.membership(input),
            Relation::Distinct { .. } | Relation::Lateral { .. } => true,
            other => !relation_refers_to(other, &self.outer),
        }
    }

    /// `SELECT expressions` without FROM, or from one row that is not looked at.
    fn single_row(&self, relation: &Relation, used: &HashSet<Symbol>) -> bool {
        match relation {
            Relation::Project { input, expressions } => {
                let read = expressions.iter().filter(|(column, _)| used.contains(&column.symbol));
                self.single_row(input, &read.flat_map(|(_, expr)| references(expr)).collect())
            }
            Relation::Values { columns, rows } => rows.len() == 1 && !columns.iter().any(|column| used.contains(&column.symbol)),
            Relation::Filter { input, predicate } => is_true(predicate) && self.single_row(input, used),
            Relation::Sort { input, .. } => self.single_row(input, used),
            Relation::Limit { input, offset_rows: 0, limit_rows, .. } => *limit_rows != Some(0) && self.single_row(input, used),
            Relation::Join { left, right, condition: None, .. } | Relation::Lateral { left, right, condition: None, .. } => {
                self.single_row(left, used) && self.single_row(right, used)
            }
            _ => false,
        }
    }

    /// A global aggregation at the top groups by outer row instead; anything else has to be decorrelated as it is.
    fn aggregated(&self, relation: &Relation, used: &HashSet<Symbol>) -> bool {
        let relation = without_idle_limits(relation);
        let inner = below_projections(relation);
        let Relation::Aggregate { input, aggregates, groups } = inner else {
            return self.passes(self.decorrelated(relation, used));
        };
        if groups.sets.len() > 1 {
            return false;
        }
        if aggregates.iter().any(|call| call.arguments.iter().any(|argument| refers_to(argument, &self.outer))) {
            return false;
        }
        self.passes(self.decorrelated(input, &symbols_of(input)))
    }

    /// UNNEST of outer columns below projections, and either limits or aggregations of which the topmost is global.
    fn unnested(&self, relation: &Relation, shape: Shape) -> bool {
        match relation {
            Relation::Project { input, .. } => self.unnested(input, shape),
            Relation::Sort { input, .. } => self.unnested(input, shape),
            Relation::Limit { input, offset_rows: 0, limit_rows, .. } => {
                shape == Shape::Rows && *limit_rows != Some(0) && self.unnested(input, shape)
            }
            Relation::Aggregate { input, aggregates, groups } => {
                let filters_rows = !aggregates.is_empty() && aggregates.iter().all(|call| call.filter.is_some());
                let is_fit = is_global_group(groups) || shape == Shape::Aggregated && groups.sets.len() == 1;
                let groups_by_outer = groups.keys.iter().any(|(_, key)| refers_to(key, &self.outer));
                is_fit && !filters_rows && !groups_by_outer && self.unnested(input, Shape::Aggregated)
            }
            Relation::Unnest { input, items, .. } => {
                !relation_refers_to(input, &self.outer)
                    && matches!(below_projections(input), Relation::Values { rows, .. } if rows.len() == 1)
                    && items.iter().all(|item| references(&item.expr).iter().all(|symbol| self.outer.contains(symbol)))
            }
            _ => false,
        }
    }

    fn sorts_by_outer(&self, order_by: &[Ordering]) -> bool {
        order_by.iter().any(|key| refers_to(&key.expr, &self.outer))
    }

    /// Takes the conditions that read outer columns out of a relation of which only `used` is read.
    fn decorrelated(&self, relation: &Relation, used: &HashSet<Symbol>) -> Step {
        if !relation_refers_to(relation, &self.outer) {
            return Ok(Pulled::default());
        }
        match relation {
            Relation::Filter { input, predicate } => self.filtered(input, &conjuncts(predicate), used),
            Relation::Join { kind: JoinKind::Inner, left, right, condition } => {
                if relation_refers_to(left, &self.outer) || relation_refers_to(right, &self.outer) {
                    let idle = |side: &Relation| condition.is_none() && symbols_of(side).is_disjoint(used) && self.single_row(side, used);
                    return match (idle(left), idle(right)) {
                        (_, true) => self.decorrelated(left, used),
                        (true, _) => self.decorrelated(right, used),
                        (false, false) => Err(Stop::Refused),
                    };
                }
                self.pulled(Pulled::default(), &condition.iter().flat_map(conjuncts).collect::<Vec<_>>())
            }
            Relation::Project { input, expressions } => {
                let read = expressions.iter().filter(|(column, _)| used.contains(&column.symbol));
                let mut below = HashSet::new();
                for (_, expr) in read {
                    if has_subquery(expr) {
                        return Err(Stop::Unsure);
                    }
                    if refers_to(expr, &self.outer) {
                        return Err(Stop::Refused);
                    }
                    below.extend(references(expr));
                }
                self.decorrelated(input, &below)
            }
            // An order without a limit is none.
            Relation::Sort { input, order_by } => {
                if self.sorts_by_outer(order_by) {
                    Err(Stop::Unsure)
                } else {
                    self.decorrelated(input, used)
                }
            }
            Relation::Limit { input, offset_rows, limit_rows, with_ties } => {
                self.limited(input, *offset_rows, *limit_rows, with_ties.is_some(), used)
            }
            Relation::Aggregate { input, groups, aggregates } => {
                if groups.sets.len() != 1 || groups.sets.iter().any(Vec::is_empty) {
                    return Err(Stop::Refused);
                }
                let keys: HashSet<Symbol> = groups.keys.iter().map(|(column, _)| column.symbol).collect();
                let arguments = aggregates.iter().flat_map(|call| call.arguments.iter().chain(&call.filter)).flat_map(references);
                let below = arguments.chain(groups.keys.iter().flat_map(|(_, key)| references(key))).collect();
                let pulled = self.decorrelated(input, &below)?;
                if exprs_of(relation).into_iter().any(|expr| refers_to(expr, &self.outer)) {
                    return Err(Stop::Unsure);
                }
                grouped(pulled, &keys)
            }
            Relation::Distinct { input } => {
                let keys = symbols_of(input);
                grouped(self.decorrelated(input, &keys)?, &keys)
            }
            // What nobody reads is not computed.
            Relation::Window { input, calls } if !calls.iter().any(|call| used.contains(&call.output.symbol)) => {
                self.decorrelated(input, used)
            }
            Relation::Window { .. }
            | Relation::Values { .. }
            | Relation::SetOperation { .. }
            | Relation::Join { .. }
            | Relation::Unnest { .. }
            | Relation::Sample { .. }
            | Relation::PatternRecognition(_) => Err(Stop::Refused),
            Relation::Lateral { left, right, condition, .. } => {
                let has_single_row = condition.is_none() && self.single_row(right, used);
                match symbols_of(right).is_disjoint(used) {
                    true if has_single_row => self.decorrelated(left, used),
                    false if has_single_row => Err(Stop::Refused),
                    _ => Err(Stop::Unsure),
                }
            }
            Relation::Scan { .. } | Relation::RecursiveUnion { .. } | Relation::RecursiveReference { .. } => Err(Stop::Unsure),
        }
    }

    fn filtered(&self, input: &Relation, terms: &[Expr], used: &HashSet<Symbol>) -> Step {
        if terms.iter().any(|term| has_subquery(term) && refers_to(term, &self.outer)) {
            return Err(Stop::Unsure);
        }
        let below = terms.iter().flat_map(references).chain(used.iter().copied()).collect();
        self.pulled(self.decorrelated(input, &below)?, terms)
    }

    fn pulled(&self, mut pulled: Pulled, terms: &[Expr]) -> Step {
        for term in terms.iter().filter(|term| refers_to(term, &self.outer)) {
            pulled.propagated.extend(references(term).into_iter().filter(|symbol| !self.outer.contains(symbol)));
            pulled.constant.extend(self.made_constant(term));
        }
        Ok(pulled)
    }

    /// `column = outer value`.
    fn made_constant(&self, term: &Expr) -> Option<Symbol> {
        let ExprKind::Call { function, arguments } = &term.kind else { return None };
        let [left, right] = arguments.as_slice() else { return None };
        let is_outer = |expr: &Expr| references(expr).iter().all(|symbol| self.outer.contains(symbol));
        let own = |expr: &Expr| column_behind_casts(expr).filter(|symbol| !self.outer.contains(symbol));
        if function.name != "$equal" {
            return None;
        }
        match (own(left), own(right)) {
            (Some(column), _) if is_outer(right) => Some(column),
            (_, Some(column)) if is_outer(left) => Some(column),
            _ => None,
        }
    }

    fn limited(&self, input: &Relation, offset_rows: u64, limit_rows: Option<u64>, with_ties: bool, used: &HashSet<Symbol>) -> Step {
        if offset_rows > 0 || with_ties || limit_rows == Some(0) {
            return Err(Stop::Refused);
        }
        let mut used = used.clone();
        let (source, is_sorted) = match input {
            Relation::Sort { input, order_by } => {
                if self.sorts_by_outer(order_by) {
                    return Err(Stop::Refused);
                }
                used.extend(order_by.iter().flat_map(|key| references(&key.expr)));
                (input.as_ref(), true)
            }
            other => (other, false),
        };
        let pulled = self.decorrelated(source, &used)?;
        if pulled.is_single_row {
            return Ok(pulled);
        }
        let read = used.iter().chain(&pulled.propagated);
        let is_fit = match limit_rows {
            None => true,
            // LIMIT 1 becomes a grouping by all columns there are.
            Some(1) if !is_sorted => !pulled.constant.is_empty() && read.into_iter().all(|symbol| pulled.constant.contains(symbol)),
            Some(_) => pulled.propagated.is_subset(&pulled.constant),
        };
        if is_fit { Ok(Pulled { is_single_row: limit_rows == Some(1), ..pulled }) } else { Err(Stop::Refused) }
    }
}

/// A grouping by keys, to which the columns that conditions read are added.
fn grouped(pulled: Pulled, keys: &HashSet<Symbol>) -> Step {
    if !pulled.propagated.iter().all(|symbol| keys.contains(symbol) || pulled.constant.contains(symbol)) {
        return Err(Stop::Refused);
    }
    Ok(Pulled { is_single_row: keys.iter().all(|key| pulled.constant.contains(key)), ..pulled })
}

/// A condition that is true at sight.
fn is_true(predicate: &Expr) -> bool {
    match &predicate.kind {
        ExprKind::Literal(value) => *value == ScalarValue::Boolean(Some(true)),
        ExprKind::And(terms) => terms.iter().all(is_true),
        ExprKind::Call { function, arguments } => match arguments.as_slice() {
            [Expr { kind: ExprKind::Literal(left), .. }, Expr { kind: ExprKind::Literal(right), .. }] => {
                function.name == "$equal" && left == right && !left.is_null()
            }
            _ => false,
        },
        _ => false,
    }
}

fn is_global_group(groups: &crate::ir::GroupingSets) -> bool {
    groups.sets.len() == 1 && groups.sets.iter().all(Vec::is_empty)
}

fn is_global(relation: &Relation) -> bool {
    matches!(relation, Relation::Aggregate { groups, .. } if is_global_group(groups))
}

fn below_projections(relation: &Relation) -> &Relation {
    match relation {
        Relation::Project { input, .. } | Relation::Sort { input, .. } => below_projections(input),
        other => other,
    }
}

/// Limits over a global aggregation, which has one row anyway.
fn without_idle_limits(relation: &Relation) -> &Relation {
    match relation {
        Relation::Limit { input, offset_rows: 0, limit_rows, .. } if *limit_rows != Some(0) && is_global(below_projections(input)) => input,
        Relation::Project { input, .. }
            if matches!(**input, Relation::Limit { .. }) && !std::ptr::eq(without_idle_limits(input), &**input) =>
        {
            without_idle_limits(input)
        }
        other => other,
    }
}

/// A column, or one behind casts that keep different values different.
fn column_behind_casts(expr: &Expr) -> Option<Symbol> {
    match &expr.kind {
        ExprKind::Column(symbol) => Some(*symbol),
        ExprKind::Cast { input, .. } if keeps_apart(&input.data_type, &expr.data_type) => column_behind_casts(input),
        _ => None,
    }
}

fn keeps_apart(from: &TrinoType, to: &TrinoType) -> bool {
    !matches!(
        (from, to),
        (TrinoType::Bigint | TrinoType::Decimal { .. }, TrinoType::Double | TrinoType::Real) | (TrinoType::Integer, TrinoType::Real)
    )
}

/// The columns a relation reads and does not have itself.
fn free_symbols(relation: &Relation, free: &mut HashSet<Symbol>) {
    let inputs = inputs_of(relation);
    let mut given: HashSet<Symbol> = inputs.iter().flat_map(|input| symbols_of(input)).collect();
    let mut read: HashSet<Symbol> = HashSet::new();
    for expr in exprs_of(relation) {
        read.extend(references(expr));
    }
    if let Relation::Lateral { left, right, .. } = relation {
        given.extend(symbols_of(left));
        let mut inner = HashSet::new();
        free_symbols(right, &mut inner);
        free_symbols(left, free);
        read.extend(inner);
    } else {
        inputs.into_iter().for_each(|input| free_symbols(input, free));
    }
    if let Relation::PatternRecognition(recognition) = relation {
        // Pointers and what rows are called within aggregates are the pattern's own.
        for pointer in recognition.expressions().flat_map(|expression| &expression.pointers) {
            given.insert(pointer.column.symbol);
            if let crate::ir::pattern::PointerValue::Aggregate { classifier, match_number, .. } = &pointer.value {
                given.extend([classifier.symbol, match_number.symbol]);
            }
        }
        given.extend(recognition.matching.computed.iter().map(|(column, _)| column.symbol));
    }
    free.extend(read.into_iter().filter(|symbol| !given.contains(symbol)));
}
