//! Does every statement and every error have a statement test? The lists in `testdata/` held against the code and the corpus.
//!
//! basis: Athena user guide, "SQL reference", for the statements; the names in our own source for the errors.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use owlake_engine::statement::STATEMENTS;
use regex::Regex;

/// One statement of the corpus.
struct Record {
    sql: String,
    /// The pattern of the expected error.
    error: Option<String>,
    /// `DML/SELECT`, where the text is taken.
    class: Option<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|own| own == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Every statement of `testdata/slt`.
fn corpus() -> Vec<Record> {
    let mut records = Vec::new();
    for file in files(&root().join("testdata/slt"), "slt") {
        let text = std::fs::read_to_string(file).unwrap();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let mut words = line.splitn(3, ' ');
            let (Some("statement" | "query"), Some(outcome)) = (words.next(), words.next()) else { continue };
            let error = (outcome == "error").then(|| words.next().unwrap_or_default().to_string());
            let sql: Vec<&str> = lines.by_ref().take_while(|line| !line.is_empty() && *line != "----").collect();
            let sql = sql.join("\n");
            let class = owlake_syntax::parse(&sql).ok().map(|parsed| class_of(&parsed));
            records.push(Record { sql, error, class });
        }
    }
    assert!(records.len() > 300, "the corpus was not found");
    records
}

fn class_of(parsed: &owlake_syntax::Parsed) -> String {
    format!("{}/{}", parsed.kind.statement_type.as_str(), parsed.kind.substatement_type)
}

fn table(name: &str) -> toml::Table {
    std::fs::read_to_string(root().join("testdata").join(name)).unwrap().parse().unwrap()
}

fn text<'a>(entry: &'a toml::Value, member: &str) -> &'a str {
    entry.get(member).and_then(toml::Value::as_str).unwrap_or_default()
}

fn texts<'a>(entry: &'a toml::Value, member: &str) -> Vec<&'a str> {
    entry.get(member).and_then(toml::Value::as_array).into_iter().flatten().filter_map(toml::Value::as_str).collect()
}

fn report(problems: BTreeSet<String>) {
    assert!(problems.is_empty(), "\n{}", problems.into_iter().collect::<Vec<_>>().join("\n"));
}

/// Without case and white space.
fn squeezed(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).flat_map(char::to_lowercase).collect()
}

#[test]
fn every_statement_of_athena_stands_as_the_inventory_says() {
    let corpus = corpus();
    let inventory = table("statements_inventory.toml");
    let mut problems = BTreeSet::new();
    for entry in inventory["statement"].as_array().unwrap() {
        let (name, status, class) = (text(entry, "name"), text(entry, "status"), text(entry, "class"));
        let mut wrong = |problem: String| problems.insert(format!("{name}: {problem}"));
        for sample in texts(entry, "samples") {
            match (owlake_syntax::parse(sample), status) {
                (Err(error), "refused") if error.message.contains(text(entry, "text")) && !text(entry, "text").is_empty() => {}
                (Ok(parsed), "runs" | "fails" | "lacking") if class_of(&parsed) == class => {}
                (Ok(parsed), _) => _ = wrong(format!("{sample}: is {}", class_of(&parsed))),
                (Err(error), _) => _ = wrong(format!("{sample}: {error}")),
            }
        }
        match status {
            "runs" => {
                let mut runs = corpus.iter().filter(|record| record.error.is_none() && record.class.as_deref() == Some(class));
                if runs.next().is_none() {
                    wrong(format!("no statement test runs a {class}"));
                }
                for part in texts(entry, "shown") {
                    let is_shown = |record: &&Record| record.error.is_none() && squeezed(&record.sql).contains(&squeezed(part));
                    if corpus.iter().find(is_shown).is_none() {
                        wrong(format!("no statement test shows {part}"));
                    }
                }
            }
            "fails" => {
                for sample in texts(entry, "samples") {
                    let is_shown = |record: &Record| {
                        record.sql == sample
                            && record.error.as_deref().is_some_and(|error| error.replace('\\', "").contains(text(entry, "text")))
                    };
                    if !corpus.iter().any(is_shown) {
                        wrong(format!("no statement test shows {sample}"));
                    }
                }
            }
            "lacking" if !text(entry, "reason").is_empty() => {}
            "refused" => {}
            _ => _ = wrong(format!("the status {status:?} needs a reason or is unknown")),
        }
    }
    report(problems);
}

