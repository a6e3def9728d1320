//! Which array functions exist? Ref: Trino 401 "Array functions and operators". Those with lambdas are in `lambda`.

mod build;
mod combine;
pub mod interned;
mod join;
pub mod list;
mod order;
mod search;
mod sets;
mod shape;

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[
    &build::REPEAT,
    &build::SEQUENCE,
    &combine::COMBINATIONS,
    // Stands here because refusals of `||` list the overloads in Trino's order: this one, arrays, texts.
    &crate::string::concat::CONCAT_CHARS,
    &combine::CONCAT,
    &combine::NGRAMS,
    &combine::ZIP,
    &join::ARRAY_JOIN,
    &order::ARRAY_MAX,
    &order::ARRAY_MIN,
    &order::ARRAY_SORT,
    &search::ARRAY_POSITION,
    &search::ARRAY_REMOVE,
    &search::ARRAYS_OVERLAP,
    &search::CONTAINS,
    &search::CONTAINS_SEQUENCE,
    &search::ELEMENT_AT,
    &sets::ARRAY_DISTINCT,
    &sets::ARRAY_EXCEPT,
    &sets::ARRAY_INTERSECT,
    &sets::ARRAY_UNION,
    &shape::CARDINALITY,
    &shape::FLATTEN,
    &shape::REVERSE,
    &shape::SHUFFLE,
    &shape::SLICE,
    &shape::TRIM_ARRAY,
];
