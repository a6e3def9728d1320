//! What does a statement run under? Catalog, database, zone, clock, parameters and limits of one query.

use std::sync::Arc;

use owlake_functions::registry::SessionInfo;

use crate::analyze::tables::CATALOG_NAME;
use crate::error::EngineError;

/// The settings of one query. Built by the caller; the engine reads no clock and no environment.
#[derive(Debug, Clone)]
pub struct Session {
    /// Catalog as sent (`AwsDataCatalog` when nothing was, or another name of it).
    pub catalog: String,
    /// The other names of `AwsDataCatalog`.
    pub catalog_aliases: Arc<[String]>,
    /// Database of the query's context; `None` when nothing was sent.
    pub database: Option<String>,
    /// Zone, start instant and user, as expressions see them.
    pub info: Arc<SessionInfo>,
    /// `ExecutionParameters`: SQL text each, in order.
    pub parameters: Vec<String>,
    /// Athena reads `1.5` as double (true); the conformance cases expect decimal (false).
    pub decimal_literals_as_double: bool,
    /// The query's id, for logs and for the names of written files.
    pub query_id: String,
    /// For statements that write; `None` where there is no place for results.
    pub output: Option<SessionOutput>,
    /// What PREPARE, EXECUTE and DEALLOCATE work on; `None` where there is none.
    pub prepared: Option<Arc<dyn PreparedStore>>,
}

impl Session {
    /// Whether a written catalog is the one there is, by its own name or another one. Ref: Athena user guide, "Register a data catalog".
    pub fn is_own_catalog(&self, name: &str) -> bool {
        name.eq_ignore_ascii_case(CATALOG_NAME) || self.catalog_aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
    }
}

/// The prepared statements of the query's workgroup. Implemented by the server; each method may block on the disk.
pub trait PreparedStore: Send + Sync + std::fmt::Debug {
    /// The text of a statement; `None` when there is no such name.
    fn find(&self, name: &str) -> Option<String>;

    /// Keeps a statement; one of the same name is replaced. Errors: there are too many.
    fn keep(&self, name: &str, text: &str) -> Result<(), EngineError>;

    /// Removes a statement. Errors: there is none.
    fn remove(&self, name: &str) -> Result<(), EngineError>;
}

/// Where a statement writes that does not say where, and how its files are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionOutput {
    /// The effective result location, with its final slash.
    pub location: String,
    /// `yyyymmdd_hhmmss_nnnnn_xxxxx`.
    pub engine_query_id: String,
}
