//! What do tests of the lifecycle run against? A server with a scripted engine, asked through its router.
//!
//! The first word of a statement says what the engine does with it: see [`Scripted`].

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::app::{App, Parts, RandomIds};
use crate::config::Config;
use crate::query::executor::{Accepted, Executor, Plan, Statement};
use crate::storage::{Storage, StorageOptions};
use crate::wire::aws_json::{CONTENT_TYPE_JSON, TARGET_HEADER};
use crate::wire::dispatch;
use arrow::array::{ArrayRef, Int64Array};
use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use axum::body::Body;
use futures::StreamExt;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use object_store::ObjectStoreExt;
use object_store::path::Path;
use owlake_catalog::{Clock, MemoryCatalog};
use owlake_engine::engine::{Meter, Output, ResultColumn, ResultType};
use owlake_engine::error::EngineError;
use owlake_engine::session::Session;
use owlake_functions::types::TrinoType;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// A server on a folder of its own.
pub struct TestServer {
    pub app: Arc<App>,
    folder: Arc<tempfile::TempDir>,
    tokens: AtomicU64,
}

/// A reply.
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

impl TestServer {
    /// A server whose `primary` writes to `s3://results/out/`.
    pub fn new() -> Self {
        TestServer::with(|_| {})
    }

    /// The same with changed settings.
    pub fn with(change: impl FnOnce(&mut Config)) -> Self {
        TestServer::on(Arc::new(tempfile::tempdir().unwrap()), change)
    }

    /// A new server on the folder of this one, as after a restart.
    pub fn restarted(&self) -> Self {
        TestServer::on(self.folder.clone(), |_| {})
    }

    fn on(folder: Arc<tempfile::TempDir>, change: impl FnOnce(&mut Config)) -> Self {
        let mut config =
            Config { data_dir: folder.path().to_owned(), output_location: Some("s3://results/out/".to_owned()), ..Config::default() };
        change(&mut config);
        let clock: Arc<dyn Clock> = Arc::new(|| 1_789_635_224_500);
        let options = StorageOptions { buckets_folder: folder.path().join("buckets"), targets: BTreeMap::new(), fsync: false };
        let storage = Arc::new(Storage::open(options).unwrap());
        // After a restart it is there already.
        let _ = storage.create_bucket("results", None);
        let app = App::assemble(Parts {
            config,
            catalog: Arc::new(MemoryCatalog::new(clock.clone())),
            clock,
            ids: Arc::new(RandomIds::new(None)),
            storage,
            executor: Arc::new(Scripted),
            query_runtime: tokio::runtime::Handle::current(),
        })
        .unwrap();
        TestServer { app, folder, tokens: AtomicU64::new(0) }
    }

    /// Calls an operation, `AmazonAthena.GetWorkGroup` for instance.
    pub async fn call(&self, target: &str, body: Value) -> Reply {
        self.send(&[("content-type", CONTENT_TYPE_JSON), (TARGET_HEADER, target)], body.to_string()).await
    }

    /// Calls an operation of Athena that must succeed.
    pub async fn athena(&self, operation: &str, body: Value) -> Value {
        let reply = self.call(&format!("AmazonAthena.{operation}"), body).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        reply.json()
    }

