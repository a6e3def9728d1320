//! What do the engine's own tests run on? A lake in memory: a catalog, one bucket, Parquet files, and queries as IR or SQL.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use owlake_catalog::{
    Catalog, Column as CatalogColumn, DatabaseDefinition, DatabaseName, MemoryCatalog, PartitionDefinition, SerDeInfo, StorageDescriptor,
    StorageFormat, TableDefinition, TableName,
};
use owlake_functions::registry::SessionInfo;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use tokio_util::sync::CancellationToken;

use crate::analyze::tables::hive_table;
use crate::engine::{Engine, EngineConfig, Meter, Output};
use crate::error::EngineError;
use crate::ir::{self, Column, OutputColumn, Relation, Symbol};
use crate::session::Session;
use crate::storage::{BucketError, BucketResolver};
use crate::table::TableHandle;

/// The one bucket there is.
pub const BUCKET: &str = "lake";

/// A lake with one database, `db`.
pub struct Lake {
    pub engine: Engine,
    pub store: Arc<InMemory>,
}

#[derive(Debug)]
struct OneBucket(Arc<InMemory>);

impl BucketResolver for OneBucket {
    fn object_store(&self, bucket: &str) -> Result<Arc<dyn ObjectStore>, BucketError> {
        if bucket == BUCKET {
            Ok(Arc::clone(&self.0) as Arc<dyn ObjectStore>)
        } else {
            Err(BucketError::NoSuchBucket { bucket: bucket.to_owned() })
        }
    }
}

impl Lake {
    pub fn new() -> Lake {
        let store = Arc::new(InMemory::new());
        let catalog = Arc::new(MemoryCatalog::new(Arc::new(|| 0)));
        catalog.create_database(&database(), DatabaseDefinition::default()).unwrap();
        let config = EngineConfig { memory_bytes_max: 1 << 30, target_partitions: 2, spill_dir: std::env::temp_dir() };
        let engine = Engine::new(catalog, Arc::new(OneBucket(Arc::clone(&store))), config).unwrap();
        Lake { engine, store }
    }

    /// Writes a Parquet object and gives its bytes.
    pub async fn put_parquet(&self, key: &str, batch: &RecordBatch) -> Bytes {
        self.put_parquet_with(key, batch, WriterProperties::builder().build()).await
    }

    pub async fn put_parquet_with(&self, key: &str, batch: &RecordBatch, properties: WriterProperties) -> Bytes {
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
        writer.write(batch).unwrap();
        writer.close().unwrap();
        let bytes = Bytes::from(bytes);
        self.put(key, bytes.clone()).await;
        bytes
    }

    pub async fn put(&self, key: &str, bytes: Bytes) {
        self.store.put(&Path::parse(key).unwrap(), bytes.into()).await.unwrap();
    }

    /// Registers an external Parquet table at `s3://lake/<name>/`; columns and keys as `name type` pairs.
    pub fn create_table(&self, name: &str, columns: &[(&str, &str)], keys: &[(&str, &str)]) {
        self.create_table_at(name, columns, keys, &format!("s3://{BUCKET}/{name}/"));
    }

    pub fn create_table_at(&self, name: &str, columns: &[(&str, &str)], keys: &[(&str, &str)], location: &str) {
        let column = |(name, data_type): &(&str, &str)| CatalogColumn::new(*name, *data_type);
        let format = StorageFormat {
            columns: columns.iter().map(column).collect(),
            serde_info: Some(SerDeInfo {
                serialization_library: Some("org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe".to_owned()),
                ..SerDeInfo::default()
            }),
            ..StorageFormat::default()
        };
        let definition = TableDefinition {
            storage: Some(StorageDescriptor { location: Some(location.into()), format: Arc::new(format) }),
            partition_keys: keys.iter().map(column).collect(),
            table_type: Some("EXTERNAL_TABLE".to_owned()),
            ..TableDefinition::default()
        };
        self.engine.catalog.create_table(&database(), &TableName::parse(name).unwrap(), definition).unwrap();
    }

    /// Registers a partition, with a location of its own or the table's folder for it.
    pub fn add_partition(&self, table: &str, values: &[&str], location: Option<&str>) {
        let name = TableName::parse(table).unwrap();
        let table = self.engine.catalog.table(&database(), &name).unwrap();
        let storage = table.definition.storage.clone().unwrap();
        let storage = location.map(|location| StorageDescriptor { location: Some(location.into()), format: storage.format });
        let partition = PartitionDefinition { values: values.iter().copied().collect(), storage, ..PartitionDefinition::default() };
        self.engine.catalog.create_partition(&database(), &name, partition).unwrap();
    }

