//! What does a query-engine statement say? The Trino 401 syntax tree and its parser.

pub mod ast;
pub mod parser;

pub use parser::{parse_expression, parse_path, parse_query, parse_row_pattern, parse_statement, parse_type};
