//! What does the query grammar make of a text? Run with `cargo fuzz run trino`; see CONTRIBUTING.md.

#![no_main]

#[path = "../src/checks.rs"]
#[allow(dead_code)]
mod checks;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        checks::trino(text);
    }
});
