//! What has an operator cost? DataFusion's metrics of one that ran. Ref: Trino 401 "EXPLAIN ANALYZE", `PlanNodeStats`.

use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::{MetricValue, MetricsSet};

use super::quantity::{data_size, duration, positions};

/// The measure of one operator, all its threads together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Measured {
    pub cpu_nanos: u64,
    pub rows: u64,
    /// Bytes held by the batches put out.
    pub bytes: u64,
    pub spilled_bytes: u64,
    /// For scans.
    pub input: Option<Input>,
    /// All metrics by name, for VERBOSE.
    pub metrics: Vec<(String, String)>,
}

/// What a scan has read and left out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Input {
    /// Rows decoded, before any filter.
    pub rows: u64,
    /// Bytes these rows take in memory.
    pub bytes: u64,
    /// Stored bytes read: what is charged.
    pub physical_bytes: u64,
    pub partitions: Option<Share>,
    /// Big files are scanned in ranges, so that several threads share one.
    pub file_ranges: Option<Share>,
    pub row_groups: Option<Share>,
    pub pages: Option<Share>,
}

/// How many of several were left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Share {
    pub pruned: usize,
    pub total: usize,
}

/// The measure so far: nothing for a plan that has not run.
pub(crate) fn measured(plan: &dyn ExecutionPlan) -> Measured {
    let metrics = plan.metrics().unwrap_or_default().aggregate_by_name();
    let count = |name: &str| metrics.sum(|metric| metric.value().name() == name).map_or(0, |value| value.as_usize() as u64);
    let is_nothing = |value: &MetricValue| match value {
        MetricValue::PruningMetrics { pruning_metrics, .. } => pruning_metrics.pruned() + pruning_metrics.matched() == 0,
        MetricValue::Ratio { ratio_metrics, .. } => ratio_metrics.total() == 0,
        value => value.is_timestamp() || value.as_usize() == 0,
    };
    let mut shown: Vec<(String, String)> = metrics
        .iter()
        .filter(|metric| !is_nothing(metric.value()))
        .map(|metric| (metric.value().name().to_owned(), metric.value().to_string()))
        .collect();
    shown.sort();
    Measured {
        // A scan of files counts its decoding apart.
        cpu_nanos: (metrics.elapsed_compute().unwrap_or(0) as u64).max(count("time_elapsed_processing")),
        rows: metrics.output_rows().unwrap_or(0) as u64,
        bytes: count("output_bytes"),
        spilled_bytes: metrics.spilled_bytes().unwrap_or(0) as u64,
        input: None,
        metrics: shown,
    }
}

/// What the Parquet metrics of a scan say was left out.
pub(crate) fn pruned(metrics: &MetricsSet, names: &[&str]) -> Option<Share> {
    let mut share: Option<Share> = None;
    for name in names {
        match metrics.sum_by_name(name) {
            Some(MetricValue::PruningMetrics { pruning_metrics, .. }) => {
                let found = share.get_or_insert_default();
                found.pruned += pruning_metrics.pruned();
                // Each step sees what the one before has left.
                found.total = found.total.max(pruning_metrics.pruned() + pruning_metrics.matched());
            }
            Some(MetricValue::Count { count, .. }) => share.get_or_insert_default().pruned += count.value(),
            _ => {}
        }
    }
    share.filter(|share| share.total > 0)
}

impl Measured {
    /// Takes in what an operator shown as part of this one has cost; the rows and bytes stay the outer one's.
    pub(crate) fn absorb(&mut self, inner: Measured) {
        self.cpu_nanos += inner.cpu_nanos;
        self.spilled_bytes += inner.spilled_bytes;
        self.input = self.input.take().or(inner.input);
        self.metrics.extend(inner.metrics);
    }

    /// `25 rows (225B)`.
    pub(crate) fn output(&self) -> String {
        format!("{} ({})", positions(self.rows), data_size(self.bytes as f64))
    }

    pub(crate) fn cpu(&self) -> String {
        duration(self.cpu_nanos)
    }
}

impl Input {
    /// The line below a scan; `is_filtered` when a filter is shown as part of it.
    pub(crate) fn lines(&self, rows_out: u64, is_filtered: bool) -> Vec<String> {
        let mut line = format!("Input: {} ({})", positions(self.rows), data_size(self.bytes as f64));
        if is_filtered {
            let filtered = super::quantity::percent(self.rows.saturating_sub(rows_out) as f64, self.rows as f64);
            line.push_str(&format!(", Filtered: {filtered}%"));
        }
        line.push_str(&format!(", Physical Input: {}", data_size(self.physical_bytes as f64)));
        let mut lines = vec![line];
        let shares =
            [("partitions", self.partitions), ("file ranges", self.file_ranges), ("row groups", self.row_groups), ("pages", self.pages)];
        let shares: Vec<String> = shares
            .into_iter()
            .filter_map(|(what, share)| share.map(|share| format!("{what}: {} of {}", share.pruned, share.total)))
            .collect();
        if !shares.is_empty() {
            lines.push(format!("Pruned: {}", shares.join(", ")));
        }
        lines
    }
}
