//! How is the grammar table walked? One small automaton a rule, built on the first error.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::grammar::{LABELS, RULES};
use crate::lexer::{Token, TokenKind, keyword};

/// A state's number.
pub(super) type State = u32;
/// A rule's number: its place in the table.
pub(super) type Rule = usize;

/// What one step reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Terminal {
    /// A keyword or operator.
    Word(&'static str),
    /// Any token of a kind.
    Kind(TokenKind),
}

/// A way out of a state.
#[derive(Debug, Clone, Copy)]
pub(super) enum Edge {
    /// Reads nothing.
    Free(State),
    /// Reads nothing; open when the rule was called with at most this precedence.
    Precedence(u8, State),
    /// Reads a whole rule, called with a precedence, and goes on at a state.
    Call(Rule, u8, State),
    /// Reads a token.
    Read(Terminal, State),
}

/// One rule's automaton.
#[derive(Debug)]
pub(super) struct RuleStates {
    pub start: State,
    pub stop: State,
    /// The label errors use for the whole rule.
    pub label: Option<&'static str>,
    /// Whether it can read nothing.
    pub is_nullable: bool,
}

/// All rules.
#[derive(Debug, Default)]
pub(super) struct Automaton {
    pub rules: Vec<RuleStates>,
    pub edges: Vec<Vec<Edge>>,
    /// The rule each state belongs to.
    pub rule_of: Vec<Rule>,
}

/// The automaton of the grammar table.
pub(super) static AUTOMATON: LazyLock<Automaton> = LazyLock::new(Automaton::build);

impl Terminal {
    /// Whether the token is one of these.
    pub fn matches(self, token: &Token<'_>) -> bool {
        match self {
            Self::Word(word) => token.word == word,
            Self::Kind(kind) => token.kind == kind,
        }
    }

    /// The name in an expected set; none for keywords read as names, which the engine leaves out.
    pub fn name(self) -> Option<String> {
        Some(match self {
            Self::Word("<>") => "NEQ".to_owned(),
            Self::Word(word) => format!("'{word}'"),
            Self::Kind(kind) => match kind {
                TokenKind::End => "<EOF>",
                TokenKind::Integer => "<integer>",
                TokenKind::Decimal => "DECIMAL_VALUE",
                TokenKind::Double => "DOUBLE_VALUE",
                TokenKind::String => "STRING",
                TokenKind::UnicodeString => "UNICODE_STRING",
                TokenKind::BinaryLiteral => "BINARY_LITERAL",
                TokenKind::Identifier => "IDENTIFIER",
                TokenKind::QuotedIdentifier => "QUOTED_IDENTIFIER",
                TokenKind::BackquotedIdentifier => "BACKQUOTED_IDENTIFIER",
                TokenKind::DigitIdentifier => "DIGIT_IDENTIFIER",
                TokenKind::NonReservedKeyword | TokenKind::ReservedKeyword | TokenKind::Symbol | TokenKind::Unrecognized => return None,
            }
            .to_owned(),
        })
    }
}

impl Automaton {
    /// The rule of a name; the table's own test keeps this from missing.
    pub fn rule(&self, name: &str) -> Option<Rule> {
        RULES.iter().position(|(rule, _)| *rule == name)
    }

    fn build() -> Self {
        let names: HashMap<&'static str, Rule> = RULES.iter().enumerate().map(|(index, (name, _))| (*name, index)).collect();
        let mut automaton = Self::default();
        for (rule, (name, body)) in RULES.iter().enumerate() {
            let start = automaton.state(rule);
            let mut reader = BodyReader { automaton: &mut automaton, names: &names, rule, rest: body };
            let end = reader.alternatives(start);
            let stop = automaton.state(rule);
            automaton.edge(end, Edge::Free(stop));
            let label = LABELS.iter().find(|(labelled, _)| labelled == name).map(|(_, label)| *label);
            automaton.rules.push(RuleStates { start, stop, label, is_nullable: false });
        }
        automaton.mark_nullable();
        automaton
    }

    fn state(&mut self, rule: Rule) -> State {
        self.edges.push(Vec::new());
        self.rule_of.push(rule);
        u32::try_from(self.edges.len() - 1).unwrap_or(u32::MAX)
    }

    fn edge(&mut self, from: State, edge: Edge) {
        if let Some(edges) = self.edges.get_mut(from as usize) {
            edges.push(edge);
        }
    }

    /// The ways out of a state.
    pub fn edges_of(&self, state: State) -> &[Edge] {
        self.edges.get(state as usize).map_or(&[], Vec::as_slice)
    }

    /// Whether the end of the rule can be reached from `state` without reading, called with `precedence`.
    pub fn finishes(&self, state: State, precedence: u8) -> bool {
        let mut seen = vec![state];
        let mut index = 0;
        while let Some(current) = seen.get(index).copied() {
            index += 1;
            let is_stop =
                self.rule_of.get(current as usize).and_then(|rule| self.rules.get(*rule)).is_some_and(|rule| rule.stop == current);
            if is_stop {
                return true;
            }
            for edge in self.edges_of(current) {
                let next = match *edge {
                    Edge::Free(next) => next,
                    Edge::Precedence(own, next) if own >= precedence => next,
                    Edge::Call(rule, _, next) if self.rules.get(rule).is_some_and(|rule| rule.is_nullable) => next,
                    _ => continue,
                };
                if !seen.contains(&next) {
                    seen.push(next);
                }
            }
        }
        false
    }

    /// Marks the rules that can read nothing, until nothing changes.
    fn mark_nullable(&mut self) {
        loop {
            let found = (0..self.rules.len())
                .find(|rule| self.rules.get(*rule).is_some_and(|states| !states.is_nullable && self.finishes(states.start, 0)));
            match found.and_then(|rule| self.rules.get_mut(rule)) {
                Some(states) => states.is_nullable = true,
                None => return,
            }
        }
    }
}

