//! Which regular expression functions exist? Ref: Trino 401 "Regular expression functions".

mod extract;
pub mod java_regex;
mod matches;
mod property;
mod replace;
mod replacement;
mod translate;

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[
    &matches::REGEXP_COUNT,
    &extract::REGEXP_EXTRACT,
    &extract::REGEXP_EXTRACT_ALL,
    &matches::REGEXP_LIKE,
    &matches::REGEXP_POSITION,
    &replace::REGEXP_REPLACE,
    &extract::REGEXP_SPLIT,
];
