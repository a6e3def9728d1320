//! Does each API scenario of `testdata/api` hold? Calls of operations and the answers the services give.
//!
//! A scenario is a YAML file: `basis`, then `steps`, each with `call` (the target) or `get` (a path), `body` or `raw`,
//! `status` (200 unless given), `expect` (every member given must be there; `<any>` matches anything), `save`
//! (name: pointer into the answer, used as `${name}`; a text `<x * 9>` is nine x), `until` (repeat while the pointer's value is not the given one).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::process::{Process, call};

/// Longest time a step may repeat.
const UNTIL_SECONDS: u64 = 60;

#[test]
fn every_scenario_holds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/api");
    let mut files = scenario_files(&root);
    files.sort();
    assert!(!files.is_empty(), "no scenario under {}", root.display());
    let folder = tempfile::tempdir().unwrap();
    let mut failures = Vec::new();
    for file in files {
        // Each scenario has a server of its own: no order, no shared state.
        let name = file.strip_prefix(&root).unwrap().display().to_string();
        let server = Process::start(&folder.path().join(name.replace('/', "-")));
        if let Err(text) = play(&file, &server.endpoint) {
            failures.push(format!("{name}: {text}"));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

fn scenario_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(scenario_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    files
}

fn play(file: &Path, endpoint: &str) -> Result<(), String> {
    let text = std::fs::read_to_string(file).unwrap();
    let scenario: Value = serde_norway::from_str(&text).map_err(|error| format!("not YAML: {error}"))?;
    if scenario["basis"].as_str().is_none_or(str::is_empty) {
        return Err("no 'basis'".to_string());
    }
    let steps = scenario["steps"].as_array().ok_or("no 'steps'")?;
    let mut saved: BTreeMap<String, String> = BTreeMap::new();
    for (number, step) in steps.iter().enumerate() {
        play_step(step, endpoint, &mut saved).map_err(|text| format!("step {}: {text}", number + 1))?;
    }
    Ok(())
}

fn play_step(step: &Value, endpoint: &str, saved: &mut BTreeMap<String, String>) -> Result<(), String> {
    let known = ["call", "get", "put", "body", "raw", "status", "expect", "save", "until", "name"];
    if let Some(other) = step.as_object().into_iter().flatten().map(|(key, _)| key).find(|key| !known.contains(&key.as_str())) {
        return Err(format!("unknown key '{other}'"));
    }
    let until = step["until"].as_object();
    let deadline = Instant::now() + Duration::from_secs(UNTIL_SECONDS);
    loop {
        let (status, text) = send(step, endpoint, saved)?;
        let answer: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
        let is_there = until.is_none_or(|until| until.iter().all(|(pointer, wanted)| answer.pointer(pointer) == Some(wanted)));
        if !is_there {
            if Instant::now() > deadline {
                return Err(format!("never became {}: {answer}", step["until"]));
            }
            std::thread::sleep(Duration::from_millis(5));
            continue;
        }
        let wanted = step["status"].as_u64().unwrap_or(200);
        if u64::from(status) != wanted {
            return Err(format!("status {status} instead of {wanted}: {answer}"));
        }
        if let Some(expected) = step.get("expect") {
            contains(&substituted(expected, saved), &answer, "")?;
        }
        for (name, pointer) in step["save"].as_object().into_iter().flatten() {
            let value = answer.pointer(pointer.as_str().unwrap_or_default()).ok_or_else(|| format!("nothing at {pointer}: {answer}"))?;
            saved.insert(name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_string));
        }
        return Ok(());
    }
}

fn send(step: &Value, endpoint: &str, saved: &BTreeMap<String, String>) -> Result<(u16, String), String> {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let read = |mut answer: ureq::http::Response<ureq::Body>| -> Result<(u16, String), String> {
        Ok((answer.status().as_u16(), answer.body_mut().read_to_string().map_err(|error| error.to_string())?))
    };
    if let Some(path) = step["get"].as_str() {
        return read(agent.get(format!("{endpoint}{}", substitute(path, saved))).call().map_err(|error| error.to_string())?);
    }
    let raw = step["raw"].as_str();
    if let Some(path) = step["put"].as_str() {
        return read(
            agent.put(format!("{endpoint}{}", substitute(path, saved))).send(raw.unwrap_or_default()).map_err(|error| error.to_string())?,
        );
    }
    let target = step["call"].as_str().ok_or("neither 'call', 'get' nor 'put'")?;
    let body = match raw {
        Some(raw) => raw.to_string(),
        None => substituted(step.get("body").unwrap_or(&serde_json::json!({})), saved).to_string(),
    };
    call(endpoint, target, &body)
}

fn substitute(text: &str, saved: &BTreeMap<String, String>) -> String {
    let repeated = text.strip_prefix('<').and_then(|text| text.strip_suffix('>')).and_then(|text| text.split_once(" * "));
    if let Some((piece, Ok(count))) = repeated.map(|(piece, count)| (piece, count.parse())) {
        return piece.repeat(count);
    }
    saved.iter().fold(text.to_string(), |text, (name, value)| text.replace(&format!("${{{name}}}"), value))
}

fn substituted(value: &Value, saved: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => Value::String(substitute(text, saved)),
        Value::Array(items) => items.iter().map(|item| substituted(item, saved)).collect(),
        Value::Object(members) => Value::Object(members.iter().map(|(key, item)| (key.clone(), substituted(item, saved))).collect()),
        other => other.clone(),
    }
}

/// Whether everything expected is there. Objects may hold more, lists may not; `<absent>` is a member that must not be.
fn contains(expected: &Value, actual: &Value, path: &str) -> Result<(), String> {
    match (expected, actual) {
        (Value::String(any), _) if any == "<any>" => Ok(()),
        (Value::Object(expected), Value::Object(members)) => expected.iter().try_for_each(|(key, wanted)| match members.get(key) {
            Some(_) if wanted.as_str() == Some("<absent>") => Err(format!("{path}/{key} should be absent")),
            None if wanted.as_str() == Some("<absent>") => Ok(()),
            Some(found) => contains(wanted, found, &format!("{path}/{key}")),
            None => Err(format!("{path}/{key} is missing: {actual}")),
        }),
        (Value::Array(expected), Value::Array(items)) if expected.len() == items.len() => expected
            .iter()
            .zip(items)
            .enumerate()
            .try_for_each(|(index, (wanted, found))| contains(wanted, found, &format!("{path}/{index}"))),
        _ if expected == actual => Ok(()),
        _ => Err(format!("{path} is {actual} instead of {expected}")),
    }
}
