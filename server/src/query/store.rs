//! Which queries are there, and in which state? The one place where a state changes, once each, waking who waits.

use crate::error::{ApiError, AthenaErrorCode, ServerError};
use crate::query::failure::Failure;
use crate::query::history::{History, Remembered};
use crate::query::record::{Outcome, Statistics, Submission};
use crate::query::state::QueryState;
use owlake_engine::engine::Meter;
use parking_lot::{Mutex, RwLock};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The reason of a query that the process's end caught unfinished.
pub const INTERRUPTED: &str = "The server stopped before the query finished";

/// The queries of the server, running and remembered.
pub struct Queries {
    entries: RwLock<Entries>,
    history: History,
    bounds: Bounds,
    lines: AtomicUsize,
}

/// How much is remembered.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Queries; the oldest finished ones are forgotten first.
    pub queries_max: usize,
    /// The age at which a finished query is forgotten. Ref: Athena user guide, "View recent queries": 45 days.
    pub age_ms_max: i64,
}

#[derive(Default)]
struct Entries {
    by_id: HashMap<String, Arc<Query>>,
    /// Submission order → query.
    by_age: BTreeMap<u64, Arc<Query>>,
    by_token: HashMap<String, (u64, IdempotencyKey)>,
    /// Submission order → the token of the submission.
    tokens: HashMap<u64, String>,
    next: u64,
}

/// What must be equal when a client request token comes again.
///
/// Ref: measured Athena behaviour, "Idempotency": parameters and workgroup are not compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The text byte for byte.
    pub text: String,
    /// As sent.
    pub catalog: Option<String>,
    /// As sent.
    pub database: Option<String>,
    /// As sent.
    pub output_location: Option<String>,
}

/// One query, shared by its runner and everyone who asks.
pub struct Query {
    /// What was asked.
    pub submission: Arc<Submission>,
    /// Fires when the query is to stop.
    pub cancel: CancellationToken,
    /// What the engine has read so far.
    pub meter: Arc<Meter>,
    submitted: Instant,
    progress: Mutex<Progress>,
    changed: watch::Sender<QueryState>,
}

enum Progress {
    Queued,
    Running { since: Instant },
    Finished(Arc<Outcome>),
}

impl Queries {
    /// Opens `<folder>/queries.ndjson`. Queries the last process left unfinished are FAILED now.
    pub fn open(folder: &Path, bounds: Bounds, now_ms: i64) -> Result<Self, ServerError> {
        let oldest_ms = now_ms.saturating_sub(bounds.age_ms_max);
        let (history, remembered) = History::open(&folder.join("queries.ndjson"), bounds.queries_max, oldest_ms)?;
        let queries = Queries { entries: RwLock::default(), history, bounds, lines: AtomicUsize::new(2 * remembered.len()) };
        for Remembered { submission, outcome } in remembered {
            let outcome = outcome.unwrap_or_else(|| {
                let outcome = Arc::new(interrupted(now_ms));
                queries.history.finished(&submission.id, &outcome);
                outcome
            });
            queries.entries.write().insert(Arc::new(Query::new(submission, Progress::Finished(outcome))));
        }
        Ok(queries)
    }

    /// Adds a query in the state QUEUED. With a token seen before, returns the earlier query instead, or the mismatch.
    pub fn submit(
        &self,
        submission: impl FnOnce() -> Result<Submission, ApiError>,
        token: Option<(String, IdempotencyKey)>,
    ) -> Result<Submitted, ApiError> {
        let mut entries = self.entries.write();
        if let Some((token, key)) = &token
            && let Some(earlier) = entries.find_replay(token, key)?
        {
            return Ok(Submitted::Replayed(earlier));
        }
        let submission = Arc::new(submission()?);
        let query = Arc::new(Query::new(submission, Progress::Queued));
        self.history.submitted(&query.submission);
        let oldest_ms = query.submission.submitted_at_ms.saturating_sub(self.bounds.age_ms_max);
        let age = entries.insert(query.clone());
        if let Some((token, key)) = token {
            entries.tokens.insert(age, token.clone());
            entries.by_token.insert(token, (age, key));
        }
        entries.forget_surplus(self.bounds.queries_max);
        entries.forget_older(oldest_ms);
        drop(entries);
        self.count_line(oldest_ms);
        Ok(Submitted::New(query))
    }

    /// The query of this id. Errors: there is none.
    pub fn query(&self, id: &str) -> Result<Arc<Query>, ApiError> {
        self.entries
            .read()
            .by_id
            .get(id)
            .cloned()
            .ok_or_else(|| ApiError::invalid_request(AthenaErrorCode::QueryExecutionNotFound, format!("QueryExecution {id} was not found")))
    }

