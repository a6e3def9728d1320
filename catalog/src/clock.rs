//! Where does the catalog take the time from? The trait `Clock`, given by whoever opens the catalog.
//!
//! Basis: inferred; an injected clock makes creation and update times testable.

/// A source of the current time.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn now_ms(&self) -> i64;
}

impl<F: Fn() -> i64 + Send + Sync> Clock for F {
    fn now_ms(&self) -> i64 {
        self()
    }
}
