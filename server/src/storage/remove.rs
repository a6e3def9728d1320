//! How does an object disappear? Its file, its metadata and the folders that it leaves empty go together.

use std::fs;
use std::io;
use std::path::Path;

use super::error::{IoContext, Result};
use super::file_bucket::{FileBucket, ObjectInfo};
use super::key_path;
use super::put::WriteCondition;
use super::sidecar;

impl FileBucket {
    /// Deletes `key`; whether it existed. A missing object is no error, as in S3.
    pub fn delete(&self, key: &str) -> Result<bool> {
        self.delete_if(key, |_| Ok(()))
    }

    /// Deletes `key` if the condition holds for it.
    pub fn delete_conditionally(&self, key: &str, condition: &WriteCondition) -> Result<bool> {
        self.delete_if(key, |info| self.check_condition(key, Some(&info.file), condition))
    }

    /// Deletes `key` once `check` has accepted what is there; a missing object is not checked.
    pub fn delete_if(&self, key: &str, check: impl FnOnce(&ObjectInfo) -> Result<()>) -> Result<bool> {
        let _commit = self.commit.lock();
        let Some(file) = self.find(key)? else { return Ok(false) };
        let path = file.path.clone();
        check(&self.describe(file))?;
        self.remove_file(key, &path)
    }

    /// Deletes a file that may be hidden still.
    pub(super) fn delete_hidden(&self, key: &str) -> Result<bool> {
        let _commit = self.commit.lock();
        match self.find_file(key)? {
            Some(file) => self.remove_file(key, &file.path),
            None => Ok(false),
        }
    }

    fn remove_file(&self, key: &str, path: &Path) -> Result<bool> {
        if !self.odd.remove(key).about(key, "cannot delete the object")? {
            match fs::remove_file(path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e).about(key, "cannot delete the object"),
                _ => {}
            }
        }
        sidecar::remove(&self.meta_folder(), key);
        if path.starts_with(self.root.join(key_path::SIDE_FOLDER)) {
            // The same key may also lie about as a file that was put there by hand.
            if key_path::is_safe(key) && self.file_state(&self.root.join(key)).is_ok_and(|s| s.is_some()) {
                let _ = fs::remove_file(self.root.join(key));
            }
            return Ok(true);
        }
        let mut folder = path.parent();
        while let Some(empty) = folder.filter(|f| *f != self.root && f.starts_with(&self.root)) {
            if fs::remove_dir(empty).is_err() {
                break;
            }
            folder = empty.parent();
        }
        Ok(true)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn deleting_the_last_object_leaves_no_empty_folder_and_absence_is_fine() {
        let folder = tempfile::tempdir().unwrap();
        let bucket = FileBucket::open("lake", folder.path(), false).unwrap();
        fs::create_dir_all(folder.path().join("a/b")).unwrap();
        fs::write(folder.path().join("a/b/c"), b"1").unwrap();
        fs::write(folder.path().join("a/d"), b"1").unwrap();
        assert!(bucket.delete("a/b/c").unwrap());
        assert!(!folder.path().join("a/b").exists());
        assert!(folder.path().join("a/d").exists());
        assert!(!bucket.delete("a/b/c").unwrap());
        assert!(!bucket.delete("a").unwrap(), "a folder is no object");
    }
}
