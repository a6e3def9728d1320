//! Does the engine answer as Athena's does? One binary for every integration test of the crate.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod conformance;
mod examples;
mod failing_store;
mod inventory;
mod known_gaps;
mod lake;
mod limits;
mod manual;
