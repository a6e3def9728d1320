//! Which date and time functions exist? Ref: Trino 401 "Date and time functions and operators".

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[];
