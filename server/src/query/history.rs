//! How do queries outlive the process? An append-only log of submissions and outcomes, read back at the start.
//!
//! Two lines a query. A line is handed to the system before the call that made it returns, so whatever a client was told survives a killed
//! process; nothing is fsynced, so a machine crash may cost the last queries' history, never a catalog change. A torn last line is dropped.

use crate::error::ServerError;
use crate::query::record::{Outcome, Submission};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
    path: PathBuf,
    file: Mutex<File>,
}

/// One line of the log.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Line<'a> {
    Submitted(&'a Submission),
    Finished { id: &'a str, outcome: &'a Outcome },
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
        let remembered = kept(read(path).map_err(failed)?, queries_max, oldest_ms);
        // Rewritten at every start, so that a torn line and forgotten queries do not stay.
        let file = rewritten(path, &remembered).map_err(failed)?;
        Ok((History { path: path.to_owned(), file: Mutex::new(file) }, remembered))
    }

    /// Logs a submission.
    pub fn submitted(&self, submission: &Submission) {
        self.append(&Line::Submitted(submission));
    }

    /// Logs an outcome.
    pub fn finished(&self, id: &str, outcome: &Outcome) {
        self.append(&Line::Finished { id, outcome });
    }

    /// Leaves only what [`History::open`] would remember.
    pub fn compact(&self, queries_max: usize, oldest_ms: i64) {
        let mut file = self.file.lock();
        match read(&self.path).and_then(|queries| rewritten(&self.path, &kept(queries, queries_max, oldest_ms))) {
            Ok(compacted) => *file = compacted,
            Err(error) => self.complain(&error),
        }
    }

    fn append(&self, line: &Line<'_>) {
        let written = encoded(line).and_then(|bytes| self.file.lock().write_all(&bytes));
        if let Err(error) = written {
            self.complain(&error);
        }
    }

    fn complain(&self, error: &std::io::Error) {
        tracing::error!(%error, path = %self.path.display(), "the query history cannot be written");
    }
}

/// The newest `queries_max` of those submitted since `oldest_ms`.
fn kept(mut queries: Vec<Remembered>, queries_max: usize, oldest_ms: i64) -> Vec<Remembered> {
    queries.retain(|query| query.submission.submitted_at_ms >= oldest_ms);
    let surplus = queries.len().saturating_sub(queries_max);
    queries.drain(..surplus);
    queries
}

fn read(path: &Path) -> std::io::Result<Vec<Remembered>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut order: Vec<Remembered> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (number, line) in (1..).zip(BufReader::new(file).split(b'\n')) {
        let line = line?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        match serde_json::from_slice(&line) {
            Ok(ReadLine::Submitted(submission)) => {
                places.insert(submission.id.clone(), order.len());
                order.push(Remembered { submission, outcome: None });
            }
            Ok(ReadLine::Finished { id, outcome }) => match places.get(&id).and_then(|place| order.get_mut(*place)) {
                Some(query) => query.outcome = Some(outcome),
                None => {
                    tracing::warn!(number, query_execution_id = id, path = %path.display(), "the query history has the end of a query without its beginning");
                }
            },
            Err(error) => tracing::warn!(%error, number, path = %path.display(), "a line of the query history is unreadable and dropped"),
        }
    }
    Ok(order)
}

fn rewritten(path: &Path, queries: &[Remembered]) -> std::io::Result<File> {
    let temporary = path.with_extension("tmp");
    let mut out = BufWriter::new(File::create(&temporary)?);
    for query in queries {
        out.write_all(&encoded(&Line::Submitted(&query.submission))?)?;
        if let Some(outcome) = &query.outcome {
            out.write_all(&encoded(&Line::Finished { id: &query.submission.id, outcome })?)?;
        }
    }
    out.flush()?;
    std::fs::rename(&temporary, path)?;
    std::fs::OpenOptions::new().append(true).open(path)
}

fn encoded(line: &Line<'_>) -> std::io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    Ok(bytes)
}
