//! Does the engine answer one case as expected? The verdict and, when not, its cause.

use std::sync::Arc;

use owlake_engine::engine::{Engine, ResultType};
use owlake_engine::error::EngineError;
use owlake_engine::session::Session;
use owlake_functions::types::TrinoType;
use serde_json::Value;

use super::case::{Case, ExpectedError};
use super::report::TEXT_DIFFERS;
use super::{actual, compare};
use crate::lake::{self, Answer};

/// How a case ended.
#[derive(Debug, Clone)]
pub enum Verdict {
    Right,
    /// The case is outside what can be measured here, and why.
    Skipped(&'static str),
    Wrong {
        cause: String,
        detail: String,
    },
}

impl Verdict {
    pub fn wrong(cause: impl Into<String>) -> Self {
        Verdict::Wrong { cause: cause.into(), detail: String::new() }
    }

    /// What must run was refused.
    pub fn refused(error: &EngineError) -> Self {
        Verdict::because(cause_of(error), error.to_string())
    }

    fn because(cause: impl Into<String>, detail: impl Into<String>) -> Self {
        Verdict::Wrong { cause: cause.into(), detail: detail.into() }
    }
}

/// The zone of the cases' own sessions unless they say otherwise. Ref: Trino 401 `TestingSession`.
const ZONE: &str = "Pacific/Apia";

/// Categories whose cases were expressions before they became statements.
const EXPRESSION_CATEGORIES: &[&str] = &["scalar", "operator_cast", "scalar_datetime"];

/// Rows compared without order at most; beyond that they are sorted as texts.
const UNORDERED_ROWS_MAX: usize = 2_000;

/// The other zone of cases written for a session of their own; their expectations name it.
const OTHER_ZONE: &str = "+08:35";
/// When the sessions of those cases start, 2020-05-01 12:34:56.111222333 in the session's zone, in local microseconds. Ref: Trino 401
/// `TestTime`, `TestTimestamp`, `TestTimestampWithTimeZone`.
const OTHER_START_LOCAL_MICROS: i64 = 1_588_336_496_111_222;

/// Are the cases of other sessions run too? Their zone is read off their expectations, so they count for no floor.
fn runs_other_sessions() -> bool {
    std::env::var_os("OWLAKE_CONFORMANCE_SESSIONS").is_some()
}

/// The session a case was written for: its start is the same for all, its zone is the one the expected value shows.
fn set_session(session: &mut Session, case: &Case) {
    let expected = case.expected.as_ref().map(Value::to_string).unwrap_or_default();
    let zone = if expected.contains(OTHER_ZONE) && !case.sql.contains(OTHER_ZONE) { OTHER_ZONE } else { ZONE };
    let offset_seconds = match zone {
        OTHER_ZONE => 8 * 3600 + 35 * 60,
        // Samoa's, in May 2020.
        _ => 13 * 3600,
    };
    let info = Arc::make_mut(&mut session.info);
    info.zone = zone.into();
    info.start_micros = OTHER_START_LOCAL_MICROS - offset_seconds * 1_000_000;
}

/// Runs a case and judges it.
pub async fn judge(engine: &Engine, case: &Case) -> Verdict {
    if case.has_flag("needs") || case.has_flag("test_udf") || case.has_flag("internal") {
        return Verdict::Skipped("needs what is not here");
    }
    if case.has_flag("grammar") {
        return Verdict::Skipped("a grammar entry point");
    }
    let mut session = lake::session("tiny", ZONE, false);
    if case.has_flag("session") {
        if !runs_other_sessions() {
            return Verdict::Skipped("written for another session");
        }
        set_session(&mut session, case);
    }
    let answer = lake::run(engine, session.clone(), &without_test_catalog(&case.sql)).await;
    if let Some(error) = &case.error {
        return judge_error(case, error, answer.map(|_| ()));
    }
    let Some(expected) = &case.expected else { return Verdict::Skipped("no expectation") };
    let kind = expected["kind"].as_str().unwrap_or_default();
    // The manual says so of what fails.
    if kind == "doc_text" && expected["text"] == "ERROR!" {
        return if answer.is_err() { Verdict::Right } else { Verdict::wrong("accepted what must fail") };
    }
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return Verdict::refused(&error),
    };
    match kind {
        "runs" | "analyzes" | "parses" => Verdict::Right,
        "empty" => match answer.batches.iter().map(|batch| batch.num_rows()).sum::<usize>() {
            0 => Verdict::Right,
            rows => Verdict::because("rows differ", format!("{rows} rows instead of none")),
        },
        "null" => judge_value(case, &Value::Null, &answer),
        "value" => judge_value(case, &expected["value"], &answer),
        "rendered" => match answer.batches.iter().find(|batch| batch.num_rows() > 0) {
            Some(batch) => match trino_type(&answer, 0) {
                Some(data_type) if expected["value"].as_str() == Some(&actual::text(batch.column(0), 0, &data_type)) => Verdict::Right,
                Some(data_type) => Verdict::because(
                    "value differs",
                    format!("{} instead of {}", actual::text(batch.column(0), 0, &data_type), expected["value"]),
                ),
                None => Verdict::wrong("no column"),
            },
            None => Verdict::because("rows differ", "no row"),
        },
        "sql" | "sql_h2" => judge_rows(engine, case, expected["sql"].as_str().unwrap_or_default(), kind, &answer).await,
        "doc_text" => judge_doc_text(&answer, expected),
        _ => Verdict::Skipped("an expectation of another kind"),
    }
}

