//! Where does a service accept more than its model says? Bounds measured at the service, applied when rendering.

/// A bound of a shape that the service does not keep.
pub struct Override {
    /// `athena` or `glue`.
    pub service: &'static str,
    /// The shape's name in the model.
    pub shape: &'static str,
    /// `min` or `max`.
    pub bound: &'static str,
    /// The bound the service keeps.
    pub value: i64,
}

/// The overrides, each with its reason.
pub const OVERRIDES: &[Override] = &[
    // GetQueryResults refuses 1001 to 100000 in its own words, and only larger numbers in the framework's.
    Override { service: "athena", shape: "MaxQueryResults", bound: "max", value: 100_000 },
];

/// The measured bound of a shape, if there is one.
pub fn find(service: &str, shape: &str, bound: &str) -> Option<i64> {
    OVERRIDES.iter().find(|entry| entry.service == service && entry.shape == shape && entry.bound == bound).map(|entry| entry.value)
}
