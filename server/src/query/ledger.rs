//! What have queries cost so far? Running totals by workgroup, end and statement type, never forgotten while the process lives.
//!
//! The totals begin with the history that was read at the start, so they outlive a restart as far as the history does,
//! and they do not shrink when the history forgets.
//!
//! Ref: Athena user guide, "Monitor Athena query metrics with CloudWatch": metrics, dimensions.

use crate::query::metering::billed_mb;
use crate::query::record::{Outcome, Submission};
use crate::query::state::QueryState;
use parking_lot::Mutex;
use std::collections::BTreeMap;

/// What totals are kept apart by: the dimensions of the service's metrics.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dimensions {
    /// The workgroup's name.
    pub workgroup: String,
    /// `SUCCEEDED`, `FAILED` or `CANCELED`, with one L as CloudWatch spells it.
    pub query_state: &'static str,
    /// `DML`, `DDL` or `UTILITY`.
    pub query_type: String,
}

/// The totals of finished queries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Queries.
    pub queries: u64,
    /// Those answered with an earlier result.
    pub reused: u64,
    /// Stored bytes read.
    pub bytes_scanned: u64,
    /// Megabytes billed.
    pub billed_mb: u64,
    /// Of the phases a query went through; one it did not reach adds nothing.
    pub engine_ms: u64,
    /// Analysis and optimisation.
    pub planning_ms: u64,
    /// From submission to the engine.
    pub queue_ms: u64,
    /// From the last row to the published result.
    pub processing_ms: u64,
    /// From submission to the end.
    pub total_ms: u64,
}

/// The totals of the server.
#[derive(Default)]
pub struct Ledger {
    totals: Mutex<BTreeMap<Dimensions, Totals>>,
}

impl Ledger {
    /// Adds a finished query.
    pub fn add(&self, submission: &Submission, outcome: &Outcome) {
        let query_state = match outcome.state {
            QueryState::Succeeded => "SUCCEEDED",
            QueryState::Cancelled => "CANCELED",
            QueryState::Failed | QueryState::Queued | QueryState::Running => "FAILED",
        };
        let dimensions = Dimensions { workgroup: submission.workgroup.clone(), query_state, query_type: submission.statement_type.clone() };
        let statistics = &outcome.statistics;
        let mut totals = self.totals.lock();
        let totals = totals.entry(dimensions).or_default();
        totals.queries += 1;
        totals.reused += u64::from(statistics.is_reused);
        totals.bytes_scanned += statistics.bytes_scanned.unwrap_or(0);
        totals.billed_mb += billed_mb(submission, outcome);
        totals.engine_ms += statistics.engine_ms.unwrap_or(0);
        totals.planning_ms += statistics.planning_ms.unwrap_or(0);
        totals.queue_ms += statistics.queue_ms;
        totals.processing_ms += statistics.processing_ms.unwrap_or(0);
        totals.total_ms += statistics.total_ms;
    }

    /// All totals, sorted by their dimensions.
    pub fn totals(&self) -> BTreeMap<Dimensions, Totals> {
        self.totals.lock().clone()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::query::record::Statistics;
    use crate::query::store::tests::{ended, submission};

    #[test]
    fn queries_add_up_by_dimension() {
        let ledger = Ledger::default();
        let outcome = |state| Outcome {
            statistics: Statistics { bytes_scanned: Some(100), queue_ms: 3, engine_ms: Some(4), total_ms: 9, ..Statistics::default() },
            ..ended(state)
        };
        ledger.add(&submission("a"), &outcome(QueryState::Succeeded));
        ledger.add(&submission("b"), &outcome(QueryState::Succeeded));
        ledger.add(&submission("c"), &outcome(QueryState::Cancelled));
        let totals = ledger.totals();
        let of = |query_state| {
            let dimensions = Dimensions { workgroup: "primary".to_owned(), query_state, query_type: "DML".to_owned() };
            totals.get(&dimensions).cloned().unwrap()
        };
        let (ended_well, stopped) = (of("SUCCEEDED"), of("CANCELED"));
        assert_eq!((ended_well.queries, ended_well.bytes_scanned, ended_well.billed_mb, ended_well.total_ms), (2, 200, 20, 18));
        assert_eq!((stopped.queries, stopped.billed_mb, stopped.engine_ms), (1, 10, 4));
    }
}
