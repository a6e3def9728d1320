//! Which operators exist, and for which types? Ref: Trino 401 `io.trino.type` operators.

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[];
