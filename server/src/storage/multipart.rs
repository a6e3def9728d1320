//! How do parts become one object? Each upload is a folder under `.owlake/uploads/` that survives a restart.
//!
//! Ref: Amazon S3 user guide, "Uploading and copying objects using multipart upload" and its limits.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::time::SystemTime;

use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::attributes::{Attributes, Tags};
use super::checksum::{self, Checksum, ChecksumAlgorithm, ChecksumCoverage};
use super::error::{IoContext, Result, StorageError, StorageErrorKind};
use super::file_bucket::{FileBucket, ObjectInfo};
use super::key_path;
use super::put::{BodyIdentity, Digests, NewObject, WriteCondition, WrittenBody, unix_ms};
use super::sidecar::{self, PartRecord};

/// Highest part number. Ref: Amazon S3 user guide, "Amazon S3 multipart upload limits".
pub const PART_NUMBER_MAX: u32 = 10_000;

/// Least size of every part but the last. Ref: as above.
pub const PART_BYTES_MIN: u64 = 5 * 1024 * 1024;

const UPLOAD_FILE: &str = "upload.json";

/// An upload that was created and not yet completed or aborted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Upload {
    /// Its id.
    pub id: String,
    /// The key it will become.
    pub key: String,
    /// When it was created, ms since 1970-01-01 UTC.
    pub initiated_ms: i64,
    /// Headers of the object.
    pub attributes: Attributes,
    /// Tags of the object.
    pub tags: Tags,
    /// Checksum algorithm of its parts and of the object.
    pub checksum_algorithm: Option<ChecksumAlgorithm>,
    /// What the object's checksum will cover.
    pub checksum_coverage: Option<ChecksumCoverage>,
}

/// A part that was received.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Part {
    /// 1–10000.
    pub number: u32,
    /// Size in bytes.
    pub size: u64,
    /// MD5 in hex, without quotes.
    pub etag: String,
    /// The checksum of the upload's algorithm, or the one the client sent.
    pub checksum: Option<Checksum>,
    /// When it was received, ms since 1970-01-01 UTC.
    pub modified_ms: i64,
    file: String,
}

/// A part as the completing client names it.
#[derive(Debug, Clone)]
pub struct CompletedPart {
    /// 1–10000.
    pub number: u32,
    /// ETag without quotes.
    pub etag: String,
    /// Base64 checksum, if the client repeats it.
    pub checksum: Option<String>,
}

impl FileBucket {
    /// Creates an upload of `key`.
    pub fn create_upload(
        &self,
        key: &str,
        attributes: Attributes,
        tags: Tags,
        checksum: Option<(ChecksumAlgorithm, ChecksumCoverage)>,
    ) -> Result<Upload> {
        key_path::check(key)?;
        let upload = Upload {
            id: Uuid::new_v4().simple().to_string(),
            key: key.to_owned(),
            initiated_ms: unix_ms(SystemTime::now()),
            attributes,
            tags,
            checksum_algorithm: checksum.map(|c| c.0),
            checksum_coverage: checksum.map(|c| c.1),
        };
        let bytes = serde_json::to_vec(&upload).map_err(io::Error::other);
        bytes
            .and_then(|bytes| sidecar::replace_file(&self.upload_folder(&upload.id).join(UPLOAD_FILE), &self.temp_folder(), &bytes))
            .about(key, "cannot store the multipart upload")?;
        Ok(upload)
    }

