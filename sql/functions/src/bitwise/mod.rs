//! Which bitwise functions exist? Ref: Trino 401 "Bitwise functions".

mod bit_count;
mod logic;
mod shift;

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[
    &bit_count::BIT_COUNT,
    &logic::BITWISE_AND,
    &logic::BITWISE_NOT,
    &logic::BITWISE_OR,
    &logic::BITWISE_XOR,
    &shift::BITWISE_LEFT_SHIFT,
    &shift::BITWISE_RIGHT_SHIFT,
    &shift::BITWISE_RIGHT_SHIFT_ARITHMETIC,
];
