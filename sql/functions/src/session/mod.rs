//! Which session functions exist? Ref: Trino 401 "Session information". CURRENT_USER, CURRENT_CATALOG and CURRENT_SCHEMA are no functions but part of the language.

mod version;

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[&version::FUNCTION];
