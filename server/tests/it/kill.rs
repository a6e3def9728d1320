//! Does the catalog survive SIGKILL? Two hundred rounds of writes cut off at some instant; what was acknowledged must be there.
//!
//! basis: inferred: a write that was answered is durable, and the catalog always opens.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use owlake_testdata::taxi::Numbers;
use serde_json::{Value, json};

use crate::process::{Process, call};
use crate::sizes::size;

/// Unless `OWLAKE_TEST_CATALOG_KILLS` says another number.
const ROUNDS: u64 = 200;

/// What the writer was told is done.
#[derive(Debug, Default, Clone)]
struct Acknowledged {
    tables: BTreeSet<String>,
    partitions: BTreeSet<String>,
}

#[test]
fn every_acknowledged_write_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let mut numbers = Numbers::new(7);
    let mut known = Acknowledged::default();
    let rounds = size("OWLAKE_TEST_CATALOG_KILLS", ROUNDS);
    for round in 0..rounds {
        let mut server = Process::start(&data_dir);
        check(&server.endpoint, &known, round);
        let pause = Duration::from_micros(200 + numbers.below(50_000));
        known = write_until_killed(&mut server, known, round, pause);
    }
    let server = Process::start(&data_dir);
    check(&server.endpoint, &known, rounds);
    assert!(
        known.partitions.len() as u64 > rounds / 2 && known.tables.len() as u64 > rounds / 10,
        "the rounds wrote too little: {} partitions, {} tables",
        known.partitions.len(),
        known.tables.len()
    );
    assert_one_server_a_folder(&data_dir);
}

/// Writes from another thread while the server is killed after `pause`.
fn write_until_killed(server: &mut Process, mut known: Acknowledged, round: u64, pause: Duration) -> Acknowledged {
    let is_over = Arc::new(AtomicBool::new(false));
    let writer = std::thread::spawn({
        let (endpoint, is_over) = (server.endpoint.clone(), is_over.clone());
        move || {
            prepare(&endpoint);
            for step in 0.. {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                let table = format!("t{round}_{step}");
                if acknowledged(&endpoint, "AWSGlue.CreateTable", &json!({ "DatabaseName": "d", "TableInput": { "Name": table } })) {
                    known.tables.insert(table);
                }
                let values: Vec<String> = (0..5).map(|number| format!("{round}-{step}-{number}")).collect();
                let inputs: Vec<Value> = values.iter().map(|value| json!({ "Values": [value] })).collect();
                let request = json!({ "DatabaseName": "d", "TableName": "p", "PartitionInputList": inputs });
                if acknowledged(&endpoint, "AWSGlue.BatchCreatePartition", &request) {
                    known.partitions.extend(values);
                }
            }
            known
        }
    });
    std::thread::sleep(pause);
    server.kill();
    is_over.store(true, Ordering::Relaxed);
    writer.join().unwrap()
}

/// The database and the partitioned table; either may be there from an earlier round.
fn prepare(endpoint: &str) {
    let _may_exist = call(endpoint, "AWSGlue.CreateDatabase", &json!({ "DatabaseInput": { "Name": "d" } }).to_string());
    let table = json!({ "Name": "p", "PartitionKeys": [{ "Name": "k", "Type": "string" }] });
    let _may_exist = call(endpoint, "AWSGlue.CreateTable", &json!({ "DatabaseName": "d", "TableInput": table }).to_string());
}

fn acknowledged(endpoint: &str, target: &str, body: &Value) -> bool {
    call(endpoint, target, &body.to_string()).is_ok_and(|(status, text)| status == 200 && !text.contains("ErrorCode"))
}

/// The catalog opens and holds everything that was acknowledged.
fn check(endpoint: &str, known: &Acknowledged, round: u64) {
    let tables = names(endpoint, "AWSGlue.GetTables", json!({ "DatabaseName": "d" }), "TableList", |table| {
        table["Name"].as_str().unwrap().to_string()
    });
    let missing: Vec<_> = known.tables.difference(&tables).collect();
    assert!(missing.is_empty(), "round {round}: tables lost: {missing:?}");
    if known.partitions.is_empty() {
        return;
    }
    let request = json!({ "DatabaseName": "d", "TableName": "p" });
    let partitions =
        names(endpoint, "AWSGlue.GetPartitions", request, "Partitions", |partition| partition["Values"][0].as_str().unwrap().to_string());
    let missing: Vec<_> = known.partitions.difference(&partitions).collect();
    assert!(missing.is_empty(), "round {round}: partitions lost: {missing:?}");
}

fn names(endpoint: &str, target: &str, mut request: Value, list: &str, name: impl Fn(&Value) -> String) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    loop {
        let (status, text) = call(endpoint, target, &request.to_string()).unwrap();
        if status != 200 {
            // Before the first acknowledged write there is no database.
            assert!(text.contains("EntityNotFoundException"), "{text}");
            return found;
        }
        let answer: Value = serde_json::from_str(&text).unwrap();
        found.extend(answer[list].as_array().unwrap().iter().map(&name));
        match answer["NextToken"].as_str() {
            Some(token) => request["NextToken"] = json!(token),
            None => return found,
        }
    }
}

/// A second server on the same folder is refused with a reason.
fn assert_one_server_a_folder(data_dir: &Path) {
    let text = Process::try_start(data_dir).map(|_second| ()).unwrap_err();
    assert!(text.contains("in use"), "{text}");
}
