//! Which operations of the model are refused? Apache Spark's and the service's own tables; each by name.
//!
//! With `OPERATIONS` this makes the whole of the model; a test counts.

/// The operations refused, sorted by name.
///
/// Notebooks, sessions, calculations and executors belong to Athena for Apache Spark; system tables are Athena's own
/// record of queries as tables, which needs its S3 Tables catalog.
pub const NOT_SERVED: &[&str] = &[
    "CreateNotebook",
    "CreatePresignedNotebookUrl",
    "CreateSystemTableConfiguration",
    "DeleteNotebook",
    "DeleteSystemTableConfiguration",
    "ExportNotebook",
    "GetCalculationExecution",
    "GetCalculationExecutionCode",
    "GetCalculationExecutionStatus",
    "GetNotebookMetadata",
    "GetResourceDashboard",
    "GetSession",
    "GetSessionEndpoint",
    "GetSessionStatus",
    "GetSystemTableConfiguration",
    "ImportNotebook",
    "ListApplicationDPUSizes",
    "ListCalculationExecutions",
    "ListExecutors",
    "ListNotebookMetadata",
    "ListNotebookSessions",
    "ListSessions",
    "ListSystemTableStatuses",
    "StartCalculationExecution",
    "StartSession",
    "StopCalculationExecution",
    "TerminateSession",
    "UpdateNotebook",
    "UpdateNotebookMetadata",
    "UpdateSystemTableConfiguration",
];
