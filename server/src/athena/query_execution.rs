//! How are queries shown, listed and stopped? GetQueryExecution and its kin.
//!
//! Ref: Athena API reference; measured Athena behaviour, "Lifecycle and GetQueryExecution".

use crate::app::App;
use crate::athena::timestamp::seconds;
use crate::error::{ApiError, ApiErrorKind};
use crate::query::cancel;
use crate::query::record::{Statistics, Submission};
use crate::query::settings::ResultSettings;
use crate::query::state::QueryState;
use crate::query::store::Query;
use crate::query::workgroups::PRIMARY;
use crate::wire::{Operation, RequestContext, call, page_token};
use owlake_shapes::athena::{
    AclConfiguration, AthenaError, BatchGetQueryExecutionInput, BatchGetQueryExecutionOutput, EncryptionConfiguration, EngineVersion,
    GetQueryExecutionInput, GetQueryExecutionOutput, GetQueryRuntimeStatisticsInput, GetQueryRuntimeStatisticsOutput,
    ListQueryExecutionsInput, ListQueryExecutionsOutput, ManagedQueryResultsConfiguration, ManagedQueryResultsEncryptionConfiguration,
    QueryExecution, QueryExecutionContext, QueryExecutionStatistics, QueryExecutionStatus, QueryRuntimeStatistics,
    QueryRuntimeStatisticsRows, QueryRuntimeStatisticsTimeline, ResultConfiguration, ResultReuseByAgeConfiguration,
    ResultReuseConfiguration, ResultReuseInformation, StopQueryExecutionInput, StopQueryExecutionOutput, UnprocessedQueryExecutionId,
};
use std::sync::Arc;
use std::time::Duration;

/// The one engine version. Ref: Athena user guide, "Athena engine version 3".
pub const ENGINE_VERSION: &str = "Athena engine version 3";
/// What an engine version is chosen by when nobody chooses.
pub const AUTO: &str = "AUTO";
/// The age up to which a query's first look waits for its end: clients look at once and then rest for many times as long. What is told is
/// the state when it is told, and the service takes longer for any answer.
const FIRST_LOOK: Duration = Duration::from_millis(2);
/// Ref: service model, ListQueryExecutions MaxResults.
const LIST_MAX: usize = 50;

pub const GET_QUERY_EXECUTION: Operation =
    Operation { name: "GetQueryExecution", handler: |app, context, input| call(get_query_execution, app, context, input) };
pub const BATCH_GET_QUERY_EXECUTION: Operation =
    Operation { name: "BatchGetQueryExecution", handler: |app, context, input| call(batch_get_query_execution, app, context, input) };
pub const LIST_QUERY_EXECUTIONS: Operation =
    Operation { name: "ListQueryExecutions", handler: |app, context, input| call(list_query_executions, app, context, input) };
pub const STOP_QUERY_EXECUTION: Operation =
    Operation { name: "StopQueryExecution", handler: |app, context, input| call(stop_query_execution, app, context, input) };
pub const GET_QUERY_RUNTIME_STATISTICS: Operation =
    Operation { name: "GetQueryRuntimeStatistics", handler: |app, context, input| call(get_query_runtime_statistics, app, context, input) };

async fn get_query_execution(
    app: Arc<App>,
    _context: RequestContext,
    input: GetQueryExecutionInput,
) -> Result<GetQueryExecutionOutput, ApiError> {
    let query = app.queries.query(&input.query_execution_id)?;
    query.finished_by_age(FIRST_LOOK).await;
    Ok(GetQueryExecutionOutput { query_execution: Some(shown(&query)) })
}

async fn batch_get_query_execution(
    app: Arc<App>,
    _context: RequestContext,
    input: BatchGetQueryExecutionInput,
) -> Result<BatchGetQueryExecutionOutput, ApiError> {
    let mut found = Vec::new();
    let mut missing = Vec::new();
    for id in input.query_execution_ids {
        match app.queries.query(&id) {
            Ok(query) => found.push(shown(&query)),
            Err(error) => missing.push(UnprocessedQueryExecutionId {
                query_execution_id: Some(id),
                error_code: Some("INVALID_INPUT".to_owned()),
                error_message: error.message,
            }),
        }
    }
    Ok(BatchGetQueryExecutionOutput { query_executions: Some(found), unprocessed_query_execution_ids: Some(missing) })
}

