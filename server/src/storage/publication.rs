//! How do the files of one statement become objects together? A journal, then the renames while nobody sees them, then all are shown.
//!
//! | a kill | leaves |
//! |---|---|
//! | before the journal | temporary files, which the next start removes |
//! | after it | a statement that has happened: the next start puts the rest in place and tells the catalog |
//!
//! Basis: inferred. An external store shows its objects one after the other: S3 has no step for several.

use std::collections::HashSet;
use std::sync::Arc;

use owlake_engine::error::EngineError;
use owlake_engine::storage::{Entry, Publication};

use super::error::{IoContext, Result, StorageError};
use super::file_bucket::FileBucket;
use super::journal::{self, Journal, JournalFile, StoredJournal};
use super::put::WrittenBody;
use super::resolver::Storage;
use super::visibility::Reach;

/// A file whose bytes are all there, waiting for the others of its statement.
#[derive(Debug)]
pub(super) struct Member {
    pub bucket: Arc<FileBucket>,
    pub key: String,
    pub body: WrittenBody,
}

/// A statement that a killed process had decided on, whose catalog entry is still to be made.
#[derive(Debug)]
pub(super) struct Pending {
    stored: StoredJournal,
    journal: Journal,
}

impl Storage {
    /// Shows the enlisted files and makes the catalog's entry, all or nothing.
    pub(super) fn publish_members(
        &self,
        publication: &Publication,
        entry: &Entry,
        enter: &mut dyn FnMut() -> std::result::Result<(), EngineError>,
    ) -> std::result::Result<(), EngineError> {
        let members: Vec<Member> =
            publication.take().into_iter().filter_map(|member| member.downcast().ok().map(|member| *member)).collect();
        let (note, reach) = match entry {
            Entry::None => (None, Reach::KnownTable),
            Entry::Partitions(note) => (Some(note.clone()), Reach::KnownTable),
            Entry::Table(note) => (Some(note.clone()), Reach::NewTable),
        };
        if members.is_empty() {
            return enter();
        }
        let keys: HashSet<(String, String)> = members.iter().map(|member| (member.bucket.name.clone(), member.key.clone())).collect();
        let mut hidden = self.visibility.hide(keys, reach);
        // One file without an entry is one rename: there is nothing that could be half done.
        let stored = if members.len() == 1 && note.is_none() { None } else { Some(self.write_journal(&members, note).map_err(refused)?) };
        let mut placed: Vec<(Arc<FileBucket>, String)> = Vec::with_capacity(members.len());
        let mut outcome = Ok(());
        for Member { bucket, key, body } in members {
            outcome = bucket.place(&key, body).map_err(refused);
            placed.push((bucket, key));
            if outcome.is_err() {
                break;
            }
        }
        if outcome.is_ok() {
            outcome = match reach {
                Reach::KnownTable => enter().inspect(|()| hidden.show()),
                Reach::NewTable => {
                    hidden.show();
                    enter()
                }
            };
        }
        match outcome {
            Ok(()) => {
                if let Some(error) = stored.and_then(|stored| stored.remove().err()) {
                    // Carried out once more at the next start, which changes nothing.
                    tracing::warn!(%error, "a journal cannot be removed");
                }
                Ok(())
            }
            Err(error) => {
                take_back(stored, &placed);
                Err(error)
            }
        }
    }

    fn write_journal(&self, members: &[Member], note: Option<String>) -> Result<StoredJournal> {
        let mut files = Vec::with_capacity(members.len());
        for Member { bucket, key, body } in members {
            if self.options.fsync {
                body.file.sync_data().about(key, "cannot make the object durable")?;
            }
            let temp = body.temp.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            files.push(JournalFile { bucket: bucket.name.clone(), temp, key: key.clone() });
        }
        StoredJournal::write(&self.commits_folder(), &Journal::new(note, files), self.options.fsync)
            .about("commits", "cannot write the journal")
    }

    /// Ends what a killed process had decided on or was taking back. What is left waits for the catalog in the answer.
    pub(super) fn recover(&self) -> Result<Vec<Pending>> {
        let (to_do, to_undo) = journal::left_over(&self.commits_folder()).about("commits", "cannot list the journals")?;
        for (stored, journal) in to_undo {
            self.undo(stored, &journal);
        }
        let mut pending = Vec::new();
        for (stored, journal) in to_do {
            match self.place_all(&journal) {
                Ok(()) => pending.push(Pending { stored, journal }),
                Err(error) => {
                    tracing::error!(%error, "the files of an interrupted statement cannot be put in place; the next start tries again")
                }
            }
        }
        Ok(pending)
    }

