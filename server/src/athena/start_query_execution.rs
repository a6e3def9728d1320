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
    caller: RequestContext,
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
        account_id: Some(caller.account_id),
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

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use crate::test_server::TestServer;
    use serde_json::{Value, json};

    fn text(refused: &Value) -> (&str, &str) {
        (refused["AthenaErrorCode"].as_str().unwrap_or_default(), refused["Message"].as_str().unwrap_or_default())
    }

    #[tokio::test]
    async fn refusals_come_in_athenas_order_and_words() {
        // Ref: measured Athena behaviour, table of StartQueryExecution conditions.
        let server = TestServer::with(|config| config.output_location = None);
        let refused = server.refused("StartQueryExecution", json!({"QueryString": "nonsense"})).await;
        assert_eq!(text(&refused), ("INVALID_INPUT", "clientRequestToken is null or empty"));
        let token = server.token();
        let start = |extra: Value| {
            let mut body = json!({"QueryString": "nonsense", "ClientRequestToken": token});
            body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            server.refused("StartQueryExecution", body)
        };
        assert!(text(&start(json!({})).await).1.starts_with("No output location provided."));
        let location = |location: &str| json!({"ResultConfiguration": {"OutputLocation": location}});
        assert_eq!(text(&start(location("nowhere")).await), ("INVALID_INPUT", "outputLocation is not a valid S3 path."));
        assert_eq!(text(&start(location("s3://results/x")).await), ("MALFORMED_QUERY", "line 1:1: mismatched input 'nonsense'"));
        assert_eq!(text(&start(json!({"WorkGroup": "other"})).await), ("INVALID_INPUT", "WorkGroup is not found."));
        let wide = "é".repeat(128);
        assert_eq!(
            text(&start(json!({"ClientRequestToken": wide})).await),
            ("INVALID_INPUT", "clientRequestToken exceeds maximum allowed length 128")
        );
        let short = start(json!({"ClientRequestToken": "x"})).await;
        assert_eq!(
            text(&short).1,
            "1 validation error detected: Value at 'clientRequestToken' failed to satisfy constraint: Member must have length greater than or equal to 32"
        );
    }

    #[tokio::test]
    async fn a_token_replays_its_query() {
        let server = TestServer::new();
        let token = server.token();
        let body = |sql: &str| json!({"QueryString": sql, "ClientRequestToken": token});
        let first = server.athena("StartQueryExecution", body("SELECT 1")).await;
        assert_eq!(server.athena("StartQueryExecution", body("SELECT 1")).await, first);
        let refused = server.refused("StartQueryExecution", body("SELECT 2")).await;
        assert_eq!(text(&refused), ("IDEMPOTENT_PARAMETER_MISMATCH", "Idempotent parameters do not match"));
    }

    #[tokio::test]
    async fn a_missing_result_bucket_fails_the_query() {
        let server = TestServer::with(|config| config.output_location = Some("s3://absent-bucket/".to_owned()));
        let query = server.run("SELECT 1").await;
        assert_eq!(query["Status"]["StateChangeReason"], "Unable to verify/create output bucket absent-bucket");
        assert_eq!(query["Status"]["AthenaError"]["ErrorType"], 1306);
    }
}
