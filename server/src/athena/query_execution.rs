//! How are queries shown, listed and stopped? GetQueryExecution and its kin.
//!
//! Ref: Athena API reference; measured Athena behaviour, "Lifecycle and GetQueryExecution".

use crate::app::App;
use crate::athena::timestamp::seconds;
use crate::error::{ApiError, ApiErrorKind};
use crate::query::cancel;
use crate::query::record::Statistics;
use crate::query::settings::ResultSettings;
use crate::query::store::Query;
use crate::query::workgroups::PRIMARY;
use crate::wire::{Operation, RequestContext, call, page_token};
use owlake_shapes::athena::{
    AclConfiguration, AthenaError, BatchGetQueryExecutionInput, BatchGetQueryExecutionOutput, EncryptionConfiguration, EngineVersion,
    GetQueryExecutionInput, GetQueryExecutionOutput, GetQueryRuntimeStatisticsInput, GetQueryRuntimeStatisticsOutput,
    ListQueryExecutionsInput, ListQueryExecutionsOutput, QueryExecution, QueryExecutionContext, QueryExecutionStatistics,
    QueryExecutionStatus, QueryRuntimeStatistics, QueryRuntimeStatisticsRows, QueryRuntimeStatisticsTimeline, ResultConfiguration,
    ResultReuseByAgeConfiguration, ResultReuseConfiguration, ResultReuseInformation, StopQueryExecutionInput, StopQueryExecutionOutput,
    UnprocessedQueryExecutionId,
};
use std::sync::Arc;

/// The one engine version. Ref: Athena user guide, "Athena engine version 3".
pub const ENGINE_VERSION: &str = "Athena engine version 3";
/// What an engine version is chosen by when nobody chooses.
pub const AUTO: &str = "AUTO";
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
        service_pre_processing_time_in_millis: Some(signed(query.submission.preprocessing_ms)),
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
    QueryExecution {
        query_execution_id: Some(submission.id.clone()),
        query: Some(submission.text.clone()),
        statement_type: Some(submission.statement_type.clone()),
        substatement_type: Some(submission.substatement_type.clone()),
        result_configuration: Some(ResultConfiguration {
            output_location: Some(settings.output_location.clone()),
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
        statistics: Some(statistics(&query.statistics(), submission.preprocessing_ms)),
        work_group: Some(submission.workgroup.clone()),
        engine_version: Some(engine_version(AUTO)),
        ..QueryExecution::default()
    }
}

fn statistics(measured: &Statistics, preprocessing_ms: u64) -> QueryExecutionStatistics {
    QueryExecutionStatistics {
        engine_execution_time_in_millis: measured.engine_ms.map(signed),
        data_scanned_in_bytes: measured.bytes_scanned.map(signed),
        data_manifest_location: measured.manifest_location.clone(),
        total_execution_time_in_millis: Some(signed(measured.total_ms)),
        query_queue_time_in_millis: Some(signed(measured.queue_ms)),
        service_pre_processing_time_in_millis: Some(signed(preprocessing_ms)),
        query_planning_time_in_millis: measured.planning_ms.map(signed),
        service_processing_time_in_millis: measured.processing_ms.map(signed),
        result_reuse_information: measured.processing_ms.is_some().then_some(ResultReuseInformation { reused_previous_result: false }),
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
