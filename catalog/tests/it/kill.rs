//! Is every acknowledged write there after a SIGKILL at any instant? A child process writes, is killed, and what it left is
//! compared with what it had acknowledged.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::Duration;

use owlake_catalog::{Catalog, DatabaseDefinition, FileCatalog, MemoryCatalog};

use crate::lake::{clock_at, database, definition, dump, open, partition, table, values};
use crate::operations::{Random, run};

const FOLDER: &str = "OWLAKE_KILL_TEST_FOLDER";
const FIRST: &str = "OWLAKE_KILL_TEST_FIRST";
const SEED: u64 = 42;
const ROUNDS: u64 = 200;
const THREADS: u64 = 4;

/// Starts this test binary again as one of the writers below, kills it after some acknowledgements and a while more, and
/// gives back all it acknowledged.
fn write_until_killed(writer: &str, folder: &Path, first: u64, random: &mut Random) -> Vec<u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", writer, "--nocapture"])
        .env(FOLDER, folder)
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let acknowledgements_wanted = random.below(6) as usize;
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = Vec::new();
    let note = |line: String, acknowledged: &mut Vec<u64>| {
        acknowledged.extend(line.split_once("ACK ").and_then(|(_, number)| number.parse::<u64>().ok()));
    };
    while acknowledged.len() < acknowledgements_wanted {
        note(lines.next().expect("the writer ended by itself").unwrap(), &mut acknowledged);
    }
    std::thread::sleep(Duration::from_micros(random.below(4_000)));
    child.kill().unwrap();
    // The last line may have been cut.
    lines.map_while(Result::ok).for_each(|line| note(line, &mut acknowledged));
    child.wait().unwrap();
    acknowledged
}

fn acknowledge(number: u64) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("ACK {number}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// Not a test by itself: one writer, one operation after the other.
#[test]
fn sequential_writer() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let first: u64 = std::env::var(FIRST).unwrap().parse().unwrap();
    let clock = clock_at(0);
    let catalog = FileCatalog::open(Path::new(&folder), clock.clone()).unwrap();
    for number in first.. {
        clock.0.store(number as i64, Ordering::SeqCst);
        run(&catalog, SEED, number);
        acknowledge(number);
    }
}

/// Not a test by itself: several writers to one table, whose writes are grouped.
#[test]
fn concurrent_writers() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let first: u64 = std::env::var(FIRST).unwrap().parse().unwrap();
    let catalog = open(Path::new(&folder));
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let catalog = &catalog;
            scope.spawn(move || {
                for number in (first..).filter(|number| number % THREADS == thread) {
                    let text = number.to_string();
                    catalog.create_partition(&database("d"), &table("t"), partition(&[&text])).unwrap();
                    acknowledge(number);
                }
            });
        }
    });
}

#[test]
fn a_killed_writer_leaves_every_acknowledged_write_and_no_half_one() {
    let folder = tempfile::tempdir().unwrap();
    let clock = clock_at(0);
    let expected = MemoryCatalog::new(clock.clone());
    let mut random = Random::new(SEED);
    let (mut next, mut found_in_flight) = (0, 0);
    let perform = |number: u64| {
        clock.0.store(number as i64, Ordering::SeqCst);
        run(&expected, SEED, number);
    };
    for round in 0..ROUNDS {
        let acknowledged = write_until_killed("kill::sequential_writer", folder.path(), next, &mut random);
        assert!(acknowledged.iter().copied().eq(next..next + acknowledged.len() as u64), "round {round}: {acknowledged:?}");
        acknowledged.iter().for_each(|number| perform(*number));
        next += acknowledged.len() as u64;
        let found = dump(&open(folder.path()));
        if found != dump(&expected) {
            // The operation that was in flight may have been done, in whole.
            perform(next);
            next += 1;
            found_in_flight += 1;
            assert_eq!(found, dump(&expected), "round {round}, before operation {next}");
        }
    }
    println!("{ROUNDS} kills, {next} operations, {found_in_flight} times the one in flight had been done");
    assert!(next > ROUNDS, "the writer hardly wrote");
}

#[test]
fn killed_concurrent_writers_leave_every_acknowledged_partition() {
    let folder = tempfile::tempdir().unwrap();
    let (d, t) = (database("d"), table("t"));
    {
        let catalog = open(folder.path());
        catalog.create_database(&d, DatabaseDefinition::default()).unwrap();
        catalog.create_table(&d, &t, definition(&["n"])).unwrap();
    }
    let mut random = Random::new(SEED);
    let mut all = Vec::new();
    for round in 0..40 {
        let first = 1_000_000 * (round + 1);
        all.extend(write_until_killed("kill::concurrent_writers", folder.path(), first, &mut random));
        let catalog = open(folder.path());
        for number in &all {
            assert!(catalog.partition(&d, &t, &values(&[&number.to_string()])).is_ok(), "round {round}: {number} is lost");
        }
        let stored = catalog.load_table(&d, &t).unwrap().partitions.len();
        assert!(stored <= all.len() + (round as usize + 1) * THREADS as usize, "round {round}: more than could be in flight");
    }
    assert!(!all.is_empty());
}
