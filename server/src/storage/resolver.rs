//! Which root or remote store does a bucket name stand for? Embedded folder, configured folder, or an S3-compatible store.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use object_store::ObjectStore;
use object_store::aws::AmazonS3Builder;
use parking_lot::{Mutex, RwLock};
use serde::{Deserialize, Serialize};

use super::attributes::Tags;
use super::bucket_name;
use super::error::{IoContext, Result, StorageError, StorageErrorKind};
use super::file_bucket::FileBucket;
use super::key_path::SIDE_FOLDER;
use super::object_store::FileObjectStore;
use super::publication::Pending;
use super::put::unix_ms;
use super::sidecar;
use super::visibility::Visibility;

/// What a configured bucket name stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BucketTarget {
    /// The folder of that name in the data folder, as for names that are not configured.
    Embedded,
    /// A local folder elsewhere.
    Folder {
        /// The folder; its files are the objects.
        path: PathBuf,
    },
    /// A bucket in an S3-compatible store.
    S3(RemoteBucket),
}

/// A bucket in an S3-compatible store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteBucket {
    /// The bucket's name there.
    pub bucket: String,
    /// URL of the store; none for AWS itself.
    pub endpoint: Option<String>,
    /// Region.
    pub region: String,
    /// Access key id; none for unsigned requests.
    pub access_key: Option<String>,
    /// Secret access key.
    pub secret_key: Option<String>,
    /// Bucket in the path rather than in the host name.
    pub path_style: bool,
}

/// How the storage is set up.
#[derive(Debug, Clone)]
pub struct StorageOptions {
    /// Folder of the embedded buckets, `<data folder>/buckets`; created if missing.
    pub buckets_folder: PathBuf,
    /// Buckets that are not embedded ones.
    pub targets: BTreeMap<String, BucketTarget>,
    /// Whether an acknowledged object survives a power cut.
    pub fsync: bool,
}

/// A bucket in a listing of buckets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketInfo {
    /// Name.
    pub name: String,
    /// When it was created, ms since 1970-01-01 UTC.
    pub created_ms: i64,
    /// Region given at creation.
    pub region: Option<String>,
    /// Tags.
    pub tags: Tags,
}

/// The file `.owlake/bucket.json`.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct BucketFile {
    created_ms: i64,
    region: Option<String>,
    tags: Tags,
}

/// All buckets. Opening is lazy; a folder made by hand is a bucket at once.
#[derive(Debug)]
pub struct Storage {
    pub(super) options: StorageOptions,
    open: RwLock<HashMap<String, OpenBucket>>,
    pub(super) visibility: Arc<Visibility>,
    /// What a killed process had decided on and the catalog is still to be told.
    pub(super) pending: Mutex<Vec<Pending>>,
}

#[derive(Debug, Clone)]
struct OpenBucket {
    /// None for a remote store.
    files: Option<Arc<FileBucket>>,
    objects: Arc<dyn ObjectStore>,
}

impl Storage {
    /// Creates the folder of buckets if needed, ends what a killed process had decided on, and cleans up the rest of what it left.
    /// The catalog is to be told by [`Self::settle`].
    pub fn open(options: StorageOptions) -> Result<Self> {
        let folder = options.buckets_folder.display().to_string();
        fs::create_dir_all(&options.buckets_folder).about(&folder, "cannot create the folder of buckets")?;
        let storage = Self { options, open: RwLock::default(), visibility: Arc::default(), pending: Mutex::default() };
        *storage.pending.lock() = storage.recover()?;
        for bucket in storage.buckets()? {
            if let Err(error) = storage.resolve(&bucket.name) {
                tracing::warn!(bucket = bucket.name, %error, "cannot open the bucket");
            }
        }
        Ok(storage)
    }

    /// The bucket `name` on this machine. `NoSuchBucket` if there is none, `Unsupported` if it is a remote one.
    pub fn bucket(&self, name: &str) -> Result<Arc<FileBucket>> {
        self.resolve(name)?.files.ok_or_else(|| {
            StorageError::new(StorageErrorKind::Unsupported, name, "the bucket is kept in an external store; send S3 requests for it there")
        })
    }

    /// The bucket `name` as the engine reads and writes it, wherever it is.
    pub fn object_store(&self, name: &str) -> Result<Arc<dyn ObjectStore>> {
        Ok(self.resolve(name)?.objects)
    }

    /// All buckets by name.
    pub fn buckets(&self) -> Result<Vec<BucketInfo>> {
        let folder = &self.options.buckets_folder;
        let mut names: Vec<String> = self.options.targets.keys().cloned().collect();
        for entry in fs::read_dir(folder).about(&folder.display().to_string(), "cannot list the buckets")? {
            let path = entry.about(&folder.display().to_string(), "cannot list the buckets")?.path();
            let name = path.file_name().and_then(|n| n.to_str()).filter(|n| bucket_name::is_valid(n));
            if let Some(name) = name
                && path.is_dir()
            {
                names.push(name.to_owned());
            }
        }
        names.sort_unstable();
        names.dedup();
        Ok(names.into_iter().filter_map(|name| self.bucket_info(&name).ok()).collect())
    }

