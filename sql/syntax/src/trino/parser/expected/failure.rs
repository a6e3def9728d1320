//! Where does the engine's parser give up? The state, the token and the callers its error starts from.
//!
//! Ref: ANTLR 4.11 generated parsers, `DefaultErrorStrategy.sync` and `recoverInline`; Trino 401 `SqlParser.invokeParser`,
//! whose strategy never inserts or deletes a token.

use super::automaton::{AUTOMATON, Edge, Rule, State};
use super::lookahead::{LOOKAHEAD, choose};
use super::prediction::{Levels, Prediction, Predictor, Stack, Stacks};
use crate::lexer::Token;

/// Steps of looking ahead a statement's error may cost; past them a plainer way explains it.
const BUDGET: usize = 150_000;

/// Tokens of the longest statement looked at this way.
const TOKENS_MAX: usize = 20_000;

/// Where the parser gave up.
#[derive(Debug)]
pub(super) struct GivenUp {
    pub state: State,
    /// The token the expected set starts from.
    pub start: usize,
    /// The token whose place the error names.
    pub offending: usize,
    /// The states the callers go on at, innermost first.
    pub returns: Vec<State>,
    /// The last token the parser has seen.
    pub looked: usize,
}

/// Parses the tokens by a rule until the parser gives up. `None` when it takes them, or when that costs too much.
pub(super) fn give_up(tokens: &[Token<'_>], rule: Rule) -> Option<GivenUp> {
    if tokens.len() > TOKENS_MAX {
        return None;
    }
    let mut run = Run {
        predictor: Predictor { tokens, stacks: Stacks::default(), levels: Levels::default(), looked: 0, budget: BUDGET },
        at: 0,
        stack: 0,
        precedences: vec![0],
        unsure: None,
    };
    run.parse(AUTOMATON.rules.get(rule)?.start)
}

struct Run<'a> {
    predictor: Predictor<'a>,
    at: usize,
    stack: Stack,
    /// The precedence each rule was called with, innermost last.
    precedences: Vec<u8>,
    /// The first place since the last sure one where the next token fitted only because the rule could end.
    unsure: Option<(State, Stack)>,
}

impl Run<'_> {
    fn parse(&mut self, start: State) -> Option<GivenUp> {
        let mut state = start;
        loop {
            self.predictor.looked = self.predictor.looked.max(self.at);
            let rule = AUTOMATON.rule_of.get(state as usize).copied()?;
            if AUTOMATON.rules.get(rule)?.stop == state {
                let (next, below) = self.predictor.stacks.pop(self.stack)?;
                self.stack = below;
                self.precedences.pop();
                state = next;
                continue;
            }
            if let Some(decision) = AUTOMATON.decisions.get(state as usize).copied().flatten() {
                let token = self.predictor.tokens.get(self.at)?;
                let first = LOOKAHEAD.within.get(state as usize)?;
                if first.contains(token) {
                    self.unsure = None;
                } else if first.may_end {
                    self.unsure.get_or_insert((state, self.stack));
                } else {
                    // The strategy looks whether the token after this one would do.
                    self.predictor.looked = (self.at + 1).min(self.predictor.tokens.len() - 1).max(self.predictor.looked);
                    return Some(self.failure(state, self.stack, self.at));
                }
                let ways = LOOKAHEAD.ways.get(state as usize)?;
                let way = if AUTOMATON.edges_of(state).len() == 1 {
                    0
                } else if ways.is_empty() {
                    let precedence = self.precedences.last().copied().unwrap_or(0);
                    match self.predictor.predict(state, self.at, self.stack, precedence) {
                        Prediction::Way(way) => way,
                        Prediction::Dead(token) => return Some(self.failure(state, self.stack, token)),
                        Prediction::Spent => return None,
                    }
                } else {
                    match choose(decision, ways, token) {
                        Ok(way) => way,
                        Err(()) => return Some(self.failure(state, self.stack, self.at)),
                    }
                };
                let Edge::Free(next) = *AUTOMATON.edges_of(state).get(way)? else { return None };
                state = next;
                continue;
            }
            state = match *AUTOMATON.edges_of(state).first()? {
                Edge::Free(next) | Edge::Precedence(_, next) => next,
                Edge::Call(called, precedence, follow) => {
                    self.stack = self.predictor.stacks.push(follow, self.stack);
                    self.precedences.push(precedence);
                    AUTOMATON.rules.get(called)?.start
                }
                Edge::Read(..) => match self.read(state) {
                    Some(next) => next,
                    None => {
                        let (from, stack) = self.unsure.unwrap_or((state, self.stack));
                        return Some(self.failure(from, stack, self.at));
                    }
                },
            };
        }
    }

    /// Reads the token by any of the state's edges.
    fn read(&mut self, state: State) -> Option<State> {
        let token = self.predictor.tokens.get(self.at)?;
        let next = AUTOMATON.edges_of(state).iter().find_map(|edge| match *edge {
            Edge::Read(terminal, next) if terminal.matches(token) => Some(next),
            _ => None,
        })?;
        self.at += 1;
        Some(next)
    }

    fn failure(&self, state: State, stack: Stack, offending: usize) -> GivenUp {
        let mut returns = Vec::new();
        let mut stack = stack;
        while let Some((next, below)) = self.predictor.stacks.pop(stack) {
            returns.push(next);
            stack = below;
        }
        GivenUp { state, start: self.at, offending, returns, looked: self.predictor.looked.max(offending) }
    }
}
