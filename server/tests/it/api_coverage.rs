//! Has every operation and every text of the services a test? The models' operations and `testdata/api_inventory.toml` held against the corpora.
//!
//! basis: the service models for the operations; measured and documented texts of Athena and Glue for the inventory.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::api::{scenario, scenario_files};
use crate::process::{Process, call};

/// A text some scenario expects: the error's code, or `category/type` of a failed query, with its words.
struct Shown {
    code: String,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn scenarios() -> Vec<Value> {
    let mut files = scenario_files(&root().join("testdata/api"));
    files.sort();
    assert!(files.len() > 20, "the scenarios were not found");
    files.iter().map(|file| scenario(file)).collect()
}

fn steps(scenarios: &[Value]) -> impl Iterator<Item = &Value> {
    scenarios.iter().flat_map(|scenario| scenario["steps"].as_array().into_iter().flatten())
}

fn report(problems: BTreeSet<String>) {
    assert!(problems.is_empty(), "\n{}", problems.into_iter().collect::<Vec<_>>().join("\n"));
}

/// Target → the statuses its scenarios expect.
fn calls(scenarios: &[Value]) -> BTreeMap<String, BTreeSet<u64>> {
    let mut found: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    for step in steps(scenarios) {
        if let Some(target) = step["call"].as_str() {
            found.entry(target.to_string()).or_default().insert(step["status"].as_u64().unwrap_or(200));
        }
    }
    found
}

#[test]
fn every_operation_has_a_scenario_or_is_refused_by_name() {
    let scenarios = scenarios();
    let calls = calls(&scenarios);
    let mut problems = BTreeSet::new();
    // There is no way to make a function that it could give.
    const NOTHING_TO_GIVE: &str = "GetUserDefinedFunction";
    let served = |prefix: &str, names: &[&str], problems: &mut BTreeSet<String>| {
        for name in names {
            let target = format!("{prefix}.{name}");
            match calls.get(&target) {
                Some(statuses) if statuses.contains(&200) || *name == NOTHING_TO_GIVE => {}
                Some(_) => _ = problems.insert(format!("{target}: no scenario in which it succeeds")),
                None => _ = problems.insert(format!("{target}: no scenario")),
            }
        }
    };
    let athena: Vec<&str> = owlake::athena::OPERATIONS.iter().map(|operation| operation.name).collect();
    let glue: Vec<&str> = owlake::glue::OPERATIONS.iter().map(|operation| operation.name).collect();
    served(owlake_shapes::athena::TARGET_PREFIX, &athena, &mut problems);
    served(owlake_shapes::glue::TARGET_PREFIX, &glue, &mut problems);
    for name in owlake::athena::not_served::NOT_SERVED {
        if !calls.contains_key(&format!("{}.{name}", owlake_shapes::athena::TARGET_PREFIX)) {
            problems.insert(format!("{name}: no scenario refuses it"));
        }
    }
    assert_eq!(athena.len() + owlake::athena::not_served::NOT_SERVED.len(), owlake_shapes::athena::OPERATION_NAMES.len());
    // Glue has hundreds of operations; each that is not served is refused by its name, too.
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(&folder.path().join("data"));
    for name in owlake_shapes::glue::OPERATION_NAMES.iter().filter(|name| !glue.contains(name)) {
        let (status, text) = call(&server.endpoint, &format!("{}.{name}", owlake_shapes::glue::TARGET_PREFIX), "{}").unwrap();
        let answer: Value = serde_json::from_str(&text).unwrap_or_default();
        let wanted = format!("{name} is not implemented by this emulator");
        if status != 400 || answer["__type"] != "UnknownOperationException" || answer["Message"] != wanted.as_str() {
            problems.insert(format!("{name}: {status} {text}"));
        }
    }
    report(problems);
}

/// Every error text the scenarios expect.
fn shown_by_scenarios(scenarios: &[Value]) -> Vec<Shown> {
    let mut shown = Vec::new();
    for step in steps(scenarios) {
        texts_of(&step["expect"], &mut shown);
    }
    shown
}

fn texts_of(expected: &Value, shown: &mut Vec<Shown>) {
    let text = |member: &str| expected[member].as_str().map(unescaped);
    let mut add = |code: &str, text: Option<String>| {
        if let Some(text) = text {
            shown.push(Shown { code: code.to_string(), text });
        }
    };
    for code in ["__type", "AthenaErrorCode", "ErrorCode"] {
        if let Some(code) = expected[code].as_str() {
            add(code, text("Message").or_else(|| text("ErrorMessage")).or(Some(String::new())));
        }
    }
    if let Some(reason) = text("StateChangeReason") {
        let error = &expected["AthenaError"];
        let code = match (error["ErrorCategory"].as_u64(), error["ErrorType"].as_u64()) {
            (Some(category), Some(kind)) => format!("{category}/{kind}"),
            _ if error == "<absent>" => "CANCELLED".to_string(),
            _ => String::new(),
        };
        add(&code, Some(reason));
    }
    match expected {
        Value::Array(items) => items.iter().for_each(|item| texts_of(item, shown)),
        Value::Object(members) => members.values().for_each(|member| texts_of(member, shown)),
        _ => {}
    }
}

/// The error patterns of the statement tests.
fn shown_by_statements() -> Vec<String> {
    let mut patterns = Vec::new();
    let mut folders = vec![root().join("testdata/slt")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "slt") {
                let text = std::fs::read_to_string(path).unwrap();
                patterns.extend(text.lines().filter_map(|line| {
                    let rest = line.strip_prefix("statement error ").or_else(|| line.strip_prefix("query error "))?;
                    Some(unescaped(rest))
                }));
            }
        }
    }
    assert!(patterns.len() > 300, "the statement tests were not found");
    patterns
}

