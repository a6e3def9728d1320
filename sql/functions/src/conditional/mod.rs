//! Which conditional functions exist? Ref: Trino 401 "Conditional expressions", "Comparison functions". IF, COALESCE, NULLIF, CASE and TRY are no functions but part of the language.

mod greatest;

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[&greatest::GREATEST, &greatest::LEAST];
