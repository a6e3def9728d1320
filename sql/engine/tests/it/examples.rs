//! Do the functions answer as their own descriptors say? Every example of the library, run as a statement of its own.

use std::collections::HashMap;
use std::sync::Arc;

use owlake_catalog::MemoryCatalog;
use owlake_engine::engine::{Engine, ResultType};
use owlake_functions::registry::SECTIONS;

use crate::conformance::actual;
use crate::lake::{self, FixedClock, MemoryBuckets};

/// An engine without tables.
pub fn bare_engine() -> Engine {
    lake::engine(Arc::new(MemoryCatalog::new(Arc::new(FixedClock))), MemoryBuckets(HashMap::new()))
}

/// What `SELECT <expression>` prints; a null is `NULL`.
async fn printed(engine: &Engine, expression: &str) -> Result<String, String> {
    let session = lake::session("default", "UTC", true);
    let answer = lake::run(engine, session, &format!("SELECT {expression}")).await.map_err(|error| error.to_string())?;
    let batch = answer.batches.iter().find(|batch| batch.num_rows() > 0).ok_or("no row")?;
    let ResultType::Trino(data_type) = &answer.columns[0].data_type else { return Err("no type of Trino's".to_string()) };
    let column = batch.column(0);
    Ok(if column.is_null(0) { "NULL".to_string() } else { actual::text(column, 0, data_type) })
}

#[test]
fn every_example_prints_what_it_says() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(16 << 20).build().unwrap();
    let engine = bare_engine();
    let mut wrong = Vec::new();
    let mut count = 0;
    for (section, function) in SECTIONS.iter().flat_map(|(section, functions)| functions.iter().map(move |function| (section, function))) {
        for (expression, expected) in function.examples {
            count += 1;
            let found = runtime.block_on(printed(&engine, expression));
            if found.as_deref() != Ok(*expected) {
                wrong.push(format!("{section}: {expression} gives {found:?} instead of {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} examples:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 0);
}

/// Without an example a function is neither shown nor tried. Operators, window functions and what is never the same twice are exempt.
#[test]
fn every_plain_function_has_an_example() {
    let lacking: Vec<&str> = SECTIONS
        .iter()
        .filter(|(section, _)| !matches!(*section, "operator" | "window"))
        .flat_map(|(_, functions)| functions.iter())
        .filter(|function| !function.name.starts_with('$') && function.is_deterministic && function.examples.is_empty())
        .map(|function| function.name)
        .collect();
    assert!(lacking.is_empty(), "without an example: {lacking:?}");
}
