//! Does the query lifecycle hold under load? Many clients, a full queue, mass cancellation, restarts and kills.
//!
//! basis: Athena user guide: StartQueryExecution, StopQueryExecution, service quotas; and inferred: an acknowledged
//! execution ends, whatever happens to the process, and what says SUCCEEDED has its whole result.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use owlake_testdata::taxi::Numbers;
use serde_json::{Value, json};

use crate::connection::Connection;
use crate::process::Process;

const CLIENTS: u64 = 64;
const MIXED_QUERIES: u64 = 1_000;
/// The quota of active DML queries.
const ACTIVE_MAX: usize = 200;
/// Queries stopped while they run.
const CANCELLED: u64 = 40;
const KILLS: u64 = 6;
/// Longest wait for a query to end, on a machine that is busy otherwise.
const END_SECONDS_MAX: u64 = 60;
/// Runs until it is stopped: 10^12 combinations, none of which fits.
const ENDLESS: &str = "SELECT count(*) FROM UNNEST(sequence(1, 10000)) a(x) CROSS JOIN UNNEST(sequence(1, 10000)) b(y) \
                       CROSS JOIN UNNEST(sequence(1, 10000)) c(z) WHERE x + y + z = 0";
const ROWS: u64 = 3_000;

struct Client(Connection);

impl Client {
    fn new(endpoint: &str) -> Client {
        let mut connection = Connection::new(endpoint);
        // The first makes the bucket, the others find it.
        let status = connection.send(b"PUT", b"/results", &[], b"").unwrap().status;
        assert!(matches!(status, 200 | 409), "{status}");
        Client(connection)
    }

    fn call(&mut self, operation: &str, body: &Value) -> Result<(u16, Value), String> {
        let answer = self.0.call(&format!("AmazonAthena.{operation}"), body.to_string().as_bytes())?;
        Ok((answer.status, serde_json::from_slice(&answer.body).unwrap_or(Value::Null)))
    }

    fn start(&mut self, sql: &str) -> Result<(u16, Value), String> {
        static TOKEN: AtomicU64 = AtomicU64::new(0);
        let token = format!("{:032}", TOKEN.fetch_add(1, Ordering::Relaxed));
        let location = json!({ "OutputLocation": "s3://results/out/" });
        self.call("StartQueryExecution", &json!({ "QueryString": sql, "ClientRequestToken": token, "ResultConfiguration": location }))
    }

    /// Starts what must be accepted.
    fn started(&mut self, sql: &str) -> String {
        let (status, answer) = self.start(sql).unwrap();
        assert_eq!(status, 200, "{answer}");
        answer["QueryExecutionId"].as_str().unwrap().to_string()
    }

    fn execution(&mut self, id: &str) -> Value {
        let (status, answer) = self.call("GetQueryExecution", &json!({ "QueryExecutionId": id })).unwrap();
        assert_eq!(status, 200, "{id}: {answer}");
        answer["QueryExecution"].clone()
    }

    /// Waits until the query is in one of these states.
    fn wait(&mut self, id: &str, states: &[&str]) -> Value {
        let deadline = Instant::now() + Duration::from_secs(END_SECONDS_MAX);
        loop {
            let execution = self.execution(id);
            if states.contains(&state(&execution)) {
                return execution;
            }
            assert!(Instant::now() < deadline, "{id} never became {states:?}: {execution}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn ended(&mut self, id: &str) -> Value {
        self.wait(id, &["SUCCEEDED", "FAILED", "CANCELLED"])
    }

    /// The result object's lines.
    fn result_lines(&mut self, id: &str) -> Option<usize> {
        let answer = self.0.send(b"GET", format!("/results/out/{id}.csv").as_bytes(), &[], b"").unwrap();
        (answer.status == 200).then(|| answer.body.iter().filter(|byte| **byte == b'\n').count())
    }
}

fn state(execution: &Value) -> &str {
    execution.pointer("/Status/State").and_then(Value::as_str).unwrap()
}

fn seconds(execution: &Value, member: &str) -> f64 {
    execution["Status"][member].as_f64().unwrap()
}

fn rows_query(rows: u64) -> String {
    format!("SELECT n FROM UNNEST(sequence(1, {rows})) t(n)")
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn data(&self) -> std::path::PathBuf {
        self.0.path().join("data")
    }

    fn serve(&self, flags: &[&str]) -> Process {
        Process::start_with(&self.data(), flags, &self.0.path().join("log")).unwrap()
    }
}

#[test]
fn many_clients_get_each_its_own_answer() {
    let folder = Folder::new();
    let server = folder.serve(&[]);
    let left = Arc::new(AtomicU64::new(MIXED_QUERIES));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|seed| {
            let (endpoint, left) = (server.endpoint.clone(), left.clone());
            thread::spawn(move || {
                let mut client = Client::new(&endpoint);
                let mut numbers = Numbers::new(seed);
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
                    mixed_query(&mut client, &mut numbers);
                }
            })
        })
        .collect();
    for client in clients {
        client.join().unwrap();
    }
}

