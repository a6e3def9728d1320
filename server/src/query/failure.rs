//! Which Athena error is a failure? Category, type and text from the engine's error, and what each path leaves behind.
//!
//! Ref: Athena user guide, "Athena error catalog"; measured Athena behaviour, "Failure model".

use owlake_engine::error::{EngineError, FailurePath};
use serde::{Deserialize, Serialize};

/// The `AthenaError` of a failed query, and its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// 1 system, 2 user, 3 other.
    pub category: i32,
    /// A number of the error catalog.
    pub error_type: i32,
    /// Whether trying again can help.
    pub is_retryable: bool,
    /// `AthenaError.ErrorMessage`: the reason, or the metastore's text for Hive DDL.
    pub message: String,
    /// What GetQueryResults answers and which files stay.
    pub habit: Habit,
}

/// How a failed query looks from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Habit {
    /// No files; GetQueryResults says that the query did not finish successfully.
    Engine,
    /// `<id>.txt` holds the reason; GetQueryResults answers without rows.
    HiveDdl,
    /// No files; GetQueryResults could not find results.
    IcebergDdl,
}

/// The reason of a query that needs more memory than there is. Ref: Athena user guide, "Athena error catalog".
pub const EXHAUSTED: &str = "Query exhausted resources at this scale factor";

/// The reason of a query of a catalog whose connector cannot be asked. Ref: recorded Athena replies.
pub const CONNECTOR_REFUSED: &str = "You are not authorized to perform: athena:GetDataCatalog on the resource. After your AWS administrator or you have updated your permissions, please try again.";

const SYSTEM: i32 = 1;
const USER: i32 = 2;
const OTHER: i32 = 3;

impl Failure {
    /// The failure of an engine error.
    pub fn of(error: &EngineError) -> Self {
        let (habit, (category, error_type)) = match error.path {
            // The one text of the engine without a name: CTAS into a database that is not there.
            FailurePath::Engine if error.name.is_empty() && error.message.contains("Please check your query") => {
                (Habit::Engine, (USER, 1301))
            }
            FailurePath::Engine | FailurePath::Refused => (Habit::Engine, of_engine_name(&error.name, &error.message)),
            FailurePath::HiveDdl => (Habit::HiveDdl, of_hive_text(&error.message)),
            FailurePath::IcebergDdl => (Habit::IcebergDdl, of_iceberg_text(&error.message)),
        };
        Failure {
            category,
            error_type,
            is_retryable: is_retryable(error_type),
            message: error.detail.clone().unwrap_or_else(|| error.to_string()),
            habit,
        }
    }

    /// A failure of the service itself.
    pub fn system(error_type: i32, message: impl Into<String>) -> Self {
        Failure { category: SYSTEM, error_type, is_retryable: is_retryable(error_type), message: message.into(), habit: Habit::Engine }
    }

    /// The memory of all queries is used up. Retryable, as clients expect of it.
    pub fn exhausted() -> Self {
        Failure::system(2, EXHAUSTED)
    }

    /// The connector of a federated catalog cannot be asked: there is none, or it is forbidden. Ref: recorded Athena replies.
    pub fn connector() -> Self {
        Failure {
            category: OTHER,
            error_type: 9999,
            is_retryable: false,
            message: "Unknown error occurred.".to_owned(),
            habit: Habit::Engine,
        }
    }

    /// A result object cannot be written. Ref: Athena's own text where the store denies it; the other is inferred.
    pub fn unwritten(error: &object_store::Error, uri: &str) -> Self {
        use object_store::Error::{PermissionDenied, Unauthenticated};
        match error {
            PermissionDenied { .. } | Unauthenticated { .. } => Failure::denied(uri),
            _ => Failure::system(401, "The result of the query could not be written"),
        }
    }

    /// The result bucket may not be written, or is another account's than expected. Ref: Athena's own text; API reference, ExpectedBucketOwner.
    pub fn denied(uri: &str) -> Self {
        Failure {
            category: USER,
            error_type: 1501,
            is_retryable: false,
            message: format!(
                "Access denied when writing output to url: {uri}. Please ensure you are allowed to access the S3 bucket. If you are encrypting query results with KMS key, please ensure you are allowed to access your KMS key"
            ),
            habit: Habit::Engine,
        }
    }

