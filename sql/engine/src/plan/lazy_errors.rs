//! When does a wrong value fail a query? Only where the expression holding it is needed. Ref: Trino 401 "TRY", conditional expressions.
//!
//! DataFusion evaluates both sides of AND and OR over whole batches. Here a side that fails is tried again on the rows
//! the other side leaves open, so `x <> 0 AND 10 / x > 1` never divides by zero; the fast path stays as it is. TRY gives
//! null for the rows that fail. CASE, IF and COALESCE need nothing: DataFusion evaluates their branches by selection.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, new_null_array};
use arrow::compute::{concat, filter_record_batch};
use arrow::datatypes::{DataType, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::config::ConfigOptions;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, Operator};
use datafusion::physical_expr::expressions::BinaryExpr;
use datafusion::physical_expr::{HigherOrderFunctionExpr, PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::{FilterExec, FilterExecBuilder};
use datafusion::physical_plan::joins::utils::JoinFilter;
use datafusion::physical_plan::joins::{HashJoinExec, NestedLoopJoinExec, NestedLoopJoinExecBuilder};
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};

use super::closed::Closed;
use super::conjunction::Conjunction;
use super::try_marker::TRY_MARKER;
use crate::error::from_datafusion::from_datafusion;

/// The errors TRY turns to null. Ref: Trino 401 "TRY".
const CAUGHT_BY_TRY: &[&str] = &["DIVISION_BY_ZERO", "INVALID_CAST_ARGUMENT", "INVALID_FUNCTION_ARGUMENT", "NUMERIC_VALUE_OUT_OF_RANGE"];

/// Runs before DataFusion's rules: projections, which may move into scans, join conditions, and TRY anywhere.
#[derive(Debug, Default)]
pub struct LazyProjections;

impl PhysicalOptimizerRule for LazyProjections {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| {
            if let Some(projection) = plan.downcast_ref::<ProjectionExec>() {
                let mut is_changed = false;
                let mut expressions = Vec::with_capacity(projection.expr().len());
                for ProjectionExpr { expr, alias } in projection.expr() {
                    let lazy = lazy(Arc::clone(expr), true, &projection.input().schema())?;
                    is_changed |= lazy.transformed;
                    expressions.push(ProjectionExpr { expr: lazy.data, alias: alias.clone() });
                }
                if is_changed {
                    return Ok(Transformed::yes(
                        Arc::new(ProjectionExec::try_new(expressions, Arc::clone(projection.input()))?) as Arc<dyn ExecutionPlan>
                    ));
                }
            } else if let Some(filter) = plan.downcast_ref::<FilterExec>() {
                let lazy = lazy(Arc::clone(filter.predicate()), false, &filter.input().schema())?;
                if lazy.transformed {
                    return Ok(Transformed::yes(with_predicate(filter, lazy.data)?));
                }
            } else if let Some(join) = plan.downcast_ref::<HashJoinExec>() {
                if let Some(filter) = lazy_join_filter(join.filter())? {
                    return Ok(Transformed::yes(join.builder().with_filter(Some(filter)).build_exec()?));
                }
            } else if let Some(join) = plan.downcast_ref::<NestedLoopJoinExec>()
                && let Some(filter) = lazy_join_filter(join.filter())?
            {
                let builder = NestedLoopJoinExecBuilder::new(Arc::clone(join.left()), Arc::clone(join.right()), *join.join_type());
                let lazy = builder.with_filter(Some(filter)).with_projection_ref(join.projection().clone()).build()?;
                return Ok(Transformed::yes(Arc::new(lazy) as Arc<dyn ExecutionPlan>));
            }
            Ok(Transformed::no(plan))
        })
        .data()
    }

    fn name(&self) -> &str {
        "lazy_projections"
    }

    fn schema_check(&self) -> bool {
        false
    }
}

/// An expression of one of our own operators, made lazy as a projection's is.
pub fn lazy_expression(expr: Arc<dyn PhysicalExpr>, schema: &SchemaRef) -> Result<Arc<dyn PhysicalExpr>> {
    Ok(lazy(expr, true, schema)?.data)
}

/// The join's condition made lazy; `None` when it stays as it is.
fn lazy_join_filter(filter: Option<&JoinFilter>) -> Result<Option<JoinFilter>> {
    let Some(filter) = filter else { return Ok(None) };
    let lazy = lazy(Arc::clone(filter.expression()), true, filter.schema())?;
    Ok(lazy.transformed.then(|| JoinFilter::new(lazy.data, filter.column_indices().to_vec(), Arc::clone(filter.schema()))))
}

