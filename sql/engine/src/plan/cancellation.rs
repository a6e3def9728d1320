//! How does a cancelled query stop in a join that gives no rows? The join's filter asks whether the query goes on.
//!
//! A nested loop join whose filter drops every row emits no batch, so nothing above it is ever asked; measured: such a
//! join ran on for 50 s after its cancellation.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use arrow::datatypes::{DataType, Schema};
use arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::error::Result;
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::joins::NestedLoopJoinExec;
use datafusion::physical_plan::joins::NestedLoopJoinExecBuilder;
use datafusion::physical_plan::joins::utils::JoinFilter;
use tokio_util::sync::CancellationToken;

use crate::error::EngineError;
use crate::error::from_datafusion::external;

/// The token of a planned query, known once it runs.
pub type TokenCell = Arc<OnceLock<CancellationToken>>;

/// `USER_CANCELED`, as a cancelled stream ends.
pub fn cancelled() -> EngineError {
    EngineError::engine("USER_CANCELED", "Query was canceled")
}

/// The plan with every nested loop join watching the cell.
pub fn watched(plan: Arc<dyn ExecutionPlan>, token: &TokenCell) -> Result<Arc<dyn ExecutionPlan>> {
    plan.transform_up(|plan| {
        let Some(join) = plan.downcast_ref::<NestedLoopJoinExec>() else { return Ok(Transformed::no(plan)) };
        let Some(filter) = join.filter() else { return Ok(Transformed::no(plan)) };
        let watching = Arc::new(Watching { condition: Arc::clone(filter.expression()), token: Arc::clone(token) });
        let filter = JoinFilter::new(watching, filter.column_indices().to_vec(), Arc::clone(filter.schema()));
        let builder = NestedLoopJoinExecBuilder::new(Arc::clone(join.left()), Arc::clone(join.right()), *join.join_type());
        let watched = builder.with_filter(Some(filter)).with_projection_ref(join.projection().clone()).build()?;
        Ok(Transformed::yes(Arc::new(watched) as Arc<dyn ExecutionPlan>))
    })
    .data()
}

/// A join's condition that fails once the query is cancelled.
#[derive(Debug)]
struct Watching {
    condition: Arc<dyn PhysicalExpr>,
    token: TokenCell,
}

impl PartialEq for Watching {
    fn eq(&self, other: &Self) -> bool {
        self.condition.eq(&other.condition)
    }
}

impl Eq for Watching {}

impl Hash for Watching {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.condition.hash(state);
    }
}

impl fmt::Display for Watching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.condition, f)
    }
}

impl PhysicalExpr for Watching {
    fn data_type(&self, input_schema: &Schema) -> Result<DataType> {
        self.condition.data_type(input_schema)
    }

    fn nullable(&self, input_schema: &Schema) -> Result<bool> {
        self.condition.nullable(input_schema)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        if self.token.get().is_some_and(CancellationToken::is_cancelled) {
            return Err(external(cancelled()));
        }
        self.condition.evaluate(batch)
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.condition]
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        Ok(Arc::new(Watching { condition: Arc::clone(&children[0]), token: Arc::clone(&self.token) }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.condition.fmt_sql(f)
    }
}
