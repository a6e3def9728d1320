//! Which window functions exist? Ref: Trino 401 "Window functions".

mod adapt;
mod rank;
mod value;

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[
    &rank::ROW_NUMBER,
    &rank::RANK,
    &rank::DENSE_RANK,
    &rank::PERCENT_RANK,
    &rank::CUME_DIST,
    &rank::NTILE,
    &value::LAG,
    &value::LEAD,
    &value::FIRST_VALUE,
    &value::LAST_VALUE,
    &value::NTH_VALUE,
];
