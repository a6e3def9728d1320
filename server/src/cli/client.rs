//! How do the commands talk to a server? The Athena and S3 protocols, as any client would. Ref: Athena API reference.
//!
//! The commands have no way of their own into the engine: what they show is what every client gets.

use std::path::PathBuf;
use std::time::Duration;

use chrono::Utc;
use http::header::{AUTHORIZATION, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::config::Config;
use crate::listen::tls::authority_file;
use crate::wire::auth::claim::timestamp;
use crate::wire::signature_v4::{Scope, canonical_request, signature};

/// A connection to one server.
#[derive(Debug, Clone)]
pub struct Client {
    endpoint: String,
    http: reqwest::Client,
    access: Access,
}

/// What a client shows a server, and what it trusts.
#[derive(Clone, Default)]
pub struct Access {
    /// The access key's id and secret; unsigned requests without.
    key: Option<(String, String)>,
    region: String,
    /// A PEM file of an authority to trust besides the system's.
    authority: Option<PathBuf>,
}

impl Access {
    /// What the settings say: the first configured key, and the authority of the data folder's own certificate.
    pub fn of(config: &Config) -> Self {
        let made = authority_file(&config.data_dir);
        let authority = config.tls.certificate.clone().or_else(|| made.is_file().then_some(made));
        Access { key: config.client_key(), region: config.region.clone(), authority }
    }
}

/// The secret is left out.
impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").field("key", &self.key.as_ref().map(|(id, _)| id)).finish_non_exhaustive()
    }
}

/// Why a call gave nothing. The text is for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// Nobody answers at the endpoint.
    #[error("no server answers at {endpoint}: {reason}")]
    Unreachable { endpoint: String, reason: String },
    /// The service refused the call: its error type and message.
    #[error("{message}")]
    Refused { kind: String, message: String },
    /// The query ended FAILED or CANCELLED.
    #[error("{reason}")]
    QueryEnded { state: String, reason: String },
    /// The answer is not what the protocol says.
    #[error("the server's answer cannot be read: {0}")]
    Malformed(String),
}

/// A statement that ran: its columns, its rows as text, and what it cost.
#[derive(Debug, Clone)]
pub struct QueryResult {
    pub query_execution_id: String,
    pub columns: Vec<ResultColumn>,
    /// `None` is NULL.
    pub rows: Vec<Vec<Option<String>>>,
    /// Whether `rows` stops at the caller's limit though there is more.
    pub is_cut: bool,
    pub statement_type: String,
    pub substatement_type: String,
    pub bytes_scanned: u64,
    pub total_ms: u64,
    pub output_location: String,
    pub update_count: Option<i64>,
}

/// A column as GetQueryResults describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultColumn {
    pub name: String,
    pub data_type: String,
}

/// What a statement runs under.
#[derive(Debug, Clone, Default)]
pub struct QueryOptions {
    pub database: Option<String>,
    pub output_location: Option<String>,
    /// Rows to fetch at most.
    pub rows_max: usize,
}

/// How long a state may take to change before it is asked for again; the server answers at once, so this only bounds load.
const POLL_FIRST: Duration = Duration::from_millis(1);
const POLL_MAX: Duration = Duration::from_millis(200);

impl Client {
    /// A client of `endpoint`, such as `http://127.0.0.1:5455`, that signs nothing. Connects with the first call.
    pub fn new(endpoint: &str) -> Self {
        Client { endpoint: endpoint.trim_end_matches('/').to_string(), http: reqwest::Client::new(), access: Access::default() }
    }

