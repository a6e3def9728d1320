//! What does a syntax error say? The position, the token and everything that could have stood there.
//!
//! `grammar` is the table, `automaton` its states. `failure` follows the engine's parser to where it gives up, with
//! `lookahead` and `prediction` choosing its ways; `analysis` finds the expected set from there. For texts too long for
//! that, `walk` follows all readings at once and `candidates` finds the set. `explain` makes the text.

mod analysis;
mod automaton;
mod candidates;
mod explain;
mod failure;
mod grammar;
mod lookahead;
mod prediction;
mod walk;

pub(super) use explain::{StartRule, explain, explain_before, recognize};
