//! Which session functions exist? Ref: Trino 401 "Session information".

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[];
