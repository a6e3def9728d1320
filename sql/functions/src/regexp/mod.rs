//! Which regular expression functions exist? Ref: Trino 401 "Regular expression functions".

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[];
