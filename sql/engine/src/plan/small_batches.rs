//! How large do batches get where each row becomes many? Rows go into an UNNEST in slices that give about one batch.
//!
//! DataFusion unnests a whole batch at once, and repeats a constant array for each of its rows: 8192 rows beside an array of 50,000
//! elements are 400 million rows in one batch, gigabytes that no memory limit counts and seconds in which no query can be stopped.

use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatchOptions};
use arrow::compute::kernels::length::length;
use arrow::datatypes::{DataType, Int32Type, Int64Type, Schema};
use arrow::record_batch::RecordBatch;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::unnest::UnnestExec;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, SendableRecordBatchStream};
use futures::{StreamExt, TryStreamExt, stream};

/// Puts [`SmallBatchesExec`] below every UNNEST.
#[derive(Debug, Default)]
pub struct SmallBatches;

impl PhysicalOptimizerRule for SmallBatches {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let rows_max: usize = config.execution.batch_size.into();
        plan.transform_up(|plan| {
            let Some(unnest) = plan.downcast_ref::<UnnestExec>() else { return Ok(Transformed::no(plan)) };
            let columns: Vec<usize> = unnest.list_column_indices().iter().map(|column| column.index_in_input_schema).collect();
            let input = small_constants(Arc::clone(unnest.input()), rows_max)?;
            let input: Arc<dyn ExecutionPlan> = Arc::new(SmallBatchesExec::new(input, Slice::ByLists { columns, rows_max }));
            Ok(Transformed::yes(replace_children_if_necessary(plan, vec![input])?))
        })
        .data()
    }

    fn name(&self) -> &str {
        "small_batches"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// A projection that repeats a constant array or map gets its rows in slices, too, though an exchange stands between.
fn small_constants(plan: Arc<dyn ExecutionPlan>, rows_max: usize) -> Result<Arc<dyn ExecutionPlan>> {
    if matches!(plan.name(), "RepartitionExec" | "CoalesceBatchesExec" | "BufferExec")
        && let [input] = plan.children().as_slice()
    {
        let input = small_constants(Arc::clone(input), rows_max)?;
        return replace_children_if_necessary(plan, vec![input]);
    }
    let Some(projection) = plan.downcast_ref::<ProjectionExec>() else { return Ok(plan) };
    let longest = projection.expr().iter().filter_map(|projected| constant_length(&projected.expr)).max().unwrap_or(0);
    if longest < 2 {
        return Ok(plan);
    }
    let input = SmallBatchesExec::new(Arc::clone(projection.input()), Slice::ByRows((rows_max / longest).max(1)));
    replace_children_if_necessary(plan, vec![Arc::new(input)])
}

/// Elements of an array or map that depends on no column; none for other expressions, and for those that fail.
fn constant_length(expr: &Arc<dyn PhysicalExpr>) -> Option<usize> {
    let nothing = Arc::new(Schema::empty());
    let is_nested = matches!(
        expr.data_type(&nothing),
        Ok(DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(_, _) | DataType::Map(_, _))
    );
    if !is_nested || !collect_columns(expr).is_empty() {
        return None;
    }
    let one_row = RecordBatch::try_new_with_options(nothing, Vec::new(), &RecordBatchOptions::new().with_row_count(Some(1))).ok()?;
    let value = expr.evaluate(&one_row).ok()?.into_array(1).ok()?;
    list_lengths(&value)?.first().copied()
}

/// How batches are cut.
#[derive(Debug, Clone)]
enum Slice {
    /// So many rows at most.
    ByRows(usize),
    /// Rows whose longest lists among the columns have about `rows_max` elements together.
    ByLists { columns: Vec<usize>, rows_max: usize },
}

/// Passes its input on, cut into smaller batches without copying.
#[derive(Debug)]
pub struct SmallBatchesExec {
    input: Arc<dyn ExecutionPlan>,
    slice: Slice,
    properties: Arc<PlanProperties>,
}

impl SmallBatchesExec {
    fn new(input: Arc<dyn ExecutionPlan>, slice: Slice) -> Self {
        let properties = Arc::clone(input.properties());
        SmallBatchesExec { input, slice, properties }
    }
}

impl DisplayAs for SmallBatchesExec {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmallBatchesExec: {:?}", self.slice)
    }
}

impl ExecutionPlan for SmallBatchesExec {
    fn name(&self) -> &'static str {
        "SmallBatchesExec"
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

