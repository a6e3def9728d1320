//! Which tokens can come next at a state of the automaton? First sets, as the engine's parser generator computes them.
//!
//! Ref: ANTLR 4.11 `LL1Analyzer`: a decision whose ways begin with different tokens is made on one token, any other by
//! looking ahead.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::automaton::{AUTOMATON, Automaton, Decision, Edge, Rule, State, Terminal};
use crate::lexer::{Token, TokenKind, keyword};

/// The tokens that can come next.
#[derive(Debug, Clone, Default)]
pub(super) struct First {
    pub terminals: Vec<Terminal>,
    /// Whether the rule can end first.
    pub may_end: bool,
}

/// First sets of every state, and of every way out of the states that decide on one token.
#[derive(Debug)]
pub(super) struct Lookahead {
    pub within: Vec<First>,
    /// For each state the first set of each way out; empty where one token does not decide.
    pub ways: Vec<Vec<First>>,
}

/// The sets of the automaton.
pub(super) static LOOKAHEAD: LazyLock<Lookahead> = LazyLock::new(|| {
    let automaton = &*AUTOMATON;
    let states = 0..automaton.edges.len();
    Lookahead {
        within: states.clone().map(|state| within(automaton, u32::try_from(state).unwrap_or(u32::MAX))).collect(),
        ways: states.map(|state| ways(automaton, state)).collect(),
    }
});

impl First {
    pub fn contains(&self, token: &Token<'_>) -> bool {
        self.terminals.iter().any(|terminal| terminal.matches(token))
    }
}

/// The set at a state, as far as its own rule goes; predicates are taken to hold.
fn within(automaton: &Automaton, state: State) -> First {
    let mut walk =
        Walk { automaton, is_within: true, seen: HashSet::new(), called: Vec::new(), first: First::default(), hits_predicate: false };
    walk.look(state, &[]);
    walk.first
}

/// The sets of a decision's ways, past the end of its rule into all its callers; none when they overlap.
fn ways(automaton: &Automaton, state: usize) -> Vec<First> {
    if automaton.decisions.get(state).copied().flatten().is_none() {
        return Vec::new();
    }
    let mut found: Vec<First> = Vec::new();
    for edge in automaton.edges.get(state).into_iter().flatten() {
        let Edge::Free(next) = *edge else { return Vec::new() };
        let mut walk =
            Walk { automaton, is_within: false, seen: HashSet::new(), called: Vec::new(), first: First::default(), hits_predicate: false };
        walk.look(next, &[]);
        if walk.hits_predicate || walk.first.terminals.is_empty() {
            return Vec::new();
        }
        if found.iter().any(|other| is_overlapping(other, &walk.first)) {
            return Vec::new();
        }
        found.push(walk.first);
    }
    found
}

fn is_overlapping(left: &First, right: &First) -> bool {
    left.terminals.iter().any(|one| right.terminals.iter().any(|other| is_shared(*one, *other) || is_shared(*other, *one)))
}

/// Whether a token can be both; a keyword that can be a name is in that class too.
fn is_shared(one: Terminal, other: Terminal) -> bool {
    if one == other {
        return true;
    }
    match (one, other) {
        (Terminal::Kind(TokenKind::NonReservedKeyword), Terminal::Word(word)) => keyword(word).is_some_and(|found| !found.is_reserved),
        _ => false,
    }
}

struct Walk<'a> {
    automaton: &'a Automaton,
    /// Whether the end of the first rule ends the walk.
    is_within: bool,
    seen: HashSet<(State, Vec<State>)>,
    called: Vec<Rule>,
    first: First,
    hits_predicate: bool,
}

impl Walk<'_> {
    fn look(&mut self, state: State, returns: &[State]) {
        if !self.seen.insert((state, returns.to_vec())) {
            return;
        }
        let automaton = self.automaton;
        let rule = automaton.rule_of.get(state as usize).copied().unwrap_or_default();
        if automaton.rules.get(rule).is_some_and(|states| states.stop == state) {
            match (returns.split_last(), self.is_within) {
                (Some((next, rest)), _) => {
                    let called = self.called.iter().rposition(|called| *called == rule).map(|at| self.called.remove(at));
                    self.look(*next, rest);
                    self.called.extend(called);
                }
                (None, true) => self.first.may_end = true,
                (None, false) => automaton.follows.get(rule).into_iter().flatten().for_each(|next| self.look(*next, &[])),
            }
            return;
        }
        for edge in automaton.edges_of(state) {
            match *edge {
                Edge::Free(next) => self.look(next, returns),
                Edge::Precedence(_, next) if self.is_within => self.look(next, returns),
                Edge::Precedence(..) => self.hits_predicate = true,
                Edge::Call(rule, _, next) => {
                    if self.called.contains(&rule) {
                        continue;
                    }
                    let Some(start) = automaton.rules.get(rule).map(|states| states.start) else { continue };
                    self.called.push(rule);
                    let mut returns = returns.to_vec();
                    returns.push(next);
                    self.look(start, &returns);
                    self.called.retain(|called| *called != rule);
                }
                Edge::Read(terminal, _) => {
                    if !self.first.terminals.contains(&terminal) {
                        self.first.terminals.push(terminal);
                    }
                }
            }
        }
    }
}

/// The way a decision on one token takes; `Err` when none fits. Ref: ANTLR 4.11, `LL1AltBlock`, `LL1OptionalBlock`, `LL1StarBlockSingleAlt`.
pub(super) fn choose(decision: Decision, ways: &[First], token: &Token<'_>) -> Result<usize, ()> {
    let bodies = match decision {
        Decision::Block => ways.len(),
        Decision::Optional | Decision::Loop => ways.len() - 1,
    };
    match ways.iter().take(bodies).position(|way| way.contains(token)) {
        Some(way) => Ok(way),
        None if bodies < ways.len() => Ok(bodies),
        None => Err(()),
    }
}
