//! How does the engine see a bucket? As an `object_store` that reads the files in place.
//!
//! Small reads and writes run on the calling thread (what the page cache takes or gives takes less than handing it over), larger
//! ones, and those that wait for the disk, on a blocking thread. ETags here are [`super::file_bucket::ObjectFile::version_tag`]: no metadata file is opened.

use std::fmt;
use std::fs::File;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    Attribute, CopyMode, CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, UploadPart,
};
use owlake_engine::storage::Publication;
use parking_lot::Mutex;

use super::attributes::Attributes;
use super::error::{IoContext, StorageError, StorageErrorKind};
use super::file_bucket::{FileBucket, ObjectFile};
use super::listing::{ListItem, ListQuery, Listing};
use super::publication::Member;
use super::put::{Digests, NewObject, ObjectWriter, WriteCondition};
use super::upload;
use super::visibility::View;

/// Reads up to this size run on the calling thread.
const INLINE_READ_BYTES_MAX: u64 = 512 * 1024;

/// Objects up to this size are written on the calling thread, unless the bucket's are made durable one by one.
const INLINE_WRITE_BYTES_MAX: usize = 64 * 1024;

/// Ranges closer than this are read at once.
const COALESCE_GAP_BYTES: u64 = 64 * 1024;

/// Rows a listing begins with on the calling thread: a partition's folder is read sooner than another thread is awake.
const LIST_INLINE_ROWS: usize = 64;

/// Rows a listing fetches per visit to a blocking thread.
const LIST_BATCH_ROWS: usize = 1000;

/// Deletes in flight at once.
const DELETES_PARALLEL: usize = 8;

/// The type of an object that was given none. Ref: Amazon S3 API reference, PutObject.
const DEFAULT_CONTENT_TYPE: &str = "binary/octet-stream";

const STORE: &str = "owlake";

/// One bucket as an object store.
#[derive(Debug, Clone)]
pub struct FileObjectStore {
    bucket: Arc<FileBucket>,
    /// The instant that listings show; each its own when there is none.
    view: Option<Arc<View>>,
}

impl FileObjectStore {
    /// The store of `bucket`.
    pub fn new(bucket: Arc<FileBucket>) -> Self {
        Self { bucket, view: None }
    }

    /// The store of `bucket` with listings that show one instant.
    pub(super) fn as_of(bucket: Arc<FileBucket>, view: Arc<View>) -> Self {
        Self { bucket, view: Some(view) }
    }

    fn view(&self) -> Arc<View> {
        self.view.clone().unwrap_or_else(|| Arc::new(self.bucket.visibility.view()))
    }

    fn open(&self, location: &Path) -> Result<(File, ObjectFile)> {
        let key = location.as_ref();
        match self.bucket.open_file(key) {
            Err(e) if e.kind == StorageErrorKind::NoSuchKey => match decoded_key(key) {
                Some(decoded) => self.bucket.open_file(&decoded),
                None => Err(e),
            },
            other => other,
        }
        .map_err(engine_error)
    }

    fn find(&self, location: &Path) -> Result<ObjectFile> {
        let key = location.as_ref();
        let find = |key: &str| self.bucket.find(key).map_err(engine_error);
        let found = match find(key)? {
            None => decoded_key(key).map(|decoded| find(&decoded)).transpose()?.flatten(),
            found => found,
        };
        found.ok_or_else(|| engine_error(StorageError::no_such_key(key)))
    }
}

impl fmt::Display for FileObjectStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}", self.bucket.name())
    }
}

