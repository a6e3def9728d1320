//! How are row patterns recognised? Over one sorted partition at a time. Ref: Trino 401 "MATCH_RECOGNIZE".
//!
//! Reading order: [`spec`] (what is to be done), [`program`] (the pattern as instructions), [`matcher`] (the search),
//! [`values`] (what expressions read of a match), [`aggregates`], [`partition`] (the walk over a partition),
//! [`window`] (the walk for a pattern in a window),
//! [`node`] and [`exec`] (the plan).

pub mod aggregates;
pub mod exec;
pub mod matcher;
pub mod node;
pub mod partition;
pub mod program;
pub mod spec;
pub mod values;
pub mod window;
