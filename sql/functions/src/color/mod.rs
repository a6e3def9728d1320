//! Which color functions exist? Ref: Trino 401 "Color functions".

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[];
