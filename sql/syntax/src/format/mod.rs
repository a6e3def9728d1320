//! How does the engine print a tree? Expressions for error messages, queries for `SHOW CREATE VIEW`.
//!
//! Ref: Trino 401 `ExpressionFormatter`, `SqlFormatter`, `RowPatternFormatter`. What is printed parses to what was
//! printed; positions apart.

mod data_type;
mod expression;
mod function;
mod json;
mod literal;
mod pattern;
mod printer;
mod query;
mod relation;
mod window;

pub use printer::{DecimalLiterals, Printer, format_create_view, format_expression, format_query, format_row_pattern, format_type};
