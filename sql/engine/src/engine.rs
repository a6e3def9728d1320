//! How is a statement run? The one way in: parse, prepare, run. Ref: architecture, "The way of one query".

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use arrow::record_batch::RecordBatch;
use datafusion::execution::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use owlake_catalog::Catalog;
use owlake_functions::types::TrinoType;
use owlake_functions::types::arrow_form::arrow_type;
use owlake_syntax::Parsed;
use owlake_syntax::trino::ast::{self, Explain, StatementKind};
use tokio_util::sync::CancellationToken;

use crate::analyze::analyzer::{AnalyzerContext, Wording, analyze_query, analyze_view};
use crate::analyze::parameters;
use crate::analyze::tables::CatalogTables;
use crate::constant_rows;
use crate::error::EngineError;
use crate::explain;
use crate::explain::options::PlanType;
use crate::explain::statement::{Shown, Subject, Times, plan_options};
use crate::ir;
use crate::lower::lowerer::Lowerer;
use crate::plan::cancellation::{TokenCell, cancelled, watched};
use crate::planning::on_big_stack;
use crate::runtime::{Runtime, physical_plan};
use crate::scan::source::{ScanCaches, ScanContext};
use crate::session::Session;
use crate::show_functions;
use crate::statement::{StatementContext, create_table_as_select, insert, prepared, row_change, unload, view};
use crate::storage::BucketResolver;
use crate::write::{PlannedRows, WriteJob, WriteScope};

/// Settings of the whole process's engine.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// Bytes all queries together may hold before they spill or fail.
    pub memory_bytes_max: usize,
    /// Partitions (threads) a query uses; the number of cores as a rule.
    pub target_partitions: usize,
    /// Folder for spill files.
    pub spill_dir: std::path::PathBuf,
}

/// The query engine: one a process, shared by every request. Cheap to clone behind `Arc`.
pub struct Engine {
    pub catalog: Arc<dyn Catalog>,
    pub buckets: Arc<dyn BucketResolver>,
    pub config: EngineConfig,
    runtime: Runtime,
    scan_caches: ScanCaches,
}

/// A statement analysed, lowered and optimised, ready to run once.
pub struct Prepared {
    /// Columns of the result, in order; empty for statements without any.
    pub columns: Vec<ResultColumn>,
    pub output: OutputKind,
    work: Work,
}

/// What running a prepared statement means.
enum Work {
    Query {
        plan: Arc<dyn ExecutionPlan>,
        session: Box<SessionState>,
        meter: Arc<Meter>,
        token: TokenCell,
    },
    Rows(RecordBatch),
    Text(Vec<String>),
    Catalog {
        context: Box<StatementContext>,
        statement: Box<owlake_syntax::hive::ast::Statement>,
    },
    /// Rows that become files.
    Write(Box<WriteJob>),
    /// EXPLAIN ANALYZE: runs the statement it is about and tells what that took.
    Explained(Box<ExplainedRun>),
    /// A change of the catalog that is ready to be made; it may block on the disk.
    Effect(Box<dyn FnOnce() -> Result<Output, EngineError> + Send>),
}

/// Runs to the end, and gives the lines to show.
type ExplainedRun = dyn FnOnce(CancellationToken) -> BoxFuture<'static, Result<Vec<String>, EngineError>> + Send;

/// A column of a result: the name as the client sees it and the type it prints by.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultColumn {
    pub name: String,
    pub data_type: ResultType,
}

/// The type of a result column: Trino's, or the bare `string` that Hive's utility statements declare.
#[derive(Debug, Clone, PartialEq)]
pub enum ResultType {
    Trino(TrinoType),
    HiveString,
}

/// How the result is delivered. Ref: measured Athena behaviour, "Result objects".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputKind {
    /// Rows, written as `<id>.csv`.
    Rows,
    /// Lines, written as `<id>.txt`.
    Text,
    /// Nothing to show: an empty `<id>.txt`.
    Nothing,
    /// A number of rows, and a list of written files.
    Count,
}