#[async_trait]
impl ObjectStore for FileObjectStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        let bucket = Arc::clone(&self.bucket);
        let key = location.to_string();
        let condition = condition_of(opts.mode)?;
        let is_create = condition == WriteCondition::Absent;
        let new = NewObject { attributes: attributes_of(&opts.attributes), condition, ..NewObject::default() };
        let is_small = payload.content_length() <= INLINE_WRITE_BYTES_MAX && !bucket.fsync;
        let write = move || {
            let mut writer = bucket.writer(Digests::None)?;
            for chunk in &payload {
                writer.write(chunk).about(&key, "cannot write the object")?;
            }
            bucket.commit_file(&key, writer.finish(), new, None)
        };
        let written = if is_small { write() } else { upload::blocking(write).await };
        let file = written.map_err(|e| if is_create { create_error(e) } else { engine_error(e) })?;
        Ok(PutResult { e_tag: Some(file.version_tag()), version: None })
    }

    async fn put_multipart_opts(&self, location: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        let writer = self.bucket.writer(Digests::None).map_err(engine_error)?;
        Ok(Box::new(FileUpload {
            bucket: Arc::clone(&self.bucket),
            key: location.to_string(),
            attributes: attributes_of(&opts.attributes),
            writer: Arc::new(Mutex::new(Some(writer))),
            offset: 0,
            publication: opts.extensions.get::<Publication>().cloned(),
        }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let (payload, object) = if options.head {
            (GetResultPayload::Stream(stream::empty().boxed()), self.find(location)?)
        } else {
            let (file, object) = self.open(location)?;
            (GetResultPayload::File(file, object.path.clone()), object)
        };
        let meta = meta_of(location.clone(), &object);
        options.check_preconditions(&meta)?;
        let range = match &options.range {
            Some(range) => range.as_range(meta.size).map_err(|e| Error::Generic { store: STORE, source: Box::new(e) })?,
            None => 0..meta.size,
        };
        Ok(GetResult { payload, meta, range, attributes: Default::default() })
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        if ranges.is_empty() {
            return Ok(Vec::new());
        }
        let (file, object) = self.open(location)?;
        let size = object.size();
        if let Some(bad) = ranges.iter().find(|r| r.start > r.end || r.end > size) {
            return Err(Error::Generic {
                store: STORE,
                source: format!("range {}..{} lies outside of '{location}' with {size} bytes", bad.start, bad.end).into(),
            });
        }
        let ranges = ranges.to_vec();
        let total: u64 = ranges.iter().map(|r| r.end - r.start).sum();
        let location = location.to_string();
        if total <= INLINE_READ_BYTES_MAX {
            return read_ranges(&file, &ranges).about(&location, "cannot read the object").map_err(engine_error);
        }
        upload::blocking(move || read_ranges(&file, &ranges).about(&location, "cannot read the object")).await.map_err(engine_error)
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let store = self.clone();
        locations
            .map(move |location| {
                let store = store.clone();
                async move {
                    let location = location?;
                    let path = location.clone();
                    upload::blocking(move || match store.find(&path) {
                        Ok(file) => store.bucket.delete(&file.key),
                        Err(_) => Ok(false),
                    })
                    .await
                    .map_err(engine_error)?;
                    Ok(location)
                }
            })
            .buffered(DELETES_PARALLEL)
            .boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        list_objects(Arc::clone(&self.bucket), folder_prefix(prefix), String::new(), self.view())
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        list_objects(Arc::clone(&self.bucket), folder_prefix(prefix), offset.to_string(), self.view())
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let (bucket, view) = (Arc::clone(&self.bucket), self.view());
        let query = ListQuery { prefix: folder_prefix(prefix), delimiter: Some("/".into()), start_after: String::new() };
        let items = upload::blocking(move || {
            let mut listing = Listing::as_of(bucket, query, view)?;
            let mut items = Vec::new();
            while let Some(item) = listing.next_item()? {
                items.push(item);
            }
            Ok(items)
        })
        .await
        .map_err(engine_error)?;
        let mut result = ListResult { common_prefixes: Vec::new(), objects: Vec::new() };
        for item in items {
            match item {
                ListItem::Prefix(prefix) => {
                    result.common_prefixes.extend(path_of_key(prefix.strip_suffix('/').unwrap_or(&prefix)));
                }
                ListItem::Object(file) => result.objects.extend(path_of_key(&file.key).map(|path| meta_of(path, &file))),
            }
        }
        Ok(result)
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let store = self.clone();
        let (from, to) = (from.clone(), to.to_string());
        let condition = match options.mode {
            CopyMode::Overwrite => WriteCondition::Always,
            CopyMode::Create => WriteCondition::Absent,
        };
        let is_create = condition == WriteCondition::Absent;
        let source = self.find(&from)?;
        upload::blocking(move || {
            let new = NewObject { attributes: store.bucket.describe(source.clone()).record.attributes, condition, ..NewObject::default() };
            let (mut file, _) = store.bucket.open_file(&source.key)?;
            let mut writer = store.bucket.writer(Digests::None)?;
            writer.append_file(&mut file).about(&to, "cannot copy the object")?;
            store.bucket.commit_file(&to, writer.finish(), new, None)
        })
        .await
        .map_err(|e| if is_create { create_error(e) } else { engine_error(e) })?;
        Ok(())
    }
}

/// A streamed write: parts are written at their offsets of one temporary file.
#[derive(Debug)]
struct FileUpload {
    bucket: Arc<FileBucket>,
    key: String,
    attributes: Attributes,
    writer: Arc<Mutex<Option<ObjectWriter>>>,
    offset: u64,
    /// The other files it appears with; it appears by itself when there is none.
    publication: Option<Publication>,
}

#[async_trait]
impl MultipartUpload for FileUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let mut offset = self.offset;
        self.offset += data.content_length() as u64;
        let writer = Arc::clone(&self.writer);
        let key = self.key.clone();
        async move {
            upload::blocking(move || {
                let file = match writer.lock().as_ref() {
                    Some(writer) => writer.file().try_clone().about(&key, "cannot write the object")?,
                    None => return Err(ended(&key)),
                };
                for chunk in &data {
                    write_all_at(&file, chunk, offset).about(&key, "cannot write the object")?;
                    offset += chunk.len() as u64;
                }
                Ok(())
            })
            .await
            .map_err(engine_error)
        }
        .boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let writer = self.writer.lock().take();
        let (bucket, key) = (Arc::clone(&self.bucket), self.key.clone());
        if let Some(publication) = self.publication.take() {
            let body = writer.ok_or_else(|| engine_error(ended(&key)))?.finish();
            publication.enlist(Box::new(Member { bucket, key, body }));
            return Ok(PutResult { e_tag: None, version: None });
        }
        let new = NewObject { attributes: std::mem::take(&mut self.attributes), ..NewObject::default() };
        let file = upload::blocking(move || {
            let writer = writer.ok_or_else(|| ended(&key))?;
            bucket.commit_file(&key, writer.finish(), new, None)
        })
        .await
        .map_err(engine_error)?;
        Ok(PutResult { e_tag: Some(file.version_tag()), version: None })
    }

    async fn abort(&mut self) -> Result<()> {
        self.writer.lock().take();
        Ok(())
    }
}

