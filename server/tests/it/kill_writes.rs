//! Does a statement that writes survive SIGKILL as a whole or not at all? Two hundred rounds of CREATE TABLE AS, INSERT, UNLOAD and
//! multipart uploads, cut off at some instant of their way.
//!
//! basis: inferred: a query afterwards sees all rows or none, the S3 listing shows the files that the query reads, and nothing
//! temporary is left. A reader that asks all the time meanwhile sees all or none as well.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use md5::{Digest, Md5};
use owlake_testdata::taxi::Numbers;
use serde_json::{Value, json};

use crate::connection::Connection;
use crate::process::Process;

const ROUNDS: u64 = 200;
/// Rows a statement writes: enough that two threads write a file for each partition.
const ROWS: u64 = 30_000;
/// Partitions a statement writes.
const PARTITIONS: u64 = 5;
/// The parts of an upload; all but the last have at least five MiB.
const PART_BYTES: [usize; 2] = [5 << 20, 1 << 10];
const END_SECONDS_MAX: u64 = 60;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    CreateTableAs,
    Insert,
    Unload,
    Multipart,
}

/// How long each kind takes when nobody kills it; the kills are spread over three times that.
const KINDS: [Kind; 4] = [Kind::CreateTableAs, Kind::Insert, Kind::Unload, Kind::Multipart];

/// What became of the rounds of one kind.
#[derive(Debug, Default)]
struct Tally {
    whole: u64,
    absent: u64,
}

#[test]
fn a_killed_write_is_seen_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let mut numbers = Numbers::new(11);
    let mut server = Process::start(&data_dir);
    prepare(&server.endpoint);
    let durations = KINDS.map(|kind| {
        let start = Instant::now();
        write(&server.endpoint, kind, 1_000_000);
        start.elapsed()
    });
    assert_eq!(seen(&server.endpoint, Kind::Insert, 1_000_000), Some(ROWS));
    let mut tallies = KINDS.map(|_| Tally::default());
    for round in 0..ROUNDS {
        let number = (round % 4) as usize;
        let kind = KINDS[number];
        let micros = durations[number].as_micros() as u64;
        kill_while_writing(&mut server, kind, round, Duration::from_micros(numbers.below(micros * 3)));
        server = Process::start(&data_dir);
        assert_nothing_temporary(&data_dir, round);
        match seen(&server.endpoint, kind, round) {
            Some(ROWS) => tallies[number].whole += 1,
            None | Some(0) => tallies[number].absent += 1,
            Some(rows) => panic!("round {round}: {kind:?} left {rows} of {ROWS} rows"),
        }
    }
    println!("whole and absent by kind: {KINDS:?} {tallies:?}");
    // A kind may end before every kill, or after it, on a machine that is busy with other tests; all four together may not.
    let (whole, absent) = tallies.iter().fold((0, 0), |(whole, absent), tally| (whole + tally.whole, absent + tally.absent));
    assert!(whole > ROUNDS / 20 && absent > ROUNDS / 20, "the kills missed the writes: {tallies:?}");
}

/// The rows to be written, and a table to insert into that has some of the partitions already.
fn prepare(endpoint: &str) {
    let mut client = Client::new(endpoint);
    assert_eq!(client.connection.send(b"PUT", b"/lake", &[], b"").unwrap().status, 200);
    succeeded(&mut client, "CREATE DATABASE w");
    let rows = format!(
        "SELECT a * 1000 + b AS n, 'text ' || CAST(b AS varchar) AS s, b % {PARTITIONS} AS p \
         FROM UNNEST(sequence(0, {})) x (a) CROSS JOIN UNNEST(sequence(0, 999)) y (b)",
        ROWS / 1000 - 1
    );
    succeeded(&mut client, &format!("CREATE TABLE w.source AS {rows}"));
    succeeded(
        &mut client,
        "CREATE TABLE w.target WITH (external_location = 's3://lake/target/', partitioned_by = ARRAY['batch', 'p']) AS \
         SELECT n, s, BIGINT '-1' AS batch, p FROM w.source LIMIT 10",
    );
}

/// Carries out one write of the round; false when the server went away meanwhile.
fn write(endpoint: &str, kind: Kind, round: u64) -> bool {
    let mut client = Client::new(endpoint);
    let sql = match kind {
        Kind::CreateTableAs => format!(
            "CREATE TABLE w.t{round} WITH (external_location = 's3://lake/ctas/{round}/', partitioned_by = ARRAY['p'], \
             write_compression = 'SNAPPY') AS SELECT * FROM w.source"
        ),
        // All new partitions, or one file each for known ones.
        Kind::Insert => format!("INSERT INTO w.target SELECT n, s, BIGINT '{round}', p FROM w.source"),
        Kind::Unload => format!("UNLOAD (SELECT n, s FROM w.source) TO 's3://lake/unload/{round}/' WITH (format = 'PARQUET')"),
        Kind::Multipart => return upload(&mut client.connection, round).is_some(),
    };
    client.run(&sql).is_ok_and(|state| state == "SUCCEEDED")
}

