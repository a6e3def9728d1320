//! Which rows need not be grouped or built upon? Those for whose keys a join further up has nothing.
//!
//! A hash join tells the scans of its probe side which keys its build side has. DataFusion skips row groups and pages by that, but the rows
//! of the others are grouped, and built hash tables of, for nothing. A sieve below an aggregation, or at the build side of a join,
//! asks each row for its keys, and rests where that takes too few away. The joins on the way ask for themselves.
//! Ref: DataFusion 55.2 `DynamicFilterPhysicalExpr`; Trino's dynamic filtering does the same in its scans.

use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::compute::{BatchCoalescer, filter_record_batch, prep_null_mask_filter};
use arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::config::ConfigOptions;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::DynamicFilterPhysicalExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateInputMode};
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::filter_pushdown::{ChildPushdownResult, FilterDescription, FilterPushdownPhase, FilterPushdownPropagation};
use datafusion::physical_plan::joins::HashJoinExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, SendableRecordBatchStream};
use futures::{StreamExt, stream};

/// Batches a filter is tried on before it is judged, and how many pass unasked after it took too few rows away.
const BATCHES_TRIED: usize = 4;
const BATCHES_RESTED: usize = 64;
/// A filter rests when it keeps more than so many rows of a hundred.
const KEPT_PERCENT_MAX: usize = 60;

/// Puts sieves in everywhere they may be of use. Runs just before joins tell their keys, see [`BEFORE`], where those of no use go again.
#[derive(Debug, Default)]
pub struct Sieves;

/// DataFusion's rule that tells joins' keys to scans.
pub const BEFORE: &str = "FilterPushdown(Post)";

impl PhysicalOptimizerRule for Sieves {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(sieved).data()
    }

    fn name(&self) -> &str {
        "sieves"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn sieved(plan: Arc<dyn ExecutionPlan>) -> Result<Transformed<Arc<dyn ExecutionPlan>>> {
    if let Some(aggregate) = plan.downcast_ref::<AggregateExec>() {
        let takes_rows = aggregate.mode().input_mode() == AggregateInputMode::Raw && !aggregate.group_expr().is_true_no_grouping();
        if takes_rows {
            let input = Arc::new(Sieve::new(Arc::clone(aggregate.input()), Vec::new()));
            return Ok(Transformed::yes(replace_children_if_necessary(plan, vec![input])?));
        }
    }
    if let Some(join) = plan.downcast_ref::<HashJoinExec>() {
        let build = Arc::new(Sieve::new(Arc::clone(join.left()), Vec::new()));
        let probe = Arc::clone(join.right());
        return Ok(Transformed::yes(replace_children_if_necessary(plan, vec![build, probe])?));
    }
    Ok(Transformed::no(plan))
}

/// Drops rows that filters of joins above don't let pass.
#[derive(Debug)]
pub struct Sieve {
    input: Arc<dyn ExecutionPlan>,
    filters: Vec<Arc<dyn PhysicalExpr>>,
    properties: Arc<PlanProperties>,
}

impl Sieve {
    fn new(input: Arc<dyn ExecutionPlan>, filters: Vec<Arc<dyn PhysicalExpr>>) -> Self {
        let properties = Arc::clone(input.properties());
        Sieve { input, filters, properties }
    }
}

impl DisplayAs for Sieve {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let filters: Vec<_> = self.filters.iter().map(ToString::to_string).collect();
        write!(f, "Sieve: {}", filters.join(", "))
    }
}

impl ExecutionPlan for Sieve {
    fn name(&self) -> &'static str {
        "Sieve"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(&self, f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>) -> Result<TreeNodeRecursion> {
        let mut recursion = TreeNodeRecursion::Continue;
        for filter in &self.filters {
            recursion = recursion.visit_sibling(|| f(filter))?;
        }
        Ok(recursion)
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.is_empty()) {
            (Some(input), true) => Ok(Arc::new(Sieve::new(input, self.filters.clone()))),
            _ => Err(DataFusionError::Internal("a sieve has one input".to_owned())),
        }
    }

    fn gather_filters_for_pushdown(
        &self,
        _phase: FilterPushdownPhase,
        parent_filters: Vec<Arc<dyn PhysicalExpr>>,
        _config: &ConfigOptions,
    ) -> Result<FilterDescription> {
        FilterDescription::from_children(parent_filters, &self.children())
    }

    /// Keeps the filters that come by; a sieve that got none is left out.
    fn handle_child_pushdown_result(
        &self,
        _phase: FilterPushdownPhase,
        passed: ChildPushdownResult,
        _config: &ConfigOptions,
    ) -> Result<FilterPushdownPropagation<Arc<dyn ExecutionPlan>>> {
        let dynamic = passed.parent_filters.iter().map(|passed| &passed.filter).filter(|filter| filter.is::<DynamicFilterPhysicalExpr>());
        let filters: Vec<_> = dynamic.cloned().collect();
        let node: Arc<dyn ExecutionPlan> =
            if filters.is_empty() { Arc::clone(&self.input) } else { Arc::new(Sieve::new(Arc::clone(&self.input), filters)) };
        Ok(FilterPushdownPropagation::if_all(passed).with_updated_node(node))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let input = self.input.execute(partition, Arc::clone(&context))?;
        let rows = context.session_config().batch_size();
        let filters = self.filters.iter().cloned().map(Tried::new).collect();
        let state = Sifting {
            input,
            filters,
            whole: BatchCoalescer::new(self.schema(), rows).with_biggest_coalesce_batch_size(Some(rows / 2)),
            is_done: false,
        };
        let batches = stream::try_unfold(state, Sifting::next);
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), batches.boxed())))
    }
}

