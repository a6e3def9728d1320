//! Which functions take lambdas? Ref: Trino 401 "Lambda expressions". A lambda is evaluated once a batch, over all elements.

mod array;
mod map;
mod reduce;
mod sort;

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[
    &array::ALL_MATCH,
    &array::ANY_MATCH,
    &array::NONE_MATCH,
    &array::FILTER,
    &array::TRANSFORM,
    &array::ZIP_WITH,
    &map::MAP_FILTER,
    &map::MAP_ZIP_WITH,
    &map::TRANSFORM_KEYS,
    &map::TRANSFORM_VALUES,
    &reduce::REDUCE,
    &sort::ARRAY_SORT,
];
