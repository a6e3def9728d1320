//! How are named things kept? A sorted map in memory and a JSON file that is replaced whole, atomically.

use crate::error::ServerError;
use parking_lot::RwLock;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A small set of entries by name. Meant for hundreds of entries: each change rewrites the file.
pub struct Registry<T> {
    path: PathBuf,
    entries: RwLock<BTreeMap<String, T>>,
}

impl<T: Clone + Serialize + DeserializeOwned> Registry<T> {
    /// Opens `path`, which need not exist. Errors: an unreadable or foreign file; it is left as it is.
    pub fn open(path: &Path) -> Result<Self, ServerError> {
        let entries = match std::fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| ServerError::Start {
                subject: "registry",
                reason: format!("'{}' is not readable: {error}", path.display()),
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(ServerError::io(path.display().to_string(), error)),
        };
        Ok(Registry { path: path.to_owned(), entries: RwLock::new(entries) })
    }

    /// The entry of this name.
    pub fn find(&self, name: &str) -> Option<T> {
        self.entries.read().get(name).cloned()
    }

    /// All entries, sorted by name.
    pub fn list(&self) -> Vec<T> {
        self.entries.read().values().cloned().collect()
    }

    /// Applies `change` to the entries and writes the file; when either fails nothing has changed.
    pub fn change<R, E: From<ServerError>>(&self, change: impl FnOnce(&mut BTreeMap<String, T>) -> Result<R, E>) -> Result<R, E> {
        let mut entries = self.entries.write();
        let mut changed = entries.clone();
        let answer = change(&mut changed)?;
        self.write(&changed)?;
        *entries = changed;
        Ok(answer)
    }

    fn write(&self, entries: &BTreeMap<String, T>) -> Result<(), ServerError> {
        let failed = |error| ServerError::io(self.path.display().to_string(), error);
        let mut text =
            serde_json::to_vec_pretty(entries).map_err(|error| ServerError::Start { subject: "registry", reason: error.to_string() })?;
        text.push(b'\n');
        let temporary = self.path.with_extension("tmp");
        let mut file = std::fs::File::create(&temporary).map_err(failed)?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(failed)?;
        std::fs::rename(&temporary, &self.path).map_err(failed)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_kept_and_failed_ones_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("things.json");
        let registry: Registry<u32> = Registry::open(&path).unwrap();
        registry.change(|entries| Ok::<_, ServerError>(entries.insert("a".to_owned(), 1))).unwrap();
        let refused: Result<(), ServerError> = registry.change(|entries| {
            entries.clear();
            Err(ServerError::Configuration("no".to_owned()))
        });
        assert!(refused.is_err());
        assert_eq!(registry.find("a"), Some(1));
        let again: Registry<u32> = Registry::open(&path).unwrap();
        assert_eq!(again.list(), [1]);
        std::fs::write(&path, "{").unwrap();
        assert!(Registry::<u32>::open(&path).is_err());
    }
}
