//! Which aggregate functions exist? Ref: Trino 401 "Aggregate functions".

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[];
