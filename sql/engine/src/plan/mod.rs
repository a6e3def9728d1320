//! Which plan pieces are our own? Small functions the lowering needs, and the physical rules every plan passes.

pub mod cancellation;
pub mod chain;
pub mod closed;
pub mod conjunction;
pub mod cooperative;
pub mod forget_dependencies;
pub mod guarded_rules;
pub mod join_estimate;
pub mod join_order;
pub mod lazy_errors;
pub mod match_recognize;
pub mod ordinality;
pub mod recursion_depth;
pub mod row_frame;
pub mod selectivity;
pub mod sieve;
pub mod single_row;
pub mod small_batches;
pub mod try_marker;
