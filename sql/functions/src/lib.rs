//! What can an expression of Athena's SQL compute? Types, casts, operators and the function library, over Arrow arrays.

pub mod error;
pub mod registry;
pub mod types;
