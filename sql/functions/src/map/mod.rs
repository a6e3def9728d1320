//! Which map functions exist? Ref: Trino 401 "Map functions and operators". Those with lambdas are in `lambda`.

pub mod build;
mod entries;
mod look_up;

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[
    &build::MAP,
    &build::MAP_CONCAT,
    &build::MAP_FROM_ENTRIES,
    &build::MULTIMAP_FROM_ENTRIES,
    &entries::CARDINALITY,
    &entries::MAP_ENTRIES,
    &entries::MAP_KEYS,
    &entries::MAP_VALUES,
    &look_up::ELEMENT_AT,
];
