//! How is GetQueryResults answered? From the stored object, a page at a time.
//!
//! Ref: Athena API reference, GetQueryResults; measured Athena behaviour, "GetQueryResults".

use crate::app::App;
use crate::error::{ApiError, AthenaErrorCode};
use crate::query::failure::Habit;
use crate::query::record::{ColumnDescription, Outcome};
use crate::query::retention;
use crate::query::state::QueryState;
use crate::query::store::Query;
use crate::results::location::{Form, ResultPlace};
use crate::results::metadata::CATALOG;
use crate::results::page::{self, Page};
use crate::wire::{Operation, RequestContext, call, page_token};
use object_store::ObjectStoreExt;
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
    let outcome = query.outcome().ok_or_else(|| unfinished(&query))?;
    let wants_manifest = input.query_result_type.as_deref() == Some("DATA_MANIFEST");
    match outcome.state {
        QueryState::Succeeded if wants_manifest => manifest(&app, &query, &outcome, input.next_token, rows_max).await,
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
        // A result without rows has no second page to be wrong about. Ref: measured Athena behaviour, "GetQueryResults".
        Some(token) if size > 0 && outcome.statistics.rows_written != Some(0) => {
            page_token::decode(&listing, &token).ok_or_else(|| ApiError::invalid_input(format!("Malformed nextPageToken {token}")))?
        }
        _ => 0,
    };
    let description = outcome.result.clone().unwrap_or_default();
    if submission.settings.is_managed && outcome.completed_at_ms < retention::oldest_managed_ms(app) {
        return Err(not_found());
    }
    let page = if size == 0 {
        Page { rows: Vec::new(), next_offset: None }
    } else {
        let uri = description.reused_location.as_ref().unwrap_or(&submission.settings.output_location);
        let place = ResultPlace::at(uri, &submission.substatement_type).ok_or_else(not_found)?;
        read_page(app, query, &place, Part { size, offset, rows_max }).await?
    };
    let rows = shown_rows(page.rows);
    Ok(GetQueryResultsOutput {
        update_count: description.update_count,
        result_set: Some(ResultSet {
            rows: Some(rows),
            result_set_metadata: Some(ResultSetMetadata { column_info: Some(description.columns.iter().map(column_info).collect()) }),
        }),
        next_token: page.next_offset.and_then(|offset| page_token::encode(&listing, &offset)),
    })
}

/// Which part of an object is read: its whole size, where the page begins, how many rows it may have.
struct Part {
    size: u64,
    offset: u64,
    rows_max: i64,
}

/// A page of an object. Errors: it is gone.
async fn read_page(app: &App, query: &Query, place: &ResultPlace, part: Part) -> Result<Page, ApiError> {
    let submission = &query.submission;
    let store = app.result_store(&submission.settings, &place.bucket).map_err(|_| not_found())?;
    let rows_max = usize::try_from(part.rows_max).unwrap_or(1);
    page::read(&store, &place.key, place.form, part.size, part.offset, rows_max).await.map_err(|error| {
        tracing::warn!(%error, query_execution_id = submission.id, "a result cannot be read");
        not_found()
    })
}

fn shown_rows(rows: Vec<page::Row>) -> Vec<Row> {
    rows.into_iter().map(|row| Row { data: Some(row.into_iter().map(|value| Datum { var_char_value: value }).collect()) }).collect()
}

