//! How much do the heavy tests do? Little enough for every run, or what the environment asks for.
//!
//! ```sh
//! OWLAKE_TEST_REQUESTS=100000 cargo test -p owlake --test it random_requests
//! OWLAKE_TEST_QUERIES=20000 OWLAKE_TEST_CANCELLED=1000 OWLAKE_TEST_KILLS=50 cargo test -p owlake --test it load -- --nocapture
//! ```

/// The number in the variable `name`, else `otherwise`.
pub fn size(name: &str, otherwise: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is '{text}', not a whole number")),
        Err(_) => otherwise,
    }
}