    /// The upload `id` of `key`; `NoSuchUpload` if there is none.
    pub fn upload(&self, key: &str, id: &str) -> Result<Upload> {
        let absent = || {
            StorageError::new(
                StorageErrorKind::NoSuchUpload,
                id,
                "the specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed",
            )
        };
        if id.len() != 32 || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(absent());
        }
        let bytes = fs::read(self.upload_folder(id).join(UPLOAD_FILE)).map_err(|_| absent())?;
        let upload: Upload = serde_json::from_slice(&bytes).map_err(|_| absent())?;
        if upload.key == key { Ok(upload) } else { Err(absent()) }
    }

    /// Stores a written body as part `number`, replacing an earlier one of that number.
    pub fn put_part(&self, upload: &Upload, number: u32, body: WrittenBody) -> Result<Part> {
        if number == 0 || number > PART_NUMBER_MAX {
            return Err(StorageError::new(
                StorageErrorKind::InvalidPart,
                number.to_string(),
                "part number must be an integer between 1 and 10000, inclusive",
            ));
        }
        let folder = self.upload_folder(&upload.id);
        let replaced = self.load_part(&folder.join(part_file(number))).ok();
        let part = Part {
            number,
            size: body.size,
            etag: body.md5.clone().unwrap_or_default(),
            checksum: body.checksums.into_iter().next(),
            modified_ms: unix_ms(SystemTime::now()),
            file: format!("{}.data", Uuid::new_v4().simple()),
        };
        body.temp.persist(folder.join(&part.file)).map_err(|e| StorageError::io(&upload.key, "cannot store the part", e.error))?;
        let bytes = serde_json::to_vec(&part).map_err(io::Error::other);
        bytes
            .and_then(|bytes| sidecar::replace_file(&folder.join(part_file(number)), &self.temp_folder(), &bytes))
            .about(&upload.key, "cannot store the part")?;
        if let Some(replaced) = replaced {
            let _ = fs::remove_file(folder.join(replaced.file));
        }
        Ok(part)
    }

    /// The parts received, by number.
    pub fn parts(&self, upload: &Upload) -> Result<BTreeMap<u32, Part>> {
        let folder = self.upload_folder(&upload.id);
        let mut parts = BTreeMap::new();
        for entry in fs::read_dir(&folder).about(&upload.id, "cannot list the parts")? {
            let path = entry.about(&upload.id, "cannot list the parts")?.path();
            let is_part = path.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.starts_with("part-"));
            if is_part && let Ok(part) = self.load_part(&path) {
                parts.insert(part.number, part);
            }
        }
        Ok(parts)
    }

    /// All uploads in progress, by key and then id.
    pub fn uploads(&self) -> Result<Vec<Upload>> {
        let dir = match fs::read_dir(self.side().join("uploads")) {
            Ok(dir) => dir,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(StorageError::io(&self.name, "cannot list the multipart uploads", e)),
        };
        let mut uploads: Vec<Upload> = dir
            .filter_map(|entry| fs::read(entry.ok()?.path().join(UPLOAD_FILE)).ok())
            .filter_map(|bytes| serde_json::from_slice(&bytes).ok())
            .collect();
        uploads.sort_unstable_by(|a, b| (&a.key, &a.id).cmp(&(&b.key, &b.id)));
        Ok(uploads)
    }

    /// Joins the named parts into the object and ends the upload.
    ///
    /// Errors: `InvalidPart`, `InvalidPartOrder`, `EntityTooSmall`, `PreconditionFailed`, `BadDigest` when `expected`
    /// differs from the object's checksum.
    pub fn complete_upload(
        &self,
        upload: &Upload,
        named: &[CompletedPart],
        condition: WriteCondition,
        expected: Option<&Checksum>,
    ) -> Result<ObjectInfo> {
        let parts = self.check_named_parts(upload, named)?;
        let mut etags = Md5::new();
        for part in &parts {
            etags.update(hex::decode(&part.etag).unwrap_or_default());
        }
        let checksum = object_checksum(upload, &parts);
        if let (Some(expected), Some(checksum)) = (expected, &checksum)
            && expected.algorithm == checksum.algorithm
            && expected.value.split('-').next() != checksum.value.split('-').next()
        {
            return Err(StorageError::new(
                StorageErrorKind::BadDigest,
                &upload.key,
                "the checksum you specified did not match the calculated checksum",
            ));
        }
        let identity = BodyIdentity {
            etag: format!("{}-{}", hex::encode(etags.finalize()), parts.len()),
            checksum,
            parts: parts
                .iter()
                .map(|p| PartRecord { number: p.number, size: p.size, checksum: p.checksum.as_ref().map(|c| c.value.clone()) })
                .collect(),
        };
        let body = self.join_parts(upload, &parts)?;
        let new = NewObject { attributes: upload.attributes.clone(), tags: upload.tags.clone(), condition };
        let info = self.commit(&upload.key, body, new, Some(identity))?;
        self.abort_upload(upload)?;
        Ok(info)
    }

    /// Ends an upload and forgets its parts.
    pub fn abort_upload(&self, upload: &Upload) -> Result<()> {
        match fs::remove_dir_all(self.upload_folder(&upload.id)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e).about(&upload.id, "cannot remove the multipart upload"),
            _ => Ok(()),
        }
    }

    /// Removes folders of uploads that a kill cut off before they were uploads, and data files of parts that never became parts.
    pub(super) fn remove_unfinished_uploads(&self) {
        let Ok(folders) = fs::read_dir(self.side().join("uploads")) else { return };
        for folder in folders.filter_map(|entry| Some(entry.ok()?.path())) {
            if !folder.join(UPLOAD_FILE).is_file() {
                let _ = fs::remove_dir_all(&folder);
                continue;
            }
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            let (data, parts): (Vec<PathBuf>, Vec<PathBuf>) =
                entries.filter_map(|entry| Some(entry.ok()?.path())).partition(|path| path.extension().is_some_and(|e| e == "data"));
            let used: Vec<String> = parts.iter().filter_map(|path| Some(self.load_part(path).ok()?.file)).collect();
            for path in data {
                if !path.file_name().and_then(|name| name.to_str()).is_some_and(|name| used.iter().any(|used| used == name)) {
                    let _ = fs::remove_file(path);
                }
            }
        }
    }

    fn check_named_parts(&self, upload: &Upload, named: &[CompletedPart]) -> Result<Vec<Part>> {
        let invalid = |text: &'static str| StorageError::new(StorageErrorKind::InvalidPart, &upload.key, text);
        if named.is_empty() {
            return Err(invalid("you must specify at least one part"));
        }
        if named.iter().zip(named.iter().skip(1)).any(|(a, b)| a.number >= b.number) {
            return Err(StorageError::new(
                StorageErrorKind::InvalidPartOrder,
                &upload.key,
                "the list of parts was not in ascending order. Parts must be ordered by part number",
            ));
        }
        let mut received = self.parts(upload)?;
        let mut parts = Vec::with_capacity(named.len());
        for name in named {
            let part = received.remove(&name.number).filter(|part| part.etag == name.etag).ok_or_else(|| {
                invalid("one or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag")
            })?;
            if let (Some(named), Some(checksum)) = (&name.checksum, &part.checksum)
                && *named != checksum.value
            {
                return Err(invalid("one or more of the specified parts has another checksum"));
            }
            parts.push(part);
        }
        if parts.iter().rev().skip(1).any(|part| part.size < PART_BYTES_MIN) {
            return Err(StorageError::new(
                StorageErrorKind::EntityTooSmall,
                &upload.key,
                "your proposed upload is smaller than the minimum allowed size",
            ));
        }
        Ok(parts)
    }

    fn join_parts(&self, upload: &Upload, parts: &[Part]) -> Result<WrittenBody> {
        let folder = self.upload_folder(&upload.id);
        let mut writer = self.writer(Digests::None)?;
        for part in parts {
            File::open(folder.join(&part.file))
                .and_then(|mut file| writer.append_file(&mut file))
                .about(&upload.key, "cannot join the parts")?;
        }
        Ok(writer.finish())
    }

    fn load_part(&self, path: &std::path::Path) -> io::Result<Part> {
        serde_json::from_slice(&fs::read(path)?).map_err(io::Error::other)
    }

    fn upload_folder(&self, id: &str) -> PathBuf {
        self.side().join("uploads").join(id)
    }
}

