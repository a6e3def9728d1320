//! Which answers are known to be wrong? The list in `testdata/known_gaps.toml`, held against what the engine gives today.
//!
//! A gap that has closed fails here: the entry goes, and a statement test with Athena's answer comes. basis: each entry names its own.

use std::path::Path;

use arrow::array::Array;
use owlake_engine::engine::ResultType;

use crate::conformance::actual;
use crate::lake;

#[tokio::test(flavor = "multi_thread")]
async fn known_gaps_are_still_what_the_list_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/known_gaps.toml");
    let list: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let engine = lake::tpch_engine().await;
    let mut problems = Vec::new();
    for gap in list["gap"].as_array().unwrap() {
        let text = |member: &str| match gap.get(member).and_then(toml::Value::as_str) {
            Some(text) if !text.is_empty() => text.to_owned(),
            _ => panic!("{member} is missing: {gap:?}"),
        };
        let (statement, listed, athena, _basis) = (text("statement"), text("owlake"), text("athena"), text("basis"));
        let found = answer(&engine, &statement).await;
        if found == athena {
            problems.push(format!("{statement}: the gap has closed; move the statement to testdata/slt"));
        } else if found != listed {
            problems.push(format!("{statement}: now gives {found} instead of {listed}"));
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

/// The rows as texts, cells parted by `, ` and rows by `; `, or the error.
async fn answer(engine: &owlake_engine::engine::Engine, statement: &str) -> String {
    let answer = match lake::run(engine, lake::session("tiny", "UTC", true), statement).await {
        Ok(answer) => answer,
        Err(error) => return error.to_string(),
    };
    let mut rows = Vec::new();
    for batch in &answer.batches {
        for row in 0..batch.num_rows() {
            let cells = batch.columns().iter().zip(&answer.columns).map(|(array, column)| match &column.data_type {
                _ if array.is_null(row) => "null".to_owned(),
                ResultType::Trino(data_type) => actual::text(array, row, data_type),
                ResultType::HiveString => panic!("a catalog statement gives no rows"),
            });
            rows.push(cells.collect::<Vec<_>>().join(", "));
        }
    }
    rows.join("; ")
}