/// The reference's tests call the database by the name of their own catalog too.
fn without_test_catalog(sql: &str) -> String {
    // As long as before, so that positions stay.
    sql.replace("tpch.tiny.", "     tiny.")
}

fn trino_type(answer: &Answer, index: usize) -> Option<TrinoType> {
    match &answer.columns.get(index)?.data_type {
        ResultType::Trino(data_type) => Some(data_type.clone()),
        ResultType::HiveString => Some(TrinoType::VARCHAR),
    }
}

fn judge_value(case: &Case, expected: &Value, answer: &Answer) -> Verdict {
    let Some(data_type) = trino_type(answer, 0) else { return Verdict::wrong("no column") };
    let Some(batch) = answer.batches.iter().find(|batch| batch.num_rows() > 0) else { return Verdict::because("rows differ", "no row") };
    let found = actual::value(batch.column(0), 0, &data_type);
    if !compare::same(expected, &found) {
        return Verdict::because("value differs", format!("{found} instead of {expected}, type {data_type}"));
    }
    match &case.expected_type {
        Some(wanted) if !same_type(wanted, &data_type) => Verdict::because("type differs", format!("{data_type} instead of {wanted}")),
        _ => Verdict::Right,
    }
}

/// Type texts may differ in spaces and in the case of field names only.
fn same_type(wanted: &str, found: &TrinoType) -> bool {
    let plain = |text: &str| text.to_lowercase().replace([' ', '"'], "");
    plain(wanted) == plain(&found.to_string())
}

/// Every row as JSON.
fn json_rows(answer: &Answer) -> Vec<Value> {
    let types: Vec<Option<TrinoType>> = (0..answer.columns.len()).map(|index| trino_type(answer, index)).collect();
    let mut rows = Vec::new();
    for batch in &answer.batches {
        for row in 0..batch.num_rows() {
            let cells = batch.columns().iter().zip(&types).map(|(column, data_type)| match data_type {
                Some(data_type) => actual::value(column, row, data_type),
                None => Value::Null,
            });
            rows.push(Value::Array(cells.collect()));
        }
    }
    rows
}

async fn judge_rows(engine: &Engine, case: &Case, expected_sql: &str, kind: &str, answer: &Answer) -> Verdict {
    let expected = match lake::run(engine, lake::session("tiny", ZONE, false), expected_sql).await {
        Ok(expected) => expected,
        Err(_) if kind == "sql_h2" => return Verdict::Skipped("the expectation is in H2's own spelling"),
        Err(error) => return Verdict::because(format!("expectation: {}", cause_of(&error)), error.to_string()),
    };
    let (mut wanted, mut found) = (json_rows(&expected), json_rows(answer));
    let is_same = if case.has_flag("ordered") {
        wanted.len() == found.len() && wanted.iter().zip(&found).all(|(wanted, found)| compare::same(wanted, found))
    } else if wanted.len() <= UNORDERED_ROWS_MAX {
        compare::same_unordered(&wanted, &found)
    } else {
        wanted.sort_by_cached_key(Value::to_string);
        found.sort_by_cached_key(Value::to_string);
        wanted.len() == found.len() && wanted.iter().zip(&found).all(|(wanted, found)| compare::same(wanted, found))
    };
    if is_same {
        return Verdict::Right;
    }
    let shown = |rows: &[Value]| rows.iter().take(4).map(Value::to_string).collect::<Vec<_>>().join(" ");
    Verdict::because("rows differ", format!("{} rows {} instead of {} rows {}", found.len(), shown(&found), wanted.len(), shown(&wanted)))
}

