//! How does a key become an open file? One folder is one bucket; this is its reading side and its layout.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use md5::{Digest, Md5};
use parking_lot::Mutex;

use super::error::{IoContext, Result, StorageError};
use super::key_path::{self, SIDE_FOLDER};
use super::odd_keys::OddKeys;
use super::sidecar::{self, FileState, PartRecord, Record};
use super::visibility::{View, Visibility};

/// A bucket in a folder. Methods block on the file system; call them off the async threads.
#[derive(Debug)]
pub struct FileBucket {
    pub(super) name: String,
    pub(super) root: PathBuf,
    pub(super) odd: OddKeys,
    /// Held while an object appears or disappears, so that a condition and its write are one step. Never held over body I/O.
    pub(super) commit: Mutex<()>,
    /// Which of the files are no objects yet.
    pub(super) visibility: Arc<Visibility>,
    pub(super) fsync: bool,
}

/// An existing object: where it is and what its file says.
#[derive(Debug, Clone)]
pub struct ObjectFile {
    /// The whole key.
    pub key: String,
    /// The file holding the bytes.
    pub path: PathBuf,
    /// Size, time and inode.
    pub state: FileState,
}

/// An existing object with its metadata.
#[derive(Debug, Clone)]
pub struct ObjectInfo {
    /// File and key.
    pub file: ObjectFile,
    /// Metadata; a file that was put there by hand has only a derived ETag.
    pub record: Record,
}

