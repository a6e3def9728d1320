//! How is StartQueryExecution answered? The request's parts go to `query::submit`, which checks and queues.
//!
//! Ref: Athena API reference, StartQueryExecution.

use crate::app::App;
use crate::error::ApiError;
use crate::query::settings::ResultSettings;
use crate::query::submit::{Request, submit};
use crate::wire::{Operation, RequestContext, call};
use owlake_shapes::athena::{ResultConfiguration, StartQueryExecutionInput, StartQueryExecutionOutput};
use std::sync::Arc;

/// Ref: Athena user guide, service quotas: bytes of the query text, and of the token.
const QUERY_BYTES_MAX: usize = 262_144;
const TOKEN_BYTES_MAX: usize = 128;
/// The age up to which a result is reused when the request names none. Ref: Athena user guide, "Reuse query results".
const REUSE_MINUTES_DEFAULT: i64 = 60;

pub const START_QUERY_EXECUTION: Operation =
    Operation { name: "StartQueryExecution", handler: |app, context, input| call(start_query_execution, app, context, input) };

async fn start_query_execution(
    app: Arc<App>,
    _context: RequestContext,
    input: StartQueryExecutionInput,
) -> Result<StartQueryExecutionOutput, ApiError> {
    let token = checked_token(input.client_request_token)?;
    if input.query_string.len() > QUERY_BYTES_MAX {
        return Err(ApiError::invalid_input(format!(
            "1 validation error detected: Value at 'queryString' failed to satisfy constraint: Member must have length less than or equal to {QUERY_BYTES_MAX}"
        )));
    }
    if input.engine_configuration.is_some() {
        return Err(ApiError::invalid_input("EngineConfiguration is for Apache Spark, which is not served"));
    }
    let context = input.query_execution_context.unwrap_or_default();
    let reuse = input.result_reuse_configuration.and_then(|reuse| reuse.result_reuse_by_age_configuration);
    let request = Request {
        text: input.query_string,
        catalog: context.catalog,
        database: context.database,
        workgroup: input.work_group,
        result: result_settings(input.result_configuration),
        parameters: input.execution_parameters.unwrap_or_default(),
        token: Some(token),
        reuse_max_age_minutes: reuse.filter(|reuse| reuse.enabled).map(|reuse| reuse.max_age_in_minutes.unwrap_or(REUSE_MINUTES_DEFAULT)),
    };
    let query = submit(&app, request)?;
    Ok(StartQueryExecutionOutput { query_execution_id: Some(query.submission.id.clone()) })
}

/// Ref: measured Athena behaviour: the service wants a token, which SDKs make up.
fn checked_token(token: Option<String>) -> Result<String, ApiError> {
    match token {
        None => Err(ApiError::invalid_input("clientRequestToken is null or empty")),
        Some(token) if token.len() > TOKEN_BYTES_MAX => {
            Err(ApiError::invalid_input(format!("clientRequestToken exceeds maximum allowed length {TOKEN_BYTES_MAX}")))
        }
        Some(token) => Ok(token),
    }
}

/// The result settings of a request or workgroup.
pub fn result_settings(configuration: Option<ResultConfiguration>) -> ResultSettings {
    let configuration = configuration.unwrap_or_default();
    let (encryption_option, kms_key) = match configuration.encryption_configuration {
        Some(encryption) => (Some(encryption.encryption_option), encryption.kms_key),
        None => (None, None),
    };
    ResultSettings {
        output_location: configuration.output_location,
        encryption_option,
        kms_key,
        expected_bucket_owner: configuration.expected_bucket_owner,
        s3_acl_option: configuration.acl_configuration.map(|acl| acl.s3_acl_option),
    }
}
