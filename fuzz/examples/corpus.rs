//! How do kept texts and the fuzzer's folders meet? `seed`, `unpack` and `pack` of `fuzz/corpus/<target>`, and `dictionary`.
//!
//! A kept file has one text a line, as a JSON string, shortest first: it can be read, diffed and merged.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// Texts kept for a target; the shortest win. Basis: inferred, a second or two of `cargo test`.
const KEPT_MAX: usize = 700;

/// Longest text kept, in bytes.
const TEXT_LENGTH_MAX: usize = 250;

/// The words of Hive's DDL that are no keywords of the query grammar, and what else a statement is made of.
const FRAGMENTS: &[&str] = &[
    "EXTERNAL", "PARTITIONED", "CLUSTERED", "BUCKETS", "DELIMITED", "SERDE", "SERDEPROPERTIES", "STORED", "INPUTFORMAT", "OUTPUTFORMAT",
    "LOCATION", "TBLPROPERTIES", "DBPROPERTIES", "MSCK", "REPAIR", "DESC", "FORMATTED", "EXTENDED", "CHANGE", "REPLACE", "TERMINATED",
    "COLLECTION", "ITEMS", "KEYS", "ESCAPED", "UNSET", "CASCADE", "RESTRICT", "DATABASE", "DATABASES", "struct<a:int>", "array<", "map<",
    "<>", "!=", "<=", ">=", "||", "->", "=>", "{-", "-}", "/*", "*/", "--", "''", "\"\"", "``", "U&'", "X'", "1e5", "1.5", "?", "$", "\n",
];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["seed", target, files @ ..] => seed(target, files),
        ["unpack", target] => unpack(target),
        ["pack", target, left_out @ ..] => pack(target, left_out),
        ["dictionary"] => dictionary(),
        _ => Err("usage: corpus seed <target> <file.slt | file.jsonl>… | unpack <target> | pack <target> [<file.jsonl> to leave out]… | dictionary".into()),
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn folder(target: &str) -> PathBuf {
    root().join("corpus").join(target)
}

/// Writes one file a statement into the target's folder, from `.slt` files and from JSON lines with a member `sql`.
fn seed(target: &str, files: &[&str]) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder(target))?;
    let mut count = 0;
    for file in files {
        let text = fs::read_to_string(file)?;
        let statements = if file.ends_with(".jsonl") { sql_members(&text)? } else { slt_statements(&text) };
        for statement in statements {
            fs::write(folder(target).join(format!("seed-{}", name(&statement))), &statement)?;
            count += 1;
        }
    }
    println!("{count} statements");
    Ok(())
}

fn sql_members(text: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let mut found = Vec::new();
    for line in text.lines() {
        let value: serde_json::Value = serde_json::from_str(line)?;
        found.extend(value["sql"].as_str().map(str::to_owned));
    }
    Ok(found)
}

/// The statements of an `.slt` file: what stands between a `statement` or `query` line and the next blank or `----` line.
fn slt_statements(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("statement ") || line.starts_with("query") {
            let statement: Vec<&str> = lines.by_ref().take_while(|line| !line.is_empty() && *line != "----").collect();
            found.push(statement.join("\n"));
        }
    }
    found
}

/// A name for a text: the FNV-1a hash of its bytes.
fn name(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    format!("{hash:016x}")
}

fn kept_file(target: &str) -> PathBuf {
    root().join("kept").join(format!("{target}.jsonl"))
}

/// Writes the kept texts into the target's folder.
fn unpack(target: &str) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder(target))?;
    for line in fs::read_to_string(kept_file(target))?.lines() {
        let text: String = serde_json::from_str(line)?;
        fs::write(folder(target).join(format!("kept-{}", name(&text))), &text)?;
    }
    Ok(())
}

/// Writes the folder's texts, best minimised first with `cargo fuzz cmin`, into the kept file.
fn pack(target: &str, left_out: &[&str]) -> Result<(), Box<dyn Error>> {
    let mut known = BTreeSet::new();
    for file in left_out {
        known.extend(sql_members(&fs::read_to_string(file)?)?);
    }
    let mut texts = BTreeSet::new();
    for entry in fs::read_dir(folder(target))? {
        if let Ok(text) = String::from_utf8(fs::read(entry?.path())?)
            && text.len() <= TEXT_LENGTH_MAX
            && !known.contains(&text)
        {
            texts.insert((text.len(), text));
        }
    }
    // Evenly over all lengths, so that long texts have their share.
    let step = texts.len().div_ceil(KEPT_MAX).max(1);
    let mut out = String::new();
    for (_, text) in texts.iter().step_by(step) {
        out.push_str(&serde_json::to_string(text)?);
        out.push('\n');
    }
    fs::write(kept_file(target), out)?;
    println!("{} of {} texts kept", texts.len().div_ceil(step), texts.len());
    Ok(())
}

/// Writes `fuzz/sql.dict`: every keyword and the fragments above, as libFuzzer reads them.
fn dictionary() -> Result<(), Box<dyn Error>> {
    let keywords = owlake_syntax::lexer::KEYWORDS.iter().map(|keyword| keyword.word);
    let entries: BTreeSet<&str> = keywords.chain(FRAGMENTS.iter().copied()).collect();
    let mut out = String::from("# Written by `cargo run --manifest-path fuzz/Cargo.toml --example corpus -- dictionary`.\n");
    for entry in entries {
        let escaped: String = entry.bytes().map(|byte| match byte {
            b'"' => "\\\"".to_owned(),
            b'\n' => "\\x0A".to_owned(),
            other => char::from(other).to_string(),
        }).collect();
        out.push_str(&format!("\"{escaped}\"\n"));
    }
    fs::write(root().join("sql.dict"), out)?;
    Ok(())
}