impl FileBucket {
    /// Opens the folder `root`, which must exist, and removes temporary files an earlier process left.
    pub fn open(name: &str, root: &Path, fsync: bool) -> Result<Self> {
        let bucket = Self::open_with_leftovers(name, root, fsync)?;
        match fs::remove_dir_all(bucket.temp_folder()) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(bucket = name, error = %e, "cannot remove temporary files of an earlier run");
            }
            _ => {}
        }
        bucket.remove_unfinished_uploads();
        Ok(bucket)
    }

    /// As [`Self::open`], with the temporary files still there.
    pub(super) fn open_with_leftovers(name: &str, root: &Path, fsync: bool) -> Result<Self> {
        let root = match root.canonicalize() {
            Ok(root) if root.is_dir() => root,
            Ok(_) => return Err(StorageError::no_such_bucket(name)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Err(StorageError::no_such_bucket(name)),
            Err(e) => return Err(StorageError::io(name, "cannot open the bucket's folder", e)),
        };
        let odd = OddKeys::load(root.join(SIDE_FOLDER).join("odd")).about(name, "cannot read the bucket's key index")?;
        Ok(Self { name: name.to_owned(), root, odd, commit: Mutex::new(()), visibility: Arc::default(), fsync })
    }

    /// The same bucket, whose files are hidden together with those of other buckets.
    pub(super) fn with_visibility(self, visibility: Arc<Visibility>) -> Self {
        Self { visibility, ..self }
    }

    /// The bucket's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The canonical folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn side(&self) -> PathBuf {
        self.root.join(SIDE_FOLDER)
    }

    pub(super) fn temp_folder(&self) -> PathBuf {
        self.side().join("tmp")
    }

    pub(super) fn meta_folder(&self) -> PathBuf {
        self.side().join("meta")
    }

    /// The object `key`, if it exists.
    pub fn find(&self, key: &str) -> Result<Option<ObjectFile>> {
        self.find_as_of(key, None)
    }

    /// The object `key` if it existed when `view` began.
    pub(super) fn find_as_of(&self, key: &str, view: Option<&View>) -> Result<Option<ObjectFile>> {
        let found = self.find_file(key)?;
        Ok(found.filter(|_| !self.visibility.hides(&self.name, key, view)))
    }

    /// [`Self::find_as_of`] for a key that was read in its folder, which was reached without links.
    pub(super) fn find_in_folder(&self, key: &str, view: &View) -> Result<Option<ObjectFile>> {
        if !key_path::is_safe(key) || self.odd.contains(key) {
            return Ok(None);
        }
        let path = self.root.join(key);
        let state = self.file_state(&path).about(key, "cannot read the object's file")?;
        let state = state.filter(|_| !self.visibility.hides(&self.name, key, Some(view)));
        Ok(state.map(|state| ObjectFile { key: key.to_owned(), path, state }))
    }

    /// The file of `key`, be it an object already or not.
    pub(super) fn find_file(&self, key: &str) -> Result<Option<ObjectFile>> {
        key_path::check(key)?;
        let path = if self.odd.contains(key) {
            self.odd.data_path(key)
        } else if key_path::is_safe(key) && self.has_plain_parents(key) {
            self.root.join(key)
        } else {
            return Ok(None);
        };
        let state = self.file_state(&path).about(key, "cannot read the object's file")?;
        Ok(state.map(|state| ObjectFile { key: key.to_owned(), path, state }))
    }

    /// The object `key` with its metadata; `NoSuchKey` if it does not exist.
    pub fn info(&self, key: &str) -> Result<ObjectInfo> {
        let file = self.find(key)?.ok_or_else(|| StorageError::no_such_key(key))?;
        Ok(self.describe(file))
    }

    /// Opens the object `key` for positioned reads; the metadata is that of the opened file, whatever is written meanwhile.
    pub fn open_object(&self, key: &str) -> Result<(File, ObjectInfo)> {
        let (file, object) = self.open_file(key)?;
        Ok((file, self.describe(object)))
    }

    /// [`Self::open_object`] without the metadata file.
    pub fn open_file(&self, key: &str) -> Result<(File, ObjectFile)> {
        let mut object = self.find(key)?.ok_or_else(|| StorageError::no_such_key(key))?;
        let file = match File::open(&object.path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Err(StorageError::no_such_key(key)),
            Err(e) => return Err(StorageError::io(key, "cannot open the object's file", e)),
        };
        object.state = state_of(&file.metadata().about(key, "cannot read the object's file")?);
        Ok((file, object))
    }

    /// Adds the metadata to an object found.
    pub fn describe(&self, file: ObjectFile) -> ObjectInfo {
        let record = sidecar::load(&self.meta_folder(), &file.key, file.state)
            .unwrap_or_else(|| Record { etag: derived_etag(file.state), ..Record::default() });
        ObjectInfo { file, record }
    }

    /// No folder on the way to `key` is a symbolic link: a link could lead out of the bucket.
    fn has_plain_parents(&self, key: &str) -> bool {
        key.match_indices('/')
            .all(|(end, _)| key.get(..end).is_some_and(|parent| fs::symlink_metadata(self.root.join(parent)).is_ok_and(|m| m.is_dir())))
    }

    /// State of a regular file, or of the one inside this bucket that a link names; none for anything else.
    pub(super) fn file_state(&self, path: &Path) -> io::Result<Option<FileState>> {
        let metadata = match fs::symlink_metadata(path) {
            Ok(metadata) => metadata,
            Err(e) if is_absent(&e) => return Ok(None),
            Err(e) => return Err(e),
        };
        if metadata.is_file() {
            return Ok(Some(state_of(&metadata)));
        }
        if !metadata.is_symlink() {
            return Ok(None);
        }
        let Ok(target) = path.canonicalize() else { return Ok(None) };
        let is_inside = target.strip_prefix(&self.root).is_ok_and(|rest| !rest.starts_with(SIDE_FOLDER));
        match fs::metadata(&target) {
            Ok(metadata) if is_inside && metadata.is_file() => Ok(Some(state_of(&metadata))),
            _ => Ok(None),
        }
    }
}

impl ObjectFile {
    /// Size in bytes.
    pub fn size(&self) -> u64 {
        self.state.size
    }

    /// Time of the last write.
    pub fn modified(&self) -> SystemTime {
        match u64::try_from(self.state.modified_ns) {
            Ok(ns) => SystemTime::UNIX_EPOCH + Duration::from_nanos(ns),
            Err(_) => SystemTime::UNIX_EPOCH - Duration::from_nanos(self.state.modified_ns.unsigned_abs()),
        }
    }

