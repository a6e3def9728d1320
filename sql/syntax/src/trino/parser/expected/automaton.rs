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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

/// What the ways out of a state that has several stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// `a | b`: one of them.
    Block,
    /// `[a | b]`: one of them, or the last way, which skips them.
    Optional,
    /// `{a}`: the first way once more, or the second, which leaves.
    Loop,
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
    /// What is decided at each state.
    pub decisions: Vec<Option<Decision>>,
    /// Where reading goes on after each rule, for each of its calls.
    pub follows: Vec<Vec<State>>,
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
            let node = BodyReader { names: &names, rest: body }.alternatives();
            let end = automaton.lay_out(rule, &node, start, !LABELLED_ALTERNATIVES.contains(name));
            let stop = automaton.state(rule);
            automaton.edge(end, Edge::Free(stop));
            let label = LABELS.iter().find(|(labelled, _)| labelled == name).map(|(_, label)| *label);
            automaton.rules.push(RuleStates { start, stop, label, is_nullable: false });
        }
        automaton.mark_nullable();
        automaton.follows = vec![Vec::new(); automaton.rules.len()];
        for edge in automaton.edges.iter().flatten() {
            if let Edge::Call(rule, _, follow) = edge
                && let Some(follows) = automaton.follows.get_mut(*rule)
            {
                follows.push(*follow);
            }
        }
        automaton
    }

    fn state(&mut self, rule: Rule) -> State {
        self.edges.push(Vec::new());
        self.decisions.push(None);
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

/// A part of a rule's body.
#[derive(Debug, Clone)]
enum Node {
    Step(Step),
    Sequence(Vec<Node>),
    Alternatives(Vec<Node>),
    Optional(Box<Node>),
    Repeat(Box<Node>),
    /// As `Repeat`, once at least.
    Plus(Box<Node>),
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Precedence(u8),
    Call(Rule, u8),
    Read(Terminal),
}

/// Rules whose alternatives the engine's grammar names one by one, so that its parser chooses between them and does not
/// read any of a set.
const LABELLED_ALTERNATIVES: &[&str] = &["identifier"];

impl Node {
    /// The tokens of `a | b | c` where each alternative is one token.
    fn as_set(&self) -> Option<Vec<Terminal>> {
        match self {
            Self::Step(Step::Read(terminal)) => Some(vec![*terminal]),
            Self::Sequence(items) => match items.as_slice() {
                [item] => item.as_set(),
                _ => None,
            },
            Self::Alternatives(alternatives) => {
                let sets: Option<Vec<_>> = alternatives.iter().map(Self::as_set).collect();
                sets.map(|sets| sets.into_iter().flatten().collect())
            }
            Self::Step(_) | Self::Optional(_) | Self::Repeat(_) | Self::Plus(_) => None,
        }
    }
}

impl Automaton {
    /// Lays out the states of a node from `from`; gives the state it ends in. The layout is that of the engine's own
    /// automaton, since the states decide what an error names.
    fn lay_out(&mut self, rule: Rule, node: &Node, from: State, may_be_set: bool) -> State {
        match node {
            Node::Step(step) => {
                let to = self.state(rule);
                let edge = match *step {
                    Step::Precedence(precedence) => Edge::Precedence(precedence, to),
                    Step::Call(called, precedence) => Edge::Call(called, precedence, to),
                    Step::Read(terminal) => Edge::Read(terminal, to),
                };
                self.edge(from, edge);
                to
            }
            Node::Sequence(items) => items.iter().fold(from, |at, item| {
                let begin = self.state(rule);
                self.edge(at, Edge::Free(begin));
                self.lay_out(rule, item, begin, true)
            }),
            Node::Alternatives(alternatives) => match (node.as_set().filter(|_| may_be_set), alternatives.as_slice()) {
                (_, [only]) => self.lay_out(rule, only, from, may_be_set),
                (Some(set), _) => {
                    let to = self.state(rule);
                    set.into_iter().for_each(|terminal| self.edge(from, Edge::Read(terminal, to)));
                    to
                }
                (None, _) => {
                    let end = self.choices(rule, alternatives, from);
                    self.decide(from, Decision::Block);
                    end
                }
            },
            Node::Optional(body) => {
                let end = match body.as_ref() {
                    Node::Alternatives(alternatives) if body.as_set().is_none() => self.choices(rule, alternatives, from),
                    other => self.choices(rule, std::slice::from_ref(other), from),
                };
                self.edge(from, Edge::Free(end));
                self.decide(from, Decision::Optional);
                end
            }
            Node::Plus(body) => {
                // The one way in is a decision all the same: the engine looks whether the next token fits.
                let begin = self.state(rule);
                self.edge(from, Edge::Free(begin));
                self.decide(from, Decision::Block);
                let end = self.lay_out(rule, body, begin, true);
                let again = self.state(rule);
                self.edge(end, Edge::Free(again));
                self.edge(again, Edge::Free(from));
                let out = self.state(rule);
                self.edge(again, Edge::Free(out));
                self.decide(again, Decision::Loop);
                out
            }
            Node::Repeat(body) => {
                let begin = self.state(rule);
                self.edge(from, Edge::Free(begin));
                let end = self.lay_out(rule, body, begin, true);
                self.edge(end, Edge::Free(from));
                let out = self.state(rule);
                self.edge(from, Edge::Free(out));
                self.decide(from, Decision::Loop);
                out
            }
        }
    }

    /// Lays out each alternative from `from` to one end.
    fn choices(&mut self, rule: Rule, alternatives: &[Node], from: State) -> State {
        let mut ends = Vec::with_capacity(alternatives.len());
        for alternative in alternatives {
            let begin = self.state(rule);
            self.edge(from, Edge::Free(begin));
            ends.push(self.lay_out(rule, alternative, begin, true));
        }
        let end = self.state(rule);
        for last in ends {
            self.edge(last, Edge::Free(end));
        }
        end
    }

    fn decide(&mut self, state: State, decision: Decision) {
        if let Some(decided) = self.decisions.get_mut(state as usize) {
            *decided = Some(decision);
        }
    }
}

/// Reads the notation of one rule's body.
struct BodyReader<'a> {
    names: &'a HashMap<&'static str, Rule>,
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

    fn alternatives(&mut self) -> Node {
        let mut alternatives = vec![self.sequence()];
        while self.accept("|") {
            alternatives.push(self.sequence());
        }
        Node::Alternatives(alternatives)
    }

    fn sequence(&mut self) -> Node {
        let mut items = Vec::new();
        while !(self.next_is("|") || self.next_is("]") || self.next_is("}") || self.next_is(")") || self.rest.is_empty()) {
            let item = self.item();
            if self.accept("+") {
                items.push(Node::Plus(Box::new(item)));
                continue;
            }
            if !self.accept("%") {
                items.push(item);
                continue;
            }
            self.accept("','");
            let comma = Node::Step(Step::Read(Terminal::Word(",")));
            items.push(item.clone());
            items.push(Node::Repeat(Box::new(Node::Sequence(vec![comma, item]))));
        }
        Node::Sequence(items)
    }

    fn item(&mut self) -> Node {
        if self.accept("(") {
            let node = self.alternatives();
            self.accept(")");
            return node;
        }
        if self.accept("[") {
            let node = self.alternatives();
            self.accept("]");
            return Node::Optional(Box::new(node));
        }
        if self.accept("{") {
            let node = self.alternatives();
            self.accept("}");
            return Node::Repeat(Box::new(node));
        }
        Node::Step(self.step())
    }

    /// Reads one token class, operator, precedence, keyword or rule call.
    fn step(&mut self) -> Step {
        if self.accept("'") {
            let end = self.rest.find('\'').unwrap_or(self.rest.len());
            let symbol = self.rest.get(..end).unwrap_or_default();
            self.rest = self.rest.get(end + 1..).unwrap_or_default();
            return Step::Read(Terminal::Word(symbol));
        }
        if self.accept("#") {
            return Step::Read(Terminal::Kind(token_class(self.word())));
        }
        let word = self.word();
        if let Ok(precedence) = word.parse() {
            self.accept("!");
            return Step::Precedence(precedence);
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
                Step::Call(*rule, precedence)
            }
            None => Step::Read(Terminal::Word(keyword(word).map_or("", |found| found.word))),
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
