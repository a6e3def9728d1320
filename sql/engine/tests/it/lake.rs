//! What do the engine's tests run on? An engine over a catalog and buckets in memory.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use futures::TryStreamExt;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use owlake_catalog::{
    Catalog, Clock, Column, DatabaseDefinition, DatabaseName, MemoryCatalog, SerDeInfo, StorageDescriptor, StorageFormat, TableDefinition,
    TableName,
};
use owlake_engine::engine::{Engine, EngineConfig, Meter, Output, ResultColumn};
use owlake_engine::error::EngineError;
use owlake_engine::session::Session;
use owlake_engine::storage::{BucketError, BucketResolver};
use owlake_functions::registry::SessionInfo;
use owlake_testdata::{parquet_file, tpch};
use tokio_util::sync::CancellationToken;

/// Buckets held in memory.
#[derive(Debug, Default)]
pub struct MemoryBuckets(pub HashMap<String, Arc<InMemory>>);

impl BucketResolver for MemoryBuckets {
    fn object_store(&self, bucket: &str) -> Result<Arc<dyn ObjectStore>, BucketError> {
        match self.0.get(bucket) {
            Some(store) => Ok(store.clone()),
            None => Err(BucketError::NoSuchBucket { bucket: bucket.to_string() }),
        }
    }
}

/// A catalog's clock that stands still.
pub struct FixedClock;

impl Clock for FixedClock {
    fn now_ms(&self) -> i64 {
        1_700_000_000_000
    }
}

/// The instant every test query starts: 2022-10-01 12:34:56.789 UTC.
pub const START_MICROS: i64 = 1_664_627_696_789_000;

/// A session of `database` under a time zone.
pub fn session(database: &str, zone: &str, decimal_literals_as_double: bool) -> Session {
    Session {
        catalog: "AwsDataCatalog".to_string(),
        database: Some(database.to_string()),
        info: Arc::new(SessionInfo {
            zone: zone.into(),
            start_micros: START_MICROS,
            user: "user".into(),
            catalog: "awsdatacatalog".into(),
            schema: Some(database.into()),
        }),
        parameters: Vec::new(),
        decimal_literals_as_double,
        query_id: "00000000-0000-4000-8000-000000000000".to_string(),
        output: None,
        catalog_aliases: [].into(),
        prepared: None,
    }
}

/// An engine over TPC-H at scale 0.01 as Trino's own tests have it: database `tiny`, columns without prefix.
pub async fn tpch_engine() -> Engine {
    let store = Arc::new(InMemory::new());
    let catalog = Arc::new(MemoryCatalog::new(Arc::new(FixedClock)));
    let database = DatabaseName::parse("tiny").unwrap();
    catalog.create_database(&database, DatabaseDefinition::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for table in tpch::TABLES {
        let mut batches = Vec::new();
        tpch::generate(table, 0.01, tpch::Flavour::Trino, &mut |batch| {
            batches.push(batch);
            Ok(())
        })
        .unwrap();
        let file = folder.path().join(table);
        parquet_file::write_parquet(&file, &batches, parquet_file::Codec::Snappy, 20_000).unwrap();
        let bytes = std::fs::read(&file).unwrap();
        store.put(&Path::from(format!("{table}/data.parquet")), PutPayload::from(bytes)).await.unwrap();
        let columns =
            batches[0].schema().fields().iter().map(|field| Column::new(field.name(), tpch::hive_type(field.data_type()))).collect();
        catalog.create_table(&database, &TableName::parse(table).unwrap(), parquet_table(columns, &format!("s3://tpch/{table}"))).unwrap();
    }
    engine(catalog, MemoryBuckets(HashMap::from([("tpch".to_string(), store)])))
}

/// The definition of an external Parquet table.
pub fn parquet_table(columns: Vec<Column>, location: &str) -> TableDefinition {
    let serde = SerDeInfo {
        serialization_library: Some("org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe".to_string()),
        ..SerDeInfo::default()
    };
    let format = StorageFormat {
        columns,
        input_format: Some("org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat".to_string()),
        output_format: Some("org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat".to_string()),
        serde_info: Some(serde),
        ..StorageFormat::default()
    };
    TableDefinition {
        storage: Some(StorageDescriptor { location: Some(location.into()), format: Arc::new(format) }),
        table_type: Some("EXTERNAL_TABLE".to_string()),
        ..TableDefinition::default()
    }
}

/// An engine of two partitions over the given catalog and buckets.
pub fn engine(catalog: Arc<dyn Catalog>, buckets: MemoryBuckets) -> Engine {
    let config = EngineConfig { memory_bytes_max: 1 << 30, target_partitions: 2, spill_dir: std::env::temp_dir() };
    Engine::new(catalog, Arc::new(buckets), config).unwrap()
}

/// A statement's columns and batches.
pub struct Answer {
    pub columns: Vec<ResultColumn>,
    pub batches: Vec<RecordBatch>,
}

/// Runs one statement to its end.
pub async fn run(engine: &Engine, session: Session, sql: &str) -> Result<Answer, EngineError> {
    let parsed = engine.parse(sql)?;
    let prepared = engine.prepare(session, parsed, Arc::new(Meter::default())).await?;
    let columns = prepared.columns.clone();
    let batches = match engine.run(prepared, CancellationToken::new()).await? {
        Output::Rows(stream) => stream.try_collect().await?,
        Output::Text(_) | Output::Nothing | Output::Written(_) => Vec::new(),
    };
    Ok(Answer { columns, batches })
}
