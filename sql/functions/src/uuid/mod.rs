//! Which UUID and IP address functions exist? Ref: Trino 401 "UUID functions", "IP address functions".

mod contains;
mod random;

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[&contains::FUNCTION, &random::FUNCTION];
