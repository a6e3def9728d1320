//! What does one statement write, and what is done when all of it is there? The whole way from a plan to visible files.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;
use datafusion::execution::SessionState;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, Partitioning};
use owlake_catalog::{
    Addition, Catalog, CatalogError, DatabaseName, PartitionDefinition, PartitionValues, StorageDescriptor, StorageFormat, TableDefinition,
    TableName,
};
use owlake_functions::types::TrinoType;
use owlake_functions::types::arrow_form::arrow_type;
use parking_lot::Mutex;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::bucket::{Bucketing, Buckets};
use super::fit::Fit;
use super::folders::Folders;
use super::format::FileFormat;
use super::naming::FileNames;
use super::partitioned::{FileTarget, is_partition_type};
use super::stream::{StreamFiles, write_stream};
use super::upload::{Upload, WrittenFile, commit, has_objects};
use crate::analyze::tables::CATALOG_NAME;
use crate::engine::{Engine, Meter, Written, rows_scanned, with_types};
use crate::error::EngineError;
use crate::explain::statement::{Shown, Subject, Target};
use crate::plan::cancellation::{TokenCell, cancelled};
use crate::scan::location::Location;
use crate::session::Session;
use crate::storage::{BucketResolver, Entry, Publication};

/// Partitions one statement can write. Ref: Athena user guide, "Considerations for CTAS and INSERT INTO"; measured text.
const PARTITIONS_MAX: usize = 100;

/// A column of the files or a partition key.
#[derive(Debug, Clone)]
pub(crate) struct WriteColumn {
    pub name: String,
    pub data_type: TrinoType,
    /// For texts that might be too long for the column.
    pub fit: Option<Fit>,
}

/// Where and how rows are written.
pub(crate) struct WriteTable {
    /// The columns in the files.
    pub columns: Arc<[WriteColumn]>,
    /// The partition keys; the plan gives them after the columns.
    pub keys: Vec<WriteColumn>,
    pub format: FileFormat,
    pub folders: Folders,
    pub names: FileNames,
    pub buckets: Arc<dyn BucketResolver>,
    /// The files of the statement, which appear together.
    pub publication: Publication,
    pub(super) bucketing: Option<Bucketing>,
    open: Mutex<HashSet<FileTarget>>,
    types: Vec<DataType>,
}

/// Rows on their way into files.
pub(crate) struct WritePlan {
    pub rows: PlannedRows,
    pub table: WriteTable,
}

/// A query that is ready to run.
pub(crate) struct PlannedRows {
    pub plan: Arc<dyn ExecutionPlan>,
    /// How the plan is told by EXPLAIN.
    pub shown: Shown,
    pub session: Box<SessionState>,
    pub meter: Arc<Meter>,
    pub token: TokenCell,
}

/// What the preparation of a writing statement works with.
pub(crate) struct WriteScope<'a> {
    pub engine: &'a Engine,
    pub session: Session,
    pub parameter_count: usize,
    pub meter: Arc<Meter>,
    /// What the query reads: the buckets as they were when the statement began.
    pub buckets_read: Arc<dyn BucketResolver>,
}

impl WriteScope<'_> {
    /// How the statement's files are called.
    pub(crate) fn names(&self) -> FileNames {
        let engine_query_id = self.session.output.as_ref().map_or(self.session.query_id.as_str(), |output| output.engine_query_id.as_str());
        FileNames::new(engine_query_id, &self.session.query_id)
    }
}

/// A partition the catalog does not know yet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct NewPartition {
    pub values: PartitionValues,
    pub location: String,
}

/// A writing statement that is ready to run.
pub(crate) struct WriteJob {
    /// `None` writes nothing: WITH NO DATA, or a table that exists already.
    pub plan: Option<WritePlan>,
    /// What the catalog is to know; `None` for files without a table.
    pub entry: Option<CatalogEntry>,
    /// Whether a list of the files is kept even when there are none.
    pub has_manifest: bool,
}

/// The table whose rows are written.
pub(crate) struct CatalogEntry {
    pub catalog: Arc<dyn Catalog>,
    pub database: DatabaseName,
    pub table: TableName,
    /// For a table that is made by the statement.
    pub definition: Option<TableDefinition>,
    /// How new partitions are stored.
    pub format: Arc<StorageFormat>,
}

impl CatalogEntry {
    fn addition(&self, partitions: Vec<NewPartition>) -> Addition {
        let partitions = partitions.into_iter().map(|partition| PartitionDefinition {
            values: partition.values,
            storage: Some(StorageDescriptor { location: Some(partition.location.into()), format: Arc::clone(&self.format) }),
            ..PartitionDefinition::default()
        });
        Addition {
            database: self.database.clone(),
            table: self.table.clone(),
            definition: self.definition.clone(),
            partitions: partitions.collect(),
        }
    }
}