/// The list of written files, one a row. Basis of the column: inferred; the reference says only "in rows".
///
/// Ref: Athena API reference, GetQueryResults, QueryResultType: only CTAS, UNLOAD and INSERT make a manifest, others fail.
async fn manifest(
    app: &App,
    query: &Query,
    outcome: &Outcome,
    token: Option<String>,
    rows_max: i64,
) -> Result<GetQueryResultsOutput, ApiError> {
    let submission = &query.submission;
    let Some(uri) = &outcome.statistics.manifest_location else {
        let text =
            format!("QueryResultType DATA_MANIFEST is not supported for this query: {} made no manifest", submission.substatement_type);
        return Err(ApiError::invalid_input(text));
    };
    let place = ResultPlace { form: Form::Text, ..ResultPlace::at(uri, &submission.substatement_type).ok_or_else(not_found)? };
    let listing = format!("GetQueryResults/manifest/{}", submission.id);
    let offset: u64 = match token {
        Some(token) => {
            page_token::decode(&listing, &token).ok_or_else(|| ApiError::invalid_input(format!("Malformed nextPageToken {token}")))?
        }
        None => 0,
    };
    let store = app.result_store(&submission.settings, &place.bucket).map_err(|_| not_found())?;
    let size = store.head(&place.key).await.map_err(|_| not_found())?.size;
    let page = read_page(app, query, &place, Part { size, offset, rows_max }).await?;
    let column = ColumnDescription {
        name: "data_manifest".to_owned(),
        type_name: "varchar".to_owned(),
        precision: i32::MAX,
        scale: 0,
        is_case_sensitive: true,
    };
    Ok(GetQueryResultsOutput {
        update_count: None,
        result_set: Some(ResultSet {
            rows: Some(shown_rows(page.rows)),
            result_set_metadata: Some(ResultSetMetadata { column_info: Some(vec![column_info(&column)]) }),
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

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use crate::test_server::TestServer;
    use serde_json::{Value, json};

    fn rows(page: &Value) -> Vec<&str> {
        let rows = page["ResultSet"]["Rows"].as_array().unwrap();
        rows.iter().map(|row| row["Data"][0]["VarCharValue"].as_str().unwrap()).collect()
    }

    #[tokio::test]
    async fn pages_hold_a_thousand_rows_with_the_header_on_the_first() {
        let server = TestServer::new();
        let id = server.run("SELECT 1999").await["QueryExecutionId"].clone();
        let first = server.athena("GetQueryResults", json!({"QueryExecutionId": id})).await;
        assert_eq!((rows(&first).len(), rows(&first)[0], rows(&first)[999]), (1000, "n", "998"));
        assert_eq!(first["UpdateCount"], 0);
        assert_eq!(
            first["ResultSet"]["ResultSetMetadata"]["ColumnInfo"],
            json!([{"CatalogName": "hive", "SchemaName": "", "TableName": "", "Name": "n", "Label": "n", "Type": "bigint", "Precision": 19, "Scale": 0, "Nullable": "UNKNOWN", "CaseSensitive": false}])
        );
        let second = server.athena("GetQueryResults", json!({"QueryExecutionId": id, "NextToken": first["NextToken"]})).await;
        assert_eq!((rows(&second).len(), rows(&second)[0]), (1000, "999"));
        // Exactly full, so there is a third page, with nothing in it.
        let third = server.athena("GetQueryResults", json!({"QueryExecutionId": id, "NextToken": second["NextToken"]})).await;
        assert!(rows(&third).is_empty());
        assert!(third.get("NextToken").is_none());
    }

    #[tokio::test]
    async fn arguments_are_refused_in_athenas_words() {
        let server = TestServer::new();
        let id = server.run("SELECT 1").await["QueryExecutionId"].clone();
        let text = |refused: Value| refused["Message"].as_str().unwrap().to_owned();
        let too_many = server.refused("GetQueryResults", json!({"QueryExecutionId": id, "MaxResults": 1001})).await;
        assert_eq!(text(too_many), "MaxResults is more than maximum allowed length 1000");
        let bad = server.refused("GetQueryResults", json!({"QueryExecutionId": id, "NextToken": "abc"})).await;
        assert_eq!(text(bad), "Malformed nextPageToken abc");
        let unknown = server.refused("GetQueryResults", json!({"QueryExecutionId": "x", "MaxResults": 1001})).await;
        assert_eq!(text(unknown), "QueryExecution x was not found");
    }

    #[tokio::test]
    async fn utility_rows_have_no_header_and_counts_no_rows() {
        let server = TestServer::new();
        let id = server.run("SHOW").await["QueryExecutionId"].clone();
        let page = server.athena("GetQueryResults", json!({"QueryExecutionId": id})).await;
        assert_eq!(rows(&page), ["a", "b"]);
        assert_eq!(page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"][0]["Type"], "string");
        let id = server.run("INSERT 7").await["QueryExecutionId"].clone();
        let page = server.athena("GetQueryResults", json!({"QueryExecutionId": id})).await;
        assert_eq!((page["UpdateCount"].clone(), rows(&page).len()), (json!(7), 0));
        let id = server.run("CREATE").await["QueryExecutionId"].clone();
        let page = server.athena("GetQueryResults", json!({"QueryExecutionId": id})).await;
        assert_eq!(page, json!({"ResultSet": {"Rows": [], "ResultSetMetadata": {"ColumnInfo": []}}}));
        assert_eq!(server.object(&format!("out/{}.txt", id.as_str().unwrap())).await.unwrap(), b"");
    }
}