    /// Tells the catalog what statements interrupted by a kill had decided on. `settle` says whether the entry is there now; where
    /// it cannot be, the statement's files are taken back.
    pub fn settle(&self, settle: &dyn Fn(&str) -> bool) {
        for Pending { stored, journal } in std::mem::take(&mut *self.pending.lock()) {
            if journal.note.as_deref().is_none_or(settle) {
                if let Err(error) = stored.remove() {
                    tracing::warn!(%error, "a journal cannot be removed");
                }
            } else if let Ok(stored) = stored.turn_to_undo() {
                self.undo(stored, &journal);
            }
        }
    }

    fn place_all(&self, journal: &Journal) -> Result<()> {
        for file in &journal.files {
            let Some(root) = self.folder_of(&file.bucket) else { continue };
            let bucket = FileBucket::open_with_leftovers(&file.bucket, &root, self.options.fsync)?;
            bucket.place_leftover(&file.temp, &file.key)?;
        }
        Ok(())
    }

    fn undo(&self, stored: StoredJournal, journal: &Journal) {
        for file in &journal.files {
            let Some(root) = self.folder_of(&file.bucket) else { continue };
            let deleted =
                FileBucket::open_with_leftovers(&file.bucket, &root, self.options.fsync).and_then(|bucket| bucket.delete(&file.key));
            if let Err(error) = deleted {
                tracing::error!(key = file.key, %error, "a file of a statement that failed cannot be removed; the next start tries again");
                return;
            }
        }
        if let Err(error) = stored.remove() {
            tracing::warn!(%error, "a journal cannot be removed");
        }
    }
}

/// Removes the files of a statement that failed; they are hidden, or of a table that does not exist.
fn take_back(stored: Option<StoredJournal>, placed: &[(Arc<FileBucket>, String)]) {
    let stored = stored.map(StoredJournal::turn_to_undo);
    let mut is_clean = true;
    for (bucket, key) in placed {
        if let Err(error) = bucket.delete_hidden(key) {
            tracing::error!(key, %error, "a file of a failed statement cannot be removed");
            is_clean = false;
        }
    }
    match stored {
        Some(Ok(stored)) if is_clean => {
            let _ = stored.remove();
        }
        Some(Err(error)) => tracing::error!(%error, "a failed statement's journal cannot be turned round"),
        Some(Ok(_)) | None => {}
    }
}

