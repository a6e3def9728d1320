//! Where do keys go that are no safe path? Into `.owlake/odd/`, named by hash, with an index held in memory.
//!
//! Odd are keys with `//`, `.`, `..`, a trailing slash, control characters or long segments, and keys whose path is
//! barred by another object (`k/x` while `k` is a file, `k` while `k/x` exists).

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use parking_lot::RwLock;

use super::sidecar::{hashed_path, key_hash, replace_file};

/// Ending of the file that holds the key of the data file beside it.
const KEY_SUFFIX: &str = ".key";

/// The odd keys of one bucket.
#[derive(Debug)]
pub struct OddKeys {
    folder: PathBuf,
    keys: RwLock<BTreeSet<String>>,
}

impl OddKeys {
    /// Reads the index from `folder`; key files without data (an interrupted write) are dropped.
    pub fn load(folder: PathBuf) -> io::Result<Self> {
        let mut keys = BTreeSet::new();
        for shard in entries(&folder)? {
            for file in entries(&shard)? {
                let Some(name) = file.file_name().and_then(|n| n.to_str()) else { continue };
                let Some(hash) = name.strip_suffix(KEY_SUFFIX) else { continue };
                let key = fs::read_to_string(&file)?;
                if key_hash(&key) == hash && file.with_file_name(hash).is_file() {
                    keys.insert(key);
                }
            }
        }
        Ok(Self { folder, keys: RwLock::new(keys) })
    }

    /// Whether `key` is stored here.
    pub fn contains(&self, key: &str) -> bool {
        let keys = self.keys.read();
        !keys.is_empty() && keys.contains(key)
    }

    /// The data file `key` has or would have.
    pub fn data_path(&self, key: &str) -> PathBuf {
        hashed_path(&self.folder, &key_hash(key))
    }

    /// The least stored key that is `>= from` (or `> from`) and starts with `prefix`.
    pub fn next(&self, from: Bound<&str>, prefix: &str) -> Option<String> {
        let keys = self.keys.read();
        let key = keys.range::<str, _>((from, Bound::Unbounded)).next()?;
        key.starts_with(prefix).then(|| key.clone())
    }

    /// Records `key` on disk; call before its data file appears.
    pub fn prepare(&self, key: &str, temp_folder: &Path) -> io::Result<()> {
        replace_file(&self.key_path(key), temp_folder, key.as_bytes())
    }

    /// Records `key` in memory; call once its data file is there.
    pub fn insert(&self, key: &str) {
        self.keys.write().insert(key.to_owned());
    }

    /// Removes `key` and its data; whether it was there.
    pub fn remove(&self, key: &str) -> io::Result<bool> {
        if !self.keys.write().remove(key) {
            return Ok(false);
        }
        match fs::remove_file(self.data_path(key)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                self.insert(key);
                return Err(e);
            }
            _ => {}
        }
        let _ = fs::remove_file(self.key_path(key));
        Ok(true)
    }

    fn key_path(&self, key: &str) -> PathBuf {
        let data = self.data_path(key);
        let mut name = data.file_name().map(|n| n.to_os_string()).unwrap_or_default();
        name.push(KEY_SUFFIX);
        data.with_file_name(name)
    }
}

/// Paths in a folder; none if it does not exist.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(dir) => dir.map(|entry| entry.map(|e| e.path())).collect(),
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(Vec::new()),
        Err(e) => Err(e),
    }
}
