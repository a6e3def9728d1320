//! What does EXPLAIN say? The physical plan that would run, or has run, told in Trino's words. Ref: Trino 401 "EXPLAIN", "EXPLAIN ANALYZE".
//!
//! One way for all kinds: [`plan`] reads DataFusion's physical plan into [`node`]s named as Trino names its operators, with
//! the symbols of [`names`] and the expressions of [`expression`]; [`fragment`] cuts the tree where rows change hands;
//! [`text`], [`json`], [`graphviz`] and [`io`] print it. [`statement`] decides what was asked for and brings it about.
//! So a plan shows what runs: DataFusion's join sides, exchanges and aggregation steps, not what Trino would have chosen.

mod estimate;
mod expression;
mod fragment;
mod graphviz;
mod io;
mod json;
mod measure;
mod names;
mod node;
pub(crate) mod options;
mod plan;
mod quantity;
mod scan;
pub(crate) mod statement;
mod text;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests;
