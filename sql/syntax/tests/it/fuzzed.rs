//! Do the promises the fuzz targets check hold for the texts they have kept? A replay of `fuzz/kept/` without a fuzzer.
//!
//! basis: inferred, as in `fuzz/src/checks.rs`.

use std::path::Path;

#[path = "../../../../fuzz/src/checks.rs"]
pub mod checks;

/// The texts kept for a target.
fn kept(target: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/kept").join(format!("{target}.jsonl"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn kept_texts_are_cut_into_tokens() {
    kept("lexer").iter().for_each(|text| checks::lexer(text));
}

#[test]
fn kept_texts_end_in_a_tree_or_an_error_of_the_query_grammar() {
    kept("trino").iter().for_each(|text| checks::trino(text));
}

#[test]
fn kept_texts_end_in_a_tree_or_an_error_of_hives_grammar() {
    kept("hive").iter().for_each(|text| checks::hive(text));
}

#[test]
fn kept_texts_print_as_they_read() {
    let printed = kept("printing").iter().filter(|text| checks::printing(text)).count();
    assert!(printed > 50, "{printed} texts were printed");
}
