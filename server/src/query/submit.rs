//! How does a statement become a queued query? Checked in Athena's order, recorded, handed to the query runtime.
//!
//! Ref: measured Athena behaviour, "StartQueryExecution", validation order.

use crate::app::App;
use crate::error::{ApiError, ApiErrorKind, AthenaErrorCode};
use crate::query::data_catalogs::DEFAULT_CATALOG;
use crate::query::executor::Accepted;
use crate::query::literal_select::is_literal_select;
use crate::query::prepared_port::WorkgroupStatements;
use crate::query::record::Submission;
use crate::query::run;
use crate::query::settings::{ResultSettings, Settings, effective};
use crate::query::store::{IdempotencyKey, Query, Submitted};
use crate::query::workgroups::PRIMARY;
use crate::results::location::ResultPlace;
use futures::FutureExt;
use owlake_engine::error::{EngineError, FailurePath};
use owlake_engine::session::{Session, SessionOutput};
use owlake_functions::registry::SessionInfo;
use owlake_syntax::lexer::tokenize;
use std::sync::Arc;
use std::time::Instant;

/// Who queries run as, for `current_user`.
const USER: &str = "owlake";

/// Ref: recorded Athena replies; Athena user guide, "Client-side settings".
const LOCATION_ENFORCED: &str = "The Create Table As Select query failed because it was submitted with an 'external_location' property to an Athena Workgroup that enforces a centralized output location for all queries. Please remove the 'external_location' property and resubmit the query.";

/// Basis: inferred; managed results have no place for a table's files.
const LOCATION_WANTED: &str = "CREATE TABLE AS SELECT in a WorkGroup with managed query results wants the property 'external_location'";

/// The longest text of literals that is run where it arrives.
const INLINE_TEXT_BYTES_MAX: usize = 4096;

/// What a client asks for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The text as sent.
    pub text: String,
    /// The account that asks, the owner of every bucket; `None` for a caller inside the process.
    pub account_id: Option<String>,
    /// The catalog as sent.
    pub catalog: Option<String>,
    /// The database as sent.
    pub database: Option<String>,
    /// The workgroup; `primary` when absent.
    pub workgroup: Option<String>,
    /// Result settings as sent.
    pub result: ResultSettings,
    /// SQL texts for `?`.
    pub parameters: Vec<String>,
    /// The client request token; a caller inside the process needs none.
    pub token: Option<String>,
    /// Whether an earlier result may be used, and up to which age.
    pub reuse_max_age_minutes: Option<i64>,
}

/// Accepts a query and starts it. Returns the query, or the earlier one the token stands for.
pub fn submit(app: &Arc<App>, request: Request) -> Result<Arc<Query>, ApiError> {
    let arrived = Instant::now();
    let now_ms = app.clock.now_ms();
    let workgroup = app.workgroups.accepting(request.workgroup.as_deref().unwrap_or(PRIMARY))?;
    let result = effective(&workgroup, request.result.clone())?;
    let mut session = session(app, &request, app.ids.uuid().to_string(), now_ms);
    session.prepared = Some(Arc::new(WorkgroupStatements { app: app.clone(), workgroup: workgroup.name.clone() }));
    let Accepted { statement_type, substatement_type, has_external_location, is_plan_only, statement } =
        app.executor.accept(&request.text, &session).map_err(|error| refused(app, error))?;
    let owner = result.expected_bucket_owner.as_ref();
    let is_foreign_bucket = owner.zip(request.account_id.as_ref()).is_some_and(|(owner, account_id)| owner != account_id);
    let is_managed = workgroup.managed.is_some();
    if has_external_location && workgroup.is_enforced && !is_managed {
        return Err(ApiError::invalid_input(LOCATION_ENFORCED));
    }
    if is_managed && substatement_type == "CREATE_TABLE_AS_SELECT" && !has_external_location && !names_location(&request.text) {
        return Err(ApiError::invalid_input(LOCATION_WANTED));
    }
    let output = result.output_location.clone().unwrap_or_default();
    let place = ResultPlace::of(&output, &session.query_id, &substatement_type)
        .ok_or_else(|| ApiError::invalid_input("outputLocation is not a valid S3 path."))?;
    let mut admitted = None;
    let key = IdempotencyKey {
        text: request.text.clone(),
        catalog: request.catalog.clone(),
        database: request.database.clone(),
        output_location: request.result.output_location.clone(),
    };
    let submission = || {
        admitted = Some(app.queue.admit(&workgroup.name, &statement_type, &substatement_type).ok_or_else(too_many)?);
        Ok(Submission {
            id: session.query_id.clone(),
            engine_query_id: app.engine_ids.next(now_ms),
            text: shown_text(&request.text).to_owned(),
            statement_type: statement_type.clone(),
            substatement_type: substatement_type.clone(),
            workgroup: workgroup.name.clone(),
            catalog: request.catalog.as_deref().map(str::to_lowercase),
            database: request.database.clone(),
            parameters: request.parameters.clone(),
            is_plan_only,
            is_literal: substatement_type == "SELECT" && is_literal_select(&request.text),
            settings: Settings {
                result,
                output_location: place.uri.clone(),
                bytes_scanned_cutoff: workgroup.bytes_scanned_cutoff,
                reuse_max_age_minutes: request.reuse_max_age_minutes,
                selected_engine_version: Some(workgroup.selected_engine_version.clone()),
                is_managed,
                managed_kms_key: workgroup.managed.as_ref().and_then(|managed| managed.kms_key.clone()),
            },
            submitted_at_ms: now_ms,
            preprocessing_ms: u64::try_from(arrived.elapsed().as_millis()).unwrap_or(u64::MAX),
        })
    };
    let query = match app.queries.submit(submission, request.token.map(|token| (token, key)))? {
        Submitted::Replayed(earlier) => return Ok(earlier),
        Submitted::New(query) => query,
    };
    session.output = Some(SessionOutput { location: output, engine_query_id: query.submission.engine_query_id.clone() });
    if let Some(admitted) = admitted {
        let job = run::Job { query: query.clone(), place, is_foreign_bucket, session, statement, admitted };
        start(app, job);
    }
    Ok(query)
}

