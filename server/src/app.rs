//! What does every request share? The composition root: settings, clock, ids, catalog, engine, storage, queries.

use crate::admin::traces::Traces;
use crate::config::{AuthMode, BucketConfig, Config};
use crate::error::ServerError;
use crate::query::Queries;
use crate::query::capacity_reservations::CapacityReservations;
use crate::query::data_catalogs::DataCatalogs;
use crate::query::executor::{Executor, LocalExecutor};
use crate::query::ledger::Ledger;
use crate::query::named_queries::NamedQueries;
use crate::query::prepared_statements::PreparedStatements;
use crate::query::queue::Queue;
use crate::query::retention;
use crate::query::settings::{MANAGED_BUCKET, Settings};
use crate::query::store::Bounds;
use crate::query::workgroups::Workgroups;
use crate::s3::{Endpoint, EndpointOptions};
use crate::storage::{BucketTarget, RemoteBucket, Storage, StorageError, StorageOptions};
use crate::wire::auth::Keys;
use owlake_catalog::{Addition, Catalog, Clock, DatabaseDefinition, DatabaseName};
use owlake_engine::engine::{Engine, EngineConfig};
use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use uuid::Uuid;

/// The parts of one running server. Requests hold it behind an `Arc`.
pub struct App {
    /// The settings.
    pub config: Config,
    /// The time, for everything but durations.
    pub clock: Arc<dyn Clock>,
    /// Query, request and file ids.
    pub ids: Arc<dyn IdSource>,
    /// The engine's own query ids.
    pub engine_ids: EngineIds,
    /// Databases, tables and partitions.
    pub catalog: Arc<dyn Catalog>,
    /// Buckets.
    pub storage: Arc<Storage>,
    /// What answers S3 requests.
    pub s3: Endpoint,
    /// The keys requests have to be signed with; none where any signature is accepted.
    pub keys: Option<Keys>,
    /// What runs statements.
    pub executor: Arc<dyn Executor>,
    /// Where queries run, so that the runtime that answers requests never waits for one.
    pub query_runtime: tokio::runtime::Handle,
    /// Queries, running and remembered.
    pub queries: Queries,
    /// Whose turn it is.
    pub queue: Queue,
    /// Workgroups.
    pub workgroups: Workgroups,
    /// Named queries.
    pub named_queries: NamedQueries,
    /// Prepared statements.
    pub prepared_statements: PreparedStatements,
    /// Registered data catalogs.
    pub data_catalogs: DataCatalogs,
    /// Capacity reservations.
    pub capacity_reservations: CapacityReservations,
    /// What queries have cost.
    pub ledger: Ledger,
    /// Where traces of queries go; none unless a collector is set.
    pub traces: Option<Traces>,
    /// Results the service keeps; no bucket of the S3 endpoint.
    managed: Storage,
    /// When the server started.
    pub started: Instant,
}

/// The parts a server is put together from; a test replaces what it likes.
pub struct Parts {
    /// The settings.
    pub config: Config,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub ids: Arc<dyn IdSource>,
    /// The catalog.
    pub catalog: Arc<dyn Catalog>,
    /// Buckets.
    pub storage: Arc<Storage>,
    /// What runs statements.
    pub executor: Arc<dyn Executor>,
    /// Where queries run.
    pub query_runtime: tokio::runtime::Handle,
}