/// What a running statement gives.
pub enum Output {
    /// Batches in physical form; the columns follow `Prepared::columns`.
    Rows(BoxStream<'static, Result<RecordBatch, EngineError>>),
    /// One line a row, without line ends; UTILITY rows are tab-joined already.
    Text(Vec<String>),
    Nothing,
    /// Rows that became files.
    Written(Written),
}

/// What a writing statement has written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub rows: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// `s3://` URIs.
    pub files: Vec<String>,
    /// Whether a list of the files is kept even when there are none.
    pub has_manifest: bool,
}

/// What a query has read so far; shared with whoever wants to watch. Counts only what the reader asked for.
#[derive(Debug, Default)]
pub struct Meter {
    bytes_scanned: AtomicU64,
    rows_read: AtomicU64,
}

impl Meter {
    pub fn add_bytes_scanned(&self, bytes: u64) {
        self.bytes_scanned.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Stored bytes read so far: the metered quantity.
    pub fn bytes_scanned(&self) -> u64 {
        self.bytes_scanned.load(Ordering::Relaxed)
    }

    pub fn add_rows_read(&self, rows: u64) {
        self.rows_read.fetch_add(rows, Ordering::Relaxed);
    }

    pub fn rows_read(&self) -> u64 {
        self.rows_read.load(Ordering::Relaxed)
    }
}

impl Engine {
    /// Builds the engine. Errors: the spill folder can't be used.
    pub fn new(catalog: Arc<dyn Catalog>, buckets: Arc<dyn BucketResolver>, config: EngineConfig) -> Result<Self, EngineError> {
        let runtime = Runtime::new(&config)?;
        Ok(Engine { catalog, buckets, config, runtime, scan_caches: ScanCaches::new() })
    }

    /// Parses and routes a statement, and makes the checks Athena makes before it accepts one. Fast, no I/O but catalog
    /// memory. Errors: `FailurePath::Refused` with the AthenaErrorCode as name.
    pub fn parse(&self, text: &str) -> Result<Parsed, EngineError> {
        owlake_syntax::parse(text).map_err(|error| EngineError::refused("MALFORMED_QUERY", error.message))
    }

    /// Analyses, lowers and optimises. CPU-bound and possibly deep: runs itself on a big stack.
    /// Errors: semantic errors with name, text and position; what reading the table's footers meets.
    pub async fn prepare(&self, session: Session, parsed: Parsed, meter: Arc<Meter>) -> Result<Prepared, EngineError> {
        match parsed.statement {
            owlake_syntax::Statement::Hive(statement) => {
                let context = self.statement_context(session);
                crate::statement::check_comments(&context, &parsed.text, &statement)?;
                let (columns, output) = crate::statement::declare(&context, &statement);
                Ok(Prepared { columns, output, work: Work::Catalog { context: Box::new(context), statement } })
            }
            owlake_syntax::Statement::Trino(statement) => match statement.kind {
                StatementKind::Query(query) => self.prepare_query(session, query, parsed.parameter_count, meter).await,
                StatementKind::Explain(explain) => {
                    self.prepare_explain(session, explain, parsed.parameter_count, &parsed.text, meter).await
                }
                StatementKind::ShowFunctions { pattern, escape } => {
                    let rows = show_functions::rows(pattern.as_deref(), escape.as_deref())?;
                    Ok(Prepared { columns: show_functions::columns(), output: OutputKind::Rows, work: Work::Rows(rows) })
                }
                StatementKind::CreateView(view) => self.prepare_create_view(session, view, parsed.parameter_count).await,
                StatementKind::DropView { name, if_exists } => {
                    let context = self.statement_context(session);
                    Ok(effect("DROP VIEW", move || view::drop(&context, &name, if_exists).map(|()| Output::Nothing)))
                }
                StatementKind::ShowCreateView(name) => {
                    let context = self.statement_context(session);
                    Ok(effect("SHOW CREATE VIEW", move || view::show_create(&context, &name).map(Output::Text)))
                }
                StatementKind::CreateTableAsSelect(create) => {
                    let scope = self.write_scope(session, parsed.parameter_count, meter);
                    create_table_as_select::prepare(scope, *create).await.map(writing)
                }
                StatementKind::Insert(insert) => {
                    let scope = self.write_scope(session, parsed.parameter_count, meter);
                    insert::prepare(scope, *insert).await.map(writing)
                }
                StatementKind::Unload(unload) => {
                    let scope = self.write_scope(session, parsed.parameter_count, meter);
                    unload::prepare(scope, *unload).await.map(writing)
                }
                StatementKind::Prepare { name, statement } => {
                    prepared::check_statement(&statement.kind)?;
                    let text = statement.span.text(&parsed.text).to_owned();
                    let store = prepared::store(&session)?;
                    Ok(effect("PREPARE", move || store.keep(&name.value, &text).map(|()| Output::Nothing)))
                }
                StatementKind::Deallocate(name) => {
                    let store = prepared::store(&session)?;
                    Ok(effect("DEALLOCATE", move || store.remove(&name.value).map(|()| Output::Nothing)))
                }
                StatementKind::Execute { name, parameters } => {
                    let (session, statement) = prepared::statement(self, session, &name.value, &parameters, &parsed.text)?;
                    Box::pin(self.prepare(session, statement, meter)).await
                }
                other => Err(row_change::refusal(&self.statement_context(session), &other)
                    .unwrap_or_else(|| EngineError::engine("NOT_SUPPORTED", format!("{} is not supported yet", statement_name(&other))))),
            },
        }
    }

