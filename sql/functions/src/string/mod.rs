//! Which string functions exist? Ref: Trino 401 "String functions and operators".

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[];
