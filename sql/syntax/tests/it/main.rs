//! What does the syntax crate promise? One binary for all its tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod acceptance;
mod agreement;
mod case;
mod fuzzed;
mod limits;
mod looked_ahead;
mod messages;
mod positions;
mod printing;
mod statements;
