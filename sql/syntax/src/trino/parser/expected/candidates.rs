//! What could have stood at the token no reading gets past? The labels of an expected set.
//!
//! Ref: Trino 401 `ErrorHandler`: a rule with a label stands for its first tokens; keywords read as names are left
//! out; readings the engine's parser had given up for a finished one are left out.

use std::collections::{BTreeSet, HashSet};

use super::automaton::{AUTOMATON, Edge, Rule, State};
use super::walk::{Place, Stop};

/// The labels at the stop, in the order the engine sorts them.
pub(super) fn candidates(stop: &Stop) -> BTreeSet<String> {
    let mut places = reachable(stop);
    prefer_finished(stop, &mut places);
    // Later alternatives first, as the engine's stack takes them.
    places.sort_by_key(|place| std::cmp::Reverse((place.state, place.frame)));
    let mut collector = Collector { labels: BTreeSet::new(), visited: HashSet::new() };
    for place in places {
        let precedence = stop.frames.get(place.frame).map_or(0, |frame| frame.precedence);
        collector.collect(place.state, precedence, false);
    }
    collector.labels
}

fn finishes(stop: &Stop, place: Place) -> bool {
    let precedence = stop.frames.get(place.frame).map_or(0, |frame| frame.precedence);
    AUTOMATON.finishes(place.state, precedence)
}

/// The places after the last token, and those reached by ending the rules they stand in.
fn reachable(stop: &Stop) -> Vec<Place> {
    let mut places = stop.places.clone();
    let mut seen: HashSet<Place> = places.iter().copied().collect();
    let mut index = 0;
    while let Some(place) = places.get(index).copied() {
        index += 1;
        if !finishes(stop, place) {
            continue;
        }
        let Some(frame) = stop.frames.get(place.frame) else {
            continue;
        };
        for (state, parent) in &frame.returns {
            let next = Place { state: *state, frame: *parent };
            if seen.insert(next) {
                places.push(next);
            }
        }
    }
    places
}

/// Drops the unfinished readings of a rule one of whose readings could end here, and whatever leads only to them.
fn prefer_finished(stop: &Stop, places: &mut Vec<Place>) {
    let finished: HashSet<usize> = places.iter().filter(|place| finishes(stop, **place)).map(|place| place.frame).collect();
    let mut dropped: HashSet<Place> =
        places.iter().filter(|place| finished.contains(&place.frame) && !finishes(stop, **place)).copied().collect();
    loop {
        let more: Vec<Place> = places
            .iter()
            .filter(|place| {
                finished.contains(&place.frame)
                    && !dropped.contains(place)
                    && stop.frames.get(place.frame).is_some_and(|frame| {
                        !frame.returns.is_empty()
                            && frame.returns.iter().all(|(state, parent)| dropped.contains(&Place { state: *state, frame: *parent }))
                    })
            })
            .copied()
            .collect();
        if more.is_empty() {
            break;
        }
        dropped.extend(more);
    }
    places.retain(|place| !dropped.contains(place));
}

struct Collector {
    labels: BTreeSet<String>,
    /// Rules whose first tokens are in the set, or stand behind a label; the engine visits each once.
    visited: HashSet<Rule>,
}

impl Collector {
    /// Adds what can be read from a state; whatever stands behind a label counts as suppressed.
    fn collect(&mut self, state: State, precedence: u8, is_suppressed: bool) {
        let mut seen = HashSet::from([state]);
        let mut open = vec![state];
        while let Some(state) = open.pop() {
            for edge in AUTOMATON.edges_of(state) {
                let next = match *edge {
                    Edge::Free(next) => next,
                    Edge::Precedence(own, next) if own >= precedence => next,
                    Edge::Precedence(..) => continue,
                    Edge::Call(rule, precedence, next) => {
                        self.enter(rule, precedence, is_suppressed);
                        if !AUTOMATON.rules.get(rule).is_some_and(|rule| rule.is_nullable) {
                            continue;
                        }
                        next
                    }
                    Edge::Read(terminal, _) => {
                        if !is_suppressed && let Some(name) = terminal.name() {
                            self.labels.insert(name);
                        }
                        continue;
                    }
                };
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
    }

    fn enter(&mut self, rule: Rule, precedence: u8, is_suppressed: bool) {
        let Some(states) = AUTOMATON.rules.get(rule) else {
            return;
        };
        if !self.visited.insert(rule) {
            return;
        }
        if let Some(label) = states.label
            && !is_suppressed
        {
            self.labels.insert(label.to_owned());
        }
        self.collect(states.start, precedence, is_suppressed || states.label.is_some());
    }
}
