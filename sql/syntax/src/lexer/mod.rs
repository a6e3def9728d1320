//! Which tokens is a statement made of? The lexer, its token kinds and the keyword table.

mod keyword;
mod token;
mod tokenize;

pub use keyword::{KEYWORDS, Keyword, keyword};
pub use token::{Token, TokenKind};
pub use tokenize::tokenize;
