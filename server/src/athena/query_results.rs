//! How is GetQueryResults answered? From the stored object, a page at a time.
//!
//! Ref: Athena API reference, GetQueryResults; measured Athena behaviour, "GetQueryResults".

use crate::app::App;
use crate::error::{ApiError, AthenaErrorCode};
use crate::query::failure::Habit;
use crate::query::record::{ColumnDescription, Outcome};
use crate::query::state::QueryState;
use crate::query::store::Query;
use crate::results::location::ResultPlace;
use crate::results::metadata::CATALOG;
use crate::results::page;
use crate::wire::{Operation, RequestContext, call, page_token};
use owlake_shapes::athena::{ColumnInfo, Datum, GetQueryResultsInput, GetQueryResultsOutput, ResultSet, ResultSetMetadata, Row};
use std::sync::Arc;

/// Rows of a page, header included; also the default.
const ROWS_MAX: i64 = 1000;

pub const GET_QUERY_RESULTS: Operation =
    Operation { name: "GetQueryResults", handler: |app, context, input| call(get_query_results, app, context, input) };

async fn get_query_results(
    app: Arc<App>,
    _context: RequestContext,
    input: GetQueryResultsInput,
) -> Result<GetQueryResultsOutput, ApiError> {
    let query = app.queries.query(&input.query_execution_id)?;
    let rows_max = input.max_results.unwrap_or(ROWS_MAX);
    if rows_max > ROWS_MAX {
        return Err(ApiError::invalid_input(format!("MaxResults is more than maximum allowed length {ROWS_MAX}")));
    }
    if input.query_result_type.as_deref() == Some("DATA_MANIFEST") {
        return Err(ApiError::invalid_input("QueryResultType DATA_MANIFEST is not served"));
    }
    let outcome = query.outcome().ok_or_else(|| unfinished(&query))?;
    match outcome.state {
        QueryState::Succeeded => succeeded(&app, &query, &outcome, input.next_token, rows_max).await,
        _ => unsuccessful(&outcome),
    }
}

async fn succeeded(
    app: &App,
    query: &Query,
    outcome: &Outcome,
    token: Option<String>,
    rows_max: i64,
) -> Result<GetQueryResultsOutput, ApiError> {
    let submission = &query.submission;
    let size = outcome.statistics.bytes_written.unwrap_or(0);
    let listing = format!("GetQueryResults/{}", submission.id);
    let offset: u64 = match token {
        // A result without rows has no second page to be wrong about.
        Some(token) if size > 0 => {
            page_token::decode(&listing, &token).ok_or_else(|| ApiError::invalid_input(format!("Malformed nextPageToken {token}")))?
        }
        _ => 0,
    };
    let description = outcome.result.clone().unwrap_or_default();
    let page = if size == 0 {
        page::Page { rows: Vec::new(), next_offset: None }
    } else {
        let output = submission.settings.result.output_location.as_deref().unwrap_or_default();
        let place = ResultPlace::of(output, &submission.id, &submission.substatement_type).ok_or_else(not_found)?;
        let store = app.storage.object_store(&place.bucket).map_err(|_| not_found())?;
        let rows_max = usize::try_from(rows_max).unwrap_or(1);
        page::read(&store, &place.key, place.form, size, offset, rows_max).await.map_err(|error| {
            tracing::warn!(%error, query_execution_id = submission.id, "a result cannot be read");
            not_found()
        })?
    };
    let rows = page
        .rows
        .into_iter()
        .map(|row| Row { data: Some(row.into_iter().map(|value| Datum { var_char_value: value }).collect()) })
        .collect();
    Ok(GetQueryResultsOutput {
        update_count: description.update_count,
        result_set: Some(ResultSet {
            rows: Some(rows),
            result_set_metadata: Some(ResultSetMetadata { column_info: Some(description.columns.iter().map(column_info).collect()) }),
        }),
        next_token: page.next_offset.and_then(|offset| page_token::encode(&listing, &offset)),
    })
}

fn column_info(column: &ColumnDescription) -> ColumnInfo {
    ColumnInfo {
        catalog_name: Some(CATALOG.to_owned()),
        schema_name: Some(String::new()),
        table_name: Some(String::new()),
        name: column.name.clone(),
        label: Some(column.name.clone()),
        r#type: column.type_name.clone(),
        precision: Some(i64::from(column.precision)),
        scale: Some(i64::from(column.scale)),
        nullable: Some("UNKNOWN".to_owned()),
        case_sensitive: Some(column.is_case_sensitive),
    }
}

/// Ref: measured Athena behaviour, "Failure model": each path answers in its own way.
fn unsuccessful(outcome: &Outcome) -> Result<GetQueryResultsOutput, ApiError> {
    let habit = outcome.failure.as_ref().map(|failure| failure.habit);
    match (outcome.state, habit) {
        (QueryState::Cancelled, _) | (_, Some(Habit::IcebergDdl)) => Err(not_found()),
        (_, Some(Habit::HiveDdl)) => Ok(GetQueryResultsOutput {
            result_set: Some(ResultSet { rows: Some(Vec::new()), result_set_metadata: None }),
            ..GetQueryResultsOutput::default()
        }),
        (state, _) => {
            let text = format!("Query did not finish successfully. Final query state: {}", state.name());
            Err(ApiError::invalid_request(AthenaErrorCode::InvalidQueryExecutionState, text))
        }
    }
}

fn unfinished(query: &Query) -> ApiError {
    let text = format!("Query has not yet finished. Current state: {}", query.state().name());
    ApiError::invalid_request(AthenaErrorCode::InvalidQueryExecutionState, text)
}

fn not_found() -> ApiError {
    ApiError::invalid_request(AthenaErrorCode::ResultNotFound, "Could not find results")
}
