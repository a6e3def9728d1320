//! How do queries outlive the process? An append-only log of submissions and outcomes, read back at the start.
//!
//! Two lines a query. The lines are handed to one thread that appends them in order; nothing is fsynced, so a machine
//! crash may cost the last queries' history, never a catalog change. A torn last line is dropped.

use crate::error::ServerError;
use crate::query::record::{Outcome, Submission};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

/// Lines that may wait for the writer; a full queue makes submissions wait for the disk. Basis: inferred.
const WAITING_LINES_MAX: usize = 4096;

/// What the log says of one query.
#[derive(Debug, Clone)]
pub struct Remembered {
    /// What was asked.
    pub submission: Arc<Submission>,
    /// How it ended; `None` when the process ended first.
    pub outcome: Option<Arc<Outcome>>,
}

/// The writing side of the log.
pub struct History {
    lines: SyncSender<Line>,
}

/// One line of the log.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Submitted(Arc<Submission>),
    Finished {
        id: String,
        outcome: Arc<Outcome>,
    },
    /// Not a line: replaces the log by these queries.
    #[serde(skip)]
    Compact(Vec<Remembered>),
    /// Not a line: answers when everything before it is handed to the system.
    #[serde(skip)]
    Flush(SyncSender<()>),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ReadLine {
    Submitted(Arc<Submission>),
    Finished { id: String, outcome: Arc<Outcome> },
}

impl History {
    /// Reads `path` and opens it for appending. Returns the queries in submission order, the newest `queries_max` of
    /// those submitted since `oldest_ms`.
    pub fn open(path: &Path, queries_max: usize, oldest_ms: i64) -> Result<(Self, Vec<Remembered>), ServerError> {
        let failed = |error| ServerError::io(path.display().to_string(), error);
        let mut remembered = read(path).map_err(failed)?;
        remembered.retain(|query| query.submission.submitted_at_ms >= oldest_ms);
        let surplus = remembered.len().saturating_sub(queries_max);
        remembered.drain(..surplus);
        // Rewritten at every start, so that a torn line and forgotten queries do not stay.
        let file = rewritten(path, &remembered).map_err(failed)?;
        let (lines, received) = sync_channel(WAITING_LINES_MAX);
        let path = path.to_owned();
        std::thread::Builder::new()
            .name("query-history".to_owned())
            .spawn(move || append(path, file, received))
            .map_err(|error| ServerError::io("query history", error))?;
        Ok((History { lines }, remembered))
    }

    /// Logs a submission.
    pub fn submitted(&self, submission: &Arc<Submission>) {
        self.send(Line::Submitted(submission.clone()));
    }

    /// Logs an outcome.
    pub fn finished(&self, id: &str, outcome: &Arc<Outcome>) {
        self.send(Line::Finished { id: id.to_owned(), outcome: outcome.clone() });
    }

    /// Replaces the log by `queries`.
    pub fn compact(&self, queries: Vec<Remembered>) {
        self.send(Line::Compact(queries));
    }

    /// Waits until all earlier lines are handed to the system.
    pub fn flush(&self) {
        let (done, wait) = sync_channel(1);
        self.send(Line::Flush(done));
        // An error means that the writer is gone, so nothing is left to wait for.
        let _ = wait.recv();
    }

    fn send(&self, line: Line) {
        if let Err(TrySendError::Full(line)) = self.lines.try_send(line) {
            // Rare: the disk is slower than thousands of queries. Waiting here is the bound.
            let _ = self.lines.send(line);
        }
    }
}

fn read(path: &Path) -> std::io::Result<Vec<Remembered>> {
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut order: Vec<Remembered> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for line in BufReader::new(file).split(b'\n') {
        match serde_json::from_slice(&line?) {
            Ok(ReadLine::Submitted(submission)) => {
                places.insert(submission.id.clone(), order.len());
                order.push(Remembered { submission, outcome: None });
            }
            Ok(ReadLine::Finished { id, outcome }) => {
                if let Some(query) = places.get(&id).and_then(|place| order.get_mut(*place)) {
                    query.outcome = Some(outcome);
                }
            }
            Err(error) => tracing::warn!(%error, path = %path.display(), "a line of the query history is unreadable and dropped"),
        }
    }
    Ok(order)
}

fn rewritten(path: &Path, queries: &[Remembered]) -> std::io::Result<std::fs::File> {
    let temporary = path.with_extension("tmp");
    let mut out = BufWriter::new(std::fs::File::create(&temporary)?);
    for query in queries {
        write_line(&mut out, &Line::Submitted(query.submission.clone()))?;
        if let Some(outcome) = &query.outcome {
            write_line(&mut out, &Line::Finished { id: query.submission.id.clone(), outcome: outcome.clone() })?;
        }
    }
    out.flush()?;
    std::fs::rename(&temporary, path)?;
    std::fs::OpenOptions::new().append(true).open(path)
}

fn append(path: PathBuf, file: std::fs::File, lines: Receiver<Line>) {
    let mut out = BufWriter::new(file);
    while let Ok(first) = lines.recv() {
        // One write for everything that waits.
        let written = std::iter::once(first).chain(lines.try_iter()).try_for_each(|line| match line {
            Line::Compact(queries) => {
                out.flush()?;
                out = BufWriter::new(rewritten(&path, &queries)?);
                Ok(())
            }
            Line::Flush(done) => {
                out.flush()?;
                let _ = done.send(());
                Ok(())
            }
            line => write_line(&mut out, &line),
        });
        if let Err(error) = written.and_then(|()| out.flush()) {
            tracing::error!(%error, path = %path.display(), "the query history cannot be written");
        }
    }
}

fn write_line(out: &mut impl Write, line: &Line) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}
