//! What does Prometheus scrape? The service's metrics under CloudWatch's names, and counters of all workgroups.
//!
//! The metrics named as in CloudWatch cover workgroups that publish metrics, as there; the `owlake_` ones cover all.
//!
//! Ref: Athena user guide, "Monitor Athena query metrics with CloudWatch"; Prometheus text exposition format 0.0.4.

use crate::app::App;
use crate::query::ledger::{Dimensions, Totals};
use crate::query::metering::usd;
use crate::query::state::QueryState;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request};
use std::fmt::Write;
use std::sync::Arc;

/// A metric of the namespace AWS/Athena: its name, its help, its sum.
type Metric = (&'static str, &'static str, fn(&Totals) -> u64);

const CLOUD_WATCH: &[Metric] = &[
    ("ProcessedBytes", "Bytes read by queries.", |totals| totals.bytes_scanned),
    ("EngineExecutionTime", "Milliseconds queries ran in the engine.", |totals| totals.engine_ms),
    ("QueryPlanningTime", "Milliseconds queries were planned, part of EngineExecutionTime.", |totals| totals.planning_ms),
    ("QueryQueueTime", "Milliseconds queries waited for their turn.", |totals| totals.queue_ms),
    ("ServiceProcessingTime", "Milliseconds from a query's last row to its published result.", |totals| totals.processing_ms),
    ("TotalExecutionTime", "Milliseconds from submission to end.", |totals| totals.total_ms),
];

/// The answer to a scrape.
pub async fn metrics(State(app): State<Arc<App>>) -> Response {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text(&app)).into_response()
}

/// Whether a request is Prometheus's and not one for a bucket named `metrics`: unsigned, and no S3 operation named.
pub fn is_scrape(request: &Request<Body>) -> bool {
    request.method() == Method::GET
        && request.uri().path() == "/metrics"
        && request.uri().query().is_none()
        && request.headers().get(AUTHORIZATION).is_none_or(|value| value.as_bytes().starts_with(b"Basic "))
}

fn text(app: &App) -> String {
    let totals = app.ledger.totals();
    let publishing: Vec<String> =
        app.workgroups.list().into_iter().filter(|workgroup| workgroup.publishes_metrics).map(|workgroup| workgroup.name).collect();
    let published: Vec<(&Dimensions, &Totals)> =
        totals.iter().filter(|(dimensions, _)| publishing.contains(&dimensions.workgroup)).collect();
    let mut out = String::new();
    for (name, help, sum) in CLOUD_WATCH {
        header(&mut out, name, "summary", help);
        for (dimensions, totals) in &published {
            let labels = labels(dimensions, ["WorkGroup", "QueryState", "QueryType"]);
            line(&mut out, &format!("{name}_sum{labels}"), sum(totals));
            line(&mut out, &format!("{name}_count{labels}"), totals.queries);
        }
    }
    let counters: [Metric; 4] = [
        ("owlake_queries_total", "Finished queries.", |totals| totals.queries),
        ("owlake_queries_reused_total", "Queries answered with an earlier result.", |totals| totals.reused),
        ("owlake_bytes_scanned_total", "Bytes read by queries.", |totals| totals.bytes_scanned),
        ("owlake_billed_megabytes_total", "Megabytes queries would be billed.", |totals| totals.billed_mb),
    ];
    for (name, help, sum) in counters {
        header(&mut out, name, "counter", help);
        for (dimensions, totals) in &totals {
            line(&mut out, &format!("{name}{}", labels(dimensions, OWN_LABELS)), sum(totals));
        }
    }
    header(&mut out, "owlake_usd_total", "counter", "US dollars the billed megabytes would cost.");
    for (dimensions, totals) in &totals {
        line(&mut out, &format!("owlake_usd_total{}", labels(dimensions, OWN_LABELS)), usd(totals.billed_mb, app.config.usd_per_tb));
    }
    let queries = app.queries.all();
    header(&mut out, "owlake_queries_active", "gauge", "Queries that have not ended.");
    for (label, state) in [("queued", QueryState::Queued), ("running", QueryState::Running)] {
        let count = queries.iter().filter(|query| query.state() == state).count();
        line(&mut out, &format!("owlake_queries_active{{state=\"{label}\"}}"), count);
    }
    header(&mut out, "owlake_tasks", "gauge", "Tasks of the runtime that runs queries.");
    line(&mut out, "owlake_tasks", app.query_runtime.metrics().num_alive_tasks());
    out
}

const OWN_LABELS: [&str; 3] = ["workgroup", "state", "type"];

fn header(out: &mut String, name: &str, kind: &str, help: &str) {
    // Writing into a String does not fail.
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(out: &mut String, series: &str, value: impl std::fmt::Display) {
    let _ = writeln!(out, "{series} {value}");
}

/// Neither workgroup names nor the fixed words hold anything that needs escaping.
fn labels(dimensions: &Dimensions, [workgroup, state, kind]: [&str; 3]) -> String {
    format!("{{{workgroup}=\"{}\",{state}=\"{}\",{kind}=\"{}\"}}", dimensions.workgroup, dimensions.query_state, dimensions.query_type)
}
