//! What does a parsed query mean? The typed analyzer: syntax tree to [`crate::ir`], with Trino's scopes, names, types and errors.
//!
//! Reading order: [`analyzer`] (the entry and what is carried along), [`scope`] (names), [`tables`] (the lookup behind
//! table names), `query` (bodies, set operations), `select` (one SELECT), `relations` (FROM), `expression` and `calls`
//! (scalars), `grouping`/`group_by`, `windows`, `subqueries`, `with`, `views`.

pub mod analyzer;
pub mod memory_tables;
pub mod parameters;
pub mod tables;

mod calls;
mod coercion;
mod expression;
mod expression_text;
pub(crate) mod failure;
mod group_by;
mod grouping;
mod hidden;
mod json;
mod json_text;
mod literal_text;
mod literals;
mod pattern_values;
mod pattern_windows;
mod patterns;
mod query;
mod relations;
mod scope;
mod select;
mod sql_json;
mod structure;
mod subqueries;
mod type_names;
mod views;
pub(crate) mod visit;
mod windows;
mod with;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests;

pub use analyzer::{AnalyzerContext, Wording, analyze_expression, analyze_query};
pub use parameters::Parameter;
pub use tables::{CatalogTables, FoundTable, QualifiedTableName, TableProviderLookup, ViewDefinition};
