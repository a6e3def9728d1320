//! What can an expression of Athena's SQL compute? Types, casts, operators and the function library, over Arrow arrays.
//!
//! Reading order: [`types`] (what a value is), [`function`] (what a function's descriptor says), [`signature`] and
//! [`registry`] (which function a call means), [`udf`] (how DataFusion runs it), then a folder per section of the library.

pub mod call;
pub mod cast;
pub mod error;
pub mod function;
pub mod registry;
pub mod signature;
pub mod types;
pub mod udf;

mod aggregate;
mod array;
mod binary;
mod bitwise;
mod color;
mod conditional;
mod datetime;
mod format;
pub mod identity;
pub mod json;
mod lambda;
mod map;
mod math;
pub mod operator;
pub mod regexp;
mod session;
pub mod sketch;
pub mod sql_json;
mod string;
mod url;
mod uuid;
mod window;
