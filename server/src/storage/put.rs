//! How does an object appear? Bytes go to a temporary file; under the bucket's lock the condition is checked and the file renamed.
//!
//! Ref: Amazon S3 user guide, "Conditional writes"; PUT is atomic, a reader sees the old object or the new one.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use md5::{Digest, Md5};
use tempfile::{NamedTempFile, TempPath};

use super::attributes::{Attributes, Tags};
use super::checksum::{Checksum, ChecksumAlgorithm, Hasher};
use super::error::{IoContext, Result, StorageError};
use super::file_bucket::{FileBucket, ObjectFile, ObjectInfo, is_absent, state_of};
use super::key_path;
use super::sidecar::{self, FileState, PartRecord, Record};

/// What must hold for a write to take place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum WriteCondition {
    /// Nothing.
    #[default]
    Always,
    /// `If-None-Match: *`: no object has the key.
    Absent,
    /// `If-Match: *`: an object has the key.
    Present,
    /// `If-Match: <etag>`, without quotes.
    Etag(String),
    /// The engine's [`ObjectFile::version_tag`] is this.
    Version(String),
}

/// Metadata that comes with an object.
#[derive(Debug, Clone, Default)]
pub struct NewObject {
    /// Headers.
    pub attributes: Attributes,
    /// Tags.
    pub tags: Tags,
    /// Condition of the write.
    pub condition: WriteCondition,
}

/// A body being written, with the digests asked for.
#[derive(Debug)]
pub struct ObjectWriter {
    file: File,
    temp: TempPath,
    md5: Option<Md5>,
    hashers: Vec<Hasher>,
    size: u64,
}

/// A body completely written and not yet visible.
#[derive(Debug)]
pub struct WrittenBody {
    pub(super) file: File,
    pub(super) temp: TempPath,
    /// Size in bytes.
    pub size: u64,
    /// MD5 in hex, if asked for.
    pub md5: Option<String>,
    /// The checksums asked for.
    pub checksums: Vec<Checksum>,
}

/// What a body is known by once it is an object.
#[derive(Debug, Clone, Default)]
pub struct BodyIdentity {
    /// ETag without quotes.
    pub etag: String,
    /// The checksum to store.
    pub checksum: Option<Checksum>,
    /// Parts of a multipart upload.
    pub parts: Vec<PartRecord>,
}