    /// One bucket; `NoSuchBucket` if it does not exist.
    pub fn bucket_info(&self, name: &str) -> Result<BucketInfo> {
        let Some(root) = self.folder_of(name) else {
            return Ok(BucketInfo { name: name.to_owned(), created_ms: 0, region: None, tags: Tags::new() });
        };
        let metadata = fs::metadata(&root).ok().filter(|m| m.is_dir()).ok_or_else(|| StorageError::no_such_bucket(name))?;
        let mut file = read_bucket_file(&root);
        if file.created_ms == 0 {
            file.created_ms = metadata.created().or_else(|_| metadata.modified()).map_or(0, unix_ms);
        }
        Ok(BucketInfo { name: name.to_owned(), created_ms: file.created_ms, region: file.region, tags: file.tags })
    }

    /// Creates an embedded bucket. Errors: `InvalidBucketName`, `BucketAlreadyExists`.
    pub fn create_bucket(&self, name: &str, region: Option<&str>) -> Result<()> {
        bucket_name::check(name)?;
        let exists = || StorageError::new(StorageErrorKind::BucketAlreadyExists, name, "the requested bucket already exists");
        if !matches!(self.options.targets.get(name), None | Some(BucketTarget::Embedded)) {
            return Err(exists());
        }
        let root = self.options.buckets_folder.join(name);
        // Held so that nobody opens the bucket, and clears its temporary files, while it is half made.
        let _nobody_opens = self.open.write();
        match fs::create_dir(&root) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => return Err(exists()),
            Err(e) => return Err(StorageError::io(name, "cannot create the bucket", e)),
        }
        let created_ms = unix_ms(SystemTime::now());
        write_bucket_file(&root, &BucketFile { created_ms, region: region.map(Into::into), tags: Tags::new() })
            .about(name, "cannot create the bucket")
    }

    /// Deletes an empty embedded bucket. Errors: `NoSuchBucket`, `BucketNotEmpty`, `Unsupported` for a configured one.
    pub fn delete_bucket(&self, name: &str) -> Result<()> {
        if !matches!(self.options.targets.get(name), None | Some(BucketTarget::Embedded)) {
            return Err(StorageError::new(
                StorageErrorKind::Unsupported,
                name,
                "the bucket is configured; remove it from the configuration instead",
            ));
        }
        let bucket = self.bucket(name)?;
        let _commit = bucket.commit.lock();
        if !bucket.is_empty()? {
            return Err(StorageError::new(StorageErrorKind::BucketNotEmpty, name, "the bucket you tried to delete is not empty"));
        }
        let mut open = self.open.write();
        open.remove(name);
        fs::remove_dir_all(self.options.buckets_folder.join(name)).about(name, "cannot delete the bucket")
    }

    /// Replaces the tags of a bucket on this machine.
    pub fn set_bucket_tags(&self, name: &str, tags: Tags) -> Result<()> {
        let bucket = self.bucket(name)?;
        let created_ms = self.bucket_info(name)?.created_ms;
        let file = BucketFile { created_ms, tags, ..read_bucket_file(bucket.root()) };
        write_bucket_file(bucket.root(), &file).about(name, "cannot store the bucket's tags")
    }

    /// The external bucket a name stands for; none for one on this machine.
    pub fn remote(&self, name: &str) -> Option<&RemoteBucket> {
        match self.options.targets.get(name) {
            Some(BucketTarget::S3(remote)) => Some(remote),
            _ => None,
        }
    }

    /// The folder a bucket name stands for; none for a remote store.
    pub(super) fn folder_of(&self, name: &str) -> Option<PathBuf> {
        match self.options.targets.get(name) {
            None | Some(BucketTarget::Embedded) => Some(self.options.buckets_folder.join(name)),
            Some(BucketTarget::Folder { path }) => Some(path.clone()),
            Some(BucketTarget::S3(_)) => None,
        }
    }

    /// The folder of journals; its name is no bucket's.
    pub(super) fn commits_folder(&self) -> PathBuf {
        self.options.buckets_folder.join(SIDE_FOLDER).join("commits")
    }

    fn resolve(&self, name: &str) -> Result<OpenBucket> {
        let folder = self.folder_of(name);
        if let Some(open) = self.open.read().get(name)
            && folder.as_ref().is_none_or(|root| root.is_dir())
        {
            return Ok(open.clone());
        }
        // Only a valid name is ever joined to a folder.
        if !bucket_name::is_valid(name) && !self.options.targets.contains_key(name) {
            return Err(StorageError::no_such_bucket(name));
        }
        let mut buckets = self.open.write();
        if let Some(open) = buckets.get(name)
            && folder.as_ref().is_none_or(|root| root.is_dir())
        {
            return Ok(open.clone());
        }
        buckets.remove(name);
        let open = match folder {
            Some(root) => {
                let files = Arc::new(FileBucket::open(name, &root, self.options.fsync)?.with_visibility(Arc::clone(&self.visibility)));
                OpenBucket { objects: Arc::new(FileObjectStore::new(Arc::clone(&files))), files: Some(files) }
            }
            None => OpenBucket { files: None, objects: self.remote_store(name)? },
        };
        buckets.insert(name.to_owned(), open.clone());
        Ok(open)
    }

    fn remote_store(&self, name: &str) -> Result<Arc<dyn ObjectStore>> {
        let Some(RemoteBucket { bucket, endpoint, region, access_key, secret_key, path_style }) = self.remote(name) else {
            return Err(StorageError::no_such_bucket(name));
        };
        let mut builder =
            AmazonS3Builder::new().with_bucket_name(bucket).with_region(region).with_virtual_hosted_style_request(!path_style);
        if let Some(endpoint) = endpoint {
            builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
        }
        builder = match (access_key, secret_key) {
            (Some(access_key), Some(secret_key)) => builder.with_access_key_id(access_key).with_secret_access_key(secret_key),
            _ => builder.with_skip_signature(true),
        };
        let store = builder.build().map_err(|e| StorageError::io(name, "cannot set up the external store", io::Error::other(e)))?;
        Ok(Arc::new(store))
    }
}