/// A pattern's words: without its backslashes and its slashes at both ends.
fn unescaped(pattern: &str) -> String {
    let bare = pattern.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).unwrap_or(pattern);
    bare.replace('\\', "")
}

/// Whether the words between the placeholders stand in the text, in order.
fn holds(text: &str, template: &str) -> bool {
    let mut rest = text;
    template.split("{}").all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

fn member<'a>(entry: &'a toml::Value, name: &str) -> &'a str {
    entry.get(name).and_then(toml::Value::as_str).unwrap_or_default()
}

#[test]
fn every_text_of_the_services_is_shown_or_has_a_reason() {
    let inventory: toml::Table = std::fs::read_to_string(root().join("testdata/api_inventory.toml")).unwrap().parse().unwrap();
    let scenarios = scenarios();
    let (by_scenarios, by_statements) = (shown_by_scenarios(&scenarios), shown_by_statements());
    let mut problems = BTreeSet::new();
    let mut counts = BTreeMap::<&str, u64>::new();
    for entry in inventory["text"].as_array().unwrap() {
        let (codes, text) = (member(entry, "code"), member(entry, "text"));
        let (shown_by, reason) = (member(entry, "shown_by"), member(entry, "reason"));
        let last_code = codes.rsplit(' ').next().unwrap_or_default();
        let in_scenario = by_scenarios.iter().any(|shown| shown.code == last_code && holds(&shown.text, text));
        let in_statements = by_statements.iter().any(|pattern| holds(pattern, text));
        let in_file = !shown_by.is_empty() && {
            let file = std::fs::read_to_string(root().join(shown_by)).unwrap_or_default();
            text.split("{}").all(|part| file.contains(part.trim()))
        };
        let how = match (in_scenario, in_statements, in_file) {
            (true, ..) => "scenario",
            (_, true, _) if entry.get("is_measured").is_none() => "statement test",
            (.., true) => "client test",
            _ if !reason.is_empty() => "reason",
            _ => {
                problems.insert(format!("{codes}: {text}: no scenario, statement test or reason"));
                continue;
            }
        };
        if !reason.is_empty() && how != "reason" {
            problems.insert(format!("{codes}: {text}: has a reason not to be shown, yet a {how} shows it"));
        }
        if !shown_by.is_empty() && !in_file {
            problems.insert(format!("{codes}: {text}: not in {shown_by}"));
        }
        *counts.entry(how).or_default() += 1;
    }
    println!("texts shown: {counts:?}");
    report(problems);
}