impl FileBucket {
    /// Starts a body; [`Digests::None`] is for the engine's own files.
    pub fn writer(&self, digests: Digests<'_>) -> Result<ObjectWriter> {
        let folder = self.temp_folder();
        let temp = match new_temp_file(&folder) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => fs::create_dir_all(&folder).and_then(|()| new_temp_file(&folder)),
            other => other,
        };
        let (file, temp) = temp.about(&self.name, "cannot create a temporary file")?.into_parts();
        let (md5, algorithms) = match digests {
            Digests::None => (None, &[][..]),
            Digests::Md5And(algorithms) => (Some(Md5::new()), algorithms),
            Digests::Only(algorithms) => (None, algorithms),
        };
        let hashers = algorithms.iter().map(|algorithm| Hasher::new(*algorithm)).collect();
        Ok(ObjectWriter { file, temp, md5, hashers, size: 0 })
    }

    /// Makes a written body the object `key`, replacing an existing one; returns what the object is now.
    ///
    /// Without an identity the object gets no metadata file and an ETag derived from its file.
    pub fn commit(&self, key: &str, body: WrittenBody, new: NewObject, identity: Option<BodyIdentity>) -> Result<ObjectInfo> {
        Ok(self.describe(self.commit_file(key, body, new, identity)?))
    }

    /// [`Self::commit`] for those who do not want the metadata.
    pub(super) fn commit_file(&self, key: &str, body: WrittenBody, new: NewObject, identity: Option<BodyIdentity>) -> Result<ObjectFile> {
        key_path::check(key)?;
        if self.fsync {
            body.file.sync_data().about(key, "cannot make the object durable")?;
        }
        let state = state_of(&body.file.metadata().about(key, "cannot read the written file")?);
        let _commit = self.commit.lock();
        let current = self.find(key)?;
        self.check_condition(key, current.as_ref(), &new.condition)?;
        let has_attributes = new.attributes != Attributes::default() || !new.tags.is_empty();
        let is_odd = !self.make_plain_place(key).about(key, "cannot create the object's folder")?;
        match identity {
            Some(identity) => self.store_record(key, current, state, new, identity)?,
            None if has_attributes => {
                let described = self.describe(ObjectFile { key: key.to_owned(), path: PathBuf::new(), state });
                let identity = BodyIdentity { etag: described.record.etag, ..BodyIdentity::default() };
                self.store_record(key, current, state, new, identity)?;
            }
            None => {}
        }
        let path = self.rename_into_place(key, is_odd, |path| body.temp.persist(path).map_err(|e| e.error))?;
        Ok(ObjectFile { key: key.to_owned(), path, state })
    }

    /// Puts a written body in the place of `key`, which it keeps hidden where that key is hidden. It gets no metadata file.
    pub(super) fn place(&self, key: &str, body: WrittenBody) -> Result<()> {
        key_path::check(key)?;
        let _commit = self.commit.lock();
        let is_odd = !self.make_plain_place(key).about(key, "cannot create the object's folder")?;
        self.rename_into_place(key, is_odd, |path| body.temp.persist(path).map_err(|e| e.error)).map(drop)
    }

    /// [`Self::place`] for a temporary file that a killed process left; one that is gone is in its place already.
    pub(super) fn place_leftover(&self, temp: &str, key: &str) -> Result<()> {
        key_path::check(key)?;
        let from = self.temp_folder().join(temp);
        if !key_path::is_safe_segment(temp) || !from.is_file() {
            return Ok(());
        }
        let _commit = self.commit.lock();
        let is_odd = !self.make_plain_place(key).about(key, "cannot create the object's folder")?;
        self.rename_into_place(key, is_odd, |path| fs::rename(from, path)).map(drop)
    }

    fn rename_into_place(&self, key: &str, is_odd: bool, rename: impl FnOnce(&Path) -> io::Result<()>) -> Result<PathBuf> {
        let path = if is_odd { self.odd.data_path(key) } else { self.root.join(key) };
        if is_odd {
            self.odd.prepare(key, &self.temp_folder()).about(key, "cannot record the object's key")?;
        }
        rename(&path).about(key, "cannot put the object in place")?;
        if is_odd {
            self.odd.insert(key);
        }
        if self.fsync
            && let Some(folder) = path.parent()
        {
            sidecar::sync_folder(folder).about(key, "cannot make the object durable")?;
        }
        Ok(path)
    }

    /// Changes the metadata of an existing object without touching its bytes.
    pub fn update_record(&self, key: &str, change: impl FnOnce(&mut Record)) -> Result<ObjectInfo> {
        let _commit = self.commit.lock();
        let mut info = self.info(key)?;
        change(&mut info.record);
        info.record = info.record.describing(info.file.state);
        sidecar::store(&self.meta_folder(), &self.temp_folder(), key, vec![info.record.clone()])
            .about(key, "cannot store the object's metadata")?;
        Ok(info)
    }

    pub(super) fn check_condition(&self, key: &str, current: Option<&ObjectFile>, condition: &WriteCondition) -> Result<()> {
        let holds = match (condition, current) {
            (WriteCondition::Always, _) | (WriteCondition::Absent, None) | (WriteCondition::Present, Some(_)) => true,
            (WriteCondition::Absent, Some(_)) => false,
            (WriteCondition::Present | WriteCondition::Etag(_) | WriteCondition::Version(_), None) => {
                return Err(StorageError::no_such_key(key));
            }
            (WriteCondition::Etag(etag), Some(file)) => *etag == self.describe(file.clone()).record.etag,
            (WriteCondition::Version(tag), Some(file)) => *tag == file.version_tag(),
        };
        if holds { Ok(()) } else { Err(StorageError::precondition_failed(key)) }
    }

    /// Creates the folders on the way to `key`; false when the key must be stored as an odd one.
    fn make_plain_place(&self, key: &str) -> io::Result<bool> {
        if !key_path::is_safe(key) || self.odd.contains(key) {
            return Ok(false);
        }
        for (end, _) in key.match_indices('/') {
            let parent = self.root.join(key.get(..end).unwrap_or_default());
            match fs::symlink_metadata(&parent) {
                Ok(metadata) if metadata.is_dir() => {}
                Ok(_) => return Ok(false),
                Err(e) if e.kind() == io::ErrorKind::NotFound => fs::create_dir(&parent)?,
                Err(e) if is_absent(&e) => return Ok(false),
                Err(e) => return Err(e),
            }
        }
        match fs::symlink_metadata(self.root.join(key)) {
            Ok(metadata) => Ok(!metadata.is_dir()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(e) if is_absent(&e) => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// Stores the record of the coming state, keeping that of the present one until the rename.
    fn store_record(&self, key: &str, current: Option<ObjectFile>, state: FileState, new: NewObject, identity: BodyIdentity) -> Result<()> {
        let record = Record {
            etag: identity.etag,
            attributes: new.attributes,
            tags: new.tags,
            checksum: identity.checksum,
            parts: identity.parts,
            ..Record::default()
        };
        let mut records = vec![record.describing(state)];
        records.extend(current.and_then(|file| sidecar::load(&self.meta_folder(), key, file.state)));
        sidecar::store(&self.meta_folder(), &self.temp_folder(), key, records).about(key, "cannot store the object's metadata")
    }
}

/// Which digests a writer computes while the bytes pass.
#[derive(Debug, Clone, Copy)]
pub enum Digests<'a> {
    /// None.
    None,
    /// MD5, for the ETag, and these checksums.
    Md5And(&'a [ChecksumAlgorithm]),
    /// These checksums; somebody else computes the MD5.
    Only(&'a [ChecksumAlgorithm]),
}

impl ObjectWriter {
    /// Appends bytes.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
        for hasher in &mut self.hashers {
            hasher.update(bytes);
        }
        self.size += bytes.len() as u64;
        Ok(())
    }

    /// Appends a whole file by the kernel's copy; for writers without digests.
    pub(super) fn append_file(&mut self, source: &mut File) -> io::Result<()> {
        self.size += io::copy(source, &mut self.file)?;
        Ok(())
    }

    /// The file, for writes at given offsets; for writers without digests.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Ends the body.
    pub fn finish(self) -> WrittenBody {
        WrittenBody {
            file: self.file,
            temp: self.temp,
            size: self.size,
            md5: self.md5.map(|md5| hex::encode(md5.finalize())),
            checksums: self.hashers.into_iter().map(Hasher::finish).collect(),
        }
    }
}

/// A temporary file with the permissions of an ordinary new file, since it becomes an object.
fn new_temp_file(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

/// Milliseconds since 1970-01-01 UTC.
pub(super) fn unix_ms(time: SystemTime) -> i64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Read;

    use super::super::error::StorageErrorKind;
    use super::*;

    fn bucket() -> (tempfile::TempDir, FileBucket) {
        let folder = tempfile::tempdir().unwrap();
        let bucket = FileBucket::open("lake", folder.path(), false).unwrap();
        (folder, bucket)
    }

    fn put_if(bucket: &FileBucket, key: &str, data: &[u8], condition: WriteCondition) -> Result<ObjectInfo> {
        let mut writer = bucket.writer(Digests::Md5And(&[]))?;
        writer.write(data).unwrap();
        let body = writer.finish();
        let identity = BodyIdentity { etag: body.md5.clone().unwrap(), ..BodyIdentity::default() };
        bucket.commit(key, body, NewObject { condition, ..NewObject::default() }, Some(identity))
    }

    fn put(bucket: &FileBucket, key: &str, data: &[u8]) -> ObjectInfo {
        put_if(bucket, key, data, WriteCondition::Always).unwrap()
    }

    fn read(bucket: &FileBucket, key: &str) -> Vec<u8> {
        let mut data = Vec::new();
        bucket.open_object(key).unwrap().0.read_to_end(&mut data).unwrap();
        data
    }

    #[test]
    fn a_safe_key_is_a_file_of_that_name_and_its_etag_is_the_md5() {
        let (folder, bucket) = bucket();
        let info = put(&bucket, "a/b c/é.txt", b"hello");
        assert_eq!(info.etag(), "5d41402abc4b2a76b9719d911017c592");
        assert_eq!(fs::read(folder.path().join("a/b c/é.txt")).unwrap(), b"hello");
        assert_eq!(bucket.info("a/b c/é.txt").unwrap().etag(), info.etag());
    }

    #[test]
    fn every_kind_of_key_comes_back_and_none_escapes() {
        let (folder, bucket) = bucket();
        let inner = folder.path().join("inner");
        fs::create_dir(&inner).unwrap();
        let inner_bucket = FileBucket::open("inner", &inner, false).unwrap();
        let long = "l".repeat(400);
        let keys =
            ["co", "co/x", "co/x/y", "d/e", "d", "a//b", "../x", "..", ".", "dir/", "/lead", "nul\0", "new\nline", ".owlake/tmp", &long];
        for (i, key) in keys.iter().enumerate() {
            put(&inner_bucket, key, format!("value {i}").as_bytes());
        }
        for (i, key) in keys.iter().enumerate() {
            assert_eq!(read(&inner_bucket, key), format!("value {i}").into_bytes(), "{key:?}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing beside the bucket's folder");
        let reopened = FileBucket::open("inner", &inner, false).unwrap();
        for (i, key) in keys.iter().enumerate() {
            assert_eq!(read(&reopened, key), format!("value {i}").into_bytes(), "{key:?} after a restart");
        }
        let _ = bucket;
    }

    #[test]
    fn conditions_hold_or_refuse() {
        let (_folder, bucket) = bucket();
        assert_eq!(put_if(&bucket, "k", b"0", WriteCondition::Present).unwrap_err().kind, StorageErrorKind::NoSuchKey);
        let first = put_if(&bucket, "k", b"1", WriteCondition::Absent).unwrap();
        let refused = put_if(&bucket, "k", b"2", WriteCondition::Absent).unwrap_err();
        assert_eq!(refused.kind, StorageErrorKind::PreconditionFailed);
        let wrong = put_if(&bucket, "k", b"2", WriteCondition::Etag("0".into())).unwrap_err();
        assert_eq!(wrong.kind, StorageErrorKind::PreconditionFailed);
        assert_eq!(read(&bucket, "k"), b"1");
        put_if(&bucket, "k", b"2", WriteCondition::Etag(first.etag().to_owned())).unwrap();
        assert_eq!(read(&bucket, "k"), b"2");
        assert_eq!(fs::read_dir(bucket.temp_folder()).unwrap().count(), 0, "refused bodies leave no temporary file");
    }

    #[test]
    fn one_of_many_racing_creators_wins() {
        let (_folder, bucket) = bucket();
        let wins: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..16u8)
                .map(|i| {
                    let bucket = &bucket;
                    scope.spawn(move || usize::from(put_if(bucket, "race", &[i], WriteCondition::Absent).is_ok()))
                })
                .collect();
            threads.into_iter().map(|t| t.join().unwrap()).sum()
        });
        assert_eq!(wins, 1);
    }

    #[test]
    fn metadata_survives_tagging_and_goes_with_the_bytes() {
        let (folder, bucket) = bucket();
        put(&bucket, "k", b"1");
        bucket.update_record("k", |record| record.attributes.content_type = Some("text/csv".into())).unwrap();
        assert_eq!(bucket.info("k").unwrap().record.attributes.content_type.as_deref(), Some("text/csv"));
        fs::write(folder.path().join("k"), b"changed by hand").unwrap();
        assert_eq!(bucket.info("k").unwrap().record.attributes.content_type, None);
    }

    #[test]
    fn an_interrupted_odd_write_leaves_no_key() {
        let (folder, bucket) = bucket();
        bucket.odd.prepare("x//y", &bucket.temp_folder()).unwrap();
        let reopened = FileBucket::open("lake", folder.path(), false).unwrap();
        assert!(reopened.find("x//y").unwrap().is_none());
        put(&reopened, "x//y", b"1");
        assert_eq!(read(&reopened, "x//y"), b"1");
    }
}