    /// Runs a prepared statement. The stream stops within a batch once `cancel` fires.
    pub async fn run(&self, prepared: Prepared, cancel: CancellationToken) -> Result<Output, EngineError> {
        match prepared.work {
            Work::Query { plan, session, meter, token } => {
                // A prepared statement runs once, so the cell is empty here.
                let _ = token.set(cancel.clone());
                rows_of(plan, &session, meter, &prepared.columns, cancel)
            }
            Work::Rows(batch) => Ok(Output::Rows(futures::stream::once(async { Ok(batch) }).boxed())),
            Work::Text(lines) => Ok(Output::Text(lines)),
            Work::Explained(run) => run(cancel).await.map(Output::Text),
            Work::Write(job) => job.run(cancel).await.map(Output::Written),
            Work::Effect(effect) => {
                let output = tokio::task::spawn_blocking(effect).await;
                output.map_err(|error| EngineError::internal(format!("a catalog statement ended abnormally: {error}")))?
            }
            Work::Catalog { context, statement } => {
                tokio::select! {
                    output = crate::statement::run(*context, *statement) => output,
                    () = cancel.cancelled() => Err(cancelled()),
                }
            }
        }
    }

    /// Plans an analysed query.
    pub async fn prepare_ir(&self, session: &Session, query: ir::Query, meter: Arc<Meter>) -> Result<Prepared, EngineError> {
        self.plan_ir(session, query, meter, self.buckets_now()).await
    }

    async fn plan_ir(
        &self,
        session: &Session,
        query: ir::Query,
        meter: Arc<Meter>,
        buckets: Arc<dyn BucketResolver>,
    ) -> Result<Prepared, EngineError> {
        let lowerer = self.lowerer(session, Arc::clone(&meter), buckets);
        let state = self.runtime.session();
        on_big_stack(plan_query(lowerer, state, query, meter)).await
    }

    /// Analyses a query whose rows are written.
    pub(crate) async fn analyzed(
        &self,
        session: Session,
        query: Box<ast::Query>,
        parameter_count: usize,
    ) -> Result<ir::Query, EngineError> {
        let catalog = Arc::clone(&self.catalog);
        on_big_stack(async move { analyze(catalog.as_ref(), &session, &query, parameter_count) }).await
    }

