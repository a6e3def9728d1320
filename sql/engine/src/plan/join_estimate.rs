//! How many rows does an input of a join have, and how many values each of its columns? Estimates, from what the footers say.

use datafusion::common::{ColumnStatistics, ScalarValue};
use datafusion::error::Result;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};

use super::selectivity::selectivity;

/// Rows assumed where nothing at all is known.
const UNKNOWN_ROWS: f64 = 1000.0;

/// About how many values a column has; none where nothing tells.
pub type DistinctValues = Option<f64>;

/// What is known of a column.
#[derive(Debug, Clone, Copy, Default)]
pub struct ColumnEstimate {
    pub distinct: DistinctValues,
    /// The least and the greatest of whole numbers and days.
    pub bounds: Option<(f64, f64)>,
    /// How much of the rows has no value.
    pub nulls: Option<f64>,
}

/// What is known of a join's input.
#[derive(Debug, Clone)]
pub struct LeafEstimate {
    pub rows: f64,
    pub columns: Vec<ColumnEstimate>,
}

/// The estimate of a plan. Filters and aggregations are estimated here, for DataFusion takes any filter to leave a fifth of the rows; where
/// it has no estimate of another node, the node gives as many rows as its largest input.
pub fn leaf_estimate(plan: &dyn ExecutionPlan) -> Result<LeafEstimate> {
    if let Some(filter) = plan.downcast_ref::<FilterExec>() {
        let mut estimate = leaf_estimate(filter.input().as_ref())?;
        let rows = (estimate.rows * selectivity(filter.predicate(), &estimate.columns)).max(1.0);
        if let Some(kept) = filter.projection().as_ref() {
            estimate.columns = kept.iter().map(|column| estimate.columns.get(*column).copied().unwrap_or_default()).collect();
        }
        return Ok(with_rows(estimate.columns, rows));
    }
    if let Some(projection) = plan.downcast_ref::<ProjectionExec>() {
        let estimate = leaf_estimate(projection.input().as_ref())?;
        let column = |output: &ProjectionExpr| Some(*estimate.columns.get(output.expr.downcast_ref::<Column>()?.index())?);
        let columns = projection.expr().iter().map(|output| column(output).unwrap_or_default()).collect();
        return Ok(LeafEstimate { rows: estimate.rows, columns });
    }
    if let Some(aggregate) = plan.downcast_ref::<AggregateExec>()
        && aggregate.group_expr().is_single()
        && !aggregate.group_expr().expr().is_empty()
    {
        return grouped(aggregate);
    }
    let statistics = StatisticsContext::new().compute(plan, &StatisticsArgs::new())?;
    let rows = match statistics.num_rows.get_value() {
        Some(rows) => *rows as f64,
        None => inputs_rows(plan)?,
    }
    .max(1.0);
    Ok(LeafEstimate { rows, columns: statistics.column_statistics.iter().map(|column| column_estimate(column, rows)).collect() })
}

/// As many groups as the keys have values together, rows at most.
fn grouped(aggregate: &AggregateExec) -> Result<LeafEstimate> {
    let input = leaf_estimate(aggregate.input().as_ref())?;
    let keys = aggregate.group_expr().expr().iter();
    let mut columns: Vec<ColumnEstimate> = keys
        .map(|(key, _)| key.downcast_ref::<Column>().and_then(|column| input.columns.get(column.index()).copied()).unwrap_or_default())
        .collect();
    let groups = columns.iter().try_fold(1.0, |groups, column| Some(groups * column.distinct?)).unwrap_or(input.rows);
    columns.resize(aggregate.schema().fields().len(), ColumnEstimate::default());
    Ok(with_rows(columns, groups.min(input.rows).max(1.0)))
}

/// No column has more values than there are rows.
fn with_rows(mut columns: Vec<ColumnEstimate>, rows: f64) -> LeafEstimate {
    for column in &mut columns {
        column.distinct = column.distinct.map(|distinct| distinct.min(rows));
    }
    LeafEstimate { rows, columns }
}

fn inputs_rows(plan: &dyn ExecutionPlan) -> Result<f64> {
    let mut rows: Option<f64> = None;
    for child in plan.children() {
        let child = leaf_estimate(child.as_ref())?.rows;
        rows = Some(rows.map_or(child, |so_far| so_far.max(child)));
    }
    Ok(rows.unwrap_or(UNKNOWN_ROWS))
}

fn column_estimate(column: &ColumnStatistics, rows: f64) -> ColumnEstimate {
    let counted = column.distinct_count.get_value().map(|count| *count as f64);
    let ranged = column.min_value.get_value().zip(column.max_value.get_value());
    let ranged_values = ranged.and_then(|(min, max)| values_between(min, max));
    let distinct = match (counted, ranged_values) {
        (Some(counted), Some(ranged)) => Some(counted.min(ranged)),
        (counted, ranged) => counted.or(ranged),
    };
    let bounds = ranged.and_then(|(min, max)| Some((whole(min)? as f64, whole(max)? as f64)));
    ColumnEstimate { distinct, bounds, nulls: column.null_count.get_value().map(|nulls| *nulls as f64 / rows) }
}

/// How many whole numbers or days lie between two, both included.
fn values_between(min: &ScalarValue, max: &ScalarValue) -> DistinctValues {
    let (min, max) = (whole(min)?, whole(max)?);
    (min <= max).then_some(max as f64 - min as f64 + 1.0)
}

pub(super) fn whole(value: &ScalarValue) -> Option<i64> {
    match value {
        ScalarValue::Int8(value) => value.map(i64::from),
        ScalarValue::Int16(value) => value.map(i64::from),
        ScalarValue::Int32(value) | ScalarValue::Date32(value) => value.map(i64::from),
        ScalarValue::Int64(value) => *value,
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_both_its_ends() {
        assert_eq!(values_between(&ScalarValue::Int32(Some(3)), &ScalarValue::Int32(Some(5))), Some(3.0));
        assert_eq!(values_between(&ScalarValue::Int64(Some(i64::MIN)), &ScalarValue::Int64(Some(i64::MAX))), Some(2f64.powi(64)));
        assert_eq!(values_between(&ScalarValue::Int32(None), &ScalarValue::Int32(Some(5))), None);
    }
}
