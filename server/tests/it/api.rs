//! Does each API scenario of `testdata/api` hold? Calls of operations and the answers the services give.
//!
//! A scenario is a YAML file: `basis`, `flags` of the server if it needs any, then `steps`, each with `call` (the target)
//! or `get`, `put`, `head` (a path), `body` or `raw`, `headers`, `status` (200 unless given), `expect` (every member given
//! must be there; `<any>` matches anything, a text between slashes `/…/` is a pattern of the whole text), `expect_headers`,
//! `save` (name: pointer into the answer, used as `${name}`; a text `<x * 9>` is nine x), `until` (repeat while the
//! pointer's value is not the given one).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use regex::Regex;
use serde_json::Value;

use crate::process::Process;

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
        let (data, log) = (folder.path().join(name.replace('/', "-")), folder.path().join("log"));
        let scenario = scenario(&file);
        let flags: Vec<&str> = scenario["flags"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let server = Process::start_with(&data, &flags, &log).unwrap_or_else(|text| panic!("{name}: the server did not start: {text}"));
        if let Err(text) = play(&scenario, &server.endpoint) {
            failures.push(format!("{name}: {text}"));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// One scenario, as it is written.
pub fn scenario(file: &Path) -> Value {
    let text = std::fs::read_to_string(file).unwrap();
    serde_norway::from_str(&text).unwrap_or_else(|error| panic!("{}: not YAML: {error}", file.display()))
}

/// Every scenario below a folder.
pub fn scenario_files(folder: &Path) -> Vec<PathBuf> {
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

fn play(scenario: &Value, endpoint: &str) -> Result<(), String> {
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
    let known = ["call", "get", "put", "head", "body", "raw", "headers", "status", "expect", "expect_headers", "save", "until", "name"];
    if let Some(other) = step.as_object().into_iter().flatten().map(|(key, _)| key).find(|key| !known.contains(&key.as_str())) {
        return Err(format!("unknown key '{other}'"));
    }
    let until = step["until"].as_object();
    let deadline = Instant::now() + Duration::from_secs(UNTIL_SECONDS);
    loop {
        let Received { status, headers, text } = send(step, endpoint, saved)?;
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
        if let Some(expected) = step.get("expect_headers") {
            contains(&substituted(expected, saved), &headers, "headers")?;
        }
        for (name, pointer) in step["save"].as_object().into_iter().flatten() {
            let value = answer.pointer(pointer.as_str().unwrap_or_default()).ok_or_else(|| format!("nothing at {pointer}: {answer}"))?;
            saved.insert(name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_string));
        }
        return Ok(());
    }
}

/// One answer; the headers' names are lower case.
struct Received {
    status: u16,
    headers: Value,
    text: String,
}

fn send(step: &Value, endpoint: &str, saved: &BTreeMap<String, String>) -> Result<Received, String> {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let fail = |error: ureq::Error| error.to_string();
    let raw = step["raw"].as_str();
    let path = |method: &str| step[method].as_str().map(|path| format!("{endpoint}{}", substitute(path, saved)));
    let mut answer = if let Some(path) = path("get") {
        with_headers(agent.get(path), step, &[]).call().map_err(fail)?
    } else if let Some(path) = path("head") {
        with_headers(agent.head(path), step, &[]).call().map_err(fail)?
    } else if let Some(path) = path("put") {
        with_headers(agent.put(path), step, &[]).send(raw.unwrap_or_default()).map_err(fail)?
    } else {
        let target = step["call"].as_str().ok_or("none of 'call', 'get', 'head' and 'put'")?;
        let body = match raw {
            Some(raw) => raw.to_string(),
            None => substituted(step.get("body").unwrap_or(&serde_json::json!({})), saved).to_string(),
        };
        let usual = [("x-amz-target", target), ("content-type", "application/x-amz-json-1.1")];
        with_headers(agent.post(endpoint), step, &usual).send(&body).map_err(fail)?
    };
    let headers = answer.headers().iter().map(|(name, value)| (name.to_string(), Value::from(value.to_str().unwrap_or_default())));
    Ok(Received {
        status: answer.status().as_u16(),
        headers: Value::Object(headers.collect()),
        text: answer.body_mut().read_to_string().map_err(|error| error.to_string())?,
    })
}

/// The step's own headers and those of the usual ones it does not name; an empty one is not sent.
fn with_headers<T>(request: ureq::RequestBuilder<T>, step: &Value, usual: &[(&str, &str)]) -> ureq::RequestBuilder<T> {
    let own = step["headers"].as_object();
    let usual = usual.iter().filter(|(name, _)| own.is_none_or(|own| !own.contains_key(*name))).copied();
    let own = own.into_iter().flatten().map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default()));
    own.chain(usual).filter(|(_, value)| !value.is_empty()).fold(request, |request, (name, value)| request.header(name, value))
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
        (Value::String(pattern), Value::String(found)) if pattern.len() > 2 && pattern.starts_with('/') && pattern.ends_with('/') => {
            let whole = format!("(?s)^(?:{})$", &pattern[1..pattern.len() - 1]);
            let is_match = Regex::new(&whole).map_err(|error| error.to_string())?.is_match(found);
            if is_match { Ok(()) } else { Err(format!("{path} is {actual}, not {pattern}")) }
        }
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
