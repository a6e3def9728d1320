//! Does each statement of `testdata/slt` answer as it should, in process and over HTTP? One corpus, two engines.
//!
//! Every file starts with a `# basis:` line. A file has a lake of its own: the bucket `lake` with the files of
//! [`owlake_testdata::lake`], and nothing in the catalog but the database `default`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use owlake::cli::client::{Client, ClientError, QueryOptions};
use owlake_engine::engine::{Engine, EngineConfig, Meter, Output, ResultColumn, ResultType};
use owlake_engine::session::{Session, SessionOutput};
use owlake_functions::registry::SessionInfo;
use owlake_functions::types::text::ValueWriter;
use sqllogictest::{AsyncDB, DBOutput, DefaultColumnType, Runner};

use crate::process::Process;

const RESULTS: &str = "s3://results/";

#[test]
fn the_corpus_holds_in_process() {
    run_corpus("in process", |runtime, folder| {
        let engine = InProcess::open(runtime, folder);
        move || futures::future::ready(Ok(engine.clone()))
    });
}

#[test]
fn the_corpus_holds_over_http() {
    run_corpus("over HTTP", |_runtime, folder| {
        let server = Arc::new(Process::start(folder));
        move || futures::future::ready(Ok(OverHttp { client: Client::new(&server.endpoint), _server: server.clone() }))
    });
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/slt")
}

