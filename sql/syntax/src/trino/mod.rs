//! What does a query-engine statement say? The Trino 401 syntax tree and its parser.

pub mod ast;
