//! What does a statement say? Lexer, statement router, syntax trees and parsers of the two dialects, formatter.

pub mod error;
pub mod location;
pub mod trino;
pub mod hive;
pub mod router;

pub use router::{Parsed, Statement, StatementKind, StatementType, parse};