fn ended(key: &str) -> StorageError {
    StorageError::new(StorageErrorKind::NoSuchUpload, key, "the upload was already completed or aborted")
}

/// Reads ranges that lie within the file, joining neighbours.
fn read_ranges(file: &File, ranges: &[Range<u64>]) -> std::io::Result<Vec<Bytes>> {
    let mut order: Vec<usize> = (0..ranges.len()).collect();
    order.sort_unstable_by_key(|i| ranges.get(*i).map_or(0, |r| r.start));
    let mut results = vec![Bytes::new(); ranges.len()];
    let mut rest = order.as_slice();
    while let Some((first, _)) = rest.split_first() {
        let Some(mut span) = ranges.get(*first).cloned() else { break };
        let joined = rest
            .iter()
            .take_while(|i| {
                let Some(next) = ranges.get(**i) else { return false };
                let is_near = next.start <= span.end.saturating_add(COALESCE_GAP_BYTES);
                if is_near {
                    span.end = span.end.max(next.end);
                }
                is_near
            })
            .count();
        let mut buffer = vec![0; usize::try_from(span.end - span.start).map_err(std::io::Error::other)?];
        read_exact_at(file, &mut buffer, span.start)?;
        let buffer = Bytes::from(buffer);
        let (group, later) = rest.split_at(joined);
        for i in group {
            if let (Some(range), Some(result)) = (ranges.get(*i), results.get_mut(*i)) {
                *result = buffer.slice((range.start - span.start) as usize..(range.end - span.start) as usize);
            }
        }
        rest = later;
    }
    Ok(results)
}

#[cfg(unix)]
pub(crate) fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

