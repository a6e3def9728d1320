//! How do subqueries in expressions become joins? Each is taken out of its expression and joined to the plan below it.
//!
//! A condition of WHERE that is EXISTS or IN becomes a semi-join, NOT EXISTS an anti-join. Every other subquery is
//! turned into one that gives exactly one row (a scalar, a count, the extremes a quantified comparison needs), whose columns are
//! appended. A correlation by equality or by a plain predicate is pulled up into the join; any other goes through
//! [`super::dependent`]. Ref: Trino 401 `io.trino.sql.planner.SubqueryPlanner`.

use std::collections::HashSet;

use datafusion::common::{JoinType, NullEquality, ScalarValue};
use datafusion::logical_expr::{Join, JoinConstraint, LogicalPlan};
use owlake_functions::registry::Operator;
use owlake_functions::types::TrinoType;

use super::dependent::{Domain, compare, conjunction, conjuncts, cross, literal, named_function, not, reference};
use super::expr::{has_subquery, udf_call};
use super::join::{join_type, joined, joined_on};
use super::lowerer::{Lowerer, column_of, name_of, project};
use super::rewrite::{references, refers_to, relation_refers_to};
use crate::error::EngineError;
use crate::ir::expr::Subquery;
use crate::ir::{AggregateCall, Column, Expr, ExprKind, GroupingSets, JoinKind, Relation, SubqueryKind, Symbol};

/// A relation whose references to the outer query were taken out of it, and the conditions they stood in.
struct PulledUp {
    relation: Relation,
    conditions: Vec<Expr>,
}

impl Lowerer {
    /// The plan that holds what a predicate's subqueries give, and the predicate that is left to apply.
    pub(super) fn apply_filter_subqueries(
        &mut self,
        plan: LogicalPlan,
        predicate: &Expr,
    ) -> Result<(LogicalPlan, Option<Expr>), EngineError> {
        if !has_subquery(predicate) {
            return Ok((plan, Some(predicate.clone())));
        }
        let mut plan = plan;
        let mut left: Vec<Expr> = Vec::new();
        let (plain, with_subquery): (Vec<Expr>, Vec<Expr>) = conjuncts(predicate).into_iter().partition(|term| !has_subquery(term));
        if let Some(plain) = conjunction(plain) {
            plan = self.filter(plan, &plain)?;
        }
        for term in with_subquery {
            if let Some(semi) = self.semi_join(&plan, &term)? {
                plan = semi;
                continue;
            }
            let (applied, term) = self.apply_subqueries(plan, &term)?;
            plan = applied;
            left.push(term);
        }
        Ok((plan, conjunction(left)))
    }

    /// The plan with the columns that the expression's subqueries give, and the expression over them.
    pub(super) fn apply_subqueries(&mut self, plan: LogicalPlan, expr: &Expr) -> Result<(LogicalPlan, Expr), EngineError> {
        if !has_subquery(expr) {
            return Ok((plan, expr.clone()));
        }
        let mut subqueries: Vec<Subquery> = Vec::new();
        let rewritten = super::rewrite::transform(expr, &mut |node| match node.kind {
            ExprKind::Subquery(subquery) => {
                // A place holder, found again by its number; subqueries come innermost first.
                subqueries.push(*subquery);
                let marker = Symbol(u32::MAX - (subqueries.len() - 1) as u32);
                Expr { kind: ExprKind::LambdaVariable(marker), data_type: node.data_type }
            }
            _ => node,
        });
        let mut plan = plan;
        let mut values: Vec<Expr> = Vec::new();
        for mut subquery in subqueries {
            // A comparand may itself hold a subquery that is replaced by now.
            subquery.kind = match subquery.kind {
                SubqueryKind::In { value } => SubqueryKind::In { value: Box::new(fill_in(&value, &values)) },
                SubqueryKind::Quantified { value, operator, is_all } => {
                    SubqueryKind::Quantified { value: Box::new(fill_in(&value, &values)), operator, is_all }
                }
                other => other,
            };
            let (with_value, value) = self.attach_subquery(plan, &subquery)?;
            plan = with_value;
            values.push(value);
        }
        Ok((plan, fill_in(&rewritten, &values)))
    }

