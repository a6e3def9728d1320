//! What does a statement say when the store under it fails? Each step of reading and writing, by name.
//!
//! basis: Trino 401 `HiveErrorCode`: what `BackgroundHiveSplitLoader` and the Hive page sinks give for a failing file system.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions,
    PutPayload, PutResult, Result, UploadPart,
};
use owlake_catalog::{Catalog, Column, DatabaseDefinition, DatabaseName, MemoryCatalog, TableName};
use owlake_engine::engine::{Engine, EngineConfig};
use owlake_engine::storage::{BucketError, BucketResolver};

use crate::lake::{self, FixedClock};

/// The step that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    List,
    Open,
    Write,
    Close,
}

fn failure<T>() -> Result<T> {
    Err(Error::Generic { store: "failing", source: "the disk is gone".into() })
}

/// A store in memory that fails at one step.
#[derive(Debug)]
struct FailingStore {
    inner: InMemory,
    step: Step,
}

impl fmt::Display for FailingStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failing at {:?}", self.step)
    }
}

#[async_trait]
impl ObjectStore for FailingStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.inner.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(&self, location: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        if self.step == Step::Open {
            return failure();
        }
        let upload = self.inner.put_multipart_opts(location, options).await?;
        Ok(Box::new(FailingUpload { upload, step: self.step }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        if self.step == Step::List { stream::once(async { failure() }).boxed() } else { self.inner.list(prefix) }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

#[derive(Debug)]
struct FailingUpload {
    upload: Box<dyn MultipartUpload>,
    step: Step,
}

#[async_trait]
impl MultipartUpload for FailingUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        if self.step == Step::Write { async { failure() }.boxed() } else { self.upload.put_part(data) }
    }

    async fn complete(&mut self) -> Result<PutResult> {
        if self.step == Step::Close { failure() } else { self.upload.complete().await }
    }

    async fn abort(&mut self) -> Result<()> {
        self.upload.abort().await
    }
}

#[derive(Debug)]
struct OneBucket(Arc<FailingStore>);

impl BucketResolver for OneBucket {
    fn object_store(&self, bucket: &str) -> std::result::Result<Arc<dyn ObjectStore>, BucketError> {
        match bucket {
            "lake" => Ok(self.0.clone()),
            _ => Err(BucketError::NoSuchBucket { bucket: bucket.to_owned() }),
        }
    }
}

/// An engine with the table `d.t` of one integer in a bucket that fails at `step`, and one at no S3 location.
fn engine(step: Step) -> Engine {
    let catalog = MemoryCatalog::new(Arc::new(FixedClock));
    let database = DatabaseName::parse("d").unwrap();
    catalog.create_database(&database, DatabaseDefinition::default()).unwrap();
    for (name, location) in [("t", "s3://lake/t"), ("nowhere", "hdfs://cluster/t")] {
        let table = lake::parquet_table(vec![Column::new("n", "int")], location);
        catalog.create_table(&database, &TableName::parse(name).unwrap(), table).unwrap();
    }
    let config = EngineConfig { memory_bytes_max: 1 << 30, target_partitions: 2, spill_dir: std::env::temp_dir() };
    let store = Arc::new(FailingStore { inner: InMemory::new(), step });
    Engine::new(Arc::new(catalog), Arc::new(OneBucket(store)), config).unwrap()
}

#[tokio::test]
async fn a_failing_store_fails_statements_by_name() {
    for (step, sql, name) in [
        (Step::List, "SELECT n FROM t", "HIVE_FILESYSTEM_ERROR"),
        (Step::Close, "SELECT n FROM nowhere", "HIVE_METASTORE_ERROR"),
        (Step::Open, "INSERT INTO t VALUES 1", "HIVE_WRITER_OPEN_ERROR"),
        (Step::Write, "INSERT INTO t VALUES 1", "HIVE_WRITER_DATA_ERROR"),
        (Step::Close, "INSERT INTO t VALUES 1", "HIVE_WRITER_CLOSE_ERROR"),
    ] {
        let answer = lake::run(&engine(step), lake::session("d", "UTC", true), sql).await;
        let error = answer.map(|_| ()).unwrap_err();
        assert_eq!(error.name, name, "{step:?}: {error}");
        assert!(!error.message.contains("the disk is gone"), "what the store says is for the log: {error}");
    }
}
