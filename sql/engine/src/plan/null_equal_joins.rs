//! May joins of one plan be mixed with its cross joins? Not where some hold nulls for equal.
//!
//! DataFusion takes inner and cross joins that stand together apart and joins their inputs anew, with one answer for all keys to whether nulls
//! are equal: that of the topmost. LATERAL and correlated subqueries join by keys whose nulls are equal, everything else does not. Ref: DataFusion
//! 55.2 `EliminateCrossJoin`. So the rule leaves plans alone in which an inner join holds nulls for equal.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNodeRecursion};
use datafusion::common::{JoinType, NullEquality};
use datafusion::error::Result;
use datafusion::logical_expr::LogicalPlan;
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

/// The name of the guarded rule.
pub const GUARDED: &str = "eliminate_cross_join";

/// See the module's head.
#[derive(Debug)]
pub struct NullEqualJoins {
    rule: Arc<dyn OptimizerRule + Send + Sync>,
}

impl NullEqualJoins {
    /// The rule, guarded.
    pub fn guarding(rule: Arc<dyn OptimizerRule + Send + Sync>) -> NullEqualJoins {
        NullEqualJoins { rule }
    }
}

impl OptimizerRule for NullEqualJoins {
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
        if holds_nulls_for_equal(&plan)? {
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