    fn apply_expressions(&self, _f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.is_empty()) {
            (Some(input), true) => Ok(Arc::new(SmallBatchesExec::new(input, self.slice.clone()))),
            _ => Err(DataFusionError::Internal("small batches have one input".to_owned())),
        }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let input = self.input.execute(partition, context)?;
        let slice = self.slice.clone();
        let slices = input.map_ok(move |batch| stream::iter(slice.cut(&batch).into_iter().map(Ok))).try_flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.input.schema(), slices.boxed())))
    }
}

impl Slice {
    /// The batch in pieces; itself when it is small enough.
    fn cut(&self, batch: &RecordBatch) -> Vec<RecordBatch> {
        let rows = batch.num_rows();
        let ends = match self {
            Slice::ByRows(rows_max) => (1..=rows / rows_max).map(|count| count * rows_max).collect(),
            Slice::ByLists { columns, rows_max } => ends_by_lists(batch, columns, *rows_max),
        };
        let mut pieces = Vec::with_capacity(ends.len() + 1);
        let mut start = 0;
        for end in ends.into_iter().filter(|end| *end < rows).chain([rows]) {
            pieces.push(batch.slice(start, end - start));
            start = end;
        }
        pieces
    }
}

/// Where to cut so that the lists between two cuts hold about `rows_max` elements.
fn ends_by_lists(batch: &RecordBatch, columns: &[usize], rows_max: usize) -> Vec<usize> {
    let lengths: Vec<Vec<usize>> = columns.iter().filter_map(|column| batch.columns().get(*column)).filter_map(list_lengths).collect();
    let mut ends = Vec::new();
    let mut elements = 0;
    for row in 0..batch.num_rows() {
        elements += lengths.iter().filter_map(|lengths| lengths.get(row)).copied().max().unwrap_or(0).max(1);
        if elements >= rows_max {
            ends.push(row + 1);
            elements = 0;
        }
    }
    ends
}

/// The elements of each row's list or map, 0 where it is null; none for columns of other types.
fn list_lengths(column: &Arc<dyn Array>) -> Option<Vec<usize>> {
    let to_usize = |length: i64| usize::try_from(length).unwrap_or(0);
    if let DataType::Map(_, _) = column.data_type() {
        let map = column.as_map();
        return Some((0..map.len()).map(|row| if map.is_null(row) { 0 } else { to_usize(map.value_length(row).into()) }).collect());
    }
    let lengths = length(column).ok()?;
    match lengths.data_type() {
        DataType::Int32 => Some(lengths.as_primitive::<Int32Type>().iter().map(|length| to_usize(length.unwrap_or(0).into())).collect()),
        DataType::Int64 => Some(lengths.as_primitive::<Int64Type>().iter().map(|length| to_usize(length.unwrap_or(0))).collect()),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use arrow::array::{Int32Array, ListArray};
    use arrow::datatypes::Field;

    fn batch(lengths: &[Option<usize>]) -> RecordBatch {
        let lists = lengths.iter().map(|length| length.map(|length| vec![Some(7); length]));
        let lists = ListArray::from_iter_primitive::<Int32Type, _, _>(lists);
        let numbers = Int32Array::from_iter_values(0..i32::try_from(lengths.len()).unwrap());
        let schema =
            arrow::datatypes::Schema::new(vec![Field::new("n", DataType::Int32, false), Field::new("l", lists.data_type().clone(), true)]);
        RecordBatch::try_new(Arc::new(schema), vec![Arc::new(numbers), Arc::new(lists)]).unwrap()
    }

    fn sizes(slice: &Slice, batch: &RecordBatch) -> Vec<usize> {
        slice.cut(batch).iter().map(RecordBatch::num_rows).collect()
    }

    #[test]
    fn slices_give_about_a_batch_and_lose_no_row() {
        let by_lists = Slice::ByLists { columns: vec![1], rows_max: 10 };
        assert_eq!(sizes(&by_lists, &batch(&[Some(3), None, Some(0), Some(6), Some(50), Some(9), Some(1), Some(2)])), [4, 1, 2, 1]);
        assert_eq!(sizes(&by_lists, &batch(&[Some(1)])), [1]);
        assert_eq!(sizes(&by_lists, &batch(&[])), [0]);
        assert_eq!(sizes(&Slice::ByRows(2), &batch(&[None; 5])), [2, 2, 1]);
        assert_eq!(sizes(&Slice::ByRows(5), &batch(&[None; 5])), [5]);
    }
}
