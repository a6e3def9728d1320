//! How are texts cut into tokens? Run with `cargo fuzz run lexer`; see CONTRIBUTING.md.

#![no_main]

#[path = "../src/checks.rs"]
#[allow(dead_code)]
mod checks;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        checks::lexer(text);
    }
});
