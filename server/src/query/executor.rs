//! What runs a statement? The engine behind three small traits, so that the lifecycle can be tested without it.

use async_trait::async_trait;
use owlake_catalog::{DatabaseName, TableName};
use owlake_engine::engine::{Engine, Meter, Output, Prepared, ResultColumn};
use owlake_engine::error::{EngineError, FailurePath};
use owlake_engine::session::Session;
use owlake_engine::statement::{StatementContext, check_before_accepting, create_table_as_select};
use owlake_syntax::Parsed;
use owlake_syntax::hive::ast as hive;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Takes statements. One a server.
pub trait Executor: Send + Sync {
    /// Parses and classifies a statement, with the checks made before a query exists.
    /// Errors: `FailurePath::Refused`, named by the AthenaErrorCode.
    fn accept(&self, text: &str, session: &Session) -> Result<Accepted, EngineError>;
}

/// A statement that may become a query.
pub struct Accepted {
    /// `DML`, `DDL` or `UTILITY`.
    pub statement_type: String,
    /// `SELECT`, `CREATE_TABLE` and so on.
    pub substatement_type: String,
    /// Whether it is a CTAS that says where its files go.
    pub has_external_location: bool,
    /// Whether it only shows a plan: EXPLAIN without ANALYZE.
    pub is_plan_only: bool,
    /// What can be run, once.
    pub statement: Box<dyn Statement>,
}

/// A parsed statement.
#[async_trait]
pub trait Statement: Send {
    /// Analyses and optimises it. Bytes read on the way are metered.
    async fn prepare(self: Box<Self>, session: Session, meter: Arc<Meter>) -> Result<Box<dyn Plan>, EngineError>;
}

/// A statement ready to run.
#[async_trait]
pub trait Plan: Send {
    /// The columns of the result; empty for statements without any.
    fn columns(&self) -> Vec<ResultColumn>;

    /// Runs it. The output's stream ends within a batch once `cancel` fires.
    async fn run(self: Box<Self>, cancel: CancellationToken) -> Result<Output, EngineError>;
}

/// The engine of this process.
pub struct LocalExecutor {
    engine: Arc<Engine>,
}

impl LocalExecutor {
    /// An executor on `engine`.
    pub fn new(engine: Arc<Engine>) -> Self {
        LocalExecutor { engine }
    }
}

impl LocalExecutor {
    /// Whether DESCRIBE or SHOW COLUMNS names a view, which only the catalog knows. Ref: measured, "Classification".
    fn describes_view(&self, statement: &owlake_syntax::Statement, session: &Session) -> bool {
        let owlake_syntax::Statement::Hive(statement) = statement else { return false };
        let (hive::Statement::Describe { name, .. } | hive::Statement::ShowColumns { name }) = statement.as_ref() else { return false };
        let database = name.database.as_deref().or(session.database.as_deref()).unwrap_or("default");
        let names = (DatabaseName::parse(database.trim_matches('`')), TableName::parse(&name.table));
        let (Ok(database), Ok(table)) = names else { return false };
        self.engine.catalog.table(&database, &table).is_ok_and(|table| table.is_view())
    }
}

impl Executor for LocalExecutor {
    fn accept(&self, text: &str, session: &Session) -> Result<Accepted, EngineError> {
        let parsed = self.engine.parse(text)?;
        if let owlake_syntax::Statement::Hive(statement) = &parsed.statement {
            let (catalog, buckets) = (self.engine.catalog.clone(), self.engine.buckets.clone());
            let context = StatementContext { catalog, buckets, session: session.clone() };
            // Whatever else is wrong shows when the statement runs, as a failed query.
            match check_before_accepting(&context, statement) {
                Err(error) if error.path == FailurePath::Refused => return Err(error),
                _ => {}
            }
        }
        let substatement_type = if self.describes_view(&parsed.statement, session) { "DESC_VIEW" } else { parsed.kind.substatement_type };
        Ok(Accepted {
            statement_type: parsed.kind.statement_type.as_str().to_owned(),
            substatement_type: substatement_type.to_owned(),
            has_external_location: create_table_as_select::has_external_location(&parsed.statement),
            is_plan_only: is_plan_only(&parsed.statement),
            statement: Box::new(LocalStatement { engine: self.engine.clone(), parsed }),
        })
    }
}

fn is_plan_only(statement: &owlake_syntax::Statement) -> bool {
    match statement {
        owlake_syntax::Statement::Trino(statement) => {
            matches!(&statement.kind, owlake_syntax::trino::ast::StatementKind::Explain(explain) if !explain.is_analyze)
        }
        owlake_syntax::Statement::Hive(_) => false,
    }
}

struct LocalStatement {
    engine: Arc<Engine>,
    parsed: Parsed,
}

#[async_trait]
impl Statement for LocalStatement {
    async fn prepare(self: Box<Self>, session: Session, meter: Arc<Meter>) -> Result<Box<dyn Plan>, EngineError> {
        let LocalStatement { engine, parsed } = *self;
        let prepared = engine.prepare(session, parsed, meter).await?;
        Ok(Box::new(LocalPlan { engine, prepared }))
    }
}

struct LocalPlan {
    engine: Arc<Engine>,
    prepared: Prepared,
}

#[async_trait]
impl Plan for LocalPlan {
    fn columns(&self) -> Vec<ResultColumn> {
        self.prepared.columns.clone()
    }

    async fn run(self: Box<Self>, cancel: CancellationToken) -> Result<Output, EngineError> {
        let LocalPlan { engine, prepared } = *self;
        engine.run(prepared, cancel).await
    }
}
