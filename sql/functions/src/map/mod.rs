//! Which map functions exist? Ref: Trino 401 "Map functions and operators".

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[];
