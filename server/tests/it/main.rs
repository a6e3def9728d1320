//! Does the server answer as AWS does? One binary for every integration test of the crate.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod api;
mod api_coverage;
mod connection;
mod coverage;
mod damage;
mod kill;
mod kill_writes;
mod limits;
mod load;
mod process;
mod random_requests;
mod sizes;
mod slt;