fn slt_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(slt_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "slt") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn run_corpus<D, F, M>(name: &str, make: impl Fn(&tokio::runtime::Runtime, &Path) -> M)
where
    D: AsyncDB,
    F: Future<Output = Result<D, D::Error>>,
    M: FnMut() -> F,
{
    let files = slt_files(&corpus());
    assert!(files.len() > 5, "the corpus was not found");
    let wanted = std::env::var("OWLAKE_SLT").unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(16 << 20).build().unwrap();
    let mut failures = Vec::new();
    for file in files.iter().filter(|file| file.to_string_lossy().contains(&wanted)) {
        let text = std::fs::read_to_string(file).unwrap();
        if !text.starts_with("# basis: ") {
            failures.push(format!("{}: the first line is not '# basis: …'", file.display()));
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        owlake_testdata::lake::write(&folder.path().join("buckets/lake")).unwrap();
        std::fs::create_dir_all(folder.path().join("buckets/results")).unwrap();
        let connect = make(&runtime, folder.path());
        let mut runner = Runner::new(connect);
        if let Err(error) = runtime.block_on(runner.run_file_async(file)) {
            failures.push(format!("{error}"));
        }
    }
    assert!(failures.is_empty(), "{} files fail {name}:\n{}", failures.len(), failures.join("\n"));
}

/// A failure as the client reads it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Failure(String);

#[derive(Clone)]
struct InProcess {
    engine: Arc<Engine>,
}

impl InProcess {
    fn open(runtime: &tokio::runtime::Runtime, data_dir: &Path) -> InProcess {
        let _entered = runtime.enter();
        let options =
            owlake::storage::StorageOptions { buckets_folder: data_dir.join("buckets"), targets: Default::default(), fsync: false };
        let storage = owlake::storage::Storage::open(options).unwrap();
        let catalog = owlake_catalog::FileCatalog::open(&data_dir.join("catalog"), Arc::new(owlake::app::SystemClock)).unwrap();
        let config = EngineConfig { memory_bytes_max: 1 << 30, target_partitions: 2, spill_dir: data_dir.join("spill") };
        InProcess { engine: Arc::new(Engine::new(Arc::new(catalog), Arc::new(storage), config).unwrap()) }
    }

    async fn answer(&self, sql: &str) -> Result<DBOutput<DefaultColumnType>, Failure> {
        let fail = |error: owlake_engine::error::EngineError| Failure(error.to_string());
        let session = Session {
            catalog: "AwsDataCatalog".to_string(),
            database: None,
            info: Arc::new(SessionInfo {
                zone: "UTC".into(),
                start_micros: chrono::Utc::now().timestamp_micros(),
                user: "owlake".into(),
                catalog: "awsdatacatalog".into(),
                schema: None,
            }),
            parameters: Vec::new(),
            decimal_literals_as_double: true,
            query_id: uuid::Uuid::new_v4().to_string(),
            output: Some(SessionOutput {
                location: "s3://results/out/".to_string(),
                engine_query_id: "20260917_085344_00007_k6s5b".to_string(),
            }),
            catalog_aliases: [].into(),
            prepared: None,
        };
        let parsed = self.engine.parse(sql).map_err(fail)?;
        let prepared = self.engine.prepare(session, parsed, Arc::new(Meter::default())).await.map_err(fail)?;
        let columns = prepared.columns.clone();
        match self.engine.run(prepared, tokio_util::sync::CancellationToken::new()).await.map_err(fail)? {
            Output::Nothing => Ok(DBOutput::StatementComplete(0)),
            Output::Written(written) => Ok(DBOutput::StatementComplete(written.rows)),
            Output::Text(lines) => Ok(rows(columns_of_text(&columns), lines.into_iter().map(|line| vec![shown(Some(line))]).collect())),
            Output::Rows(stream) => {
                use futures::TryStreamExt;
                let batches: Vec<arrow::record_batch::RecordBatch> = stream.try_collect().await.map_err(fail)?;
                let mut cells = Vec::new();
                for batch in &batches {
                    for row in 0..batch.num_rows() {
                        cells.push(batch.columns().iter().zip(&columns).map(|(array, column)| cell(array.as_ref(), row, column)).collect());
                    }
                }
                Ok(rows(columns.iter().map(column_type).collect(), cells))
            }
        }
    }
}

fn cell(array: &dyn arrow::array::Array, row: usize, column: &ResultColumn) -> String {
    if array.is_null(row) {
        return shown(None);
    }
    let ResultType::Trino(data_type) = &column.data_type else { panic!("a row's column has no type") };
    let mut text = String::new();
    ValueWriter::new(data_type).write(array, row, &mut text);
    shown(Some(text))
}

fn column_type(column: &ResultColumn) -> DefaultColumnType {
    match &column.data_type {
        ResultType::Trino(data_type) if data_type.is_integral() => DefaultColumnType::Integer,
        ResultType::Trino(data_type) if data_type.is_numeric() => DefaultColumnType::FloatingPoint,
        ResultType::Trino(_) | ResultType::HiveString => DefaultColumnType::Text,
    }
}

/// Catalog statements give one text a row, whatever they declare.
fn columns_of_text(_declared: &[ResultColumn]) -> Vec<DefaultColumnType> {
    vec![DefaultColumnType::Text]
}

/// NULL and the empty text as sqllogictest writes them.
fn shown(cell: Option<String>) -> String {
    match cell {
        None => "NULL".to_string(),
        Some(text) if text.is_empty() => "(empty)".to_string(),
        Some(text) => text,
    }
}

fn rows(types: Vec<DefaultColumnType>, rows: Vec<Vec<String>>) -> DBOutput<DefaultColumnType> {
    DBOutput::Rows { types, rows }
}

#[async_trait::async_trait]
impl AsyncDB for InProcess {
    type Error = Failure;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, Failure> {
        self.answer(sql).await
    }

    async fn shutdown(&mut self) {}

    fn engine_name(&self) -> &str {
        "in-process"
    }
}

struct OverHttp {
    client: Client,
    _server: Arc<Process>,
}

#[async_trait::async_trait]
impl AsyncDB for OverHttp {
    type Error = Failure;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, Failure> {
        let options = QueryOptions { database: None, output_location: Some(RESULTS.to_string()), rows_max: usize::MAX };
        let result = self.client.run(sql, &options).await.map_err(|error: ClientError| Failure(error.to_string()))?;
        let is_text = result.output_location.ends_with(".txt");
        if is_text && result.columns.is_empty() && result.rows.is_empty() {
            return Ok(DBOutput::StatementComplete(0));
        }
        let types = if is_text {
            vec![DefaultColumnType::Text]
        } else {
            let types = result.columns.iter().map(|column| match column.data_type.as_str() {
                "tinyint" | "smallint" | "integer" | "bigint" => DefaultColumnType::Integer,
                "float" | "double" | "decimal" => DefaultColumnType::FloatingPoint,
                _ => DefaultColumnType::Text,
            });
            types.collect()
        };
        Ok(rows(types, result.rows.into_iter().map(|row| row.into_iter().map(shown).collect()).collect()))
    }

    async fn shutdown(&mut self) {}

    fn engine_name(&self) -> &str {
        "http"
    }
}
