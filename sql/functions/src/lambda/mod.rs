//! Which functions take lambdas? Ref: Trino 401 "Lambda expressions".

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[];
