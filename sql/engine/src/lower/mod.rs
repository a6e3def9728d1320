//! How does the typed IR become a DataFusion plan? One file a kind of operator.
//!
//! Every column of a plan is unqualified and named after its symbol (`#12`), every type is already what the operator
//! takes, every sort says where nulls go: DataFusion's own name resolution and coercion have nothing left to do.
//! Reading order: [`lowerer`] (the state), [`relation`] (which file lowers which operator), [`expr`].

pub mod aggregate;
pub mod correlation;
pub mod dependent;
pub mod expr;
pub mod join;
pub mod lowerer;
pub mod match_recognize;
pub mod native;
pub mod ordering;
pub mod recursive;
pub mod reduce_agg;
pub mod relation;
pub mod rewrite;
pub mod row_frame;
pub mod sample;
pub mod scan;
pub mod set_operation;
pub mod subquery;
pub mod unnest;
pub mod window;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests;
