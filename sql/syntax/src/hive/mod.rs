//! How is Athena's Hive-style DDL read? Its tree and its parser. Ref: Athena user guide, "DDL statements".

pub mod ast;
pub mod block_comment;
pub mod parser;
mod tokens;