impl App {
    /// Opens the data folder and puts the real parts together.
    pub fn open(config: Config, query_runtime: tokio::runtime::Handle) -> Result<Arc<Self>, ServerError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        config.check_folders()?;
        let data_dir = &config.data_dir;
        std::fs::create_dir_all(data_dir).map_err(|error| ServerError::io(data_dir.display().to_string(), error))?;
        let catalog: Arc<dyn Catalog> = open_catalog(&data_dir.join("catalog"), clock.clone())?;
        make_default_database(catalog.as_ref()).map_err(|error| start("catalog", error))?;
        let storage = Arc::new(Storage::open(storage_options(&config)).map_err(|error| start("storage", error))?);
        // Statements that a kill interrupted after they had happened: their files are in place, their tables may not be.
        storage.settle(&|note| settle_addition(catalog.as_ref(), note));
        let engine_config = EngineConfig {
            memory_bytes_max: config.memory_bytes_max,
            target_partitions: config.query_threads(),
            spill_dir: data_dir.join("spill"),
        };
        let engine = Engine::new(catalog.clone(), storage.clone(), engine_config).map_err(|error| start("engine", error))?;
        let app = App::assemble(Parts {
            clock,
            ids: Arc::new(RandomIds::new(config.seed)),
            catalog,
            storage,
            executor: Arc::new(LocalExecutor::new(Arc::new(engine))),
            query_runtime,
            config,
        })?;
        app.query_runtime.spawn(retention::keep_sweeping(Arc::downgrade(&app)));
        Ok(app)
    }

    /// The store of a query's result objects. Errors: there is no such bucket.
    pub fn result_store(&self, settings: &Settings, bucket: &str) -> Result<Arc<dyn object_store::ObjectStore>, StorageError> {
        if settings.is_managed { self.managed.object_store(bucket) } else { self.storage.object_store(bucket) }
    }

    /// The store of managed results.
    pub fn managed_store(&self) -> Result<Arc<dyn object_store::ObjectStore>, StorageError> {
        self.managed.object_store(MANAGED_BUCKET)
    }

    /// Puts given parts together and opens what the server itself remembers.
    pub fn assemble(parts: Parts) -> Result<Arc<Self>, ServerError> {
        let Parts { config, clock, ids, catalog, storage, executor, query_runtime } = parts;
        let folder = config.data_dir.join("server");
        std::fs::create_dir_all(&folder).map_err(|error| ServerError::io(folder.display().to_string(), error))?;
        let now_ms = clock.now_ms();
        let queries = Queries::open(&folder, history_bounds(&config), now_ms)?;
        let ledger = Ledger::default();
        for query in queries.all() {
            if let Some(outcome) = query.outcome() {
                ledger.add(&query.submission, &outcome);
            }
        }
        Ok(Arc::new(App {
            traces: config.otlp_endpoint.as_deref().map(|endpoint| Traces::start(endpoint, &query_runtime)),
            engine_ids: EngineIds::new(ids.as_ref()),
            queries,
            ledger,
            managed: open_managed(&folder).map_err(|error| start("managed results", error))?,
            data_catalogs: DataCatalogs::open(&folder)?,
            capacity_reservations: CapacityReservations::open(&folder)?,
            queue: Queue::new(&config.limits),
            workgroups: Workgroups::open(&folder, now_ms, config.output_location.clone())?,
            named_queries: NamedQueries::open(&folder)?,
            prepared_statements: PreparedStatements::open(&folder)?,
            started: Instant::now(),
            s3: Endpoint::new(storage.clone(), endpoint_options(&config)),
            keys: (config.auth.mode == AuthMode::Verify).then(|| Keys::new(config.auth.keys.clone())),
            config,
            clock,
            ids,
            catalog,
            storage,
            executor,
            query_runtime,
        }))
    }
}

fn history_bounds(config: &Config) -> Bounds {
    const MS_PER_DAY: i64 = 86_400_000;
    let days = i64::try_from(config.limits.history_days_max).unwrap_or(i64::MAX);
    Bounds { queries_max: config.limits.history_queries_max, age_ms_max: days.saturating_mul(MS_PER_DAY) }
}

/// The one bucket of managed results, in a folder of the server's own.
fn open_managed(folder: &Path) -> Result<Storage, StorageError> {
    let options = StorageOptions { buckets_folder: folder.join("managed"), targets: Default::default(), fsync: false };
    let storage = Storage::open(options)?;
    if storage.object_store(MANAGED_BUCKET).is_err() {
        storage.create_bucket(MANAGED_BUCKET, None)?;
    }
    Ok(storage)
}

fn open_catalog(folder: &Path, clock: Arc<dyn Clock>) -> Result<Arc<dyn Catalog>, ServerError> {
    let catalog = owlake_catalog::FileCatalog::open(folder, clock).map_err(|error| start("catalog", error))?;
    Ok(Arc::new(catalog))
}

/// Makes the catalog's entry of an interrupted statement; whether it is there now.
fn settle_addition(catalog: &dyn Catalog, note: &str) -> bool {
    Addition::decode(note).and_then(|addition| addition.settle(catalog)).unwrap_or_else(|error| {
        tracing::error!(%error, "an interrupted statement cannot be entered into the catalog; its files are removed");
        false
    })
}