    /// Subqueries in the condition of an outer join: each is computed beside the side it looks at.
    pub(super) fn apply_join_subqueries(
        &mut self,
        left: &mut LogicalPlan,
        left_columns: &[Column],
        right: &mut LogicalPlan,
        right_columns: &[Column],
        condition: &Expr,
    ) -> Result<Expr, EngineError> {
        let sees = |term: &Expr, columns: &[Column]| {
            let symbols: HashSet<Symbol> = columns.iter().map(|column| column.symbol).collect();
            !refers_to(term, &symbols)
        };
        let mut terms = Vec::new();
        for term in conjuncts(condition) {
            if !has_subquery(&term) {
                terms.push(term);
            } else if sees(&term, left_columns) {
                let (plan, term) = self.apply_subqueries(std::mem::take(right), &term)?;
                *right = plan;
                terms.push(term);
            } else if sees(&term, right_columns) {
                let (plan, term) = self.apply_subqueries(std::mem::take(left), &term)?;
                *left = plan;
                terms.push(term);
            } else {
                return Err(EngineError::engine(
                    "NOT_SUPPORTED",
                    "A subquery over both sides of an outer join's condition is not supported",
                ));
            }
        }
        conjunction(terms).ok_or_else(|| EngineError::internal("a join condition without terms"))
    }

    /// LATERAL: the right side for each row of the left.
    pub(super) fn lateral(
        &mut self,
        kind: JoinKind,
        left: &Relation,
        right: &Relation,
        correlation: &[Column],
        condition: Option<&Expr>,
    ) -> Result<LogicalPlan, EngineError> {
        let outer: HashSet<Symbol> = correlation.iter().map(|column| column.symbol).collect();
        if !relation_refers_to(right, &outer) {
            return self.join(kind, left, right, condition);
        }
        if !matches!(kind, JoinKind::Inner | JoinKind::Left) {
            return Err(EngineError::engine("NOT_SUPPORTED", "LATERAL on the outer side of a join is not supported"));
        }
        let left_plan = self.relation(left)?;
        if let Some(pulled) = pull_up(right, &outer, false) {
            let mut terms = pulled.conditions;
            terms.extend(condition.cloned());
            if terms.iter().all(|term| !has_subquery(term)) {
                let right_plan = self.relation(&pulled.relation)?;
                let condition = conjunction(terms).map(|condition| self.expr(&condition)).transpose()?;
                return joined(left_plan, right_plan, join_type(kind), condition);
            }
        }
        let condition = condition.map(|condition| self.expr(condition)).transpose()?;
        self.join_dependent(left_plan, right, correlation, join_type(kind), condition)
    }

    /// `plan` joined to `relation`, computed for every combination of the outer columns' values.
    fn join_dependent(
        &mut self,
        plan: LogicalPlan,
        relation: &Relation,
        correlation: &[Column],
        join_type: JoinType,
        condition: Option<datafusion::logical_expr::Expr>,
    ) -> Result<LogicalPlan, EngineError> {
        let domain = self.domain(&plan, correlation)?;
        let carried = self.dependent(relation, &domain)?;
        let inner = self.relation(&carried.relation)?;
        let on =
            correlation.iter().zip(&carried.columns).map(|(outer, inner)| (column_of(outer.symbol), column_of(inner.symbol))).collect();
        joined_on(plan, inner, join_type, on, condition, NullEquality::NullEqualsNull)
    }

    /// Registers the distinct values of the plan's outer columns.
    fn domain(&mut self, plan: &LogicalPlan, correlation: &[Column]) -> Result<Domain, EngineError> {
        let outer = project(plan.clone(), correlation.iter().map(|column| column_of(column.symbol)).collect())?;
        let id = self.fresh_symbol().0;
        self.register_domain(id, super::set_operation::distinct(outer), correlation.to_vec());
        Ok(Domain { id, outer: correlation.to_vec() })
    }

