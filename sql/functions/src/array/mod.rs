//! Which array functions exist? Ref: Trino 401 "Array functions and operators".

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[];