async fn list_query_executions(
    app: Arc<App>,
    _context: RequestContext,
    input: ListQueryExecutionsInput,
) -> Result<ListQueryExecutionsOutput, ApiError> {
    let workgroup = app.workgroups.workgroup(input.work_group.as_deref().unwrap_or(PRIMARY))?.name;
    let listing = format!("ListQueryExecutions/{workgroup}");
    let before = match input.next_token {
        Some(token) => Some(page_token::decode(&listing, &token).ok_or_else(|| malformed(&token))?),
        None => None,
    };
    let (page, next) = app.queries.list(&workgroup, before, page_size(input.max_results, LIST_MAX));
    Ok(ListQueryExecutionsOutput {
        query_execution_ids: Some(page.iter().map(|query| query.submission.id.clone()).collect()),
        next_token: next.and_then(|next| page_token::encode(&listing, &next)),
    })
}

async fn stop_query_execution(
    app: Arc<App>,
    _context: RequestContext,
    input: StopQueryExecutionInput,
) -> Result<StopQueryExecutionOutput, ApiError> {
    // Not required by the model, because SDKs once filled it in as a token.
    let id = input.query_execution_id;
    let query = app.queries.query(&id)?;
    cancel::stop(&app, &query);
    Ok(StopQueryExecutionOutput::default())
}

async fn get_query_runtime_statistics(
    app: Arc<App>,
    _context: RequestContext,
    input: GetQueryRuntimeStatisticsInput,
) -> Result<GetQueryRuntimeStatisticsOutput, ApiError> {
    let query = app.queries.query(&input.query_execution_id)?;
    let statistics = query.statistics();
    let timeline = QueryRuntimeStatisticsTimeline {
        query_queue_time_in_millis: Some(signed(statistics.queue_ms)),
        service_pre_processing_time_in_millis: shown_preprocessing_ms(query.state(), &query.submission).map(signed),
        query_planning_time_in_millis: statistics.planning_ms.map(signed),
        engine_execution_time_in_millis: statistics.engine_ms.map(signed),
        service_processing_time_in_millis: statistics.processing_ms.map(signed),
        total_execution_time_in_millis: Some(signed(statistics.total_ms)),
    };
    let rows = statistics.rows_written.map(|rows_written| QueryRuntimeStatisticsRows {
        input_rows: statistics.rows_read.map(signed),
        input_bytes: statistics.bytes_scanned.map(signed),
        output_bytes: statistics.bytes_written.map(signed),
        output_rows: Some(signed(rows_written)),
    });
    let statistics = QueryRuntimeStatistics { timeline: Some(timeline), rows, output_stage: None };
    Ok(GetQueryRuntimeStatisticsOutput { query_runtime_statistics: Some(statistics) })
}

/// A query as the API shows it.
fn shown(query: &Query) -> QueryExecution {
    let submission = &query.submission;
    let outcome = query.outcome();
    let state = outcome.as_ref().map_or_else(|| query.state(), |outcome| outcome.state);
    let failure = outcome.as_ref().and_then(|outcome| outcome.failure.as_ref());
    let status = QueryExecutionStatus {
        state: Some(state.name().to_owned()),
        state_change_reason: outcome.as_ref().and_then(|outcome| outcome.reason.clone()),
        submission_date_time: Some(seconds(submission.submitted_at_ms)),
        completion_date_time: outcome.as_ref().map(|outcome| seconds(outcome.completed_at_ms)),
        athena_error: failure.map(|failure| AthenaError {
            error_category: Some(i64::from(failure.category)),
            error_type: Some(i64::from(failure.error_type)),
            retryable: Some(failure.is_retryable),
            error_message: Some(failure.message.clone()),
        }),
    };
    let settings = &submission.settings;
    let reused = outcome.as_ref().and_then(|outcome| outcome.result.as_ref()).and_then(|result| result.reused_location.clone());
    let location = reused.unwrap_or_else(|| settings.output_location.clone());
    QueryExecution {
        query_execution_id: Some(submission.id.clone()),
        query: Some(submission.text.clone()),
        statement_type: Some(submission.statement_type.clone()),
        substatement_type: Some(submission.substatement_type.clone()),
        managed_query_results_configuration: settings.is_managed.then(|| managed(&settings.managed_kms_key)),
        result_configuration: Some(ResultConfiguration {
            output_location: Some(location).filter(|_| !settings.is_managed),
            ..result_configuration(&settings.result)
        }),
        result_reuse_configuration: Some(ResultReuseConfiguration {
            result_reuse_by_age_configuration: Some(ResultReuseByAgeConfiguration {
                enabled: settings.reuse_max_age_minutes.is_some(),
                max_age_in_minutes: settings.reuse_max_age_minutes,
            }),
        }),
        query_execution_context: Some(QueryExecutionContext { database: submission.database.clone(), catalog: submission.catalog.clone() }),
        status: Some(status),
        statistics: Some(statistics(&query.statistics(), shown_preprocessing_ms(state, submission), settings.is_managed)),
        work_group: Some(submission.workgroup.clone()),
        engine_version: Some(engine_version(settings.selected_engine_version.as_deref().unwrap_or(AUTO))),
        execution_parameters: Some(submission.parameters.clone()).filter(|parameters| !parameters.is_empty()),
        ..QueryExecution::default()
    }
}

