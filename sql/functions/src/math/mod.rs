//! Which mathematical functions exist? Ref: Trino 401 "Mathematical functions and operators".

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[];
