//! What is remembered about an object beside its bytes? A small JSON file under `.owlake/meta/`, named by the key's SHA-256.
//!
//! A record names the size and modification time of the file it describes, so it is void as soon as the file was changed
//! by hand. A write stores the new record before the new bytes appear and keeps the old one beside it; whichever bytes a
//! crash leaves behind have their record.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::attributes::{Attributes, Tags};
use super::checksum::Checksum;

/// Version of the file's shape.
const VERSION: u32 = 1;

/// Which state of a file a record describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileState {
    /// Size in bytes.
    pub size: u64,
    /// Modification time, nanoseconds since 1970-01-01 UTC.
    pub modified_ns: i64,
    /// Inode, to tell apart two writes within one clock tick; 0 where there is none.
    pub inode: u64,
}

/// Everything known about one state of one object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    pub(super) size: u64,
    pub(super) modified_ns: i64,
    pub(super) inode: u64,
    /// Without quotes: MD5 of a single upload, `<md5 of md5s>-<parts>` of a multipart one.
    pub etag: String,
    /// Headers.
    pub attributes: Attributes,
    /// Tags.
    #[serde(skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// The checksum the client chose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checksum: Option<Checksum>,
    /// The parts of a multipart upload, in order; empty for a single upload.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<PartRecord>,
}

/// One part of a completed multipart upload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PartRecord {
    /// Part number, 1–10000.
    pub number: u32,
    /// Size in bytes.
    pub size: u64,
    /// Base64 checksum of the part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Sidecar {
    version: u32,
    key: String,
    records: Vec<Record>,
}

impl Record {
    /// The same record for another state of the file.
    pub fn describing(mut self, state: FileState) -> Self {
        self.size = state.size;
        self.modified_ns = state.modified_ns;
        self.inode = state.inode;
        self
    }

    /// An unread file's inode may differ after a restore from a backup, so only size and time must agree.
    fn describes(&self, state: FileState) -> bool {
        self.size == state.size && self.modified_ns == state.modified_ns
    }
}

/// The 64 hex digits that stand for a key in file names.
pub fn key_hash(key: &str) -> String {
    hex::encode(Sha256::digest(key.as_bytes()))
}

/// `<folder>/<first two digits>/<hash>`, so that no folder grows past a 256th of the keys.
pub fn hashed_path(folder: &Path, hash: &str) -> PathBuf {
    folder.join(hash.get(..2).unwrap_or("00")).join(hash)
}

/// The record of `key` for the file state seen, if there is one.
pub fn load(folder: &Path, key: &str, state: FileState) -> Option<Record> {
    let bytes = fs::read(hashed_path(folder, &key_hash(key))).ok()?;
    let sidecar: Sidecar = serde_json::from_slice(&bytes).ok()?;
    if sidecar.key != key || sidecar.version != VERSION {
        return None;
    }
    let mut matching: Vec<Record> = sidecar.records.into_iter().filter(|r| r.describes(state)).collect();
    let same_inode = matching.iter().position(|r| r.inode == state.inode).unwrap_or(0);
    (!matching.is_empty()).then(|| matching.swap_remove(same_inode))
}

/// Writes `records` (newest first) for `key`, atomically.
pub fn store(folder: &Path, temp_folder: &Path, key: &str, records: Vec<Record>) -> io::Result<()> {
    let sidecar = Sidecar { version: VERSION, key: key.to_owned(), records };
    let bytes = serde_json::to_vec(&sidecar).map_err(io::Error::other)?;
    replace_file(&hashed_path(folder, &key_hash(key)), temp_folder, &bytes)
}

/// Forgets `key`; a missing file is fine.
pub fn remove(folder: &Path, key: &str) {
    let _ = fs::remove_file(hashed_path(folder, &key_hash(key)));
}

/// Writes a small file so that readers see the old or the new content, never a part.
pub fn replace_file(path: &Path, temp_folder: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut temp = match tempfile::NamedTempFile::new_in(temp_folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(temp_folder)?;
            tempfile::NamedTempFile::new_in(temp_folder)?
        }
        other => other?,
    };
    temp.as_file_mut().write_all(bytes)?;
    let persist = |temp: tempfile::NamedTempFile| temp.persist(path).map(drop).map_err(|e| (e.error, e.file));
    match persist(temp) {
        Ok(()) => Ok(()),
        Err((error, temp)) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(path.parent().unwrap_or(path))?;
            persist(temp).map_err(|(error, _)| error)
        }
        Err((error, _)) => Err(error),
    }
}

/// Makes a finished rename in `folder` durable.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn state(size: u64, modified_ns: i64, inode: u64) -> FileState {
        FileState { size, modified_ns, inode }
    }

    #[test]
    fn a_record_is_void_once_the_file_changed() {
        let folder = tempfile::tempdir().unwrap();
        let record = Record { etag: "e1".into(), ..Record::default() }.describing(state(3, 100, 7));
        store(folder.path(), &folder.path().join("tmp"), "k", vec![record.clone()]).unwrap();
        assert_eq!(load(folder.path(), "k", state(3, 100, 7)), Some(record.clone()));
        assert_eq!(load(folder.path(), "k", state(3, 100, 8)), Some(record), "a restored copy keeps its metadata");
        assert_eq!(load(folder.path(), "k", state(4, 100, 7)), None);
        assert_eq!(load(folder.path(), "k", state(3, 101, 7)), None);
        assert_eq!(load(folder.path(), "other", state(3, 100, 7)), None);
    }

    #[test]
    fn between_sidecar_and_rename_both_states_have_their_record() {
        let folder = tempfile::tempdir().unwrap();
        let old = Record { etag: "old".into(), ..Record::default() }.describing(state(3, 100, 7));
        let new = Record { etag: "new".into(), ..Record::default() }.describing(state(3, 100, 8));
        store(folder.path(), &folder.path().join("tmp"), "k", vec![new, old]).unwrap();
        assert_eq!(load(folder.path(), "k", state(3, 100, 7)).unwrap().etag, "old");
        assert_eq!(load(folder.path(), "k", state(3, 100, 8)).unwrap().etag, "new");
    }
}