pub(super) fn with_predicate(filter: &FilterExec, predicate: Arc<dyn PhysicalExpr>) -> Result<Arc<dyn ExecutionPlan>> {
    let builder: FilterExecBuilder = filter.into();
    Ok(Arc::new(builder.with_predicate(predicate).build()?))
}

/// TRY markers made to catch, calls with lambdas closed, and, when asked for, AND and OR with a right side that can fail made lazy.
pub(super) fn lazy(expr: Arc<dyn PhysicalExpr>, with_chains: bool, schema: &SchemaRef) -> Result<Transformed<Arc<dyn PhysicalExpr>>> {
    expr.transform_down(|node| {
        if node.is::<HigherOrderFunctionExpr>() {
            let mut arguments = Vec::with_capacity(node.children().len());
            for argument in node.children() {
                arguments.push(lazy(Arc::clone(argument), true, schema)?.data);
            }
            let closed = Arc::new(Closed::over(node.with_new_children(arguments)?, schema)?) as Arc<dyn PhysicalExpr>;
            return Ok(Transformed::new(closed, true, TreeNodeRecursion::Jump));
        }
        if let Some(call) = node.downcast_ref::<ScalarFunctionExpr>()
            && call.fun().name() == TRY_MARKER
            && let [input] = call.args()
        {
            let inner = lazy(Arc::clone(input), with_chains, schema)?.data;
            let caught = Arc::new(TryExpr { input: Closed::over(inner, schema)? }) as Arc<dyn PhysicalExpr>;
            return Ok(Transformed::new(caught, true, TreeNodeRecursion::Jump));
        }
        if with_chains
            && let Some(chain) = node.downcast_ref::<BinaryExpr>()
            && matches!(chain.op(), Operator::And | Operator::Or)
            && can_fail(chain.right())
        {
            let left = lazy(Arc::clone(chain.left()), with_chains, schema)?.data;
            let right = lazy(Arc::clone(chain.right()), with_chains, schema)?.data;
            let right: Arc<dyn PhysicalExpr> = Arc::new(Closed::over(right, schema)?);
            let chain = LazyChain { chain: BinaryExpr::new(left, *chain.op(), right) };
            return Ok(Transformed::new(Arc::new(chain) as Arc<dyn PhysicalExpr>, true, TreeNodeRecursion::Jump));
        }
        Ok(Transformed::no(node))
    })
}

/// A wrapper of this module, opened for who shows expressions.
pub(crate) enum Opened<'a> {
    /// AND or OR.
    Chain(&'a BinaryExpr),
    /// Another expression, as it was.
    Plain(&'a Arc<dyn PhysicalExpr>),
    /// An expression over these columns alone; `is_try` for TRY.
    Over { columns: &'a [Arc<dyn PhysicalExpr>], body: &'a Arc<dyn PhysicalExpr>, is_try: bool },
}

/// What is in a wrapper; `None` for every other expression.
pub(crate) fn opened(expr: &Arc<dyn PhysicalExpr>) -> Option<Opened<'_>> {
    if let Some(lazy) = expr.downcast_ref::<LazyChain>() {
        return Some(Opened::Chain(&lazy.chain));
    }
    if let Some(conjunction) = expr.downcast_ref::<Conjunction>() {
        return Some(Opened::Plain(&conjunction.predicate));
    }
    if let Some(closed) = expr.downcast_ref::<Closed>() {
        return Some(Opened::Over { columns: &closed.columns, body: &closed.body, is_try: false });
    }
    let input = &expr.downcast_ref::<TryExpr>()?.input;
    Some(Opened::Over { columns: &input.columns, body: &input.body, is_try: true })
}

/// Is there anything that may raise an error? Functions may; comparisons, casts that widen, columns and constants don't.
pub(super) fn can_fail(expr: &Arc<dyn PhysicalExpr>) -> bool {
    expr.is::<ScalarFunctionExpr>() || expr.is::<Closed>() || expr.is::<TryExpr>() || expr.children().into_iter().any(can_fail)
}

/// TRY: the input, null where it fails.
#[derive(Debug, PartialEq, Eq, Hash)]
struct TryExpr {
    input: Closed,
}