    /// Plans rows that are written, from what `buckets` show.
    pub(crate) async fn plan_rows(
        &self,
        session: &Session,
        query: ir::Query,
        meter: Arc<Meter>,
        buckets: Arc<dyn BucketResolver>,
    ) -> Result<PlannedRows, EngineError> {
        let shown = Shown::of(&query);
        match self.plan_ir(session, query, meter, buckets).await?.work {
            Work::Query { plan, session, meter, token } => Ok(PlannedRows { plan, shown, session, meter, token }),
            _ => Err(EngineError::internal("a query without a plan")),
        }
    }

    async fn prepare_query(
        &self,
        session: Session,
        query: Box<ast::Query>,
        parameter_count: usize,
        meter: Arc<Meter>,
    ) -> Result<Prepared, EngineError> {
        let lowerer = self.lowerer(&session, Arc::clone(&meter), self.buckets_now());
        let state = self.runtime.session();
        let catalog = Arc::clone(&self.catalog);
        on_big_stack(async move {
            let query = analyze(catalog.as_ref(), &session, &query, parameter_count)?;
            let mut lowerer = lowerer;
            let logical = lowerer.query(&query)?;
            match constant_rows::of(&logical) {
                Some(row) => {
                    let columns = result_columns(&query);
                    let row = with_types(row, &physical_types(&columns))?;
                    Ok(Prepared { columns, output: OutputKind::Rows, work: Work::Rows(row) })
                }
                None => plan_lowered(logical, state, &query, meter).await,
            }
        })
        .await
    }

    /// The statement is planned and told; EXPLAIN ANALYZE runs it first, when this is run.
    async fn prepare_explain(
        &self,
        session: Session,
        explain: Explain,
        parameter_count: usize,
        text: &str,
        meter: Arc<Meter>,
    ) -> Result<Prepared, EngineError> {
        let (plan_type, format) = plan_options(&explain)?;
        let (is_analyze, is_verbose) = (explain.is_analyze, explain.is_verbose);
        let started = Instant::now();
        // Planning alone is free: what it reads of footers is charged to nobody.
        let meter = if is_analyze { meter } else { Arc::default() };
        let (shown, work) = self.planned(session, *explain.statement, parameter_count, text, meter).await?;
        let planning = started.elapsed();
        if !is_analyze {
            let subject = match work {
                Work::Query { plan, .. } => Subject { plan: Some(plan), shown, target: None },
                Work::Write(job) => job.subject(shown),
                _ => Subject { plan: None, shown, target: None },
            };
            let lines = explain::statement::lines(subject, plan_type, format, None);
            let column = if plan_type == PlanType::Validate {
                ResultColumn { name: "Valid".to_owned(), data_type: ResultType::Trino(TrinoType::Boolean) }
            } else {
                let length = lines.iter().map(|line| line.chars().count() + 1).sum::<usize>().saturating_sub(1);
                query_plan(TrinoType::Varchar(u32::try_from(length).ok()))
            };
            return Ok(Prepared { columns: vec![column], output: OutputKind::Text, work: Work::Text(lines) });
        }
        let run = move |cancel: CancellationToken| {
            let work = async move {
                let started = Instant::now();
                let subject = run_explained(shown, work, cancel).await?;
                let times = Times { planning, execution: started.elapsed(), is_verbose };
                Ok(explain::statement::lines(subject, PlanType::Distributed, format, Some(times)))
            };
            work.boxed()
        };
        let columns = vec![query_plan(TrinoType::VARCHAR)];
        Ok(Prepared { columns, output: OutputKind::Text, work: Work::Explained(Box::new(run)) })
    }

