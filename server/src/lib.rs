//! What is the owlake server made of? One module a concern; the composition root is `app`.

pub mod admin;
pub mod app;
pub mod athena;
pub mod cli;
pub mod config;
pub mod error;
pub mod glue;
pub mod listen;
pub mod query;
pub mod results;
pub mod s3;
pub mod storage;
pub mod sts;
#[cfg(test)]
mod test_server;
pub mod wire;