/// One small query and what it must come to.
fn mixed_query(client: &mut Client, numbers: &mut Numbers) {
    let number = numbers.below(1_000_000);
    match numbers.below(6) {
        0 => {
            let id = client.started(&format!("SELECT {number} / 0"));
            let execution = client.ended(&id);
            assert_eq!(execution.pointer("/Status/StateChangeReason"), Some(&json!("DIVISION_BY_ZERO: Division by zero")), "{execution}");
        }
        1 => {
            let (status, answer) = client.start(&format!("SELECT {number} FRM t")).unwrap();
            assert_eq!((status, &answer["AthenaErrorCode"]), (400, &json!("MALFORMED_QUERY")), "{answer}");
        }
        2 => {
            let id = client.started("SHOW DATABASES");
            assert_eq!(state(&client.ended(&id)), "SUCCEEDED");
        }
        3 => {
            let id = client.started(&rows_query(ROWS));
            assert_eq!(state(&client.ended(&id)), "SUCCEEDED");
            assert_eq!(client.result_lines(&id), Some(3_001));
        }
        _ => {
            let id = client.started(&format!("SELECT {number} AS n"));
            let execution = client.ended(&id);
            assert_eq!(state(&execution), "SUCCEEDED", "{execution}");
            let (_, answer) = client.call("GetQueryResults", &json!({ "QueryExecutionId": id })).unwrap();
            assert_eq!(answer.pointer("/ResultSet/Rows/1/Data/0/VarCharValue"), Some(&json!(number.to_string())), "{answer}");
        }
    }
}

#[test]
fn a_full_queue_refuses_and_drains_in_order() {
    let folder = Folder::new();
    let server = folder.serve(&["--dml-running-max", "1"]);
    let mut client = Client::new(&server.endpoint);
    let endless = client.started(ENDLESS);
    client.wait(&endless, &["RUNNING"]);
    let queued: Vec<String> = (1..ACTIVE_MAX).map(|number| client.started(&format!("SELECT {number}"))).collect();
    let (status, answer) = client.start("SELECT 'one too many'").unwrap();
    assert_eq!((status, &answer["__type"]), (400, &json!("TooManyRequestsException")), "{answer}");
    assert_eq!(answer["Reason"], "CONCURRENT_QUERY_LIMIT_EXCEEDED", "{answer}");
    assert!(queued.iter().all(|id| state(&client.execution(id)) == "QUEUED"));
    // One from the middle goes without its turn.
    let (stopped, kept) = (&queued[50], queued.iter().enumerate().filter(|(at, _)| *at != 50).map(|(_, id)| id));
    assert_eq!(client.call("StopQueryExecution", &json!({ "QueryExecutionId": stopped })).unwrap().0, 200);
    assert_eq!(state(&client.execution(stopped)), "CANCELLED");
    assert_eq!(client.call("StopQueryExecution", &json!({ "QueryExecutionId": endless })).unwrap().0, 200);
    let mut before = 0.0;
    for id in kept {
        let execution = client.ended(id);
        assert_eq!(state(&execution), "SUCCEEDED", "{execution}");
        assert!(seconds(&execution, "CompletionDateTime") >= before, "{id} overtook another");
        before = seconds(&execution, "CompletionDateTime");
    }
}

