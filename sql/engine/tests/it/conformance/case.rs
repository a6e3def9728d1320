//! What is a conformance case? A statement and what the engine behind Athena answers.

use std::io::Read;
use std::path::Path;

use serde_json::Value;

#[derive(Debug, Clone)]
pub struct Case {
    pub id: String,
    pub category: String,
    pub sql: String,
    pub expected: Option<Value>,
    pub expected_type: Option<String>,
    pub error: Option<ExpectedError>,
    pub flags: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct ExpectedError {
    pub code: Option<String>,
    pub message: Option<String>,
    /// `exact`, `prefix`, `regex` or `contains`.
    pub match_kind: String,
}

impl Case {
    pub fn has_flag(&self, flag: &str) -> bool {
        self.flags.iter().any(|found| found == flag || found.starts_with(&format!("{flag}:")))
    }
}

/// The cases of a gzipped file of JSON lines; `None` when there is no such file.
pub fn load(path: &Path) -> Option<Vec<Case>> {
    let file = std::fs::File::open(path).ok()?;
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
    Some(text.lines().map(parse).collect())
}

fn parse(line: &str) -> Case {
    let value: Value = serde_json::from_str(line).unwrap();
    let text = |member: &Value| member.as_str().map(str::to_string);
    let error = value.get("error").filter(|error| error.is_object()).map(|error| ExpectedError {
        code: text(&error["code"]),
        message: text(&error["message"]),
        match_kind: text(&error["match"]).unwrap_or_else(|| "exact".to_string()),
    });
    Case {
        id: text(&value["id"]).unwrap(),
        category: text(&value["category"]).unwrap(),
        sql: text(&value["sql"]).unwrap(),
        expected: value.get("expected").filter(|expected| expected.is_object()).cloned(),
        expected_type: text(&value["expected_type"]),
        error,
        flags: value["flags"].as_array().map(|flags| flags.iter().filter_map(text).collect()).unwrap_or_default(),
    }
}