    /// EXISTS, NOT EXISTS and IN as a whole condition of WHERE. `None` when the term is something else.
    fn semi_join(&mut self, plan: &LogicalPlan, term: &Expr) -> Result<Option<LogicalPlan>, EngineError> {
        let (subquery, is_negated) = match &term.kind {
            ExprKind::Subquery(subquery) => (subquery, false),
            ExprKind::Not(inner) => match &inner.kind {
                ExprKind::Subquery(subquery) => (subquery, true),
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        if without_relation(subquery)?.is_some() {
            return Ok(None);
        }
        let outer: HashSet<Symbol> = subquery.correlation.iter().map(|column| column.symbol).collect();
        let mut matches: Vec<Expr> = Vec::new();
        match &subquery.kind {
            SubqueryKind::Exists => {}
            SubqueryKind::In { value } | SubqueryKind::Quantified { value, operator: Operator::Equal, is_all: false }
                if !is_negated && !has_subquery(value) =>
            {
                matches.extend(row_equality(value, &subquery.columns)?);
            }
            SubqueryKind::In { value } if is_negated && outer.is_empty() && !has_subquery(value) => {
                return self.null_aware_anti_join(plan, subquery, value);
            }
            SubqueryKind::In { .. } | SubqueryKind::Scalar | SubqueryKind::Quantified { .. } => return Ok(None),
        }
        let join_type = if is_negated { JoinType::LeftAnti } else { JoinType::LeftSemi };
        if outer.is_empty() && matches.is_empty() {
            return Ok(None);
        }
        if let Some(pulled) = pull_up(&subquery.relation, &outer, true)
            && pulled.conditions.iter().all(|condition| !has_subquery(condition))
        {
            let inner = self.relation(&pulled.relation)?;
            matches.extend(pulled.conditions);
            let condition = conjunction(matches).map(|condition| self.expr(&condition)).transpose()?;
            return joined(plan.clone(), inner, join_type, condition).map(Some);
        }
        let condition = conjunction(matches).map(|condition| self.expr(&condition)).transpose()?;
        self.join_dependent(plan.clone(), &subquery.relation, &subquery.correlation, join_type, condition).map(Some)
    }

    /// NOT IN over one column of a type whose equality is DataFusion's own: its anti-join that knows of nulls says exactly the same.
    fn null_aware_anti_join(&mut self, plan: &LogicalPlan, subquery: &Subquery, value: &Expr) -> Result<Option<LogicalPlan>, EngineError> {
        let [column] = subquery.columns.as_slice() else { return Ok(None) };
        if value.data_type != column.data_type || !super::native::equals_natively(&value.data_type) {
            return Ok(None);
        }
        let inner = self.relation(&subquery.relation)?;
        let on = vec![(self.expr(value)?, column_of(column.symbol))];
        let (left, right) = (std::sync::Arc::new(plan.clone()), std::sync::Arc::new(inner));
        let nulls = NullEquality::NullEqualsNothing;
        let join = Join::try_new(left, right, on, None, JoinType::LeftAnti, JoinConstraint::On, nulls, true)?;
        Ok(Some(LogicalPlan::Join(join)))
    }

    /// The plan with the subquery's value, and the expression that is the value.
    fn attach_subquery(&mut self, plan: LogicalPlan, subquery: &Subquery) -> Result<(LogicalPlan, Expr), EngineError> {
        if let Some(value) = without_relation(subquery)? {
            return self.apply_subqueries(plan, &value);
        }
        match &subquery.kind {
            SubqueryKind::Scalar => self.attach_scalar(plan, subquery),
            SubqueryKind::Exists => {
                let count = self.count_of(Vec::new())?;
                let output = count.output.clone();
                let plan = self.attach_aggregates(plan, &subquery.relation, vec![count], &subquery.correlation)?;
                Ok((plan, compare(Operator::GreaterThan, reference(&output), bigint(0))?))
            }
            SubqueryKind::In { value } => self.attach_in(plan, subquery, value),
            SubqueryKind::Quantified { value, operator, is_all } => match (operator, is_all) {
                (Operator::Equal, false) => self.attach_in(plan, subquery, value),
                (Operator::NotEqual, true) => {
                    let (plan, is_in) = self.attach_in(plan, subquery, value)?;
                    Ok((plan, not(is_in)))
                }
                _ => self.attach_quantified(plan, subquery, value, *operator, *is_all),
            },
        }
    }

    fn attach_scalar(&mut self, plan: LogicalPlan, subquery: &Subquery) -> Result<(LogicalPlan, Expr), EngineError> {
        let [column] = subquery.columns.as_slice() else { return Err(EngineError::internal("a scalar subquery of several columns")) };
        if gives_one_row(&subquery.relation) {
            let plan = self.attach_row(plan, &subquery.relation, &subquery.correlation)?;
            return Ok((plan, reference(column)));
        }
        let count = self.count_of(Vec::new())?;
        let rows = count.output.clone();
        let value = self.fresh_column(column.data_type.clone());
        let any_value = if owlake_functions::registry::find_kind("arbitrary").is_some() { "arbitrary" } else { "max" };
        let any = self.aggregate_of(any_value, vec![reference(column)], value.clone())?;
        let plan = self.attach_aggregates(plan, &subquery.relation, vec![count, any], &subquery.correlation)?;
        // The value, unless there were several rows.
        let checked = self.fresh_column(column.data_type.clone());
        let check = udf_call(crate::plan::single_row::single_row(), vec![column_of(rows.symbol), column_of(value.symbol)]);
        let mut expressions: Vec<_> = plan.schema().columns().into_iter().map(datafusion::logical_expr::Expr::Column).collect();
        expressions.push(check.alias(name_of(checked.symbol)));
        Ok((project(plan, expressions)?, reference(&checked)))
    }

    /// Three-valued IN: how many values are equal, and for how many that is unknown.
    fn attach_in(&mut self, plan: LogicalPlan, subquery: &Subquery, value: &Expr) -> Result<(LogicalPlan, Expr), EngineError> {
        let (plan, value) = self.with_comparand(plan, value)?;
        let (equality, unknown) = membership(&value, subquery)?;
        let mut equal_rows = self.count_of(Vec::new())?;
        equal_rows.filter = Some(equality);
        let mut unknown_rows = self.count_of(Vec::new())?;
        unknown_rows.filter = Some(unknown);
        let (equal_count, unknown_count) = (equal_rows.output.clone(), unknown_rows.output.clone());
        let mut correlation = subquery.correlation.clone();
        let comparand = Column { symbol: symbol_of(&value)?, data_type: value.data_type.clone() };
        if !correlation.iter().any(|column| column.symbol == comparand.symbol) {
            correlation.push(comparand);
        }
        let plan = self.attach_aggregates(plan, &subquery.relation, vec![equal_rows, unknown_rows], &correlation)?;
        let is_positive = |count: &Column| compare(Operator::GreaterThan, reference(count), bigint(0));
        let kind = ExprKind::Case {
            branches: vec![(is_positive(&equal_count)?, boolean(Some(true))), (is_positive(&unknown_count)?, boolean(None))],
            otherwise: Some(Box::new(boolean(Some(false)))),
        };
        Ok((plan, Expr { kind, data_type: TrinoType::Boolean }))
    }

    /// `value op ALL|ANY (…)` from the extremes and the counts. Ref: Trino 401 `TransformQuantifiedComparisonApplyToCorrelatedJoin`.
    fn attach_quantified(
        &mut self,
        plan: LogicalPlan,
        subquery: &Subquery,
        value: &Expr,
        operator: Operator,
        is_all: bool,
    ) -> Result<(LogicalPlan, Expr), EngineError> {
        let (plan, value) = self.with_comparand(plan, value)?;
        let [column] = subquery.columns.as_slice() else { return self.attach_row_comparison(plan, subquery, &value, operator, is_all) };
        let (low, high) = (self.fresh_column(column.data_type.clone()), self.fresh_column(column.data_type.clone()));
        let rows = self.count_of(Vec::new())?;
        let known = self.count_of(vec![reference(column)])?;
        let (rows_column, known_column) = (rows.output.clone(), known.output.clone());
        let calls = vec![
            self.aggregate_of("min", vec![reference(column)], low.clone())?,
            self.aggregate_of("max", vec![reference(column)], high.clone())?,
            rows,
            known,
        ];
        let plan = self.attach_aggregates(plan, &subquery.relation, calls, &subquery.correlation)?;
        let against = |bound: &Column| compare(operator, value.clone(), reference(bound));
        let holds = match (operator, is_all) {
            (Operator::LessThan | Operator::LessThanOrEqual, true) | (Operator::GreaterThan | Operator::GreaterThanOrEqual, false) => {
                against(&low)?
            }
            (Operator::LessThan | Operator::LessThanOrEqual, false) | (Operator::GreaterThan | Operator::GreaterThanOrEqual, true) => {
                against(&high)?
            }
            (Operator::Equal, true) => both(compare(Operator::Equal, reference(&low), reference(&high))?, against(&low)?),
            // Different from some value: from the least, or there are several values.
            (Operator::NotEqual, false) => not(both(
                compare(Operator::Equal, reference(&low), reference(&high))?,
                compare(Operator::Equal, value.clone(), reference(&low))?,
            )),
            _ => return Err(EngineError::internal("a quantified comparison of another operator")),
        };
        let no_rows = compare(Operator::Equal, reference(&rows_column), bigint(0))?;
        let decided = if is_all { not(holds.clone()) } else { holds.clone() };
        let has_nulls = compare(Operator::NotEqual, reference(&rows_column), reference(&known_column))?;
        let kind = ExprKind::Case {
            branches: vec![(no_rows, boolean(Some(is_all))), (decided, boolean(Some(!is_all))), (has_nulls, boolean(None))],
            otherwise: Some(Box::new(holds)),
        };
        Ok((plan, Expr { kind, data_type: TrinoType::Boolean }))
    }

    /// `row = ALL (…)` or `row <> ANY (…)`: how many rows differ, and for how many that is unknown.
    fn attach_row_comparison(
        &mut self,
        plan: LogicalPlan,
        subquery: &Subquery,
        value: &Expr,
        operator: Operator,
        is_all: bool,
    ) -> Result<(LogicalPlan, Expr), EngineError> {
        let ((Operator::Equal, true) | (Operator::NotEqual, false)) = (operator, is_all) else {
            return Err(EngineError::engine("NOT_SUPPORTED", "A quantified comparison of rows by order is not supported"));
        };
        let equality = conjunction(row_equality(value, &subquery.columns)?).ok_or_else(|| EngineError::internal("a row without fields"))?;
        let unknown = Expr { kind: ExprKind::IsNull(Box::new(equality.clone())), data_type: TrinoType::Boolean };
        let (mut different_rows, mut unknown_rows) = (self.count_of(Vec::new())?, self.count_of(Vec::new())?);
        different_rows.filter = Some(not(equality));
        unknown_rows.filter = Some(unknown);
        let (different_count, unknown_count) = (different_rows.output.clone(), unknown_rows.output.clone());
        let mut correlation = subquery.correlation.clone();
        let comparand = Column { symbol: symbol_of(value)?, data_type: value.data_type.clone() };
        if !correlation.iter().any(|column| column.symbol == comparand.symbol) {
            correlation.push(comparand);
        }
        let plan = self.attach_aggregates(plan, &subquery.relation, vec![different_rows, unknown_rows], &correlation)?;
        let is_positive = |count: &Column| compare(Operator::GreaterThan, reference(count), bigint(0));
        let kind = ExprKind::Case {
            branches: vec![(is_positive(&different_count)?, boolean(Some(!is_all))), (is_positive(&unknown_count)?, boolean(None))],
            otherwise: Some(Box::new(boolean(Some(is_all)))),
        };
        Ok((plan, Expr { kind, data_type: TrinoType::Boolean }))
    }

    /// The comparand as a column of the plan.
    fn with_comparand(&mut self, plan: LogicalPlan, value: &Expr) -> Result<(LogicalPlan, Expr), EngineError> {
        if matches!(value.kind, ExprKind::Column(_)) {
            return Ok((plan, value.clone()));
        }
        let column = self.fresh_column(value.data_type.clone());
        let mut expressions: Vec<_> = plan.schema().columns().into_iter().map(datafusion::logical_expr::Expr::Column).collect();
        expressions.push(self.expr(value)?.alias(name_of(column.symbol)));
        Ok((project(plan, expressions)?, reference(&column)))
    }

    /// The plan with the aggregates of the subquery's rows appended: one row an outer row.
    fn attach_aggregates(
        &mut self,
        plan: LogicalPlan,
        relation: &Relation,
        aggregates: Vec<AggregateCall>,
        correlation: &[Column],
    ) -> Result<LogicalPlan, EngineError> {
        let groups = GroupingSets { keys: Vec::new(), sets: vec![Vec::new()], grouping_id: None };
        let aggregate = Relation::Aggregate { input: Box::new(relation.clone()), groups, aggregates };
        self.attach_row(plan, &aggregate, correlation)
    }

    /// The plan with the columns of a relation that has exactly one row for each outer row.
    fn attach_row(&mut self, plan: LogicalPlan, relation: &Relation, correlation: &[Column]) -> Result<LogicalPlan, EngineError> {
        // The same subquery may stand in several places, as `(subquery).*` does.
        if relation.columns().iter().all(|column| plan.schema().has_column_with_unqualified_name(&name_of(column.symbol))) {
            return Ok(plan);
        }
        let outer: HashSet<Symbol> = correlation.iter().map(|column| column.symbol).collect();
        if !relation_refers_to(relation, &outer) {
            let inner = self.relation(relation)?;
            return joined(plan, inner, JoinType::Inner, None);
        }
        if let Some(grouped) = self.attach_grouped(&plan, relation, &outer)? {
            return Ok(grouped);
        }
        let used: Vec<Column> =
            correlation.iter().filter(|column| relation_refers_to(relation, &HashSet::from([column.symbol]))).cloned().collect();
        self.join_dependent(plan, relation, &used, JoinType::Left, None)
    }

    /// A global aggregation correlated by equalities alone: grouped by the inner sides, joined on them.
    fn attach_grouped(
        &mut self,
        plan: &LogicalPlan,
        relation: &Relation,
        outer: &HashSet<Symbol>,
    ) -> Result<Option<LogicalPlan>, EngineError> {
        let (projection, aggregation) = match relation {
            Relation::Project { input, expressions }
                if expressions.iter().all(|(_, expr)| !refers_to(expr, outer) && !has_subquery(expr)) =>
            {
                (Some(expressions), input.as_ref())
            }
            other => (None, other),
        };
        let Relation::Aggregate { input, groups, aggregates } = aggregation else { return Ok(None) };
        let is_global = groups.keys.is_empty() && groups.grouping_id.is_none() && groups.sets.len() == 1;
        let aggregates_refer = super::rewrite::exprs_of(aggregation).into_iter().any(|expr| refers_to(expr, outer) || has_subquery(expr));
        if !is_global || aggregates_refer {
            return Ok(None);
        }
        let Some(pulled) = pull_up(input, outer, false) else { return Ok(None) };
        let mut keys: Vec<(Column, Expr)> = Vec::new();
        let mut on: Vec<Expr> = Vec::new();
        for condition in &pulled.conditions {
            let Some((outer_side, inner_side)) = split_equality(condition, outer) else { return Ok(None) };
            let key = self.fresh_column(inner_side.data_type.clone());
            on.push(compare(Operator::Equal, outer_side, reference(&key))?);
            keys.push((key, inner_side));
        }
        let sets = vec![(0..keys.len()).collect()];
        let empty_input = Relation::Values { columns: pulled.relation.columns(), rows: Vec::new() };
        let grouped = Relation::Aggregate {
            input: Box::new(pulled.relation),
            groups: GroupingSets { keys, sets, grouping_id: None },
            aggregates: aggregates.clone(),
        };
        // The outer side is a plan already; it takes part as a registered relation of its own columns.
        let columns = self.plan_columns(plan);
        let id = self.fresh_symbol().0;
        self.register_plan(id, plan.clone());
        let outer_relation = Relation::RecursiveReference { id, columns };
        let mut joined = self.with_defaults(outer_relation, grouped, on, aggregates, empty_input)?;
        if let Some(expressions) = projection {
            let mut all: Vec<(Column, Expr)> = joined.columns().into_iter().map(|column| (column.clone(), reference(&column))).collect();
            all.extend(
                expressions
                    .iter()
                    .filter(|(column, _)| !all.iter().any(|(own, _)| own.symbol == column.symbol))
                    .cloned()
                    .collect::<Vec<_>>(),
            );
            joined = Relation::Project { input: Box::new(joined), expressions: all };
        }
        self.relation(&joined).map(Some)
    }

    fn count_of(&mut self, arguments: Vec<Expr>) -> Result<AggregateCall, EngineError> {
        let output = self.fresh_column(TrinoType::Bigint);
        self.aggregate_of("count", arguments, output)
    }

    fn aggregate_of(&mut self, name: &str, arguments: Vec<Expr>, output: Column) -> Result<AggregateCall, EngineError> {
        let types: Vec<TrinoType> = arguments.iter().map(|argument| argument.data_type.clone()).collect();
        let function = named_function(name, &types)?;
        Ok(AggregateCall { output, function, arguments, is_distinct: false, filter: None, order_by: Vec::new() })
    }
}

/// Takes the conditions that refer to the outer query out of a relation. `None` where that would change its rows.
/// With `ignores_duplicates` only the set of rows matters.
fn pull_up(relation: &Relation, outer: &HashSet<Symbol>, ignores_duplicates: bool) -> Option<PulledUp> {
    if !relation_refers_to(relation, outer) {
        return Some(PulledUp { relation: relation.clone(), conditions: Vec::new() });
    }
    match relation {
        Relation::Filter { input, predicate } => {
            let below = pull_up(input, outer, ignores_duplicates)?;
            let (correlated, own): (Vec<Expr>, Vec<Expr>) = conjuncts(predicate).into_iter().partition(|term| refers_to(term, outer));
            let relation = match conjunction(own) {
                Some(predicate) => Relation::Filter { input: Box::new(below.relation), predicate },
                None => below.relation,
            };
            let conditions = below.conditions.into_iter().chain(correlated).collect();
            Some(PulledUp { relation, conditions })
        }
        Relation::Project { input, expressions } => {
            if expressions.iter().any(|(_, expr)| refers_to(expr, outer)) {
                return None;
            }
            let below = pull_up(input, outer, ignores_duplicates)?;
            let mut expressions = expressions.clone();
            for condition in &below.conditions {
                for symbol in references(condition) {
                    let Some(column) = below.relation.columns().into_iter().find(|column| column.symbol == symbol) else { continue };
                    if !expressions.iter().any(|(given, _)| given.symbol == symbol) {
                        expressions.push((column.clone(), reference(&column)));
                    }
                }
            }
            Some(PulledUp { relation: Relation::Project { input: Box::new(below.relation), expressions }, conditions: below.conditions })
        }
        Relation::Join { kind: JoinKind::Inner, left, right, condition } => {
            let (left, right) = (pull_up(left, outer, ignores_duplicates)?, pull_up(right, outer, ignores_duplicates)?);
            let terms = condition.as_ref().map(conjuncts).unwrap_or_default();
            let (correlated, own): (Vec<Expr>, Vec<Expr>) = terms.into_iter().partition(|term| refers_to(term, outer));
            let relation = match conjunction(own) {
                None => cross(left.relation, right.relation),
                condition => {
                    Relation::Join { kind: JoinKind::Inner, left: Box::new(left.relation), right: Box::new(right.relation), condition }
                }
            };
            let conditions = left.conditions.into_iter().chain(right.conditions).chain(correlated).collect();
            Some(PulledUp { relation, conditions })
        }
        Relation::Join { kind: JoinKind::Left, left, right, condition } => {
            if relation_refers_to(right, outer) || condition.as_ref().is_some_and(|condition| refers_to(condition, outer)) {
                return None;
            }
            let left = pull_up(left, outer, ignores_duplicates)?;
            let relation =
                Relation::Join { kind: JoinKind::Left, left: Box::new(left.relation), right: right.clone(), condition: condition.clone() };
            Some(PulledUp { relation, conditions: left.conditions })
        }
        Relation::Sort { input, .. } => pull_up(input, outer, ignores_duplicates),
        Relation::Distinct { input } if ignores_duplicates => pull_up(input, outer, ignores_duplicates),
        _ => None,
    }
}

/// An equality with the outer query on one side and the inner relation on the other, as `(outer, inner)`.
fn split_equality(condition: &Expr, outer: &HashSet<Symbol>) -> Option<(Expr, Expr)> {
    let ExprKind::Call { function, arguments } = &condition.kind else { return None };
    if function.name != Operator::Equal.function_name() || has_subquery(condition) {
        return None;
    }
    let [left, right] = arguments.as_slice() else { return None };
    let is_outer = |expr: &Expr| {
        let symbols = references(expr);
        !symbols.is_empty() && symbols.iter().all(|symbol| outer.contains(symbol))
    };
    if is_outer(left) && !refers_to(right, outer) {
        Some((left.clone(), right.clone()))
    } else if is_outer(right) && !refers_to(left, outer) {
        Some((right.clone(), left.clone()))
    } else {
        None
    }
}

/// `value = (columns)`, field by field where the value is a row.
fn row_equality(value: &Expr, columns: &[Column]) -> Result<Vec<Expr>, EngineError> {
    if let [column] = columns {
        return Ok(vec![compare(Operator::Equal, value.clone(), reference(column))?]);
    }
    let TrinoType::Row(fields) = &value.data_type else { return Err(EngineError::internal("a row comparand is no row")) };
    let mut terms = Vec::with_capacity(columns.len());
    for (index, (field, column)) in fields.iter().zip(columns).enumerate() {
        let part = match &value.kind {
            ExprKind::Row(parts) => parts[index].clone(),
            _ => Expr { kind: ExprKind::Field { input: Box::new(value.clone()), index }, data_type: field.data_type.clone() },
        };
        terms.push(compare(Operator::Equal, part, reference(column))?);
    }
    Ok(terms)
}

/// When a row of the subquery is the value's equal, and when that is unknown.
///
/// A row or an array is looked up whole: nulls inside make it neither unequal to all nor unknown, and without a correlation the very same
/// nulls are found. Ref: Trino 401 `SemiJoinNode` (`ChannelSet`), `TransformCorrelatedInPredicateToJoin`; measured.
fn membership(value: &Expr, subquery: &Subquery) -> Result<(Expr, Expr), EngineError> {
    let is_null = |expr: Expr| Expr { kind: ExprKind::IsNull(Box::new(expr)), data_type: TrinoType::Boolean };
    let equality = conjunction(row_equality(value, &subquery.columns)?).ok_or_else(|| EngineError::internal("IN without columns"))?;
    if !is_looked_up_whole(&subquery.columns) {
        let unknown = is_null(equality.clone());
        return Ok((equality, unknown));
    }
    let mut unknowns = vec![is_null(value.clone())];
    if let [column] = subquery.columns.as_slice() {
        unknowns.push(is_null(reference(column)));
    }
    let unknown = Expr { kind: ExprKind::Or(unknowns), data_type: TrinoType::Boolean };
    if !subquery.correlation.is_empty() {
        return Ok((equality, unknown));
    }
    let mut terms = vec![not(unknown.clone())];
    for term in conjuncts(&equality) {
        let ExprKind::Call { arguments, .. } = &term.kind else { return Err(EngineError::internal("an equality of rows is no call")) };
        let [left, right] = arguments.as_slice() else { return Err(EngineError::internal("an equality of another number of sides")) };
        terms.push(not(compare(Operator::IsDistinctFrom, left.clone(), right.clone())?));
    }
    let found = conjunction(terms).ok_or_else(|| EngineError::internal("IN without columns"))?;
    Ok((found, unknown))
}

fn is_looked_up_whole(columns: &[Column]) -> bool {
    match columns {
        [column] => matches!(column.data_type, TrinoType::Array(_) | TrinoType::Map(..) | TrinoType::Row(_)),
        _ => true,
    }
}

/// The value of a subquery over one row of expressions, such as `(SELECT t.a + 1)`: no join is needed for it.
fn without_relation(subquery: &Subquery) -> Result<Option<Expr>, EngineError> {
    fn values_of(relation: &Relation) -> Option<Vec<(Column, Expr)>> {
        match relation {
            Relation::Values { columns, rows } => match rows.as_slice() {
                [row] => Some(columns.iter().cloned().zip(row.iter().cloned()).collect()),
                _ => None,
            },
            Relation::Project { input, expressions } => {
                let below = values_of(input)?;
                let value = |symbol: Symbol| below.iter().find(|(column, _)| column.symbol == symbol).map(|(_, value)| value.clone());
                let inlined = |expr: &Expr| {
                    super::rewrite::transform(expr, &mut |node| match node.kind {
                        ExprKind::Column(symbol) => value(symbol).unwrap_or(node),
                        _ => node,
                    })
                };
                // A subquery inside may refer to the columns that would be gone.
                if !below.is_empty() && expressions.iter().any(|(_, expr)| has_subquery(expr)) {
                    return None;
                }
                Some(expressions.iter().map(|(column, expr)| (column.clone(), inlined(expr))).collect())
            }
            _ => None,
        }
    }
    let Some(values) = values_of(&subquery.relation) else { return Ok(None) };
    let column = |column: &Column| values.iter().find(|(own, _)| own.symbol == column.symbol).map(|(_, value)| value.clone());
    let Some(columns) = subquery.columns.iter().map(column).collect::<Option<Vec<Expr>>>() else { return Ok(None) };
    Ok(match (&subquery.kind, columns.as_slice()) {
        (SubqueryKind::Scalar, [value]) => Some(value.clone()),
        (SubqueryKind::Exists, _) => Some(boolean(Some(true))),
        (SubqueryKind::In { .. }, [_]) if is_looked_up_whole(&subquery.columns) => None,
        (SubqueryKind::In { value }, [only]) => Some(compare(Operator::Equal, (**value).clone(), only.clone())?),
        (SubqueryKind::Quantified { value, operator, .. }, [only]) => Some(compare(*operator, (**value).clone(), only.clone())?),
        _ => None,
    })
}

/// Is there exactly one row, whatever the data?
fn gives_one_row(relation: &Relation) -> bool {
    match relation {
        Relation::Values { rows, .. } => rows.len() == 1,
        Relation::Aggregate { groups, .. } => groups.keys.is_empty() && groups.sets.len() == 1,
        Relation::Project { input, .. } | Relation::Sort { input, .. } | Relation::Window { input, .. } => gives_one_row(input),
        _ => false,
    }
}

fn fill_in(expr: &Expr, values: &[Expr]) -> Expr {
    super::rewrite::transform(expr, &mut |node| match node.kind {
        ExprKind::LambdaVariable(Symbol(marker))
            if (u32::MAX - marker) as usize <= values.len().saturating_sub(1) && !values.is_empty() =>
        {
            values[(u32::MAX - marker) as usize].clone()
        }
        _ => node,
    })
}

fn symbol_of(value: &Expr) -> Result<Symbol, EngineError> {
    match value.kind {
        ExprKind::Column(symbol) => Ok(symbol),
        _ => Err(EngineError::internal("a comparand is no column")),
    }
}

fn both(left: Expr, right: Expr) -> Expr {
    Expr { kind: ExprKind::And(vec![left, right]), data_type: TrinoType::Boolean }
}

fn boolean(value: Option<bool>) -> Expr {
    literal(ScalarValue::Boolean(value), TrinoType::Boolean)
}

fn bigint(value: i64) -> Expr {
    literal(ScalarValue::Int64(Some(value)), TrinoType::Bigint)
}
