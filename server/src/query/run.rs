//! How does one query run? Wait for the turn, prepare, run, publish, account, end: the whole story in `run`.

use crate::app::App;
use crate::query::executor::Statement;
use crate::query::failure::{CONNECTOR_REFUSED, EXHAUSTED, Failure, Habit, cleanup_advice, is_exhausted};
use crate::query::queue::{Place, is_dml};
use crate::query::record::{Outcome, ResultDescription, Statistics};
use crate::query::state::QueryState;
use crate::query::store::Query;
use crate::query::submit::is_federated_catalog_missing;
use crate::query::{cancel, metering, reuse};
use crate::results::location::ResultPlace;
use crate::results::publish::{PublishError, Published, publish, withdraw};
use crate::results::sink;
use futures::FutureExt;
use object_store::ObjectStore;
use owlake_engine::error::EngineError;
use owlake_engine::session::Session;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A query on its way.
pub struct Job {
    /// Its entry among the queries.
    pub query: Arc<Query>,
    /// Where its result goes.
    pub place: ResultPlace,
    /// Whether the result bucket's owner is another one than the client expects.
    pub is_foreign_bucket: bool,
    /// What it runs under.
    pub session: Session,
    /// What it runs.
    pub statement: Box<dyn Statement>,
    /// Its place in the queue.
    pub admitted: Place,
}

/// Runs a query to its end.
pub async fn run(app: Arc<App>, job: Job) {
    let Job { query, place, is_foreign_bucket, session, statement, admitted } = job;
    let turn = tokio::select! {
        biased;
        () = query.cancel.cancelled() => None,
        turn = admitted.turn() => turn,
    };
    if turn.is_none() || !app.queries.start(&query) {
        // Whoever cancelled a waiting query has ended it already.
        return;
    }
    if let Some(earlier) = reuse::find(&app, &query).await {
        finish(&app, &query, reused(&app, &earlier));
        return;
    }
    let mut phases = Phases { started: Instant::now(), planned: None, engine_ended: None };
    let story = async {
        if is_foreign_bucket {
            return Err(Unfinished::Output(Failure::denied(&place.uri)));
        }
        execute(&app, &query, &place, session, statement, &mut phases).await
    };
    let story = AssertUnwindSafe(story).catch_unwind();
    let ended = tokio::select! {
        biased;
        ended = story => ended.unwrap_or_else(|_| Err(Unfinished::Engine(EngineError::internal("Internal error")))),
        reason = cancel::limit_reached(&query, time_limit(&app, &query)) => Err(Unfinished::Limit(reason)),
    };
    query.cancel.cancel();
    let ended = match ended {
        Ok(_) if cancel::is_over_bytes(&query) => {
            retract(&app, &query, &place).await;
            Err(Unfinished::Limit(cancel::Limit::Cancelled { reason: cancel::BY_BYTES }))
        }
        ended => ended,
    };
    let outcome = match ended {
        Ok(published) => succeeded(&app, &query, &phases, published),
        Err(reason) => unsuccessful(&app, &query, &place, &phases, reason).await,
    };
    let state = outcome.state;
    if !finish(&app, &query, outcome) && state == QueryState::Succeeded {
        // Cancelled between the last row and this line: a cancelled query leaves nothing.
        retract(&app, &query, &place).await;
    }
}

/// Ends a query and accounts for it, unless it has ended before; whether it had not.
pub fn finish(app: &App, query: &Query, outcome: Outcome) -> bool {
    if !app.queries.finish(query, outcome) {
        return false;
    }
    if let Some(outcome) = query.outcome() {
        app.ledger.add(&query.submission, &outcome);
        if let Some(traces) = &app.traces {
            traces.ended(&query.submission, &outcome);
        }
        let billed_mb = metering::billed_mb(&query.submission, &outcome);
        tracing::info!(query_execution_id = query.submission.id, state = outcome.state.name(), billed_mb, "query ended");
    }
    true
}

async fn retract(app: &App, query: &Query, place: &ResultPlace) {
    if let Ok(store) = app.result_store(&query.submission.settings, &place.bucket) {
        withdraw(store, place).await;
    }
}

/// The end of a query an earlier one's result answers: nothing is read, nothing is written.
fn reused(app: &App, earlier: &Query) -> Outcome {
    let before = earlier.outcome();
    let statistics = before.as_ref().map(|before| before.statistics.clone()).unwrap_or_default();
    let statistics = Statistics {
        engine_ms: Some(0),
        processing_ms: Some(0),
        bytes_scanned: Some(0),
        rows_written: statistics.rows_written,
        bytes_written: statistics.bytes_written,
        is_reused: true,
        ..Statistics::default()
    };
    let description = before.as_ref().and_then(|before| before.result.clone()).unwrap_or_default();
    let location = earlier.submission.settings.output_location.clone();
    let result = ResultDescription { reused_location: Some(location), ..description };
    outcome(app, QueryState::Succeeded, None, None, statistics, Some(result))
}