    /// A tag that changes with every write, without quotes; what the engine compares. It needs no metadata file.
    pub fn version_tag(&self) -> String {
        let FileState { size, modified_ns, inode } = self.state;
        format!("{inode:x}-{modified_ns:x}-{size:x}")
    }
}

impl ObjectInfo {
    /// ETag without quotes.
    pub fn etag(&self) -> &str {
        &self.record.etag
    }

    /// The parts of a multipart object; one part for anything else.
    pub fn parts(&self) -> Vec<PartRecord> {
        if self.record.parts.is_empty() {
            return vec![PartRecord { number: 1, size: self.file.size(), checksum: None }];
        }
        self.record.parts.clone()
    }
}

/// ETag of a file that never came through a PUT: stable for its size and time, and with the `-1` of a multipart ETag, so
/// that no client takes it for an MD5 of the bytes. Hashing would read whole lakes for one listing.
///
/// Deviation: S3 has no files without an upload.
fn derived_etag(state: FileState) -> String {
    format!("{}-1", hex::encode(Md5::digest(format!("{}-{}", state.size, state.modified_ns))))
}

/// Size, modification time and inode of a file.
pub(super) fn state_of(metadata: &Metadata) -> FileState {
    let modified_ns = match metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH).duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |ns| -ns),
    };
    #[cfg(unix)]
    let inode = std::os::unix::fs::MetadataExt::ino(metadata);
    #[cfg(not(unix))]
    let inode = 0;
    FileState { size: metadata.len(), modified_ns, inode }
}

/// Whether an error says that there is no such file.
pub(super) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::error::StorageErrorKind;
    use super::*;

    fn bucket() -> (tempfile::TempDir, FileBucket) {
        let folder = tempfile::tempdir().unwrap();
        let bucket = FileBucket::open("lake", folder.path(), false).unwrap();
        (folder, bucket)
    }

    #[test]
    fn a_dropped_file_is_an_object_with_a_stable_etag() {
        let (folder, bucket) = bucket();
        fs::create_dir_all(folder.path().join("data/dt=2024-01-01")).unwrap();
        fs::write(folder.path().join("data/dt=2024-01-01/part-0.parquet"), b"PAR1").unwrap();
        let info = bucket.info("data/dt=2024-01-01/part-0.parquet").unwrap();
        assert_eq!(info.file.size(), 4);
        assert_eq!(info.etag(), bucket.info("data/dt=2024-01-01/part-0.parquet").unwrap().etag());
        assert_eq!(bucket.info("data").unwrap_err().kind, StorageErrorKind::NoSuchKey, "a folder is no object");
        assert_eq!(bucket.info("data/").unwrap_err().kind, StorageErrorKind::NoSuchKey);
        fs::write(folder.path().join("data/dt=2024-01-01/part-0.parquet"), b"PAR1x").unwrap();
        assert_ne!(info.etag(), bucket.info("data/dt=2024-01-01/part-0.parquet").unwrap().etag());
    }

    #[cfg(unix)]
    #[test]
    fn links_do_not_lead_outside() {
        let (folder, bucket) = bucket();
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), b"s").unwrap();
        fs::write(folder.path().join("inside"), b"i").unwrap();
        std::os::unix::fs::symlink(outside.path().join("secret"), folder.path().join("file-link")).unwrap();
        std::os::unix::fs::symlink(outside.path(), folder.path().join("folder-link")).unwrap();
        std::os::unix::fs::symlink(folder.path().join("inside"), folder.path().join("good-link")).unwrap();
        assert!(bucket.find("file-link").unwrap().is_none());
        assert!(bucket.find("folder-link/secret").unwrap().is_none());
        assert_eq!(bucket.find("good-link").unwrap().unwrap().size(), 1);
        assert!(bucket.find("../secret").unwrap().is_none());
    }

    #[test]
    fn leftovers_of_a_killed_process_go_at_start() {
        let (folder, bucket) = bucket();
        fs::create_dir_all(bucket.temp_folder()).unwrap();
        fs::write(bucket.temp_folder().join("half"), b"x").unwrap();
        FileBucket::open("lake", folder.path(), false).unwrap();
        assert!(!bucket.temp_folder().join("half").exists());
    }
}