    /// A client that signs, and trusts, as `access` says. Errors: the authority's file cannot be used.
    pub fn with_access(endpoint: &str, access: Access) -> Result<Self, String> {
        let mut builder = reqwest::Client::builder();
        if let Some(file) = &access.authority {
            let wrong = |error: &dyn std::fmt::Display| format!("'{}' cannot be trusted: {error}", file.display());
            let pem = std::fs::read(file).map_err(|error| wrong(&error))?;
            for certificate in reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| wrong(&error))? {
                builder = builder.add_root_certificate(certificate);
            }
        }
        let http = builder.build().map_err(|error| format!("no client can be made: {error}"))?;
        Ok(Client { endpoint: endpoint.trim_end_matches('/').to_string(), http, access })
    }

    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Whether an owlake server answers.
    pub async fn is_alive(&self) -> bool {
        let answer = self.http.get(format!("{}/_owlake/health", self.endpoint)).timeout(Duration::from_secs(2)).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// One Athena operation.
    pub async fn athena(&self, operation: &str, body: Value) -> Result<Value, ClientError> {
        self.call(&format!("AmazonAthena.{operation}"), body).await
    }

    /// One Glue operation.
    pub async fn glue(&self, operation: &str, body: Value) -> Result<Value, ClientError> {
        self.call(&format!("AWSGlue.{operation}"), body).await
    }

    async fn call(&self, target: &str, body: Value) -> Result<Value, ClientError> {
        let body = body.to_string();
        let service = if target.starts_with("AWSGlue.") { "glue" } else { "athena" };
        let headers = self.signed(&Method::POST, "/", service, &[("x-amz-target", target)], body.as_bytes())?;
        let request = self.http.post(&self.endpoint).headers(headers).header("Content-Type", "application/x-amz-json-1.1");
        let answer = request.body(body).send().await.map_err(|error| self.unreachable(&error))?;
        let is_success = answer.status().is_success();
        let text = answer.text().await.map_err(|error| self.unreachable(&error))?;
        let value: Value = serde_json::from_str(&text).map_err(|error| ClientError::Malformed(error.to_string()))?;
        if is_success {
            return Ok(value);
        }
        let kind = text_at(&value, "/__type");
        let message = [text_at(&value, "/Message"), text_at(&value, "/message")].into_iter().find(|text| !text.is_empty());
        Err(ClientError::Refused { message: message.unwrap_or_else(|| kind.clone()), kind })
    }

    /// The headers, and those of their signature where there is a key. Ref: AWS general reference, "Create a signed AWS API request".
    fn signed(
        &self,
        method: &Method,
        path: &str,
        service: &str,
        more: &[(&'static str, &str)],
        body: &[u8],
    ) -> Result<HeaderMap, ClientError> {
        let malformed = |error: http::header::InvalidHeaderValue| ClientError::Malformed(format!("a header: {error}"));
        let mut headers = HeaderMap::new();
        for (name, value) in more {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).map_err(malformed)?);
        }
        let Some((key_id, secret)) = &self.access.key else { return Ok(headers) };
        let host = self.endpoint.split_once("://").map_or(self.endpoint.as_str(), |(_, host)| host);
        let timestamp = timestamp(Utc::now());
        let digest = hex::encode(Sha256::digest(body));
        for (name, value) in [("x-amz-date", timestamp.as_str()), ("x-amz-content-sha256", &digest), (HOST.as_str(), host)] {
            headers.insert(HeaderName::from_bytes(name.as_bytes()).unwrap_or(HOST), HeaderValue::from_str(value).map_err(malformed)?);
        }
        let mut names: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        let scope = Scope { timestamp: &timestamp, region: &self.access.region, service };
        let signature = signature(secret, scope, &canonical_request(method, path, &[], &headers, &names, &digest));
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={key_id}/{}, SignedHeaders={}, Signature={signature}",
            scope.credential(),
            names.join(";")
        );
        headers.insert(AUTHORIZATION, HeaderValue::from_str(&authorization).map_err(malformed)?);
        Ok(headers)
    }

    fn unreachable(&self, error: &reqwest::Error) -> ClientError {
        ClientError::Unreachable { endpoint: self.endpoint.clone(), reason: error.to_string() }
    }

    /// Makes a bucket; one that exists already is fine.
    pub async fn create_bucket(&self, bucket: &str) -> Result<(), ClientError> {
        let headers = self.signed(&Method::PUT, &format!("/{bucket}"), "s3", &[], &[])?;
        let answer =
            self.http.put(format!("{}/{bucket}", self.endpoint)).headers(headers).send().await.map_err(|error| self.unreachable(&error))?;
        match answer.status().as_u16() {
            200..=299 | 409 => Ok(()),
            status => {
                let text = answer.text().await.unwrap_or_default();
                let said = text.split_once("<Message>").and_then(|(_, rest)| rest.split_once("</Message>")).map_or("", |(said, _)| said);
                let message = format!("the bucket '{bucket}' cannot be made: status {status} {said}");
                Err(ClientError::Refused { kind: status.to_string(), message: message.trim_end().to_owned() })
            }
        }
    }

    /// Starts a statement and gives its id.
    pub async fn start(&self, sql: &str, options: &QueryOptions) -> Result<String, ClientError> {
        let mut body = json!({ "QueryString": sql, "ClientRequestToken": uuid::Uuid::new_v4().to_string() });
        if let Some(database) = &options.database {
            body["QueryExecutionContext"] = json!({ "Database": database });
        }
        if let Some(location) = &options.output_location {
            body["ResultConfiguration"] = json!({ "OutputLocation": location });
        }
        let started = self.athena("StartQueryExecution", body).await?;
        Ok(text_at(&started, "/QueryExecutionId"))
    }

    /// Asks a statement to stop.
    pub async fn stop(&self, query_execution_id: &str) -> Result<(), ClientError> {
        self.athena("StopQueryExecution", json!({ "QueryExecutionId": query_execution_id })).await.map(|_answer| ())
    }

    /// Runs a statement to its end and fetches its rows.
    pub async fn run(&self, sql: &str, options: &QueryOptions) -> Result<QueryResult, ClientError> {
        let id = self.start(sql, options).await?;
        self.finish(&id, options.rows_max).await
    }

    /// Waits for a started statement and fetches at most `rows_max` of its rows.
    pub async fn finish(&self, id: &str, rows_max: usize) -> Result<QueryResult, ClientError> {
        let execution = self.wait(id).await?;
        let state = text_at(&execution, "/Status/State");
        if state != "SUCCEEDED" {
            let reason = text_at(&execution, "/Status/StateChangeReason");
            return Err(ClientError::QueryEnded { state, reason });
        }
        let mut result = QueryResult {
            query_execution_id: id.to_string(),
            columns: Vec::new(),
            rows: Vec::new(),
            is_cut: false,
            statement_type: text_at(&execution, "/StatementType"),
            substatement_type: text_at(&execution, "/SubstatementType"),
            bytes_scanned: number_at(&execution, "/Statistics/DataScannedInBytes"),
            total_ms: number_at(&execution, "/Statistics/TotalExecutionTimeInMillis"),
            output_location: text_at(&execution, "/ResultConfiguration/OutputLocation"),
            update_count: None,
        };
        self.fetch(id, rows_max, &mut result).await?;
        Ok(result)
    }

    async fn wait(&self, id: &str) -> Result<Value, ClientError> {
        let mut pause = POLL_FIRST;
        loop {
            let answer = self.athena("GetQueryExecution", json!({ "QueryExecutionId": id })).await?;
            let execution = answer.get("QueryExecution").cloned().unwrap_or_default();
            if matches!(text_at(&execution, "/Status/State").as_str(), "SUCCEEDED" | "FAILED" | "CANCELLED") {
                return Ok(execution);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(POLL_MAX);
        }
    }

    async fn fetch(&self, id: &str, rows_max: usize, result: &mut QueryResult) -> Result<(), ClientError> {
        let mut token: Option<String> = None;
        let mut is_first = true;
        loop {
            let mut body = json!({ "QueryExecutionId": id });
            if let Some(token) = &token {
                body["NextToken"] = json!(token);
            }
            let page = self.athena("GetQueryResults", body).await?;
            if is_first {
                result.columns = columns(&page);
                result.update_count = page.get("UpdateCount").and_then(Value::as_i64);
            }
            let has_header = is_first && (result.statement_type == "DML" || result.substatement_type == "SHOW_FUNCTIONS");
            let rows = page.pointer("/ResultSet/Rows").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            for row in rows.iter().skip(usize::from(has_header)) {
                if result.rows.len() == rows_max {
                    result.is_cut = true;
                    return Ok(());
                }
                result.rows.push(cells(row));
            }
            is_first = false;
            token = page.get("NextToken").and_then(Value::as_str).map(str::to_string);
            if token.is_none() {
                return Ok(());
            }
        }
    }
}

fn columns(page: &Value) -> Vec<ResultColumn> {
    let described =
        page.pointer("/ResultSet/ResultSetMetadata/ColumnInfo").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    described.iter().map(|column| ResultColumn { name: text_at(column, "/Name"), data_type: text_at(column, "/Type") }).collect()
}

fn cells(row: &Value) -> Vec<Option<String>> {
    let data = row.get("Data").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    data.iter().map(|cell| cell.get("VarCharValue").and_then(Value::as_str).map(str::to_string)).collect()
}

fn text_at(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_string()
}

fn number_at(value: &Value, pointer: &str) -> u64 {
    value.pointer(pointer).and_then(Value::as_u64).unwrap_or_default()
}
