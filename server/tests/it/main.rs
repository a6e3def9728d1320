//! Does the server answer as AWS does? One binary for every integration test of the crate.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod api;
mod kill;
mod process;
mod slt;