    /// The result bucket cannot be written. Ref: measured Athena behaviour, "Bucket problems".
    pub fn output_bucket(bucket: &str) -> Self {
        Failure {
            category: USER,
            error_type: 1306,
            is_retryable: false,
            message: format!("Unable to verify/create output bucket {bucket}"),
            habit: Habit::Engine,
        }
    }
}

/// Whether an error says that memory is used up; Athena has one sentence for all of them.
pub fn is_exhausted(error: &EngineError) -> bool {
    error.path == FailurePath::Engine
        && matches!(
            error.name.as_str(),
            "EXCEEDED_GLOBAL_MEMORY_LIMIT" | "EXCEEDED_LOCAL_MEMORY_LIMIT" | "EXCEEDED_MEMORY_LIMIT" | "GENERIC_INSUFFICIENT_RESOURCES"
        )
}

/// Resources, internal, throttling and timeouts. Basis: inferred; every recorded failure was not retryable.
fn is_retryable(error_type: i32) -> bool {
    matches!(error_type, 0..=8 | 100 | 1400..=1406 | 206 | 210)
}

/// Category and type of a Trino error name. Names above the gap are measured, those below inferred from the catalog.
fn of_engine_name(name: &str, text: &str) -> (i32, i32) {
    match name {
        "DIVISION_BY_ZERO" => (USER, 1001),
        "TYPE_MISMATCH" => (USER, 1002),
        "COLUMN_NOT_FOUND" | "SYNTAX_ERROR" | "CATALOG_NOT_FOUND" => (USER, 1006),
        "INVALID_CAST_ARGUMENT" | "NUMERIC_VALUE_OUT_OF_RANGE" | "INVALID_PARAMETER_USAGE" | "MISSING_COLUMN_NAME" => (USER, 1100),
        "INVALID_FUNCTION_ARGUMENT" => (USER, 1106),
        "TABLE_ALREADY_EXISTS" => (USER, 1110),
        "NOT_SUPPORTED" => (USER, 1200),
        "NOT_FOUND" => (USER, 1300),
        "TABLE_NOT_FOUND" | "SCHEMA_NOT_FOUND" => (USER, 1301),
        "FUNCTION_NOT_FOUND" => (USER, 1303),
        "PERMISSION_DENIED" => (USER, 1500),

        "EXPRESSION_NOT_AGGREGATE" | "EXPRESSION_NOT_IN_DISTINCT" => (USER, 1006),
        "HIVE_CURSOR_ERROR" if text.contains("The specified bucket does not exist") => (USER, 1306),
        "HIVE_CURSOR_ERROR" if text.contains("The specified key does not exist") => (USER, 1302),
        "HIVE_BAD_DATA" | "HIVE_CURSOR_ERROR" | "HIVE_FILESYSTEM_ERROR" | "HIVE_INVALID_PARTITION_VALUE" => (USER, 1007),
        "HIVE_PARTITION_SCHEMA_MISMATCH" | "HIVE_INVALID_METADATA" => (USER, 1004),
        "HIVE_METASTORE_ERROR" => (SYSTEM, 204),
        "HIVE_CANNOT_OPEN_SPLIT" if text.contains("Access Denied") => (USER, 1501),
        "HIVE_CANNOT_OPEN_SPLIT" if text.ends_with("Slow down") => (USER, 1403),
        "HIVE_CANNOT_OPEN_SPLIT" => (USER, 1302),
        "HIVE_UNKNOWN_ERROR" => (USER, 1201),
        "SERIALIZATION_ERROR" => (SYSTEM, 237),
        "INVALID_TABLE_PROPERTY" => (USER, 1103),
        "INVALID_VIEW" | "VIEW_IS_STALE" | "VIEW_IS_RECURSIVE" => (USER, 1107),
        "ICEBERG_COMMIT_ERROR" => (USER, 233),
        "EXCEEDED_TIME_LIMIT" => (SYSTEM, 206),
        "GENERIC_INTERNAL_ERROR" | "INTERNAL_ERROR" => (SYSTEM, 200),
        // Texts of the readers without a name.
        "" if text.starts_with("Malformed ORC file") || text.starts_with("Line too long in text file") => (USER, 1007),
        "" if text.starts_with("Unsupported column type") => (USER, 1200),
        "" if text.starts_with("Access Denied") => (USER, 1500),
        _ => (USER, 1000),
    }
}