impl WriteTable {
    /// Errors: NOT_SUPPORTED for a key whose values can't name a folder, and for a type that the format does not have.
    pub(crate) fn new(
        columns: Vec<WriteColumn>,
        keys: Vec<WriteColumn>,
        format: FileFormat,
        buckets_of_rows: Option<Buckets>,
        folders: Folders,
        names: FileNames,
        buckets: Arc<dyn BucketResolver>,
    ) -> Result<WriteTable, EngineError> {
        if let Some(key) = keys.iter().find(|key| !is_partition_type(&key.data_type)) {
            let message = format!("Unsupported type [{}] for partition: {}", key.data_type, key.name);
            return Err(EngineError::engine("NOT_SUPPORTED", message));
        }
        format.check(&columns)?;
        let bucketing = buckets_of_rows.map(|buckets| Bucketing::new(buckets, &columns)).transpose()?;
        let types = columns.iter().chain(&keys).map(|column| arrow_type(&column.data_type)).collect();
        Ok(WriteTable {
            columns: columns.into(),
            keys,
            format,
            folders,
            names,
            buckets,
            publication: Publication::default(),
            bucketing,
            open: Mutex::default(),
            types,
        })
    }

    /// The batch with the declared physical types, its texts within their columns' lengths.
    pub(super) fn fitted(&self, batch: RecordBatch) -> Result<RecordBatch, EngineError> {
        let batch = with_types(batch, &self.types)?;
        let fits = || self.columns.iter().chain(&self.keys).map(|column| column.fit.as_ref());
        if fits().all(|fit| fit.is_none()) {
            return Ok(batch);
        }
        let columns = batch.columns().iter().zip(fits()).map(|(array, fit)| match fit {
            Some(fit) => fit.apply(array),
            None => Ok(Arc::clone(array)),
        });
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        RecordBatch::try_new(batch.schema(), columns).map_err(|error| {
            tracing::error!(%error, "fitted columns do not fit their schema");
            EngineError::internal("The rows to write cannot be arranged")
        })
    }

    /// Counts a partition, or a bucket of one, that is written to. Errors: HIVE_TOO_MANY_OPEN_PARTITIONS.
    pub(super) fn open_target(&self, target: &FileTarget) -> Result<(), EngineError> {
        let mut open = self.open.lock();
        open.insert(target.clone());
        if open.len() <= PARTITIONS_MAX {
            return Ok(());
        }
        let message = format!("Exceeded limit of {PARTITIONS_MAX} open writers for partitions/buckets");
        Err(EngineError::engine("HIVE_TOO_MANY_OPEN_PARTITIONS", message))
    }
}

impl WriteJob {
    /// What EXPLAIN tells of.
    pub(crate) fn subject(&self, shown: Shown) -> Subject {
        let target = match &self.entry {
            Some(entry) => Target::Table { database: entry.database.to_string(), table: entry.table.to_string() },
            None => Target::Files,
        };
        Subject { plan: self.plan.as_ref().map(|plan| Arc::clone(&plan.rows.plan)), shown, target: Some(target) }
    }

    /// Writes, shows and registers, all or nothing. Errors: nothing is left, but for what a failing store keeps from being removed.
    pub(crate) async fn run(self, cancel: CancellationToken) -> Result<Written, EngineError> {
        let WriteJob { plan, entry, has_manifest } = self;
        let (mut publication, mut buckets) = (Publication::default(), None);
        let (files, new_partitions, rows) = match plan {
            None => (Vec::new(), Vec::new(), 0),
            Some(plan) => {
                (publication, buckets) = (plan.table.publication.clone(), Some(Arc::clone(&plan.table.buckets)));
                // A prepared statement runs once, so the cell is empty here.
                let _ = plan.rows.token.set(cancel.clone());
                tokio::select! {
                    biased;
                    () = cancel.cancelled() => return Err(cancelled()),
                    written = write_all(plan) => written?,
                }
            }
        };
        // A task of its own: once it has begun, the commit ends, whoever stops waiting.
        let committed =
            tokio::spawn(commit_all(files, publication, buckets, entry.map(|entry| (entry.addition(new_partitions), entry.catalog)))).await;
        let files = committed.map_err(|error| EngineError::internal(format!("a commit ended abnormally: {error}")))??;
        let bytes = files.iter().map(|file| file.bytes).sum();
        Ok(Written { rows, bytes, files: files.into_iter().map(|file| file.url).collect(), has_manifest })
    }
}

