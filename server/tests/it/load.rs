//! Does the query lifecycle hold under load? Many clients, a full queue, mass cancellation, restarts and kills.
//!
//! `sizes.rs` says how the big counts are run.
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
use crate::sizes::size;

/// Unless `OWLAKE_TEST_CLIENTS` says another number; so for the others.
const CLIENTS: u64 = 64;
/// `OWLAKE_TEST_QUERIES`.
const MIXED_QUERIES: u64 = 1_000;
/// Queries that wait behind the one that runs, `OWLAKE_TEST_QUEUED`.
const QUEUED: u64 = 200;
/// Queries stopped while they run, all at once, `OWLAKE_TEST_CANCELLED`.
const CANCELLED: u64 = 60;
/// Of these so many write temporary files.
const SORTING: u64 = 4;
/// `OWLAKE_TEST_KILLS`.
const KILLS: u64 = 6;
/// More than any test here starts.
const REMEMBERED: [&str; 2] = ["--history-queries-max", "1000000"];
/// Longest wait for a query to end, on a machine that is busy otherwise.
const END_SECONDS_MAX: u64 = 60;
/// Runs until it is stopped: 27 billion combinations, none of which fits.
const ENDLESS: &str = "SELECT count(*) FROM UNNEST(sequence(1, 3000)) a(x) CROSS JOIN UNNEST(sequence(1, 3000)) b(y) \
                       CROSS JOIN UNNEST(sequence(1, 3000)) c(z) WHERE x + y + z = 0";
/// Sorts more than the memory a query has, for longer than any test waits.
const SPILLING: &str = "SELECT x, y, z FROM UNNEST(sequence(1, 3000)) a(x) CROSS JOIN UNNEST(sequence(1, 3000)) b(y) \
                        CROSS JOIN UNNEST(sequence(1, 3000)) c(z) ORDER BY z, y, x";
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

    fn stopped(&mut self, id: &str) {
        assert_eq!(self.call("StopQueryExecution", &json!({ "QueryExecutionId": id })).unwrap().0, 200, "{id}");
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
    // A sixth of the queries is DDL, of which 20 may be active unless said otherwise.
    let server = folder.serve(&[&REMEMBERED[..], &["--ddl-active-max", "200"]].concat());
    let (clients, queries) = (size("OWLAKE_TEST_CLIENTS", CLIENTS), size("OWLAKE_TEST_QUERIES", MIXED_QUERIES));
    let left = Arc::new(AtomicU64::new(queries));
    let begun = Instant::now();
    let running: Vec<_> = (0..clients)
        .map(|seed| {
            let (endpoint, left) = (server.endpoint.clone(), left.clone());
            thread::spawn(move || {
                let mut client = Client::new(&endpoint);
                let mut numbers = Numbers::new(seed);
                let mut milliseconds = Vec::new();
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
                    let asked = Instant::now();
                    mixed_query(&mut client, &mut numbers);
                    milliseconds.push(asked.elapsed().as_millis());
                }
                milliseconds
            })
        })
        .collect();
    let mut milliseconds: Vec<u128> = running.into_iter().flat_map(|client| client.join().unwrap()).collect();
    milliseconds.sort_unstable();
    assert_eq!(milliseconds.len() as u64, queries);
    let percentile = |percent: usize| milliseconds[(milliseconds.len() - 1) * percent / 100];
    println!(
        "{queries} mixed queries of {clients} clients in {:.1} s, none lost, none wrong; from the question to the checked answer p50 {} ms, p99 {} ms",
        begun.elapsed().as_secs_f64(),
        percentile(50),
        percentile(99)
    );
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
    let queued = size("OWLAKE_TEST_QUEUED", QUEUED);
    let active_max = (queued + 1).to_string();
    let server = folder.serve(&["--dml-running-max", "1", "--dml-active-max", &active_max]);
    let mut client = Client::new(&server.endpoint);
    let endless = client.started(ENDLESS);
    client.wait(&endless, &["RUNNING"]);
    let queued: Vec<String> = (0..queued).map(|number| client.started(&format!("SELECT {number}"))).collect();
    let (status, answer) = client.start("SELECT 'one too many'").unwrap();
    assert_eq!((status, &answer["__type"]), (400, &json!("TooManyRequestsException")), "{answer}");
    assert_eq!(answer["Reason"], "CONCURRENT_QUERY_LIMIT_EXCEEDED", "{answer}");
    assert!(queued.iter().all(|id| state(&client.execution(id)) == "QUEUED"));
    // One from the middle goes without its turn.
    let (stopped, kept) = (&queued[50], queued.iter().enumerate().filter(|(at, _)| *at != 50).map(|(_, id)| id));
    client.stopped(stopped);
    assert_eq!(state(&client.execution(stopped)), "CANCELLED");
    client.stopped(&endless);
    let mut before = 0.0;
    for id in kept {
        let execution = client.ended(id);
        assert_eq!(state(&execution), "SUCCEEDED", "{execution}");
        assert!(seconds(&execution, "CompletionDateTime") >= before, "{id} overtook another");
        before = seconds(&execution, "CompletionDateTime");
    }
    println!("{} queries behind the limit drained in the order they came", queued.len() - 1);
}

