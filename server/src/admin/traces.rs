//! How does a tracing system learn of queries? One trace a query, sent to an OpenTelemetry collector as OTLP over HTTP, in JSON.
//!
//! A trace's id is the QueryExecutionId without its dashes, so that either leads to the other. The exporter is written here: the
//! protocol's JSON form needs nothing the server does not have, the OpenTelemetry crates bring a second HTTP client and forty crates.
//!
//! Ref: OpenTelemetry protocol specification 1.x, "OTLP/HTTP, JSON Protobuf encoding"; semantic conventions for database spans.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::query::record::{Outcome, Submission};
use crate::query::state::QueryState;

/// Traces that may wait to be sent; those of a collector that does not keep up are dropped and counted.
const WAITING_MAX: usize = 4096;
/// Traces sent together, and how long the first of them waits for others.
const BATCH_MAX: usize = 256;
const BATCH_WAIT: Duration = Duration::from_millis(500);
/// How long the end of the server waits for the last traces.
const FLUSH_TIME_MAX: Duration = Duration::from_secs(2);
/// How long a collector may take.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest text of a statement that is sent. Basis: inferred, what collectors cut at.
const TEXT_CHARS_MAX: usize = 4096;
/// Span kinds and states. Ref: opentelemetry/proto/trace/v1/trace.proto.
const KIND_INTERNAL: u8 = 1;
const KIND_SERVER: u8 = 2;
const STATUS_OK: u8 = 1;
const STATUS_ERROR: u8 = 2;

/// Where finished queries are handed over.
#[derive(Debug, Clone)]
pub struct Traces(Sender<Handed>);

/// What the exporter is handed.
#[derive(Debug)]
enum Handed {
    /// The spans of one query.
    Spans(Vec<Value>),
    /// Answered once everything before it was sent.
    Flush(oneshot::Sender<()>),
}

impl Traces {
    /// An exporter to a collector's address, which runs on `runtime` as long as this is there.
    pub fn start(endpoint: &str, runtime: &tokio::runtime::Handle) -> Self {
        let (sender, receiver) = channel(WAITING_MAX);
        runtime.spawn(export(format!("{endpoint}/v1/traces"), receiver));
        Traces(sender)
    }

    /// Waits until everything handed over was sent, but not for long.
    pub async fn flush(&self) {
        let (done, sent) = oneshot::channel();
        let flushed = async {
            if self.0.send(Handed::Flush(done)).await.is_ok() {
                let _sent_or_ended = sent.await;
            }
        };
        if tokio::time::timeout(FLUSH_TIME_MAX, flushed).await.is_err() {
            tracing::warn!("traces are left unsent");
        }
    }

    /// Hands over a query that has ended. Never waits.
    pub fn ended(&self, submission: &Arc<Submission>, outcome: &Outcome) {
        if self.0.try_send(Handed::Spans(spans(submission, outcome))).is_err() {
            tracing::debug!(query_execution_id = submission.id, "a trace is dropped: the collector does not keep up");
        }
    }
}

/// What is sent together.
#[derive(Default)]
struct Batch {
    spans: Vec<Value>,
    traces: usize,
    flushed: Option<oneshot::Sender<()>>,
}

impl Batch {
    fn take(&mut self, handed: Handed) {
        match handed {
            Handed::Spans(spans) => {
                self.spans.extend(spans);
                self.traces += 1;
            }
            Handed::Flush(done) => self.flushed = Some(done),
        }
    }

    fn is_due(&self) -> bool {
        self.traces >= BATCH_MAX || self.flushed.is_some()
    }
}