#[test]
fn every_catalog_statement_has_a_statement_test() {
    let corpus = corpus();
    let mut problems = BTreeSet::new();
    for kind in STATEMENTS {
        // What DESCRIBE of a view is only the catalog knows; views.slt has it.
        let class = if kind.substatement_type == "DESC_VIEW" { "DESCRIBE_TABLE" } else { kind.substatement_type };
        let is_of_class = |record: &Record| record.class.as_deref().is_some_and(|own| own.split('/').nth(1) == Some(class));
        if !corpus.iter().any(is_of_class) {
            problems.insert(format!("{}: no statement test", kind.name));
        }
    }
    report(problems);
}

/// Our own source without its test modules.
fn sources() -> String {
    let mut all = String::new();
    for folder in ["sql/engine/src", "sql/functions/src", "catalog/src"] {
        for path in files(&root().join(folder), "rs") {
            let name = path.to_string_lossy().into_owned();
            if name.ends_with("/tests.rs") || name.contains("/tests/") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            all.push_str(text.find("#[cfg(test)]").map_or(text.as_str(), |at| &text[..at]));
        }
    }
    all
}

#[test]
fn every_error_name_has_a_statement_test_or_a_reason() {
    let inventory = table("errors_inventory.toml");
    let known: BTreeSet<&str> = texts(&inventory["engine"], "names").into_iter().collect();
    let unreachable: BTreeMap<&str, &str> =
        inventory["unreachable"].as_table().unwrap().iter().map(|(name, reason)| (name.as_str(), reason.as_str().unwrap())).collect();
    let source = sources();
    let mut problems = BTreeSet::new();
    let given: BTreeSet<&str> = Regex::new(r#""([A-Z]{2,}(?:_[A-Z]+)+)""#)
        .unwrap()
        .captures_iter(&source)
        .map(|found| found.get(1).unwrap().as_str())
        .filter(|name| known.contains(name))
        .collect();
    // A name the list lacks is found where errors are made.
    let made = Regex::new(r#"(?:EngineError::engine|FunctionError::new)\(\s*"([A-Z_]+)""#).unwrap();
    for found in made.captures_iter(&source) {
        let name = found.get(1).unwrap().as_str();
        if !known.contains(name) {
            problems.insert(format!("{name}: is no name of the engine's; see testdata/errors_inventory.toml"));
        }
    }
    let errors: Vec<String> = corpus().into_iter().filter_map(|record| record.error).collect();
    let is_covered = |name: &str| errors.iter().any(|error| error.starts_with(name) && !error[name.len()..].starts_with(['_', '|']));
    for name in &given {
        match (is_covered(name), unreachable.get(name)) {
            (true, None) | (false, Some(_)) => {}
            (false, None) => _ = problems.insert(format!("{name}: no statement test expects it")),
            (true, Some(_)) => _ = problems.insert(format!("{name}: listed as unreachable, yet a statement test expects it")),
        }
    }
    for (name, reason) in &unreachable {
        if !given.contains(name) || reason.is_empty() {
            problems.insert(format!("{name}: listed as unreachable, but never given or without a reason"));
        }
        // A test that is named instead is there, and speaks of the error.
        if let Some((_, path)) = reason.rsplit_once(' ').filter(|(_, path)| path.ends_with(".rs")) {
            match std::fs::read_to_string(root().join(path)) {
                Ok(text) if text.contains(name) => {}
                Ok(_) => _ = problems.insert(format!("{name}: {path} does not show it")),
                Err(error) => _ = problems.insert(format!("{name}: {path}: {error}")),
            }
        }
    }
    report(problems);
}
