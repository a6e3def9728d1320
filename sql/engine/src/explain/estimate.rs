//! What does the planner expect of a node? DataFusion's statistics as Trino's estimates, unknown where it has none.
//! Ref: Trino 401 `PlanNodeStatsEstimate.getOutputSizeForSymbol`, `TextRenderer.printEstimates`.

use std::sync::Arc;

use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};

use super::node::PlanSymbol;
use super::quantity::data_size;

/// What a value of variable width takes when nothing is known, and the offset each has.
const UNKNOWN_WIDTH_BYTES: f64 = 50.0;
const OFFSET_BYTES: f64 = 4.0;
/// The null flag of each value.
const NULL_FLAG_BYTES: f64 = 1.0;

/// Rows and bytes put out, and the cost of getting there; `None` is unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Estimate {
    pub rows: Option<f64>,
    pub bytes: Option<f64>,
    pub cpu: Option<f64>,
    pub memory: Option<f64>,
    pub network: Option<f64>,
}

impl Estimate {
    /// `{rows: 25 (225B), cpu: 225, memory: 0B, network: 0B}`.
    pub(crate) fn text(&self) -> String {
        let unknown = || "?".to_owned();
        let size = |value: Option<f64>| value.map_or_else(unknown, data_size);
        let rows = self.rows.map_or_else(unknown, |rows| format!("{rows:.0}"));
        let cpu = self.cpu.map_or_else(unknown, |cost| data_size(cost).trim_end_matches('B').to_owned());
        format!("{{rows: {rows} ({}), cpu: {cpu}, memory: {}, network: {}}}", size(self.bytes), size(self.memory), size(self.network))
    }

    /// A source of rows that costs its reading only: `cpu` is what is read.
    pub(crate) fn of_source(rows: f64, outputs: &[PlanSymbol], is_read: bool) -> Estimate {
        let bytes = rows * row_bytes(outputs);
        let cpu = if is_read { bytes } else { 0.0 };
        Estimate { rows: Some(rows), bytes: Some(bytes), cpu: Some(cpu), memory: Some(0.0), network: Some(0.0) }
    }
}

/// The expectation for `plan`, whose columns are `outputs`.
pub(crate) fn estimate(context: &StatisticsContext, plan: &Arc<dyn ExecutionPlan>, outputs: &[PlanSymbol]) -> Estimate {
    let rows = context.compute(plan.as_ref(), &StatisticsArgs::new()).ok().and_then(|statistics| statistics.num_rows.get_value().copied());
    match rows {
        Some(rows) => Estimate { rows: Some(rows as f64), bytes: Some(rows as f64 * row_bytes(outputs)), ..Estimate::default() },
        None => Estimate::default(),
    }
}

fn row_bytes(outputs: &[PlanSymbol]) -> f64 {
    outputs.iter().map(|output| NULL_FLAG_BYTES + value_bytes(&output.data_type)).sum()
}

fn value_bytes(data_type: &str) -> f64 {
    let base = data_type.split('(').next().unwrap_or(data_type);
    match base {
        "boolean" | "tinyint" | "unknown" => 1.0,
        "smallint" => 2.0,
        "integer" | "real" | "date" | "interval year to month" => 4.0,
        "bigint" | "double" | "time" | "timestamp" | "interval day to second" => 8.0,
        "decimal" => {
            let precision = data_type.trim_start_matches("decimal(").split(',').next().and_then(|digits| digits.parse::<u32>().ok());
            if precision.is_some_and(|digits| digits <= 18) { 8.0 } else { 16.0 }
        }
        "uuid" | "ipaddress" => 16.0,
        _ => UNKNOWN_WIDTH_BYTES + OFFSET_BYTES,
    }
}
