//! How is a Trino statement read? Recursive descent over the tokens; the expected set of an error comes from
//! a table of the grammar.
//!
//! - [`cursor`](self): the token position, nesting limit and deferred errors all rules share
//! - `statement`, `property`, `query`, `select`, `group_by`, `relation`, `recognition`: statements and queries
//! - `expression`, `predicate`, `primary`, `parenthesis`, `call`, `special_form`, `trim`, `literal`, `window`, `json`,
//!   `pattern`, `data_type`, `name`: the parts of expressions
//! - `expected/`: what could have stood at the token that could not be read

mod call;
mod cursor;
mod data_type;
mod entry;
mod expected;
mod expression;
mod group_by;
mod json;
mod literal;
mod name;
mod parenthesis;
mod pattern;
mod predicate;
mod primary;
mod property;
mod query;
mod recognition;
mod relation;
mod select;
mod special_form;
mod statement;
mod trim;
mod unicode;
mod window;

pub use cursor::NESTING_MAX;
pub use entry::{parse_expression, parse_path, parse_query, parse_row_pattern, parse_statement, parse_type};