    /// A statement with a plan, planned. Errors: NOT_SUPPORTED for one without.
    async fn planned(
        &self,
        session: Session,
        statement: ast::Statement,
        parameter_count: usize,
        text: &str,
        meter: Arc<Meter>,
    ) -> Result<(Shown, Work), EngineError> {
        let scope = |session| self.write_scope(session, parameter_count, Arc::clone(&meter));
        let mut job = match statement.kind {
            StatementKind::Query(query) => {
                let lowerer = self.lowerer(&session, Arc::clone(&meter), self.buckets_now());
                let state = self.runtime.session();
                let catalog = Arc::clone(&self.catalog);
                return on_big_stack(async move {
                    let query = analyze(catalog.as_ref(), &session, &query, parameter_count)?;
                    let shown = Shown::of(&query);
                    Ok((shown, plan_query(lowerer, state, query, meter).await?.work))
                })
                .await;
            }
            StatementKind::CreateTableAsSelect(create) => create_table_as_select::prepare(scope(session), *create).await?,
            StatementKind::Insert(insert) => insert::prepare(scope(session), *insert).await?,
            StatementKind::Unload(unload) => unload::prepare(scope(session), *unload).await?,
            StatementKind::Execute { name, parameters } => {
                let (session, parsed) = prepared::statement(self, session, &name.value, &parameters, text)?;
                let owlake_syntax::Statement::Trino(statement) = parsed.statement else {
                    return Err(EngineError::engine("NOT_SUPPORTED", "EXPLAIN is not supported for this prepared statement"));
                };
                return Box::pin(self.planned(session, *statement, parsed.parameter_count, &parsed.text, meter)).await;
            }
            other => {
                return Err(EngineError::engine("NOT_SUPPORTED", format!("EXPLAIN of {} is not supported", statement_name(&other))));
            }
        };
        let shown = job.plan.as_mut().map(|plan| std::mem::take(&mut plan.rows.shown)).unwrap_or_default();
        Ok((shown, Work::Write(Box::new(job))))
    }

    /// The view's query is analysed for its columns and its errors, and stored as text.
    async fn prepare_create_view(
        &self,
        session: Session,
        view: Box<ast::CreateView>,
        parameter_count: usize,
    ) -> Result<Prepared, EngineError> {
        if parameter_count > 0 {
            // A view would keep its `?` and could not be read. Ref: Athena user guide, "Querying with parameterized queries".
            return Err(EngineError::engine("NOT_SUPPORTED", "Parameters are not supported in CREATE VIEW"));
        }
        let context = self.statement_context(session.clone());
        let catalog = Arc::clone(&self.catalog);
        let (view, columns) = on_big_stack(async move {
            let parameters = parameters::bind(&session.parameters, parameter_count)?;
            let tables = CatalogTables { catalog: catalog.as_ref() };
            let context = AnalyzerContext { session: &session, tables: &tables, parameters, wording: Wording::Athena };
            let columns = analyze_view(&context, &view)?.columns;
            Ok((view, columns))
        })
        .await?;
        Ok(effect("CREATE VIEW", move || view::create(&context, &view, &columns).map(|()| Output::Nothing)))
    }

    pub(crate) fn statement_context(&self, session: Session) -> StatementContext {
        StatementContext { catalog: Arc::clone(&self.catalog), buckets: Arc::clone(&self.buckets), session }
    }

    /// The buckets as they are now, for all listings of one query. To be asked before the catalog is: a partition is entered before
    /// its files are shown.
    fn buckets_now(&self) -> Arc<dyn BucketResolver> {
        Arc::clone(&self.buckets).at_this_instant().unwrap_or_else(|| Arc::clone(&self.buckets))
    }

    /// What a writing statement is prepared with.
    fn write_scope(&self, session: Session, parameter_count: usize, meter: Arc<Meter>) -> WriteScope<'_> {
        WriteScope { engine: self, session, parameter_count, meter, buckets_read: self.buckets_now() }
    }

    fn lowerer(&self, session: &Session, meter: Arc<Meter>, buckets: Arc<dyn BucketResolver>) -> Lowerer {
        let scans = ScanContext {
            catalog: Arc::clone(&self.catalog),
            buckets,
            caches: self.scan_caches.clone(),
            meter,
            target_partitions: self.config.target_partitions,
        };
        Lowerer::new(Arc::clone(&session.info), Arc::new(scans))
    }
}

