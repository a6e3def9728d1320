//! Do the longest and deepest statements run, or fail by name? On threads of the usual stack, in a debug build too.
//!
//! basis: inferred for the sizes; Trino 401 for the text of a statement that is too deep.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::{Int32Type, Int64Type};
use owlake_engine::engine::Engine;
use owlake_engine::error::EngineError;

use crate::lake::{self, MemoryBuckets};

/// What a statement too deep for a parser's stack gets.
const TOO_DEEP: &str = "statement is too large (stack overflow while parsing)";
/// What a chain too long for the analyzer gets.
const TOO_LONG: &str = "STACK_OVERFLOW: statement is too large (stack overflow during analysis)";

fn empty_engine() -> Engine {
    let catalog = owlake_catalog::MemoryCatalog::new(Arc::new(lake::FixedClock));
    lake::engine(Arc::new(catalog), MemoryBuckets::default())
}

/// The one number a statement gives. Threads have the stack that threads have by default.
fn number(sql: &str) -> Result<i64, EngineError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let sql = sql.to_owned();
    let task = runtime.spawn(async move {
        let answer = lake::run(&empty_engine(), lake::session("default", "UTC", true), &sql).await?;
        let column = answer.batches.iter().find(|batch| batch.num_rows() > 0).unwrap().column(0).clone();
        Ok(match column.as_primitive_opt::<Int64Type>() {
            Some(numbers) => numbers.value(0),
            None => i64::from(column.as_primitive::<Int32Type>().value(0)),
        })
    });
    runtime.block_on(task).unwrap()
}

fn terms(count: usize, separator: &str, term: impl Fn(usize) -> String) -> String {
    (0..count).map(term).collect::<Vec<_>>().join(separator)
}

#[test]
fn chains_of_five_thousand_operators_run() {
    assert_eq!(number(&format!("SELECT {}", terms(5_000, " + ", |_| "1".to_owned()))).unwrap(), 5_000);
    assert_eq!(number(&format!("SELECT {} FROM (VALUES 1) t(x)", terms(5_000, " + ", |_| "x".to_owned()))).unwrap(), 5_000);
    assert_eq!(number(&format!("SELECT length({}) FROM (VALUES 'a') t(x)", terms(5_000, " || ", |_| "x".to_owned()))).unwrap(), 5_000);
}

#[test]
fn chains_past_the_limit_fail_by_name() {
    let error = number(&format!("SELECT {}", terms(20_000, " + ", |_| "1".to_owned()))).unwrap_err();
    assert_eq!(error.to_string(), TOO_LONG);
}

#[test]
fn ten_thousand_terms_of_logic_run() {
    let source = "FROM (VALUES 7) t(x)";
    let or = terms(10_000, " OR ", |term| format!("x = {term}"));
    assert_eq!(number(&format!("SELECT count(*) {source} WHERE {or}")).unwrap(), 1);
    let and = terms(10_000, " AND ", |term| format!("x <> {}", term + 8));
    assert_eq!(number(&format!("SELECT count(*) {source} WHERE {and}")).unwrap(), 1);
    let mixed = terms(5_000, " OR ", |term| format!("(x = {term} AND x < 5)"));
    assert_eq!(number(&format!("SELECT count(*) {source} WHERE {mixed}")).unwrap(), 0);
    let list = terms(10_000, ", ", |term| term.to_string());
    assert_eq!(number(&format!("SELECT count(*) {source} WHERE x IN ({list})")).unwrap(), 1);
}

#[test]
fn a_thousand_levels_fail_by_name() {
    for (before, open, middle, close, after) in [
        ("SELECT ", "(", "1", ")", ""),
        ("SELECT ", "abs(", "1", ")", ""),
        ("SELECT ", "(SELECT ", "1", ")", ""),
        ("SELECT * FROM ", "(SELECT * FROM ", "(VALUES 1)", ")", ""),
        ("SELECT ", "CASE WHEN true THEN ", "1", " END", ""),
        ("SELECT cardinality(", "ARRAY[", "1", "]", ")"),
        ("SELECT 1 WHERE ", "NOT ", "true", "", ""),
        ("SELECT 1 WHERE EXISTS ", "(SELECT 1 WHERE EXISTS ", "(SELECT 1)", ")", ""),
    ] {
        let sql = format!("{before}{}{middle}{}{after}", open.repeat(1_000), close.repeat(1_000));
        let error = number(&sql).unwrap_err();
        assert_eq!((error.name.as_str(), error.message.contains(TOO_DEEP)), ("MALFORMED_QUERY", true), "{open}: {error}");
    }
}

/// The deepest statement the parser takes must not bring the stages behind it down.
#[test]
fn the_deepest_statements_that_are_read_run_or_fail_by_name() {
    let engine = empty_engine();
    for (before, open, middle, close, after) in [
        ("SELECT ", "(", "1", ")", ""),
        ("SELECT ", "abs(", "1", ")", ""),
        ("SELECT ", "(SELECT ", "1", ")", ""),
        ("SELECT * FROM ", "(SELECT * FROM ", "(VALUES 1)", ")", ""),
        ("SELECT ", "CASE WHEN true THEN ", "1", " END", ""),
        ("SELECT 1 WHERE ", "NOT NOT ", "true", "", ""),
        ("SELECT 1 WHERE EXISTS ", "(SELECT 1 WHERE EXISTS ", "(SELECT 1)", ")", ""),
    ] {
        let text = |depth: usize| format!("{before}{}{middle}{}{after}", open.repeat(depth), close.repeat(depth));
        let (mut read, mut refused) = (1, 1_000);
        while refused - read > 1 {
            let depth = (read + refused) / 2;
            if engine.parse(&text(depth)).is_ok() { read = depth } else { refused = depth }
        }
        match number(&text(read)) {
            Ok(value) => assert_eq!(value, 1, "{open} {read}"),
            Err(error) => assert!(["STACK_OVERFLOW", "NOT_SUPPORTED"].contains(&error.name.as_str()), "{open} {read}: {error}"),
        }
    }
}