/// The phases of the statement itself; the error says who ended it.
async fn execute(
    app: &App,
    query: &Query,
    place: &ResultPlace,
    session: Session,
    statement: Box<dyn Statement>,
    phases: &mut Phases,
) -> Result<Published, Unfinished> {
    let store = output_store(app, query, place)?;
    let plan = statement.prepare(session, query.meter.clone()).await.map_err(Unfinished::Engine)?;
    phases.planned = Some(Instant::now());
    let columns = plan.columns();
    let output = plan.run(query.cancel.clone()).await.map_err(Unfinished::Engine)?;
    let published = publish(store, place, &query.submission, &columns, output).await;
    phases.engine_ended = published.as_ref().ok().map(|published| published.engine_ended);
    published.map_err(|error| match error {
        PublishError::Engine(error) => Unfinished::Engine(error),
        PublishError::Store(error) => {
            tracing::error!(%error, query_execution_id = query.submission.id, "a result cannot be written");
            Unfinished::Output(Failure::unwritten(&error, &place.uri))
        }
    })
}

/// When which phase began.
struct Phases {
    started: Instant,
    planned: Option<Instant>,
    engine_ended: Option<Instant>,
}

/// Why a query did not succeed.
enum Unfinished {
    Engine(EngineError),
    Output(Failure),
    Limit(cancel::Limit),
}

fn output_store(app: &App, query: &Query, place: &ResultPlace) -> Result<Arc<dyn ObjectStore>, Unfinished> {
    app.result_store(&query.submission.settings, &place.bucket).map_err(|error| {
        tracing::debug!(%error, bucket = place.bucket, "no output bucket");
        Unfinished::Output(Failure::output_bucket(&place.bucket))
    })
}

fn succeeded(app: &App, query: &Query, phases: &Phases, published: Published) -> Outcome {
    let statistics = Statistics {
        rows_written: Some(published.rows),
        bytes_written: Some(published.bytes),
        manifest_location: published.manifest,
        ..measured(query, phases)
    };
    outcome(app, QueryState::Succeeded, None, None, statistics, Some(published.description))
}

async fn unsuccessful(app: &App, query: &Query, place: &ResultPlace, phases: &Phases, reason: Unfinished) -> Outcome {
    let statistics = measured(query, phases);
    let submission = &query.submission;
    let (failure, text) = match reason {
        Unfinished::Limit(cancel::Limit::Cancelled { reason }) => {
            return outcome(app, QueryState::Cancelled, Some(reason.to_owned()), None, statistics, None);
        }
        Unfinished::Limit(cancel::Limit::TimedOut) => {
            let failure = Failure::system(206, cancel::TIMED_OUT);
            (failure, cancel::TIMED_OUT.to_owned())
        }
        Unfinished::Output(failure) => {
            let text = failure.message.clone();
            (failure, text)
        }
        Unfinished::Engine(error) if is_federated_catalog_missing(app, &error) => (Failure::connector(), CONNECTOR_REFUSED.to_owned()),
        Unfinished::Engine(error) if is_exhausted(&error) => (Failure::exhausted(), EXHAUSTED.to_owned()),
        Unfinished::Engine(error) => (Failure::of(&error), error.to_string()),
    };
    let output = submission.settings.result.output_location.as_deref().unwrap_or_default();
    let text = match cleanup_advice(&submission.substatement_type, output, &submission.id, &text) {
        Some(advised) if failure.habit == Habit::Engine => advised,
        _ => text,
    };
    if failure.habit == Habit::HiveDdl
        && let Ok(store) = app.result_store(&submission.settings, &place.bucket)
        && let Err(error) = sink::put(&store, &place.key, "application/octet-stream", text.clone().into_bytes()).await
    {
        tracing::warn!(%error, query_execution_id = submission.id, "the reason of a failure cannot be written");
    }
    outcome(app, QueryState::Failed, Some(text), Some(failure), statistics, None)
}

fn outcome(
    app: &App,
    state: QueryState,
    reason: Option<String>,
    failure: Option<Failure>,
    statistics: Statistics,
    result: Option<ResultDescription>,
) -> Outcome {
    Outcome { state, reason, failure, completed_at_ms: app.clock.now_ms(), statistics, result }
}

/// What the phases and the meter say. Queue and total time are the store's to measure.
fn measured(query: &Query, phases: &Phases) -> Statistics {
    let now = Instant::now();
    let milliseconds = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let is_dml = is_dml(&query.submission.statement_type, &query.submission.substatement_type);
    let engine_ended = phases.engine_ended.unwrap_or(now);
    Statistics {
        planning_ms: phases
            .planned
            .filter(|_| is_dml && !query.submission.is_literal)
            .map(|planned| milliseconds(planned - phases.started)),
        engine_ms: Some(milliseconds(engine_ended.saturating_duration_since(phases.started))),
        processing_ms: Some(milliseconds(now.saturating_duration_since(engine_ended))),
        bytes_scanned: Some(query.meter.bytes_scanned()),
        rows_read: Some(query.meter.rows_read()),
        ..Statistics::default()
    }
}

fn time_limit(app: &App, query: &Query) -> Duration {
    let limits = &app.config.limits;
    let is_dml = is_dml(&query.submission.statement_type, &query.submission.substatement_type);
    Duration::from_millis(if is_dml { limits.dml_timeout_ms } else { limits.ddl_timeout_ms })
}
