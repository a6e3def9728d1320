//! What is a SQL/JSON path? Its tree, its reader and its types. Ref: Trino 401 "JSON path language", grammar `JsonPath.g4`.

mod lexer;
mod parser;
pub mod tree;
mod types;

pub use parser::{PathError, compile};
pub use types::check;