fn upload(connection: &mut Connection, round: u64) -> Option<()> {
    let key = format!("/lake/multipart/{round}");
    let mut send = |method: &[u8], query: &str, body: &[u8]| {
        let answer = connection.send(method, format!("{key}?{query}").as_bytes(), &[], body).ok()?;
        (answer.status == 200).then(|| String::from_utf8(answer.body).unwrap())
    };
    let created = send(b"POST", "uploads", b"")?;
    let id = between(&created, "<UploadId>", "</UploadId>").next()?;
    let mut parts = String::new();
    for (number, bytes) in PART_BYTES.into_iter().enumerate() {
        let body = vec![b'a' + number as u8; bytes];
        send(b"PUT", &format!("partNumber={}&uploadId={id}", number + 1), &body)?;
        parts += &format!("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", number + 1, hex::encode(Md5::digest(&body)));
    }
    send(b"POST", &format!("uploadId={id}"), format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>").as_bytes()).map(drop)
}

/// Writes in one thread and reads in another, while the server is killed after `pause`.
fn kill_while_writing(server: &mut Process, kind: Kind, round: u64, pause: Duration) {
    let is_over = Arc::new(AtomicBool::new(false));
    let begun = Arc::new(AtomicU64::new(0));
    let writer = std::thread::spawn({
        let (endpoint, begun) = (server.endpoint.clone(), begun.clone());
        move || {
            begun.fetch_add(1, Ordering::SeqCst);
            write(&endpoint, kind, round)
        }
    });
    let reader = std::thread::spawn({
        let (endpoint, is_over) = (server.endpoint.clone(), is_over.clone());
        move || {
            while !is_over.load(Ordering::SeqCst) && kind == Kind::Insert {
                if let Some(rows) = rows_of_batch(&endpoint, round) {
                    assert!(rows == 0 || rows == ROWS, "round {round}: a reader saw {rows} of {ROWS} rows");
                }
            }
        }
    });
    while begun.load(Ordering::SeqCst) == 0 {
        std::thread::yield_now();
    }
    std::thread::sleep(pause);
    server.kill();
    is_over.store(true, Ordering::SeqCst);
    writer.join().unwrap();
    reader.join().unwrap();
}

/// The rows of a round, by a query; the listing must show the files that the query reads. `None` when there is no table or object.
fn seen(endpoint: &str, kind: Kind, round: u64) -> Option<u64> {
    let mut client = Client::new(endpoint);
    let (table, filter, prefix) = match kind {
        Kind::CreateTableAs => (format!("w.t{round}"), "true".to_owned(), format!("ctas/{round}/")),
        Kind::Insert => ("w.target".to_owned(), format!("batch = {round}"), format!("target/batch={round}/")),
        Kind::Unload => {
            let table = format!("w.u{round}");
            let ddl = format!("CREATE EXTERNAL TABLE {table} (n bigint, s string) STORED AS PARQUET LOCATION 's3://lake/unload/{round}/'");
            succeeded(&mut client, &ddl);
            (table, "true".to_owned(), format!("unload/{round}/"))
        }
        Kind::Multipart => return object_rows(&mut client.connection, round),
    };
    let listed = client.keys(&prefix);
    let Ok(rows) = client.rows(&format!("SELECT \"$path\", count(*), sum(n) FROM {table} WHERE {filter} GROUP BY 1")) else {
        assert!(listed.is_empty(), "round {round}: {kind:?} left files without a table: {listed:?}");
        return None;
    };
    let read: BTreeSet<String> = rows.iter().map(|row| row[0].trim_start_matches("s3://lake/").to_owned()).collect();
    assert_eq!(read, listed, "round {round}: {kind:?}");
    let count = rows.iter().map(|row| row[1].parse::<u64>().unwrap()).sum();
    let sum: u64 = rows.iter().map(|row| row[2].parse::<u64>().unwrap()).sum();
    assert!(count == 0 || sum == ROWS * (ROWS - 1) / 2, "round {round}: {kind:?} left other rows");
    Some(count)
}

/// An object is all of its parts.
fn object_rows(connection: &mut Connection, round: u64) -> Option<u64> {
    let answer = connection.send(b"GET", format!("/lake/multipart/{round}").as_bytes(), &[], b"").unwrap();
    if answer.status == 404 {
        return None;
    }
    let expected: Vec<u8> = PART_BYTES.iter().enumerate().flat_map(|(number, bytes)| vec![b'a' + number as u8; *bytes]).collect();
    assert!(answer.status == 200 && answer.body == expected, "round {round}: {} of {} bytes", answer.body.len(), expected.len());
    Some(ROWS)
}

fn rows_of_batch(endpoint: &str, round: u64) -> Option<u64> {
    let rows = Client::connect(endpoint)?.rows(&format!("SELECT count(*) FROM w.target WHERE batch = {round}")).ok()?;
    rows.first()?.first()?.parse().ok()
}

/// No temporary file, no journal, no part of an upload that never was one.
fn assert_nothing_temporary(data_dir: &Path, round: u64) {
    let buckets = data_dir.join("buckets");
    for entry in std::fs::read_dir(&buckets).unwrap() {
        let side = entry.unwrap().path();
        let side = if side.ends_with(".owlake") { side } else { side.join(".owlake") };
        for name in ["tmp", "commits"] {
            let left = files_below(&side.join(name));
            assert!(left.is_empty(), "round {round}: temporary files survive a restart: {left:?}");
        }
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries
        .flat_map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() { files_below(&path) } else { vec![path] }
        })
        .collect()
}

