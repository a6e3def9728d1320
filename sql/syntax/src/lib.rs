//! What does a statement say? Lexer, statement router, syntax trees and parsers of the two dialects, formatter.

pub mod error;
pub mod format;
pub mod hive;
pub mod lexer;
pub mod location;
pub mod router;
pub mod trino;

pub use router::{Parsed, Statement, StatementKind, StatementType, parse};