/// A catalog statement that is ready to run.
fn effect(name: &str, run: impl FnOnce() -> Result<Output, EngineError> + Send + 'static) -> Prepared {
    let (columns, output) = crate::statement::declared(name);
    Prepared { columns, output, work: Work::Effect(Box::new(run)) }
}

/// Gives the query its meaning: names and types from the catalog as it is now.
fn analyze(catalog: &dyn Catalog, session: &Session, query: &ast::Query, parameter_count: usize) -> Result<ir::Query, EngineError> {
    let tables = CatalogTables { catalog };
    let parameters = parameters::bind(&session.parameters, parameter_count)?;
    analyze_query(&AnalyzerContext { session, tables: &tables, parameters, wording: Wording::Athena }, query)
}

/// Lowers and optimises an analysed query, reading the footers its scans need.
async fn plan_query(mut lowerer: Lowerer, state: SessionState, query: ir::Query, meter: Arc<Meter>) -> Result<Prepared, EngineError> {
    let logical = lowerer.query(&query)?;
    plan_lowered(logical, state, &query, meter).await
}

async fn plan_lowered(logical: LogicalPlan, state: SessionState, query: &ir::Query, meter: Arc<Meter>) -> Result<Prepared, EngineError> {
    let token = TokenCell::default();
    let plan = watched(physical_plan(&state, &logical).await?, &token)?;
    let work = Work::Query { plan, session: Box::new(state), meter, token };
    Ok(Prepared { columns: result_columns(query), output: OutputKind::Rows, work })
}

fn result_columns(query: &ir::Query) -> Vec<ResultColumn> {
    let column =
        |column: &ir::OutputColumn| ResultColumn { name: column.name.clone(), data_type: ResultType::Trino(column.data_type.clone()) };
    query.columns.iter().map(column).collect()
}

/// How each column is held in a batch.
fn physical_types(columns: &[ResultColumn]) -> Arc<[arrow::datatypes::DataType]> {
    let of = |column: &ResultColumn| match &column.data_type {
        ResultType::Trino(data_type) => arrow_type(data_type),
        ResultType::HiveString => arrow::datatypes::DataType::Utf8View,
    };
    columns.iter().map(of).collect()
}

/// A writing statement: its one column is the number of rows. Ref: measured Athena behaviour, "GetQueryResults".
fn writing(job: WriteJob) -> Prepared {
    let columns = vec![ResultColumn { name: "rows".to_owned(), data_type: ResultType::Trino(TrinoType::Bigint) }];
    Prepared { columns, output: OutputKind::Count, work: Work::Write(Box::new(job)) }
}

/// The column of EXPLAIN.
fn query_plan(data_type: TrinoType) -> ResultColumn {
    ResultColumn { name: "Query Plan".to_owned(), data_type: ResultType::Trino(data_type) }
}

/// Runs a planned statement to its end, its rows given to nobody.
async fn run_explained(shown: Shown, work: Work, cancel: CancellationToken) -> Result<Subject, EngineError> {
    match work {
        Work::Query { plan, session, meter, token } => {
            // A prepared statement runs once, so the cell is empty here.
            let _ = token.set(cancel.clone());
            if let Output::Rows(mut rows) = rows_of(Arc::clone(&plan), &session, meter, &[], cancel)? {
                while let Some(batch) = rows.next().await {
                    batch?;
                }
            }
            Ok(Subject { plan: Some(plan), shown, target: None })
        }
        Work::Write(job) => {
            let subject = job.subject(shown);
            job.run(cancel).await?;
            Ok(subject)
        }
        _ => Err(EngineError::internal("a statement without a plan was explained")),
    }
}

