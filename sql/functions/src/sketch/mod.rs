//! Which summaries of many values are there, and what do their functions compute? Ref: Trino 401 "HyperLogLog functions", "Quantile digest functions", "T-Digest functions", "Set digest functions".
//!
//! | file | what |
//! |---|---|
//! | [`value_hash`] | the 64-bit hash of a value of any type |
//! | [`hyperloglog`], [`tdigest`], [`qdigest`], [`set_digest`] | the summaries and their bytes |
//! | [`bytes`] | reading and writing those bytes |
//! | [`functions`] | the scalar functions over them |
//!
//! The aggregates that build summaries are in [`crate::aggregate`].

pub mod bytes;
pub mod functions;
pub mod hyperloglog;
pub mod qdigest;
pub mod set_digest;
pub mod tdigest;
pub mod value_hash;

use crate::error::FunctionError;
use crate::function::Function;

/// A summary that partial results can be merged into.
pub trait Sketch: Sized + Send + Sync + 'static {
    /// Takes the other summary in.
    fn merge(&mut self, other: Self) -> Result<(), FunctionError>;
    fn to_bytes(&self) -> Vec<u8>;
    /// Errors: INVALID_FUNCTION_ARGUMENT when the bytes are no such summary.
    fn from_bytes(bytes: &[u8]) -> Result<Self, FunctionError>;
    /// Bytes held beside the value itself.
    fn held_bytes(&self) -> usize;
}

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[
    &functions::EMPTY_APPROX_SET,
    &functions::CARDINALITY,
    &functions::VALUE_AT_QUANTILE,
    &functions::VALUES_AT_QUANTILES,
    &functions::INTERSECTION_CARDINALITY,
    &functions::JACCARD_INDEX,
    &functions::HASH_COUNTS,
];
