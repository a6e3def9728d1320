//! How long does a text take to become a physical plan, beside DataFusion's own planner? One process, the same Parquet files, in turn.
//!
//! `cargo bench --profile release-fast --package owlake-engine --bench planning [-- ROUNDS [QUERY]]` makes TPC-H at scale 0.01 in a folder of its
//! own, plans each query of `benches/tpch.sql` on either side in turn and prints the medians; then `SELECT 1`. It fails when the geometric mean
//! of the ratios is above 1.5 or `SELECT 1` takes a millisecond. owlake's side is parse, analyse, lower, optimise and footers;
//! DataFusion's is `SessionContext::sql` and `create_physical_plan`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use owlake_catalog::{
    Catalog, Clock, Column, DatabaseDefinition, DatabaseName, MemoryCatalog, SerDeInfo, StorageDescriptor, StorageFormat, TableDefinition,
    TableName,
};
use owlake_engine::engine::{Engine, EngineConfig, Meter};
use owlake_engine::session::Session;
use owlake_engine::storage::{BucketError, BucketResolver};
use owlake_functions::registry::SessionInfo;
use owlake_testdata::{parquet_file, tpch};

const SCALE: f64 = 0.01;
const ROUNDS: usize = 21;
const PARTITIONS: usize = 2;
const RATIO_MAX: f64 = 1.5;
const SELECT_1_MAX: Duration = Duration::from_millis(1);

/// The one bucket, a folder.
#[derive(Debug)]
struct Folder(Arc<LocalFileSystem>);

impl BucketResolver for Folder {
    fn object_store(&self, _bucket: &str) -> Result<Arc<dyn ObjectStore>, BucketError> {
        Ok(Arc::clone(&self.0) as Arc<dyn ObjectStore>)
    }
}

struct FixedClock;

impl Clock for FixedClock {
    fn now_ms(&self) -> i64 {
        0
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let rounds = arguments.first().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS);
    let only = arguments.get(1).cloned().unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let is_met = runtime.block_on(compare(folder.path(), rounds, &only));
    std::process::exit(i32::from(!is_met));
}

async fn compare(folder: &Path, rounds: usize, only: &str) -> bool {
    let engine = engine(folder);
    let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(PARTITIONS));
    for table in tpch::TABLES {
        let path = folder.join(table).to_string_lossy().into_owned();
        context.register_parquet(*table, path, ParquetReadOptions::default()).await.unwrap();
    }
    println!("query    owlake µs  DataFusion µs  ratio   (medians of {rounds} rounds in turn, after two to warm up)");
    let mut ratios = Vec::new();
    let (mut ours_all, mut theirs_all) = (Vec::new(), Vec::new());
    for (name, sql) in queries().into_iter().filter(|(name, _)| name.contains(only)) {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for round in 0..rounds + 2 {
            let our_time = timed(planned(&engine, &sql)).await;
            let their_time = timed(datafusion_planned(&context, &sql)).await;
            if round >= 2 {
                ours.push(our_time);
                theirs.push(their_time);
            }
        }
        let (our_time, their_time) = (median(ours), median(theirs));
        let ratio = our_time.as_secs_f64() / their_time.as_secs_f64();
        println!("{name}    {:10.0} {:14.0} {ratio:6.2}", micros(our_time), micros(their_time));
        ratios.push(ratio);
        ours_all.push(our_time);
        theirs_all.push(their_time);
    }
    let mean = (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp();
    let (ours, theirs) = (median(ours_all), median(theirs_all));
    println!(
        "median of the queries: {:.0} µs and {:.0} µs, ratio {:.2}",
        micros(ours),
        micros(theirs),
        ours.as_secs_f64() / theirs.as_secs_f64()
    );
    println!("geometric mean of the ratios: {mean:.2} (at most {RATIO_MAX})");
    let mut times = Vec::new();
    for _ in 0..rounds * 20 {
        times.push(timed(planned(&engine, "SELECT 1")).await);
    }
    let select_1 = median(times);
    println!("SELECT 1: {:.0} µs (below {:.0})", micros(select_1), micros(SELECT_1_MAX));
    mean <= RATIO_MAX && select_1 < SELECT_1_MAX
}