    /// A page of a workgroup's queries, newest first, submitted before `before`; with where the next page starts.
    pub fn list(&self, workgroup: &str, before: Option<u64>, queries_max: usize) -> (Vec<Arc<Query>>, Option<u64>) {
        let entries = self.entries.read();
        let mut found =
            entries.by_age.range(..before.unwrap_or(u64::MAX)).rev().filter(|(_, query)| query.submission.workgroup == workgroup);
        let page: Vec<(u64, Arc<Query>)> = found.by_ref().take(queries_max).map(|(age, query)| (*age, query.clone())).collect();
        let has_more = found.next().is_some();
        let next = page.last().map(|(age, _)| *age).filter(|_| has_more);
        (page.into_iter().map(|(_, query)| query).collect(), next)
    }

    /// The newest query a test holds for.
    pub fn find_newest(&self, is_wanted: impl Fn(&Query) -> bool) -> Option<Arc<Query>> {
        self.entries.read().by_age.values().rev().find(|query| is_wanted(query)).cloned()
    }

    /// Whether a workgroup has a query that has not ended.
    pub fn has_active(&self, workgroup: &str) -> bool {
        self.entries.read().by_age.values().any(|query| query.submission.workgroup == workgroup && !query.state().is_terminal())
    }

    /// Forgets the finished queries that are too old by now.
    pub fn forget_old(&self, now_ms: i64) {
        let oldest_ms = now_ms.saturating_sub(self.bounds.age_ms_max);
        let is_due = self.entries.read().by_age.values().next().is_some_and(|query| query.submission.submitted_at_ms < oldest_ms);
        if is_due {
            self.entries.write().forget_older(oldest_ms);
        }
    }

    /// Every query, oldest first.
    pub fn all(&self) -> Vec<Arc<Query>> {
        self.entries.read().by_age.values().cloned().collect()
    }

    /// QUEUED → RUNNING. False when the query has ended already.
    pub fn start(&self, query: &Query) -> bool {
        let mut progress = query.progress.lock();
        if !matches!(*progress, Progress::Queued) {
            return false;
        }
        *progress = Progress::Running { since: Instant::now() };
        drop(progress);
        query.changed.send_replace(QueryState::Running);
        true
    }

    /// Sets the terminal state. The first caller wins; false means that the query had ended before.
    pub fn finish(&self, query: &Query, mut outcome: Outcome) -> bool {
        let mut progress = query.progress.lock();
        let since = match *progress {
            Progress::Finished(_) => return false,
            Progress::Queued => None,
            Progress::Running { since } => Some(since),
        };
        outcome.statistics.total_ms = milliseconds(query.submitted.elapsed());
        outcome.statistics.queue_ms = since.map_or(outcome.statistics.total_ms, |since| milliseconds(since - query.submitted));
        let state = outcome.state;
        let outcome = Arc::new(outcome);
        *progress = Progress::Finished(outcome.clone());
        // Logged under the lock, so that no reader sees a state a restart would not know.
        self.history.finished(&query.submission.id, &outcome);
        drop(progress);
        query.changed.send_replace(state);
        self.lines.fetch_add(1, Ordering::Relaxed);
        true
    }

    /// Counts a submission's line, and compacts the log when it holds far more lines than are remembered.
    fn count_line(&self, oldest_ms: i64) {
        let lines = self.lines.fetch_add(1, Ordering::Relaxed) + 1;
        if lines <= self.bounds.queries_max.saturating_mul(8) {
            return;
        }
        self.lines.store(2 * self.bounds.queries_max, Ordering::Relaxed);
        self.history.compact(self.bounds.queries_max, oldest_ms);
    }
}

/// What became of a submission.
pub enum Submitted {
    /// A new query that has to be run.
    New(Arc<Query>),
    /// The query an earlier call with the same token made.
    Replayed(Arc<Query>),
}

impl Entries {
    fn insert(&mut self, query: Arc<Query>) -> u64 {
        let age = self.next;
        self.next += 1;
        self.by_id.insert(query.submission.id.clone(), query.clone());
        self.by_age.insert(age, query);
        age
    }

    fn find_replay(&self, token: &str, key: &IdempotencyKey) -> Result<Option<Arc<Query>>, ApiError> {
        match self.by_token.get(token) {
            None => Ok(None),
            Some((age, earlier)) if earlier == key => Ok(self.by_age.get(age).cloned()),
            Some(_) => Err(ApiError::invalid_request(AthenaErrorCode::IdempotentParameterMismatch, "Idempotent parameters do not match")),
        }
    }

    /// Forgets the oldest finished queries beyond the bound. Running ones are bounded by the queue.
    fn forget_surplus(&mut self, queries_max: usize) {
        while self.by_age.len() > queries_max {
            let oldest = self.by_age.iter().find(|(_, query)| query.state().is_terminal()).map(|(age, _)| *age);
            let Some(age) = oldest else { break };
            self.forget(age);
        }
    }