/// Reads the notation of one rule's body and lays out its states.
struct BodyReader<'a> {
    automaton: &'a mut Automaton,
    names: &'a HashMap<&'static str, Rule>,
    rule: Rule,
    rest: &'static str,
}

impl BodyReader<'_> {
    fn next_is(&mut self, text: &str) -> bool {
        self.rest = self.rest.trim_start();
        self.rest.starts_with(text)
    }

    fn accept(&mut self, text: &str) -> bool {
        let found = self.next_is(text);
        if found {
            self.rest = self.rest.get(text.len()..).unwrap_or_default();
        }
        found
    }

    /// Takes characters while they belong to a word.
    fn word(&mut self) -> &'static str {
        let end = self.rest.find(|character: char| !(character.is_ascii_alphanumeric() || character == '_')).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    /// Lays out `a | b` from `from`; gives the state all of them end in.
    fn alternatives(&mut self, from: State) -> State {
        let mut ends = Vec::new();
        loop {
            let begin = self.automaton.state(self.rule);
            self.automaton.edge(from, Edge::Free(begin));
            ends.push(self.sequence(begin));
            if !self.accept("|") {
                break;
            }
        }
        let end = self.automaton.state(self.rule);
        for last in ends {
            self.automaton.edge(last, Edge::Free(end));
        }
        end
    }

    fn sequence(&mut self, from: State) -> State {
        let mut at = from;
        while !(self.next_is("|") || self.next_is("]") || self.next_is("}") || self.next_is(")") || self.rest.is_empty()) {
            at = self.item_or_list(at);
        }
        at
    }

    /// Lays out one item, or `item % ','` as the item, a comma and back.
    fn item_or_list(&mut self, from: State) -> State {
        let begin = self.automaton.state(self.rule);
        self.automaton.edge(from, Edge::Free(begin));
        let end = self.item(begin);
        if !self.accept("%") {
            return end;
        }
        self.accept("','");
        // The loop comes first and the way out second, as in the engine's own automaton.
        self.automaton.edge(end, Edge::Read(Terminal::Word(","), begin));
        let out = self.automaton.state(self.rule);
        self.automaton.edge(end, Edge::Free(out));
        out
    }

    fn item(&mut self, from: State) -> State {
        if self.accept("(") {
            let end = self.alternatives(from);
            self.accept(")");
            return end;
        }
        if self.accept("[") {
            let end = self.alternatives(from);
            self.accept("]");
            self.automaton.edge(from, Edge::Free(end));
            return end;
        }
        if self.accept("{") {
            let end = self.alternatives(from);
            self.accept("}");
            self.automaton.edge(end, Edge::Free(from));
            let out = self.automaton.state(self.rule);
            self.automaton.edge(from, Edge::Free(out));
            return out;
        }
        let to = self.automaton.state(self.rule);
        let edge = self.step(to);
        self.automaton.edge(from, edge);
        to
    }

    /// Reads one token class, operator, precedence, keyword or rule call that leads to `to`.
    fn step(&mut self, to: State) -> Edge {
        if self.accept("'") {
            let end = self.rest.find('\'').unwrap_or(self.rest.len());
            let symbol = self.rest.get(..end).unwrap_or_default();
            self.rest = self.rest.get(end + 1..).unwrap_or_default();
            return Edge::Read(Terminal::Word(symbol), to);
        }
        if self.accept("#") {
            return Edge::Read(Terminal::Kind(token_class(self.word())), to);
        }
        let word = self.word();
        if let Ok(precedence) = word.parse() {
            self.accept("!");
            return Edge::Precedence(precedence, to);
        }
        match self.names.get(word) {
            Some(rule) => {
                // A call's precedence follows directly: `rule(4)`.
                let mut precedence = 0;
                if let Some(rest) = self.rest.strip_prefix('(') {
                    self.rest = rest;
                    precedence = self.word().parse().unwrap_or_default();
                    self.accept(")");
                }
                Edge::Call(*rule, precedence, to)
            }
            None => Edge::Read(Terminal::Word(keyword(word).map_or("", |found| found.word)), to),
        }
    }
}

fn token_class(name: &str) -> TokenKind {
    match name {
        "integer" => TokenKind::Integer,
        "decimal" => TokenKind::Decimal,
        "double" => TokenKind::Double,
        "string" => TokenKind::String,
        "unicode_string" => TokenKind::UnicodeString,
        "binary" => TokenKind::BinaryLiteral,
        "identifier" => TokenKind::Identifier,
        "quoted_identifier" => TokenKind::QuotedIdentifier,
        "backquoted_identifier" => TokenKind::BackquotedIdentifier,
        "digit_identifier" => TokenKind::DigitIdentifier,
        "non_reserved" => TokenKind::NonReservedKeyword,
        "end" => TokenKind::End,
        _ => TokenKind::Unrecognized,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_table_is_a_rule_a_keyword_or_a_class() {
        for edges in &AUTOMATON.edges {
            for edge in edges {
                if let Edge::Read(terminal, _) = edge {
                    assert_ne!(*terminal, Terminal::Word(""));
                    assert_ne!(*terminal, Terminal::Kind(TokenKind::Unrecognized));
                }
            }
        }
    }

    #[test]
    fn only_rules_made_of_optional_parts_read_nothing() {
        let nullable: Vec<&str> =
            RULES.iter().zip(&AUTOMATON.rules).filter(|(_, states)| states.is_nullable).map(|((name, _), _)| *name).collect();
        assert_eq!(nullable, ["window_specification", "join_type"]);
    }
}
