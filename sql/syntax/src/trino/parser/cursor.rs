//! Where does the parser stand? The token position, lookahead, the nesting limit and deferred errors.

use crate::error::SyntaxError;
use crate::lexer::{Token, TokenKind, tokenize};
use crate::location::{Location, Span};

/// How deep parentheses, subqueries, operators and types may nest.
///
/// Basis: inferred. Trino has no number but its thread's stack, and answers with the same text beyond it.
pub const NESTING_MAX: usize = 150;

/// What is said of a statement whose tree would be too deep. Ref: Trino 401 `SqlParser`, on a stack overflow.
pub(super) const TOO_LARGE: &str = "statement is too large (stack overflow while parsing)";

/// How many relations a chain of joins or a list after `FROM` may have: each is one level of the tree.
///
/// Basis: inferred, as [`NESTING_MAX`].
pub const JOINS_MAX: usize = 1_000;

/// Why a rule did not match.
#[derive(Debug)]
pub(super) enum Failure {
    /// The furthest token cannot stand there; the text is worked out from the grammar.
    Unexpected,
    /// A finished error.
    Refused(Box<SyntaxError>),
}

pub(super) type Parsed<T> = Result<T, Failure>;

/// The parser's state.
pub(super) struct Parser<'a> {
    pub tokens: Vec<Token<'a>>,
    /// Index of the next token.
    pub at: usize,
    /// The furthest token a rule has failed at.
    pub furthest: usize,
    /// For each opening parenthesis the index of its partner; 0 for every other token.
    partners: Vec<usize>,
    depth: usize,
    /// How many `?` have been read.
    pub parameter_count: usize,
    /// The first error found while building the tree; a syntax error anywhere outranks it.
    deferred: Option<SyntaxError>,
}

impl<'a> Parser<'a> {
    pub fn new(text: &'a str) -> Self {
        let tokens = tokenize(text);
        let partners = partners(&tokens);
        Self { tokens, at: 0, furthest: 0, partners, depth: 0, parameter_count: 0, deferred: None }
    }

    /// The next token; the end token for ever at the end.
    pub fn token(&self) -> Token<'a> {
        self.token_at(self.at)
    }

    /// The token `distance` after the next one.
    pub fn ahead(&self, distance: usize) -> Token<'a> {
        self.token_at(self.at + distance)
    }

    pub fn token_at(&self, index: usize) -> Token<'a> {
        match self.tokens.get(index).or(self.tokens.last()) {
            Some(token) => *token,
            None => Token { kind: TokenKind::End, text: "<EOF>", word: "", location: Location::START, span: Span::new(0, 0) },
        }
    }

    pub fn location(&self) -> Location {
        self.token().location
    }

    /// Byte offset of the next token.
    pub fn start(&self) -> usize {
        self.token().span.start
    }

    /// The span from `start` to the end of the last token read.
    pub fn span_from(&self, start: usize) -> Span {
        let end = match self.at.checked_sub(1) {
            Some(last) => self.token_at(last).span.end,
            None => start,
        };
        Span::new(start, end.max(start))
    }

    /// Whether the next token is this keyword or operator.
    pub fn is(&self, word: &str) -> bool {
        self.token().is(word)
    }

    /// Whether the next tokens are these keywords or operators.
    pub fn is_sequence(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(distance, word)| self.ahead(distance).is(word))
    }

    /// Reads the next token.
    pub fn advance(&mut self) -> Token<'a> {
        let token = self.token();
        if token.kind != TokenKind::End {
            self.at += 1;
        }
        token
    }

    /// Reads the keyword or operator if it is next.
    pub fn accept(&mut self, word: &str) -> bool {
        let found = self.is(word);
        if found {
            self.at += 1;
        }
        found
    }

    /// Reads the keywords or operators if they are next.
    pub fn accept_sequence(&mut self, words: &[&str]) -> bool {
        let found = self.is_sequence(words);
        if found {
            self.at += words.len();
        }
        found
    }

    /// Reads the keyword or operator, or fails.
    pub fn expect(&mut self, word: &str) -> Parsed<()> {
        if self.accept(word) { Ok(()) } else { self.unexpected() }
    }

    /// Reads the keywords or operators one by one, or fails.
    pub fn expect_sequence(&mut self, words: &[&str]) -> Parsed<()> {
        words.iter().try_for_each(|word| self.expect(word))
    }

    /// Fails at the next token.
    pub fn unexpected<T>(&mut self) -> Parsed<T> {
        self.furthest = self.furthest.max(self.at);
        Err(Failure::Unexpected)
    }

    /// Index of the parenthesis that closes the one at `index`.
    pub fn partner(&self, index: usize) -> Option<usize> {
        self.partners.get(index).copied().filter(|partner| *partner > 0)
    }

    /// Runs a rule one level deeper; past the limit the statement is refused.
    pub fn nested<T>(&mut self, rule: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.check_depth(self.depth, NESTING_MAX)?;
        self.depth += 1;
        let result = rule(self);
        self.depth -= 1;
        result
    }

    /// Refuses the statement when its tree would get `depth` levels deep.
    ///
    /// Ref: Trino 401 `SqlParser`, on a stack overflow.
    pub fn check_depth(&self, depth: usize, depth_max: usize) -> Parsed<()> {
        if depth < depth_max {
            return Ok(());
        }
        Err(Failure::Refused(Box::new(SyntaxError::at(Location::START, TOO_LARGE))))
    }

    /// Notes an error of a well-formed text; only the first counts.
    pub fn defer(&mut self, error: SyntaxError) {
        if self.deferred.is_none() {
            self.deferred = Some(error);
        }
    }

    /// Notes `text` as an error at `location` unless `holds`.
    pub fn check(&mut self, holds: bool, location: Location, text: &str) {
        if !holds {
            self.defer(SyntaxError::at(location, text));
        }
    }

    pub fn take_deferred(&mut self) -> Option<SyntaxError> {
        self.deferred.take()
    }

    /// Reads `item`s separated by commas, at least one.
    pub fn comma_separated<T>(&mut self, mut item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.accept(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// Reads `(item, …)`, at least one.
    pub fn parenthesized<T>(&mut self, item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        self.expect("(")?;
        let items = self.comma_separated(item)?;
        self.expect(")")?;
        Ok(items)
    }
}

/// Pairs parentheses by nesting alone.
fn partners(tokens: &[Token<'_>]) -> Vec<usize> {
    let mut partners = vec![0; tokens.len()];
    let mut open = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        if token.is("(") {
            open.push(index);
        } else if token.is(")")
            && let Some(opening) = open.pop()
            && let Some(partner) = partners.get_mut(opening)
        {
            *partner = index;
        }
    }
    partners
}