/// Athena and S3 over one connection.
struct Client {
    connection: Connection,
}

impl Client {
    fn new(endpoint: &str) -> Client {
        Client::connect(endpoint).unwrap_or(Client { connection: Connection::new(endpoint) })
    }

    /// None when the server is gone.
    fn connect(endpoint: &str) -> Option<Client> {
        let mut connection = Connection::new(endpoint);
        let status = connection.send(b"PUT", b"/results", &[], b"").ok()?.status;
        assert!(matches!(status, 200 | 409), "{status}");
        Some(Client { connection })
    }

    fn call(&mut self, operation: &str, body: &Value) -> Result<Value, String> {
        let answer = self.connection.call(&format!("AmazonAthena.{operation}"), body.to_string().as_bytes())?;
        let value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        if answer.status == 200 { Ok(value) } else { Err(format!("{operation}: {value}")) }
    }

    /// Runs a statement to its end. Errors: the server went away. Gives the id too, for its rows.
    fn finished(&mut self, sql: &str) -> Result<(String, Value), String> {
        static TOKEN: AtomicU64 = AtomicU64::new(0);
        let token = format!("{:016}{:016}", std::process::id(), TOKEN.fetch_add(1, Ordering::Relaxed));
        let location = json!({ "OutputLocation": "s3://results/out/" });
        let request = json!({ "QueryString": sql, "ClientRequestToken": token, "ResultConfiguration": location });
        let id = self.call("StartQueryExecution", &request)?["QueryExecutionId"].as_str().unwrap().to_owned();
        let deadline = Instant::now() + Duration::from_secs(END_SECONDS_MAX);
        loop {
            let execution = self.call("GetQueryExecution", &json!({ "QueryExecutionId": id }))?["QueryExecution"].clone();
            if matches!(execution["Status"]["State"].as_str().unwrap(), "SUCCEEDED" | "FAILED" | "CANCELLED") {
                return Ok((id, execution["Status"].clone()));
            }
            assert!(Instant::now() < deadline, "{sql} does not end");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn run(&mut self, sql: &str) -> Result<String, String> {
        self.finished(sql).map(|(_, status)| status["State"].as_str().unwrap().to_owned())
    }

    fn rows(&mut self, sql: &str) -> Result<Vec<Vec<String>>, String> {
        let (id, status) = self.finished(sql)?;
        if status["State"] != "SUCCEEDED" {
            let reason = status["StateChangeReason"].as_str().unwrap_or_default().to_owned();
            assert!(reason.starts_with("TABLE_NOT_FOUND"), "{sql}: {reason}");
            return Err(reason);
        }
        let page = self.call("GetQueryResults", &json!({ "QueryExecutionId": id }))?;
        let rows = page["ResultSet"]["Rows"].as_array().unwrap().iter().skip(1);
        let cell = |cell: &Value| cell["VarCharValue"].as_str().unwrap_or_default().to_owned();
        Ok(rows.map(|row| row["Data"].as_array().unwrap().iter().map(cell).collect()).collect())
    }

    fn keys(&mut self, prefix: &str) -> BTreeSet<String> {
        let target = format!("/lake?list-type=2&prefix={}", prefix.replace('=', "%3D"));
        let answer = self.connection.send(b"GET", target.as_bytes(), &[], b"").unwrap();
        assert_eq!(answer.status, 200);
        between(&String::from_utf8(answer.body).unwrap(), "<Key>", "</Key>").map(str::to_owned).collect()
    }
}

fn succeeded(client: &mut Client, sql: &str) {
    let (_, status) = client.finished(sql).unwrap();
    assert_eq!(status["State"], "SUCCEEDED", "{sql}: {status}");
}

/// The texts between two marks.
fn between<'a>(text: &'a str, start: &'a str, end: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(start).skip(1).filter_map(move |rest| rest.split(end).next())
}
