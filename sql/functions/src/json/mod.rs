//! Which JSON functions exist? Ref: Trino 401 "JSON functions and operators". JSON values are held as canonical text.

mod array;
mod extract;
pub mod format;
pub mod path;
pub mod print;
pub mod tree;

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[
    &format::JSON_PARSE,
    &format::JSON_FORMAT,
    &format::IS_JSON_SCALAR,
    &extract::JSON_EXTRACT,
    &extract::JSON_EXTRACT_SCALAR,
    &extract::JSON_SIZE,
    &array::JSON_ARRAY_LENGTH,
    &array::JSON_ARRAY_GET,
    &array::JSON_ARRAY_CONTAINS,
];
