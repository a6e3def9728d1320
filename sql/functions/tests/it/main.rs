//! Do values keep their meaning? Properties over generated values, the same ones in every run. Basis: documented (Trino 401), and
//! Java 17's own output where a file says so.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod arithmetic;
mod comparison;
mod generated;
mod java_numbers;
mod moments;
mod round_trips;
