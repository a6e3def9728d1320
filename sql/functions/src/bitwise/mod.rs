//! Which bitwise functions exist? Ref: Trino 401 "Bitwise functions".

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[];
