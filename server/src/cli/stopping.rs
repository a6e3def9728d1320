//! What becomes of queries when the server is told to stop? They may end for a while; those that do not are FAILED with a reason.
//!
//! The same reason as after a kill, which a later start gives them. Basis: inferred; Athena has no such end.

use crate::app::App;
use crate::query::run;
use crate::query::store::{Query, interrupted};
use futures::future::join_all;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long stopped queries may take to clean up behind themselves. Basis: inferred; they stop within a batch.
const CLEANING: Duration = Duration::from_secs(3);
/// How often it is looked whether they have.
const LOOK_INTERVAL: Duration = Duration::from_millis(5);

/// Waits for the queries under way until `deadline` and ends those that are left.
pub async fn end_queries(app: &Arc<App>, deadline: Instant) {
    let under_way: Vec<Arc<Query>> = app.queries.all().into_iter().filter(|query| !query.state().is_terminal()).collect();
    if !under_way.is_empty() {
        tracing::info!(queries = under_way.len(), "waiting for queries under way");
    }
    let ends = join_all(under_way.iter().map(|query| query.finished()));
    let _in_time_or_not = tokio::time::timeout_at(deadline, ends).await;
    let mut count = 0;
    for query in app.queries.all().into_iter().filter(|query| !query.state().is_terminal()) {
        let mut outcome = interrupted(app.clock.now_ms());
        outcome.statistics = query.statistics();
        if run::finish(app, &query, outcome) {
            count += 1;
        }
        query.cancel.cancel();
    }
    if count > 0 {
        tracing::warn!(queries = count, "queries that had not ended were stopped");
    }
    let cleaned = Instant::now() + CLEANING;
    while app.queue.active() > 0 && Instant::now() < cleaned {
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::query::state::QueryState;
    use crate::query::store::INTERRUPTED;
    use crate::test_server::TestServer;

    #[tokio::test]
    async fn short_queries_end_and_long_ones_are_failed_with_a_reason() {
        let server = TestServer::new();
        let long = server.start("WAIT").await;
        let short = server.start("SELECT 3").await;
        end_queries(&server.app, Instant::now() + Duration::from_millis(300)).await;
        let outcome = |id: &str| server.app.queries.query(id).unwrap().outcome().unwrap();
        assert_eq!(outcome(&short).state, QueryState::Succeeded);
        assert_eq!((outcome(&long).state, outcome(&long).reason.as_deref()), (QueryState::Failed, Some(INTERRUPTED)));
        assert_eq!(server.app.queue.active(), 0, "no task is left");
        let again = server.restarted().athena("GetQueryExecution", serde_json::json!({"QueryExecutionId": long})).await;
        assert_eq!(again["QueryExecution"]["Status"]["StateChangeReason"], INTERRUPTED);
    }

    #[tokio::test]
    async fn nothing_under_way_is_waited_for() {
        let server = TestServer::new();
        server.run("SELECT 1").await;
        let before = Instant::now();
        end_queries(&server.app, Instant::now() + Duration::from_secs(30)).await;
        assert!(before.elapsed() < Duration::from_secs(5));
    }
}