    /// Calls an operation of Athena that must fail; returns the body.
    pub async fn refused(&self, operation: &str, body: Value) -> Value {
        let reply = self.call(&format!("AmazonAthena.{operation}"), body).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.body);
        reply.json()
    }

    /// Posts a body with these headers.
    pub async fn send(&self, headers: &[(&str, &str)], body: impl Into<Body>) -> Reply {
        let mut request = Request::post("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = dispatch::router(self.app.clone()).oneshot(request.body(body.into()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Reply { status: parts.status, headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    /// A token no other call has.
    pub fn token(&self) -> String {
        format!("{:032}", self.tokens.fetch_add(1, Ordering::Relaxed))
    }

    /// Starts a statement and returns its id.
    pub async fn start(&self, text: &str) -> String {
        let reply = self.athena("StartQueryExecution", json!({"QueryString": text, "ClientRequestToken": self.token()})).await;
        reply["QueryExecutionId"].as_str().unwrap().to_owned()
    }

    /// Runs a statement to its end and returns the QueryExecution.
    pub async fn run(&self, text: &str) -> Value {
        let id = self.start(text).await;
        self.ended(&id).await
    }

    /// Waits for a query's end and returns the QueryExecution.
    pub async fn ended(&self, id: &str) -> Value {
        self.app.queries.query(id).unwrap().finished().await;
        self.athena("GetQueryExecution", json!({"QueryExecutionId": id})).await["QueryExecution"].clone()
    }

    /// An object of the bucket `results` as text; `None` when it is not there.
    pub async fn object(&self, key: &str) -> Option<Vec<u8>> {
        let store = self.app.storage.object_store("results").unwrap();
        let found = store.get(&Path::from(key)).await.ok()?;
        Some(found.bytes().await.unwrap().to_vec())
    }
}

/// An engine that does what the first word says: `SELECT <n>` gives n rows, `SHOW` two lines, `CREATE` nothing,
/// `INSERT <n>` counts n, `DIVIDE` fails after a batch, `DROP` fails as Hive does, `WAIT` runs until it is cancelled,
/// `SCAN` reads 20 MB and then waits, `CRASH` panics, anything else is no SQL.
pub struct Scripted;

impl Executor for Scripted {
    fn accept(&self, text: &str, _session: &Session) -> Result<Accepted, EngineError> {
        let text = text.trim().trim_end_matches(';').trim().to_owned();
        let (statement_type, substatement_type) = match text.split(' ').next().unwrap_or_default() {
            "SELECT" | "DIVIDE" | "WAIT" | "SCAN" | "CRASH" => ("DML", "SELECT"),
            "INSERT" => ("DML", "INSERT"),
            "SHOW" => ("UTILITY", "SHOW_TABLES"),
            "CREATE" => ("DDL", "CREATE_TABLE"),
            "DROP" => ("DDL", "DROP_TABLE"),
            word => return Err(EngineError::refused("MALFORMED_QUERY", format!("line 1:1: mismatched input '{word}'"))),
        };
        Ok(Accepted {
            statement_type: statement_type.to_owned(),
            substatement_type: substatement_type.to_owned(),
            has_external_location: false,
            is_plan_only: false,
            statement: Box::new(Script { text, meter: Arc::default() }),
        })
    }
}

struct Script {
    text: String,
    meter: Arc<Meter>,
}

#[async_trait]
impl Statement for Script {
    async fn prepare(mut self: Box<Self>, _session: Session, meter: Arc<Meter>) -> Result<Box<dyn Plan>, EngineError> {
        self.meter = meter;
        Ok(self)
    }
}

#[async_trait]
impl Plan for Script {
    fn columns(&self) -> Vec<ResultColumn> {
        let (name, data_type) = match self.text.split(' ').next().unwrap_or_default() {
            "SHOW" => ("tab_name", ResultType::HiveString),
            "CREATE" | "DROP" => return Vec::new(),
            "INSERT" => ("rows", ResultType::Trino(TrinoType::Bigint)),
            _ => ("n", ResultType::Trino(TrinoType::Bigint)),
        };
        vec![ResultColumn { name: name.to_owned(), data_type }]
    }

    async fn run(self: Box<Self>, cancel: CancellationToken) -> Result<Output, EngineError> {
        let (word, number) = self.text.split_once(' ').unwrap_or((&self.text, "1"));
        let number: i64 = number.parse().unwrap_or(1);
        match word {
            "SELECT" => {
                self.meter.add_bytes_scanned(123);
                let batches: Vec<_> = (0..number).step_by(100).map(|start| Ok(batch(start..number.min(start + 100)))).collect();
                Ok(Output::Rows(futures::stream::iter(batches).boxed()))
            }
            "INSERT" => Ok(Output::Rows(futures::stream::iter([Ok(batch(number..number + 1))]).boxed())),
            "SHOW" => Ok(Output::Text(vec!["a".to_owned(), "b".to_owned()])),
            "CREATE" => Ok(Output::Nothing),
            "DROP" => Err(EngineError::hive("FAILED: SemanticException [Error 10001]: Table not found d.t", None)),
            "DIVIDE" => {
                let failure = EngineError::engine("DIVISION_BY_ZERO", "Division by zero");
                Ok(Output::Rows(futures::stream::iter([Ok(batch(0..100)), Err(failure)]).boxed()))
            }
            "SCAN" => {
                self.meter.add_bytes_scanned(20_000_000);
                cancel.cancelled().await;
                Err(EngineError::internal("cancelled"))
            }
            "WAIT" => {
                let ended = async move {
                    cancel.cancelled().await;
                    Err(EngineError::internal("cancelled"))
                };
                Ok(Output::Rows(futures::stream::once(ended).boxed()))
            }
            _ => panic!("the script says so"),
        }
    }
}

fn batch(numbers: std::ops::Range<i64>) -> RecordBatch {
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(numbers));
    RecordBatch::try_from_iter([("n", numbers)]).unwrap()
}
