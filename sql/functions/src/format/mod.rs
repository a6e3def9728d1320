//! Which conversion functions exist? Ref: Trino 401 "Conversion functions".

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[];
