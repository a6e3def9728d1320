//! What have the remembered queries cost? Counts, bytes and price, by workgroup.
//!
//! Ref: Amazon Athena pricing; `query::metering`.

use crate::app::App;
use crate::query::metering::{billed_mb, usd};
use crate::query::state::QueryState;
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
    /// Stored bytes read by all of them.
    bytes_scanned: u64,
    /// Megabytes they are billed.
    billed_mb: u64,
    /// The price of those.
    usd: f64,
}

pub async fn usage(State(app): State<Arc<App>>) -> Json<BTreeMap<&'static str, BTreeMap<String, Usage>>> {
    let mut workgroups: BTreeMap<String, Usage> = BTreeMap::new();
    for query in app.queries.all() {
        let Some(outcome) = query.outcome() else { continue };
        let usage = workgroups.entry(query.submission.workgroup.clone()).or_default();
        usage.queries += 1;
        match outcome.state {
            QueryState::Succeeded => usage.succeeded += 1,
            QueryState::Cancelled => usage.cancelled += 1,
            QueryState::Failed | QueryState::Queued | QueryState::Running => usage.failed += 1,
        }
        usage.bytes_scanned += outcome.statistics.bytes_scanned.unwrap_or(0);
        usage.billed_mb += billed_mb(&query.submission, &outcome);
        usage.usd = usd(usage.billed_mb);
    }
    Json(BTreeMap::from([("workgroups", workgroups)]))
}