async fn planned(engine: &Engine, sql: &str) {
    let parsed = engine.parse(sql).unwrap();
    let prepared = engine.prepare(session(), parsed, Arc::new(Meter::default())).await;
    prepared.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

async fn datafusion_planned(context: &SessionContext, sql: &str) {
    let frame = context.sql(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    frame.create_physical_plan().await.unwrap();
}

async fn timed(work: impl Future<Output = ()>) -> Duration {
    let started = Instant::now();
    work.await;
    started.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// The texts of `benches/tpch.sql`, by name.
fn queries() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benches/tpch.sql")).unwrap();
    let mut found: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("-- ").filter(|name| name.len() == 3 && name.starts_with('q')) {
            Some(name) => found.push((name.to_owned(), String::new())),
            None => {
                if let Some((_, sql)) = found.last_mut() {
                    sql.push_str(line);
                    sql.push('\n');
                }
            }
        }
    }
    found.into_iter().map(|(name, sql)| (name, sql.trim().trim_end_matches(';').to_owned())).collect()
}

/// The TPC-H tables as one Parquet file each, in the folder and in a catalog.
fn engine(folder: &Path) -> Engine {
    let catalog = Arc::new(MemoryCatalog::new(Arc::new(FixedClock)));
    let database = DatabaseName::parse("tpch").unwrap();
    catalog.create_database(&database, DatabaseDefinition::default()).unwrap();
    for table in tpch::TABLES {
        let mut batches = Vec::new();
        tpch::generate(table, SCALE, tpch::Flavour::Standard, &mut |batch| {
            batches.push(batch);
            Ok(())
        })
        .unwrap();
        std::fs::create_dir_all(folder.join(table)).unwrap();
        let file = folder.join(table).join("data.parquet");
        parquet_file::write_parquet(&file, &batches, parquet_file::Codec::Snappy, 20_000).unwrap();
        let columns =
            batches[0].schema().fields().iter().map(|field| Column::new(field.name(), tpch::hive_type(field.data_type()))).collect();
        let definition = definition(columns, &format!("s3://tpch/{table}/"));
        catalog.create_table(&database, &TableName::parse(table).unwrap(), definition).unwrap();
    }
    let store = Arc::new(LocalFileSystem::new_with_prefix(folder).unwrap());
    let config = EngineConfig { memory_bytes_max: 1 << 30, target_partitions: PARTITIONS, spill_dir: std::env::temp_dir() };
    Engine::new(catalog, Arc::new(Folder(store)), config).unwrap()
}

fn definition(columns: Vec<Column>, location: &str) -> TableDefinition {
    let serde = SerDeInfo {
        serialization_library: Some("org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe".to_owned()),
        ..SerDeInfo::default()
    };
    let format = StorageFormat { columns, serde_info: Some(serde), ..StorageFormat::default() };
    TableDefinition {
        storage: Some(StorageDescriptor { location: Some(location.into()), format: Arc::new(format) }),
        table_type: Some("EXTERNAL_TABLE".to_owned()),
        ..TableDefinition::default()
    }
}

fn session() -> Session {
    let info = SessionInfo {
        zone: "UTC".into(),
        start_micros: 1_700_000_000_000_000,
        user: "bench".into(),
        catalog: "awsdatacatalog".into(),
        schema: Some("tpch".into()),
    };
    Session {
        catalog: "AwsDataCatalog".to_owned(),
        database: Some("tpch".to_owned()),
        info: Arc::new(info),
        parameters: Vec::new(),
        decimal_literals_as_double: true,
        query_id: "bench".to_owned(),
        output: None,
        catalog_aliases: [].into(),
        prepared: None,
    }
}
