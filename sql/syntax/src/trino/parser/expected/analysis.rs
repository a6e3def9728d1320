//! What could have stood where the engine's parser gave up? Every reading from there, followed as far as it goes.
//!
//! Ref: Trino 401 `ErrorHandler.Analyzer`, its memo and its order included: a place is entered once, under whichever label
//! came first; keywords are not tried as names; a rule with a label stands for its first tokens.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::automaton::{AUTOMATON, Edge, State, Terminal};
use super::failure::GivenUp;
use crate::lexer::{Token, TokenKind};

/// Deepest nesting of rules followed; past it a plainer way explains the error.
const DEPTH_MAX: usize = 1_000;

/// Places looked at for one error; past them a plainer way explains it.
const PLACES_MAX: usize = 200_000;

/// The token no reading gets past, and the labels of what could have stood there.
pub(super) fn analyze(tokens: &[Token<'_>], given_up: &GivenUp) -> Option<(usize, BTreeSet<String>)> {
    let mut analysis = Analysis {
        tokens,
        last: given_up.looked.min(tokens.len().checked_sub(1)?),
        furthest: None,
        labels: BTreeSet::new(),
        memo: HashMap::new(),
        depth: 0,
        places_left: PLACES_MAX,
    };
    let rule = *AUTOMATON.rule_of.get(given_up.state as usize)?;
    let start = AUTOMATON.rules.get(rule)?.start;
    let state = if is_reachable(given_up.state, start) { start } else { given_up.state };
    let mut ends = analysis.process(state, given_up.start, false, 0)?;
    // The engine never empties this set between callers.
    let mut all = BTreeSet::new();
    for next in &given_up.returns {
        if ends.is_empty() {
            break;
        }
        for end in &ends {
            all.extend(analysis.process(*next, *end, false, 0)?);
        }
        ends.clone_from(&all);
    }
    Some((analysis.furthest?, analysis.labels))
}

/// Whether a state lies behind another without a token between them.
fn is_reachable(target: State, from: State) -> bool {
    let mut seen = HashSet::from([from]);
    let mut open = vec![from];
    while let Some(state) = open.pop() {
        if state == target {
            return true;
        }
        let rule = AUTOMATON.rule_of.get(state as usize).copied().unwrap_or_default();
        let is_stop = AUTOMATON.rules.get(rule).is_some_and(|states| states.stop == state);
        let follows = AUTOMATON.follows.get(rule).filter(|_| is_stop).into_iter().flatten().copied();
        let nexts = AUTOMATON.edges_of(state).iter().filter_map(|edge| match *edge {
            Edge::Free(next) | Edge::Precedence(_, next) => Some(next),
            Edge::Call(rule, _, _) => AUTOMATON.rules.get(rule).map(|states| states.start),
            Edge::Read(..) => None,
        });
        open.extend(nexts.chain(follows).filter(|next| seen.insert(*next)));
    }
    false
}

struct Analysis<'a> {
    tokens: &'a [Token<'a>],
    /// The last token the parser had seen; none is read from there on.
    last: usize,
    furthest: Option<usize>,
    labels: BTreeSet<String>,
    memo: HashMap<(State, usize), BTreeSet<usize>>,
    depth: usize,
    places_left: usize,
}

impl Analysis<'_> {
    /// The tokens a rule, or the rest of one, can end before. `None` past the depth.
    fn process(&mut self, state: State, token: usize, is_suppressed: bool, precedence: u8) -> Option<BTreeSet<usize>> {
        if let Some(ends) = self.memo.get(&(state, token)) {
            return Some(ends.clone());
        }
        if self.depth >= DEPTH_MAX {
            return None;
        }
        self.depth += 1;
        let mut ends = BTreeSet::new();
        let mut open = vec![(state, token, is_suppressed)];
        let mut seen = HashSet::new();
        while let Some((state, token, mut is_suppressed)) = open.pop() {
            if !seen.insert((state, token, is_suppressed)) {
                continue;
            }
            self.places_left = self.places_left.checked_sub(1)?;
            let rule = AUTOMATON.rule_of.get(state as usize).copied()?;
            let states = AUTOMATON.rules.get(rule)?;
            if states.start == state
                && let Some(label) = states.label
            {
                if !is_suppressed {
                    self.record(token, label);
                }
                is_suppressed = true;
            }
            if states.stop == state {
                ends.insert(token);
                continue;
            }
            for edge in AUTOMATON.edges_of(state) {
                match *edge {
                    Edge::Call(called, precedence, follow) => {
                        let start = AUTOMATON.rules.get(called)?.start;
                        let ends = self.process(start, token, is_suppressed, precedence)?;
                        self.places_left = self.places_left.checked_sub(ends.len())?;
                        for end in ends {
                            open.push((follow, end, is_suppressed));
                        }
                    }
                    Edge::Precedence(own, next) => {
                        if precedence < own {
                            open.push((next, token, is_suppressed));
                        }
                    }
                    Edge::Free(next) => open.push((next, token, is_suppressed)),
                    Edge::Read(Terminal::Kind(TokenKind::NonReservedKeyword), _) => {}
                    Edge::Read(terminal, next) => {
                        if self.tokens.get(token).is_some_and(|token| terminal.matches(token)) && token < self.last {
                            open.push((next, token + 1, false));
                        } else if !is_suppressed && let Some(name) = terminal.name() {
                            self.record(token, &name);
                        }
                    }
                }
            }
        }
        self.depth -= 1;
        self.memo.insert((state, token), ends.clone());
        Some(ends)
    }

    fn record(&mut self, token: usize, label: &str) {
        if self.furthest.is_some_and(|furthest| token < furthest) {
            return;
        }
        if self.furthest.is_none_or(|furthest| token > furthest) {
            self.labels.clear();
            self.furthest = Some(token);
        }
        self.labels.insert(label.to_owned());
    }
}
