//! Which window functions exist? Ref: Trino 401 "Window functions".

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[];
