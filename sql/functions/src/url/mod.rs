//! Which URL functions exist? Ref: Trino 401 "URL functions".

mod escape;
mod extract;
mod uri;

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[
    &escape::URL_DECODE,
    &escape::URL_ENCODE,
    &extract::URL_EXTRACT_FRAGMENT,
    &extract::URL_EXTRACT_HOST,
    &extract::URL_EXTRACT_PARAMETER,
    &extract::URL_EXTRACT_PATH,
    &extract::URL_EXTRACT_PORT,
    &extract::URL_EXTRACT_PROTOCOL,
    &extract::URL_EXTRACT_QUERY,
];
