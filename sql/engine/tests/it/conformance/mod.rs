//! How many of the conformance cases does the engine answer as expected? Rates by category, a ledger of the rest.
//!
//! The cases lie beside the repository, not in it; where they are absent this says so and ends. A category must not
//! fall below its floor in `testdata/conformance.toml`.
//!
//! `OWLAKE_CONFORMANCE` names another file of cases, `OWLAKE_CONFORMANCE_CATEGORY` one category,
//! `OWLAKE_CONFORMANCE_ID` a part of an id; `OWLAKE_CONFORMANCE_SAMPLE=n` takes every n-th case;
//! `OWLAKE_CONFORMANCE_SESSIONS=1` runs the cases of other sessions too.

pub mod actual;
mod analyzer;
mod case;
mod compare;
mod parser;
mod report;
mod verdict;

use std::path::PathBuf;
use std::sync::Arc;

use futures::StreamExt;

use self::case::Case;
use self::report::Report;

/// The categories that are measured. `parser` cases are parsed and `analyzer` cases analysed, all others are run.
const CATEGORIES: &[&str] = &["parser", "analyzer", "scalar_datetime", "operator_cast", "scalar", "engine_query", "tpch_query", "docs"];

/// Cases in flight at once.
const CONCURRENCY: usize = 4;
/// Longest time of one case.
const CASE_SECONDS: u64 = 20;

#[test]
fn conformance_rates_stay_above_their_floors() {
    let Some(cases) = case::load(&path()) else {
        println!("conformance skipped: no cases at {}", path().display());
        return;
    };
    let category = std::env::var("OWLAKE_CONFORMANCE_CATEGORY").ok();
    let id = std::env::var("OWLAKE_CONFORMANCE_ID").ok();
    let sample: usize = std::env::var("OWLAKE_CONFORMANCE_SAMPLE").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let excluded = excluded();
    let is_whole = category.is_none() && id.is_none() && sample == 1;
    let chosen: Vec<Case> = cases
        .into_iter()
        .filter(|case| CATEGORIES.contains(&case.category.as_str()))
        .filter(|case| !excluded.holds(case))
        .filter(|case| category.as_deref().is_none_or(|wanted| case.category == wanted))
        .filter(|case| id.as_deref().is_none_or(|wanted| case.id.contains(wanted)))
        .enumerate()
        .filter_map(|(number, case)| (number % sample == 0).then_some(case))
        .collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(16 << 20).build().unwrap();
    let report = runtime.block_on(run_all(chosen));
    println!("{}", report.table());
    let ledger = report.write_ledger();
    println!("ledger: {}", ledger.display());
    if is_whole {
        report.assert_floors();
    }
}

fn path() -> PathBuf {
    match std::env::var_os("OWLAKE_CONFORMANCE") {
        Some(path) => path.into(),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance/trino-401-cases.jsonl.gz"),
    }
}

/// What is not judged; the file gives the reasons.
struct Excluded {
    /// Ids, or beginnings of ids ending in `:` (a class) or `#` (a line of one).
    ids: Vec<String>,
    /// Calls of functions that Athena does not have.
    calls: regex::Regex,
    /// First words of statements that Athena refuses.
    starts: Vec<String>,
    /// Parts of `analyzer` texts that name what only the cases' own set-up has, in lower case.
    analyzer_parts: Vec<String>,
}

impl Excluded {
    fn holds(&self, case: &Case) -> bool {
        let is_listed = |part: &String| case.id == *part || part.ends_with([':', '#']) && case.id.starts_with(part.as_str());
        let sql = case.sql.trim_start().to_lowercase();
        let starts = |words: &String| sql.strip_prefix(words.as_str()).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric));
        let names_set_up = || self.analyzer_parts.iter().any(|part| sql.contains(part.as_str()));
        // What a text of the grammar calls or starts with does not matter.
        let is_of_grammar = case.category == "parser";
        self.ids.iter().any(is_listed)
            || (!is_of_grammar && (self.calls.is_match(&case.sql) || self.starts.iter().any(starts)))
            || (case.category == "analyzer" && names_set_up())
    }
}

fn excluded() -> Excluded {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/conformance_excluded.toml");
    let groups: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let texts = |member: &str| -> Vec<String> {
        let listed = groups.values().filter_map(|group| group.get(member)).flat_map(|list| list.as_array().unwrap());
        listed.map(|text| text.as_str().unwrap().to_string()).collect()
    };
    let calls = regex::Regex::new(&format!(r"(?i)\b(?:{})\s*\(", texts("functions").join("|"))).unwrap();
    Excluded { ids: texts("ids"), calls, starts: texts("starts"), analyzer_parts: texts("analyzer_parts") }
}

async fn run_all(cases: Vec<Case>) -> Report {
    let engine = Arc::new(crate::lake::tpch_engine().await);
    let fixture = Arc::new(analyzer::Fixture::load(&path()).await);
    let mut report = Report::default();
    let mut verdicts = futures::stream::iter(cases)
        .map(|case| {
            let (engine, fixture) = (engine.clone(), fixture.clone());
            async move {
                let limit = std::time::Duration::from_secs(CASE_SECONDS);
                let task = tokio::spawn({
                    let case = case.clone();
                    async move {
                        match case.category.as_str() {
                            "parser" => Ok(parser::judge(&case)),
                            "analyzer" => Ok(fixture.judge(&case).await),
                            _ => tokio::time::timeout(limit, verdict::judge(&engine, &case)).await,
                        }
                    }
                });
                let verdict = match task.await {
                    Ok(Ok(verdict)) => verdict,
                    Ok(Err(_)) => verdict::Verdict::wrong("took too long"),
                    Err(_) => verdict::Verdict::wrong("panicked"),
                };
                (case, verdict)
            }
        })
        .buffer_unordered(CONCURRENCY);
    while let Some((case, verdict)) = verdicts.next().await {
        report.add(case, verdict);
    }
    report
}