/// A queued query shows its queue and total time only. Ref: measured Athena behaviour, "Polling view".
fn shown_preprocessing_ms(state: QueryState, submission: &Submission) -> Option<u64> {
    (state != QueryState::Queued).then_some(submission.preprocessing_ms)
}

fn statistics(measured: &Statistics, preprocessing_ms: Option<u64>, is_managed: bool) -> QueryExecutionStatistics {
    QueryExecutionStatistics {
        engine_execution_time_in_millis: measured.engine_ms.map(signed),
        data_scanned_in_bytes: measured.bytes_scanned.map(signed),
        data_manifest_location: measured.manifest_location.clone().filter(|_| !is_managed),
        total_execution_time_in_millis: Some(signed(measured.total_ms)),
        query_queue_time_in_millis: Some(signed(measured.queue_ms)),
        service_pre_processing_time_in_millis: preprocessing_ms.map(signed),
        query_planning_time_in_millis: measured.planning_ms.map(signed),
        service_processing_time_in_millis: measured.processing_ms.map(signed),
        result_reuse_information: measured
            .processing_ms
            .is_some()
            .then_some(ResultReuseInformation { reused_previous_result: measured.is_reused }),
        dpu_count: None,
    }
}

/// Result settings as the API shows them.
pub fn result_configuration(settings: &ResultSettings) -> ResultConfiguration {
    ResultConfiguration {
        output_location: settings.output_location.clone(),
        encryption_configuration: settings
            .encryption_option
            .clone()
            .map(|encryption_option| EncryptionConfiguration { encryption_option, kms_key: settings.kms_key.clone() }),
        expected_bucket_owner: settings.expected_bucket_owner.clone(),
        acl_configuration: settings.s3_acl_option.clone().map(|s3_acl_option| AclConfiguration { s3_acl_option }),
    }
}

/// Managed results as the API shows them.
pub fn managed(kms_key: &Option<String>) -> ManagedQueryResultsConfiguration {
    ManagedQueryResultsConfiguration {
        enabled: true,
        encryption_configuration: kms_key.clone().map(|kms_key| ManagedQueryResultsEncryptionConfiguration { kms_key }),
    }
}

/// An engine version as chosen; the effective one is always the same.
pub fn engine_version(selected: &str) -> EngineVersion {
    EngineVersion { selected_engine_version: Some(selected.to_owned()), effective_engine_version: Some(ENGINE_VERSION.to_owned()) }
}

/// The page size asked for; nothing and 0 mean the most. Basis: inferred.
pub fn page_size(max_results: Option<i64>, most: usize) -> usize {
    max_results.and_then(|size| usize::try_from(size).ok()).filter(|size| *size > 0).unwrap_or(most).min(most)
}

/// A token that is not the listing's. Ref: measured Athena behaviour, ListWorkGroups.
pub fn malformed(token: &str) -> ApiError {
    ApiError::invalid_input(format!("The nextPageToken is malformed: {token}"))
}