/// The stream of a plan's batches, with the result's physical types, until its end or the cancellation.
fn rows_of(
    plan: Arc<dyn ExecutionPlan>,
    session: &SessionState,
    meter: Arc<Meter>,
    columns: &[ResultColumn],
    cancel: CancellationToken,
) -> Result<Output, EngineError> {
    let stream = execute_stream(Arc::clone(&plan), session.task_ctx())?;
    let types = physical_types(columns);
    let rows = futures::stream::unfold(Some((stream, cancel)), move |state| {
        let (types, plan, meter) = (Arc::clone(&types), Arc::clone(&plan), Arc::clone(&meter));
        async move {
            let (mut stream, cancel) = state?;
            let next = tokio::select! {
                biased;
                () = cancel.cancelled() => return Some((Err(cancelled()), None)),
                next = stream.next() => next,
            };
            match next {
                Some(Ok(batch)) => match with_types(batch, &types) {
                    Ok(batch) => Some((Ok(batch), Some((stream, cancel)))),
                    Err(error) => Some((Err(error), None)),
                },
                Some(Err(error)) => Some((Err(error.into()), None)),
                None => {
                    meter.add_rows_read(rows_scanned(plan.as_ref()));
                    None
                }
            }
        }
    });
    Ok(Output::Rows(rows.boxed()))
}

/// The batch with columns in the physical form the result declares; a plan that deviates is a mistake of ours, repaired and logged.
pub(crate) fn with_types(batch: RecordBatch, types: &[arrow::datatypes::DataType]) -> Result<RecordBatch, EngineError> {
    if batch.columns().iter().zip(types).all(|(column, expected)| column.data_type() == expected) {
        return Ok(batch);
    }
    let mut fields = Vec::with_capacity(types.len());
    let mut columns = Vec::with_capacity(types.len());
    for ((column, expected), field) in batch.columns().iter().zip(types).zip(batch.schema().fields()) {
        if column.data_type() != expected {
            tracing::warn!(found = %column.data_type(), %expected, column = field.name(), "a result column has an unexpected physical type");
        }
        columns.push(arrow::compute::cast(column, expected).map_err(datafusion::error::DataFusionError::from)?);
        fields.push(arrow::datatypes::Field::new(field.name(), expected.clone(), true));
    }
    let options = arrow::record_batch::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    let schema = Arc::new(arrow::datatypes::Schema::new(fields));
    Ok(RecordBatch::try_new_with_options(schema, columns, &options).map_err(datafusion::error::DataFusionError::from)?)
}

/// The rows the plan's scans have given.
pub(crate) fn rows_scanned(plan: &dyn ExecutionPlan) -> u64 {
    let own = if plan.is::<datafusion::datasource::source::DataSourceExec>() {
        plan.metrics().and_then(|metrics| metrics.output_rows()).unwrap_or(0) as u64
    } else {
        0
    };
    own + plan.children().into_iter().map(|child| rows_scanned(child.as_ref())).sum::<u64>()
}

fn statement_name(kind: &StatementKind) -> &'static str {
    match kind {
        StatementKind::Query(_) => "A query",
        StatementKind::Explain(_) => "EXPLAIN",
        StatementKind::CreateTableAsSelect(_) => "CREATE TABLE AS SELECT",
        StatementKind::Insert(_) => "INSERT",
        StatementKind::Unload(_) => "UNLOAD",
        StatementKind::Delete(_) => "DELETE",
        StatementKind::Update(_) => "UPDATE",
        StatementKind::Merge(_) => "MERGE",
        StatementKind::CreateView(_) => "CREATE VIEW",
        StatementKind::DropView { .. } => "DROP VIEW",
        StatementKind::ShowCreateView(_) => "SHOW CREATE VIEW",
        StatementKind::ShowFunctions { .. } => "SHOW FUNCTIONS",
        StatementKind::Prepare { .. } => "PREPARE",
        StatementKind::Execute { .. } => "EXECUTE",
        StatementKind::Deallocate(_) => "DEALLOCATE PREPARE",
        StatementKind::Optimize(_) => "OPTIMIZE",
        StatementKind::Vacuum(_) => "VACUUM",
        StatementKind::UsingExternalFunction { .. } => "USING EXTERNAL FUNCTION",
        StatementKind::Other { kind } => kind,
    }
}