fn read_bucket_file(root: &Path) -> BucketFile {
    fs::read(root.join(SIDE_FOLDER).join("bucket.json")).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

fn write_bucket_file(root: &Path, file: &BucketFile) -> io::Result<()> {
    let side = root.join(SIDE_FOLDER);
    let bytes = serde_json::to_vec_pretty(file).map_err(io::Error::other)?;
    sidecar::replace_file(&side.join("bucket.json"), &side.join("tmp"), &bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn storage(targets: BTreeMap<String, BucketTarget>) -> (tempfile::TempDir, Storage) {
        let folder = tempfile::tempdir().unwrap();
        let options = StorageOptions { buckets_folder: folder.path().join("buckets"), targets, fsync: false };
        let storage = Storage::open(options).unwrap();
        (folder, storage)
    }

    #[test]
    fn one_of_many_makes_the_bucket_and_the_others_find_it() {
        let (_folder, storage) = storage(BTreeMap::new());
        for round in 0..50 {
            let name = format!("lake-{round}");
            let make = || match storage.create_bucket(&name, None) {
                Err(error) if error.kind == StorageErrorKind::BucketAlreadyExists => storage.bucket(&name).map(|_| 0),
                made => made.map(|()| 1),
            };
            let made: u32 = std::thread::scope(|scope| {
                let makers: Vec<_> = (0..4).map(|_| scope.spawn(make)).collect();
                makers.into_iter().map(|maker| maker.join().unwrap().unwrap()).sum()
            });
            assert_eq!(made, 1, "{name}");
        }
    }

    #[test]
    fn buckets_come_and_go() {
        let (folder, storage) = storage(BTreeMap::new());
        assert_eq!(storage.bucket("lake").unwrap_err().kind, StorageErrorKind::NoSuchBucket);
        storage.create_bucket("lake", Some("eu-west-1")).unwrap();
        assert_eq!(storage.create_bucket("lake", None).unwrap_err().kind, StorageErrorKind::BucketAlreadyExists);
        assert_eq!(storage.create_bucket("No", None).unwrap_err().kind, StorageErrorKind::InvalidBucketName);
        assert_eq!(storage.bucket_info("lake").unwrap().region.as_deref(), Some("eu-west-1"));
        fs::write(folder.path().join("buckets/lake/x"), b"1").unwrap();
        assert_eq!(storage.delete_bucket("lake").unwrap_err().kind, StorageErrorKind::BucketNotEmpty);
        fs::remove_file(folder.path().join("buckets/lake/x")).unwrap();
        storage.delete_bucket("lake").unwrap();
        assert_eq!(storage.object_store("lake").unwrap_err().kind, StorageErrorKind::NoSuchBucket);
        assert_eq!(storage.bucket("../buckets").unwrap_err().kind, StorageErrorKind::NoSuchBucket);
    }

    #[test]
    fn folders_made_by_hand_and_configured_ones_are_buckets() {
        let elsewhere = tempfile::tempdir().unwrap();
        fs::write(elsewhere.path().join("f"), b"1").unwrap();
        let target = BucketTarget::Folder { path: elsewhere.path().to_owned() };
        let (folder, storage) = storage([("outside".to_owned(), target)].into());
        fs::create_dir(folder.path().join("buckets/by-hand")).unwrap();
        let names: Vec<_> = storage.buckets().unwrap().into_iter().map(|b| b.name).collect();
        assert_eq!(names, ["by-hand", "outside"]);
        assert_eq!(storage.bucket("outside").unwrap().info("f").unwrap().file.size(), 1);
        assert_eq!(storage.delete_bucket("outside").unwrap_err().kind, StorageErrorKind::Unsupported);
        fs::remove_dir(folder.path().join("buckets/by-hand")).unwrap();
        assert!(storage.bucket("by-hand").is_err());
    }
}
