//! How many rows does an input of a join have, and how many values each of its columns? Estimates, from what the footers say.

use datafusion::common::{ColumnStatistics, ScalarValue};
use datafusion::error::Result;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};

/// Rows assumed where nothing at all is known.
const UNKNOWN_ROWS: f64 = 1000.0;

/// About how many values a column has; none where nothing tells.
pub type DistinctValues = Option<f64>;

/// What is known of a join's input.
pub struct LeafEstimate {
    pub rows: f64,
    /// One a column.
    pub distinct: Vec<DistinctValues>,
}

/// The estimate of a plan. Where DataFusion has none, a node gives as many rows as its largest input.
pub fn leaf_estimate(plan: &dyn ExecutionPlan) -> Result<LeafEstimate> {
    let statistics = StatisticsContext::new().compute(plan, &StatisticsArgs::new())?;
    let rows = match statistics.num_rows.get_value() {
        Some(rows) => *rows as f64,
        None => inputs_rows(plan)?,
    };
    let distinct = statistics.column_statistics.iter().map(distinct_values).collect();
    Ok(LeafEstimate { rows: rows.max(1.0), distinct })
}

fn inputs_rows(plan: &dyn ExecutionPlan) -> Result<f64> {
    let mut rows: Option<f64> = None;
    for child in plan.children() {
        let child = leaf_estimate(child.as_ref())?.rows;
        rows = Some(rows.map_or(child, |so_far| so_far.max(child)));
    }
    Ok(rows.unwrap_or(UNKNOWN_ROWS))
}

fn distinct_values(column: &ColumnStatistics) -> DistinctValues {
    let counted = column.distinct_count.get_value().map(|count| *count as f64);
    let ranged = column.min_value.get_value().zip(column.max_value.get_value()).and_then(|(min, max)| values_between(min, max));
    match (counted, ranged) {
        (Some(counted), Some(ranged)) => Some(counted.min(ranged)),
        (counted, ranged) => counted.or(ranged),
    }
}

/// How many whole numbers or days lie between two, both included.
fn values_between(min: &ScalarValue, max: &ScalarValue) -> DistinctValues {
    let (min, max) = (whole(min)?, whole(max)?);
    (min <= max).then_some(max as f64 - min as f64 + 1.0)
}

fn whole(value: &ScalarValue) -> Option<i64> {
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
