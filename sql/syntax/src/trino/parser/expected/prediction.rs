//! Which way does the engine's parser take where one token does not decide? It looks ahead until one way is left.
//!
//! Ref: ANTLR 4.11 `ParserATNSimulator`, prediction mode LL: first without regard to the callers, then with the whole stack
//! when two ways meet in the same place. Stacks are not merged into graphs, so the work is bounded by a budget.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use super::automaton::{AUTOMATON, Edge, State};
use crate::lexer::{Token, TokenKind};

/// A call stack in the arena; 0 is the empty one.
pub(super) type Stack = usize;

/// The stacks of all readings, each once: where to go on, and the stack below.
#[derive(Debug, Default)]
pub(super) struct Stacks {
    nodes: Vec<(State, Stack)>,
    known: HashMap<(State, Stack), Stack, BuildHasherDefault<Mixer>>,
}

impl Stacks {
    pub fn push(&mut self, state: State, below: Stack) -> Stack {
        if let Some(stack) = self.known.get(&(state, below)) {
            return *stack;
        }
        self.nodes.push((state, below));
        self.known.insert((state, below), self.nodes.len());
        self.nodes.len()
    }

    /// The state on top and the stack below; none for the empty stack.
    pub fn pop(&self, stack: Stack) -> Option<(State, Stack)> {
        stack.checked_sub(1).and_then(|index| self.nodes.get(index)).copied()
    }
}

/// One reading: its place, the way it began with, its stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Config {
    state: State,
    way: usize,
    stack: Stack,
    /// Whether it has left the rule of the decision for any of the callers.
    has_left: bool,
}

/// What looking ahead came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prediction {
    Way(usize),
    /// No way fits past this token.
    Dead(usize),
    /// More work than a statement may cost.
    Spent,
}

/// All readings after a token, and what they say.
#[derive(Debug)]
struct Level {
    configs: Vec<Config>,
    /// The one way left, if one is.
    decided: Option<usize>,
    /// Whether two ways meet in the same place, so that the callers decide.
    is_conflict: bool,
}

/// Number of a level.
type LevelId = usize;

/// The levels met while the callers are left aside: they depend on nothing else, so each is worked out once.
#[derive(Debug, Default)]
pub(super) struct Levels {
    levels: Vec<Level>,
    known: HashMap<Vec<Config>, LevelId, BuildHasherDefault<Mixer>>,
    starts: HashMap<(State, u8), LevelId>,
    moves: HashMap<(LevelId, TokenKind, &'static str), LevelId>,
}

/// A decision to be made.
pub(super) struct Predictor<'a> {
    pub tokens: &'a [Token<'a>],
    pub stacks: Stacks,
    pub levels: Levels,
    /// Furthest token looked at so far.
    pub looked: usize,
    /// Steps left.
    pub budget: usize,
}

