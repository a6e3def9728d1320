//! Which aggregate functions exist? Ref: Trino 401 "Aggregate functions".
//!
//! | file | what |
//! |---|---|
//! | [`udaf`], [`collect`], [`sliding`] | how DataFusion runs an aggregate: groups, DISTINCT and ORDER BY, sliding frames |
//! | [`totals`] | `sum`, `avg` |
//! | [`extremes`] | `min`, `max` |
//! | [`count`] | `count`, `count_if` |

pub mod collect;
mod count;
mod extremes;
pub mod fold;
pub mod kept;
pub mod sliding;
mod sum;
pub mod totals;
pub mod udaf;

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[&count::COUNT, &count::COUNT_IF, &sum::SUM, &sum::AVG, &extremes::MIN, &extremes::MAX];
