//! What do the tests put into catalogs? Short ways to names, definitions and a clock.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use owlake_catalog::{
    Catalog, CatalogError, Clock, Column, DatabaseDefinition, DatabaseName, FileCatalog, MemoryCatalog, PartitionDefinition,
    PartitionValues, SerDeInfo, StorageDescriptor, StorageFormat, TableDefinition, TableName,
};

/// A clock that stands still until it is set.
#[derive(Default)]
pub struct SetClock(pub AtomicI64);

impl Clock for SetClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

pub fn clock_at(now_ms: i64) -> Arc<SetClock> {
    Arc::new(SetClock(AtomicI64::new(now_ms)))
}

pub fn open(folder: &Path) -> FileCatalog {
    open_with(folder, clock_at(1_000))
}

/// Opens a catalog this process has just closed. A child that the kill tests are starting at this moment holds a copy of
/// the lock until it has become the new program, so the folder may be locked for an instant.
pub fn open_with(folder: &Path, clock: Arc<SetClock>) -> FileCatalog {
    for _ in 0..1_000 {
        match FileCatalog::open(folder, clock.clone()) {
            Err(CatalogError::Locked { .. }) => std::thread::sleep(Duration::from_millis(5)),
            opened => return opened.unwrap(),
        }
    }
    panic!("the catalog stays locked")
}

/// Runs a test on each implementation.
pub fn on_each_store(test: impl Fn(&dyn Catalog)) {
    test(&MemoryCatalog::new(clock_at(1_000)));
    let folder = tempfile::tempdir().unwrap();
    test(&open(folder.path()));
}

pub fn database(name: &str) -> DatabaseName {
    DatabaseName::parse(name).unwrap()
}

pub fn table(name: &str) -> TableName {
    TableName::parse(name).unwrap()
}

pub fn values(values: &[&str]) -> PartitionValues {
    values.iter().copied().collect()
}

pub fn parameters(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// A Parquet table with these partition keys, all strings.
pub fn definition(keys: &[&str]) -> TableDefinition {
    TableDefinition {
        storage: Some(storage("s3://lake/t/")),
        partition_keys: keys.iter().map(|key| Column::new(*key, "string")).collect(),
        table_type: Some("EXTERNAL_TABLE".to_owned()),
        parameters: parameters(&[("EXTERNAL", "TRUE"), ("classification", "parquet")]),
        ..TableDefinition::default()
    }
}

pub fn storage(location: &str) -> StorageDescriptor {
    StorageDescriptor {
        location: Some(location.into()),
        format: Arc::new(StorageFormat {
            columns: vec![
                Column::new("id", "bigint"),
                Column { comment: Some("what is paid".to_owned()), ..Column::new("total", "double") },
            ],
            input_format: Some("org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat".to_owned()),
            serde_info: Some(SerDeInfo {
                serialization_library: Some("org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe".to_owned()),
                parameters: parameters(&[("serialization.format", "1")]),
                ..SerDeInfo::default()
            }),
            ..StorageFormat::default()
        }),
    }
}

pub fn partition(partition_values: &[&str]) -> PartitionDefinition {
    PartitionDefinition {
        values: values(partition_values),
        storage: Some(storage(&format!("s3://lake/t/{}/", partition_values.join("/")))),
        ..PartitionDefinition::default()
    }
}

/// A catalog with database `d` and, in it, table `t` partitioned by these keys.
pub fn with_table(catalog: &dyn Catalog, keys: &[&str]) -> (DatabaseName, TableName) {
    let (d, t) = (database("d"), table("t"));
    catalog.create_database(&d, DatabaseDefinition::default()).unwrap();
    catalog.create_table(&d, &t, definition(keys)).unwrap();
    (d, t)
}

/// Everything a catalog holds, as text.
pub fn dump(catalog: &dyn Catalog) -> String {
    let mut text = String::new();
    for database in catalog.databases().unwrap() {
        text.push_str(&format!("{database:?}\n"));
        for name in catalog.table_names(&database.name).unwrap() {
            text.push_str(&format!("{:?}\n", catalog.table_versions(&database.name, &name).unwrap()));
            for partition in catalog.load_table(&database.name, &name).unwrap().partitions.iter() {
                text.push_str(&format!("{partition:?}\n"));
            }
        }
    }
    text
}