/// A filter and how it did of late.
struct Tried {
    filter: Arc<dyn PhysicalExpr>,
    batches: usize,
    seen: usize,
    kept: usize,
    resting: usize,
}

impl Tried {
    fn new(filter: Arc<dyn PhysicalExpr>) -> Self {
        Tried { filter, batches: 0, seen: 0, kept: 0, resting: 0 }
    }

    /// The rows that pass.
    fn sift(&mut self, batch: RecordBatch) -> Result<RecordBatch> {
        if self.resting > 0 {
            self.resting -= 1;
            return Ok(batch);
        }
        let ColumnarValue::Array(passing) = self.filter.evaluate(&batch)? else {
            // Its join has no keys yet, or any.
            return Ok(batch);
        };
        let Some(passing) = passing.as_boolean_opt() else { return Ok(batch) };
        let passing = if passing.null_count() > 0 { prep_null_mask_filter(passing) } else { passing.clone() };
        let kept = passing.true_count();
        self.batches += 1;
        self.seen += passing.len();
        self.kept += kept;
        if self.batches == BATCHES_TRIED {
            if self.kept * 100 > self.seen * KEPT_PERCENT_MAX {
                self.resting = BATCHES_RESTED;
            }
            (self.batches, self.seen, self.kept) = (0, 0, 0);
        }
        Ok(if kept == passing.len() { batch } else { filter_record_batch(&batch, &passing)? })
    }
}

/// One partition on its way.
struct Sifting {
    input: SendableRecordBatchStream,
    filters: Vec<Tried>,
    whole: BatchCoalescer,
    is_done: bool,
}

impl Sifting {
    async fn next(mut self) -> Result<Option<(RecordBatch, Sifting)>> {
        loop {
            if let Some(batch) = self.whole.next_completed_batch() {
                return Ok(Some((batch, self)));
            }
            if self.is_done {
                return Ok(None);
            }
            let Some(batch) = self.input.next().await else {
                self.is_done = true;
                self.whole.finish_buffered_batch()?;
                continue;
            };
            let mut batch = batch?;
            for filter in &mut self.filters {
                if batch.num_rows() > 0 {
                    batch = filter.sift(batch)?;
                }
            }
            self.whole.push_batch(batch)?;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use arrow::array::Int64Array;
    use arrow::datatypes::{DataType, Field, Schema};
    use datafusion::logical_expr::Operator;
    use datafusion::physical_expr::expressions::{binary, col, lit};
    use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;

    use super::*;

    fn batch(values: impl IntoIterator<Item = Option<i64>>) -> RecordBatch {
        let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true)]));
        RecordBatch::try_new(schema, vec![Arc::new(values.into_iter().collect::<Int64Array>())]).unwrap()
    }

    fn below(limit: i64) -> Tried {
        let n = batch([]);
        Tried::new(binary(col("n", &n.schema()).unwrap(), Operator::Lt, lit(limit), &n.schema()).unwrap())
    }

    #[test]
    fn the_rule_that_tells_keys_is_there() {
        assert!(PhysicalOptimizer::new().rules.iter().any(|rule| rule.name() == BEFORE), "DataFusion calls it by another name now");
    }

    #[test]
    fn rows_without_a_match_and_nulls_go() {
        let kept = below(3).sift(batch([Some(1), None, Some(5), Some(2)])).unwrap();
        assert_eq!(kept, batch([Some(1), Some(2)]));
    }

    #[test]
    fn a_filter_that_keeps_most_rests_and_is_tried_again() {
        let mut filter = below(9);
        for _ in 0..BATCHES_TRIED {
            assert_eq!(filter.sift(batch((0..10).map(Some))).unwrap().num_rows(), 9);
        }
        for _ in 0..BATCHES_RESTED {
            assert_eq!(filter.sift(batch((0..10).map(Some))).unwrap().num_rows(), 10, "resting");
        }
        assert_eq!(filter.sift(batch((0..10).map(Some))).unwrap().num_rows(), 9);
    }
}
