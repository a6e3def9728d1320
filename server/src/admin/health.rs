//! Is the server ready? It answers only when everything is open, so an answer means yes.

use crate::app::App;
use crate::query::state::QueryState;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::sync::Arc;

#[derive(Debug, Serialize)]
pub struct Health {
    /// Always `ok`.
    status: &'static str,
    /// The program's version.
    version: &'static str,
    /// Seconds since the start.
    uptime_seconds: u64,
    /// Queries waiting.
    queries_queued: usize,
    /// Queries running.
    queries_running: usize,
}

pub async fn health(State(app): State<Arc<App>>) -> Json<Health> {
    let queries = app.queries.all();
    let count = |state| queries.iter().filter(|query| query.state() == state).count();
    Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds: app.started.elapsed().as_secs(),
        queries_queued: count(QueryState::Queued),
        queries_running: count(QueryState::Running),
    })
}