/// Hands a query to the query runtime. A few literals are run here as far as they come, which is to their end as a rule: that takes less
/// than waking another thread.
fn start(app: &Arc<App>, job: run::Job) {
    let submission = &job.query.submission;
    let is_short = submission.is_literal && submission.text.len() <= INLINE_TEXT_BYTES_MAX;
    let mut story = Box::pin(run::run(app.clone(), job));
    if is_short {
        // Its timers and tasks belong to the query runtime, wherever it is polled first.
        let _query_runtime = app.query_runtime.enter();
        if story.as_mut().now_or_never().is_some() {
            return;
        }
    }
    app.query_runtime.spawn(story);
}

/// Whether a CREATE TABLE AS says in some way where its files go; an Iceberg table does with `location`.
fn names_location(text: &str) -> bool {
    tokenize(text).iter().any(|token| token.text.eq_ignore_ascii_case("location"))
}

fn session(app: &App, request: &Request, query_id: String, now_ms: i64) -> Session {
    let catalog = match &request.catalog {
        // Another name of the one catalog.
        Some(name) if app.data_catalogs.find(name).is_some_and(|catalog| catalog.is_glue()) => DEFAULT_CATALOG.to_owned(),
        Some(name) => name.clone(),
        None => DEFAULT_CATALOG.to_owned(),
    };
    let info = SessionInfo {
        zone: "UTC".into(),
        start_micros: now_ms.saturating_mul(1000),
        user: USER.into(),
        catalog: catalog.as_str().into(),
        schema: request.database.as_deref().map(Into::into),
    };
    Session {
        catalog,
        catalog_aliases: app.data_catalogs.glue_aliases(),
        database: request.database.clone(),
        info: Arc::new(info),
        parameters: request.parameters.clone(),
        decimal_literals_as_double: true,
        query_id,
        output: None,
        prepared: None,
    }
}

/// The text as the API shows it: without surrounding whitespace and the closing semicolon.
fn shown_text(text: &str) -> &str {
    let text = text.trim();
    text.strip_suffix(';').unwrap_or(text).trim_end()
}

/// A refusal carries the AthenaErrorCode as its name.
fn refused(app: &App, error: EngineError) -> ApiError {
    if is_federated_catalog_missing(app, &error) {
        // Ref: measured Athena behaviour, DESCRIBE and SHOW COLUMNS with the name of a catalog that is not Glue's.
        return ApiError::invalid_input("Unsupported DDL with 2 catalogs");
    }
    if error.path != FailurePath::Refused {
        tracing::error!(%error, "a statement was refused without a code");
        return ApiError::new(ApiErrorKind::InternalServer, "Internal server error");
    }
    let code = AthenaErrorCode::find(&error.name).unwrap_or(AthenaErrorCode::InvalidInput);
    ApiError::invalid_request(code, error.message)
}

/// Whether an error says that a catalog does not exist which users have registered with a connector, or which names one itself.
pub fn is_federated_catalog_missing(app: &App, error: &EngineError) -> bool {
    if !matches!(error.name.as_str(), "CATALOG_NOT_FOUND" | "DATACATALOG_NOT_FOUND") {
        return false;
    }
    let name = error.message.split_once("Catalog '").and_then(|(_, rest)| rest.strip_suffix("' does not exist"));
    name.is_some_and(|name| name.starts_with("lambda:") || app.data_catalogs.find(name).is_some_and(|catalog| !catalog.is_glue()))
}

fn too_many() -> ApiError {
    ApiError::new(
        ApiErrorKind::TooManyRequests,
        "You have exceeded the limit for the number of queries you can run concurrently. Please reduce the number of concurrent queries submitted by this account. Contact customer support to request a concurrent query limit increase.",
    )
    .with("Reason", "CONCURRENT_QUERY_LIMIT_EXCEEDED")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn the_shown_text_has_no_edges() {
        assert_eq!(shown_text("  SELECT ';' ; \n"), "SELECT ';'");
        assert_eq!(shown_text("SELECT 1"), "SELECT 1");
    }
}