impl TryExpr {
    /// Over a batch of just the columns it reads.
    fn evaluate_rows(&self, batch: &RecordBatch) -> Result<ArrayRef> {
        let error = match self.input.body.evaluate(batch) {
            Ok(values) => return values.into_array(batch.num_rows()),
            Err(error) => error,
        };
        let caught = from_datafusion(DataFusionError::Context(String::new(), Box::new(shared(&error))));
        if !CAUGHT_BY_TRY.contains(&caught.name.as_str()) {
            return Err(error);
        }
        let rows = batch.num_rows();
        if rows <= 1 {
            return Ok(new_null_array(&self.input.body.data_type(batch.schema_ref())?, rows));
        }
        let half = rows / 2;
        let (first, second) = (self.evaluate_rows(&batch.slice(0, half))?, self.evaluate_rows(&batch.slice(half, rows - half))?);
        Ok(concat(&[first.as_ref(), second.as_ref()])?)
    }
}

/// The name and text of an error, as an error that can be taken apart without taking the first.
fn shared(error: &DataFusionError) -> DataFusionError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(current) = cause {
        if let Some(found) = current.downcast_ref::<owlake_functions::error::FunctionError>() {
            return DataFusionError::External(Box::new(found.clone()));
        }
        if let Some(found) = current.downcast_ref::<crate::error::EngineError>() {
            return DataFusionError::External(Box::new(found.clone()));
        }
        if let Some(arrow::error::ArrowError::DivideByZero) = current.downcast_ref::<arrow::error::ArrowError>() {
            return DataFusionError::External(Box::new(owlake_functions::error::FunctionError::division_by_zero()));
        }
        cause = current.source();
    }
    DataFusionError::Internal(error.to_string())
}

impl fmt::Display for TryExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "try({})", self.input)
    }
}

impl PhysicalExpr for TryExpr {
    fn data_type(&self, input_schema: &Schema) -> Result<DataType> {
        self.input.data_type(input_schema)
    }

    fn nullable(&self, _input_schema: &Schema) -> Result<bool> {
        Ok(true)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        Ok(ColumnarValue::Array(self.evaluate_rows(&self.input.inputs(batch)?)?))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        self.input.children()
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        Ok(Arc::new(TryExpr { input: Closed { columns: children, ..self.input.clone() } }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// AND or OR whose right side is not asked where the left one decides, if asking fails.
#[derive(Debug, Eq)]
pub(super) struct LazyChain {
    pub(super) chain: BinaryExpr,
}

impl PartialEq for LazyChain {
    fn eq(&self, other: &Self) -> bool {
        self.chain == other.chain
    }
}

impl Hash for LazyChain {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.chain.hash(state);
    }
}

impl fmt::Display for LazyChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.chain, f)
    }
}

impl PhysicalExpr for LazyChain {
    fn data_type(&self, _input_schema: &Schema) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn nullable(&self, input_schema: &Schema) -> Result<bool> {
        self.chain.nullable(input_schema)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let error = match self.chain.evaluate(batch) {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let left = self.chain.left().evaluate(batch)?.into_array(batch.num_rows())?;
        let left = left.as_boolean();
        let is_and = *self.chain.op() == Operator::And;
        let open: BooleanArray = left.iter().map(|value| Some(value != Some(!is_and))).collect();
        if open.true_count() == batch.num_rows() {
            return Err(error);
        }
        let right = self.chain.right().evaluate(&filter_record_batch(batch, &open)?)?.into_array(open.true_count())?;
        let right = right.as_boolean();
        let mut next = 0;
        let decided = left.iter().zip(open.values()).map(|(left, is_open)| {
            if !is_open {
                return Some(!is_and);
            }
            let right = right.is_valid(next).then(|| right.value(next));
            next += 1;
            match (left, right) {
                (_, Some(right)) if right != is_and => Some(right),
                (Some(_), right) => right,
                (None, _) => None,
            }
        });
        Ok(ColumnarValue::Array(Arc::new(decided.collect::<BooleanArray>())))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![self.chain.left(), self.chain.right()]
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        Ok(Arc::new(LazyChain { chain: BinaryExpr::new(Arc::clone(&children[0]), *self.chain.op(), Arc::clone(&children[1])) }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.chain.fmt_sql(f)
    }
}
