//! How is a query stopped? By its user, by its time, by the bytes it reads.

use crate::app::App;
use crate::query::record::Outcome;
use crate::query::run;
use crate::query::state::QueryState;
use crate::query::store::Query;
use std::sync::Arc;
use std::time::Duration;

/// The reason of a query its user stopped. Ref: measured Athena behaviour.
pub const BY_USER: &str = "Query cancelled by user";
/// The reason of a query over its workgroup's bytes. Ref: Athena user guide, "Set per-query limits".
pub const BY_BYTES: &str = "Bytes scanned limit was exceeded";
/// The reason of a query over its time. Ref: Athena user guide, service quotas.
pub const TIMED_OUT: &str = "Query timeout";

/// How often a running query's bytes are compared with a workgroup's limit, where it has one: as often as the timer
/// can. A query that passes its limit and ends between two looks is caught by [`is_over_bytes`].
const BYTES_LOOK_INTERVAL: Duration = Duration::from_millis(1);

/// Who ended a running query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// It becomes CANCELLED.
    Cancelled {
        /// `StateChangeReason`.
        reason: &'static str,
    },
    /// It becomes FAILED.
    TimedOut,
}

/// Stops a query: CANCELLED at once, even when its thread is busy. A query that has ended stays as it is.
pub fn stop(app: &Arc<App>, query: &Arc<Query>) {
    let statistics = query.statistics();
    let outcome = Outcome {
        state: QueryState::Cancelled,
        reason: Some(BY_USER.to_owned()),
        failure: None,
        completed_at_ms: app.clock.now_ms(),
        statistics,
        result: None,
    };
    run::finish(app, query, outcome);
    query.cancel.cancel();
}

/// Waits until a running query has to end: its token fires, its time is up, or it has read too much.
pub async fn limit_reached(query: &Query, time_limit: Duration) -> Limit {
    tokio::select! {
        () = query.cancel.cancelled() => Limit::Cancelled { reason: BY_USER },
        () = tokio::time::sleep(time_limit) => Limit::TimedOut,
        () = bytes_exceeded(query) => Limit::Cancelled { reason: BY_BYTES },
    }
}

/// Never returns for a query without a limit.
async fn bytes_exceeded(query: &Query) {
    if query.submission.settings.bytes_scanned_cutoff.is_none() {
        return std::future::pending().await;
    }
    while !is_over_bytes(query) {
        tokio::time::sleep(BYTES_LOOK_INTERVAL).await;
    }
}

/// Whether a query has read more than its workgroup allows; no such query succeeds.
pub fn is_over_bytes(query: &Query) -> bool {
    query.submission.settings.bytes_scanned_cutoff.is_some_and(|bytes_max| query.meter.bytes_scanned() > bytes_max)
}