#[cfg(unix)]
fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(not(unix))]
pub(crate) fn read_exact_at(mut file: &File, buffer: &mut [u8], offset: u64) -> std::io::Result<()> {
    use std::io::{Read, Seek, SeekFrom};
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(buffer)
}

#[cfg(not(unix))]
fn write_all_at(mut file: &File, bytes: &[u8], offset: u64) -> std::io::Result<()> {
    use std::io::{Seek, SeekFrom, Write};
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(bytes)
}

fn list_objects(bucket: Arc<FileBucket>, prefix: String, start_after: String, view: Arc<View>) -> BoxStream<'static, Result<ObjectMeta>> {
    enum State {
        Start(Arc<FileBucket>, ListQuery, Arc<View>),
        Running(Box<Listing>),
        End,
    }
    let start = State::Start(bucket, ListQuery { prefix, delimiter: None, start_after }, view);
    stream::try_unfold(start, |state| async move {
        if matches!(state, State::End) {
            return Ok(None);
        }
        let is_start = matches!(state, State::Start(..));
        let rows_max = if is_start { LIST_INLINE_ROWS } else { LIST_BATCH_ROWS };
        let step = move || {
            let mut listing = match state {
                State::Start(bucket, query, view) => Box::new(Listing::as_of(bucket, query, view)?),
                State::Running(listing) => listing,
                State::End => return Ok((Vec::new(), State::End)),
            };
            let mut rows = Vec::new();
            while rows.len() < rows_max {
                match listing.next_item()? {
                    Some(ListItem::Object(file)) => rows.extend(path_of_key(&file.key).map(|path| Ok(meta_of(path, &file)))),
                    Some(ListItem::Prefix(_)) => {}
                    None => return Ok((rows, State::End)),
                }
            }
            Ok((rows, State::Running(listing)))
        };
        let stepped = if is_start {
            // Whoever lists folder after folder gives way to others now and then.
            tokio::task::coop::consume_budget().await;
            step()
        } else {
            upload::blocking(step).await
        };
        let (rows, next) = stepped.map_err(engine_error)?;
        Ok::<_, Error>(Some((stream::iter(rows), next)))
    })
    .try_flatten()
    .boxed()
}

/// The text all keys in a folder start with. Paths from [`path_of_key`] may hold escapes that their keys don't.
fn folder_prefix(prefix: Option<&Path>) -> String {
    match prefix {
        Some(path) if !path.is_root() => format!("{path}/"),
        _ => String::new(),
    }
}

/// The path under which the engine sees `key`: the key itself where the path type can hold it, else with `%XX` for the
/// slashes, dots and control characters it can't. None for folder markers (`dir/`), which are no data.
fn path_of_key(key: &str) -> Option<Path> {
    if key.ends_with('/') {
        return None;
    }
    if let Ok(path) = Path::parse(key)
        && path.as_ref() == key
    {
        return Some(path);
    }
    let mut encoded = String::with_capacity(key.len() + 8);
    for (i, segment) in key.split('/').enumerate() {
        if i > 0 {
            let is_after_slash = encoded.is_empty() || encoded.ends_with('/') || encoded.ends_with("%2F");
            encoded.push_str(if is_after_slash { "%2F" } else { "/" });
        }
        match segment {
            "." => encoded.push_str("%2E"),
            ".." => encoded.push_str("%2E%2E"),
            _ => {
                for c in segment.chars() {
                    if c == '%' || c.is_ascii_control() {
                        encoded.push_str(&format!("%{:02X}", u32::from(c)));
                    } else {
                        encoded.push(c);
                    }
                }
            }
        }
    }
    Path::parse(&encoded).ok().filter(|path| path.as_ref() == encoded)
}