fn part_file(number: u32) -> String {
    format!("part-{number:05}.json")
}

/// The object's checksum from its parts, if all of them have one. An upload that names no algorithm has the one S3 computes by itself.
fn object_checksum(upload: &Upload, parts: &[Part]) -> Option<Checksum> {
    let algorithm = upload.checksum_algorithm.unwrap_or(ChecksumAlgorithm::Crc64nvme);
    let coverage = upload.checksum_coverage.unwrap_or_else(|| algorithm.default_multipart_coverage());
    let values: Vec<_> = parts
        .iter()
        .map(|part| {
            let checksum = part.checksum.as_ref().filter(|c| c.algorithm == algorithm);
            (checksum.map(|c| c.value.as_str()), part.size)
        })
        .collect();
    checksum::combine(algorithm, coverage, &values)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn bucket() -> (tempfile::TempDir, FileBucket) {
        let folder = tempfile::tempdir().unwrap();
        let bucket = FileBucket::open("lake", folder.path(), false).unwrap();
        (folder, bucket)
    }

    fn part(bucket: &FileBucket, upload: &Upload, number: u32, data: &[u8]) -> CompletedPart {
        let mut writer = bucket.writer(Digests::Md5And(&[ChecksumAlgorithm::Crc32])).unwrap();
        writer.write(data).unwrap();
        let part = bucket.put_part(upload, number, writer.finish()).unwrap();
        CompletedPart { number, etag: part.etag, checksum: None }
    }

    fn begin(bucket: &FileBucket) -> Upload {
        let checksum = Some((ChecksumAlgorithm::Crc32, ChecksumCoverage::FullObject));
        bucket.create_upload("big", Attributes::default(), Tags::default(), checksum).unwrap()
    }

    #[test]
    fn parts_in_any_order_overwritten_and_over_a_restart_make_the_object() {
        let (folder, bucket) = bucket();
        let upload = begin(&bucket);
        let big = vec![7u8; PART_BYTES_MIN as usize];
        let last = part(&bucket, &upload, 9, b"tail");
        part(&bucket, &upload, 2, b"replaced");
        let first = part(&bucket, &upload, 2, &big);
        let bucket = FileBucket::open("lake", folder.path(), false).unwrap();
        let upload = bucket.upload("big", &upload.id).unwrap();
        let info = bucket.complete_upload(&upload, &[first, last], WriteCondition::Always, None).unwrap();
        assert_eq!(info.file.size(), PART_BYTES_MIN + 4);
        let md5s = [Md5::digest(&big), Md5::digest(b"tail")].concat();
        assert_eq!(info.etag(), format!("{}-2", hex::encode(Md5::digest(md5s))));
        let mut whole = checksum::Hasher::new(ChecksumAlgorithm::Crc32);
        whole.update(&big);
        whole.update(b"tail");
        assert_eq!(info.record.checksum, Some(whole.finish()));
        assert_eq!(bucket.upload("big", &upload.id).unwrap_err().kind, StorageErrorKind::NoSuchUpload);
    }

    #[test]
    fn bad_completions_are_refused_by_kind_and_can_be_retried() {
        let (_folder, bucket) = bucket();
        let upload = begin(&bucket);
        let one = part(&bucket, &upload, 1, b"small");
        let two = part(&bucket, &upload, 2, b"tail");
        let complete = |parts: &[CompletedPart]| bucket.complete_upload(&upload, parts, WriteCondition::Always, None).map_err(|e| e.kind);
        let wrong = CompletedPart { etag: "0".repeat(32), ..one.clone() };
        assert_eq!(complete(&[wrong]).unwrap_err(), StorageErrorKind::InvalidPart);
        assert_eq!(complete(&[two.clone(), one.clone()]).unwrap_err(), StorageErrorKind::InvalidPartOrder);
        assert_eq!(complete(&[one.clone(), two]).unwrap_err(), StorageErrorKind::EntityTooSmall);
        assert_eq!(complete(&[]).unwrap_err(), StorageErrorKind::InvalidPart);
        assert!(complete(&[one]).is_ok());
        assert_eq!(bucket.upload("big", "../../x").unwrap_err().kind, StorageErrorKind::NoSuchUpload);
    }
}
