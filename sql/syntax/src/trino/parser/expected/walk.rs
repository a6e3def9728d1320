//! How far does the grammar follow a text? A breadth-first walk over all readings at once.
//!
//! Readings share their call stacks in a graph, so the work grows with the text and not with the number of
//! readings, and nothing recurses.

use std::collections::{HashMap, HashSet};

use super::automaton::{AUTOMATON, Edge, Rule, State, Terminal};
use crate::lexer::{Token, TokenKind};

/// A rule being read: where it was called from.
#[derive(Debug)]
pub(super) struct Frame {
    pub rule: Rule,
    pub precedence: u8,
    /// Where reading goes on after the rule: a state of the calling rule and its frame. Empty for the first rule.
    pub returns: Vec<(State, usize)>,
    /// Whether the rule has ended at the token it began at, so that later callers go on at once.
    is_finished_empty: bool,
}

/// One reading's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub state: State,
    pub frame: usize,
}

/// Where a walk stopped.
#[derive(Debug)]
pub(super) struct Stop {
    /// The token no reading gets past.
    pub token: usize,
    /// The places right after the token before it.
    pub places: Vec<Place>,
    /// Every frame made.
    pub frames: Vec<Frame>,
}

/// Walks the tokens from a rule. `None` when the rule takes them all; it must end in the end token.
/// With `limit`, stops before that token even if it could be read.
pub(super) fn walk(tokens: &[Token<'_>], rule: Rule, limit: usize) -> Option<Stop> {
    let automaton = &*AUTOMATON;
    let start = automaton.rules.get(rule)?.start;
    let mut frames = vec![Frame { rule, precedence: 0, returns: Vec::new(), is_finished_empty: false }];
    let mut places = vec![Place { state: start, frame: 0 }];
    let mut name_places = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let mut level = Level {
            frames: &mut frames,
            called: HashMap::new(),
            seen: HashSet::new(),
            open: Vec::new(),
            names: Vec::new(),
            next: Vec::new(),
        };
        for place in places.iter().chain(&name_places) {
            level.add(*place);
        }
        while let Some(place) = level.open.pop() {
            level.step(place, token);
        }
        let Level { mut next, names, .. } = level;
        if index >= limit || (next.is_empty() && names.is_empty()) {
            // A keyword read as itself outranks the same word read as a name when both lead no further.
            if places.is_empty() {
                places = name_places;
            }
            return Some(Stop { token: index, places, frames });
        }
        if token.kind == TokenKind::End {
            return None;
        }
        std::mem::swap(&mut places, &mut next);
        name_places = names;
    }
    None
}

/// The readings at one token.
struct Level<'a> {
    frames: &'a mut Vec<Frame>,
    /// Frames begun at this token.
    called: HashMap<(Rule, u8), usize>,
    seen: HashSet<Place>,
    open: Vec<Place>,
    /// Places after the token read as itself.
    next: Vec<Place>,
    /// Places after the token, a keyword, read as a name.
    names: Vec<Place>,
}

impl Level<'_> {
    fn add(&mut self, place: Place) {
        if self.seen.insert(place) {
            self.open.push(place);
        }
    }

    fn step(&mut self, place: Place, token: &Token<'_>) {
        let automaton = &*AUTOMATON;
        let Some(frame) = self.frames.get_mut(place.frame) else {
            return;
        };
        if automaton.rules.get(frame.rule).is_some_and(|rule| rule.stop == place.state) {
            if self.called.get(&(frame.rule, frame.precedence)) == Some(&place.frame) {
                frame.is_finished_empty = true;
            }
            for (state, parent) in frame.returns.clone() {
                self.add(Place { state, frame: parent });
            }
            return;
        }
        let precedence = frame.precedence;
        for edge in automaton.edges_of(place.state) {
            match *edge {
                Edge::Free(state) => self.add(Place { state, frame: place.frame }),
                Edge::Precedence(own, state) if own >= precedence => self.add(Place { state, frame: place.frame }),
                Edge::Precedence(..) => {}
                Edge::Call(rule, precedence, state) => self.call(rule, precedence, Place { state, frame: place.frame }),
                Edge::Read(terminal, state) => {
                    if terminal.matches(token) {
                        let next = Place { state, frame: place.frame };
                        if terminal == Terminal::Kind(TokenKind::NonReservedKeyword) {
                            self.names.push(next);
                        } else {
                            self.next.push(next);
                        }
                    }
                }
            }
        }
    }

    /// Begins a rule, or adds a caller to it if it has begun at this token already.
    fn call(&mut self, rule: Rule, precedence: u8, return_to: Place) {
        let Some(states) = AUTOMATON.rules.get(rule) else {
            return;
        };
        let next = self.frames.len();
        let frame = *self.called.entry((rule, precedence)).or_insert(next);
        if frame == next {
            self.frames.push(Frame { rule, precedence, returns: Vec::new(), is_finished_empty: false });
            self.add(Place { state: states.start, frame });
        }
        let mut is_finished_empty = false;
        if let Some(called) = self.frames.get_mut(frame) {
            called.returns.push((return_to.state, return_to.frame));
            is_finished_empty = called.is_finished_empty;
        }
        if is_finished_empty {
            self.add(return_to);
        }
    }
}
