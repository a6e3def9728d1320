//! What is a conformance case? A text, and whether and with which message the engine refuses it.
//!
//! The cases lie beside the repository, not in it; `OWLAKE_CONFORMANCE` names another file of cases.

use std::io::Read;
use std::path::PathBuf;

use owlake_syntax::trino;
use serde_json::Value;

pub struct Case {
    pub id: String,
    pub category: String,
    pub sql: String,
    /// The expected error's text; `Some(None)` for an error of any text.
    pub error: Option<Option<String>>,
    flags: Vec<String>,
}

/// The cases; `None`, with a line that says so, where there are none.
pub fn cases() -> Option<Vec<Case>> {
    let path = match std::env::var_os("OWLAKE_CONFORMANCE") {
        Some(path) => PathBuf::from(path),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance/trino-401-cases.jsonl.gz"),
    };
    let Ok(file) = std::fs::File::open(&path) else {
        println!("conformance skipped: no cases at {}", path.display());
        return None;
    };
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
    Some(text.lines().map(case).collect())
}

fn case(line: &str) -> Case {
    let value: Value = serde_json::from_str(line).unwrap();
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let error = value["error"].is_object().then(|| value["error"]["message"].as_str().map(str::to_owned));
    let flags = value["flags"].as_array().into_iter().flatten().filter_map(|flag| flag.as_str().map(str::to_owned)).collect();
    Case { id: text("id"), category: text("category"), sql: text("sql"), error, flags }
}

impl Case {
    fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|found| found == flag)
    }

    /// Parses the text with the entry point its flags name. Some cases of expressions hold whole queries.
    pub fn parse(&self) -> Result<(), String> {
        let result = if self.has("grammar:type") {
            trino::parse_type(&self.sql).map(drop)
        } else if self.has("grammar:expression") && !self.sql.starts_with("SELECT ") {
            trino::parse_expression(&self.sql).map(drop)
        } else {
            trino::parse_statement(&self.sql).map(drop)
        };
        result.map_err(|error| error.message)
    }
}
