//! Which JSON functions exist? Ref: Trino 401 "JSON functions and operators".

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[];
