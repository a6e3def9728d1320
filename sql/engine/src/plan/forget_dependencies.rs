//! Which functional dependencies may DataFusion's rules rely on? None.
//!
//! DataFusion carries them through too far: after `GROUP BY d.a, s.c` over a join with a relation unique in `a`, it holds
//! that `a` determines `c`, and drops `c` from the grouping when nobody reads it; after UNNEST it takes an aggregation's key for unique still, and
//! drops a DISTINCT. Ref: DataFusion 55.2 `aggregate_functional_dependencies`, `Unnest::try_new`. So this rule takes them off every
//! node's schema before each rule that reads them.

use std::sync::Arc;

use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchemaRef, FunctionalDependencies};
use datafusion::error::Result;
use datafusion::logical_expr::LogicalPlan;
use datafusion::optimizer::{Optimizer, OptimizerConfig, OptimizerRule};

use super::guarded_rules::guarded;

/// The rules that read functional dependencies.
const READERS: &[&str] = &["replace_distinct_aggregate", "eliminate_join", "eliminate_duplicated_expr", "optimize_projections"];

/// See the module's head.
#[derive(Debug, Default)]
pub struct ForgetDependencies;

impl OptimizerRule for ForgetDependencies {
    fn name(&self) -> &str {
        "forget_dependencies"
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let forgotten = plan.transform_up_with_subqueries(|mut node| {
            let schema = match &mut node {
                LogicalPlan::Projection(node) => &mut node.schema,
                LogicalPlan::Window(node) => &mut node.schema,
                LogicalPlan::Aggregate(node) => &mut node.schema,
                LogicalPlan::Join(node) => &mut node.schema,
                LogicalPlan::Unnest(node) => &mut node.schema,
                LogicalPlan::SubqueryAlias(node) => &mut node.schema,
                _ => return Ok(Transformed::no(node)),
            };
            forget(schema)?;
            Ok(Transformed::no(node))
        })?;
        Ok(Transformed::no(forgotten.data))
    }
}

fn forget(schema: &mut DFSchemaRef) -> Result<()> {
    if !schema.functional_dependencies().is_empty() {
        let without = schema.as_ref().clone().with_functional_dependencies(FunctionalDependencies::empty())?;
        *schema = Arc::new(without);
    }
    Ok(())
}

/// DataFusion's rules, with this one before each that reads dependencies, and those guarded that need it.
pub fn rules() -> Vec<Arc<dyn OptimizerRule + Send + Sync>> {
    let mut rules: Vec<Arc<dyn OptimizerRule + Send + Sync>> = Vec::new();
    for rule in Optimizer::new().rules {
        if READERS.contains(&rule.name()) {
            rules.push(Arc::new(ForgetDependencies));
        }
        rules.push(guarded(rule));
    }
    rules
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn every_reader_is_a_rule() {
        let names: Vec<String> = rules().iter().map(|rule| rule.name().to_owned()).collect();
        for reader in READERS {
            let at = names.iter().position(|name| name == reader).unwrap_or_else(|| panic!("no rule {reader}"));
            assert_eq!(names[at - 1], "forget_dependencies");
        }
    }
}
