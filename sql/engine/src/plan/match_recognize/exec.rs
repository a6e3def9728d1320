//! Which operator runs MATCH_RECOGNIZE? It takes its input sorted by partition, holds one partition, and sends what that gives.

use std::fmt;
use std::sync::Arc;

use arrow::compute::{SortOptions, concat_batches};
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{Distribution, EquivalenceProperties, LexOrdering, OrderingRequirements, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchReceiverStream;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, PlanProperties, SendableRecordBatchStream,
};
use futures::StreamExt;

use super::matcher::Matcher;
use super::partition::{Sink, recognize};
use super::spec::Spec;

/// Batches waiting to be read.
const BATCHES_WAITING_MAX: usize = 2;

/// The operator.
#[derive(Debug)]
pub struct PatternExec {
    spec: Arc<Spec>,
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl PatternExec {
    /// Errors: the input has no such columns.
    pub fn new(spec: Arc<Spec>, input: Arc<dyn ExecutionPlan>) -> Result<Self> {
        let width = input.schema().fields().len();
        if spec.partition_by.iter().chain(spec.order_by.iter().map(|key| &key.column)).any(|column| *column >= width) {
            return Err(DataFusionError::Internal("a row pattern's input lacks a column".to_owned()));
        }
        let partitions = datafusion::physical_expr::Partitioning::UnknownPartitioning(input.output_partitioning().partition_count());
        let equivalences = EquivalenceProperties::new(Arc::clone(&spec.output_schema));
        let properties = Arc::new(PlanProperties::new(equivalences, partitions, EmissionType::Incremental, Boundedness::Bounded));
        Ok(PatternExec { spec, input, properties, metrics: ExecutionPlanMetricsSet::new() })
    }

    fn column(&self, index: usize) -> Arc<dyn PhysicalExpr> {
        Arc::new(Column::new(self.input.schema().field(index).name(), index))
    }
}

impl DisplayAs for PatternExec {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PatternExec: rows={:?}, measures={}", self.spec.rows, self.spec.measures.len())
    }
}

impl ExecutionPlan for PatternExec {
    fn name(&self) -> &'static str {
        "PatternExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(&self, _f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.is_empty()) {
            (Some(input), true) => Ok(Arc::new(PatternExec::new(Arc::clone(&self.spec), input)?)),
            _ => Err(DataFusionError::Internal("a row pattern has one input".to_owned())),
        }
    }

    fn required_input_distribution(&self) -> Vec<Distribution> {
        if self.spec.partition_by.is_empty() {
            return vec![Distribution::SinglePartition];
        }
        vec![Distribution::KeyPartitioned(self.spec.partition_by.iter().map(|column| self.column(*column)).collect())]
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        let keys = self.spec.partition_by.iter().map(|column| PhysicalSortExpr::new(self.column(*column), SortOptions::new(false, false)));
        let order = self
            .spec
            .order_by
            .iter()
            .map(|key| PhysicalSortExpr::new(self.column(key.column), SortOptions::new(key.is_descending, key.nulls_first)));
        vec![LexOrdering::new(keys.chain(order)).map(OrderingRequirements::from)]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![false]
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let input = self.input.execute(partition, Arc::clone(&context))?;
        let mut builder = RecordBatchReceiverStream::builder(Arc::clone(&self.spec.output_schema), BATCHES_WAITING_MAX);
        let run = Run {
            spec: Arc::clone(&self.spec),
            schema: self.input.schema(),
            batch_rows: context.session_config().batch_size(),
            reservation: MemoryConsumer::new("MATCH_RECOGNIZE").register(context.memory_pool()),
            metrics: BaselineMetrics::new(&self.metrics, partition),
            sink: builder.tx(),
        };
        builder.spawn(run.partitions(input));
        Ok(builder.build())
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

/// One partition of the plan being run.
struct Run {
    spec: Arc<Spec>,
    schema: SchemaRef,
    batch_rows: usize,
    reservation: MemoryReservation,
    metrics: BaselineMetrics,
    sink: Sink,
}

impl Run {
    /// Cuts the input into partitions of the pattern.
    async fn partitions(self, mut input: SendableRecordBatchStream) -> Result<()> {
        let mut pending: Vec<RecordBatch> = Vec::new();
        let mut matcher = Matcher::default();
        while let Some(batch) = input.next().await {
            let batch = batch?;
            if batch.num_rows() == 0 {
                continue;
            }
            self.reservation.try_grow(batch.get_array_memory_size())?;
            for range in self.ranges(&batch)? {
                let part = batch.slice(range.start, range.end - range.start);
                if let Some(last) = pending.last()
                    && !self.is_same_partition(last, &part)?
                    && !self.partition(&mut pending, &mut matcher).await?
                {
                    return Ok(());
                }
                pending.push(part);
            }
        }
        if !pending.is_empty() {
            self.partition(&mut pending, &mut matcher).await?;
        }
        Ok(())
    }

    async fn partition(&self, pending: &mut Vec<RecordBatch>, matcher: &mut Matcher) -> Result<bool> {
        let timer = self.metrics.elapsed_compute().timer();
        let rows = concat_batches(&self.schema, pending.iter())?;
        pending.clear();
        self.reservation.try_resize(rows.get_array_memory_size())?;
        let goes_on = recognize(&self.spec, rows, self.batch_rows, matcher, &self.sink).await;
        timer.done();
        goes_on
    }

    fn ranges(&self, batch: &RecordBatch) -> Result<Vec<std::ops::Range<usize>>> {
        if self.spec.partition_by.is_empty() {
            return Ok(std::iter::once(0..batch.num_rows()).collect());
        }
        let keys: Vec<_> = self.spec.partition_by.iter().map(|column| Arc::clone(batch.column(*column))).collect();
        Ok(arrow::compute::partition(&keys)?.ranges())
    }

    fn is_same_partition(&self, last: &RecordBatch, next: &RecordBatch) -> Result<bool> {
        for column in &self.spec.partition_by {
            let before = ScalarValue::try_from_array(last.column(*column), last.num_rows() - 1)?;
            if before != ScalarValue::try_from_array(next.column(*column), 0)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
