//! What runs a statement? The engine behind three small traits, so that the lifecycle can be tested without it.

use async_trait::async_trait;
use owlake_engine::engine::{Engine, Meter, Output, Prepared, ResultColumn};
use owlake_engine::error::{EngineError, FailurePath};
use owlake_engine::session::Session;
use owlake_engine::statement::{StatementContext, check_before_accepting, create_table_as_select};
use owlake_syntax::Parsed;
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
        Ok(Accepted {
            statement_type: parsed.kind.statement_type.as_str().to_owned(),
            substatement_type: parsed.kind.substatement_type.to_owned(),
            has_external_location: create_table_as_select::has_external_location(&parsed.statement),
            statement: Box::new(LocalStatement { engine: self.engine.clone(), parsed }),
        })
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