    pub fn handle(&self, table: &str) -> Arc<TableHandle> {
        let snapshot = self.engine.catalog.load_table(&database(), &TableName::parse(table).unwrap()).unwrap();
        Arc::new(hive_table(snapshot).unwrap())
    }

    /// A scan of named columns, as symbols 1, 2, … in order.
    pub fn scan(&self, table: &str, names: &[&str]) -> Relation {
        let table = self.handle(table);
        let columns = names.iter().enumerate().map(|(position, name)| {
            let index = table.columns.iter().position(|column| column.name == *name).unwrap();
            (Column { symbol: Symbol(position as u32 + 1), data_type: table.columns[index].data_type.clone() }, index)
        });
        Relation::Scan { columns: columns.collect(), table: Arc::clone(&table) }
    }

    /// Runs a relation, giving all its columns, and what it metered.
    pub async fn run(&self, relation: Relation) -> Result<(Vec<RecordBatch>, Arc<Meter>), EngineError> {
        let columns = relation.columns().into_iter().map(|column| OutputColumn {
            name: column.symbol.to_string(),
            symbol: column.symbol,
            data_type: column.data_type,
        });
        let query = ir::Query { columns: columns.collect(), relation };
        let meter = Arc::new(Meter::default());
        let prepared = self.engine.prepare_ir(&session(), query, Arc::clone(&meter)).await?;
        Ok((batches(self.engine.run(prepared, CancellationToken::new()).await?).await?, meter))
    }

    /// Runs SQL; rows as text, nulls as `NULL`.
    pub async fn sql(&self, text: &str) -> Result<(Vec<Vec<String>>, Arc<Meter>), EngineError> {
        self.sql_with(text, CancellationToken::new()).await
    }

    pub async fn sql_with(&self, text: &str, cancel: CancellationToken) -> Result<(Vec<Vec<String>>, Arc<Meter>), EngineError> {
        let meter = Arc::new(Meter::default());
        let parsed = self.engine.parse(text)?;
        let prepared = self.engine.prepare(session(), parsed, Arc::clone(&meter)).await?;
        match self.engine.run(prepared, cancel).await? {
            Output::Text(lines) => Ok((lines.into_iter().map(|line| vec![line]).collect(), meter)),
            output => Ok((batches(output).await?.iter().flat_map(rows).collect(), meter)),
        }
    }

    /// The rows of a query that must succeed, sorted.
    pub async fn sorted(&self, text: &str) -> Vec<Vec<String>> {
        let mut rows = self.sql(text).await.unwrap_or_else(|error| panic!("{text}: {error}")).0;
        rows.sort();
        rows
    }
}

pub fn database() -> DatabaseName {
    DatabaseName::parse("db").unwrap()
}

pub fn session() -> Session {
    let info = SessionInfo {
        zone: "UTC".into(),
        start_micros: 0,
        user: "test".into(),
        catalog: "awsdatacatalog".into(),
        schema: Some("db".into()),
    };
    Session {
        catalog: "AwsDataCatalog".to_owned(),
        database: Some("db".to_owned()),
        info: Arc::new(info),
        parameters: Vec::new(),
        decimal_literals_as_double: false,
        query_id: "test".to_owned(),
        output: None,
        catalog_aliases: [].into(),
        prepared: None,
    }
}

async fn batches(output: Output) -> Result<Vec<RecordBatch>, EngineError> {
    match output {
        Output::Rows(stream) => stream.try_collect().await,
        Output::Text(_) | Output::Nothing | Output::Written(_) => panic!("no rows"),
    }
}

/// A batch's rows as Arrow prints them.
pub fn rows(batch: &RecordBatch) -> Vec<Vec<String>> {
    let options = arrow::util::display::FormatOptions::default().with_null("NULL");
    let columns: Vec<_> =
        batch.columns().iter().map(|column| arrow::util::display::ArrayFormatter::try_new(column.as_ref(), &options).unwrap()).collect();
    (0..batch.num_rows()).map(|row| columns.iter().map(|column| column.value(row).to_string()).collect()).collect()
}