impl Predictor<'_> {
    /// Chooses a way out of `state`, at token `start`, with the callers `stack`, in a rule called with `precedence`.
    pub fn predict(&mut self, state: State, start: usize, stack: Stack, precedence: u8) -> Prediction {
        let outcome = match self.without_callers(state, start, precedence) {
            Some(None) => self.with_callers(state, start, stack, precedence),
            outcome => outcome.flatten(),
        };
        outcome.unwrap_or(Prediction::Spent)
    }

    /// `Some(None)` asks for the callers, `None` says that the budget is spent.
    fn without_callers(&mut self, state: State, start: usize, precedence: u8) -> Option<Option<Prediction>> {
        let mut level = match self.levels.starts.get(&(state, precedence)) {
            Some(level) => *level,
            None => {
                let configs = self.begin(state, None, precedence)?;
                let level = self.enter(configs);
                self.levels.starts.insert((state, precedence), level);
                level
            }
        };
        let mut at = start;
        loop {
            self.looked = self.looked.max(at);
            let token = *self.tokens.get(at)?;
            let key = (level, token.kind, token.word);
            let next = match self.levels.moves.get(&key) {
                Some(next) => *next,
                None => {
                    let configs = self.levels.levels.get(level)?.configs.clone();
                    let reached = self.reach(&configs, &token, false)?;
                    let next = self.enter(reached);
                    self.levels.moves.insert(key, next);
                    next
                }
            };
            let reached = self.levels.levels.get(next)?;
            if reached.configs.is_empty() {
                let left = self.levels.levels.get(level)?.configs.iter().filter(|config| config.has_left).map(|config| config.way).min();
                return Some(Some(left.map_or(Prediction::Dead(at), Prediction::Way)));
            }
            if let Some(way) = reached.decided {
                return Some(Some(Prediction::Way(way)));
            }
            if reached.is_conflict {
                return Some(None);
            }
            if token.kind == TokenKind::End {
                return Some(reached.configs.iter().map(|config| config.way).min().map(Prediction::Way));
            }
            level = next;
            at += 1;
        }
    }

    fn with_callers(&mut self, state: State, start: usize, stack: Stack, precedence: u8) -> Option<Prediction> {
        let mut configs = self.begin(state, Some(stack), precedence)?;
        let mut at = start;
        loop {
            self.looked = self.looked.max(at);
            let token = *self.tokens.get(at)?;
            let reached = self.reach(&configs, &token, true)?;
            let ways: BTreeSet<usize> = reached.iter().map(|config| config.way).collect();
            match (ways.len(), ways.first()) {
                (0, _) => return Some(Prediction::Dead(at)),
                (1, Some(way)) => return Some(Prediction::Way(*way)),
                _ => {}
            }
            // Sorting them is work too.
            self.budget = self.budget.checked_sub(reached.len())?;
            let conflicts = conflicts(&reached);
            let least: BTreeSet<Option<&usize>> = conflicts.values().map(BTreeSet::first).collect();
            if let [Some(way)] = least.into_iter().collect::<Vec<_>>()[..] {
                return Some(Prediction::Way(*way));
            }
            if token.kind == TokenKind::End {
                return ways.first().map(|way| Prediction::Way(*way));
            }
            configs = reached;
            at += 1;
        }
    }

    /// The number of a level, the same for the same readings.
    fn enter(&mut self, configs: Vec<Config>) -> LevelId {
        if let Some(level) = self.levels.known.get(&configs) {
            return *level;
        }
        let ways: BTreeSet<usize> = configs.iter().map(|config| config.way).collect();
        let decided = if ways.len() == 1 { ways.first().copied() } else { None };
        let conflicts = if decided.is_some() { BTreeMap::new() } else { conflicts(&configs) };
        let is_conflict = conflicts.values().any(|ways| ways.len() > 1) && !has_state_of_one_way(&conflicts);
        self.levels.known.insert(configs.clone(), self.levels.levels.len());
        self.levels.levels.push(Level { configs, decided, is_conflict });
        self.levels.levels.len() - 1
    }

    /// The readings before the first token. `None` when the budget is spent.
    fn begin(&mut self, state: State, full: Option<Stack>, precedence: u8) -> Option<Vec<Config>> {
        let (mut configs, mut seen) = (Vec::new(), HashSet::default());
        for (way, edge) in AUTOMATON.edges_of(state).iter().enumerate() {
            if let Edge::Free(next) = *edge {
                let config = Config { state: next, way, stack: full.unwrap_or(0), has_left: false };
                self.close(config, full.is_some(), Some(precedence), &mut seen, &mut configs)?;
            }
        }
        configs.sort_unstable();
        configs.dedup();
        Some(configs)
    }

    /// The readings after a token. `None` when the budget is spent.
    fn reach(&mut self, configs: &[Config], token: &Token<'_>, is_full: bool) -> Option<Vec<Config>> {
        let (mut reached, mut seen) = (Vec::new(), HashSet::default());
        for config in configs {
            for edge in AUTOMATON.edges_of(config.state) {
                if let Edge::Read(terminal, next) = *edge
                    && terminal.matches(token)
                {
                    self.close(Config { state: next, ..*config }, is_full, None, &mut seen, &mut reached)?;
                }
            }
        }
        reached.sort_unstable();
        reached.dedup();
        Some(reached)
    }

    /// Adds a reading and all it reaches without a token. `precedence` is that of the deciding rule, before the first token.
    /// `None` when the budget is spent.
    fn close(
        &mut self,
        from: Config,
        is_full: bool,
        precedence: Option<u8>,
        seen: &mut HashSet<(Config, bool), BuildHasherDefault<Mixer>>,
        out: &mut Vec<Config>,
    ) -> Option<()> {
        let mut open = vec![(from, 0_i32)];
        while let Some((config, depth)) = open.pop() {
            let is_deciding_rule = precedence.is_some() && depth == 0;
            if !seen.insert((config, is_deciding_rule)) {
                continue;
            }
            self.budget = self.budget.checked_sub(1)?;
            let rule = AUTOMATON.rule_of.get(config.state as usize).copied().unwrap_or_default();
            if AUTOMATON.rules.get(rule).is_some_and(|states| states.stop == config.state) {
                match self.stacks.pop(config.stack) {
                    Some((state, stack)) => open.push((Config { state, stack, ..config }, depth - 1)),
                    None if is_full => out.push(config),
                    None => {
                        let follows = AUTOMATON.follows.get(rule).into_iter().flatten();
                        open.extend(follows.map(|state| (Config { state: *state, has_left: true, ..config }, depth - 1)));
                    }
                }
                continue;
            }
            let mut is_reading = false;
            for edge in AUTOMATON.edges_of(config.state) {
                match *edge {
                    Edge::Free(state) => open.push((Config { state, ..config }, depth)),
                    Edge::Precedence(own, state) => {
                        let holds = !is_deciding_rule || precedence.is_none_or(|precedence| own >= precedence);
                        if holds {
                            open.push((Config { state, ..config }, depth));
                        }
                    }
                    Edge::Call(called, _, follow) => {
                        if let Some(states) = AUTOMATON.rules.get(called) {
                            let stack = self.stacks.push(follow, config.stack);
                            open.push((Config { state: states.start, stack, ..config }, depth + 1));
                        }
                    }
                    Edge::Read(..) => is_reading = true,
                }
            }
            if is_reading {
                out.push(config);
            }
        }
        Some(())
    }
}

/// A quick hash for keys of small numbers.
#[derive(Debug, Default, Clone, Copy)]
struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }
}

/// The ways at each place: a state with the stacks all of its readings of one way have.
fn conflicts(configs: &[Config]) -> BTreeMap<(State, Vec<Stack>), BTreeSet<usize>> {
    let mut stacks: BTreeMap<(State, usize), BTreeSet<Stack>> = BTreeMap::new();
    for config in configs {
        stacks.entry((config.state, config.way)).or_default().insert(config.stack);
    }
    let mut found: BTreeMap<(State, Vec<Stack>), BTreeSet<usize>> = BTreeMap::new();
    for ((state, way), stacks) in stacks {
        found.entry((state, stacks.into_iter().collect())).or_default().insert(way);
    }
    found
}

fn has_state_of_one_way(conflicts: &BTreeMap<(State, Vec<Stack>), BTreeSet<usize>>) -> bool {
    let mut ways: BTreeMap<State, BTreeSet<usize>> = BTreeMap::new();
    for ((state, _), found) in conflicts {
        ways.entry(*state).or_default().extend(found);
    }
    ways.values().any(|ways| ways.len() == 1)
}