/// Category and type of a Hive DDL text. Ref: measured Athena behaviour, "Failure model".
fn of_hive_text(text: &str) -> (i32, i32) {
    if text.starts_with("FAILED: ParseException") {
        (SYSTEM, 1003)
    } else if text.contains("AlreadyExistsException(message:Table") || text.contains("PatternSyntaxException") {
        (USER, 1006)
    } else if text.contains("Please check your query") || text.starts_with("FAILED: SemanticException Table not found") {
        (USER, 1301)
    } else if text.starts_with("FAILED: NullPointerException") || text.contains("table is not partitioned") {
        (SYSTEM, 1003)
    } else if text.starts_with("View not found") {
        (USER, 1301)
    } else if text.contains("cannot be renamed") {
        (USER, 1200)
    } else {
        (SYSTEM, 1502)
    }
}

/// Category and type of an Iceberg DDL text.
fn of_iceberg_text(text: &str) -> (i32, i32) {
    match text {
        "Table has unsupported column types" | "Cannot find or access the specified table" => (USER, 1100),
        _ => (USER, 1200),
    }
}

/// What Athena adds to the reason of a failed statement that may have written files; nothing for others.
///
/// `output` is the effective location with its slash.
pub fn cleanup_advice(substatement_type: &str, output: &str, id: &str, reason: &str) -> Option<String> {
    let advice = match substatement_type {
        "CREATE_TABLE_AS_SELECT" => format!(
            "You may need to manually clean the data at location '{output}tables/{id}' before retrying. Athena will not delete data in your account."
        ),
        "INSERT" | "UNLOAD" => format!(
            "If a data manifest file was generated at '{output}{id}-manifest.csv', you may need to manually clean the data from locations specified in the manifest. Athena will not delete data in your account."
        ),
        _ => return None,
    };
    let joint = if reason.ends_with('.') { " " } else { ". " };
    Some(format!("{reason}{joint}{advice}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn measured_errors_have_their_numbers() {
        // Ref: measured Athena behaviour, table "Observed mapping".
        let of = |error: EngineError| {
            let failure = Failure::of(&error);
            (failure.category, failure.error_type)
        };
        assert_eq!(of(EngineError::engine("DIVISION_BY_ZERO", "Division by zero")), (2, 1001));
        assert_eq!(of(EngineError::engine("TABLE_NOT_FOUND", "x")), (2, 1301));
        assert_eq!(of(EngineError::engine("INVALID_PARAMETER_USAGE", "x")), (2, 1100));
        let hive = |text: &str| of(EngineError::hive(text, None));
        assert_eq!(hive("FAILED: SemanticException [Error 10072]: Database does not exist: d"), (1, 1502));
        assert_eq!(hive("FAILED: SemanticException [Error 10001]: Table not found d.t"), (1, 1502));
        assert_eq!(hive("FAILED: ParseException line 1:0 cannot recognize input near 'DESCRIBE' '/' '*' in describe statement"), (1, 1003));
        assert_eq!(
            hive(
                "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. AlreadyExistsException(message:Table t already exist)"
            ),
            (2, 1006)
        );
    }

    #[test]
    fn the_message_is_the_reason_or_the_metastores() {
        let failure = Failure::of(&EngineError::engine("DIVISION_BY_ZERO", "Division by zero"));
        assert_eq!(failure.message, "DIVISION_BY_ZERO: Division by zero");
        let failure = Failure::of(&EngineError::hive("FAILED: x", Some("Database x not found.".to_owned())));
        assert_eq!((failure.message.as_str(), failure.habit), ("Database x not found.", Habit::HiveDdl));
    }

    #[test]
    fn writes_advise_to_clean_up() {
        let advised = cleanup_advice("CREATE_TABLE_AS_SELECT", "s3://o/", "ID", "NOT_SUPPORTED: Unsupported Hive type: uuid").unwrap();
        assert_eq!(
            advised,
            "NOT_SUPPORTED: Unsupported Hive type: uuid. You may need to manually clean the data at location 's3://o/tables/ID' before retrying. Athena will not delete data in your account."
        );
        assert_eq!(cleanup_advice("SELECT", "s3://o/", "ID", "x"), None);
    }
}
