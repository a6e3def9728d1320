//! How does a statement of Athena's SQL become rows? Analyze, lower, run; catalog statements beside it.

pub mod analyze;
mod constant_rows;
pub mod engine;
pub mod error;
mod explain;
pub mod ir;
pub mod lower;
pub mod plan;
pub mod planning;
pub mod runtime;
pub mod scan;
pub mod session;
pub mod show_functions;
pub mod statement;
pub mod storage;
pub mod table;
mod write;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod testing;
