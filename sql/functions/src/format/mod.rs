//! Which conversion functions exist? Ref: Trino 401 "Conversion functions". CAST and TRY_CAST are no functions but part of the language.

mod data_size;
mod format_number;
mod java_format;
mod java_moment;
mod printf;
mod type_of;

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[&data_size::FUNCTION, &format_number::FUNCTION, &printf::FUNCTION, &type_of::FUNCTION];
