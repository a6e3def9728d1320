//! How is an instant sent? Seconds since the epoch as a JSON number, milliseconds as its fraction.

/// The wire form of milliseconds since the epoch.
pub fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1000.0
}