fn refused(error: StorageError) -> EngineError {
    tracing::error!(%error, "the files of a statement cannot be put in place");
    EngineError::engine("HIVE_WRITER_CLOSE_ERROR", "Error committing write to Hive")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use futures::TryStreamExt;
    use object_store::path::Path;
    use object_store::{Extensions, ObjectStore, PutMultipartOptions};
    use owlake_engine::storage::BucketResolver;

    use super::super::resolver::StorageOptions;
    use super::*;

    fn open(folder: &std::path::Path) -> Storage {
        Storage::open(StorageOptions { buckets_folder: folder.join("buckets"), targets: Default::default(), fsync: true }).unwrap()
    }

    async fn keys(store: Arc<dyn ObjectStore>) -> Vec<String> {
        store.list(None).map_ok(|meta| meta.location.to_string()).try_collect().await.unwrap()
    }

    async fn enlist(storage: &Storage, publication: &Publication, bucket: &str, key: &str) {
        let mut extensions = Extensions::new();
        extensions.insert(publication.clone());
        let options = PutMultipartOptions { extensions, ..PutMultipartOptions::default() };
        let mut upload = storage.object_store(bucket).unwrap().put_multipart_opts(&Path::from(key), options).await.unwrap();
        upload.put_part("bytes".into()).await.unwrap();
        upload.complete().await.unwrap();
    }

    /// Three files in two buckets.
    async fn enlisted(storage: &Storage) -> Publication {
        let publication = Publication::default();
        for (bucket, key) in [("one", "t/k=1/a"), ("one", "t/k=2/b"), ("two", "t/c")] {
            if storage.bucket(bucket).is_err() {
                storage.create_bucket(bucket, None).unwrap();
            }
            enlist(storage, &publication, bucket, key).await;
        }
        publication
    }

    fn leftovers(folder: &std::path::Path) -> usize {
        let folders = ["buckets/.owlake/commits", "buckets/one/.owlake/tmp", "buckets/two/.owlake/tmp"];
        folders
            .iter()
            .filter_map(|name| std::fs::read_dir(folder.join(name)).ok())
            .flatten()
            .filter(|entry| entry.as_ref().unwrap().path().is_file())
            .count()
    }

    /// Basis: inferred; the promise in the head of this file, for readers that are there meanwhile.
    #[tokio::test]
    async fn files_appear_together_and_a_listing_begun_before_sees_none() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Arc::new(open(folder.path()));
        let publication = enlisted(&storage).await;
        let earlier = Arc::clone(&storage).at_this_instant().unwrap();
        assert!(keys(storage.object_store("one").unwrap()).await.is_empty());
        let seen = std::sync::Mutex::new(Vec::new());
        let entry = Entry::Partitions("note".to_owned());
        let mut enter = || {
            let bucket = storage.bucket("one").unwrap();
            seen.lock().unwrap().push((bucket.find("t/k=1/a").unwrap().is_none(), bucket.is_empty().unwrap(), leftovers(folder.path())));
            Ok(())
        };
        storage.publish_members(&publication, &entry, &mut enter).unwrap();
        assert_eq!(*seen.lock().unwrap(), [(true, true, 1)], "in place, hidden, and the journal there");
        assert_eq!(keys(storage.object_store("one").unwrap()).await, ["t/k=1/a", "t/k=2/b"]);
        assert_eq!(keys(storage.object_store("two").unwrap()).await, ["t/c"]);
        assert!(keys(earlier.object_store("one").unwrap()).await.is_empty());
        assert_eq!(leftovers(folder.path()), 0);
    }

    #[tokio::test]
    async fn a_failed_entry_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let storage = open(folder.path());
        for entry in [Entry::Partitions("note".to_owned()), Entry::Table("note".to_owned())] {
            let publication = enlisted(&storage).await;
            let error = storage.publish_members(&publication, &entry, &mut || Err(EngineError::engine("X", "no"))).unwrap_err();
            assert_eq!(error.to_string(), "X: no");
            assert!(
                keys(storage.object_store("one").unwrap()).await.is_empty() && keys(storage.object_store("two").unwrap()).await.is_empty()
            );
            assert_eq!(leftovers(folder.path()), 0);
        }
    }

    #[tokio::test]
    async fn a_kill_after_the_journal_is_carried_out_or_taken_back_by_what_the_catalog_says() {
        for (is_entered, expected) in [(true, vec!["t/k=1/a", "t/k=2/b"]), (false, Vec::new())] {
            let folder = tempfile::tempdir().unwrap();
            let storage = open(folder.path());
            let members: Vec<Member> = enlisted(&storage).await.take().into_iter().map(|member| *member.downcast().unwrap()).collect();
            storage.write_journal(&members, Some("note".to_owned())).unwrap();
            let mut members = members.into_iter();
            let first = members.next().unwrap();
            first.bucket.place(&first.key, first.body).unwrap();
            // A killed process drops nothing.
            members.for_each(std::mem::forget);
            drop(storage);
            let storage = open(folder.path());
            let notes = std::sync::Mutex::new(Vec::new());
            storage.settle(&|note| {
                notes.lock().unwrap().push(note.to_owned());
                is_entered
            });
            assert_eq!(*notes.lock().unwrap(), ["note"]);
            assert_eq!(keys(storage.object_store("one").unwrap()).await, expected);
            assert_eq!(leftovers(folder.path()), 0);
        }
    }

    #[tokio::test]
    async fn a_kill_before_the_journal_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let storage = open(folder.path());
        enlisted(&storage).await.take().into_iter().for_each(std::mem::forget);
        assert_eq!(leftovers(folder.path()), 3);
        drop(storage);
        let storage = open(folder.path());
        storage.settle(&|_| false);
        assert!(keys(storage.object_store("one").unwrap()).await.is_empty());
        assert_eq!(leftovers(folder.path()), 0);
    }
}
