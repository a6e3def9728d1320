//! What have queries cost? Counts, bytes and price, by workgroup, as JSON.
//!
//! Ref: Amazon Athena pricing; `query::metering`, `query::ledger`.

use crate::app::App;
use crate::query::metering::usd;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The usage of one workgroup; queries that are not finished do not count.
#[derive(Debug, Default, Serialize)]
pub struct Usage {
    /// Finished queries.
    queries: u64,
    /// Those that succeeded.
    succeeded: u64,
    /// Those that failed.
    failed: u64,
    /// Those that were cancelled.
    cancelled: u64,
    /// Those answered with an earlier result.
    reused: u64,
    /// Stored bytes read by all of them.
    bytes_scanned: u64,
    /// Megabytes they are billed.
    billed_mb: u64,
    /// The price of those.
    usd: f64,
}

/// The usage of all workgroups, and what it is priced by.
#[derive(Debug, Serialize)]
pub struct UsageReport {
    /// Workgroup → its usage.
    workgroups: BTreeMap<String, Usage>,
    /// All of them together.
    total: Usage,
    /// The price of a scanned terabyte.
    usd_per_tb: f64,
}

pub async fn usage(State(app): State<Arc<App>>) -> Json<UsageReport> {
    let usd_per_tb = app.config.usd_per_tb;
    let mut workgroups: BTreeMap<String, Usage> = BTreeMap::new();
    let mut total = Usage::default();
    for (dimensions, totals) in app.ledger.totals() {
        for usage in [workgroups.entry(dimensions.workgroup.clone()).or_default(), &mut total] {
            usage.queries += totals.queries;
            match dimensions.query_state {
                "SUCCEEDED" => usage.succeeded += totals.queries,
                "CANCELED" => usage.cancelled += totals.queries,
                _ => usage.failed += totals.queries,
            }
            usage.reused += totals.reused;
            usage.bytes_scanned += totals.bytes_scanned;
            usage.billed_mb += totals.billed_mb;
            usage.usd = usd(usage.billed_mb, usd_per_tb);
        }
    }
    Json(UsageReport { workgroups, total, usd_per_tb })
}