#[test]
fn cancelled_queries_leave_nothing_behind() {
    let folder = Folder::new();
    let server = folder.serve(&[]);
    let mut client = Client::new(&server.endpoint);
    let first = client.started("SELECT 1");
    client.ended(&first);
    let descriptors = || std::fs::read_dir(format!("/proc/{}/fd", server.id())).unwrap().count();
    let before = descriptors();
    // Each stop lets the next one run; all of them are stopped while they run.
    let running: Vec<String> = (0..CANCELLED).map(|_| client.started(ENDLESS)).collect();
    for id in &running {
        client.wait(id, &["RUNNING"]);
        let asked = Instant::now();
        assert_eq!(client.call("StopQueryExecution", &json!({ "QueryExecutionId": id })).unwrap().0, 200);
        assert_eq!(state(&client.execution(id)), "CANCELLED");
        assert!(asked.elapsed() < Duration::from_secs(5), "the stop took {:?}", asked.elapsed());
    }
    let deadline = Instant::now() + Duration::from_secs(30);
    let is_idle = || {
        let start = busy_ticks(server.id());
        thread::sleep(Duration::from_millis(300));
        busy_ticks(server.id()) - start < 10
    };
    // The data folder's own files may be open or not; a query's must not.
    while !(is_idle() && descriptors() <= before + 5) {
        assert!(
            Instant::now() < deadline,
            "the queries still use the processor, or hold files: {} descriptors instead of {before}",
            descriptors()
        );
    }
    let left = files(&folder.data().join("buckets"));
    let foreign: Vec<_> = left.iter().filter(|path| !path.contains(&first)).collect();
    assert!(foreign.iter().all(|path| !path.contains("/out/") && !path.contains(".owlake/tmp/")), "{foreign:?}");
    assert!(files(&folder.data().join("spill")).is_empty());
    let id = client.started("SELECT 2");
    assert_eq!(state(&client.ended(&id)), "SUCCEEDED");
}

/// Processor time used so far, in hundredths of a second.
fn busy_ticks(id: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let after_name = text.rsplit_once(')').unwrap().1;
    after_name.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum()
}

fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path.display().to_string()) }
    }
    found
}

#[test]
fn a_killed_server_leaves_every_acknowledged_query_ended() {
    let folder = Folder::new();
    let mut numbers = Numbers::new(11);
    let mut acknowledged: Vec<String> = Vec::new();
    let (mut succeeded, mut failed) = (0, 0);
    for round in 0..=KILLS {
        let mut server = folder.serve(&[]);
        let mut client = Client::new(&server.endpoint);
        for id in acknowledged.drain(..) {
            let execution = client.execution(&id);
            match state(&execution) {
                "SUCCEEDED" => {
                    succeeded += 1;
                    assert_eq!(client.result_lines(&id), Some(3_001), "round {round}: {execution}");
                }
                "FAILED" => {
                    failed += 1;
                    let reason = execution.pointer("/Status/StateChangeReason").and_then(Value::as_str).unwrap_or_default();
                    assert!(reason.contains("server stopped"), "round {round}: {execution}");
                    assert!(execution.pointer("/Status/AthenaError/ErrorCategory").is_some(), "{execution}");
                }
                other => panic!("round {round}: {id} is {other} after a restart"),
            }
        }
        if round < KILLS {
            acknowledged = queries_until_killed(&mut server, Duration::from_millis(300 + numbers.below(900)));
        }
    }
    assert!(succeeded > 10 && failed > KILLS, "{succeeded} succeeded, {failed} failed: the kills met no load");
}

/// The ids that were answered before the server was gone.
fn queries_until_killed(server: &mut Process, pause: Duration) -> Vec<String> {
    let acknowledged: Arc<Mutex<Vec<String>>> = Arc::default();
    let is_over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..8)
        .map(|number| {
            let (endpoint, acknowledged, is_over) = (server.endpoint.clone(), acknowledged.clone(), is_over.clone());
            thread::spawn(move || {
                let mut client = Client(Connection::new(&endpoint));
                let sql = if number == 0 { ENDLESS.to_string() } else { rows_query(ROWS) };
                while !is_over.load(Ordering::Relaxed) {
                    match client.start(&sql) {
                        Ok((200, answer)) => acknowledged.lock().unwrap().push(answer["QueryExecutionId"].as_str().unwrap().to_string()),
                        Ok(_full) => thread::sleep(Duration::from_millis(2)),
                        Err(_killed) => return,
                    }
                    thread::sleep(Duration::from_millis(if number == 0 { 200 } else { 5 }));
                }
            })
        })
        .collect();
    thread::sleep(pause);
    server.kill();
    is_over.store(true, Ordering::Relaxed);
    for client in clients {
        client.join().unwrap();
    }
    std::mem::take(&mut acknowledged.lock().unwrap())
}
