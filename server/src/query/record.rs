//! What is known of a query? What was asked, fixed at submission, and how it ended, fixed at its end.
//!
//! Both are written to the history log as they are; a field added later needs a default.

use crate::query::failure::Failure;
use crate::query::settings::Settings;
use crate::query::state::QueryState;
use serde::{Deserialize, Serialize};

/// What was asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Submission {
    /// The QueryExecutionId, a uuid.
    pub id: String,
    /// The engine's own id, `20260917_085344_00007_k6s5b`: UTC time, counter, process.
    pub engine_query_id: String,
    /// The text without surrounding whitespace and trailing semicolon.
    pub text: String,
    /// `DML`, `DDL` or `UTILITY`.
    pub statement_type: String,
    /// `SELECT`, `CREATE_TABLE` and so on.
    pub substatement_type: String,
    /// The workgroup's name.
    pub workgroup: String,
    /// The catalog of the context, lower case; `None` when none was sent.
    pub catalog: Option<String>,
    /// The database of the context as sent.
    pub database: Option<String>,
    /// SQL texts for `?`, in order.
    pub parameters: Vec<String>,
    /// Whether it only shows a plan and reads nothing: EXPLAIN without ANALYZE.
    #[serde(default)]
    pub is_plan_only: bool,
    /// Whether it is a SELECT of literals only.
    #[serde(default)]
    pub is_literal: bool,
    /// Where results go, and the limits that apply.
    pub settings: Settings,
    /// Milliseconds since the epoch.
    pub submitted_at_ms: i64,
    /// From the request's arrival to the queue.
    pub preprocessing_ms: u64,
}

/// How a query ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// One of the terminal states.
    pub state: QueryState,
    /// Why, for FAILED and CANCELLED.
    pub reason: Option<String>,
    /// The Athena error, for FAILED.
    pub failure: Option<Failure>,
    /// Milliseconds since the epoch.
    pub completed_at_ms: i64,
    /// What was measured.
    pub statistics: Statistics,
    /// What GetQueryResults needs, for SUCCEEDED.
    pub result: Option<ResultDescription>,
}

/// What was measured of a query; nothing in it is estimated. Absent where a phase was not reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// From submission to the engine, or to the end of a query that never reached it.
    pub queue_ms: u64,
    /// Analysis and optimisation, part of the engine's time.
    pub planning_ms: Option<u64>,
    /// From the engine's start to the last row.
    pub engine_ms: Option<u64>,
    /// From the last row to the published result.
    pub processing_ms: Option<u64>,
    /// From submission to the end.
    pub total_ms: u64,
    /// Stored bytes read.
    pub bytes_scanned: Option<u64>,
    /// Rows read from tables.
    pub rows_read: Option<u64>,
    /// Rows of the result.
    pub rows_written: Option<u64>,
    /// Bytes of the result object.
    pub bytes_written: Option<u64>,
    /// The URI of the list of written files, for statements that wrote any.
    pub manifest_location: Option<String>,
    /// Whether an earlier result answered.
    #[serde(default)]
    pub is_reused: bool,
}

/// What reading the result object needs to know.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultDescription {
    /// The columns; empty for statements without any.
    pub columns: Vec<ColumnDescription>,
    /// Affected rows; 0 for a SELECT, absent where Athena sends none.
    pub update_count: Option<i64>,
    /// The URI of the result object where it is an earlier query's.
    #[serde(default)]
    pub reused_location: Option<String>,
}

/// A column of a result as clients see it. Ref: Athena API reference, ColumnInfo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnDescription {
    /// The name, also the label.
    pub name: String,
    /// The type's base name, such as `varchar` or `timestamp with time zone`.
    pub type_name: String,
    /// Digits or characters; 0 where it has no meaning.
    pub precision: i32,
    /// Digits after the point.
    pub scale: i32,
    /// Whether comparisons depend on case: text types only.
    pub is_case_sensitive: bool,
}
