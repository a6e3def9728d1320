//! Which URL functions exist? Ref: Trino 401 "URL functions".

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[];