/// A missing thing that is no query.
pub fn resource_not_found(message: String, name: &str) -> ApiError {
    ApiError::new(ApiErrorKind::ResourceNotFound, message).with("ResourceName", name)
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use crate::test_server::TestServer;
    use serde_json::json;

    #[tokio::test]
    async fn a_select_ends_with_the_recorded_shape() {
        let server = TestServer::new();
        let query = server.run(" SELECT 3 ;\n").await;
        let id = query["QueryExecutionId"].as_str().unwrap();
        assert_eq!(query["Query"], "SELECT 3");
        assert_eq!(query["StatementType"], "DML");
        assert_eq!(query["SubstatementType"], "SELECT");
        assert_eq!(query["Status"]["State"], "SUCCEEDED");
        assert_eq!(query["Status"]["SubmissionDateTime"], json!(1_789_635_224.5));
        assert_eq!(query["ResultConfiguration"], json!({"OutputLocation": format!("s3://results/out/{id}.csv")}));
        assert_eq!(query["ResultReuseConfiguration"], json!({"ResultReuseByAgeConfiguration": {"Enabled": false}}));
        assert_eq!(query["QueryExecutionContext"], json!({}));
        assert_eq!(query["WorkGroup"], "primary");
        assert_eq!(query["EngineVersion"], json!({"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"}));
        assert_eq!(query["Statistics"]["DataScannedInBytes"], 123);
        assert_eq!(query["Statistics"]["ResultReuseInformation"], json!({"ReusedPreviousResult": false}));
        assert!(query["Status"].get("AthenaError").is_none());
        assert!(server.object(&format!("out/{id}.csv.metadata")).await.is_some());
        assert_eq!(server.object(&format!("out/{id}.csv")).await.unwrap(), b"\"n\"\n\"0\"\n\"1\"\n\"2\"\n");
    }

    #[tokio::test]
    async fn each_failure_path_has_its_habit() {
        let server = TestServer::new();
        let query = server.run("DIVIDE").await;
        let id = query["QueryExecutionId"].as_str().unwrap();
        assert_eq!(query["Status"]["State"], "FAILED");
        assert_eq!(query["Status"]["StateChangeReason"], "DIVISION_BY_ZERO: Division by zero");
        assert_eq!(
            query["Status"]["AthenaError"],
            json!({"ErrorCategory": 2, "ErrorType": 1001, "Retryable": false, "ErrorMessage": "DIVISION_BY_ZERO: Division by zero"})
        );
        assert_eq!(server.object(&format!("out/{id}.csv")).await, None);
        let refused = server.refused("GetQueryResults", json!({"QueryExecutionId": id})).await;
        assert_eq!(refused["AthenaErrorCode"], "INVALID_QUERY_EXECUTION_STATE");
        assert_eq!(refused["Message"], "Query did not finish successfully. Final query state: FAILED");

        let query = server.run("DROP").await;
        let id = query["QueryExecutionId"].as_str().unwrap();
        let reason = "FAILED: SemanticException [Error 10001]: Table not found d.t";
        assert_eq!(query["Status"]["StateChangeReason"], reason);
        assert_eq!(server.object(&format!("out/{id}.txt")).await.unwrap(), reason.as_bytes());
        assert_eq!(server.object(&format!("out/{id}.txt.metadata")).await, None);
        assert_eq!(server.athena("GetQueryResults", json!({"QueryExecutionId": id})).await, json!({"ResultSet": {"Rows": []}}));

        let query = server.run("CRASH").await;
        assert_eq!(query["Status"]["AthenaError"]["ErrorCategory"], 1);
        assert_eq!(query["Status"]["StateChangeReason"], "GENERIC_INTERNAL_ERROR: Internal error");
    }

    #[tokio::test]
    async fn a_stopped_query_is_cancelled_at_once_and_leaves_nothing() {
        let server = TestServer::new();
        let id = server.start("WAIT").await;
        server.app.queries.query(&id).unwrap().left_queue().await;
        let refused = server.refused("GetQueryResults", json!({"QueryExecutionId": id})).await;
        assert_eq!(refused["Message"], "Query has not yet finished. Current state: RUNNING");
        assert_eq!(server.athena("StopQueryExecution", json!({"QueryExecutionId": id})).await, json!({}));
        let query = server.ended(&id).await;
        assert_eq!(query["Status"]["State"], "CANCELLED");
        assert_eq!(query["Status"]["StateChangeReason"], "Query cancelled by user");
        assert!(query["Status"].get("AthenaError").is_none());
        let refused = server.refused("GetQueryResults", json!({"QueryExecutionId": id})).await;
        assert_eq!(
            (refused["ErrorCode"].as_str(), refused["Message"].as_str()),
            (Some("RESULT_NOT_FOUND"), Some("Could not find results"))
        );
        assert_eq!(server.object(&format!("out/{id}.csv")).await, None);
        // Stopping again changes nothing; an unknown id is refused.
        assert_eq!(server.athena("StopQueryExecution", json!({"QueryExecutionId": id})).await, json!({}));
        let refused = server.refused("StopQueryExecution", json!({"QueryExecutionId": "nope"})).await;
        assert_eq!(
            refused,
            json!({"__type": "InvalidRequestException", "AthenaErrorCode": "QUERY_EXECUTION_NOT_FOUND", "ErrorCode": "QUERY_EXECUTION_NOT_FOUND", "Message": "QueryExecution nope was not found"})
        );
    }

    #[tokio::test]
    async fn limits_end_queries() {
        let server = TestServer::with(|config| config.limits.dml_timeout_ms = 30);
        let query = server.run("WAIT").await;
        assert_eq!(query["Status"]["State"], "FAILED");
        assert_eq!(query["Status"]["StateChangeReason"], "Query timeout");
        assert_eq!(query["Status"]["AthenaError"]["ErrorType"], 206);
        assert_eq!(query["Status"]["AthenaError"]["Retryable"], true);

        let server = TestServer::new();
        let updates = json!({"WorkGroup": "primary", "ConfigurationUpdates": {"BytesScannedCutoffPerQuery": 10_000_000}});
        server.athena("UpdateWorkGroup", updates).await;
        let query = server.run("SCAN").await;
        assert_eq!(query["Status"]["State"], "CANCELLED");
        assert_eq!(query["Status"]["StateChangeReason"], "Bytes scanned limit was exceeded");
        assert_eq!(query["Statistics"]["DataScannedInBytes"], 20_000_000);
    }

    #[tokio::test]
    async fn queued_queries_wait_in_order_and_the_quota_refuses() {
        let server = TestServer::with(|config| {
            config.limits.dml_running_max = 1;
            config.limits.dml_active_max = 2;
        });
        let running = server.start("WAIT").await;
        let queued = server.start("SELECT 1").await;
        server.app.queries.query(&running).unwrap().left_queue().await;
        let query = server.athena("GetQueryExecution", json!({"QueryExecutionId": queued})).await["QueryExecution"].clone();
        assert_eq!(query["Status"]["State"], "QUEUED");
        assert!(query["Statistics"].get("EngineExecutionTimeInMillis").is_none());
        assert!(query["Statistics"].get("DataScannedInBytes").is_none());
        let refused = server.refused("StartQueryExecution", json!({"QueryString": "SELECT 1", "ClientRequestToken": server.token()})).await;
        assert_eq!(refused["__type"], "TooManyRequestsException");
        assert_eq!(refused["Reason"], "CONCURRENT_QUERY_LIMIT_EXCEEDED");
        server.athena("StopQueryExecution", json!({"QueryExecutionId": running})).await;
        assert_eq!(server.ended(&queued).await["Status"]["State"], "SUCCEEDED");
    }

    #[tokio::test]
    async fn batches_lists_and_restarts_show_every_query() {
        let server = TestServer::new();
        let ids = [server.start("SELECT 1").await, server.start("SELECT 2").await];
        for id in &ids {
            server.ended(id).await;
        }
        let batch = server.athena("BatchGetQueryExecution", json!({"QueryExecutionIds": [ids[1], "nope", ids[0]]})).await;
        let found: Vec<_> = batch["QueryExecutions"].as_array().unwrap().iter().map(|query| query["QueryExecutionId"].clone()).collect();
        assert_eq!(found, [ids[1].as_str(), ids[0].as_str()]);
        assert_eq!(
            batch["UnprocessedQueryExecutionIds"],
            json!([{"QueryExecutionId": "nope", "ErrorCode": "INVALID_INPUT", "ErrorMessage": "QueryExecution nope was not found"}])
        );
        let first = server.athena("ListQueryExecutions", json!({"MaxResults": 1})).await;
        assert_eq!(first["QueryExecutionIds"], json!([ids[1]]));
        let second = server.athena("ListQueryExecutions", json!({"MaxResults": 1, "NextToken": first["NextToken"]})).await;
        assert_eq!(second, json!({"QueryExecutionIds": [ids[0]]}));

        let again = server.restarted();
        let page = again.athena("GetQueryResults", json!({"QueryExecutionId": ids[1]})).await;
        assert_eq!(page["ResultSet"]["Rows"].as_array().unwrap().len(), 3);
    }
}
