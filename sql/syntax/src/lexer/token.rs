//! What is one token? Its kind, its text and its place.

use crate::location::{Location, Span};

/// A token of the statement; white space and comments make none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: TokenKind,
    /// Its text as written; `<EOF>` at the end.
    pub text: &'a str,
    /// A keyword in upper case or an operator (`!=` reads `<>`); empty for every other kind.
    pub word: &'static str,
    /// Where it begins.
    pub location: Location,
    /// Its bytes.
    pub span: Span,
}

/// Kinds of token.
///
/// Ref: Trino 401 lexer rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A name that is no keyword.
    Identifier,
    /// A keyword that cannot be a name.
    ReservedKeyword,
    /// A keyword that can also be a name.
    NonReservedKeyword,
    /// `"name"`.
    QuotedIdentifier,
    /// `` `name` ``.
    BackquotedIdentifier,
    /// `1x`.
    DigitIdentifier,
    /// `'text'`.
    String,
    /// `U&'text'`.
    UnicodeString,
    /// `X'00'`, content unchecked.
    BinaryLiteral,
    /// `12`.
    Integer,
    /// `1.2`.
    Decimal,
    /// `1e2`.
    Double,
    /// Punctuation or an operator.
    Symbol,
    /// A character that begins no token, an unterminated quote among them.
    Unrecognized,
    /// The end of the statement.
    End,
}

impl Token<'_> {
    /// Whether the parser may read this as a name. Backquoted and digit-started names are read as names and
    /// refused after parsing, as the engine does.
    #[must_use]
    pub const fn is_identifier(&self) -> bool {
        matches!(
            self.kind,
            TokenKind::Identifier
                | TokenKind::NonReservedKeyword
                | TokenKind::QuotedIdentifier
                | TokenKind::BackquotedIdentifier
                | TokenKind::DigitIdentifier
        )
    }

    /// Whether this is the keyword or operator `word`.
    #[must_use]
    pub fn is(&self, word: &str) -> bool {
        self.word == word
    }
}