/// The key that [`path_of_key`] escaped, if `path` holds escapes.
fn decoded_key(path: &str) -> Option<String> {
    if !path.contains('%') {
        return None;
    }
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escape = tail.get(..2).filter(|_| *first == b'%').and_then(|digits| hex::decode(digits).ok());
        match escape {
            Some(byte) => {
                bytes.extend(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

fn meta_of(location: Path, file: &ObjectFile) -> ObjectMeta {
    ObjectMeta {
        location,
        last_modified: DateTime::<Utc>::from(file.modified()),
        size: file.size(),
        e_tag: Some(file.version_tag()),
        version: None,
    }
}

fn attributes_of(attributes: &object_store::Attributes) -> Attributes {
    let mut result = Attributes::default();
    for (attribute, value) in attributes {
        let text = value.to_string();
        if let Attribute::Metadata(name) = attribute {
            result.user.insert(name.to_ascii_lowercase(), text);
            continue;
        }
        let value = Some(text);
        match attribute {
            // What an object without a type has needs no metadata file.
            Attribute::ContentType => result.content_type = value.filter(|kind| kind != DEFAULT_CONTENT_TYPE),
            Attribute::ContentEncoding => result.content_encoding = value,
            Attribute::ContentLanguage => result.content_language = value,
            Attribute::ContentDisposition => result.content_disposition = value,
            Attribute::CacheControl => result.cache_control = value,
            Attribute::StorageClass => result.storage_class = value,
            _ => {}
        }
    }
    result
}

fn condition_of(mode: PutMode) -> Result<WriteCondition> {
    match mode {
        PutMode::Overwrite => Ok(WriteCondition::Always),
        PutMode::Create => Ok(WriteCondition::Absent),
        PutMode::Update(version) => match version.e_tag {
            Some(tag) => Ok(WriteCondition::Version(tag)),
            None => Err(Error::Generic { store: STORE, source: "an update needs the e_tag it replaces".into() }),
        },
    }
}

/// As [`engine_error`] for a write that must create: there the failed condition means that the object exists.
fn create_error(error: StorageError) -> Error {
    match error.kind {
        StorageErrorKind::PreconditionFailed => Error::AlreadyExists { path: error.subject.clone(), source: Box::new(error) },
        _ => engine_error(error),
    }
}

/// The engine's error for a storage error; the S3 endpoint has its own table.
fn engine_error(error: StorageError) -> Error {
    let path = error.subject.clone();
    match error.kind {
        StorageErrorKind::NoSuchKey | StorageErrorKind::NoSuchBucket | StorageErrorKind::NoSuchUpload => {
            Error::NotFound { path, source: Box::new(error) }
        }
        StorageErrorKind::PreconditionFailed => Error::Precondition { path, source: Box::new(error) },
        StorageErrorKind::NotModified => Error::NotModified { path, source: Box::new(error) },
        StorageErrorKind::BucketAlreadyExists => Error::AlreadyExists { path, source: Box::new(error) },
        StorageErrorKind::Unsupported => Error::NotSupported { source: Box::new(error) },
        StorageErrorKind::Io if error.source.as_ref().is_some_and(|e| e.kind() == std::io::ErrorKind::PermissionDenied) => {
            Error::PermissionDenied { path, source: Box::new(error) }
        }
        StorageErrorKind::InvalidRange
        | StorageErrorKind::BucketNotEmpty
        | StorageErrorKind::InvalidBucketName
        | StorageErrorKind::InvalidPart
        | StorageErrorKind::InvalidPartOrder
        | StorageErrorKind::EntityTooSmall
        | StorageErrorKind::KeyTooLong
        | StorageErrorKind::InvalidKey
        | StorageErrorKind::BadDigest
        | StorageErrorKind::ContentSha256Mismatch
        | StorageErrorKind::IncompleteBody
        | StorageErrorKind::InvalidBody
        | StorageErrorKind::Io => Error::Generic { store: STORE, source: Box::new(error) },
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::single_range_in_vec_init)]
mod tests {
    use object_store::{GetRange, ObjectStoreExt, UpdateVersion};

    use super::*;

    fn store() -> (tempfile::TempDir, FileObjectStore) {
        let folder = tempfile::tempdir().unwrap();
        let bucket = Arc::new(FileBucket::open("lake", folder.path(), false).unwrap());
        (folder, FileObjectStore::new(bucket))
    }

    #[tokio::test]
    async fn ranges_come_back_in_the_order_asked_whatever_their_gaps() {
        let (folder, store) = store();
        let data: Vec<u8> = (0..1_500_000u32).map(|i| (i % 251) as u8).collect();
        std::fs::write(folder.path().join("f"), &data).unwrap();
        let path = Path::from("f");
        for ranges in
            [vec![10..20u64, 5..8, 1_400_000..1_500_000, 0..0, 15..30, 700_000..700_001], vec![0..1_500_000], vec![1_499_999..1_500_000]]
        {
            let got = store.get_ranges(&path, &ranges).await.unwrap();
            for (range, bytes) in ranges.iter().zip(got) {
                assert_eq!(bytes.as_ref(), &data[range.start as usize..range.end as usize], "{range:?}");
            }
        }
        assert!(store.get_ranges(&path, &[0..1_500_001]).await.is_err());
        let suffix = GetOptions { range: Some(GetRange::Suffix(3)), ..GetOptions::default() };
        assert_eq!(store.get_opts(&path, suffix).await.unwrap().bytes().await.unwrap().as_ref(), &data[1_499_997..]);
        assert_eq!(store.head(&path).await.unwrap().size, 1_500_000);
        assert!(matches!(store.head(&Path::from("g")).await, Err(Error::NotFound { .. })));
    }

    #[tokio::test]
    async fn conditional_puts_create_once_and_update_what_was_read() {
        let (_folder, store) = store();
        let path = Path::from("a/b");
        let create = || PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        let first = store.put_opts(&path, "1".into(), create()).await.unwrap();
        assert!(matches!(store.put_opts(&path, "2".into(), create()).await, Err(Error::AlreadyExists { .. })));
        let update = |tag: &Option<String>| PutOptions {
            mode: PutMode::Update(UpdateVersion { e_tag: tag.clone(), version: None }),
            ..PutOptions::default()
        };
        store.put_opts(&path, "22".into(), update(&first.e_tag)).await.unwrap();
        let stale = store.put_opts(&path, "3".into(), update(&first.e_tag)).await;
        assert!(matches!(stale, Err(Error::Precondition { .. })));
        assert_eq!(store.get(&path).await.unwrap().bytes().await.unwrap().as_ref(), b"22");
    }

    #[tokio::test]
    async fn streamed_writes_appear_whole_or_not_at_all() {
        let (folder, store) = store();
        let path = Path::from("out/part-0");
        let mut upload = store.put_multipart(&path).await.unwrap();
        let parts = [upload.put_part("one,".into()), upload.put_part("two,".into()), upload.put_part("three".into())];
        let [one, two, three] = parts;
        three.await.unwrap();
        one.await.unwrap();
        two.await.unwrap();
        assert!(!folder.path().join("out").exists());
        upload.complete().await.unwrap();
        assert_eq!(std::fs::read(folder.path().join("out/part-0")).unwrap(), b"one,two,three");
        let mut aborted = store.put_multipart(&Path::from("x")).await.unwrap();
        aborted.put_part("1".into()).await.unwrap();
        aborted.abort().await.unwrap();
        drop(aborted);
        assert_eq!(std::fs::read_dir(folder.path().join(".owlake/tmp")).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn odd_keys_are_listed_under_paths_that_read_them_back() {
        let (_folder, store) = store();
        let keys = ["a//b", "../x", "a/./b", "/lead", "p%2Fq", "new\nline", "c/d", "dt=2024-01-01/ü b.parquet"];
        for key in keys {
            let mut writer = store.bucket.writer(Digests::None).unwrap();
            writer.write(key.as_bytes()).unwrap();
            store.bucket.commit(key, writer.finish(), NewObject::default(), None).unwrap();
        }
        let listed: Vec<ObjectMeta> = store.list(None).try_collect().await.unwrap();
        assert_eq!(listed.len(), keys.len());
        let mut seen = Vec::new();
        for meta in listed {
            let bytes = store.get(&meta.location).await.unwrap().bytes().await.unwrap();
            assert_eq!(meta.size, bytes.len() as u64);
            seen.push(String::from_utf8(bytes.to_vec()).unwrap());
        }
        seen.sort_unstable();
        let mut expected = keys.map(str::to_owned);
        expected.sort_unstable();
        assert_eq!(seen, expected);
        let folder = store.list_with_delimiter(Some(&Path::from("c"))).await.unwrap();
        assert_eq!(folder.objects.len(), 1);
    }
}
