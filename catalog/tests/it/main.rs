//! Does the catalog keep its promises? Contract, comparison, recovery and kill tests of the stores, in one binary.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod contract;
mod kill;
mod lake;
mod operations;
mod random;
mod recovery;
mod speed;
