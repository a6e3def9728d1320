//! What does a crash leave of a statement's files? Its journal: with it the next start goes on to the end, without it they never were.
//!
//! A journal is one small file in `.owlake/commits/` beside the buckets, renamed into place when all bytes are in temporary files.
//! From then on the statement has happened. It names every temporary file with its key, and carries a note, opaque here, that says
//! what the catalog is to know. `<id>.json` is to be carried out, `<id>.undo` to be taken back.
//!
//! Basis: inferred.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::sidecar;

const VERSION: u32 = 1;
const TO_DO: &str = "json";
const TO_UNDO: &str = "undo";

/// One file on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct JournalFile {
    pub bucket: String,
    /// Its name in the bucket's folder of temporary files.
    pub temp: String,
    pub key: String,
}

/// All files of one statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Journal {
    version: u32,
    pub note: Option<String>,
    pub files: Vec<JournalFile>,
}

impl Journal {
    pub(super) fn new(note: Option<String>, files: Vec<JournalFile>) -> Journal {
        Journal { version: VERSION, note, files }
    }
}

/// A journal on the disk.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct StoredJournal {
    path: PathBuf,
}

impl StoredJournal {
    /// Writes a journal into `folder`: the instant at which a statement has happened.
    pub(super) fn write(folder: &Path, journal: &Journal, fsync: bool) -> io::Result<StoredJournal> {
        let path = folder.join(format!("{}.{TO_DO}", Uuid::new_v4().simple()));
        let bytes = serde_json::to_vec(journal).map_err(io::Error::other)?;
        sidecar::replace_file(&path, &temp_folder(folder), &bytes)?;
        if fsync {
            fs::File::open(&path)?.sync_data()?;
            sidecar::sync_folder(folder)?;
        }
        Ok(StoredJournal { path })
    }

    /// Turns it round: from now on the statement has not happened.
    pub(super) fn turn_to_undo(self) -> io::Result<StoredJournal> {
        let path = self.path.with_extension(TO_UNDO);
        fs::rename(&self.path, &path)?;
        Ok(StoredJournal { path })
    }

    /// Forgets it: there is nothing left to do.
    pub(super) fn remove(self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

/// Journals as they were found.
pub(super) type Journals = Vec<(StoredJournal, Journal)>;

/// What a process that was killed left in `folder`: journals to carry out, and journals to undo. One that cannot be read is left alone.
pub(super) fn left_over(folder: &Path) -> io::Result<(Journals, Journals)> {
    let _ = fs::remove_dir_all(temp_folder(folder));
    let (mut to_do, mut to_undo) = (Vec::new(), Vec::new());
    let entries = match fs::read_dir(folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok((to_do, to_undo)),
        other => other?,
    };
    for entry in entries {
        let path = entry?.path();
        let list = match path.extension().and_then(|extension| extension.to_str()) {
            Some(TO_DO) => &mut to_do,
            Some(TO_UNDO) => &mut to_undo,
            _ => continue,
        };
        match fs::read(&path).and_then(|bytes| serde_json::from_slice::<Journal>(&bytes).map_err(io::Error::other)) {
            Ok(journal) if journal.version == VERSION => list.push((StoredJournal { path }, journal)),
            Ok(journal) => {
                tracing::error!(file = %path.display(), version = journal.version, "a journal is of a version this program does not know")
            }
            Err(error) => tracing::error!(file = %path.display(), %error, "a journal cannot be read"),
        }
    }
    Ok((to_do, to_undo))
}

fn temp_folder(folder: &Path) -> PathBuf {
    folder.join("tmp")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn journals_are_found_again_until_they_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("commits");
        assert_eq!(left_over(&folder).unwrap(), (Vec::new(), Vec::new()));
        let file = JournalFile { bucket: "lake".into(), temp: ".tmpX".into(), key: "t/a".into() };
        let journal = Journal::new(Some("note".into()), vec![file]);
        let stored = StoredJournal::write(&folder, &journal, true).unwrap();
        fs::write(folder.join("broken.json"), b"{").unwrap();
        let (to_do, to_undo) = left_over(&folder).unwrap();
        assert_eq!((&to_do[0].1, to_do.len(), to_undo.len()), (&journal, 1, 0));
        let turned = stored.turn_to_undo().unwrap();
        let (to_do, to_undo) = left_over(&folder).unwrap();
        assert_eq!((to_do.len(), to_undo.len()), (0, 1));
        turned.remove().unwrap();
        assert_eq!(left_over(&folder).unwrap().1.len(), 0);
        assert!(folder.join("broken.json").exists(), "what cannot be read is for a person to look at");
    }
}