    /// Forgets the finished queries submitted before a time.
    fn forget_older(&mut self, oldest_ms: i64) {
        while let Some((age, query)) = self.by_age.first_key_value() {
            if query.submission.submitted_at_ms >= oldest_ms || !query.state().is_terminal() {
                break;
            }
            self.forget(*age);
        }
    }

    fn forget(&mut self, age: u64) {
        if let Some(query) = self.by_age.remove(&age) {
            self.by_id.remove(&query.submission.id);
        }
        if let Some(token) = self.tokens.remove(&age) {
            self.by_token.remove(&token);
        }
    }
}

impl Query {
    fn new(submission: Arc<Submission>, progress: Progress) -> Self {
        let state = match &progress {
            Progress::Queued => QueryState::Queued,
            Progress::Running { .. } => QueryState::Running,
            Progress::Finished(outcome) => outcome.state,
        };
        Query {
            submission,
            cancel: CancellationToken::new(),
            meter: Arc::new(Meter::default()),
            submitted: Instant::now(),
            progress: Mutex::new(progress),
            changed: watch::Sender::new(state),
        }
    }

    /// The state now.
    pub fn state(&self) -> QueryState {
        *self.changed.borrow()
    }

    /// How it ended; `None` while it has not.
    pub fn outcome(&self) -> Option<Arc<Outcome>> {
        match &*self.progress.lock() {
            Progress::Finished(outcome) => Some(outcome.clone()),
            Progress::Queued | Progress::Running { .. } => None,
        }
    }

    /// What is measured up to now; final once the query has ended.
    pub fn statistics(&self) -> Statistics {
        let elapsed = milliseconds(self.submitted.elapsed());
        match &*self.progress.lock() {
            Progress::Finished(outcome) => outcome.statistics.clone(),
            Progress::Queued => Statistics { queue_ms: elapsed, total_ms: elapsed, ..Statistics::default() },
            Progress::Running { since } => Statistics {
                queue_ms: milliseconds(*since - self.submitted),
                engine_ms: Some(milliseconds(since.elapsed())),
                total_ms: elapsed,
                bytes_scanned: Some(self.meter.bytes_scanned()),
                ..Statistics::default()
            },
        }
    }

    /// Waits for the terminal state and returns how the query ended.
    pub async fn finished(&self) -> Arc<Outcome> {
        let mut changes = self.changed.subscribe();
        loop {
            if let Some(outcome) = self.outcome() {
                return outcome;
            }
            // The sender lives in `self`, so this cannot fail; a failure would only look again.
            let _ = changes.changed().await;
        }
    }

    /// Waits for the terminal state until the query is of this age, and no longer; at once for one that is older.
    pub async fn finished_by_age(&self, age: Duration) {
        if self.state().is_terminal() || self.submitted.elapsed() >= age {
            return;
        }
        let _whichever_is_first = tokio::time::timeout_at((self.submitted + age).into(), self.finished()).await;
    }

