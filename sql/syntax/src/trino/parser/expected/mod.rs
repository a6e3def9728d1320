//! What does a syntax error say? The position, the token and everything that could have stood there.
//!
//! `grammar` is the table, `automaton` its states, `walk` the readings of a text, `candidates` the expected set,
//! `explain` the text.

mod automaton;
mod candidates;
mod explain;
mod grammar;
mod walk;

pub(super) use explain::{StartRule, explain, recognize};
