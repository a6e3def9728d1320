//! Which binary functions exist? Ref: Trino 401 "Binary functions and operators".

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[];
