//! Which requests and responses do Athena and Glue exchange? Shapes and constraints, generated from their models.
//!
//! `models/` holds the pruned service models with their licence; `cargo run -p xtask -- codegen` writes the two
//! service modules from them, and `-- codegen --check` fails when they differ.

pub mod athena;
pub mod constraint;
pub mod glue;
