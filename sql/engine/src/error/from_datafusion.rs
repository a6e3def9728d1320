//! Which of our errors is a failure that comes back from DataFusion, Arrow, Parquet or a store?
//!
//! Ref: architecture, invariant 4: no library's text reaches a client. Known causes travel as `DataFusionError::External`
//! and are taken out again whatever wraps them; everything else is logged and answered with a neutral sentence.

use std::error::Error;

use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use owlake_functions::error::FunctionError;
use parquet::errors::ParquetError;

use super::EngineError;
use crate::storage::BucketError;

/// How deep a chain of causes is followed; a bound for the loop, far above what wraps in practice.
const CAUSE_DEPTH_MAX: usize = 64;

const INTERNAL_SENTENCE: &str = "The query could not be executed because of an internal error";

/// Puts an error of ours on its way through DataFusion.
pub fn external(error: EngineError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

/// Finds the cause of a failure. Unknown ones are logged and become `GENERIC_INTERNAL_ERROR` with a neutral sentence.
pub fn from_datafusion(error: DataFusionError) -> EngineError {
    let mut fallback = None;
    let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
    for _ in 0..CAUSE_DEPTH_MAX {
        let Some(current) = cause else { break };
        if let Some(found) = exact_cause(current) {
            return found;
        }
        if let Some(found) = known_library_failure(current) {
            fallback = Some(found);
        }
        if let Some(DataFusionError::Collection(errors)) = current.downcast_ref::<DataFusionError>() {
            cause = errors.first().map(|first| first as &(dyn Error + 'static));
        } else {
            cause = current.source();
        }
    }
    fallback.unwrap_or_else(|| {
        tracing::error!(cause = %error, "a query failed inside the engine");
        #[cfg(test)]
        eprintln!("internal failure: {error}");
        EngineError::internal(INTERNAL_SENTENCE)
    })
}

impl From<DataFusionError> for EngineError {
    fn from(error: DataFusionError) -> Self {
        from_datafusion(error)
    }
}

/// The failure of a panic that was caught: logged, never shown.
pub fn from_panic(payload: &(dyn std::any::Any + Send)) -> EngineError {
    let text =
        payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text");
    tracing::error!(panic = text, "a query panicked");
    EngineError::internal(INTERNAL_SENTENCE)
}

fn exact_cause(cause: &(dyn Error + 'static)) -> Option<EngineError> {
    if let Some(error) = cause.downcast_ref::<EngineError>() {
        return Some(error.clone());
    }
    if let Some(error) = cause.downcast_ref::<FunctionError>() {
        return Some(error.clone().into());
    }
    if let Some(error) = cause.downcast_ref::<BucketError>() {
        return Some(error.clone().into());
    }
    None
}

/// What Athena says of a store that refuses its keys. Ref: community reports; ids that a store does not give are null there, too.
const ACCESS_DENIED: &str = "Access Denied (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; Request ID: null; S3 Extended Request ID: null; Proxy: null)";

fn known_library_failure(cause: &(dyn Error + 'static)) -> Option<EngineError> {
    if let Some(error) = cause.downcast_ref::<DataFusionError>() {
        return match error {
            DataFusionError::ResourcesExhausted(text) => {
                tracing::warn!(cause = %text, "a query ran out of memory");
                Some(EngineError::engine("EXCEEDED_LOCAL_MEMORY_LIMIT", "Query exceeded per-node memory limit"))
            }
            DataFusionError::Execution(text) if text.contains("Scalar subquery returned more than one row") => Some(multiple_rows()),
            DataFusionError::Execution(text) if text.contains("Recursion limit") => None,
            _ => None,
        };
    }
    if let Some(error) = cause.downcast_ref::<ArrowError>() {
        return match error {
            ArrowError::DivideByZero => Some(FunctionError::division_by_zero().into()),
            ArrowError::ArithmeticOverflow(text) => {
                tracing::warn!(cause = %text, "arithmetic overflow without a name");
                Some(EngineError::engine("NUMERIC_VALUE_OUT_OF_RANGE", "Value out of range"))
            }
            _ => None,
        };
    }
    if let Some(error) = cause.downcast_ref::<object_store::Error>() {
        return match error {
            object_store::Error::NotFound { .. } => Some(EngineError::engine(
                "HIVE_CURSOR_ERROR",
                "com.amazonaws.services.s3.model.AmazonS3Exception: The specified key does not exist",
            )),
            object_store::Error::PermissionDenied { path, .. } | object_store::Error::Unauthenticated { path, .. } => {
                tracing::warn!(path, "a store denies access");
                Some(EngineError::engine("", ACCESS_DENIED))
            }
            other => {
                tracing::warn!(cause = %other, "a store failed");
                Some(EngineError::engine("HIVE_CURSOR_ERROR", "An object of the table could not be read"))
            }
        };
    }
    if let Some(error) = cause.downcast_ref::<ParquetError>() {
        return match error {
            ParquetError::External(_) => None,
            other => {
                tracing::warn!(cause = %other, "a Parquet file could not be read");
                Some(EngineError::engine("HIVE_BAD_DATA", "A Parquet file of the table is corrupt"))
            }
        };
    }
    None
}

/// `SUBQUERY_MULTIPLE_ROWS`. Ref: Trino 401 `EnforceSingleRowOperator`.
pub fn multiple_rows() -> EngineError {
    EngineError::engine("SUBQUERY_MULTIPLE_ROWS", "Scalar sub-query has returned multiple rows")
}

impl From<BucketError> for EngineError {
    fn from(error: BucketError) -> Self {
        match error {
            BucketError::NoSuchBucket { .. } => EngineError::engine(
                "HIVE_CURSOR_ERROR",
                "com.amazonaws.services.s3.model.AmazonS3Exception: The specified bucket does not exist",
            ),
            BucketError::Unreachable { bucket, reason } => {
                tracing::error!(%bucket, %reason, "a bucket cannot be reached");
                EngineError::engine("HIVE_CURSOR_ERROR", format!("The bucket '{bucket}' cannot be reached"))
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn our_errors_come_out_of_any_wrapping() {
        let inner = external(EngineError::engine("HIVE_BAD_DATA", "text"));
        let wrapped = DataFusionError::Shared(Arc::new(DataFusionError::Context(
            "context".into(),
            Box::new(DataFusionError::ArrowError(Box::new(ArrowError::ExternalError(Box::new(inner))), None)),
        )));
        assert_eq!(from_datafusion(wrapped).to_string(), "HIVE_BAD_DATA: text");
        let through_parquet = DataFusionError::ParquetError(Box::new(ParquetError::External(Box::new(FunctionError::division_by_zero()))));
        assert_eq!(from_datafusion(through_parquet).to_string(), "DIVISION_BY_ZERO: Division by zero");
    }

    #[test]
    fn library_texts_stay_inside() {
        for error in [
            DataFusionError::Internal("secret".into()),
            DataFusionError::Plan("secret".into()),
            DataFusionError::ResourcesExhausted("secret".into()),
            DataFusionError::ObjectStore(Box::new(object_store::Error::NotFound { path: "secret".into(), source: "secret".into() })),
        ] {
            assert!(!from_datafusion(error).to_string().contains("secret"));
        }
    }
}