async fn export(url: String, mut handed: Receiver<Handed>) {
    let client = reqwest::Client::builder().timeout(SEND_TIMEOUT).build().unwrap_or_default();
    let mut is_failing = false;
    while let Some(first) = handed.recv().await {
        let mut batch = Batch::default();
        batch.take(first);
        let until = Instant::now() + BATCH_WAIT;
        while !batch.is_due()
            && let Ok(Some(next)) = tokio::time::timeout_at(until, handed.recv()).await
        {
            batch.take(next);
        }
        if !batch.spans.is_empty() {
            let body = request(batch.spans).to_string();
            let sent = client.post(&url).header("Content-Type", "application/json").body(body).send().await;
            match sent.and_then(reqwest::Response::error_for_status) {
                Ok(_) => is_failing = false,
                // Said once, not with every batch.
                Err(error) if !is_failing => {
                    tracing::warn!(%error, url, "traces cannot be sent");
                    is_failing = true;
                }
                Err(_) => {}
            }
        }
        if let Some(done) = batch.flushed {
            let _nobody_waits_any_more = done.send(());
        }
    }
}

/// Ref: opentelemetry/proto/collector/trace/v1, ExportTraceServiceRequest.
fn request(spans: Vec<Value>) -> Value {
    let resource = [text("service.name", "owlake"), text("service.version", env!("CARGO_PKG_VERSION"))];
    json!({"resourceSpans": [{
        "resource": {"attributes": resource},
        "scopeSpans": [{"scope": {"name": "owlake.query", "version": env!("CARGO_PKG_VERSION")}, "spans": spans}],
    }]})
}

/// The query, and below it the phases it reached.
fn spans(submission: &Submission, outcome: &Outcome) -> Vec<Value> {
    let trace_id = submission.id.replace('-', "");
    let root = span_id(&trace_id, 0);
    let statistics = &outcome.statistics;
    let start_ms = u64::try_from(submission.submitted_at_ms).unwrap_or(0);
    let end_ms = start_ms + statistics.total_ms;
    let query_text: String = submission.text.chars().take(TEXT_CHARS_MAX).collect();
    let mut attributes = vec![
        text("db.system.name", "athena"),
        text("db.query.text", &query_text),
        text("db.operation.name", &submission.substatement_type),
        text("db.namespace", submission.database.as_deref().unwrap_or("default")),
        text("aws.athena.query_execution_id", &submission.id),
        text("aws.athena.workgroup", &submission.workgroup),
        text("aws.athena.statement_type", &submission.statement_type),
        text("aws.athena.state", outcome.state.name()),
    ];
    let counts = [
        ("aws.athena.data_scanned_in_bytes", statistics.bytes_scanned),
        ("aws.athena.input_rows", statistics.rows_read),
        ("db.response.returned_rows", statistics.rows_written),
    ];
    attributes.extend(counts.into_iter().filter_map(|(name, value)| Some(number(name, value?))));
    let status = match outcome.state {
        QueryState::Succeeded => json!({"code": STATUS_OK}),
        _ => json!({"code": STATUS_ERROR, "message": outcome.reason.clone().unwrap_or_default()}),
    };
    let mut spans = vec![json!({
        "traceId": trace_id, "spanId": root, "name": submission.substatement_type, "kind": KIND_SERVER,
        "startTimeUnixNano": nanoseconds(start_ms), "endTimeUnixNano": nanoseconds(end_ms),
        "attributes": attributes, "status": status,
    })];
    let planning = statistics.planning_ms.unwrap_or(0);
    let phases = [
        ("queue", Some(statistics.queue_ms)),
        ("planning", statistics.planning_ms),
        ("execution", statistics.engine_ms.map(|engine| engine.saturating_sub(planning))),
        ("publishing", statistics.processing_ms),
    ];
    let mut at = start_ms;
    for (number, (name, ms)) in phases.into_iter().enumerate() {
        let Some(ms) = ms else { continue };
        spans.push(json!({
            "traceId": trace_id, "spanId": span_id(&trace_id, number as u64 + 1), "parentSpanId": root, "name": name, "kind": KIND_INTERNAL,
            "startTimeUnixNano": nanoseconds(at), "endTimeUnixNano": nanoseconds(at + ms), "attributes": [], "status": {},
        }));
        at += ms;
    }
    spans
}