/// Every stream's files, complete but hidden.
async fn write_all(plan: WritePlan) -> Result<(Vec<Upload>, Vec<NewPartition>, u64), EngineError> {
    let WritePlan { rows: PlannedRows { plan, session, meter, .. }, table } = plan;
    // Each bucket is one file, so one stream writes them all.
    let threads = if table.bucketing.is_some() { 1 } else { session.config().target_partitions() };
    let plan = spread(plan, threads)?;
    let (table, context) = (Arc::new(table), session.task_ctx());
    let mut streams = JoinSet::new();
    for partition in 0..plan.output_partitioning().partition_count() {
        let batches = plan.execute(partition, Arc::clone(&context))?;
        streams.spawn(write_stream(Arc::clone(&table), batches));
    }
    let mut written = StreamFiles { uploads: Vec::new(), new_partitions: Vec::new(), rows: 0 };
    while let Some(ended) = streams.join_next().await {
        let files = ended.map_err(|error| EngineError::internal(format!("a stream ended abnormally: {error}")))??;
        written.uploads.extend(files.uploads);
        written.new_partitions.extend(files.new_partitions);
        written.rows += files.rows;
    }
    meter.add_rows_read(rows_scanned(plan.as_ref()));
    let distinct: HashSet<NewPartition> = written.new_partitions.into_iter().collect();
    let mut new_partitions: Vec<NewPartition> = distinct.into_iter().collect();
    new_partitions.sort_unstable_by(|a, b| a.values.cmp(&b.values));
    Ok((written.uploads, new_partitions, written.rows))
}

/// One stream is spread over all threads, unless its order would be lost.
fn spread(plan: Arc<dyn ExecutionPlan>, threads: usize) -> Result<Arc<dyn ExecutionPlan>, EngineError> {
    if threads == 1 && plan.output_partitioning().partition_count() > 1 {
        return Ok(Arc::new(CoalescePartitionsExec::new(plan)));
    }
    if plan.output_partitioning().partition_count() >= threads || plan.output_ordering().is_some() {
        return Ok(plan);
    }
    Ok(Arc::new(RepartitionExec::try_new(plan, Partitioning::RoundRobinBatch(threads))?))
}

/// Shows the files and enters what the catalog is to know.
async fn commit_all(
    uploads: Vec<Upload>,
    publication: Publication,
    buckets: Option<Arc<dyn BucketResolver>>,
    addition: Option<(Addition, Arc<dyn Catalog>)>,
) -> Result<Vec<WrittenFile>, EngineError> {
    let entry = match &addition {
        Some((addition, _)) if addition.definition.is_some() => Entry::Table(note(addition)?),
        Some((addition, _)) if !addition.partitions.is_empty() => Entry::Partitions(note(addition)?),
        Some(_) | None => Entry::None,
    };
    let enter = move || match &addition {
        Some((addition, catalog)) => addition.enter(catalog.as_ref()).map_err(|error| entry_failure(addition, &error)),
        None => Ok(()),
    };
    match buckets {
        Some(buckets) => commit(uploads, publication, buckets, entry, enter).await,
        None => {
            let entered = tokio::task::spawn_blocking(enter).await;
            entered.unwrap_or_else(|error| Err(EngineError::internal(format!("a catalog write ended abnormally: {error}"))))?;
            Ok(Vec::new())
        }
    }
}

fn note(addition: &Addition) -> Result<String, EngineError> {
    addition.encode().map_err(|error| entry_failure(addition, &error))
}

fn entry_failure(addition: &Addition, error: &CatalogError) -> EngineError {
    let (database, table) = (&addition.database, &addition.table);
    if matches!(error, CatalogError::AlreadyExists { .. }) {
        let message = format!("line 1:1: Destination table '{CATALOG_NAME}.{database}.{table}' already exists");
        return EngineError::engine("TABLE_ALREADY_EXISTS", message);
    }
    tracing::error!(%error, %database, %table, "a written table cannot be entered into the catalog");
    EngineError::engine("HIVE_METASTORE_ERROR", error.to_string())
}

/// Refuses a target that has anything in it. Ref: measured Athena behaviour, "Writing".
pub(crate) async fn check_empty(buckets: &Arc<dyn BucketResolver>, target: &Location, table: &str, shown: &str) -> Result<(), EngineError> {
    let store = buckets.object_store(&target.bucket)?;
    if has_objects(&store, target.store_prefix().as_ref()).await? {
        let message = format!("Target directory for table '{table}' already exists: {shown}");
        return Err(EngineError::engine("HIVE_PATH_ALREADY_EXISTS", message));
    }
    Ok(())
}