    /// Waits until the state is no longer QUEUED, then returns it.
    pub async fn left_queue(&self) -> QueryState {
        let mut changes = self.changed.subscribe();
        changes.wait_for(|state| *state != QueryState::Queued).await.map_or_else(|_| self.state(), |state| *state)
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The end of a query that the server's own end caught unfinished.
pub fn interrupted(now_ms: i64) -> Outcome {
    Outcome {
        state: QueryState::Failed,
        reason: Some(INTERRUPTED.to_owned()),
        failure: Some(Failure::system(100, INTERRUPTED)),
        completed_at_ms: now_ms,
        statistics: Statistics::default(),
        result: None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
pub mod tests {
    use super::*;
    use crate::query::settings::Settings;

    pub fn submission(id: &str) -> Submission {
        Submission {
            id: id.to_owned(),
            engine_query_id: "20260917_085344_00007_k6s5b".to_owned(),
            text: "SELECT 1".to_owned(),
            statement_type: "DML".to_owned(),
            substatement_type: "SELECT".to_owned(),
            workgroup: "primary".to_owned(),
            catalog: None,
            database: None,
            parameters: Vec::new(),
            is_plan_only: false,
            is_literal: false,
            settings: Settings::default(),
            submitted_at_ms: 1,
            preprocessing_ms: 0,
        }
    }

    pub fn ended(state: QueryState) -> Outcome {
        Outcome { state, reason: None, failure: None, completed_at_ms: 2, statistics: Statistics::default(), result: None }
    }

    fn bounds(queries_max: usize) -> Bounds {
        Bounds { queries_max, age_ms_max: 1000 }
    }

    fn new(queries: &Queries, id: &str) -> Arc<Query> {
        match queries.submit(|| Ok(submission(id)), None).unwrap() {
            Submitted::New(query) => query,
            Submitted::Replayed(_) => panic!("replayed"),
        }
    }

    #[test]
    fn the_first_end_wins_and_wakes() {
        let folder = tempfile::tempdir().unwrap();
        let queries = Queries::open(folder.path(), bounds(10), 0).unwrap();
        let query = new(&queries, "a");
        assert_eq!(query.state(), QueryState::Queued);
        assert!(queries.start(&query));
        assert!(queries.finish(&query, ended(QueryState::Cancelled)));
        assert!(!queries.finish(&query, ended(QueryState::Succeeded)));
        assert!(!queries.start(&query));
        let outcome = futures::executor::block_on(query.finished());
        assert_eq!(outcome.state, QueryState::Cancelled);
    }

    #[test]
    fn a_restart_shows_earlier_queries_and_fails_unfinished_ones() {
        let folder = tempfile::tempdir().unwrap();
        let queries = Queries::open(folder.path(), bounds(10), 0).unwrap();
        let done = new(&queries, "done");
        queries.start(&done);
        queries.finish(&done, ended(QueryState::Succeeded));
        let running = new(&queries, "running");
        queries.start(&running);
        // A torn line, as a kill leaves it.
        let path = folder.path().join("queries.ndjson");
        let mut text = std::fs::read_to_string(&path).unwrap();
        text.push_str("{\"finished\":{\"id\":\"run");
        std::fs::write(&path, text).unwrap();
        for _ in 0..2 {
            let again = Queries::open(folder.path(), bounds(10), 77).unwrap();
            assert_eq!(again.query("done").unwrap().state(), QueryState::Succeeded);
            let outcome = again.query("running").unwrap().outcome().unwrap();
            assert_eq!((outcome.state, outcome.reason.as_deref(), outcome.completed_at_ms), (QueryState::Failed, Some(INTERRUPTED), 77));
        }
    }

    #[test]
    fn tokens_replay_and_mismatch() {
        let folder = tempfile::tempdir().unwrap();
        let queries = Queries::open(folder.path(), bounds(10), 0).unwrap();
        let key = |text: &str| IdempotencyKey { text: text.to_owned(), catalog: None, database: None, output_location: None };
        let submit = |id: &str, text: &str| queries.submit(|| Ok(submission(id)), Some(("t".to_owned(), key(text))));
        assert!(matches!(submit("a", "SELECT 1"), Ok(Submitted::New(_))));
        match submit("b", "SELECT 1") {
            Ok(Submitted::Replayed(query)) => assert_eq!(query.submission.id, "a"),
            _ => panic!("not replayed"),
        }
        let refused = submit("c", "SELECT 2").err().unwrap();
        assert_eq!(refused.message.as_deref(), Some("Idempotent parameters do not match"));
        // A rejected submission does not use its token up.
        let rejected = queries.submit(|| Err(ApiError::invalid_input("x")), Some(("u".to_owned(), key("x"))));
        assert!(rejected.is_err());
        assert!(matches!(queries.submit(|| Ok(submission("d")), Some(("u".to_owned(), key("y")))), Ok(Submitted::New(_))));
    }

    #[test]
    fn lists_newest_first_in_pages_and_forgets_the_oldest() {
        let folder = tempfile::tempdir().unwrap();
        let queries = Queries::open(folder.path(), bounds(3), 0).unwrap();
        for id in ["a", "b", "c", "d"] {
            let query = new(&queries, id);
            queries.finish(&query, ended(QueryState::Succeeded));
        }
        assert!(queries.query("a").is_err());
        let ids = |page: &[Arc<Query>]| page.iter().map(|query| query.submission.id.clone()).collect::<Vec<_>>();
        let (first, next) = queries.list("primary", None, 2);
        assert_eq!(ids(&first), ["d", "c"]);
        let (second, next) = queries.list("primary", next, 2);
        assert_eq!(ids(&second), ["b"]);
        assert_eq!(next, None);
        assert!(queries.list("other", None, 2).0.is_empty());
    }

    #[test]
    fn finished_queries_are_forgotten_at_their_age_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let queries = Queries::open(folder.path(), bounds(10), 0).unwrap();
        let done = new(&queries, "done");
        queries.finish(&done, ended(QueryState::Succeeded));
        queries.forget_old(1001);
        assert!(queries.query("done").is_ok());
        queries.forget_old(1002);
        assert!(queries.query("done").is_err());
        let running = new(&queries, "running");
        queries.start(&running);
        queries.forget_old(5000);
        assert!(queries.query("running").is_ok());
        queries.finish(&running, ended(QueryState::Succeeded));
        drop(queries);
        assert!(Queries::open(folder.path(), bounds(10), 1001).unwrap().query("running").is_ok());
        assert!(Queries::open(folder.path(), bounds(10), 1002).unwrap().all().is_empty());
    }
}
