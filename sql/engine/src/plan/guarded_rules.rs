//! Which of DataFusion's rules leave which plans alone? Those that would answer them wrongly.
//!
//! `EliminateCrossJoin` takes inner and cross joins that stand together apart and joins their inputs anew, with one answer for all keys to
//! whether nulls are equal: that of the topmost. LATERAL and correlated subqueries join by keys whose nulls are equal, everything else does
//! not. `ExtractEquijoinPredicate` gives an equality of a join's condition that same answer. `SingleDistinctToGroupBy` knows `min`, `max` and `sum` by their names and takes each for a function of one argument, which `max(x, n)`
//! is not. `PushDownFilter` asks a term without columns below an aggregate that gives a row for no rows too. Ref: DataFusion 55.2.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{JoinType, NullEquality};
use datafusion::error::Result;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

type Guard = fn(&LogicalPlan) -> Result<bool>;

/// A rule's name and the plans it leaves alone.
const GUARDS: &[(&str, Guard)] = &[
    ("eliminate_cross_join", holds_nulls_for_equal),
    ("extract_equijoin_predicate", joins_nulls_as_equal),
    ("push_down_filter", asks_constants_of_grand_totals),
    ("single_distinct_aggregation_to_group_by", aggregates_several_arguments),
];

/// The rule, with its guard where it has one.
pub fn guarded(rule: Arc<dyn OptimizerRule + Send + Sync>) -> Arc<dyn OptimizerRule + Send + Sync> {
    match GUARDS.iter().find(|(name, _)| *name == rule.name()) {
        Some((_, leaves_alone)) => Arc::new(Guarded { rule, leaves_alone: *leaves_alone }),
        None => rule,
    }
}

#[derive(Debug)]
struct Guarded {
    rule: Arc<dyn OptimizerRule + Send + Sync>,
    leaves_alone: Guard,
}

impl OptimizerRule for Guarded {
    fn name(&self) -> &str {
        self.rule.name()
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.rule.apply_order()
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        if (self.leaves_alone)(&plan)? {
            return Ok(Transformed::no(plan));
        }
        self.rule.rewrite(plan, config)
    }
}

fn holds_nulls_for_equal(plan: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::Join(join) = node
            && join.join_type == JoinType::Inner
            && join.null_equality == NullEquality::NullEqualsNull
        {
            found = true;
            return Ok(TreeNodeRecursion::Stop);
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(found)
}

fn joins_nulls_as_equal(plan: &LogicalPlan) -> Result<bool> {
    Ok(matches!(plan, LogicalPlan::Join(join) if join.null_equality == NullEquality::NullEqualsNull))
}

fn asks_constants_of_grand_totals(plan: &LogicalPlan) -> Result<bool> {
    let LogicalPlan::Filter(filter) = plan else { return Ok(false) };
    let LogicalPlan::Aggregate(aggregate) = filter.input.as_ref() else { return Ok(false) };
    let has_grand_total = aggregate.group_expr.is_empty() || aggregate.group_expr.iter().any(|key| matches!(key, Expr::GroupingSet(_)));
    Ok(has_grand_total && split_conjunction(&filter.predicate).into_iter().any(|term| term.column_refs().is_empty()))
}

fn aggregates_several_arguments(plan: &LogicalPlan) -> Result<bool> {
    let LogicalPlan::Aggregate(aggregate) = plan else { return Ok(false) };
    for expr in &aggregate.aggr_expr {
        if expr.exists(|part| Ok(matches!(part, Expr::AggregateFunction(call) if call.params.args.len() > 1)))? {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use datafusion::optimizer::Optimizer;

    use super::*;

    #[test]
    fn every_guarded_rule_is_one_of_datafusions() {
        let names: Vec<String> = Optimizer::new().rules.iter().map(|rule| rule.name().to_owned()).collect();
        for (guarded, _) in GUARDS {
            assert!(names.iter().any(|name| name == guarded), "no rule {guarded}");
        }
    }
}
