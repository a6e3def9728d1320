//! What do the Hive grammar and the router make of a text? Run with `cargo fuzz run hive`; see CONTRIBUTING.md.

#![no_main]

#[path = "../src/checks.rs"]
#[allow(dead_code)]
mod checks;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        checks::hive(text);
    }
});