/// Sixteen digits that are not all zero; the trace's own with a number mixed in.
fn span_id(trace_id: &str, number: u64) -> String {
    let own = trace_id.get(16..).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(1);
    format!("{:016x}", (own ^ (number << 56)).max(1))
}

/// Protobuf's JSON form writes 64-bit numbers as texts.
fn nanoseconds(ms: u64) -> String {
    ms.saturating_mul(1_000_000).to_string()
}

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

fn number(key: &str, value: u64) -> Value {
    json!({"key": key, "value": {"intValue": value.to_string()}})
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::test_server::TestServer;
    use axum::Router;
    use axum::routing::post;
    use tokio::sync::mpsc::unbounded_channel;

    /// A collector that keeps what it is sent.
    async fn collector() -> (String, tokio::sync::mpsc::UnboundedReceiver<Value>) {
        let (sender, receiver) = unbounded_channel();
        let keep = move |headers: http::HeaderMap, body: String| async move {
            assert_eq!(headers["content-type"], "application/json");
            sender.send(serde_json::from_str(&body).unwrap()).unwrap();
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/v1/traces", post(keep))).await });
        (address, receiver)
    }

    // basis: documented, OTLP/HTTP: ids in hexadecimal digits, 64-bit numbers as texts, enumerations as numbers.
    #[tokio::test]
    async fn a_collector_gets_a_trace_of_each_query() {
        let (address, mut collected) = collector().await;
        let server = TestServer::with(|config| config.otlp_endpoint = Some(address));
        let good = server.run("SELECT 3").await["QueryExecutionId"].as_str().unwrap().to_owned();
        let bad = server.run("DIVIDE 1").await["QueryExecutionId"].as_str().unwrap().to_owned();
        server.app.traces.as_ref().unwrap().flush().await;
        let mut spans = Vec::new();
        while spans.iter().filter(|span: &&Value| span["parentSpanId"].is_null()).count() < 2 {
            let request = tokio::time::timeout(Duration::from_secs(10), collected.recv()).await.unwrap().unwrap();
            assert_eq!(
                request["resourceSpans"][0]["resource"]["attributes"][0],
                json!({"key": "service.name", "value": {"stringValue": "owlake"}})
            );
            spans.extend(request["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().clone());
        }
        let root = |id: &str| spans.iter().find(|span| span["traceId"] == id.replace('-', "") && span["parentSpanId"].is_null()).unwrap();
        let attribute = |span: &Value, key: &str| {
            span["attributes"].as_array().unwrap().iter().find(|item| item["key"] == key).unwrap()["value"].clone()
        };
        let query = root(&good);
        assert_eq!((query["name"].as_str(), query["status"]["code"].as_u64()), (Some("SELECT"), Some(1)));
        assert_eq!(attribute(query, "db.query.text"), json!({"stringValue": "SELECT 3"}));
        assert_eq!(attribute(query, "aws.athena.data_scanned_in_bytes"), json!({"intValue": "123"}));
        assert_eq!(query["spanId"].as_str().unwrap().len(), 16);
        let time = |span: &Value, key: &str| span[key].as_str().unwrap().parse::<u64>().unwrap();
        let failed = root(&bad);
        let phases: Vec<&Value> = spans.iter().filter(|span| span["parentSpanId"] == failed["spanId"]).collect();
        assert_eq!(
            phases.iter().map(|span| span["name"].as_str().unwrap()).collect::<Vec<_>>(),
            ["queue", "planning", "execution", "publishing"]
        );
        for pair in phases.windows(2) {
            assert_eq!(time(pair[0], "endTimeUnixNano"), time(pair[1], "startTimeUnixNano"));
        }
        assert_eq!(failed["status"]["code"], 2);
        assert!(failed["status"]["message"].as_str().unwrap().contains("Division by zero"));
    }

    #[tokio::test]
    async fn no_collector_is_no_reason_to_fail() {
        let server = TestServer::with(|config| config.otlp_endpoint = Some("http://127.0.0.1:9".to_owned()));
        assert_eq!(server.run("SELECT 3").await["Status"]["State"], "SUCCEEDED");
    }
}
