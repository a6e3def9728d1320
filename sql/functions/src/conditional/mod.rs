//! Which conditional functions exist? Ref: Trino 401 "Conditional expressions".

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[];