/// The manual's printed value, compared after white space and quotes are taken out.
fn judge_doc_text(answer: &Answer, expected: &Value) -> Verdict {
    let Some(text) = expected["text"].as_str().or_else(|| expected["value"].as_str()) else { return Verdict::Skipped("no text") };
    let Some(batch) = answer.batches.iter().find(|batch| batch.num_rows() > 0) else { return Verdict::because("rows differ", "no row") };
    if batch.num_columns() != 1 || answer.batches.iter().map(|batch| batch.num_rows()).sum::<usize>() != 1 {
        return Verdict::Right;
    }
    let Some(data_type) = trino_type(answer, 0) else { return Verdict::wrong("no column") };
    let found =
        if arrow::array::Array::is_null(batch.column(0), 0) { "null".to_string() } else { actual::text(batch.column(0), 0, &data_type) };
    let plain = |text: &str| text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    // The manual writes nested values as the expressions that make them.
    let text = &text.replace("ROW(", "(").replace("JSON '", "'");
    if plain(text).contains(&plain(&found)) || plain(&found).contains(&plain(text)) {
        Verdict::Right
    } else {
        Verdict::because("value differs", format!("{found} instead of {text}"))
    }
}

/// Judges the failure of a case that must fail: by its name, then by its text.
pub fn judge_error(case: &Case, expected: &ExpectedError, answer: Result<(), EngineError>) -> Verdict {
    let Err(error) = answer else { return Verdict::wrong("accepted what must fail") };
    if let Some(code) = &expected.code
        && *code != error.name
        && !(error.name == "MALFORMED_QUERY" && code == "SYNTAX_ERROR")
    {
        return Verdict::because("error name differs", format!("{error} instead of {code}: {:?}", expected.message));
    }
    let Some(message) = &expected.message else { return Verdict::Right };
    // Athena's own addition to the text of an unresolved column.
    let found = error.message.replace(" or requester is not authorized to access requested resources", "");
    let (mut found, mut message) = (found.as_str(), message.as_str());
    // An expression's case is a statement made around it: the position it expects is one in another text.
    if EXPRESSION_CATEGORIES.contains(&case.category.as_str()) {
        (found, message) = (unlocated(found), unlocated(message));
    }
    let is_same = match expected.match_kind.as_str() {
        "prefix" => found.starts_with(message) || unlocated(found).starts_with(message),
        "contains" => found.contains(message),
        "regex" => regex_matches(message, found) || regex_matches(message, unlocated(found)),
        // The grammar's texts are patterns at times.
        _ if case.category == "parser" => found == message || regex_matches(message, unlocated(found)),
        _ => found == message || unlocated(found) == message,
    };
    if is_same {
        Verdict::Right
    } else if error.name == "GENERIC_INTERNAL_ERROR" || error.name == "NOT_SUPPORTED" {
        Verdict::because(cause_of(&error), format!("{error} instead of {message}"))
    } else {
        Verdict::because(TEXT_DIFFERS, format!("{found} instead of {message}"))
    }
}

/// Java's `\\Q…\\E` quotes a text.
fn rust_pattern(pattern: &str) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("\\Q") {
        let (quoted, remainder) = after.split_once("\\E").unwrap_or((after, ""));
        out.push_str(before);
        out.push_str(&regex::escape(quoted));
        rest = remainder;
    }
    out + rest
}

fn regex_matches(pattern: &str, text: &str) -> bool {
    let pattern = &rust_pattern(pattern);
    regex::Regex::new(&format!("(?s)^(?:{pattern})$")).is_ok_and(|regex| regex.is_match(text)) || text.contains(pattern)
}

/// The text without `line L:C: `.
fn unlocated(text: &str) -> &str {
    match text.strip_prefix("line ").and_then(|rest| rest.split_once(": ")) {
        Some((position, rest)) if position.chars().all(|c| c.is_ascii_digit() || c == ':') => rest,
        _ => text,
    }
}

/// The error's name, and for a missing function its name too: what groups the ledger.
fn cause_of(error: &EngineError) -> String {
    let text = unlocated(&error.message);
    match error.name.as_str() {
        "FUNCTION_NOT_FOUND" | "NOT_SUPPORTED" => format!("{}: {}", error.name, text.chars().take(60).collect::<String>()),
        name => name.to_string(),
    }
}