#[test]
fn cancelled_queries_leave_nothing_behind() {
    let folder = Folder::new();
    let count = size("OWLAKE_TEST_CANCELLED", CANCELLED);
    let at_once = (count + 1).to_string();
    let memory_bytes_max = ((128 << 20) + count * (384 << 10)).to_string();
    let bounds = ["--dml-running-max", &at_once, "--dml-active-max", &at_once, "--memory-bytes-max", &memory_bytes_max];
    let server = folder.serve(&[&bounds[..], &REMEMBERED[..]].concat());
    let mut client = Client::new(&server.endpoint);
    let first = client.started("SELECT 1");
    client.ended(&first);
    let before = Held::by(&server, &mut client);
    // The first ones sort more than the memory there is, and so have temporary files; the others only count.
    let mut running: Vec<String> = (0..SORTING.min(count)).map(|_| client.started(SPILLING)).collect();
    let spill = folder.data().join("spill");
    let deadline = Instant::now() + Duration::from_secs(END_SECONDS_MAX);
    while files(&spill).is_empty() {
        assert!(Instant::now() < deadline, "nothing was spilled: {}", client.execution(&running[0]));
        thread::sleep(Duration::from_millis(50));
    }
    running.extend((running.len() as u64..count).map(|_| client.started(ENDLESS)));
    for id in &running {
        client.wait(id, &["RUNNING"]);
    }
    thread::sleep(Duration::from_millis(500));
    let during = Held::by(&server, &mut client);
    assert!(during.tasks >= before.tasks + count, "{count} queries run in {} tasks", during.tasks);
    let begun = Instant::now();
    let mut longest = Duration::ZERO;
    for id in &running {
        let asked = Instant::now();
        client.stopped(id);
        assert_eq!(state(&client.execution(id)), "CANCELLED");
        longest = longest.max(asked.elapsed());
    }
    let deadline = Instant::now() + Duration::from_secs(END_SECONDS_MAX);
    let after = loop {
        let ticks = busy_ticks(server.id());
        thread::sleep(Duration::from_millis(300));
        let after = Held::by(&server, &mut client);
        // The data folder's own files may be open or not; a query's must not.
        let is_idle = busy_ticks(server.id()) - ticks < 10;
        let has_let_go = after.tasks <= before.tasks && after.descriptors <= before.descriptors + 5;
        if is_idle && has_let_go && after.unnamed_files == 0 {
            break after;
        }
        assert!(Instant::now() < deadline, "the queries still hold something: {before:?} before, {during:?} while they ran, now {after:?}");
    };
    println!(
        "{count} running queries cancelled in {:?}, the slowest in {longest:?}: {before:?} before, {during:?} while they ran, {after:?} after",
        begun.elapsed()
    );
    let left = files(&folder.data().join("buckets"));
    let foreign: Vec<_> = left.iter().filter(|path| !path.contains(&first)).collect();
    assert!(foreign.iter().all(|path| !path.contains("/out/") && !path.contains(".owlake/tmp/")), "{foreign:?}");
    assert!(files(&spill).is_empty(), "{:?}", files(&spill));
    let id = client.started("SELECT 2");
    assert_eq!(state(&client.ended(&id)), "SUCCEEDED");
}

/// What queries of a server can hold.
#[derive(Debug)]
struct Held {
    /// Tasks of the runtime of queries.
    tasks: u64,
    descriptors: usize,
    /// Open files that have no name any more, as temporary ones do.
    unnamed_files: usize,
}

impl Held {
    fn by(server: &Process, client: &mut Client) -> Held {
        let metrics = client.0.send(b"GET", b"/metrics", &[], b"").unwrap();
        let metrics = String::from_utf8(metrics.body).unwrap();
        let tasks = metrics.lines().find_map(|line| line.strip_prefix("owlake_tasks ")).expect("no owlake_tasks");
        let targets: Vec<_> = std::fs::read_dir(format!("/proc/{}/fd", server.id()))
            .unwrap()
            .filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok())
            .map(|target| target.display().to_string())
            .collect();
        let unnamed_files = targets.iter().filter(|target| target.ends_with("(deleted)")).count();
        Held { tasks: tasks.parse().unwrap(), descriptors: targets.len(), unnamed_files }
    }
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
    let kills = size("OWLAKE_TEST_KILLS", KILLS);
    let mut numbers = Numbers::new(11);
    let mut acknowledged: Vec<String> = Vec::new();
    let mut last_round = 0;
    for round in 0..=kills {
        let mut server = folder.serve(&REMEMBERED);
        let mut client = Client::new(&server.endpoint);
        // Those of the last round each time, all of them in the end: a kill may not undo what an earlier one left.
        let checked = if round < kills { last_round } else { 0 };
        let (mut succeeded, mut failed) = (0_u64, 0_u64);
        for id in &acknowledged[checked..] {
            if has_succeeded(&mut client, id, round) { succeeded += 1 } else { failed += 1 }
        }
        if round == kills {
            println!("{kills} kills under load: of {} acknowledged queries {succeeded} succeeded, {failed} failed", acknowledged.len());
            assert!(succeeded > 10 && failed > kills, "{succeeded} succeeded, {failed} failed: the kills met no load");
            break;
        }
        last_round = acknowledged.len();
        acknowledged.extend(queries_until_killed(&mut server, Duration::from_millis(300 + numbers.below(900))));
    }
}

/// Whether a query of an earlier process succeeded, with its whole result; if not, it has failed for the reason there is.
fn has_succeeded(client: &mut Client, id: &str, round: u64) -> bool {
    let execution = client.execution(id);
    match state(&execution) {
        "SUCCEEDED" => {
            assert_eq!(client.result_lines(id), Some(3_001), "round {round}: {execution}");
            true
        }
        "FAILED" => {
            let reason = execution.pointer("/Status/StateChangeReason").and_then(Value::as_str).unwrap_or_default();
            assert!(reason.contains("server stopped"), "round {round}: {execution}");
            assert!(execution.pointer("/Status/AthenaError/ErrorCategory").is_some(), "{execution}");
            false
        }
        other => panic!("round {round}: {id} is {other} after a restart"),
    }
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