/// A new catalog has the database `default`, as a Hive metastore has; one that was dropped stays dropped.
///
/// A catalog that cannot be listed, because one of its databases is damaged, is not new; the others stay usable.
fn make_default_database(catalog: &dyn Catalog) -> owlake_catalog::Result<()> {
    match catalog.databases() {
        Ok(databases) if databases.is_empty() => {
            catalog.create_database(&DatabaseName::parse("default")?, DatabaseDefinition::default())?;
        }
        Ok(_) => {}
        Err(error) => tracing::error!(%error, "the databases cannot be listed"),
    }
    Ok(())
}

fn storage_options(config: &Config) -> StorageOptions {
    let targets = config.buckets.iter().map(|(name, bucket)| (name.clone(), target(name, bucket))).collect();
    StorageOptions { buckets_folder: config.data_dir.join("buckets"), targets, fsync: false }
}

fn endpoint_options(config: &Config) -> EndpointOptions {
    EndpointOptions { region: config.region.clone(), account: config.account_id.clone(), base_domains: Vec::new() }
}

fn target(name: &str, bucket: &BucketConfig) -> BucketTarget {
    match &bucket.path {
        Some(path) => BucketTarget::Folder { path: path.clone() },
        None => BucketTarget::S3(RemoteBucket {
            bucket: bucket.bucket.clone().unwrap_or_else(|| name.to_owned()),
            endpoint: bucket.endpoint.clone(),
            region: bucket.region.clone().unwrap_or_else(|| "us-east-1".to_owned()),
            access_key: bucket.access_key_id.clone(),
            secret_key: bucket.secret_access_key.clone(),
            path_style: bucket.path_style,
        }),
    }
}

fn start(subject: &'static str, error: impl std::fmt::Display) -> ServerError {
    ServerError::Start { subject, reason: error.to_string() }
}

/// Where ids come from.
pub trait IdSource: Send + Sync {
    /// A new version 4 uuid.
    fn uuid(&self) -> Uuid;
}

/// Random ids, or a repeatable sequence when seeded.
pub struct RandomIds {
    seeded: Option<Mutex<StdRng>>,
}

impl RandomIds {
    /// Ids from the system's randomness, or from `seed`.
    pub fn new(seed: Option<u64>) -> Self {
        RandomIds { seeded: seed.map(|seed| Mutex::new(StdRng::seed_from_u64(seed))) }
    }
}

impl IdSource for RandomIds {
    fn uuid(&self) -> Uuid {
        match &self.seeded {
            None => Uuid::new_v4(),
            Some(random) => {
                let mut bytes = [0; 16];
                random.lock().fill_bytes(&mut bytes);
                uuid::Builder::from_random_bytes(bytes).into_uuid()
            }
        }
    }
}

/// The engine's query ids: `20260917_085344_00007_k6s5b`, UTC time, a counter, five letters of the process.
///
/// Ref: Trino 401 `QueryIdGenerator`.
pub struct EngineIds {
    counter: AtomicU64,
    process: String,
}

impl EngineIds {
    fn new(ids: &dyn IdSource) -> Self {
        // Letters that cannot be mistaken for each other or a number.
        const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        let process = ids.uuid().as_bytes()[..5].iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
        EngineIds { counter: AtomicU64::new(0), process }
    }

    /// The next id at this time.
    pub fn next(&self, now_ms: i64) -> String {
        let count = self.counter.fetch_add(1, Ordering::Relaxed) % 100_000;
        let time = chrono::DateTime::from_timestamp_millis(now_ms).unwrap_or_default();
        format!("{}_{count:05}_{}", time.format("%Y%m%d_%H%M%S"), self.process)
    }
}

/// The system's time.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        chrono::Utc::now().timestamp_millis()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn seeded_ids_repeat_and_engine_ids_have_trinos_form() {
        let (one, two) = (RandomIds::new(Some(7)), RandomIds::new(Some(7)));
        assert_eq!(one.uuid(), two.uuid());
        assert_eq!(one.uuid().get_version_num(), 4);
        let ids = EngineIds::new(&one);
        assert!(ids.next(1_789_635_224_000).starts_with("20260917_085344_00000_"));
        assert!(ids.next(0).starts_with("19700101_000000_00001_"));
    }
}
